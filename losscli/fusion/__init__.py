"""A formula as a program of tiles."""
