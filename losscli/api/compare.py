"""The comparison of predictions that are arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from losscli.api.arrays import check_counts, planned
from losscli.catalogue.lookup import find, name_by_option
from losscli.catalogue.loss_text import loss_with_options
from losscli.choices import ADJUST
from losscli.data.columns import Column
from losscli.data.groups import Groups
from losscli.engine.groups import Part
from losscli.engine.work import Work
from losscli.errors import UsageError, suggest
from losscli.experiment.comparing import Experiment, comparison_of, run_experiment
from losscli.registry import Loss, Preset
from losscli.results.comparison import Comparison
from losscli.results.dependence import Dependence
from losscli.results.resamples import LEAST, MOST, Resamples
from losscli.results.terms import to_one_number

__all__ = ["ComparisonOfArrays", "compare"]


class ComparisonOfArrays(Comparison):
    """A comparison from Python: `results` has a row for each prediction and loss, `table` and `verdicts` are text."""

    @property
    def table(self) -> str:
        """The tables that the command prints."""
        from losscli.render.comparison import ComparisonReport
        from losscli.render.grid import Style, plain

        return plain(ComparisonReport(self).grids(Style()))

    @property
    def verdicts(self) -> dict[tuple[str, str], str]:
        """The verdict on each candidate in words, by prediction and loss."""
        from losscli.render.comparison import verdict
        from losscli.render.grid import Style

        return {(r.prediction, r.loss): verdict(r, Style()) for r in self.results if r.paired is not None}

    def __str__(self) -> str:
        return self.table


def compare(
    predictions: Mapping[str, Any],
    *,
    losses: str | Callable[..., Any] | Sequence[str | Callable[..., Any] | tuple[str, Mapping[str, Any]]],
    baseline: str | None = None,
    ci: float | None = 95.0,
    cluster: Any = None,
    lag: int | Literal["auto"] | None = None,
    independent: bool = False,
    resamples: int | None = None,
    seed: int = 0,
    adjust: str = "holm",
    all_pairs: bool = False,
    mcs: bool = False,
    top: int = 0,
    reduction: str | None = None,
    sample_weight: Any = None,
    nan: str = "error",
    dtype: Any = np.float64,
    class_axis: int | None = None,
    broadcast: bool = False,
    threads: int = 0,
    **roles: Any,
) -> ComparisonOfArrays:
    """Several losses of several predictions: `compare({"a": [1, 2], "b": [1, 3]}, target=[1, 4], losses=["mse", "huber:delta=2"])`.

    `predictions` has an array for each name; the other roles (target, …) are keywords. A loss is a name, a name with options
    ("huber:delta=2", or ("huber", {"delta": 2})), or a function of your own. The differences are to `baseline`, by default the first
    prediction. `ci` is the level of the intervals in percent, None for none. `cluster` names the cluster of each row, `lag` is the horizon
    of forecasts or "auto" for rows that depend on rows near; `independent` says that no rows depend on each other. `resamples` is
    how many bootstrap resamples the intervals come from (None: Student's t), with their `seed`. `adjust` ("holm", "bh"
    or "none") adjusts p-values for their number, `all_pairs` compares every prediction with every other, `mcs` adds the model confidence
    set. `top` asks for the rows on which predictions differ most (`results[i].largest`). The other arguments are those of `compute`.

    Raises UsageError for names and options, InputError for shapes and values; both are ValueErrors.
    """
    check_counts(threads=threads, top=top)
    if not hasattr(predictions, "items") or not len(predictions):
        raise UsageError("compare takes an array for each prediction: {'a': [1, 2], 'b': [1, 3]}")
    predictions = dict(predictions.items())
    if ci is not None and not 0 < ci < 100:
        raise UsageError(f"ci takes a percentage between 0 and 100, or None, not {ci!r}")
    ADJUST.check(adjust, "adjust")
    if (all_pairs or mcs) and (ci is None or len(predictions) == 1):
        raise UsageError(
            f"{'all_pairs' if all_pairs else 'mcs'} compares predictions by their intervals: give ci, and more than one prediction"
        )
    if baseline is not None and baseline not in predictions:
        raise UsageError(f"baseline {baseline!r} is not one of the predictions{suggest(baseline, predictions)}: {', '.join(predictions)}")
    named = [_named_loss(x) for x in ([losses] if isinstance(losses, str) or callable(losses) else losses)]
    if not named:
        raise UsageError("compare needs a loss: losses=['mse', 'huber:delta=2']")
    _check_roles(named, roles)
    work = Work(reduction, None, nan, dtype, class_axis, broadcast)
    members = [
        _part(definition, {**_of_loss(definition[0], {**roles, "pred": x}), **options}, sample_weight, work, f"{p}.{k}.")
        for p, x in enumerate(predictions.values())
        for k, (_, definition, options) in enumerate(named)
    ]
    first = next(iter(predictions)) if baseline is None else baseline
    groups, dependence = _dependence(cluster, lag, independent)
    drawn = _resamples(resamples, seed, ci, lag)
    experiment = Experiment(list(predictions), [text for text, *_ in named], members, first, nan, ci, top=top)
    experiment = experiment.but(groups=groups, dependence=dependence, resamples=drawn, adjust=adjust, all_pairs=all_pairs, mcs=mcs)
    comparison = comparison_of(run_experiment(experiment, threads=threads), {}, [])
    return ComparisonOfArrays(**vars(comparison))


def _resamples(resamples: int | None, seed: int, ci: float | None, lag: Any) -> Resamples | None:
    """The resamples; None for intervals by Student's t."""
    if resamples is None:
        return None
    if ci is None or lag is not None:
        raise UsageError(f"resamples are for intervals of independent rows or clusters: {'give ci' if ci is None else 'leave out lag'}")
    if not isinstance(resamples, int) or not LEAST <= resamples <= MOST:
        raise UsageError(f"resamples takes a number from {LEAST} to {MOST:,}, such as 1000, not {resamples!r}")
    check_counts(seed=seed)
    return Resamples(resamples, seed)


def _dependence(cluster: Any, lag: Any, independent: bool) -> tuple[dict[str, Column], Dependence]:
    """The column that numbers the clusters, and what is said about the rows."""
    if lag is not None and lag != "auto" and not (isinstance(lag, int) and lag > 0):
        raise UsageError(f"lag takes a number of steps from 1, or 'auto', not {lag!r}")
    if independent and (cluster is not None or lag is not None):
        raise UsageError("independent says that no rows depend on each other: give it without cluster and lag")
    groups = {}
    if cluster is not None:
        column = Column("cluster", np.asarray(cluster), groups=Groups(["cluster"], "cluster", missing="the row needs a cluster"))
        if column.array is None or column.array.ndim != 1:
            raise UsageError("cluster takes one word or number for each row")
        groups["clusters.cluster"] = column
    return groups, Dependence(tuple(groups), lag, independent)


_NamedLoss = tuple[str, tuple[Loss, Preset], Mapping[str, Any]]


def _named_loss(loss: Any) -> _NamedLoss:
    """The text of a loss for the table, the loss, and its options."""
    if isinstance(loss, str):
        return (loss, *loss_with_options(loss))
    name, options = loss if isinstance(loss, tuple) else (loss, {})
    name, options = name_by_option(name, options)
    text = name if isinstance(name, str) else getattr(name, "__name__", str(name))
    return ":".join([text, *([",".join(f"{k}={v}" for k, v in options.items())] if options else [])]), find(name), options


def _check_roles(named: Sequence[_NamedLoss], given: Mapping[str, Any]) -> None:
    """Raise UsageError for a loss without predictions, and for a role that no loss has."""
    for text, (loss, _), _ in named:
        if "pred" not in loss.roles:
            raise UsageError(f"compare needs a loss with predictions, and {text} has none: its roles are {', '.join(loss.roles)}")
    roles = {role for _, (loss, _), _ in named for role in loss.roles}
    if unknown := [r for r in given if r not in roles]:
        raise UsageError(f"none of the losses has a role {unknown[0]!r}{suggest(unknown[0], roles)}; they have {', '.join(sorted(roles))}")


def _of_loss(loss: Loss, arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {role: x for role, x in arrays.items() if role in loss.roles}


def _part(definition: tuple[Loss, Preset], given: Mapping[str, Any], sample_weight: Any, work: Work, prefix: str) -> Part:
    """One loss of one prediction. The loss is reduced to one number."""
    loss, preset = definition
    has_classes = any(role.domain.classes for role in loss.roles.values())
    one = to_one_number(work if has_classes else work.but(class_axis=None), loss, preset)
    return Part(*planned(definition, given, sample_weight, one, prefix), None)
