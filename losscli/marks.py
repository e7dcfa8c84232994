"""How a column that a loss yields is merged over all rows, where it is not summed with the sample weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Gathered", "Largest", "Mark", "OwnRows", "Summed"]


class Mark:
    """A yielded column that says how it is merged."""


@dataclass(frozen=True)
class Summed(Mark):
    """Summed over the block's rows already (a vector, a matrix): sample weights do not reach it."""

    of: Any


@dataclass(frozen=True)
class Gathered(Mark):
    """Handed back whole: all rows of it."""

    of: Any


@dataclass(frozen=True)
class Largest(Mark):
    """Its maximum over all rows is handed back."""

    of: Any


class _OwnRows(Mark):
    """Handed back: the numbers of the block's own rows, counted from 0 over all."""


OwnRows = _OwnRows()
