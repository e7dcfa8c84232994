"""Arithmetic on arrays that formulas share, with derivatives of its own."""
