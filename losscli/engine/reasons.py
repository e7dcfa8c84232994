"""Why a result is no number: the passes once more on a few rows, and the step back to the one that made nan or infinity of numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from losscli.aggregation import RowIndex
from losscli.autodiff.tape import NoDerivative, Rule, Var
from losscli.data.blocks import Block, Data
from losscli.engine.accumulate import Columns
from losscli.engine.job import Job, View
from losscli.engine.reduction import Reduced, advance, program
from losscli.numeric.primitive import ExplainedZero

__all__ = ["reason"]


class Witness(Var):
    """An array that remembers which function made it of what."""

    __slots__ = ("args", "far", "fn", "name", "note")

    def __init__(self, value: Any, parents: Sequence[Any] = (), fn: Any = None, args: Sequence[Any] = ()) -> None:
        super().__init__(value, parents)
        self.fn, self.args, self.name, self.note, self.far = fn, args, "", "", ""

    def record(self, fn: Callable[..., Any], rules: Sequence[Rule | None], args: Sequence[Any]) -> Var:
        if getattr(fn, "__module__", "").startswith("losscli.") and fn.__name__ != "<lambda>":
            try:
                return fn(*args)  # a function of ours is looked into
            except (NoDerivative, TypeError, AttributeError, ValueError):
                pass
        return Witness(fn(*(a.value if isinstance(a, Var) else a for a in args)), (), fn, args)

    def __array_function__(self, func: Any, types: Any, args: tuple[Any, ...], kw: dict[str, Any]) -> Any:
        if func is np.where and len(args) == 3:
            condition, *branches = args
            return Witness(np.where(*map(_value, (condition, *branches))), (), func, branches)
        return super().__array_function__(func, types, args, kw)

    def explained(self, zero: str = "", infinite: str = "") -> Witness:
        """The same array, with what it means that it is 0, or infinite."""
        found = Witness(self.value, (), None, (self,))
        found.note, found.far = zero, infinite
        return found


def reason(job: Job, merged: Sequence[Columns], sizes: Sequence[int], data: Data) -> str:
    """The reason in words, '' where none is found."""
    with np.errstate(all="ignore"):
        try:
            return _of_end(job, merged, sizes, data) or _of_rows(job, merged, sizes, data)
        except (NoDerivative, TypeError, AttributeError, ValueError):  # something that only arrays can do
            return ""


def _witnessed(job: Job, view: View) -> View:
    """The view with witnesses for its numbers."""
    roles = {n: Witness(x) if getattr(x, "dtype", None) is not None and x.dtype.kind == "f" else x for n, x in view.roles.items()}
    for name, x in roles.items():
        if isinstance(x, Witness):
            x.name = name
    return replace(view, roles=roles)


def _of_end(job: Job, merged: Sequence[Columns], sizes: Sequence[int], data: Data) -> str:
    """Of the step from what all rows have come to, to the result."""
    head = next(data.blocks(sizes[-1]), None) if merged else None
    if head is None or not all(_finite(m) for ms in merged for m in ms):
        return ""
    view = _witnessed(job, job.view(head))
    out = advance(program(job, view), view, [tuple(m if m is RowIndex else Witness(m) for m in ms) for ms in merged])
    return _step(out.value if isinstance(out, Reduced) else None)


def _of_rows(job: Job, merged: Sequence[Columns], sizes: Sequence[int], data: Data) -> str:
    """Of the first row that comes to no number, on the way to what is merged."""
    for k, ms in enumerate(merged or [()]):
        if merged and all(_finite(m) for m in ms):
            continue
        for block in data.blocks(sizes[k] if sizes else job.block_rows):
            if found := _of_block(job, block, merged[:k]):
                return found
    return ""


def _of_block(job: Job, block: Block, merged: Sequence[Any]) -> str:
    view = _witnessed(job, job.view(block))
    out = advance(program(job, view, shown=True), view, merged)
    found = (_step(getattr(c, "of", c)) for c in ([] if isinstance(out, Reduced) else out) if c is not RowIndex)
    return next(filter(None, found), "")


def _finite(x: Any) -> bool:
    return x is RowIndex or bool(np.isfinite(x).all())


def _value(x: Any) -> Any:
    return x.value if isinstance(x, Var) else x


def _bad(x: Any) -> bool:
    found = np.asarray(_value(x))
    return found.dtype.kind == "f" and not np.isfinite(found).all()


def _step(x: Any) -> str:
    """The words for the step that made a number that is none."""
    while isinstance(x, Var) and _bad(x):
        if getattr(x, "far", ""):
            return x.far  # type: ignore[attr-defined]
        args = x.args if isinstance(x, Witness) else [parent for parent, *_ in x.parents]
        behind = [a for a in _flat(args) if isinstance(a, Var) and _bad(a) and _meets(x, a)]
        if not behind:
            return _words(x) if isinstance(x, Witness) else ""
        x = behind[0]
    return ""


def _flat(args: Sequence[Any]) -> list[Any]:
    return [b for a in args for b in (_flat(a) if isinstance(a, list | tuple) else [a])]


def _meets(x: Var, a: Var) -> bool:
    """Whether an argument's number that is none can have made the result's: the same one, where they stand beside each other."""
    fn = getattr(x, "fn", None)
    if x.value.shape != a.value.shape or not (isinstance(fn, np.ufunc) or fn is np.where):
        return True
    return bool((~np.isfinite(x.value) & ~np.isfinite(a.value)).any())


def _words(x: Witness) -> str:
    if x.name:
        return f"{x.name} holds an infinity"
    fn, args = x.fn, x.args
    values = [np.asarray(_value(a)) for a in args]
    at = ~np.isfinite(x.value)
    if fn is np.divide:
        under = np.broadcast_to(values[1], x.shape)[at]
        if (under == 0).any():
            return _note(args[1]) or ("0 / 0" if np.isnan(x.value[at]).any() else "a division by 0")
    if fn in (np.log, np.log2, np.log10) and (values[0][at] == 0).any():
        return _note(args[0]) or "the logarithm of 0"
    if fn is np.log1p and (values[0][at] == -1).any():
        return "the logarithm of 0"
    if fn is np.power and ((values[0] == 0) & (values[1] < 0)).any():
        return "a division by 0"
    return ""


def _note(x: Any) -> str:
    """What an array that is 0 means: that of itself, or of what it was made of."""
    if isinstance(x, ExplainedZero):
        return x.reason
    todo, seen = [x], 0
    while todo and seen < 50:
        a, seen = todo.pop(0), seen + 1
        if isinstance(a, ExplainedZero):
            return a.reason
        if isinstance(a, Witness):
            if a.note:
                return a.note
            todo += [b for b in _flat(a.args) if isinstance(b, Witness | ExplainedZero) and not np.all(_value(b))]
    return ""
