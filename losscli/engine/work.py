"""How a loss is to be computed, as it was asked for."""

from __future__ import annotations

from typing import Any

from losscli.record import Record

__all__ = ["Work"]


class Work(Record):
    """What all losses take. Where an option is None, the loss or the framework of its name decides."""

    reduction: str | None = None
    per: str | None = None
    nan: str = "error"
    dtype: Any = "float64"  # as np.dtype takes it
    class_axis: int | None = None
    broadcast: bool = False
