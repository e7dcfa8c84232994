"""Derivatives by finite differences of values: they check those of the tape, and replace those that the tape does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from losscli.autodiff.backward import cotangents
from losscli.data.blocks import Block, Data
from losscli.data.columns import Column
from losscli.engine.accumulate import Elements
from losscli.engine.job import Job, View, ignored_in
from losscli.engine.outcome import Outcome
from losscli.engine.passes import run
from losscli.engine.reduction import BlockCallback, loss_coroutine
from losscli.errors import UsageError
from losscli.numeric.lazy import Array
from losscli.parallel import default_threads, map_blocks
from losscli.record import Record

__all__ = ["MAX_NUMBERS", "Slope", "differences", "slope_without_rows", "slopes"]

STEP = 2.0**-10  # relative to a number: the truncation error is then about as large as the rounding error
KINK = 1e-4  # the largest relative difference of two estimates of a derivative where the loss is smooth
MAX_NUMBERS = 10_000  # of a role of a loss over all rows: each number needs four values of the whole loss


class Slope(Record):
    """Derivatives estimated from values at x, x ± h and x ± 2h: from both sides, from each side alone, and the rounding error.

    The left and the right estimate differ at a kink.
    """

    central: Array
    left: Array
    right: Array
    noise: Array

    def near(self, g: Array, rtol: float, atol: float) -> Array:
        """Whether derivatives agree with these; at a kink, any derivative between the left and the right one agrees."""
        tolerance = atol + self.noise + rtol * np.maximum(np.abs(g), np.abs(self.central))
        low, high = np.minimum(self.left, self.right), np.maximum(self.left, self.right)
        apart = np.abs((self.left + self.right) / 2 - self.central)  # 0 at a kink that is as steep on both sides
        kink = (apart > KINK * np.maximum(np.abs(self.central), high - low)) | (low < -KINK * high) & (high > -KINK * low)
        return (np.abs(g - self.central) <= tolerance) | (kink & (low - tolerance <= g) & (g <= high + tolerance)) | (g == self.central)

    def between(self, g: Array, rtol: float, atol: float) -> Array:
        """Whether derivatives are between the left and the right ones: of a sum over rows, a few of which have a kink."""
        low, high = np.minimum(self.left, self.right), np.maximum(self.left, self.right)
        tolerance = atol + self.noise + rtol * np.abs(g)
        return (low - tolerance <= g) & (g <= high + tolerance)


def _slope(f: Callable[[Array], Array], x: Array, below: Array, above: Array) -> Slope:
    """The slope of f at x, with steps that go no further down than `below` and no further up than `above`."""
    h = STEP * np.minimum(np.maximum(1.0, np.abs(x)), np.where(below > 0, below, np.inf))
    h = np.minimum(h, STEP * np.where(above > 0, above, np.inf))
    h = (x + h) - x  # the actual step of x, after rounding
    h = np.where(h == 0, np.spacing(x), h)
    at = f(x)
    up, up2, down, down2 = (f(x + k * h) for k in (1, 2, -1, -2))
    right, left = (4 * up - 3 * at - up2) / (2 * h), (3 * at - 4 * down + down2) / (2 * h)
    central = (8 * (up - down) - (up2 - down2)) / (12 * h)
    central = np.where(below > 0, np.where(above > 0, central, left), right)  # at a bound of the domain there is only one side
    noise = 16 * np.finfo(np.float64).eps * np.maximum.reduce([np.abs(v) for v in (at, up, up2, down, down2)]) / h
    return Slope(central, np.where(below > 0, left, right), np.where(above > 0, right, left), noise)


def _joined(slopes: Sequence[Slope], shaped: Callable[[tuple[Array, ...]], Array]) -> Slope:
    """Several slopes joined to one; `shaped` joins their arrays."""
    return Slope(*map(shaped, zip(*((s.central, s.left, s.right, s.noise) for s in slopes), strict=True)))


def _distances(job: Job, role: str, x: Array) -> tuple[Array, Array]:
    """The distances from x down and up to the bounds of its domain."""
    domain = job.domain(role)
    least, above, most, below = (getattr(domain, bound, None) for bound in ("least", "above", "most", "below"))
    low, high = ([b for b in bounds if b is not None] for bounds in ((least, above), (most, below)))
    return x - max(low, default=-np.inf), min(high, default=np.inf) - x


def slopes(outcome: Outcome, data: Data, role: str, *, threads: int = 0) -> Iterator[tuple[Block, View, Any, Slope]]:
    """Each block with its values and the slopes of the reduced value with respect to its rows of a role.

    Raises UsageError for a loss over all rows with more numbers than can be moved one by one.
    """
    if outcome.job.loss.kind == "pointwise" and role in outcome.job.columns and len(outcome.merged) == 1:
        yield from _by_block(outcome, data, role, threads or default_threads())
    else:
        yield from _one_by_one(outcome, data, role, threads)


def _by_block(outcome: Outcome, data: Data, role: str, threads: int) -> Iterator[tuple[Block, View, Any, Slope]]:
    """The slopes of a loss whose values depend on one row each: one number of every row of a block is changed at once."""
    job, of_total = outcome.job, cotangents(outcome, data)[0][0]

    def values(view: View, x: Array) -> Array:
        columns = next(loss_coroutine(job, view.but(roles={**view.roles, role: x}), shown=True))
        return np.asarray(next(c.column for c in columns if isinstance(c, Elements)), np.float64)

    def of_place(view: View, place: tuple[int, ...], below: Array, above: Array) -> Slope:
        x = view.roles[role]
        at: tuple[Any, ...] = (slice(None), *place)

        def moved(to: Array) -> Array:
            y = x.copy()
            y[at] = to
            losses = values(view, y)
            return of_total * losses.reshape(len(losses), -1).sum(-1)

        return _slope(moved, x[at], below[at], above[at])

    def of_block(block: Block) -> tuple[Block, View, Any, Slope]:
        view = job.view(block)
        x = view.roles[role]
        below, above = _distances(job, role, x)
        parts = [of_place(view, place, below, above) for place in np.ndindex(x.shape[1:])]
        return block, view, values(view, x), _joined(parts, lambda arrays: np.stack(arrays, -1).reshape(x.shape))

    yield from map_blocks(of_block, data.blocks(job.block_rows), threads)


def _one_by_one(outcome: Outcome, data: Data, role: str, threads: int) -> Iterator[tuple[Block, View, Any, Slope]]:
    """The slopes of a loss over all rows: each number of the role is changed alone, and the whole loss is computed again."""
    job = outcome.job
    blocks = list(data.blocks(job.block_rows))
    if not blocks:
        return
    whole = Block(0, outcome.rows_kept, {n: np.concatenate([b.columns[n] for b in blocks]) for n in data.columns})
    view = job.view(whole)
    if (size := view.roles[role].size) > MAX_NUMBERS:
        raise UsageError(
            f"{job.loss.name} is a loss over all rows: differences need values of the whole loss for each number of {role}, "
            f"which has {size:,}; give it up to {MAX_NUMBERS:,}"
        )
    column = job.columns.get(role)
    original = view.roles[role] if column is None else whole.columns[column]
    numbers = np.array(original, np.float64).reshape(-1)
    below, above = (np.reshape(r, -1) for r in _distances(job, role, numbers))

    def of_number(k: int) -> Slope:
        def value(to: Any) -> Any:
            moved = numbers.copy()
            moved[k] = to
            return _value_with(job, role, whole.columns, moved.reshape(np.shape(original)), threads)

        return _slope(value, numbers[k], below[k], above[k])

    def shaped(arrays: tuple[Array, ...]) -> Array:
        joined = np.reshape(arrays, np.shape(original))
        return joined if column is None else job.layouts[role].apply(joined)

    yield whole, view, None, _joined([of_number(k) for k in range(numbers.size)], shaped)


def _value_with(job: Job, role: str, columns: Mapping[str, Array], x: Array, threads: int) -> Any:
    """The value of the loss with other numbers in one role; without a reduction, the sum of the values."""
    if role in job.columns:
        columns = {**columns, job.columns[role]: x}
    else:
        shared, constant = ({**roles, role: x} if role in roles else roles for roles in (job.shared, job.constant))
        job = job.but(shared=shared, constant=constant)
    reduced = run([job], Data({n: Column(n, c) for n, c in columns.items()}), threads=threads)[0].reduced
    return np.sum(reduced.total if reduced.value is None else reduced.value, dtype=np.float64)


def slope_without_rows(outcome: Outcome, data: Data, name: str, *, threads: int = 0) -> Slope:
    """The slopes with respect to an option, or to a role without rows."""
    of_option = name in outcome.job.loss.options
    return _option_slope(outcome, data, name, threads=threads) if of_option else next(slopes(outcome, data, name, threads=threads))[3]


def _option_slope(outcome: Outcome, data: Data, name: str, *, threads: int = 0) -> Slope:
    """The slopes of the reduced value with respect to the numbers of an option."""
    job, option = outcome.job, outcome.job.loss.options[name]
    given = np.asarray(job.options[name], np.float64)
    numbers = given.reshape(-1)
    domain = option.domain
    bounds = [[b for b in (getattr(domain, n, None) for n in names) if b is not None] for names in (("least", "above"), ("most", "below"))]
    below, above = numbers - max(bounds[0], default=-np.inf), min(bounds[1], default=np.inf) - numbers
    if domain is not None:  # a domain may have gaps
        step = 4 * STEP * np.maximum(1.0, np.abs(numbers))
        below, above = (np.where((d > step) & domain.wrong(x, {}), 0.0, d) for d, x in ((below, numbers - step), (above, numbers + step)))

    def of_number(k: int) -> Slope:
        def value(to: Any) -> Any:
            moved = numbers.copy()
            moved[k] = to
            changed = job.but(options={**job.options, name: moved.reshape(given.shape) if given.ndim else float(moved[0])})
            reduced = run([changed], data, threads=threads)[0].reduced
            return np.sum(reduced.total if reduced.value is None else reduced.value, dtype=np.float64)

        return _slope(value, numbers[k], below[k], above[k])

    return _joined([of_number(k) for k in range(numbers.size)], lambda arrays: np.reshape(arrays, given.shape))


def differences(outcome: Outcome, data: Data, wrt: Sequence[str], callback: BlockCallback, *, threads: int = 0) -> dict[str, Array]:
    """The same as `backward.differentiate`, with derivatives by differences."""
    rows = [role for role in wrt if role in outcome.job.columns]
    shared = {n: slope_without_rows(outcome, data, n, threads=threads).central for n in wrt if n not in rows}
    for of_roles in zip(*(slopes(outcome, data, role, threads=threads) for role in rows), strict=True) if rows else ():
        block, view, values, _ = of_roles[0]
        grads = {role: slope.central for role, (*_, slope) in zip(rows, of_roles, strict=True)}
        callback(block, view.but(grads=grads), values, ignored_in(outcome.job, view))
    return shared
