"""A formula written down: a Traced stands for an array and notes each function that NumPy hands it, as a Var of the tape does.

What is noted are steps on numbers that stand beside each other: ufuncs, choices, reductions over the last axis, the entry of each row's
own label. A formula that looks at its numbers, or does anything else, is none that can be written down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from losscli.numeric.softmax import gather
from losscli.record import Record

try:
    from losscli.fusion import _tiles

    AVAILABLE = _tiles.EDITION == 1  # another was compiled for other sources, which are here no more
except (ImportError, AttributeError):  # there was no compiler when it was installed
    AVAILABLE = False

__all__ = [
    "AVAILABLE", "BOOL", "CHECK", "DOUBLE", "FOLD", "GIVEN", "INT", "MAP", "PICK", "PUT", "TOTAL", "Node", "NotTraced", "Traced", "Tracing",
    "loop_of",
]  # fmt: skip

DOUBLE, BOOL, INT = np.dtype(np.float64), np.dtype(np.bool_), np.dtype(np.int64)
GIVEN = -1
MAP, FOLD, PICK, PUT, CHECK, TOTAL = range(6)  # as `_tiles` has them


class NotTraced(TypeError):
    """A formula looks at its numbers, or does what no tile can: NumPy computes it."""


class Node(Record):
    """A step: its loop, the steps whose results it takes, and what comes of it: a number for each row, or (wide) for each column."""

    kind: int
    loop: tuple[int, int] = (0, 0)
    of: tuple[int, ...] = ()
    dtype: Any = DOUBLE
    wide: bool = False
    first: bool = False  # a reduction begins with its first number, not with 0
    given: Any = None  # the name of a role, or an array


class _Rows:
    """Stands for the number of rows in a shape: a formula that counts with it would be written down for one block alone."""


class Tracing:
    """What a formula has done so far."""

    def __init__(self, lead: int, width: int) -> None:
        rows = (_Rows(),) * lead
        self.width = width
        self.shapes = {"one": (), "table": (width,), "narrow": rows, "beside": (*rows, 1), "wide": (*rows, width)}
        self.nodes: list[Node] = []
        self.known: dict[Any, int] = {}
        self.assumed: list[Traced] = []  # flags that the formula takes to be set nowhere

    def add(self, node: Node, form: str, key: Any = None) -> Traced:
        """The result of a step; with a key that is known, that of the same step taken before."""
        at = self.known.get(key) if key is not None else None
        if at is None:
            at = len(self.nodes)
            self.nodes.append(node)
            if key is not None:
                self.known[key] = at
        return Traced(self, at, form)

    def step(self, kind: int, loop: tuple[int, int], of: Sequence[Traced], dtype: Any, form: str) -> Traced:
        """A step of what is traced. The same step is not taken twice."""
        at = tuple(x.at for x in of)
        return self.add(Node(kind, loop, at, dtype, form in ("wide", "table")), form, (kind, loop, at))

    def lift(self, x: Any) -> Traced:
        """What is traced already, a number, or a table with a number for each column."""
        if isinstance(x, Traced):
            return x
        x = np.asarray(x)
        dtype = {"f": DOUBLE, "b": BOOL, "i": INT}.get(x.dtype.kind)
        if dtype is None or x.shape not in ((), (self.width,)):
            raise NotTraced(f"an array of {x.dtype} and shape {x.shape}")
        x = x.astype(dtype)
        wide = x.ndim == 1
        given = np.broadcast_to(x, (1, self.width)) if wide else x
        return self.add(Node(GIVEN, dtype=dtype, wide=wide, given=given), "table" if wide else "one", (dtype, x.shape, x.tobytes()))

    def copied(self, x: Traced) -> Traced:
        """The same numbers in a place of their own."""
        if x.dtype == BOOL:
            raise NotTraced("flags where numbers are meant")
        return self.add(Node(MAP, (_tiles.COPY, 0), (x.at,), x.dtype, self.nodes[x.at].wide), x.form)

    def cast(self, x: Traced, dtype: Any) -> Traced:
        """The same numbers in a type that holds them."""
        if x.dtype == dtype:
            return x
        given = self.nodes[x.at].given
        if x.form == "one" and given is not None:
            return self.lift(given.astype(dtype))
        loop = {(BOOL, DOUBLE): _tiles.BOOL_TO_DOUBLE, (BOOL, INT): _tiles.BOOL_TO_INT, (INT, DOUBLE): _tiles.INT_TO_DOUBLE}
        if (x.dtype, dtype) not in loop:
            raise NotTraced(f"{x.dtype} as {dtype}")
        return self.step(MAP, (loop[x.dtype, dtype], 0), (x,), dtype, x.form)

    def map(self, ufunc: Any, args: Sequence[Any]) -> Traced:
        """A ufunc of numbers that stand beside each other."""
        of = [self.lift(a) for a in args]
        for kind in (BOOL, INT, DOUBLE):  # the narrowest that holds all of them, and that the ufunc takes
            found = loop_of(ufunc, *[kind] * len(of)) if all(_holds(kind, x.dtype) for x in of) else None
            if found is not None:
                return self.step(MAP, found[0], [self.cast(x, kind) for x in of], found[1], _together(of))
        raise NotTraced(f"np.{ufunc.__name__} of {', '.join(str(x.dtype) for x in of)}")


def _together(of: Sequence[Traced]) -> str:
    """The form of what numbers of some forms come to. Raises NotTraced where NumPy would see something else in them."""
    forms = {x.form for x in of} - {"one"} or {"one"}
    if len(forms) == 1:
        return forms.pop()
    if "narrow" in forms:
        raise NotTraced("one number for each row beside several")
    return "wide"


def _holds(wide: Any, narrow: Any) -> bool:
    order = (BOOL, INT, DOUBLE)
    return order.index(narrow) <= order.index(wide)


@cache
def loop_of(ufunc: Any, *dtypes: Any) -> tuple[tuple[int, int], Any] | None:
    """The loop of a ufunc for arguments of these types, and the type of its result."""
    wanted = bytes(d.num for d in dtypes)
    for kinds, loop, data in _tiles.loops(ufunc):
        for result in (DOUBLE, BOOL, INT):
            if kinds == wanted + bytes([result.num]):
                return (loop, data), result
    return None


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for an array while its formula is written down."""

    __slots__ = ("at", "form", "tracing")

    def __init__(self, tracing: Tracing, at: int, form: str) -> None:
        self.tracing, self.at, self.form = tracing, at, form

    @property
    def shape(self) -> tuple[Any, ...]:
        return self.tracing.shapes[self.form]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> Any:
        return self.tracing.nodes[self.at].dtype

    def __bool__(self) -> bool:
        raise NotTraced("the formula asks what its numbers are")

    def __array__(self, *args: Any, **kw: Any) -> Any:
        raise NotTraced("the formula asks for its numbers")

    def record(self, fn: Callable[..., Any], derivatives: Any, args: Sequence[Any]) -> Any:
        """A function with a derivative of its own is written down by what it does."""
        if fn is gather.__wrapped__:
            return _pick(*args)
        return fn(*args)

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kw: Any) -> Any:
        if method == "reduce" and not kw.keys() - {"axis", "keepdims", "dtype"}:
            return args[0]._fold(ufunc, kw.get("axis", 0), kw.get("keepdims", False), kw.get("dtype"))
        if method != "__call__" or ufunc.nout != 1 or ufunc.nin > 3 or kw.keys() - {"out"} or kw.get("out", (args[0],))[0] is not args[0]:
            raise NotTraced(f"np.{ufunc.__name__}.{method}")
        result = self.tracing.map(ufunc, args)
        if "out" not in kw:
            return result
        if (result.form, result.dtype) != (args[0].form, args[0].dtype):
            raise NotTraced("a result in place of something else")
        args[0].at = result.at  # x -= y: the steps before have taken what x was
        return args[0]

    def __array_function__(self, func: Any, types: Any, args: tuple[Any, ...], kw: dict[str, Any]) -> Any:
        if func not in _FUNCTIONS:
            raise NotTraced(f"np.{func.__name__}")
        return _FUNCTIONS[func](*args, **kw)

    def __pow__(self, exponent: Any) -> Any:
        if isinstance(exponent, int | float) and self.dtype == DOUBLE and exponent in _POWERS:
            return _POWERS[exponent](self)  # as an array has it
        return np.power(self, exponent)

    def __getitem__(self, index: Any) -> Any:
        form = {("narrow", (Ellipsis, None)): "beside", ("beside", (Ellipsis, 0)): "narrow"}.get((self.form, index))
        if form is None:
            raise NotTraced(f"[{index}]")
        return Traced(self.tracing, self.at, form)

    def _fold(self, ufunc: Any, axis: Any, keepdims: bool, dtype: Any = None) -> Any:
        if self.form != "wide" or axis not in (-1, self.ndim - 1) or dtype not in (None, DOUBLE):
            raise NotTraced(f"np.{ufunc.__name__}.reduce over {axis}")
        x = self.tracing.cast(self, DOUBLE) if self.dtype == BOOL and ufunc is np.add else self  # a count, exact in either
        found = loop_of(ufunc, x.dtype, x.dtype)
        if found is None:
            raise NotTraced(f"np.{ufunc.__name__}.reduce of {x.dtype}")
        loop, result = found
        form = "beside" if keepdims else "narrow"
        node = Node(FOLD, loop, (x.at,), result, first=ufunc is not np.add)
        return self.tracing.add(node, form, (FOLD, loop, node.of))

    def sum(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
        return self._fold(np.add, axis, keepdims, dtype)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self._fold(np.add, axis, keepdims) / self.shape[-1]

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self._fold(np.maximum, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self._fold(np.minimum, axis, keepdims)

    def any(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self._fold(np.logical_or, axis, keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self._fold(np.logical_and, axis, keepdims)

    def assume_true(self) -> bool:
        """The formula goes on as if these flags were set: where one is not, NumPy computes."""
        self.tracing.assumed.append(~self)
        return True

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        return self.tracing.cast(self, np.dtype(dtype))

    def copy(self, order: str = "C") -> Any:
        return Traced(self.tracing, self.at, self.form)


_POWERS: dict[float, Callable[[Any], Any]] = {0.5: np.sqrt, 1: np.positive, 2: np.square, -1: np.reciprocal}


def _where(condition: Any, x: Any, y: Any) -> Any:
    t = next(a for a in (condition, x, y) if isinstance(a, Traced)).tracing
    c, x, y = (t.lift(a) for a in (condition, x, y))
    if c.dtype != BOOL:
        raise NotTraced("np.where of what is neither true nor false")
    dtype = DOUBLE if DOUBLE in (x.dtype, y.dtype) else INT
    if BOOL in (x.dtype, y.dtype) and dtype != DOUBLE:
        raise NotTraced("np.where of flags")
    of = (c, t.cast(x, dtype), t.cast(y, dtype))
    return t.step(MAP, (_tiles.SELECT, 0), of, dtype, _together(of))


def _take_along_axis(x: Any, labels: Any, axis: int = -1) -> Any:
    t = next(a for a in (x, labels) if isinstance(a, Traced)).tracing
    x, labels = t.lift(x), t.lift(labels)
    if x.form != "wide" or axis not in (-1, x.ndim - 1) or (labels.form, labels.dtype) != ("beside", INT) or x.dtype == BOOL:
        raise NotTraced("np.take_along_axis")
    return t.step(PICK, (0, 0), (x, labels), x.dtype, "beside")


def _pick(table: Any, labels: Any) -> Any:
    t = labels.tracing
    table = t.lift(table)
    if table.form != "table" or (labels.form, labels.dtype) != ("narrow", INT) or table.dtype == BOOL:
        raise NotTraced("a table of something else")
    return t.step(PICK, (0, 0), (table, labels), table.dtype, "narrow")


def _put_along_axis(x: Any, labels: Any, value: Any, axis: int) -> None:
    t = x.tracing
    value = t.cast(t.lift(value), DOUBLE)
    if x.form != "wide" or x.dtype != DOUBLE or axis not in (-1, x.ndim - 1) or (labels.form, labels.dtype) != ("beside", INT):
        raise NotTraced("np.put_along_axis")
    if value.form not in ("one", "beside"):
        raise NotTraced("np.put_along_axis of several numbers")
    copy = t.copied(x)
    x.at = t.add(Node(PUT, (0, 0), (value.at, labels.at, copy.at), DOUBLE, True), "wide").at


def _clip(x: Any, low: Any = None, high: Any = None) -> Any:
    x = x if low is None else np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def _method(name: str) -> Callable[..., Any]:
    return lambda x, *args, **kw: getattr(x, name)(*args, **kw)


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.take_along_axis: _take_along_axis,
    np.put_along_axis: _put_along_axis,
    np.clip: _clip,
    np.ndim: lambda x: x.ndim,
    np.shape: lambda x: x.shape,
} | {getattr(np, name): _method(name) for name in ("sum", "mean", "max", "min", "any", "all")}
