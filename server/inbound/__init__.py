"""Goods in: purchase orders, receipts, inspection, putaway, returns, production."""
