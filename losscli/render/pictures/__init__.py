"""Pictures of results: in characters for a terminal, as SVG or PNG for a file. Both draw the same records of numbers."""
