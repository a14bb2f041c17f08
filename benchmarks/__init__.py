"""Measurements, each against a raw baseline in the same run: `make bench`."""
