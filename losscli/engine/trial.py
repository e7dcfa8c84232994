"""A user's function tried: called on a block, it is called on some rows of the block too, and has to give them the same.

The engine calls a function block by block. That is right where what it gives for a row does not depend on the rows beside it, and for
nothing else. So whatever is taken from a block is compared, step by step, with what a few of its rows give in another order and alone.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

import numpy as np

from losscli.aggregation import Aggregation, Aligned, CrossProduct, RowIndex, Sum
from losscli.catalogue.custom import CustomLoss
from losscli.catalogue.guard import FunctionError, FunctionRefused, SingleNumber, WrongShape
from losscli.catalogue.memory import Memory
from losscli.data.blocks import Block, Data
from losscli.engine.accumulate import Accumulator, accumulate, sent
from losscli.engine.job import Job, View
from losscli.engine.reduction import sums_of
from losscli.numeric.arrays import is_masked, masked_to_nan, read_only

__all__ = [
    "CheckedCall", "Differs", "Kept", "apart", "copied", "forgetful", "mixed", "on_copies", "same_rows", "sample", "steady", "thoroughly",
    "undrawn",
]  # fmt: skip

FEW = 6  # rows spread over a block
MANY = 64  # rows that are tried before all others
FIRST, LATER = 16, 128  # one in so many rows of the first block, and of others, is tried with those: pairs are found that are few
LONG = 0.05  # seconds for a call on so few


class Differs(FunctionError):
    """A row has another value with other rows beside it."""


class Written(FunctionRefused):
    """A function changed the arrays that it was lent."""


@dataclass
class Kept:
    """Some rows of a block, and what the function gave for them in its first step."""

    roles: Mapping[str, Any]
    gave: list[Any]

    @property
    def rows(self) -> int:
        return len(next(iter(self.roles.values())))

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(x.nbytes for x in (*self.roles.values(), *self.gave) if x is not None)


class CheckedCall:
    """A function's call on a block, with calls on some of its rows; `out` is what the function gives, compared as it goes."""

    def __init__(self, job: Job, view: View, out: Any = None, plans: Callable[[Any, Any], list[Any]] | None = None) -> None:
        self.job, self.view, self.plans, self.first = job, view, plans, plans is not None
        self.copied: Callable[[Any], tuple[Any, ...]] = _parts if plans is None else _copies
        self.yielded: set[type] = set()
        self.kept: Kept | None = None
        self.calls: list[_Call] = []
        out = job.loss.fn(**view.roles, **job.options) if out is None else out
        self.out: Any = self._steps(out) if inspect.isgenerator(out) else self._values(out)

    @property
    def reuses(self) -> bool:
        """Whether it gives the same memory at every call."""
        one, other = ([x for c in call.given for x in _arrays(c) if isinstance(x, np.ndarray)] for call in self.calls[:2])
        return any(np.may_share_memory(x, y) for x, y in zip(one, other, strict=False))

    def _values(self, out: Any) -> Any:
        parts = self.copied(out)
        self._begin(parts)
        self._compare(parts, [call.out for call in self.calls])
        return parts if isinstance(out, tuple) else parts[0]

    def _steps(self, out: Any) -> Generator[Any, Any, Any]:
        back: Any = None
        while True:
            try:
                columns = out.send(back)
            except StopIteration as done:
                if back is None:
                    if np.ndim(_parts(done.value)[0]) == 0:
                        raise FunctionRefused(
                            f"{self.job.loss.reference}: {self.job.loss.name} returned one number and yields nothing"
                        ) from None
                    self._begin(_parts(done.value))
                self._compare(_parts(done.value), [call.end() for call in self.calls], last=True)
                return done.value
            self.yielded |= {type(c) for c in _parts(columns)}
            columns = self.copied(columns)
            if back is None:
                self._begin(columns)
            self._compare(columns, [call.step() for call in self.calls])
            back = yield columns
            for call in self.calls:
                call.back = tuple(self._of(call.at, c, b) for c, b in zip(columns, back, strict=True))

    def _of(self, at: Any, column: Any, back: Any) -> Any:
        """What rows of the block get back of what the block does."""
        by_row = column is RowIndex or (0 in self.job.per and np.ndim(back))
        return back[at] if by_row else back

    def _begin(self, columns: Sequence[Any]) -> None:
        """Call the function on some rows: those of the smallest and the largest value, and a few between them."""
        rows = self.view.rows
        at = _some(rows, columns)
        plans = _two(at, rows, FIRST if self.view.start == 0 else LATER) if self.plans is None else self.plans(_first(columns, rows), at)
        self.calls = [_Call(self.job, self.view, rows, on_copies if self.first else _on_rows) for rows in plans if len(rows)]
        own = {r: x for r, x in self.view.roles.items() if r not in self.view.shared}
        at = np.concatenate([at, *(_by_value(x) for x in own.values())]) if rows > MANY else at
        self.kept = Kept({r: x[at] for r, x in own.items()}, [None if c is None else c[at] for c in _rowwise(columns, rows)])

    def _compare(self, whole: Sequence[Any], parts: Sequence[Sequence[Any]], last: bool = False) -> None:
        if self.first and len(parts) > 1:
            steady(self.job, parts[0], parts[1])
            if len(parts) > 3 and self.plans is _companies:
                self._adds(parts)
        for call, part in zip(self.calls, parts, strict=True):
            if not last:
                self._refuse_sums(whole, part)
            if not _alike(whole, part, call.at, self.view.rows, last):
                raise _differs(self.job)

    def _refuse_sums(self, whole: Sequence[Any], part: Sequence[Any]) -> None:
        """A number beside a column counts for each row, so it can't be one of all rows of a block."""
        for w, p in zip(whole, part, strict=False):
            if not isinstance(w, Aggregation) and np.ndim(w) == 0 and np.ndim(p) == 0 and not _same(w, p):
                raise FunctionRefused(
                    f"{self.job.loss.reference}: {self.job.loss.name} yields a number that other rows make another one: yield the column, "
                    "which is summed over all rows, 1 to count them, or losscli.aggregation.Sum for a sum of the block"
                )

    def _adds(self, parts: Sequence[Sequence[Any]]) -> None:
        """What is summed already is the sum of what two parts give."""
        for all_, a, b in zip(parts[0], parts[2], parts[3], strict=True):
            sums = [np.asarray(x.of, np.float64) for x in (all_, a, b) if isinstance(x, Sum)]
            if sums and (len({x.shape for x in sums}) > 1 or not _close(sums[0], sums[1] + sums[2])):
                raise _differs(self.job)


def on_copies(job: Job, roles: Mapping[str, Any]) -> Any:
    """What the function gives for copies of the arrays. Raises Failed where it changes them: other libraries write past NumPy's flags."""
    given = {r: x.copy(order="K") for r, x in roles.items()}
    out = job.loss.fn(**{r: read_only(x) for r, x in given.items()}, **job.options)
    for r, x in given.items():
        if not np.array_equal(x, roles[r], equal_nan=x.dtype.kind == "f"):
            raise Written(f"{job.loss.reference}: {job.loss.name} writes into {r}, which is lent to read: work on a copy, {r}.copy()")
    return out


def _on_rows(job: Job, roles: Mapping[str, Any]) -> Any:
    """What the function gives for rows that were taken out of a block."""
    return job.loss.fn(**roles, **job.options)


class _Call:
    """The function on some rows of a block. Raises Differs where it can't be called on them."""

    def __init__(self, job: Job, view: View, at: Any, called: Callable[[Job, Mapping[str, Any]], Any]) -> None:
        self.job, self.at = job, at
        self.back: Any = None
        with _on_fewer(job, [x.shape[1:] for x in view.roles.values() if x.shape[1:2] == (view.rows,)]):
            out = called(job, {r: x if r in view.shared else x[at] for r, x in view.roles.items()})
        self.given: tuple[Any, ...] = (
            () if inspect.isgenerator(out) else _parts(out)
        )  # as it came, so that its memory is not given to others
        self.out: Any = out if inspect.isgenerator(out) else _copies(out)

    def step(self) -> Sequence[Any]:
        """What it yields next."""
        with _on_fewer(self.job):
            try:
                given = _parts(self.out.send(self.back))
                self.given = self.given or given
                return _copies(given)
            except StopIteration:
                raise _differs(self.job) from None

    def end(self) -> Sequence[Any]:
        """What it returns."""
        with _on_fewer(self.job):
            try:
                self.out.send(self.back)
            except StopIteration as done:
                return _parts(done.value)
        raise _differs(self.job)


class _on_fewer:  # noqa: N801 - reads as a statement
    """What a function can't do with fewer rows, or gives one number for, depends on how many there are."""

    def __init__(self, job: Job, wide: Sequence[Any] = ()) -> None:
        self.job, self.wide = job, wide

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, WrongShape) and error.shape in self.wide:
            raise FunctionRefused(str(error)) from error  # numbers of channels, of which there are as many as rows
        if isinstance(error, FunctionError | SingleNumber) and not isinstance(error, Differs | FunctionRefused):
            raise _differs(self.job) from error


def _differs(job: Job) -> Differs:
    return Differs(
        f"{job.loss.reference}: {job.loss.name} gives a row another value with other rows beside it, which its first rows did not show: "
        "yield what it needs of all rows, as in total, n = yield column, 1"
    )


def steady(job: Job, one: Sequence[Any], other: Sequence[Any]) -> None:
    """Raise Failed where two calls on the same rows gave two results."""
    if not all(_same(a, b) for a, b in zip(one, other, strict=True)):
        raise _unsteady(job)


def _unsteady(job: Job) -> FunctionRefused:
    return FunctionRefused(
        f"{job.loss.reference}: {job.loss.name} gives other values each time it is called with the same rows: "
        "seed its random numbers where it draws them, as in rng = np.random.default_rng(0)"
    )


def undrawn(job: Job, view: View, out: Any) -> None:
    """Raise Refused where random numbers change what it gives for a block, be it for few of its rows, or take new ones at each call."""
    one = _first_step(job, view.roles) if inspect.isgenerator(out) else _parts(out)
    drawn = job.loss.random_state() if isinstance(job.loss, CustomLoss) else None
    steady(job, one, _first_step(job, view.roles))
    if isinstance(job.loss, CustomLoss) and job.loss.random_state() != drawn:
        raise _unsteady(job)


def forgetful(job: Job, view: View, out: Any, memory: Memory) -> None:
    """Raise Refused where what it kept of some rows, in what `memory` watches, changes what it gives for others."""
    if inspect.isgenerator(out):  # of which nothing has run yet
        _given(job, view, slice(0, MANY))
    if (name := memory.changed_name) is None:
        return
    now, half = Memory(job.loss.fn), max(1, min(view.rows // 2, MANY))
    before, rows = slice(0, half), slice(view.rows - half, view.rows)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        memory.restore()
        _given(job, view, before)
        after = _given(job, view, rows)
        memory.restore()
        alone = _given(job, view, rows)
    harmless = len(after) == len(alone) and all(map(_same, after, alone))
    (now if harmless else memory).restore()
    if not harmless:
        raise FunctionRefused(
            f"{job.loss.reference}: {job.loss.name} keeps something of the rows of one call, in {name}, and gives the rows of the next "
            "call other values for it: work it out in each call, or yield what it needs of all rows, as in total, n = yield column, 1"
        )


def _given(job: Job, view: View, at: slice) -> Sequence[Any]:
    """What it gives in the end for some rows, as if they were all there are; nothing where it can't be called on them."""
    roles = {r: x if r in view.shared else x[at] for r, x in view.roles.items()}
    try:
        return _ran(job, replace(view, rows=len(range(view.rows)[at]), roles=roles), job.loss.fn(**roles, **job.options))
    except SingleNumber as one:
        return (one.value,)
    except (FunctionError, StopIteration):
        return ()


def _ran(job: Job, view: View, out: Any) -> Sequence[Any]:
    """What it returns after all its steps, over some rows as if they were all there are."""
    if not inspect.isgenerator(out):
        return _copies(out)
    run = sums_of(out, job, view)
    try:
        columns = next(run)
        while True:
            merges: list[Accumulator] = accumulate([], columns)
            columns = run.send(sent(tuple(m.value for m in merges), view))
    except StopIteration as done:
        return _copies(done.value)


def _first_step(job: Job, roles: Mapping[str, Any]) -> Sequence[Any]:
    out = job.loss.fn(**roles, **job.options)
    return _copies(next(out) if inspect.isgenerator(out) else out)


# --- comparing -------------------------------------------------------------------------------------------------------------


def _parts(out: Any) -> tuple[Any, ...]:
    return out if isinstance(out, tuple) else (out,)


def copied(out: Any) -> Any:
    """What a function gave, in memory of its own."""
    return _copies(out) if isinstance(out, tuple) else _copy(out)


def apart(known: CustomLoss) -> CustomLoss:
    """The same function, where each call gives memory of its own."""
    call = known.fn

    @wraps(call)
    def own(**given: Any) -> Any:
        out = call(**given)
        return steps(out) if inspect.isgenerator(out) else copied(out)

    def steps(run: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        back: Any = None
        while True:
            try:
                columns = run.send(back)
            except StopIteration as done:
                return copied(done.value)
            back = yield _copies(columns)

    return known.but(fn=own, reuses_memory=True)


def _copies(out: Any) -> tuple[Any, ...]:
    """What was returned or yielded, in memory of its own: a function may put its arrays to use again."""
    return tuple(_copy(x) for x in _parts(out))


def _copy(x: Any) -> Any:
    if isinstance(x, Aggregation) and "of" in x._names:
        return x.but(**{n: _copy(getattr(x, n)) for n in x._names})
    return np.array(x) if type(x) is np.ndarray else x


def _some(rows: int, columns: Sequence[Any]) -> Any:
    """A few rows of a block, in another order than they stand in."""
    spread = range(rows) if rows <= MANY else [k * (rows - 1) // (FEW - 1) for k in range(FEW)]
    ends = [int(k) // (x.size // rows) for x in _rowwise(columns, rows)[:1] if x is not None and x.size for k in (x.argmin(), x.argmax())]
    return np.array([*(k for k in (*spread[1::2], *spread[::2][::-1]) if k not in ends), *dict.fromkeys(ends)], np.int64)


def _by_value(x: Any) -> Any:
    """One row in some thousands, chosen by its value: where another block has the value too, it is chosen there as well."""
    middle = np.ascontiguousarray(x.reshape(len(x), -1)[:, 0], np.float64).view(np.uint16)[2::4]  # digits that also float32 has
    return np.flatnonzero((middle & 0xFFF) == 0x5A5)[: 4 * MANY]


def _first(columns: Sequence[Any], rows: int) -> Any:
    """A number for each row, by which they differ: of the first array with rows that there is."""
    x = next((x for x in _rowwise(columns, rows) if x is not None and x.size), np.zeros(rows))
    return x.reshape(rows, -1).sum(-1)


def _two(at: Any, rows: int, share: int) -> list[Any]:
    """Which rows of a block are tried: few enough to cost little, and one alone; of many, a share without what stood beside them."""
    chosen = []
    if rows > share * MANY:
        chosen.append(np.arange(rows // share) * share + np.random.default_rng(rows).integers(0, share, rows // share))
    return [at[-max(1, rows // 8) :], at[-1:], *chosen] if rows > 1 else []


def _companies(x: Any, at: Any) -> list[Any]:
    """Which rows are tried together before all others: all twice, halves, some alone, the largest among the smallest, and the reverse."""
    if len(at) == 1:
        return [at, at]
    half = len(at) // 2
    rest = [at[:1], at[half : half + 1], at[-1:], *_extremes(x[at], at)]
    return [at, at, at[:half], at[half:], *(rest if len(at) > 2 else [])]


def _few_companies(x: Any, at: Any) -> list[Any]:
    """The same for a function that takes its time: all twice, and one alone."""
    return [at, at, at[-1:]] if len(at) > 1 else [at, at]


def _extremes(x: Any, at: Any) -> list[Any]:
    """The row of the largest value among those of the smallest, and the reverse: what is usual there shows in what it gives."""
    order = at[np.argsort(x, kind="stable")]
    return [np.append(order[-1:], order[: min(FEW, len(at) - 1)]), np.append(order[:1], order[-min(FEW, len(at) - 1) :])]


def _arrays(column: Any) -> list[Any]:
    """The arrays in a column that have the rows first; None for what is merged within the block already."""
    if isinstance(column, Aligned):
        return _arrays(column.of)
    if isinstance(column, CrossProduct):
        return [column.of, column.by]
    if isinstance(column, Sum) or column is RowIndex:
        return [None]
    return [getattr(column, "of", column)]


def _rowwise(columns: Sequence[Any], rows: int) -> list[Any]:
    """The numbers of each array that has the rows first, None in place of any other."""
    found = []
    for x in (x for c in columns for x in _arrays(c)):
        x = masked_to_nan(x) if is_masked(x) else x
        found.append(None if x is None or np.shape(x)[:1] != (rows,) else np.asarray(x))
    return found


def _alike(whole: Sequence[Any], part: Sequence[Any], at: Any, rows: int, last: bool) -> bool:
    """Whether rows that were given alone have what they have in the block; what has no rows has to be the same."""
    if [type(c) for c in whole if isinstance(c, Aggregation)] != [type(c) for c in part if isinstance(c, Aggregation)] or len(whole) != len(
        part
    ):
        return False
    for w, p in zip((x for c in whole for x in _arrays(c)), (x for c in part for x in _arrays(c)), strict=True):
        if w is None or p is None:
            continue
        w, p = (np.asarray(masked_to_nan(x) if is_masked(x) else x) for x in (w, p))
        if w.shape[:1] == (rows,) and p.shape == (len(at), *w.shape[1:]) and _close(w[at], p):
            continue
        if w.shape != p.shape or (w.shape[:1] == (rows,) and not last) or not _close(w, p):
            return False
    return True


def _same(a: Any, b: Any) -> bool:
    if type(a) is not type(b) and (isinstance(a, Aggregation) or isinstance(b, Aggregation)):
        return False
    pairs = zip(_arrays(a), _arrays(b), strict=True) if not isinstance(a, Sum) else [(a.of, b.of)]
    for x, y in pairs:
        if x is None or y is None:
            continue
        x, y = (np.asarray(masked_to_nan(v) if is_masked(v) else v) for v in (x, y))
        if x.shape != y.shape or not _close(x, y):
            return False
    return True


def _close(a: Any, b: Any) -> bool:
    """Equal but for rounding: a product of matrices may add in another order where there are fewer rows."""
    eps = max((np.finfo(x.dtype).eps for x in (a, b) if x.dtype.kind == "f"), default=np.finfo(np.float64).eps)
    a, b = a.astype(np.float64, copy=False), b.astype(np.float64, copy=False)
    with np.errstate(all="ignore"):
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        if same.all():
            return True
        size = np.maximum(np.abs(a), np.abs(b))
        finite = np.isfinite(size)
        largest = size[finite].max(initial=0.0)
        return bool((same | (finite & (np.abs(a - b) <= np.sqrt(eps) / 16 * size + 64 * eps * largest))).all())


# --- before and after all rows ---------------------------------------------------------------------------------------------


def sample(data: Data, first: Block, most: int) -> Block:
    """A few rows: of all there are where they are in memory, else of the first block; fewer where a block has `most` rows."""
    most = max(2, min(MANY, most))
    rows = {c.rows for c in data.columns.values() if c.rows is not None}
    if len(rows) == 1 and all(c.array is not None for c in data.columns.values()):
        at = _spread(rows.pop(), most)
        some = Data({n: c.at(at) for n, c in data.columns.items()}, omit=data.omit)
        return next(some.blocks(MANY), first.take(_spread(first.rows, most)))
    return first.take(_spread(first.rows, most))


def same_rows(a: View, b: View) -> bool:
    """Whether two views have the same few rows."""
    return a.rows == b.rows <= MANY and all(np.array_equal(x, b.roles[r], equal_nan=x.dtype.kind == "f") for r, x in a.roles.items())


def _spread(rows: int, most: int) -> Any:
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).astype(np.int64))


def thoroughly(job: Job, view: View, out: Any, seconds: float) -> tuple[frozenset[type], bool]:
    """Take a function through all its steps on a few rows, in halves, in another order, twice and alone; less where a call takes long.

    `out` is what it gives for them, where that is known. Gives the types of the columns that it yields, and whether it reuses its memory.
    Raises Differs where it looks at other rows, Refused where its values change from call to call.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one row has no spread, and NumPy says so
        return _through(CheckedCall(job, view, out, _companies if seconds < LONG else _few_companies), view)


def _through(call: CheckedCall, view: View) -> tuple[frozenset[type], bool]:
    """All steps, over some rows as if they were all there are."""
    if inspect.isgenerator(call.out):
        _ran(call.job, view, call.out)
    return frozenset(call.yielded), call.reuses


def mixed(job: Job, kept: Sequence[Kept], shared: Mapping[str, Any]) -> None:
    """Rows of all blocks together have to give what they gave in their blocks. Raises Differs."""
    roles = {r: np.concatenate([k.roles[r] for k in kept]) for r in kept[0].roles}
    gave: list[Any] = [None if g[0] is None else np.concatenate(g) for g in zip(*(k.gave for k in kept), strict=True)]
    rows = sum(k.rows for k in kept)
    all_ = np.arange(rows)
    for at in (all_, *_extremes(_first(gave, rows), all_)):
        some = {r: read_only(x[at]) for r, x in roles.items()} | dict(shared)
        with _on_fewer(job):
            out = job.loss.fn(**{r: some[r] for r in job.loss.roles if r in some}, **job.options)
            columns = _parts(next(out) if inspect.isgenerator(out) else out)
        for found, then in zip(_rowwise(columns, len(at)), gave, strict=True):
            if (found is None) != (then is None) or (found is not None and not _close(found, then[at])):
                raise _differs(job)
