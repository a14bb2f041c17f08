"""Goods out: orders, shipment notices, waves, picking, packing, checking, shipping."""
