"""Derivatives of anything that is written in NumPy."""
