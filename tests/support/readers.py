"""The ways to read a text, each of which a test can choose."""

from __future__ import annotations

import sys

import pytest

from losscli.render import elements
from losscli.sources.delimited import compiled, with_polars
from losscli.sources.delimited.table import Delimited

READERS = ("compiled", "polars", "numpy", "csv")[not compiled.AVAILABLE :]


def forget_polars() -> None:
    """Whether polars is there is asked once by those who read and those who write."""
    with_polars.polars.cache_clear()
    elements._has_polars.cache_clear()


def read_by(reader: str, patch: pytest.MonkeyPatch) -> None:
    """Text is read by what is compiled (on several cores), by polars however small it is, by NumPy as where neither is, or row by row."""
    forget_polars()
    patch.setattr(with_polars, "ENOUGH", 0)
    patch.setattr(compiled, "ENOUGH", 1)
    patch.setattr(compiled, "_cores", lambda: 3)
    if reader != "compiled":
        patch.setattr(compiled, "AVAILABLE", False)
    if reader != "polars":
        patch.setitem(sys.modules, "polars", None)
    if reader == "csv":
        patch.setattr(Delimited, "_fast_columns", lambda self, text, at: None)
        patch.setattr(Delimited, "_fast_cells", lambda self, rows, at: None)
