"""Customers and suppliers as a whole: what was agreed, what was traded, what is owed."""
