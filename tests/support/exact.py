"""Numbers of 60 digits that NumPy's functions work on, so that a loss can be run on them as it stands: the truth of its formula."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import mpmath
import numpy as np

mpmath.mp.dps = 60


def _plain(x: Any) -> Any:
    if isinstance(x, Exact):
        return x.of
    return mpmath.mpf(float(x))


@lru_cache(maxsize=20_000)
def _kept(fn: Callable[[Any], Any], x: Any, precision: int) -> Any:
    """A function of many digits takes long, and most numbers come again: when one input of a formula moves, the others stay."""
    try:
        return fn(x)
    except OverflowError:  # an exponential of more digits than mpmath can hold
        return mpmath.mpf("inf" if x > 0 else 0)


class Exact:
    """An mpf; NumPy calls the method of a function's name on every element of an array of objects."""

    __slots__ = ("of",)
    dtype = np.dtype(object)

    def __init__(self, x: Any) -> None:
        self.of = _plain(x) if not isinstance(x, mpmath.mpf) else x

    def __float__(self) -> float:
        return float(self.of)

    def __bool__(self) -> bool:
        return bool(self.of != 0)

    def __hash__(self) -> int:
        return hash(self.of)

    def __neg__(self) -> Exact:
        return Exact(-self.of)

    def __pos__(self) -> Exact:
        return self

    def __abs__(self) -> Exact:
        return Exact(abs(self.of))

    def __floordiv__(self, other: Any) -> Exact:
        return Exact(mpmath.floor(self.of / _plain(other)))

    def __getitem__(self, index: Any) -> Any:
        """A number is indexed as NumPy's own numbers are: x[..., None]."""
        return np.asarray(self, object)[index]

    def astype(self, dtype: Any) -> Exact:
        return self

    def conjugate(self) -> Exact:
        return self

    def hypot(self, other: Any) -> Exact:
        return Exact(mpmath.hypot(self.of, _plain(other)))

    def rint(self) -> Exact:
        return Exact(mpmath.nint(self.of))

    def log1p(self) -> Exact:
        return Exact(_kept(mpmath.log1p, self.of, mpmath.mp.prec)) if self.of > -1 else Exact(self.of + 1).log()

    def log(self) -> Exact:
        return Exact(_kept(mpmath.log, self.of, mpmath.mp.prec) if self.of > 0 else mpmath.mpf("-inf" if self.of == 0 else "nan"))

    def __repr__(self) -> str:
        return mpmath.nstr(self.of, 20)


def _binary(name: str, of: Callable[[Any, Any], Any], swapped: bool = False) -> None:
    def method(self: Exact, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented  # each of its elements
        a, b = self.of, _plain(other)
        try:
            found = of(b, a) if swapped else of(a, b)
        except ZeroDivisionError:
            found = mpmath.mpf("nan") if (b if swapped else a) == 0 else mpmath.sign(b if swapped else a) * mpmath.mpf("inf")
        return found if isinstance(found, bool) else Exact(found)

    setattr(Exact, name, method)


def _power(a: Any, b: Any) -> Any:
    if b == 0:
        return mpmath.mpf(1)
    return mpmath.mpf("nan") if a < 0 and b != int(b) else a**b


for _name, _of in {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "truediv": operator.truediv, "pow": _power}.items():
    _binary(f"__{_name}__", _of)
    _binary(f"__r{_name}__", _of, swapped=True)
for _of in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
    _binary(f"__{_of.__name__}__", _of)


def _real(x: Any) -> Any:
    return mpmath.mpf("nan") if isinstance(x, mpmath.mpc) else x


_OTHERWISE = {"exp2": lambda x: mpmath.mpf(2) ** x, "log2": lambda x: mpmath.log(x, 2)}
for _name in ("exp", "exp2", "expm1", "sqrt", "cbrt", "sin", "cos", "tan", "tanh", "sinh", "cosh", "log2", "log10"):
    _fn = _OTHERWISE.get(_name) or getattr(mpmath, _name)
    setattr(Exact, _name, lambda self, fn=_fn: Exact(_real(_kept(fn, self.of, mpmath.mp.prec))))
Exact.arctan = lambda self: Exact(mpmath.atan(self.of))  # type: ignore[attr-defined]
Exact.arcsin = lambda self: Exact(mpmath.asin(self.of))  # type: ignore[attr-defined]
Exact.arccos = lambda self: Exact(mpmath.acos(self.of))  # type: ignore[attr-defined]
Exact.floor = lambda self: Exact(mpmath.floor(self.of))  # type: ignore[attr-defined]

_exactly = np.frompyfunc(Exact, 1, 1)


OBJECT = np.dtype(object)
UNARY = (
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sqrt",
    "cbrt",
    "sin",
    "cos",
    "tan",
    "tanh",
    "sinh",
    "cosh",
    "arctan",
    "floor",
    "rint",
)


def lifted(name: str) -> Callable[..., Any]:
    """A NumPy function that takes the plain numbers in an array of objects for exact ones: np.where(x > 0, x, 1.0) makes such arrays."""
    plain = getattr(np, name)
    return lambda x, *args, **kw: plain(_exactly(x) if getattr(x, "dtype", None) is OBJECT else x, *args, **kw)


class LogAddExp:
    """np.logaddexp, of exact numbers too."""

    def __call__(self, x: Any, y: Any) -> Any:
        if OBJECT not in (getattr(x, "dtype", None), getattr(y, "dtype", None)):
            return np.logaddexp(x, y)
        return np.frompyfunc(_log_add_exp, 2, 1)(x, y)


def _log_add_exp(x: Any, y: Any) -> Exact:
    low, high = sorted((_plain(x), _plain(y)))
    return Exact(high) if low == -mpmath.inf else Exact(high + mpmath.log1p(mpmath.exp(low - high)))


def _of_objects(name: str, of: Callable[..., Any]) -> Callable[..., Any]:
    """A NumPy function that has no loop for arrays of objects."""
    plain = getattr(np, name)
    return lambda *args, **kw: (
        np.frompyfunc(of, len(args), 1)(*args) if any(getattr(x, "dtype", None) is OBJECT for x in args) else plain(*args, **kw)
    )


LIFTED = {
    **{name: lifted(name) for name in UNARY},
    "logaddexp": LogAddExp(),
    "copysign": _of_objects("copysign", lambda x, y: Exact(abs(_plain(x)) * (-1 if _plain(y) < 0 else 1))),
    "isinf": _of_objects("isinf", lambda x: bool(mpmath.isinf(_plain(x)))),
}


def exact(x: Any) -> Any:
    """An array of floats as exact numbers; anything else as it is."""
    return np.asarray(_exactly(x), object) if getattr(x, "dtype", None) is not None and x.dtype.kind == "f" else x
