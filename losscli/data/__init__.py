"""Columns of rows, and the blocks that they are cut into."""
