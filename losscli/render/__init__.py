"""Reports of results as text."""
