"""Losses against vectors of the classes: distances, miners, reducers and penalties are shared steps around a formula of rows and proxies.

A formula takes pred, proxies and target, the metric if it has one, and options of its own. It returns a value for each row. Or it yields
columns, takes the miner's weights of the rows as `times`, and returns Parts, which have a value for each class.
`over_classes` makes a loss of it, with the options that pytorch-metric-learning has.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Annotated, Any, Literal

from losscli.aggregation import AllRows, RowIndex
from losscli.domains import Needs, NonNegative, Positive, SharedCenters
from losscli.numeric.lazy import Array, np
from losscli.numeric.miners import mine
from losscli.pairs.metric import metric_of, metric_of_miner
from losscli.pairs.options import DEFAULTS, hints, implied_reduction, refusal
from losscli.pairs.penalties import penalty_of_proxies, penalty_of_rows
from losscli.pairs.terms import Pairs, mean_or_zero, of_labels, values_of
from losscli.record import Record

__all__ = ["ANGLE_ONLY", "Parts", "over_classes"]

_OF_ONE = Literal["lp", "zero_mean", "center_invariant", "regular_face"]
_OF_SEVERAL = Literal["lp", "zero_mean", "center_invariant", "regular_face", "sparse_centers"]
_ABOUT = "A penalty on the vectors of the classes, which is added."
_OF_LP = Needs("weight_regularizer", ("lp",))
_OF_WEIGHTS: dict[str, Any] = {
    "weight_regularizer": Annotated[_OF_ONE | None, _ABOUT],
    "weight_reg_weight": Annotated[NonNegative, "The weight of this penalty.", Needs("weight_regularizer")],
    "weight_reg_p": Annotated[Positive, "For --weight-regularizer lp: the p of the norm.", _OF_LP],
    "weight_reg_power": Annotated[Positive, "For --weight-regularizer lp: the power of the norm.", _OF_LP],
}
_DEFAULTS = DEFAULTS | {"weight_regularizer": None, "weight_reg_weight": 1.0, "weight_reg_p": 2.0, "weight_reg_power": 1.0}
ANGLE_ONLY = ("distance", "p", "power", "normalize")  # of losses that take the cosine only
ROUNDED_TO_0 = 2.0**-53  # log(1 + x) of a smaller x is 0 where it is rounded: for the reducer avg_non_zero, as in the framework
_OWN_DIVISOR = ("mean", "per_anchor", "class_weighted", "do_nothing")  # reducers of which a value is a share of the mean over the rows


class Parts(Record):
    """The parts of a loss that has a value for each class: the values, and the number by which the default reducer divides their sum."""

    parts: Sequence[tuple[Array, Any]]
    possible: Any  # how many terms there could be


class _Loss(Record):
    """A formula over rows and proxies, and which of the shared steps it takes."""

    formula: Callable[..., Any]
    own: tuple[str, ...]  # its options
    of_metric: bool  # whether it takes the metric
    anchors_only: bool  # whether a miner counts a row as an anchor only
    defaults: Mapping[str, Any]  # of all options, also of those that the loss does not have

    def complete(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """A value for every option."""
        return {**self.defaults, **options}

    def arguments(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """What the formula takes beside the arrays: its options, and the metric if it has one."""
        return {n: chosen[n] for n in self.own} | ({"metric": metric_of(chosen)} if self.of_metric else {})


def over_classes(*, without: Sequence[str] = (), anchors_only: bool = False, **defaults: Any) -> Callable[..., Callable[..., Any]]:
    """Make a loss of a formula. `without` are shared options that it does not take; the defaults are those of shared options."""

    def decorate(formula: Callable[..., Any]) -> Callable[..., Any]:
        given = inspect.signature(formula, eval_str=True).parameters
        own = {n: p for n, p in given.items() if p.kind is p.KEYWORD_ONLY and n != "times"}
        of_own = _DEFAULTS | defaults | {n: p.default for n, p in own.items()}
        step = _Loss(formula, tuple(own), "metric" in given, anchors_only, of_own)
        plain, mined = (_of_classes if inspect.isgeneratorfunction(formula) else _of_rows)(step)
        roles = [p for n, p in given.items() if p.kind is not p.KEYWORD_ONLY and n != "metric"]
        several = {"weight_regularizer": Annotated[_OF_SEVERAL | None, _ABOUT]} if given["proxies"].annotation == SharedCenters else {}
        found = hints(of_own) | _OF_WEIGHTS | several
        shared = [_option(n, hint, of_own[n]) for n, hint in found.items() if n not in (*without, *own)]
        for fn in (plain, mined):
            _describe(fn, step, inspect.Signature([*roles, *own.values(), *shared]))
        facts: Any = plain
        facts.variant = lambda options: mined if _needs_all(step, options) else None
        return plain

    return decorate


def _describe(fn: Any, step: _Loss, signature: inspect.Signature) -> None:
    """Give a function the name and the text of the formula, its signature, and the facts about its options."""
    for name in ("__name__", "__qualname__", "__doc__", "__module__"):
        setattr(fn, name, getattr(step.formula, name))
    fn.__signature__ = signature
    fn.refusal = lambda options, framework: refusal(step.complete(options), "element", crosses=False)
    fn.implied_reduction = lambda options: _implied_reduction(step, options)


def _option(name: str, hint: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)


def _has_penalty(chosen: Mapping[str, Any]) -> bool:
    return chosen["embedding_regularizer"] is not None or chosen["weight_regularizer"] is not None


def _divides(chosen: Mapping[str, Any]) -> bool:
    """Whether a penalty is added to a mean that is not the mean over the rows, so that the number of rows must be known."""
    return _has_penalty(chosen) and chosen["reducer"] not in _OWN_DIVISOR


def _needs_all(step: _Loss, options: Mapping[str, Any]) -> bool:
    """Whether the options need something of all rows of a loss that has a value for each row; of others, whether they need a miner."""
    chosen = step.complete(options)
    return chosen["miner"] is not None or (_divides(chosen) and not inspect.isgeneratorfunction(step.formula))


def _implied_reduction(step: _Loss, options: Mapping[str, Any]) -> str | None:
    """The reduction that options imply, for a loss that has a value for each row."""
    chosen = step.complete(options)
    if inspect.isgeneratorfunction(step.formula):
        return None
    return implied_reduction(chosen | {"embedding_regularizer": True if _divides(chosen) else None})


# --- a value for each row ----------------------------------------------------------------------------------------------------------


def _of_rows(step: _Loss) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The loss without and with what needs all rows."""

    def plain(pred: Array, proxies: Array, target: Array, **options: Any) -> Any:
        chosen = step.complete(options)
        values, count = _kept(step.formula(pred, proxies, target, **step.arguments(chosen)), target, chosen)
        if _has_penalty(chosen):
            values = values + _penalty(pred, proxies, values, chosen)
        return values if count is None else (values, count, np.ones_like(values_of(values)))

    def mined(pred: Array, proxies: Array, target: Array, **options: Any) -> Generator[Any, Any, Any]:
        chosen = step.complete(options)
        times = yield from _times(step, pred, target, chosen)
        values, count = _kept(step.formula(pred, proxies, target, **step.arguments(chosen)) * times, target, chosen)
        possible = np.ones_like(values_of(values))
        if not _has_penalty(chosen):
            return values, count, possible
        penalty = _penalty(pred, proxies, values, chosen)
        if not _divides(chosen):
            return values + penalty, None, possible
        counted, rows = yield possible if count is None else count, possible
        return (values if chosen["reducer"] == "sum" else mean_or_zero(values, counted)) + mean_or_zero(penalty, rows), None, possible

    return plain, mined


def _kept(values: Array, target: Array, chosen: Mapping[str, Any]) -> tuple[Array, Array | None]:
    """The values that the reducer keeps, and how often each counts; None: once."""
    if chosen["reducer"] == "class_weighted":
        return values * of_labels(chosen["weights"], values_of(target)).astype(values.dtype), None
    low, high = (ROUNDED_TO_0, None) if chosen["reducer"] == "avg_non_zero" else (chosen["low"], chosen["high"])
    if low is None and high is None:
        return values, None
    inside = _between(values_of(values), low, high)
    return np.where(inside, values, 0.0), inside.astype(values.dtype)


def _between(x: Array, low: float | None, high: float | None) -> Array:
    return np.asarray(True if low is None else x > low) & np.asarray(True if high is None else x < high)


def _penalty(pred: Array, proxies: Array, values: Array, chosen: Mapping[str, Any]) -> Any:
    """What the penalties add to each value."""
    of_rows = penalty_of_rows(pred, chosen)
    if of_rows is None:
        return np.zeros(values.shape, values.dtype) + penalty_of_proxies(proxies, chosen)
    of_rows = of_rows[..., None] if of_rows.ndim < values.ndim else of_rows
    return np.zeros(values.shape, values.dtype) + of_rows + penalty_of_proxies(proxies, chosen)


def _times(step: _Loss, pred: Array, target: Array, chosen: Mapping[str, Any]) -> Generator[Any, Any, Array | float]:
    """How often a miner chose each row, as a share of the largest number; 1 without a miner."""
    if chosen["miner"] is None:
        return 1.0
    metric = metric_of_miner(chosen)
    own, labels = metric.vectors(values_of(pred)), values_of(target)
    all_own, all_labels, row = yield AllRows(own), AllRows(labels), RowIndex
    pairs = Pairs(metric, own, values_of(all_own), None, labels, values_of(all_labels), values_of(row), referred=False)
    found = mine(chosen["miner"], pairs.far, pairs.positive, pairs.negative, chosen["miner_margin"], chosen["miner_epsilon"])
    return (yield from pairs.but(mined=found, referred=step.anchors_only).times_mined())


# --- a value for each class --------------------------------------------------------------------------------------------------------


def _of_classes(step: _Loss) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The loss without and with a miner."""
    formula = step.formula  # its columns are those of the loss: see `introspect`

    def plain(pred: Array, proxies: Array, target: Array, **options: Any) -> Generator[Any, Any, Any]:
        chosen = step.complete(options)
        found: Parts = yield from formula(pred, proxies, target, times=1.0, **step.arguments(chosen))
        return (yield from _sum_of_parts(found, pred, proxies, chosen))

    def mined(pred: Array, proxies: Array, target: Array, **options: Any) -> Generator[Any, Any, Any]:
        chosen = step.complete(options)
        times = yield from _times(step, pred, target, chosen)
        found: Parts = yield from formula(pred, proxies, target, times=times, **step.arguments(chosen))
        return (yield from _sum_of_parts(found, pred, proxies, chosen))

    return plain, mined


def _sum_of_parts(found: Parts, pred: Array, proxies: Array, chosen: Mapping[str, Any]) -> Generator[Any, Any, Any]:
    """The sum of the reduced parts and of the penalties, with how many terms there could be."""
    value = sum(_reduced(values, divisor, chosen) for values, divisor in found.parts)
    if chosen["embedding_regularizer"] is not None:
        total, rows = yield penalty_of_rows(pred, chosen), 1
        value = value + total / rows
    return value + penalty_of_proxies(proxies, chosen), None, found.possible


def _reduced(values: Array, divisor: Any, chosen: Mapping[str, Any]) -> Any:
    """A part with a value for each class, as one number."""
    if chosen["reducer"] == "divisor":
        return values.sum(-1) / np.maximum(divisor, 1)
    if chosen["reducer"] in ("mean", "per_anchor", "sum"):
        return values.sum(-1) if chosen["reducer"] == "sum" else values.mean(-1)
    low, high = (ROUNDED_TO_0, None) if chosen["reducer"] == "avg_non_zero" else (chosen["low"], chosen["high"])
    inside = _between(values_of(values), low, high)
    return mean_or_zero(np.where(inside, values, 0.0).sum(-1), inside.sum(-1))
