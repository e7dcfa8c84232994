"""Tracing of a formula to a graph: a Traced takes the place of an array and records each NumPy function that is called with it.

The steps of a graph are ufuncs, np.where, reductions over the last axis, and the number at each row's label. A formula that branches on
its numbers, or does anything else, can't be traced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor
from typing import Any

import numpy as np

from losscli.fusion.graph import AVAILABLE, BOOL, DOUBLE, INPUT, INT, MAP, PICK, PUT, REDUCE, SUM, Node, NotTraced, loop_of
from losscli.numeric.softmax import gather

if AVAILABLE:
    from losscli.fusion import _tiles

__all__ = ["Traced", "Tracing"]


def _bounded() -> dict[Any, int]:
    """The ufuncs for which _tiles.c has a loop, whose data is NumPy's loop; none where NumPy takes another one of two equal numbers."""
    if not AVAILABLE:
        return {}
    zeros = np.array([0.0, -0.0])
    takes_bound = all(np.signbit(f(zeros, x)).tolist() == [np.signbit(x)] * 2 for f in (np.maximum, np.minimum) for x in zeros)
    return {np.maximum: _tiles.MAXIMUM, np.minimum: _tiles.MINIMUM} if takes_bound else {}


_BOUNDED = _bounded()


class _RowCount:
    """The number of rows in a shape. It supports no arithmetic: a formula that computes with it would be right for one block only."""


class Tracing:
    """The graph of a formula, which grows while the formula runs.

    Each result has a form: a "scalar", a "table" with a number for each column, "narrow" with a number for each row, "keepdims" (the
    same with a last axis of 1), or "wide" with a number for each row and column.
    """

    def __init__(self, row_axes: int, width: int) -> None:
        rows = (_RowCount(),) * row_axes
        self.width = width
        self.shapes = {"scalar": (), "table": (width,), "narrow": rows, "keepdims": (*rows, 1), "wide": (*rows, width)}
        self.nodes: list[Node] = []
        self.numbers: dict[Any, int] = {}  # the index of each node with a key
        self.assumptions: list[Traced] = []  # flags: where one is true, the graph is not valid

    def add(self, node: Node, form: str, key: Any = None) -> Traced:
        """Add a node and return its result. If there is a node with this key, return its result instead."""
        at = self.numbers.get(key) if key is not None else None
        if at is None:
            at = len(self.nodes)
            self.nodes.append(node)
            if key is not None:
                self.numbers[key] = at
        return Traced(self, at, form)

    def step(self, kind: int, loop: tuple[int, int], inputs: Sequence[Traced], dtype: Any, form: str) -> Traced:
        """The result of a step, which is added if the graph does not have it yet."""
        at = tuple(x.at for x in inputs)
        return self.add(Node(kind, loop, at, dtype, form in ("wide", "table")), form, (kind, loop, at))

    def lift(self, x: Any) -> Traced:
        """A number, or a table with a number for each column, as an input of the graph. A Traced is returned unchanged."""
        if isinstance(x, Traced):
            return x
        x = np.asarray(x)
        dtype = {"f": DOUBLE, "b": BOOL, "i": INT}.get(x.dtype.kind)
        if dtype is None or x.shape not in ((), (self.width,)):
            raise NotTraced(f"an array of {x.dtype} and shape {x.shape}")
        x = x.astype(dtype)
        wide = x.ndim == 1
        source = np.broadcast_to(x, (1, self.width)) if wide else x
        return self.add(Node(INPUT, dtype=dtype, wide=wide, source=source), "table" if wide else "scalar", (dtype, x.shape, x.tobytes()))

    def copied(self, x: Traced) -> Traced:
        """A copy of the same numbers."""
        if x.dtype == BOOL:
            raise NotTraced("flags in place of numbers")
        return self.add(Node(MAP, (_tiles.COPY, 0), (x.at,), x.dtype, self.nodes[x.at].wide), x.form)

    def in_form(self, x: Traced, form: str) -> Traced:
        """The same numbers as floats in another form: one number for each row may be repeated for each column."""
        x = self.cast(self.lift(x), DOUBLE)
        if x.form == form:
            return x
        if {x.form, form} == {"keepdims", "narrow"}:
            return Traced(self, x.at, form)
        if form == "table" or x.form == "wide" or (x.form, form) == ("narrow", "wide"):
            raise NotTraced(f"{x.form} numbers as {form} ones")
        return self.step(MAP, (_tiles.COPY, 0), (x,), DOUBLE, form)

    def cast(self, x: Traced, dtype: Any) -> Traced:
        """The same numbers in a dtype that holds them."""
        if x.dtype == dtype:
            return x
        source = self.nodes[x.at].source
        if x.form == "scalar" and source is not None:
            return self.lift(source.astype(dtype))
        loop = {(BOOL, DOUBLE): _tiles.BOOL_TO_DOUBLE, (BOOL, INT): _tiles.BOOL_TO_INT, (INT, DOUBLE): _tiles.INT_TO_DOUBLE}
        if (x.dtype, dtype) not in loop:
            raise NotTraced(f"{x.dtype} as {dtype}")
        return self.step(MAP, (loop[x.dtype, dtype], 0), (x,), dtype, x.form)

    def map(self, ufunc: Any, args: Sequence[Any]) -> Traced:
        """A ufunc, element by element."""
        inputs = [self.lift(a) for a in args]
        for dtype in (BOOL, INT, DOUBLE):  # the narrowest dtype that represents all inputs and that the ufunc takes
            typed = loop_of(ufunc, *[dtype] * len(inputs)) if all(_holds(dtype, x.dtype) for x in inputs) else None
            if typed is not None:
                loop, result = typed
                if ufunc in _BOUNDED and dtype == DOUBLE and not loop[1]:
                    loop = _BOUNDED[ufunc], loop[0]
                return self.step(MAP, loop, [self.cast(x, dtype) for x in inputs], result, _broadcast_form(inputs))
        raise NotTraced(f"np.{ufunc.__name__} of {', '.join(str(x.dtype) for x in inputs)}")


def _broadcast_form(inputs: Sequence[Traced]) -> str:
    """The form that inputs of some forms broadcast to. Raises NotTraced where NumPy would align their axes in another way."""
    forms = {x.form for x in inputs} - {"scalar"} or {"scalar"}
    if len(forms) == 1:
        return forms.pop()
    if "narrow" in forms:
        raise NotTraced("one number for each row together with several")
    return "wide"


def _holds(wide: Any, narrow: Any) -> bool:
    """Whether every number of the dtype `narrow` can be represented in the dtype `wide`."""
    order = (BOOL, INT, DOUBLE)
    return order.index(narrow) <= order.index(wide)


def _records_first(kind: type) -> bool:
    """Whether a step with an argument of this type is recorded by that argument: a Var, or a Given."""
    return getattr(kind, "precedence", 0) > 0


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """The result of one node. It takes the place of an array while a formula is traced."""

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
        raise NotTraced("the formula branches on its numbers")

    def __array__(self, *args: Any, **kw: Any) -> Any:
        raise NotTraced("the formula takes its numbers out of NumPy")

    def record(self, fn: Callable[..., Any], derivatives: Any, args: Sequence[Any]) -> Any:
        """Trace the steps of a function that has its own derivative."""
        if fn is gather.__wrapped__:
            return _pick(*args)
        return fn(*args)

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kw: Any) -> Any:
        if any(_records_first(type(a)) for a in args):
            return NotImplemented
        if method == "reduce" and not kw.keys() - {"axis", "keepdims", "dtype"}:
            return args[0]._reduce(ufunc, kw.get("axis", 0), kw.get("keepdims", False), kw.get("dtype"))
        if method != "__call__" or ufunc.nout != 1 or ufunc.nin > 3 or kw.keys() - {"out"} or kw.get("out", (args[0],))[0] is not args[0]:
            raise NotTraced(f"np.{ufunc.__name__}.{method}")
        result = self.tracing.map(ufunc, args)
        if "out" not in kw:
            return result
        if (result.form, result.dtype) != (args[0].form, args[0].dtype):
            raise NotTraced("a result of another form or dtype in place of an array")
        args[0].at = result.at  # x -= y: earlier steps still use the old value of x
        return args[0]

    def __array_function__(self, func: Any, types: Any, args: tuple[Any, ...], kw: dict[str, Any]) -> Any:
        if any(map(_records_first, types)):
            return NotImplemented
        if func not in _FUNCTIONS:
            raise NotTraced(f"np.{func.__name__}")
        return _FUNCTIONS[func](*args, **kw)

    def __pow__(self, exponent: Any) -> Any:
        if isinstance(exponent, int | float) and self.dtype == DOUBLE and exponent in _POWERS:
            return _POWERS[exponent](self)  # as NumPy does for an array
        return np.power(self, exponent)

    def __getitem__(self, index: Any) -> Any:
        form = {("narrow", (Ellipsis, None)): "keepdims", ("keepdims", (Ellipsis, 0)): "narrow"}.get((self.form, index))
        if form is None:
            raise NotTraced(f"[{index}]")
        return Traced(self.tracing, self.at, form)

    def _reduce(self, ufunc: Any, axis: Any, keepdims: bool, dtype: Any = None) -> Any:
        if isinstance(axis, tuple) and len(axis) < 2:
            if not axis:
                return self  # a sum over no axis
            (axis,) = axis
        if self.form != "wide" or axis not in (-1, self.ndim - 1) or dtype not in (None, DOUBLE):
            raise NotTraced(f"np.{ufunc.__name__}.reduce over {axis}")
        x = self.tracing.cast(self, DOUBLE) if self.dtype == BOOL and ufunc is np.add else self  # a count, exact in both
        typed = loop_of(ufunc, x.dtype, x.dtype)
        if typed is None:
            raise NotTraced(f"np.{ufunc.__name__}.reduce of {x.dtype}")
        loop, result = typed
        form = "keepdims" if keepdims else "narrow"
        kind = SUM if ufunc is np.add and x.dtype == DOUBLE else REDUCE
        node = Node(kind, loop, (x.at,), result, from_first=ufunc is not np.add)
        return self.tracing.add(node, form, (kind, loop, node.inputs))

    def sum(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
        return self._reduce(np.add, axis, keepdims, dtype)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self._reduce(np.add, axis, keepdims) / self.shape[-1]

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self._reduce(np.maximum, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self._reduce(np.minimum, axis, keepdims)

    def any(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self._reduce(np.logical_or, axis, keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self._reduce(np.logical_and, axis, keepdims)

    def outside(self, least: float, most: float) -> Traced:
        """Which numbers do not lie between two bounds. Those that are nan do not."""
        t = self.tracing
        if self.dtype == INT:
            limits = np.iinfo(np.int64)
            least, most = (limits.min if least < limits.min else ceil(least)), (limits.max if most > limits.max else floor(most))
        elif self.dtype != DOUBLE:
            raise NotTraced(f"bounds of {self.dtype}")
        loop = _tiles.INT_OUTSIDE if self.dtype == INT else _tiles.DOUBLE_OUTSIDE
        return t.step(MAP, (loop, 0), [self, *(t.cast(t.lift(x), self.dtype) for x in (least, most))], BOOL, self.form)

    def assume_true(self) -> bool:
        """Return True, as if all flags were set. The kernel checks the flags, and where one is not set NumPy computes the block."""
        self.tracing.assumptions.append(~self)
        return True

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        return self.tracing.cast(self, np.dtype(dtype))

    def copy(self, order: str = "C") -> Any:
        return Traced(self.tracing, self.at, self.form)


_POWERS: dict[float, Callable[[Any], Any]] = {0.5: np.sqrt, 1: Traced.copy, 2: np.square, -1: np.reciprocal}


def _where(condition: Any, x: Any, y: Any) -> Any:
    t = next(a for a in (condition, x, y) if isinstance(a, Traced)).tracing
    c, x, y = (t.lift(a) for a in (condition, x, y))
    if c.dtype != BOOL:
        raise NotTraced("np.where with a condition of numbers")
    dtype = DOUBLE if DOUBLE in (x.dtype, y.dtype) else INT
    if BOOL in (x.dtype, y.dtype) and dtype != DOUBLE:
        raise NotTraced("np.where of flags")
    inputs = (c, t.cast(x, dtype), t.cast(y, dtype))
    return t.step(MAP, (_tiles.SELECT, 0), inputs, dtype, _broadcast_form(inputs))


def _take_along_axis(x: Any, labels: Any, axis: int = -1) -> Any:
    t = next(a for a in (x, labels) if isinstance(a, Traced)).tracing
    x, labels = t.lift(x), t.lift(labels)
    if x.form != "wide" or axis not in (-1, x.ndim - 1) or (labels.form, labels.dtype) != ("keepdims", INT) or x.dtype == BOOL:
        raise NotTraced("np.take_along_axis")
    return t.step(PICK, (0, 0), (x, labels), x.dtype, "keepdims")


def _pick(table: Any, labels: Any) -> Any:
    t = labels.tracing
    table = t.lift(table)
    if table.form != "table" or (labels.form, labels.dtype) != ("narrow", INT) or table.dtype == BOOL:
        raise NotTraced("the entries of a table of another form or dtype")
    return t.step(PICK, (0, 0), (table, labels), table.dtype, "narrow")


def _put_along_axis(x: Any, labels: Any, value: Any, axis: int) -> None:
    t = x.tracing
    value = t.cast(t.lift(value), DOUBLE)
    if x.form != "wide" or x.dtype != DOUBLE or axis not in (-1, x.ndim - 1) or (labels.form, labels.dtype) != ("keepdims", INT):
        raise NotTraced("np.put_along_axis")
    if value.form not in ("scalar", "keepdims"):
        raise NotTraced("np.put_along_axis of several numbers for a row")
    copy = t.copied(x)
    x.at = t.add(Node(PUT, (0, 0), (value.at, labels.at, copy.at), DOUBLE, True), "wide").at


def _broadcast_to(x: Any, shape: Any) -> Any:
    form = next((form for form, of_form in x.tracing.shapes.items() if of_form == shape), None)
    if form is None:
        raise NotTraced(f"np.broadcast_to {shape}")
    return x.tracing.in_form(x, form)


def _expand_dims(x: Any, axis: Any) -> Any:
    if axis not in (-1, x.ndim):
        raise NotTraced(f"np.expand_dims at {axis}")
    return x[..., None]


def _zeros_like(x: Any, dtype: Any = None, **kw: Any) -> Any:
    if (dtype or x.dtype) != DOUBLE:
        raise NotTraced(f"zeros of {dtype}")
    t = x.tracing
    return Traced(t, t.in_form(t.lift(0.0), x.form).at, x.form)


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
    np.broadcast_to: _broadcast_to,
    np.expand_dims: _expand_dims,
    np.zeros_like: _zeros_like,
    np.result_type: lambda *args: np.result_type(*(x.dtype if isinstance(x, Traced) else x for x in args)),
} | {getattr(np, name): _method(name) for name in ("sum", "mean", "max", "min", "any", "all")}
