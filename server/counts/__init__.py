"""Counts: plans, sheets, recounts and their review."""
