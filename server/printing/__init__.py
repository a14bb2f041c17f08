"""Labels: what they look like, which jobs were asked for, and what became of each at its printer."""
