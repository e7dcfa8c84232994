"""Gradient check of an objective: the derivatives of its total are compared with finite differences of the values of its terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from losscli.autodiff.backward import differentiate
from losscli.autodiff.finite_differences import Slope, slope_without_rows, slopes
from losscli.autodiff.of_total import Leaf, Read, added, gradient_of_term, leaves_of, readers_of, same_column
from losscli.autodiff.tape import NoDerivative
from losscli.autodiff.with_respect_to import differentiable, in_users_words
from losscli.catalogue.guard import FunctionError
from losscli.engine.outcome import Outcome
from losscli.errors import UsageError
from losscli.numeric.lazy import Array
from losscli.results.checks import ArrayCheck
from losscli.results.gates import Bounds
from losscli.results.objective import TotalGradient
from losscli.results.terms import Terms

__all__ = ["gradcheck_of_total"]

ESTIMATES = ("central", "left", "right", "noise")  # the arrays of a Slope


def gradcheck_of_total(text: str | None, terms: Terms, outcomes: Sequence[Outcome], bounds: Bounds, *, threads: int) -> list[ArrayCheck]:
    """A check of the derivative of the total for each of `--grad NAME,NAME`; without it, for every column that a term differentiates by.

    Raises UsageError for a name that no term has, and for a term that has no derivative or is computed in float32.
    """
    leaves = list(leaves_of(terms, iter(outcomes), 1.0))
    if single := next((x.name for x in leaves if x.outcome.job.dtype != np.float64), None):
        raise UsageError(f"--gradcheck needs float64, and {single} is computed in float32: differences of float32 have hardly a digit")
    named = dict(_every_column(leaves)) if text is None else {n.strip(): readers_of(n.strip(), leaves) for n in text.split(",")}
    return [_check(name, readers, bounds, threads) for name, readers in named.items()]


def _every_column(leaves: Sequence[Leaf]) -> Iterator[tuple[str, list[Read]]]:
    """The columns that have derivatives, each with all its readers, under the name of the role, or where that names several, TERM.ROLE."""
    left = [(leaf, role) for leaf in leaves for role in differentiable("all", leaf.part.job, leaf.data)]
    names = set[str]()
    while left:
        first = left[0]
        leaf, role = first
        yield (f"{leaf.name}.{role}" if role in names else role), [x for x in left if same_column(first, x)]
        names.add(role)
        left = [x for x in left if not same_column(first, x)]


def _check(name: str, readers: Sequence[Read], bounds: Bounds, threads: int) -> ArrayCheck:
    """Compare the sum of the derivatives of the terms with the sum of their slopes: the left slope of a total is that of its terms."""
    ours = [(leaf, _derivative(leaf, what, threads)) for leaf, what in readers]
    estimates = [(leaf, _slope(leaf, what, threads)) for leaf, what in readers]
    total = added(name, ours)
    slope = Slope(*(added(name, [(leaf, estimate[e]) for leaf, estimate in estimates]).values for e in ESTIMATES))
    g = np.atleast_1d(total.values)
    with np.errstate(all="ignore"):
        near = slope.near(g, bounds.rtol, bounds.atol)
        near = near | slope.between(g, bounds.rtol, bounds.atol) if total.rows is None else near
    check = ArrayCheck("gradcheck", f"grad {name}", bounds.rtol, bounds.atol)
    check.empty = any(leaf.outcome.empty for leaf, _ in readers if leaf.factor != 0)
    check.add(np.arange(len(g)) if total.rows is None else total.rows, g, np.broadcast_to(slope.central, g.shape), near)
    if len(readers) > 1:
        apart = [_apart(g.values, e["central"].values) for (_, g), (_, e) in zip(ours, estimates, strict=True)]
        check.term = ours[int(np.argmax(apart))][0].name
    return check


def _apart(ours: Array, central: Array) -> float:
    """How far the derivatives of a term are from its differences."""
    with np.errstate(all="ignore"):
        return float(np.max(np.where(ours == central, 0, np.nan_to_num(np.abs(ours - central), nan=np.inf)), initial=0))


def _derivative(leaf: Leaf, what: str, threads: int) -> TotalGradient:
    try:
        return gradient_of_term(leaf, what, threads, differentiate)
    except (NoDerivative, FunctionError) as error:
        raise UsageError(f"--gradcheck: {leaf.name}: {leaf.outcome.job.loss.name} has no derivative to check: {error}") from None


def _slope(leaf: Leaf, what: str, threads: int) -> dict[str, TotalGradient]:
    """The slopes of one term, times its factor, and their rounding errors."""
    job, data, factor = leaf.outcome.job, leaf.data, leaf.factor
    (name,) = differentiable(what, job, data)
    factors = {e: abs(factor) if e == "noise" else factor for e in ESTIMATES}
    if name not in job.columns:
        slope = slope_without_rows(leaf.outcome, data, name, threads=threads)
        in_words = {e: next(iter(in_users_words(job, {name: getattr(slope, e)}).values())) for e in ESTIMATES}
        in_words["noise"] = np.abs(in_words["noise"])
        return {e: TotalGradient(factors[e] * x, None) for e, x in in_words.items()}
    blocks = [(block.row_numbers, slope) for block, _, _, slope in slopes(leaf.outcome, data, name, threads=threads)]
    rows = np.concatenate([r for r, _ in blocks]) if blocks else np.zeros(0, int)

    def of_rows(estimate: str) -> Array:
        if not blocks:
            return np.zeros((0, *job.layouts[name].shape))
        return job.layouts[name].undo(np.concatenate([getattr(slope, estimate) for _, slope in blocks]))

    return {e: TotalGradient(factors[e] * of_rows(e), rows) for e in ESTIMATES}
