"""The tape of reverse-mode differentiation: a Var takes the place of an array and records each NumPy function that is called with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from losscli.autodiff.rules import CONSTANT, CONSTANT_UFUNCS, UFUNCS, Rule, scatter, scatter_along, spread
from losscli.fusion.tracing import Traced
from losscli.numeric.given import Given

__all__ = ["NoDerivative", "PlainNumber", "Var"]


class NoDerivative(TypeError):
    """The tape has no derivative of a NumPy function, or of this use of it."""


class PlainNumber(NoDerivative):
    """A plain number or array was taken out of an array on the tape."""


def _value(a: Any) -> Any:
    if isinstance(a, list | tuple):
        return type(a)(_value(x) for x in a)
    return a.value if isinstance(a, Var) else a


class Var(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that remembers the Vars it was computed from, each with the rule of its derivative. `grad` is its cotangent.

    `of_option` marks an option and what is computed from it. It is never taken for a constant: a step without a rule for it is an error.
    """

    __slots__ = ("grad", "of_option", "parents", "value")
    precedence = 1  # as in Given

    def __init__(self, value: Any, parents: Sequence[tuple[Var, Rule, tuple[Any, ...]]] = (), of_option: bool = False) -> None:
        self.value: Any = value if isinstance(value, Traced) else np.asarray(value)
        self.parents, self.of_option = parents, of_option
        self.grad: Any = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def size(self) -> int:
        return self.value.size

    @property
    def dtype(self) -> Any:
        return self.value.dtype

    @property
    def T(self) -> Var:
        return self.transpose()

    def __len__(self) -> int:
        return len(self.value)

    def __float__(self) -> float:
        raise PlainNumber("a number was taken out of an array whose derivative is computed: use NumPy functions, not math or float()")

    def __index__(self) -> int:
        raise NoDerivative("it is used as a whole number, which has no derivative")

    def __array__(self, *args: Any, **kw: Any) -> Any:
        raise PlainNumber("a plain array was made of an array whose derivative is computed: leave out np.asarray and np.array")

    def __bool__(self) -> bool:
        if not self.value.all():  # the formula for 0 alone may have another derivative
            raise NoDerivative("a branch of the formula depends on whether a number is 0")
        return bool(self.value)

    def record(self, fn: Callable[..., Any], rules: Sequence[Rule | None], args: Sequence[Any]) -> Var:
        """fn(*args), with the rule of each argument that is a Var."""
        raw = tuple(_value(a) for a in args)
        pairs = [(a, r) for a, r in zip(args, rules, strict=False) if isinstance(a, Var)]
        of_option = False
        for a, rule in pairs:
            if a.of_option:
                of_option = True
                if rule is None:
                    raise NoDerivative(f"{fn.__name__.strip('_')} has no derivative by this option")
        return Var(fn(*raw), [(a, r, raw) for a, r in pairs if r is not None], of_option)

    def _on(self, fn: Callable[..., Any], rule: Rule) -> Var:
        return self.record(fn, (rule,), (self,))

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kw: Any) -> Any:
        if any(type(a) is Given for a in args):
            return NotImplemented  # it knows more than its array
        if method == "reduce" and ufunc in _REDUCED:
            kw.pop("initial", None)
            return getattr(args[0], _REDUCED[ufunc])(**{"axis": kw.get("axis", 0), "keepdims": kw.get("keepdims", False)})
        if method != "__call__" or kw.keys() - {"dtype"} or (ufunc not in UFUNCS and ufunc not in CONSTANT_UFUNCS):
            what = f"np.{ufunc.__name__}" + (f".{method}" if method != "__call__" else "")
            raise NoDerivative(f"no derivative is known for {what}" + (f" with {', '.join(kw)}=" if kw else ""))
        if ufunc in UFUNCS:
            return self.record(ufunc, UFUNCS[ufunc], args)
        found = ufunc(*map(_value, args))
        if ufunc in (np.equal, np.not_equal) and np.ndim(found) == 0 and bool(found) == (ufunc is np.equal) and _any_option(args):
            raise NoDerivative("the formula has another branch for this value of the option")
        return found

    def __array_function__(self, func: Any, types: Any, args: tuple[Any, ...], kw: dict[str, Any]) -> Any:
        if Given in types:
            return NotImplemented
        if func in _FUNCTIONS:
            return _FUNCTIONS[func](*args, **kw)
        if func in CONSTANT:
            return func(*map(_value, args), **{k: _value(v) for k, v in kw.items()})
        raise NoDerivative(f"no derivative is known for np.{func.__name__}")

    # --- methods that arrays have ----------------------------------------------------------------------------------------

    def sum(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Var:
        return self._on(lambda x: x.sum(axis, dtype=dtype, keepdims=keepdims), lambda g, o, x: spread(g, x, axis, keepdims))

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self.sum(axis, keepdims=keepdims) / (self.size / max(1, self.value.sum(axis).size))

    def var(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
        n = self.size / max(1, self.value.sum(axis).size)
        return np.square(self - self.mean(axis, keepdims=True)).sum(axis, keepdims=keepdims) / (n - ddof)

    def std(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
        return np.sqrt(self.var(axis, ddof, keepdims))

    def prod(self, axis: Any = None, keepdims: bool = False) -> Var:
        def rule(g: Any, o: Any, x: Any) -> Any:
            zero = x == 0  # the product of the other numbers, also where one of them is 0
            others = np.where(zero, 1, x).prod(axis, keepdims=True) * (zero.sum(axis, keepdims=True) <= zero)
            return spread(g, x, axis, keepdims) * np.where(zero, others, others / np.where(zero, 1, x))

        return self._on(lambda x: x.prod(axis, keepdims=keepdims), rule)

    def max(self, axis: Any = None, keepdims: bool = False) -> Var:
        return self._extreme(np.max, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Var:
        return self._extreme(np.min, axis, keepdims)

    def _extreme(self, pick: Any, axis: Any, keepdims: bool) -> Var:
        def rule(g: Any, o: Any, x: Any) -> Any:
            hit = x == spread(o, x, axis, keepdims)
            return hit * spread(g, x, axis, keepdims) / hit.sum(axis, keepdims=True)

        return self._on(lambda x: pick(x, axis, keepdims=keepdims), rule)

    def cumsum(self, axis: int | None = None) -> Var:
        def rule(g: Any, o: Any, x: Any) -> Any:
            return np.flip(np.flip(g, axis or 0).cumsum(axis or 0), axis or 0).reshape(x.shape)

        return self._on(lambda x: x.cumsum(axis), rule)

    def argmax(self, axis: Any = None) -> Any:
        return self.value.argmax(axis)

    def argmin(self, axis: Any = None) -> Any:
        return self.value.argmin(axis)

    def argsort(self, axis: int = -1, kind: Any = "stable") -> Any:
        return self.value.argsort(axis, kind=kind)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        if np.dtype(dtype).kind != "f":
            return self.value.astype(dtype)
        return self._on(lambda x: x.astype(dtype), lambda g, o, x: g.astype(x.dtype))

    def copy(self) -> Var:
        return self

    def clip(self, low: Any = None, high: Any = None) -> Any:
        if isinstance(low, Var) or isinstance(high, Var):
            x: Any = self if low is None else np.maximum(self, low)
            return x if high is None else np.minimum(x, high)
        low, high = (-np.inf if low is None else _value(low)), (np.inf if high is None else _value(high))
        return self._on(lambda x: np.clip(x, low, high), lambda g, o, x: g * ((low <= x) & (x <= high)))

    def reshape(self, *shape: Any) -> Var:
        return self._on(lambda x: x.reshape(*shape), lambda g, o, x: g.reshape(x.shape))

    def ravel(self) -> Var:
        return self.reshape(-1)

    flatten = ravel

    def transpose(self, *axes: Any) -> Var:
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        back = None if order is None else np.argsort(order)
        return self._on(lambda x: x.transpose(order), lambda g, o, x: g.transpose(back))

    def swapaxes(self, a: int, b: int) -> Var:
        return self._on(lambda x: x.swapaxes(a, b), lambda g, o, x: g.swapaxes(a, b))

    def squeeze(self, axis: Any = None) -> Var:
        return self._on(lambda x: x.squeeze(axis), lambda g, o, x: g.reshape(x.shape))

    def diagonal(self) -> Var:
        x: Any = self
        return np.einsum("...ii->...i", x) if self.ndim > 2 else self[tuple(np.arange(min(self.shape)) for _ in range(2))]

    def dot(self, other: Any) -> Any:
        x: Any = self
        return np.matmul(x, other) if self.ndim and np.ndim(other) else self * other

    def __getitem__(self, index: Any) -> Var:
        index = _value(index)
        return self._on(lambda x: x[index], lambda g, o, x: scatter(g, x, index))


def _any_option(args: Sequence[Any]) -> bool:
    return any(isinstance(a, Var) and a.of_option for a in args)


_REDUCED = {np.add: "sum", np.multiply: "prod", np.maximum: "max", np.minimum: "min"}


# --- functions that are not ufuncs -----------------------------------------------------------------------------------------


def _lift(x: Any) -> Var:
    return x if isinstance(x, Var) else Var(x)


def _where(condition: Any, *branches: Any) -> Any:
    condition = _value(condition)
    if not branches:
        return np.where(condition)
    rules = (lambda g, o, x, y: np.where(condition, g, 0), lambda g, o, x, y: np.where(condition, 0, g))
    return _lift(branches[0]).record(lambda x, y: np.where(condition, x, y), rules, branches)


def _concatenate(parts: Sequence[Any], axis: int = 0) -> Any:
    ends = np.cumsum([0] + [np.shape(p)[axis] for p in parts])

    def rule(k: int) -> Rule:
        return lambda g, o, *a: np.take(g, range(ends[k], ends[k + 1]), axis)

    return _lift(parts[0]).record(lambda *a: np.concatenate(a, axis), [rule(k) for k in range(len(parts))], tuple(parts))


def _stack(parts: Sequence[Any], axis: int = 0) -> Any:
    def rule(k: int) -> Rule:
        return lambda g, o, *a: np.take(g, k, axis)

    return _lift(parts[0]).record(lambda *a: np.stack(a, axis), [rule(k) for k in range(len(parts))], tuple(parts))


def _take_along_axis(x: Any, indices: Any, axis: int = -1) -> Any:
    return _lift(x)._on(lambda v: np.take_along_axis(v, indices, axis), lambda g, o, v: scatter_along(g, v, indices, axis))


def _take(x: Any, indices: Any, axis: int | None = None) -> Any:
    return x.ravel()[indices] if axis is None else x[(slice(None),) * (axis % x.ndim) + (indices,)]


def _sort(x: Any, axis: int = -1, **kw: Any) -> Any:
    return _take_along_axis(x, np.argsort(x.value, axis=axis, kind="stable"), axis)


def _median(x: Any, axis: int | None = None) -> Any:
    x, axis = (x.ravel(), 0) if axis is None else (x, axis)
    n = x.shape[axis]
    middle = np.take(np.sort(x, axis=axis), np.arange((n - 1) // 2, n // 2 + 1), axis=axis)
    return middle.mean(axis)


def _einsum(subscripts: str, *operands: Any) -> Any:
    inputs, _, out = subscripts.replace(" ", "").partition("->")
    names = inputs.split(",")

    def rule(k: int) -> Rule:
        def cotangent(g: Any, o: Any, *a: Any) -> Any:
            others = [names[i] for i in range(len(a)) if i != k]
            operand = names[k]
            if len(set(operand.replace("...", ""))) < len(operand.replace("...", "")):  # the input is a diagonal: g belongs there
                letter = next(c for c in operand if operand.count(c) > 1)
                z = np.zeros(a[k].shape)
                np.einsum(f"{operand}->{operand.replace(letter * 2, letter)}", z)[...] = g
                return z
            present = set("".join(others) + out)
            missing = [
                c for c in operand.replace("...", "") if c not in present
            ]  # they were summed over: all elements have the same derivative
            ones = [np.ones(a[k].shape[operand.replace("...", "").index(c) - len(operand.replace("...", ""))]) for c in missing]
            return np.einsum(",".join([out, *others, *missing]) + "->" + operand, g, *(a[i] for i in range(len(a)) if i != k), *ones)

        return cotangent

    first = next(a for a in operands if isinstance(a, Var))
    return first.record(lambda *a: np.einsum(subscripts, *a), [rule(k) for k in range(len(operands))], operands)


def _broadcast_to(x: Any, shape: Any) -> Any:
    return x._on(lambda v: np.broadcast_to(v, shape), lambda g, o, v: g)  # `fold` sums g over the new axes


def _moveaxis(x: Any, source: Any, destination: Any) -> Any:
    return x._on(lambda v: np.moveaxis(v, source, destination), lambda g, o, v: np.moveaxis(g, destination, source))


def _expand_dims(x: Any, axis: Any) -> Any:
    return x._on(lambda v: np.expand_dims(v, axis), lambda g, o, v: g.reshape(v.shape))


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord not in (None, 2) or (axis is None and ord is not None and x.ndim > 1):
        raise NoDerivative("no derivative is known for np.linalg.norm with this order")
    return np.sqrt((x * x).sum(axis, keepdims=keepdims))


def _roll(x: Any, shift: Any, axis: Any = None) -> Any:
    return x._on(lambda v: np.roll(v, shift, axis), lambda g, o, v: np.roll(g, -np.asarray(shift), axis))


def _flip(x: Any, axis: Any = None) -> Any:
    return x._on(lambda v: np.flip(v, axis), lambda g, o, v: np.flip(g, axis))


def _diff(x: Any, n: int = 1, axis: int = -1) -> Any:
    for _ in range(n):
        at = (slice(None),) * (axis % x.ndim)
        x = x[(*at, slice(1, None))] - x[(*at, slice(None, -1))]
    return x


def _method(name: str) -> Callable[..., Any]:
    return lambda x, *args, **kw: getattr(_lift(x), name)(*args, **kw)


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.full_like: lambda x, value, **kw: np.zeros_like(_value(x), **kw) + value,
    np.clip: lambda x, low=None, high=None: _lift(x).clip(low, high),
    np.concatenate: _concatenate,
    np.stack: _stack,
    np.hstack: lambda parts: _concatenate(parts, 0 if np.ndim(_value(parts[0])) == 1 else 1),
    np.vstack: lambda parts: _concatenate([p if np.ndim(_value(p)) > 1 else p[None] for p in parts], 0),
    np.take_along_axis: _take_along_axis,
    np.take: _take,
    np.sort: _sort,
    np.median: _median,
    np.einsum: _einsum,
    np.dot: lambda x, y: _lift(x).dot(y),
    np.inner: lambda x, y: np.matmul(x, np.swapaxes(y, -1, -2) if np.ndim(y) > 1 else y),
    np.outer: lambda x, y: np.expand_dims(np.ravel(x), 1) * np.ravel(y),
    np.broadcast_to: _broadcast_to,
    np.moveaxis: _moveaxis,
    np.expand_dims: _expand_dims,
    np.linalg.norm: _norm,
    np.roll: _roll,
    np.flip: _flip,
    np.diff: _diff,
    np.average: lambda x, axis=None, weights=None: (x * weights).sum(axis) / np.sum(weights) if weights is not None else x.mean(axis),
    np.diag: _method("diagonal"),
    np.trace: lambda x: x.diagonal().sum(),
    np.copy: _method("copy"),
    np.reshape: _method("reshape"),
} | {
    getattr(np, name): _method(name)
    for name in (
        "sum", "mean", "var", "std", "prod", "max", "min", "cumsum", "ravel", "transpose", "swapaxes", "squeeze", "diagonal",
    )
}  # fmt: skip
