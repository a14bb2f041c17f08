"""Sample companies: one written for this product, one made of real public data."""
