"""The version of the package, the name of the JSON schema, and the editions of the compiled parts."""

from __future__ import annotations

__all__ = ["FIELDS_EDITION", "SCHEMA", "SORTS_EDITION", "TILES_EDITION", "__version__"]

__version__ = "0.1.0"
SCHEMA = "losscli/1"  # the "schema" field of every JSON output
# The editions of _tiles.c, _fields.c and _sorts.c that the Python code calls. A part of another edition was compiled from older sources.
TILES_EDITION, FIELDS_EDITION, SORTS_EDITION = 3, 3, 2
