"""A SOURCE as columns that can be read again."""
