"""How to compute a loss: the choices that every loss has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from losscli.record import Record

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = ["Work"]


class Work(Record):
    """The choices of the user. For None the loss decides, or the framework whose name the user gives."""

    reduction: str | None = None
    per: str | None = None
    nan: str = "error"
    dtype: DTypeLike = "float64"
    class_axis: int | None = None
    broadcast: bool = False
