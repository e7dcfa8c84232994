"""The version of the package, and the name of the JSON schema."""

from __future__ import annotations

__all__ = ["SCHEMA", "__version__"]

__version__ = "0.1.0"
SCHEMA = "losscli/1"  # the "schema" field of every JSON output
