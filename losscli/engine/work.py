"""The user's choices that every loss has, such as the reduction and the dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING

from losscli.record import Record

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = ["Work"]


class Work(Record):
    """How to compute a loss. For None the default of the loss is used, or that of the framework whose name the user gives."""

    reduction: str | None = None
    per: str | None = None
    nan: str = "error"
    dtype: DTypeLike = "float64"
    class_axis: int | None = None
    broadcast: bool = False
