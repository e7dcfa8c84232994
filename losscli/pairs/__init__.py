"""Losses over the pairs of a batch: distances, reference rows, miners, reducers and penalties are shared steps around a formula.

A formula takes the Pairs of a block and options of its own, and returns Terms, or a list of Terms where the loss has several parts. It may
yield columns, as any loss. `over_pairs` makes a loss of it, with the roles and options that pytorch-metric-learning has.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from losscli.aggregation import AllRows, RowIndex
from losscli.domains import Group, RefGroup, RefVectors, Vector
from losscli.numeric.lazy import Array, np
from losscli.numeric.miners import mine
from losscli.pairs.metric import OF_METRIC, metric_of, metric_of_miner
from losscli.pairs.options import DEFAULTS, OF_MINER, hints, implied_reduction, refusal
from losscli.pairs.penalties import penalty_of_rows
from losscli.pairs.terms import (
    Kind,
    Pairs,
    Terms,
    mean_or_zero,
    of_anchors,
    of_each_positive,
    of_labels,
    of_pairs,
    sum_and_count,
    values_of,
)
from losscli.record import Record

__all__ = ["OF_METRIC", "OF_MINER", "Pairs", "Terms", "mean_or_zero", "of_anchors", "of_each_positive", "of_pairs", "over_pairs"]

_REFERENCE = {"ref_emb": RefVectors, "ref_labels": RefGroup}


class _Loss(Record):
    """A formula over pairs, and which of the shared steps it takes."""

    formula: Callable[..., Any]
    kind: Kind
    needs: str  # "pairs" or "triplets": a batch without any has no terms
    raw: bool  # whether the formula compares with vectors as they were given
    defaults: Mapping[str, Any]  # of all options, also of those that the loss does not have

    def complete(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """A value for every option."""
        return {**self.defaults, **options}


def over_pairs(
    kind: Kind,
    *,
    needs: str = "triplets",
    raw: bool = False,
    crosses: bool = False,
    without: Sequence[str] = (),
    **defaults: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a loss of a formula whose terms are of a kind. `without` are shared options, or "ref", that it does not take.

    `crosses`: see `options.refusal`.
    """

    def decorate(formula: Callable[..., Any]) -> Callable[..., Any]:
        own = [p for p in inspect.signature(formula, eval_str=True).parameters.values() if p.kind is p.KEYWORD_ONLY]
        step = _Loss(formula, kind, needs, raw, DEFAULTS | defaults | {p.name: p.default for p in own})

        def batch(pred: Array, target: Array, ref_emb: Any = None, ref_labels: Any = None, **options: Any) -> Generator[Any, Any, Any]:
            chosen = step.complete(options)
            pairs = yield from _pairs(step, pred, target, (ref_emb, ref_labels), chosen)
            terms = formula(pairs, **{p.name: chosen[p.name] for p in own})
            terms = (yield from terms) if inspect.isgenerator(terms) else terms
            return (yield from _result(step, terms if isinstance(terms, list) else [terms], pairs, pred, chosen))

        keyword = inspect.Parameter.KEYWORD_ONLY
        shared = [_parameter(n, hint, step.defaults[n], keyword) for n, hint in hints(step.defaults).items() if n not in without]
        roles = {"pred": Vector, "target": Group} | ({} if "ref" in without else _REFERENCE)
        arrays = [_parameter(n, hint, None if n in _REFERENCE else inspect.Parameter.empty) for n, hint in roles.items()]
        for name in ("__name__", "__qualname__", "__doc__", "__module__"):
            setattr(batch, name, getattr(formula, name))
        facts: Any = batch
        facts.__signature__ = inspect.Signature([*arrays, *own, *shared])
        facts.refusal = lambda options, framework: refusal(step.complete(options), kind, framework and crosses)
        facts.implied_reduction = lambda options: implied_reduction(step.complete(options))
        return batch

    return decorate


def _parameter(name: str, hint: Any, default: Any, kind: Any = inspect.Parameter.POSITIONAL_OR_KEYWORD) -> inspect.Parameter:
    return inspect.Parameter(name, kind, default=default, annotation=hint)


# --- the steps before and after a formula ------------------------------------------------------------------------------------------


def _pairs(step: _Loss, pred: Array, target: Array, ref: tuple[Any, Any], chosen: Mapping[str, Any]) -> Generator[Any, Any, Pairs]:
    """The pairs of the anchors with all rows, or with the reference rows; those that the miner chooses."""
    metric, ref_emb = metric_of(chosen), ref[0]
    other, plain = None if chosen["miner"] is None else metric_of_miner(chosen), values_of(pred)
    other = None if other == metric else other
    x = metric.vectors(pred)
    more = [AllRows(pred)] if step.raw else []
    if other is not None:
        own = other.vectors(plain)
        more.append(AllRows(own))
    all_x, labels, row, *gathered = yield AllRows(x), AllRows(target), RowIndex, *more
    all_raw = gathered.pop(0) if step.raw else None
    own_x = all_x
    if ref_emb is not None:
        all_x, labels, all_raw = metric.vectors(ref_emb), ref[1], ref_emb
    target, labels, row = values_of(target), values_of(labels), values_of(row)
    pairs = Pairs(metric, x, all_x, all_raw, target, labels, row, ref_emb is not None, own_x)
    if chosen["miner"] is None:
        return pairs
    far = values_of(pairs.far) if other is None else other.far(own, gathered[0] if ref_emb is None else other.vectors(values_of(ref_emb)))
    found = mine(chosen["miner"], far, pairs.positive, pairs.negative, chosen["miner_margin"], chosen["miner_epsilon"])
    sorted_by = far * (other or metric).sign if chosen["miner"] == "multi_similarity" else None
    return Pairs(metric, x, all_x, all_raw, target, labels, row, ref_emb is not None, own_x, found, sorted_by)


def _result(
    step: _Loss, terms: Sequence[Terms], pairs: Pairs, pred: Array, chosen: Mapping[str, Any]
) -> Generator[Any, Any, tuple[Array, Array | None, Array]]:
    """A value for each anchor, its weight in a mean, and how many terms it could have.

    Of one part, the value is the sum of the anchor's terms. Of several parts, it is what the anchor adds to the loss.
    """
    sums = [_reduced(t, pairs, chosen) for t in terms]
    positives, negatives = (pairs.same & ~pairs.itself).sum(-1), (~pairs.same).sum(-1)
    possible = positives + negatives if step.needs == "pairs" else positives * negatives
    possible = possible if terms[0].possible is None else terms[0].possible
    penalty = penalty_of_rows(pred, chosen)
    if len(sums) == 1 and penalty is None:
        return *sums[0], possible
    counts = [np.ones(len(pred)) if count is None else count for _, count in sums]
    *counts, rows = yield *counts, 1
    value: Any
    if chosen["reducer"] in ("sum", "do_nothing"):
        value = sum(total for total, _ in sums)
    else:
        value = sum(mean_or_zero(total, count) for (total, _), count in zip(sums, counts, strict=True))
    return (value, None, possible) if penalty is None else (value + mean_or_zero(penalty, rows), None, possible + 1)


def _reduced(terms: Terms, pairs: Pairs, chosen: Mapping[str, Any]) -> tuple[Array, Array | None]:
    """What each anchor adds to the numerator and to the denominator of the mean of a part."""
    low, high = (0.0, None) if chosen["reducer"] == "avg_non_zero" else (chosen["low"], chosen["high"])
    total, count = sum_and_count(terms, chosen["reducer"], low, high)
    if chosen["reducer"] == "class_weighted":
        total = total * of_labels(chosen["weights"], pairs.target).astype(total.dtype)
    return total, count
