"""The nodes of a traced formula: its inputs and its steps, each a loop of a NumPy ufunc or one of those in _tiles.c."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from losscli.record import Record
from losscli.version import TILES_EDITION

try:
    from losscli.fusion import _tiles

    AVAILABLE = _tiles.EDITION == TILES_EDITION
except (ImportError, AttributeError):  # the package was installed without a compiler
    AVAILABLE = False

__all__ = [
    "AVAILABLE", "BOOL", "CHECK", "CHOOSE", "DOUBLE", "GATHER", "INPUT", "INT", "MAP", "PICK", "PUT", "REDUCE", "SCATTER", "SUM",
    "TOTAL", "WITHIN", "Node", "NotTraced", "loop_of",
]  # fmt: skip

DOUBLE, BOOL, INT = np.dtype(np.float64), np.dtype(np.bool_), np.dtype(np.int64)
INPUT = -1
MAP, REDUCE, PICK, PUT, CHECK, TOTAL, WITHIN, SUM, CHOOSE, GATHER, SCATTER = range(11)  # the kinds of steps, as in _tiles.c


class NotTraced(TypeError):
    """A formula branches on its numbers, or uses a function that has no step here. NumPy computes it instead."""


class Node(Record):
    """A step of a graph, or one of its inputs."""

    kind: int
    loop: tuple[int, int] = (0, 0)  # the addresses of the ufunc's loop and of its data
    inputs: tuple[int, ...] = ()  # the indices of the steps whose results it takes
    dtype: Any = DOUBLE  # of the result
    wide: bool = False  # the result has a number for each row and column, not one for each row
    from_first: bool = False  # a reduction that starts with its first number, not with 0
    compact: bool = False  # the step computes the rows that a CHOOSE found, beside each other
    source: Any = None  # of an input: the name of a role, or an array


@cache
def loop_of(ufunc: Any, *dtypes: Any) -> tuple[tuple[int, int], Any] | None:
    """The loop of a ufunc for arguments of these dtypes, and the dtype of its result; None where it has none."""
    codes = bytes(d.num for d in dtypes)
    for dtypes_of_loop, loop, data in _tiles.loops(ufunc):
        for result in (DOUBLE, BOOL, INT):
            if dtypes_of_loop == codes + bytes([result.num]):
                return (loop, data), result
    return None
