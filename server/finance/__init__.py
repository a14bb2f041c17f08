"""Money: what stock is worth, day by day; later receivables, payables and connectors."""
