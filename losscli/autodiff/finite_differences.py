"""Derivatives from differences of values: what those of the tape are checked against, and what stands in where it has none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from losscli.autodiff.backward import cotangents
from losscli.data.blocks import Block, Data
from losscli.data.columns import Column
from losscli.engine.accumulate import Elements
from losscli.engine.job import Job, View, ignored_in
from losscli.engine.passes import Outcome, run
from losscli.engine.reduction import Watcher, program
from losscli.errors import UsageError
from losscli.parallel import default_threads, map_blocks
from losscli.record import Record

__all__ = ["MOST", "Slope", "differences", "slopes"]

STEP = 2.0**-10  # of a number's size: what the fifth power of it neglects is as much as rounding takes from values divided by it
KINK = 1e-4  # how far two ways to take the same difference may lie apart where the loss is smooth
MOST = 10_000  # numbers of a loss over all rows, each of which takes four values of the whole


class Slope(Record):
    """A derivative from values at x ± h and x ± 2h, those of each side, which differ at a kink, and the noise of rounding."""

    central: Any
    left: Any
    right: Any
    noise: Any

    def near(self, g: Any, rtol: float, atol: float) -> Any:
        """Whether a derivative agrees; at a kink any between that to the left and that to the right does."""
        wide = atol + self.noise + rtol * np.maximum(np.abs(g), np.abs(self.central))
        low, high = np.minimum(self.left, self.right), np.maximum(self.left, self.right)
        apart = np.abs((self.left + self.right) / 2 - self.central)  # 0 at a kink that is as steep on both sides
        kink = (apart > KINK * np.maximum(np.abs(self.central), high - low)) | (low < -KINK * high) & (high > -KINK * low)
        return (np.abs(g - self.central) <= wide) | (kink & (low - wide <= g) & (g <= high + wide)) | (g == self.central)


def _slope(f: Callable[[Any], Any], x: Any, room: tuple[Any, Any]) -> Slope:
    """Of f at x, with steps that stay within the room there is below and above."""
    below, above = room
    size = np.maximum(1.0, np.abs(x))
    h = STEP * np.minimum(size, np.where(below > 0, below, np.inf))
    h = np.minimum(h, STEP * np.where(above > 0, above, np.inf))
    h = (x + h) - x  # the step that is really taken
    h = np.where(h == 0, np.spacing(x), h)
    at = f(x)
    one, two, back, back2 = (f(x + k * h) for k in (1, 2, -1, -2))
    right, left = (4 * one - 3 * at - two) / (2 * h), (3 * at - 4 * back + back2) / (2 * h)
    central = (8 * (one - back) - (two - back2)) / (12 * h)
    central = np.where(below > 0, np.where(above > 0, central, left), right)  # at a bound there is one side only
    noise = 16 * np.finfo(np.float64).eps * np.maximum.reduce([np.abs(v) for v in (at, one, two, back, back2)]) / h
    return Slope(central, np.where(below > 0, left, right), np.where(above > 0, right, left), noise)


def _room(job: Job, role: str, x: Any) -> tuple[Any, Any]:
    """How far x may move down and up within its domain."""
    domain = job.domain(role)
    bounds = [getattr(domain, b, None) for b in ("least", "above", "most", "below")]
    low, high = ([b for b in pair if b is not None] for pair in (bounds[:2], bounds[2:]))
    return x - max(low, default=-np.inf), min(high, default=np.inf) - x


def slopes(outcome: Outcome, data: Data, role: str, *, threads: int = 0) -> Iterator[tuple[Block, View, Any, Slope]]:
    """Each block with its values and the derivative of the reduced value with respect to the rows of a role, from differences.

    Raises UsageError for more numbers of a loss over all rows than can be tried one by one.
    """
    if outcome.job.loss.kind == "pointwise" and role in outcome.job.columns and len(outcome.merged) == 1:
        yield from _by_row(outcome, data, role, threads or default_threads())
    else:
        yield from _one_by_one(outcome, data, role, threads)


def _by_row(outcome: Outcome, data: Data, role: str, threads: int) -> Iterator[tuple[Block, View, Any, Slope]]:
    """The same number of every row is moved at once, since no row meets another."""
    job, pull = outcome.job, cotangents(outcome, data)[0][0]

    def values(view: View, x: Any) -> Any:
        out = next(program(job, replace(view, roles={**view.roles, role: x}), shown=True))
        return np.asarray(next(c.of for c in out if isinstance(c, Elements)), np.float64)

    def one(block: Block) -> tuple[Block, View, Any, Slope]:
        view = job.view(block)
        x = view.roles[role]
        below, above = _room(job, role, x)
        parts: list[Slope] = []
        for place in np.ndindex(x.shape[1:]):
            at = (slice(None), *place)

            def moved(to: Any, at: Any = at) -> Any:
                y = x.copy()
                y[at] = to
                found = values(view, y)
                return pull * found.reshape(len(found), -1).sum(-1)

            parts.append(_slope(moved, x[at], (below[at], above[at])))
        return block, view, values(view, x), Slope(*(np.stack(p, -1).reshape(x.shape) for p in zip(*map(_fields, parts), strict=True)))

    yield from map_blocks(one, data.blocks(job.block_rows), threads)


def _fields(slope: Slope) -> tuple[Any, ...]:
    return slope.central, slope.left, slope.right, slope.noise


def _one_by_one(outcome: Outcome, data: Data, role: str, threads: int) -> Iterator[tuple[Block, View, Any, Slope]]:
    job = outcome.job
    blocks = list(data.blocks(job.block_rows))
    if not blocks:
        return
    whole = Block(0, outcome.kept, {n: np.concatenate([b.columns[n] for b in blocks]) for n in data.columns})
    view = job.view(whole)
    x = view.roles[role]
    if x.size > MOST:
        raise UsageError(
            f"{job.loss.name} is a loss over all rows: differences take values of the whole for each number of {role}, "
            f"which has {x.size:,}; give it up to {MOST:,}"
        )
    column = job.columns.get(role)
    given = x if column is None else whole.columns[column]
    flat = np.array(given, np.float64).reshape(-1)
    below, above = (np.reshape(r, -1) for r in _room(job, role, flat))

    def at(k: int) -> Callable[[Any], Any]:
        def value(to: Any) -> Any:
            y = flat.copy()
            y[k] = to
            moved = y.reshape(np.shape(given))
            if column is None:
                shared, constant = ({**kept, role: moved} if role in kept else kept for kept in (job.shared, job.constant))
                final = run([replace(job, shared=shared, constant=constant)], _of(whole.columns), threads=threads)[0].final
            else:
                final = run([job], _of({**whole.columns, column: moved}), threads=threads)[0].final
            return np.sum(final.total if final.value is None else final.value, dtype=np.float64)

        return value

    found = [_slope(at(k), flat[k], (below[k], above[k])) for k in range(flat.size)]
    parts = (np.reshape(p, np.shape(given)) for p in zip(*map(_fields, found), strict=True))
    laid = (p if column is None else job.layouts[role].apply(p) for p in parts)
    yield whole, view, None, Slope(*laid)


def _of(columns: Any) -> Data:
    return Data({n: Column(n, x) for n, x in columns.items()})


def differences(outcome: Outcome, data: Data, wrt: Sequence[str], watch: Watcher, *, threads: int = 0) -> dict[str, Any]:
    """As `backward.differentiate`, from differences."""
    shared = {}
    rows = [role for role in wrt if role in outcome.job.columns]
    for role in wrt:
        if role not in rows:
            shared[role] = next(slopes(outcome, data, role, threads=threads))[3].central
    for parts in zip(*(slopes(outcome, data, role, threads=threads) for role in rows), strict=True):
        block, view, values, _ = parts[0]
        grads = {role: part[3].central for role, part in zip(rows, parts, strict=True)}
        watch(block, replace(view, grads=grads), values, ignored_in(outcome.job, view))
    return shared
