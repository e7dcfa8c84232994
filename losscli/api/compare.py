"""The comparison of predictions that are arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from losscli.api.arrays import check_counts, planned
from losscli.api.frames import Frames, check_used, frames_of, named_predictions
from losscli.api.gates import bounds_of, check_gates, margins_of
from losscli.api.losses import NamedLosses, named_losses
from losscli.api.rows import check_level, dependence_of, named_groups, resamples_of, slices_of
from losscli.api.shown import Shown, columns_of_records
from losscli.api.words import in_python_words
from losscli.choices import ADJUST
from losscli.engine.groups import Part
from losscli.engine.work import Work
from losscli.errors import UsageError, suggest
from losscli.experiment.comparing import Experiment, comparison_of, run_experiment
from losscli.experiment.slicing import with_comparison_slices
from losscli.registry import Loss, Preset
from losscli.render.formats import Report
from losscli.render.grid import Grid, Style
from losscli.results.checks import Verdict
from losscli.results.comparison import Comparison
from losscli.results.comparison_gates import ComparisonGates
from losscli.results.noninferiority import worst
from losscli.results.slices import ComparisonSlice, Sliced
from losscli.results.terms import to_one_number

__all__ = ["ComparisonOfArrays", "compare"]


class ComparisonOfArrays(Shown, Comparison):
    """A comparison from Python: `results` has a row for each prediction and loss, `table` and `verdicts` are text.

    With `by`, `slices` has the comparison of each slice. With a gate, `gates` are its outcomes in words, those of the slices among them.
    """

    sliced: Sliced | None = None

    def _report(self) -> Report:
        from losscli.render.comparison import ComparisonReport
        from losscli.render.slices import SlicedComparisonReport

        report = ComparisonReport(self)
        return report if self.sliced is None else SlicedComparisonReport(report, self, self.sliced)

    def _grids(self, style: Style) -> list[Grid]:
        return self._report().grids(style)

    def _columns(self) -> Mapping[str, Any]:
        return columns_of_records(*self._report().records())

    @property
    def verdicts(self) -> dict[tuple[str, str], str]:
        """The verdict on each candidate in words, by prediction and loss."""
        from losscli.render.comparison import verdict

        return {(r.prediction, r.loss): verdict(r, Style()) for r in self.results if r.paired is not None}

    @property
    def slices(self) -> Sequence[ComparisonSlice]:
        """The slices, the worst first: each has a `key`, the words or numbers of `by`, and a `comparison`. Empty without `by`."""
        return () if self.sliced is None else self.sliced.slices

    @property
    def gates(self) -> list[str]:
        """The outcome of each gate in words: those of all rows, then those of the slices."""
        return [line for verdict in self._gate_verdicts for line in verdict.lines()]

    @property
    def passed(self) -> bool | None:
        """Whether every gate passed; None without gates. A gate may be inconclusive, then none of `passed` and `failed` is true."""
        return self._outcome and self._outcome == "pass"

    @property
    def failed(self) -> bool | None:
        """Whether a gate failed; None without gates."""
        return self._outcome and self._outcome == "fail"

    @property
    def _gate_verdicts(self) -> list[Verdict]:
        return [*(v.verdict for v in self.gated), *(self.sliced.verdicts if self.sliced is not None else ())]

    @property
    def _outcome(self) -> Any:
        verdicts = self._gate_verdicts
        return worst(v.outcome for v in verdicts) if verdicts else None

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        from losscli.render.slices import document_with_slices

        document = super().to_dict()
        return document if self.sliced is None else document_with_slices(document, self.sliced)


@in_python_words
def compare(
    predictions: Any,
    *,
    losses: NamedLosses,
    data: Any = None,
    id: str | Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    baseline: str | None = None,
    ci: float | None = 95.0,
    cluster: Any = None,
    lag: int | Literal["auto"] | None = None,
    folds: Any = None,
    test_share: float | None = None,
    independent: bool = False,
    resamples: int | None = None,
    seed: int = 0,
    adjust: str = "holm",
    all_pairs: bool = False,
    mcs: bool = False,
    top: int = 0,
    by: Any = None,
    fail_if_worse: float | str | None = None,
    fail_if_worse_point: float | str | None = None,
    confidence: float | None = None,
    max: float | None = None,
    min: float | None = None,
    reduction: str | None = None,
    per: str | None = None,
    sample_weight: Any = None,
    nan: str = "error",
    dtype: Any = np.float64,
    class_axis: int | None = None,
    broadcast: bool = False,
    threads: int = 0,
    **roles: Any,
) -> ComparisonOfArrays:
    """Several losses of several predictions: `compare({"a": [1, 2], "b": [1, 3]}, target=[1, 4], losses=["mse", "huber:delta=2"])`.

    `predictions` has an array for each name, or is a frame with a column for each; the other roles (target, …) are keywords. With `data`,
    as in `compute`, they are the names of columns: `compare(["a", "b"], data=df, target="y", losses="mse")`, also of `cluster`, `folds` and
    `by`. A loss is a name, a name with options
    ("huber:delta=2", or ("huber", {"delta": 2})), or a function of your own. The differences are to `baseline`, by default the first
    prediction. `ci` is the level of the intervals in percent, None for none. `cluster` names the cluster of each row, `lag` is the horizon
    of forecasts or "auto" for rows that depend on rows near; `independent` says that no rows depend on each other. `folds` names the test
    fold of each row, and `test_share` is the rows of a test fold divided by those of its training set. `resamples` is how many bootstrap
    resamples the intervals come from (None: Student's t), with their `seed`. `adjust` ("holm", "bh" or "none") adjusts p-values for their
    number, `all_pairs` compares every prediction with every other, `mcs` adds the model confidence set. `top` asks for the rows on which
    predictions differ most (`results[i].largest`). `by` names the slice of each row: an array, or several in a dict or a data frame
    (`slices`).

    A gate: `fail_if_worse` is how much worse than the baseline a candidate may be (0, 0.01, "1%"), by one-sided bounds of `confidence`
    percent (95); `fail_if_worse_point` by the values alone; `max` and `min` bound the values of one loss. `passed`, `failed` and `gates`
    have the outcome, of all rows and of each slice. The other arguments are those of `compute`.

    Raises UsageError for names and options, InputError for shapes and values; both are ValueErrors.
    """
    check_counts(threads=threads, top=top)
    frames = frames_of(data, id, classes, {**roles, **(predictions if isinstance(predictions, Mapping) else {})})
    predictions = named_predictions(predictions, frames)
    check_level(ci)
    ADJUST.check(adjust, "adjust")
    if (all_pairs or mcs) and (ci is None or len(predictions) == 1):
        raise UsageError(
            f"{'all_pairs' if all_pairs else 'mcs'} compares predictions by their intervals: give ci, and more than one prediction"
        )
    if baseline is not None and baseline not in predictions:
        raise UsageError(f"baseline {baseline!r} is not one of the predictions{suggest(baseline, predictions)}: {', '.join(predictions)}")
    named = named_losses(losses)
    if not named:
        raise UsageError("compare needs a loss: losses=['mse', 'huber:delta=2']")
    _check_roles(named, roles)
    margins = margins_of(fail_if_worse, fail_if_worse_point, confidence)
    gates = ComparisonGates(bounds_of(max, min), margins)
    check_gates(gates, len(predictions), len(named), ci)
    if reduction == "none":
        raise UsageError("compare needs one number from each loss: reduction 'none' gives none")
    work = Work(reduction, per, nan, dtype, class_axis, broadcast)
    members = [
        _part(definition, ({**_of_loss(definition[0], {**roles, "pred": x}), **options}, sample_weight), work, f"{p}.{k}.", frames)
        for p, x in enumerate(predictions.values())
        for k, (_, _, definition, options) in enumerate(named)
    ]
    groups, dependence = dependence_of(*named_groups(frames, cluster, lag, folds), test_share, independent)
    slices = None if by is None else slices_of(by, frames)
    check_used(frames)
    first = next(iter(predictions)) if baseline is None else baseline
    drawn = resamples_of(resamples, seed, ci, lag, folds)
    experiment = Experiment(list(predictions), [text for text, *_ in named], members, first, nan, ci, top=top)
    experiment = experiment.but(
        groups=groups, dependence=dependence, resamples=drawn, adjust=adjust, all_pairs=all_pairs, mcs=mcs, gates=gates
    )
    comparison = comparison_of(run_experiment(experiment, threads=threads), {}, [])
    if frames is not None and top:
        comparison = comparison.with_ids(frames.rows.ids, frames.rows.names)
    if slices is None:
        return ComparisonOfArrays(**vars(comparison))
    comparison, sliced = with_comparison_slices(comparison, experiment, slices, threads=threads)
    return ComparisonOfArrays(**vars(comparison), sliced=sliced)


def _check_roles(named: Sequence[tuple[str, Any, tuple[Loss, Preset], Mapping[str, Any]]], given: Mapping[str, Any]) -> None:
    """Raise UsageError for a loss without predictions, and for a role that no loss has."""
    for text, _, (loss, _), _ in named:
        if "pred" not in loss.roles:
            raise UsageError(f"compare needs a loss with predictions, and {text} has none: its roles are {', '.join(loss.roles)}")
    roles = {role for _, _, (loss, _), _ in named for role in loss.roles}
    if unknown := [r for r in given if r not in roles]:
        raise UsageError(f"none of the losses has a role {unknown[0]!r}{suggest(unknown[0], roles)}; they have {', '.join(sorted(roles))}")


def _of_loss(loss: Loss, arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {role: x for role, x in arrays.items() if role in loss.roles}


def _part(definition: tuple[Loss, Preset], given: tuple[Mapping[str, Any], Any], work: Work, prefix: str, frames: Frames | None) -> Part:
    """One loss of one prediction, from its roles and options and the sample weights. The loss is reduced to one number."""
    loss, preset = definition
    has_classes = any(role.domain.classes for role in loss.roles.values())
    one = to_one_number(work if has_classes else work.but(class_axis=None), loss, preset)
    return planned(definition, *given, one, prefix, frames)[0]
