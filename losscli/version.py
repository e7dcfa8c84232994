"""The version of the package, and that of the JSON that it writes."""

from __future__ import annotations

__all__ = ["SCHEMA", "__version__"]

__version__ = "0.1.0"
SCHEMA = "losscli/1"  # of everything that is written as JSON
