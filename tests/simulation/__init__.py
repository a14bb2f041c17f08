"""Whole days in virtual time: the production server, independent devices, every fault we know, and the truth."""
