"""The reason for a result that is nan or infinite: the loss is computed again, to find the first step that gives such a number.

The roles are replaced by Witnesses, which remember the function that made each array. The search starts at the result and goes back
along arguments that are nan or infinite, to a step whose arguments are all finite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from losscli.aggregation import RowIndex
from losscli.autodiff.rules import Rule
from losscli.autodiff.tape import NoDerivative, Var
from losscli.data.blocks import Block, Data
from losscli.engine.accumulate import Columns
from losscli.engine.job import Job, View
from losscli.engine.reduction import Reduced, advance, loss_coroutine
from losscli.numeric.given import Given
from losscli.numeric.primitive import ExplainedZero

__all__ = ["reason"]

MAX_STEPS = 50  # steps that are searched for a note


class Witness(Var):
    """An array that remembers which function made it, from which arguments.

    `role` is the name of its role, if it is one. `zero_note` says what a 0 in the array means, `infinite_note` what an infinity means.
    """

    __slots__ = ("args", "fn", "infinite_note", "role", "zero_note")

    def __init__(self, value: Any, parents: Sequence[Any] = (), fn: Any = None, args: Sequence[Any] = ()) -> None:
        super().__init__(value, parents)
        self.fn, self.args, self.role, self.zero_note, self.infinite_note = fn, args, "", "", ""

    def record(self, fn: Callable[..., Any], rules: Sequence[Rule | None], args: Sequence[Any]) -> Var:
        if getattr(fn, "__module__", "").startswith("losscli.") and fn.__name__ != "<lambda>":
            try:
                return fn(*args)  # the steps within a function of this package are recorded
            except (NoDerivative, TypeError, AttributeError, ValueError):
                pass
        return Witness(fn(*(a.value if isinstance(a, Var) else a for a in args)), (), fn, args)

    def __array_function__(self, func: Any, types: Any, args: tuple[Any, ...], kw: dict[str, Any]) -> Any:
        if func is np.where and len(args) == 3 and Given not in types:
            condition, *branches = args
            return Witness(np.where(*map(_value, (condition, *branches))), (), func, branches)
        return super().__array_function__(func, types, args, kw)

    def explained(self, zero: str = "", infinite: str = "") -> Witness:
        """The same array, with a note on what a 0 or an infinity in it means."""
        noted = Witness(self.value, (), None, (self,))
        noted.zero_note, noted.infinite_note = zero, infinite
        return noted


def reason(job: Job, merged: Sequence[Columns], block_sizes: Sequence[int], data: Data) -> str:
    """The reason in words, '' where none is found. `merged` has the merged columns of each pass, `block_sizes` the rows of its blocks."""
    with np.errstate(all="ignore"):
        try:
            return _in_last_step(job, merged, block_sizes, data) or _in_blocks(job, merged, block_sizes, data)
        except (NoDerivative, TypeError, AttributeError, ValueError):  # the formula uses a function that a Witness does not support
            return ""


def _with_witnesses(view: View) -> View:
    roles = {n: Witness(x) if getattr(x, "dtype", None) is not None and x.dtype.kind == "f" else x for n, x in view.roles.items()}
    for name, x in roles.items():
        if isinstance(x, Witness):
            x.role = name
    return view.but(roles=roles)


def _in_last_step(job: Job, merged: Sequence[Columns], block_sizes: Sequence[int], data: Data) -> str:
    """The reason in the step from the merged columns to the result; '' where a merged column is nan or infinite already."""
    first = next(data.blocks(block_sizes[-1]), None) if merged else None
    if first is None or not all(_is_finite(m) for ms in merged for m in ms):
        return ""
    view = _with_witnesses(job.view(first))
    witnesses = [tuple(m if m is RowIndex else Witness(m) for m in ms) for ms in merged]
    out = advance(loss_coroutine(job, view), view, witnesses)
    return _reason_for(out.value if isinstance(out, Reduced) else None)


def _in_blocks(job: Job, merged: Sequence[Columns], block_sizes: Sequence[int], data: Data) -> str:
    """The reason in the steps to the merged columns, in the first block that has one."""
    for k, columns in enumerate(merged or [()]):
        if merged and all(_is_finite(m) for m in columns):
            continue
        for block in data.blocks(block_sizes[k] if block_sizes else job.block_rows):
            if text := _in_block(job, block, merged[:k]):
                return text
    return ""


def _in_block(job: Job, block: Block, merged: Sequence[Any]) -> str:
    view = _with_witnesses(job.view(block))
    columns = advance(loss_coroutine(job, view, shown=True), view, merged)
    if isinstance(columns, Reduced):
        return ""
    reasons = (_reason_for(getattr(c, "column", c)) for c in columns if c is not RowIndex)
    return next(filter(None, reasons), "")


def _is_finite(x: Any) -> bool:
    return x is RowIndex or bool(np.isfinite(x).all())


def _value(x: Any) -> Any:
    return x.value if isinstance(x, Var) else x


def _is_bad(x: Any) -> bool:
    """Whether it holds nan or an infinity."""
    value = np.asarray(_value(x))
    return value.dtype.kind == "f" and not np.isfinite(value).all()


def _reason_for(x: Any) -> str:
    """The words for the step at which an array became nan or infinite."""
    while isinstance(x, Var) and _is_bad(x):
        if isinstance(x, Witness) and x.infinite_note:
            return x.infinite_note
        args = x.args if isinstance(x, Witness) else [parent for parent, *_ in x.parents]
        bad = [a for a in _flat(args) if isinstance(a, Var) and _is_bad(a) and _may_cause(a, x)]
        if not bad:
            return _words(x) if isinstance(x, Witness) else ""
        x = bad[0]
    return ""


def _flat(args: Sequence[Any]) -> list[Any]:
    return [b for a in args for b in (_flat(a) if isinstance(a, list | tuple) else [a])]


def _may_cause(argument: Var, x: Var) -> bool:
    """Whether nan or infinity in an argument can be the cause of that in x: with a ufunc both have the same index."""
    fn = getattr(x, "fn", None)
    if x.value.shape != argument.value.shape or not (isinstance(fn, np.ufunc) or fn is np.where):
        return True
    return bool((~np.isfinite(x.value) & ~np.isfinite(argument.value)).any())


def _words(x: Witness) -> str:
    """The words for one step, whose arguments are all finite."""
    if x.role:
        return f"{x.role} holds an infinity"
    fn, args = x.fn, x.args
    values = [np.asarray(_value(a)) for a in args]
    bad = ~np.isfinite(x.value)
    if fn is np.divide:
        divisor = np.broadcast_to(values[1], x.shape)[bad]
        if (divisor == 0).any():
            return _note(args[1]) or ("0 / 0" if np.isnan(x.value[bad]).any() else "a division by 0")
    if fn in (np.log, np.log2, np.log10) and (values[0][bad] == 0).any():
        return _note(args[0]) or "the logarithm of 0"
    if fn is np.log1p and (values[0][bad] == -1).any():
        return "the logarithm of 0"
    if fn is np.power and ((values[0] == 0) & (values[1] < 0)).any():
        return "a division by 0"
    return ""


def _note(x: Any) -> str:
    """What a 0 in an array means: its own note, or the note of an array of zeros that it was computed from."""
    if isinstance(x, ExplainedZero):
        return x.reason
    todo, steps = [x], 0
    while todo and steps < MAX_STEPS:
        a, steps = todo.pop(0), steps + 1
        if isinstance(a, ExplainedZero):
            return a.reason
        if isinstance(a, Witness):
            if a.zero_note:
                return a.zero_note
            todo += [b for b in _flat(a.args) if isinstance(b, Witness | ExplainedZero) and not np.all(_value(b))]
    return ""
