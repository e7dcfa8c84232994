"""A loss of no data is nan under our names, with a warning, and passes no gate; a gate compares the right values."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.catalogue.lookup import find
from losscli.choices import PER, REDUCTION
from losscli.cli.app import run
from losscli.domains import LabelIn, Whole
from losscli.errors import UsageError
from losscli.presets import Made
from losscli.registry import LOSSES, Loss
from losscli.render.cells import strict
from losscli.results.comparison import Precision, compare_results
from losscli.results.comparison_gates import ComparisonGates, with_verdicts
from losscli.results.earlier import Earlier
from losscli.results.gates import Bounds, Gate
from losscli.results.noninferiority import Allowance, Margins
from losscli.results.result import Result, Rows
from losscli.results.uncertainty import Paired, Uncertainty
from losscli.testing.samples import example

losscli.LOSSES  # noqa: B018 - registers them
ALL = list(LOSSES.values())
DONE, FAILED, USAGE, INPUT = 0, 1, 2, 3
Said = tuple[int, str, str]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A command, run in a folder of its own: its exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*argv: str) -> Said:
        code = run(["compute", *argv])
        return (code, *capsys.readouterr())

    return call


# --- the law: nothing computed from nothing passes -------------------------------------------------------------------------


def data_of(known: Loss, rows: int, options: dict[str, Any] | None = None) -> dict[str, Any]:
    return example(known, np.random.default_rng(zlib.crc32(known.name.encode())), rows, options)


def without(known: Loss) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every way in which nothing is left of a loss's data."""
    data = data_of(known, 6)
    yield "weights of 0", {**data, "sample_weight": np.zeros(6)}
    yield "no rows", {n: x if known.roles[n].domain.shared else x[:0] for n, x in data.items()}
    of_rows = [n for n in data if not known.roles[n].domain.shared]
    numbers = [n for n in of_rows if data[n].dtype.kind == "f"] or of_rows  # counts alone can be missing as well
    yield "all omitted", {**data, **{n: np.full(data[n].shape, np.nan) for n in numbers}, "nan": "omit"}
    for name, role in known.roles.items():
        if isinstance(role.domain, LabelIn) and "ignore_index" in known.options:
            yield "all ignored", {**data, name: np.full_like(data[name], known.options["ignore_index"].default)}
        if role.domain.or_per_row and role.domain.ndim:
            yield "no vectors of each row's own", {**data, name: np.zeros((6, 0, data[known.first].shape[-1]))}
        if name == "mask":
            yield "all masked", {**data, name: np.zeros(data[known.first].shape[: 1 + role.domain.ndim])}
        if name == "event" and known.name in NEEDS_EVENTS:
            yield "no event", {**data, name: np.zeros(6)}
        if name == "event" and known.name in NEEDS_KNOWN_TIMES:
            yield "all censored before the first time", {**data, name: np.zeros(6), NEEDS_KNOWN_TIMES[known.name]: np.zeros(6)}
        if isinstance(role.domain, Whole) and role.domain.least == -1 and name == "target" and known.task == "ranking":
            yield "all padded", {**data, name: np.full_like(data[name], -1)}
        if known.name in NEEDS_POSITIVES:
            yield "no positives", {**data, "target": np.arange(6)}
        if known.name in NEEDS_NEGATIVES:
            yield "no negatives", {**data, "target": np.zeros(6, int)}
    if "class_weight" in known.options:
        yield "class weights of 0", {**data, "class_weight": 0.0}


NEEDS_POSITIVES = {
    "angular", "circle", "lifted_structure", "n_pairs", "nca", "nt_xent_labels", "sup_con", "triplet_all", "tuplet_margin",
}  # fmt: skip
NEEDS_NEGATIVES = NEEDS_POSITIVES
# a row without an event is data for a likelihood and for a Brier score, but not for the order of the events
NEEDS_EVENTS = {"cox_ph", "concordance_survival", "rank_loss_deephit_single", "rank_loss_deephit_cr"}
NEEDS_KNOWN_TIMES = {
    "bce_surv": "interval", "brier_survival": "time", "brier_survival_integrated": "time", "nbll_survival": "time",
    "brier_survival_weighted": "time", "survival_score": "time",
}  # fmt: skip


def test_every_loss_of_events_is_said_to_need_them_or_not() -> None:
    """So that a new one is looked at: a censored row alone is data for these, and for no other."""
    likelihoods = {
        "survival_nll", "nll_logistic_hazard", "nll_pmf", "nll_mtlr", "nll_pc_hazard", "nll_pmf_cr", "deephit", "deephit_single",
        "hazard_nll",
    }  # fmt: skip
    assert {k.name for k in ALL if "event" in k.roles} == likelihoods | NEEDS_EVENTS | NEEDS_KNOWN_TIMES.keys()


def reductions(known: Loss) -> tuple[str, ...]:
    return ("mean",) if known.kind == "statistic" else REDUCTION.words


def passes(result: Result) -> bool:
    """Whether any gate passes on it: the widest bounds and margins there are."""
    if result.values is not None:
        return False
    least, checks = Gate(Bounds(min=-math.inf), None), Gate(Bounds(max=math.inf), None).checks(result)
    if result.score is None:
        checks += least.checks(result)
    else:  # the value is 1 minus the score: a least value is refused, whatever the data
        with pytest.raises(UsageError, match="give a max of inf"):
            least.checks(result)
    return any(check.passed for check in checks) or _margins_pass(result)


SURE = Uncertainty(95.0, 6, 0.0, 0.0, 0.0, 5.0, "rows")
CERTAIN = Precision({(0, 0): SURE, (1, 0): SURE}, {(1, 0, 0): Paired(0.0, SURE, 1.0, 1.0, 0, 6, 0, 0.0)}, {})
WIDE = Margins(Allowance("1e300", 1e300), Allowance("1e300", 1e300))


def _margins_pass(result: Result) -> bool:
    """Whether it passes as the candidate or as the baseline of a comparison, or against an earlier result; as certain as can be."""
    result = result.but(bindings={"pred": "inline"})  # for losses that compare does not take as well
    something = result.but(value=1.0, empty=False, rows=Rows(6, 6, 0, 0), warnings=())
    if np.ndim(result.value):  # one number for each channel: a gate on a difference has to be refused, or fail
        return False
    gates = ComparisonGates(Bounds(), WIDE)
    for pair in ([result, something], [something, result], [result, result]):
        compared = compare_results(["a", "b"], ["loss"], [[r] for r in pair], "a", CERTAIN)
        for verdict in with_verdicts(compared, [[r] for r in pair], gates, {}).gated:
            if not verdict.verdict.failed:
                return True
        then, now = (json.loads(json.dumps(strict(r.to_dict()))) for r in pair[:1]), pair[1]
        estimate = Earlier("r.json", "--baseline", next(then)).estimate("loss", now)
        if any(decision.passed for decision in WIDE.decisions(estimate.but(se=0.0, df=5.0))):
            return True
    return False


def check(known: Loss, name: str, said: dict[str, Any], how: str, ours: bool) -> None:
    refused = {r for r, options in find(name)[1].by_reduction.items() if options is None}
    for reduction in reductions(known):
        if reduction in refused:
            continue
        result = losscli.compute(name, **said, reduction=reduction)
        assert result.empty, (how, reduction)
        assert "W105" in [w.code for w in result.warnings], (how, reduction)
        assert not passes(result), (how, reduction)
        if ours and reduction != "none":
            value = np.asarray(result.value)
            assert np.isnan(value).all() or (reduction == "sum" and (value == 0).all()), (how, reduction, result.value)


@pytest.mark.parametrize("known", ALL, ids=lambda k: k.name)
def test_a_loss_of_no_data_is_nan_and_passes_no_gate(known: Loss) -> None:
    for how, data in without(known):
        check(known, known.name, data, how, ours=True)


@pytest.mark.parametrize("known", [k for k in ALL if k.allows_per], ids=lambda k: k.name)
def test_nothing_of_a_channel_or_of_rows_is_nan(known: Loss) -> None:
    data = data_of(known, 6)
    if known.roles[known.first].domain.ndim or known.labels is not None:
        return
    wide = {n: x if known.roles[n].domain.shared else np.stack([x, x], -1) for n, x in data.items()}
    weight = np.stack([np.ones(6), np.zeros(6)], -1)
    result = losscli.compute(known.name, **wide, sample_weight=weight, per="channel", reduction="none")
    assert np.isnan(result.values).tolist() == [False, True]
    assert any(w.code == "W105" and "1 of 2 channels" in w.message for w in result.warnings)
    for per in PER.words:
        result = losscli.compute(known.name, **wide, sample_weight=np.zeros(6), per=per, reduction="mean")
        assert np.isnan(result.value) and result.empty and not passes(result), per


@pytest.mark.parametrize("known", [k for k in ALL if k.presets], ids=lambda k: k.name)
def test_no_gate_passes_on_nothing_under_a_framework_s_name(known: Loss) -> None:
    for preset in known.presets:
        if any(isinstance(role, Made) for word, role in preset.role_words.items() if word == role):
            continue  # it makes its target of other labels
        data = data_of(known, 6, dict(preset.options))
        if preset.last_axis and all(x.ndim == 1 for x in data.values()):
            data = {n: x[:, None] for n, x in data.items()}  # rows, where a vector is one sample
        for option in preset.options.keys() & known.form_options.keys():  # probabilities, where ours takes logits
            role = known.form_options[option].role
            data[role] = 1 / (1 + np.exp(-data[role]))
        if preset.swapped_axes:
            data[preset.swapped_axes] = data[preset.swapped_axes].swapaxes(0, 1)
        said = {**data, "sample_weight": np.zeros(6)}
        if preset.framework and not preset.signs and not preset.weights_ignored:
            check(known, preset.names[0], said, preset.names[0], ours=False)


@pytest.mark.parametrize("known", ALL, ids=lambda k: k.name)
def test_a_loss_of_many_rows_is_not_empty(known: Loss) -> None:
    weight = np.arange(60) % 3.0
    assert not losscli.compute(known.name, **data_of(known, 60), sample_weight=weight, reduction="mean").empty


@pytest.mark.parametrize("name", ["dice", "iou", "tversky", "wape", "mcc", "mse", "huber", "generalized_dice", "multiclass_dice"])
def test_more_rows_of_weight_0_are_still_nothing(name: str) -> None:
    known = LOSSES[name]
    for rows in (1, 5, 1000):
        result = losscli.compute(name, **data_of(known, rows), sample_weight=np.zeros(rows))
        assert np.isnan(result.value) and result.empty


def test_nothing_in_many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is ignored in one block and not in another counts once."""
    from losscli.engine import plan

    monkeypatch.setattr(plan, "BLOCK", 4)
    pred, target = np.zeros((9, 2)), np.full(9, 255)
    assert losscli.compute("multiclass_dice", pred=pred, target=target, ignore_index=255).empty
    target[8] = 1
    assert losscli.compute("multiclass_dice", pred=pred, target=target, ignore_index=255).value == pytest.approx(
        losscli.compute("multiclass_dice", pred=pred[8:], target=target[8:]).value, rel=1e-12
    )


def test_a_row_of_ignored_pixels_is_left_out_of_a_mean_over_rows() -> None:
    pred = np.array([[[0.0, 1.0], [2.0, 0.0]], [[1.0, 0.0], [0.0, 3.0]]])
    target = np.array([[0, 1], [255, 255]])
    said: dict[str, Any] = {"per": "row", "ignore_index": 255, "class_axis": -1}
    values = losscli.compute("multiclass_dice", pred=pred, target=target, reduction="none", **said).values
    assert np.isnan(values).tolist() == [False, True]
    assert losscli.compute("multiclass_dice", pred=pred, target=target, **said).value == values[0]


@pytest.mark.parametrize("name", ["deephit_single", "deephit"])
def test_a_share_of_0_of_the_likelihood_leaves_the_ranks_alone(name: str) -> None:
    """Without an event the likelihood has data, the ranks have none."""
    data = {**data_of(LOSSES[name], 6), "event": np.zeros(6)}
    assert not losscli.compute(name, **data).empty
    alone = losscli.compute(name, **data, alpha=0.0)
    assert np.isnan(alone.value) and alone.empty and not passes(alone)


def test_all_terms_at_zero_are_a_perfect_score_and_not_nothing() -> None:
    """Triplets that keep their margin are there, although none is counted in the mean."""
    pred, target = np.array([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]]), np.array([0, 0, 1, 1])
    for name in ("triplet_all", "pytorch_metric_learning.losses.TripletMarginLoss"):
        result = losscli.compute(name, pred=pred, target=target)
        assert (result.value, result.empty) == (0.0, False) and passes(result)


def test_two_empty_masks_are_a_computed_0() -> None:
    """As ε / ε has it: the masks are there, and agree."""
    result = losscli.compute("dice", pred=[0.0, 0.0], target=[0.0, 0.0])
    assert (result.value, result.empty) == (0.0, False)


@pytest.mark.parametrize("name", ["mse", "dice", "huber"])
def test_the_derivative_of_a_loss_of_no_data_is_nan(name: str) -> None:
    slope = losscli.gradient(name, pred=[0.25, 0.5], target=[0.5, 0.75], sample_weight=[0.0, 0.0])
    assert np.isnan(slope).all()


# --- the frameworks' own numbers of nothing --------------------------------------------------------------------------------

X3, LONE = [[1.0, 0, 0], [0.6, 0.8, 0], [0, 0, 1.0]], {"target": [0, 1, 2]}
PT: dict[str, Any] = {"pred": [1.0, 2.0], "target": [1.0, 3.0]}
BOXES: dict[str, Any] = {"pred": np.zeros((0, 4)), "target": np.zeros((0, 4)), "reduction": "mean"}
W0: dict[str, Any] = {"sample_weight": [0.0, 0.0]}
LOGITS: dict[str, Any] = {"pred": [[1.0, 2.0], [0.0, 1.0]]}
LISTS: dict[str, Any] = {"pred": [[1.0, 2.0], [1.0, 2.0]]}
CENSORED: dict[str, Any] = LOGITS | {"interval": [0, 0], "event": [0, 0]}
PML = "pytorch_metric_learning.losses."

# name, arguments, the number of the framework itself: torch 2.14.1, keras 3.15.1, optax 0.2.8, pytorch-metric-learning, MONAI 1.6.1,
# kornia, torchmetrics 1.9.0, scikit-learn, pycox 0.3.0, each called with the same data; torchvision's and allRank's from their code
THEIRS: dict[str, tuple[str, dict[str, Any], float]] = {
    "torch mse, weights": ("torch.nn.functional.mse_loss", PT | W0, math.nan),
    "torch mse, sum": ("torch.nn.functional.mse_loss", PT | W0 | {"reduction": "sum"}, 0.0),
    "torch huber, weights": ("torch.nn.functional.huber_loss", PT | W0, 0.0),
    "torch huber, no rows": ("torch.nn.functional.huber_loss", {"pred": [], "target": []}, math.nan),
    "torch bce, weights": ("torch.nn.BCELoss", {"pred": [0.2, 0.8], "target": [0.0, 1.0]} | W0, 0.0),
    "torch bce with logits, weights": ("torch.nn.BCEWithLogitsLoss", {"pred": [0.2, 0.8], "target": [0.0, 1.0]} | W0, 0.0),
    "torch cross-entropy, weights": ("torch.nn.CrossEntropyLoss", LOGITS | {"target": [0, 1], "weight": [0.0, 0.0]}, math.nan),
    "torch cross-entropy, soft": ("torch.nn.CrossEntropyLoss", LOGITS | {"target": [[0.5, 0.5], [0.2, 0.8]], "weight": [0.0, 0.0]}, 0.0),
    "torch cross-entropy, ignored": ("torch.nn.CrossEntropyLoss", LOGITS | {"target": [-100, -100]}, math.nan),
    "torch multi margin, weights": ("torch.nn.MultiMarginLoss", LOGITS | {"target": [0, 1], "weight": [0.0, 0.0]}, 0.0),
    "torch soft margin, weights": ("torch.nn.MultiLabelSoftMarginLoss", LOGITS | {"target": [[1.0, 0], [0, 1]], "weight": [0.0, 0.0]}, 0.0),
    "torch multilabel margin, no labels": ("torch.nn.MultiLabelMarginLoss", LOGITS | {"target": [[-1, -1], [-1, -1]]}, 0.0),
    "torch ctc, no frames": (
        "torch.nn.CTCLoss",
        {"pred": np.log(np.full((3, 1, 3), 1 / 3)), "target": [[1]], "input_lengths": [0], "target_lengths": [0]}, 0.0,
    ),
    "keras mse, weights": ("keras.losses.MeanSquaredError", {"pred": [[1.0, 2], [3, 4]], "target": [[1.0, 3], [3, 4]]} | W0, 0.0),
    "keras mse, mean": (
        "keras.losses.MeanSquaredError", {"pred": [[1.0, 2], [3, 4]], "target": [[1.0, 3], [3, 4]], "reduction": "mean"} | W0, 0.0,
    ),
    "keras sparse, ignored": (
        "keras.losses.SparseCategoricalCrossentropy", {"pred": [[0.2, 0.8], [0.5, 0.5]], "target": [-1, -1], "ignore_class": -1}, 0.0,
    ),
    "keras dice, weights": ("keras.losses.Dice", {"pred": [0.2, 0.8], "target": [0.0, 1.0]} | W0, 0.0),
    "keras dice, no rows": ("keras.losses.Dice", {"pred": [], "target": []}, 1.0),
    "keras tversky, no rows": ("keras.losses.Tversky", {"pred": [], "target": []}, 1.0),
    "keras circle, no positives": ("keras.losses.Circle", {"pred": X3, **LONE}, 0.0),
    "optax ranking, masked": ("optax.losses.ranking_softmax_loss", LISTS | {"target": [[-1, -1], [-1, -1]]}, 0.0),
    "optax ranking, no lists": ("optax.losses.ranking_softmax_loss", {"pred": np.zeros((0, 2)), "target": np.zeros((0, 2), int)}, 0.0),
    "optax ranking, no relevance": ("optax.losses.ranking_softmax_loss", LISTS | {"target": [[0, 0], [0, 0]]}, 0.0),
    "optax ntxent, no positives": ("optax.losses.ntxent", {"pred": X3, **LONE}, math.nan),
    "torchvision giou, no boxes": ("torchvision.ops.generalized_box_iou_loss", BOXES, 0.0),
    "torchvision diou, no boxes": ("torchvision.ops.distance_box_iou_loss", BOXES, 0.0),
    "torchvision ciou, no boxes": ("torchvision.ops.complete_box_iou_loss", BOXES, 0.0),
    "torchvision focal, no rows": ("torchvision.ops.sigmoid_focal_loss", {"pred": [], "target": [], "reduction": "mean"}, math.nan),
    "monai generalized dice, empty target": (
        "monai.losses.GeneralizedDiceLoss", {"pred": [[[0.25, 0.75]], [[0.5, 0.5]]], "target": np.zeros((2, 1, 2)), "class_axis": -1}, 0.0,
    ),
    "kornia dice, ignored": ("kornia.losses.DiceLoss", {"pred": [[[0.2], [0.3]]], "target": [[255]], "ignore_index": 255}, 1.0),
    "kornia tversky, ignored": ("kornia.losses.TverskyLoss", {"pred": [[[0.2], [0.3]]], "target": [[255]], "ignore_index": 255}, 1.0),
    "torchmetrics wape, no rows": ("torchmetrics.functional.weighted_mean_absolute_percentage_error", {"pred": [], "target": []}, 0.0),
    "torchmetrics minkowski, no rows": ("torchmetrics.functional.minkowski_distance", {"pred": [], "target": []}, 0.0),
    "torchmetrics smape, no rows": (
        "torchmetrics.functional.symmetric_mean_absolute_percentage_error", {"pred": [], "target": []}, math.nan,
    ),
    "sklearn coverage, no labels": ("sklearn.metrics.coverage_error", LOGITS | {"target": [[0, 0], [0, 0]]}, 0.0),
    "sklearn ranking, no labels": ("sklearn.metrics.label_ranking_loss", LOGITS | {"target": [[0, 0], [0, 0]]}, 0.0),
    "pycox bce surv, nothing known": ("pycox.models.loss.bce_surv_loss", CENSORED, 0.0),
    "pycox ranks, no event": ("pycox.models.loss.rank_loss_deephit_single", CENSORED, 0.0),
    "pycox ranks of causes, no event": (
        "pycox.models.loss.rank_loss_deephit_cr", CENSORED | {"pred": [[[1.0, 2.0], [0.5, 0.0]], [[0.0, 1.0], [2.0, 1.0]]]}, 0.0,
    ),
    "allrank listmle, padded": ("allrank.models.losses.listMLE", LISTS | {"target": [[-1, -1], [-1, -1]]}, 0.0),
    "allrank ndcg, padded": ("allrank.models.losses.approxNDCGLoss", LISTS | {"target": [[-1, -1], [-1, -1]]}, 0.0),
    **{f"pml {n}, no positives": (f"{PML}{n}", {"pred": X3, **LONE}, value) for n, value in {
        "TripletMarginLoss": 0.0, "LiftedStructureLoss": 0.0, "NCALoss": math.nan, "AngularLoss": 0.0, "TupletMarginLoss": 0.0,
        "CircleLoss": 0.0, "NPairsLoss": 0.0, "NTXentLoss": 0.0, "SupConLoss": 0.0,
    }.items()},
    **{f"pml {n}, no rows": (f"{PML}{n}", {"pred": np.zeros((0, 3)), "target": np.zeros(0, int)}, 0.0) for n in (
        "ContrastiveLoss", "TripletMarginLoss", "MultiSimilarityLoss", "NCALoss", "CircleLoss", "NPairsLoss", "NTXentLoss", "SupConLoss",
    )},
}  # fmt: skip


@pytest.mark.parametrize(("name", "given", "value"), THEIRS.values(), ids=THEIRS)
def test_a_framework_s_number_of_nothing(name: str, given: dict[str, Any], value: float) -> None:
    result = losscli.compute(name, **given)
    np.testing.assert_array_equal(result.value, value)
    assert "W105" in [w.code for w in result.warnings]
    assert result.empty and not passes(result)


CURVES: dict[str, Any] = {"pred": [[0.9, 0.5], [0.8, 0.4], [0.7, 0.3]], "times": [1.0, 2.0]}
LATE: dict[str, Any] = CURVES | {"time": [0.5, 1.5, 2.5], "event": [0, 1, 0]}  # a row lives or died at each of the times
EARLY: dict[str, Any] = CURVES | {"time": [0.5, 1.5, 1.5], "event": [0, 0, 0]}  # all are censored before the second
NO_WEIGHT: dict[str, Any] = {"censoring_weight": [[0.0]] * 3}


@pytest.mark.parametrize("name", ["brier_survival_weighted", "survival_score"])
def test_a_time_at_which_no_row_counts(name: str) -> None:
    """A mean over the times is nothing with its reason; a number for each time has the others."""
    assert not losscli.compute(name, **LATE).empty
    one = losscli.compute(name, **EARLY)
    assert np.isnan(one.value) and one.empty and not passes(one)
    assert [(w.code, w.message) for w in one.warnings] == [
        ("W105", f"{name} is nan: nothing is left to average: at one of the times no row counts: give earlier times")
    ]
    each = losscli.compute(name, **EARLY, average="none", reduction="none")
    assert np.isnan(each.values).tolist() == [False, True]
    assert "nothing is left to average in 1 of 2 channels" in each.warnings[0].message
    unweighted = losscli.compute(name, **LATE, sample_weight=np.zeros(3))
    assert unweighted.empty and "all weights 0" in unweighted.warnings[0].message
    assert np.isnan(losscli.gradient(name, **EARLY)).all()


def test_rows_without_censoring_weight_are_nothing() -> None:
    assert losscli.compute("brier_survival_weighted", **LATE, **NO_WEIGHT).empty
    some = losscli.compute("brier_survival_weighted", **LATE, censoring_weight=[[0.0], [0.0], [2.0]])
    assert (some.value, some.empty) == (pytest.approx((2 * 0.3**2 / 3 + 2 * 0.7**2 / 3) / 2, rel=1e-15), False)
    by_row = losscli.compute("brier_survival_weighted", **LATE, censoring_weight=[[0.0], [0.0], [2.0]], per="row", reduction="none")
    assert np.isnan(by_row.values).tolist() == [True, True, False]


@pytest.mark.parametrize("name", ["crps_mixnorm", "normal_mixture_nll"])
def test_a_mixture_without_a_weight_has_no_score(name: str) -> None:
    """All weights 0 gave crps_mixnorm a perfect 0."""
    result = losscli.compute(name, mu=[[0.0, 1.0]], sigma=[[1.0, 2.0]], target=[0.5], weights=[[0.0, 0.0]])
    assert np.isnan(result.value) and not passes(result)
    assert "all weights of a row are 0" in result.warnings[-1].message


def test_torchsurv_s_number_of_no_weights() -> None:
    """torchsurv 0.2.0, BrierScore with weight and weight_new_time of 0: tensor([0., 0.])."""
    result = losscli.compute("torchsurv.metrics.brier_score.BrierScore", **LATE, **NO_WEIGHT, time_weight=[0.0, 0.0])
    assert result.values is not None and result.values.tolist() == [0.0, 0.0]
    assert result.empty and [w.code for w in result.warnings] == ["W105"]


def test_lists_of_padding_alone() -> None:
    """optax 0.2.8, where=[[1, 1], [0, 0]]: 1.3132616 (reported as 'counts fully masked lists in its mean')."""
    lists = {"pred": [[1.0, 2.0], [1.0, 2.0]], "target": [[1, 0], [-1, -1]]}
    one = math.log(1 + math.e)
    for name in ("ranking_softmax", "optax.losses.ranking_softmax_loss"):
        assert losscli.compute(name, **lists).value == pytest.approx(one, rel=1e-12)
    assert losscli.compute("listmle", **lists).value == pytest.approx(one, rel=1e-9)
    assert losscli.compute("allrank.models.losses.listMLE", **lists).value == pytest.approx(one / 2, rel=1e-9)  # it counts both


# --- what was reported -----------------------------------------------------------------------------------------------------

LOVASZ = ("lovasz_softmax", "-p", "[[2,0.2],[0.3,3]]", "-t", "255,255", "--ignore-index", "255")
DICE = ("multiclass_dice", "-p", "[[2,0.2],[0.3,3]]", "-t", "255,255", "--ignore-index", "255")
MASKS = ("-p", "0.9,0.8", "-t", "0,0", "-w", "0,0")
NOTHING: dict[str, tuple[str, ...]] = {  # open-mmlab/mmdetection#6416, imatge-upc/liverseg-2017-nipsws#13, bermanmaxim/LovaszSoftmax#14
    **{name: (name, *MASKS) for name in ("dice", "iou", "tversky", "focal_tversky", "log_dice")},
    "generalized_dice": ("generalized_dice", "-p", "[[0.9,0.8]]", "-t", "[[0,0]]", "-w", "0"),
    "wape": ("wape", "-p", "5,9", "-t", "1,2", "-w", "0,0"),
    "mcc": ("mcc", "-p", "1,1", "-t", "0,0", "-w", "0,0"),
    "multiclass_dice": DICE,
    "lovasz_softmax": LOVASZ,
    "class weights": ("multi_margin", "-p", "[[1,2],[0,1]]", "-t", "0,1", "--class-weight", "0,0"),
    "sequences": ("ppo_clip", "--logp", "[[-1,-2]]", "--old-logp", "[[-1,-2]]", "--advantage", "[[1,1]]", "--mask", "[[0,0]]",
                  "--average", "seq-mean-token-mean"),
    "all omitted": ("rmse", "-p", "nan,nan", "-t", "1,2", "--nan", "omit"),
    "nobody is sure": ("pseudo_label_ce", "-p", "[[0,1],[2,0]]"),
    "no alignment": ("ctc", "-p", "[[[-1,-1,-1]]]", "-t", "[[1,1]]", "--zero-infinity"),
    "no boxes": ("giou", "-p", "[]", "-t", "[]"),
    "no real ones": ("gan_vanilla", "--fake", "1", "--real", "[]"),
    "a weight of 0 for what is there": ("kto", "--policy-logps", "-1", "--ref-logps", "-2", "--label", "1", "--desirable-weight", "0"),
    "a positive weight of 0": ("bce_with_logits", "-p", "1,2", "-t", "1,1", "--pos-weight", "0"),
    "alpha": ("focal", "-p", "1,2", "-t", "0,0", "--alpha", "1"),
    "one row": ("nt_xent", "--z-a", "[[1,2]]", "--z-b", "[[2,1]]"),
}  # fmt: skip


@pytest.mark.parametrize("argv", NOTHING.values(), ids=NOTHING)
def test_a_gate_fails_on_nothing(said: Any, argv: tuple[str, ...]) -> None:
    code, out, err = said(*argv, "--max", "0.5", "-f", "json")
    document = json.loads(out)
    assert (code, document["value"], document["gate"]["passed"]) == (FAILED, "nan", False)
    assert [w["code"] for w in document["warnings"]] == ["W105"]
    assert "gate failed: " in err


def test_the_sum_of_nothing_is_0_and_passes_no_gate(said: Any) -> None:
    code, out, err = said("mse", "-p", "1,2", "-t", "1,3", "-w", "0,0", "-r", "sum", "--max", "3", "-f", "value")
    assert (code, out) == (FAILED, "0.0\n") and "W105" in err and "gate failed: mse 0.0 of nothing, must be at most 3.0" in err


@pytest.mark.parametrize("name", ["mse", "torch.nn.HuberLoss", "dice"])
def test_no_check_of_derivatives_or_elements_passes_on_nothing(said: Any, name: str) -> None:
    nothing = (name, "-p", "0.25,0.5", "-t", "0.5,0.5", "-w", "0,0")
    assert said(*nothing, "--gradcheck", "-f", "value")[0] == FAILED
    Path("g.npy").write_bytes(b"")
    np.save("g.npy", np.zeros(2))
    assert said(*nothing, "--grad", "pred", "--expect", "g.npy", "-f", "value")[0] == FAILED
    if name != "dice":
        assert said(*nothing, "-r", "none", "--expect", "g.npy", "-f", "value")[0] == FAILED


def test_nan_agrees_with_nothing(said: Any) -> None:
    np.save("e.npy", np.array([0.0, np.nan]))
    argv = ("mse", "-p", "1,nan", "-t", "1,1", "--nan", "propagate", "-r", "none", "-f", "value", "--expect", "e.npy")
    code, _, err = said(*argv)
    assert code == FAILED and "row 1 is nan, expected nan" in err
    assert said("mse", "-p", "1,2", "-t", "1,1", "-r", "none", "-f", "value", "--expect", "e.npy")[0] == FAILED


OBJECTIVES: dict[str, tuple[str, int]] = {
    "a term of nothing": ("terms: {a: {loss: dice, pred: [0.9], target: [0], sample_weight: [0], max: 1}}", FAILED),
    "a sum of nothing": ("terms: {a: {loss: mse, reduction: sum, pred: [1], target: [0], sample_weight: [0], max: 1}}", FAILED),
    "a framework's nothing": ("terms: {a: {loss: torch.nn.BCELoss, pred: [0.5], target: [0], sample_weight: [0], max: 1}}", FAILED),
    "something": ("terms: {a: {loss: mse, pred: [1], target: [0], max: 1}}", DONE),
}


@pytest.mark.parametrize(("text", "code"), OBJECTIVES.values(), ids=OBJECTIVES)
def test_terms(said: Any, text: str, code: int) -> None:
    Path("o.yaml").write_text(text)
    assert said("o.yaml")[0] == code


def test_totals(said: Any) -> None:
    mse = "{loss: mse, pred: [1], target: [0]"
    nothing = "{loss: torch.nn.BCELoss, pred: [0.5], target: [0], sample_weight: [0]"
    for terms, code in (
        (f"a: {mse}, weight: 0}}", FAILED),  # no term counts
        (f"a: {mse}}}, b: {nothing}}}", FAILED),
        (f"a: {mse}}}, b: {nothing}, weight: 0}}", DONE),  # it does not count
    ):
        Path("o.yaml").write_text(f"terms: {{{terms}}}")
        got = said("o.yaml", "--max", "5")
        assert (got[0], "W105" in got[2]) == (code, True), terms


# --- a gate checks what it was asked to ------------------------------------------------------------------------------------

A = ("-p", "1,2.5", "-t", "1,2")
# what the baseline is of, what runs now, what is said of the difference; None where there is none (mlflow/mlflow#12215)
BASELINES: dict[str, tuple[tuple[str, ...], tuple[str, ...], str | None]] = {
    "the same": (("mae", *A), ("mae", *A), None),
    "its alias": (("l1", *A), ("mae", *A), None),
    "a framework's name of the same": (("torch.nn.L1Loss", *A), ("mae", *A), None),
    "other data": (("mae", *A), ("mae", "-p", "1,2.5,3", "-t", "1,2,3.25"), None),
    "another loss": (("mae", *A), ("mse", *A), "base.json is of mae, not mse"),
    "another option": (("huber", *A), ("huber", *A, "--delta", "2"), "base.json is of huber with delta 1.0, not 2.0"),
    "another reduction": (("mae", *A, "-r", "sum"), ("mae", *A), "base.json is of mae with reduction sum, not mean"),
    "another denominator": (("mae", *A, "-w", "1,1"), ("mae", *A), "base.json is of mae over its weights, not over its elements"),
    "another dtype": (("mae", *A, "--dtype", "float32"), ("mae", *A), "base.json is of mae with dtype float32, not float64"),
    "other axes": (
        ("rmse", "-p", "[[1,2]]", "-t", "[[1,3]]", "--per", "all"), ("rmse", "-p", "[[1,2]]", "-t", "[[1,3]]"),
        "base.json is of rmse with per all, not channel",
    ),
    "another convention": (
        ("keras.losses.MeanSquaredError", "-p", "[[1,2]]", "-t", "[[1,3]]", "-r", "sum"),
        ("mse", "-p", "[[1,2]]", "-t", "[[1,3]]", "-r", "sum"),
        "base.json is of keras.losses.MeanSquaredError, not mse",
    ),
}  # fmt: skip


@pytest.mark.parametrize("suffix", ["json", "yaml"])
@pytest.mark.parametrize(("before", "now", "why"), BASELINES.values(), ids=BASELINES)
def test_a_baseline_of_another_loss_is_refused(
    said: Any, before: tuple[str, ...], now: tuple[str, ...], why: str | None, suffix: str
) -> None:
    assert said(*before, "-o", f"base.{suffix}")[0] == DONE
    code, out, err = said(*now, "--expect", f"base.{suffix}", "--rtol", "10", "-f", "value")
    if why is None:
        assert code == DONE and "gate passed" in err
    else:
        assert (code, out, err) == (INPUT, "", f"error: --expect: {why.replace('json', suffix)}\n")


@pytest.mark.parametrize("suffix", ["json", "yaml", "csv", "tsv", "jsonl"])
def test_a_baseline_in_any_format_that_is_written(said: Any, suffix: str) -> None:
    said("mae", *A, "-o", f"e.{suffix}")
    assert said("mae", *A, "--expect", f"e.{suffix}", "-f", "value")[0] == DONE
    assert said("mae", "-p", "1,3", "-t", "1,2", "--expect", f"e.{suffix}", "-f", "value")[0] == FAILED
    said("huber", *A, "-o", f"h.{suffix}")
    code, _, err = said("huber", *A, "--delta", "2", "--expect", f"h.{suffix}", "--rtol", "9", "-f", "value")
    if suffix in ("csv", "tsv"):  # which name the loss alone
        assert code == DONE and err.endswith(f"; h.{suffix} does not say with which options and dtype (.json does)\n")
    else:
        assert code == INPUT and "is of huber with delta 1.0, not 2.0" in err
    code, _, err = said("mse", *A, "--expect", f"e.{suffix}", "--rtol", "9", "-f", "value")
    assert code == INPUT and f"e.{suffix} is of mae, not mse" in err


@pytest.mark.parametrize(("name", "text"), {"e.json": "0.25", "e.txt": "0.25\n", "e.csv": "0.25\n", "e.yaml": "2.5e-1"}.items())
def test_a_file_of_a_number(said: Any, name: str, text: str) -> None:
    Path(name).write_text(text)
    assert said("mae", *A, "--expect", name, "-f", "value")[0] == DONE
    np.save("e.npy", np.array([0.25]))
    assert said("mae", *A, "--expect", "e.npy", "-f", "value")[0] == DONE


@pytest.mark.parametrize("suffix", ["json", "yaml", "csv", "tsv", "jsonl", "npy"])
def test_elements_in_any_format_that_is_written(said: Any, suffix: str) -> None:
    none = (*A, "-r", "none")
    assert said("mae", *none, "-o", f"e.{suffix}")[0] == DONE
    assert said("mae", *none, "--expect", f"e.{suffix}", "-f", "value")[0] == DONE
    assert said("mae", "-p", "1,9", "-t", "1,2", "-r", "none", "--expect", f"e.{suffix}", "-f", "value")[0] == FAILED


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_elements_of_another_loss(said: Any, suffix: str) -> None:
    said("mae", *A, "-r", "none", "-o", f"e.{suffix}")
    code, out, err = said("mse", *A, "-r", "none", "--expect", f"e.{suffix}", "--rtol", "9", "-f", "value")
    assert (code, out, err) == (INPUT, "", f"error: --expect: e.{suffix} is of mae, not mse\n")


TWO = ("-p", "[[1,2],[3,4]]", "-t", "[[1,3],[3,6]]")
SELF: dict[str, tuple[str, ...]] = {  # what one run writes, the next one takes: for every shape that there is
    "elements": ("mse", *TWO, "-r", "none"),
    "a number over all rows": ("rmse", *A, "-r", "none"),
    "channels": ("rmse", *TWO, "-r", "none"),
    "rows of a statistic": ("rmse", *TWO, "-r", "none", "--per", "row"),
    "a batch": ("barlow_twins", "--z-a", "[[1,2],[0,1]]", "--z-b", "[[1,2.5],[0,2]]", "-r", "none"),
    "two views": ("nt_xent", "--z-a", "[[1,2],[0,1]]", "--z-b", "[[1,2.5],[0,2]]", "-r", "none"),
    "a framework's name": ("keras.losses.MeanSquaredError", *TWO),
    "its elements": ("keras.losses.MeanSquaredError", *TWO, "-r", "none"),
    "derivatives": ("mse", *TWO, "--grad", "pred"),
    "derivatives side by side": ("multiclass_brier", "-p", "[[0.25,0.75],[0.5,0.5]]", "-t", "0,1", "--grad", "pred"),
    "derivatives of two axes": ("energy_score", "-p", "[[[1,2],[2,5]],[[0,1],[1,4]]]", "-t", "[[1,1],[2,2]]", "--grad", "pred"),
    "derivatives of a statistic": ("rmse", *TWO, "--grad", "pred", "-r", "none"),
}  # fmt: skip


@pytest.mark.parametrize("suffix", ["json", "yaml", "csv", "tsv", "jsonl"])
@pytest.mark.parametrize("argv", SELF.values(), ids=SELF)
def test_a_run_agrees_with_its_own_output(said: Any, argv: tuple[str, ...], suffix: str) -> None:
    assert said(*argv, "-o", f"e.{suffix}")[0] == DONE
    code, _, err = said(*argv, "--expect", f"e.{suffix}", "-f", "json")
    assert code == DONE and "gate passed" in err, err
    other = [x.replace("4]]", "4.5]]").replace("2.5", "9").replace("[2,5]", "[2,6]").replace("0.25,0.75", "0.125,0.875") for x in argv]
    assert said(*other, "--expect", f"e.{suffix}", "-f", "json")[0] == FAILED


@pytest.mark.parametrize("suffix", ["json", "yaml", "csv", "tsv"])
def test_another_number_of_channels_or_loss(said: Any, suffix: str) -> None:
    said("rmse", *TWO, "-r", "none", "-o", f"e.{suffix}")
    assert said("rmse", *A, "-r", "none", "--expect", f"e.{suffix}", "-f", "value")[0] == INPUT
    said("rmse", *A, "-r", "none", "-o", f"e.{suffix}")
    assert said("rmse", *TWO, "-r", "none", "--expect", f"e.{suffix}", "-f", "value")[0] == INPUT
    code, out, err = said("max_error", *A, "-r", "none", "--expect", f"e.{suffix}", "--rtol", "9", "-f", "value")
    assert (code, out) == (INPUT, "") and f"e.{suffix} is of rmse, not max_error" in err


@pytest.mark.parametrize("suffix", ["json", "yaml", "csv", "tsv", "jsonl"])
def test_an_objective_in_any_format_that_is_written(said: Any, suffix: str) -> None:
    terms = "a: {{loss: mse, pred: [1, 2.5], target: [1, 2]}}, b: {{loss: {}, weight: 2, pred: [{}], target: [2]}}"
    Path("o.yaml").write_text(f"terms: {{{terms.format('mae', 1)}}}")
    assert said("o.yaml", "-o", f"e.{suffix}")[0] == DONE
    code, _, err = said("o.yaml", "--expect", f"e.{suffix}")
    assert code == DONE and "gate passed" in err
    assert f"e.{suffix} is of the objective" in said("mse", *A, "--expect", f"e.{suffix}")[2]
    Path("o.yaml").write_text(f"terms: {{{terms.format('mae', 0)}}}")
    assert said("o.yaml", "--expect", f"e.{suffix}")[0] == FAILED
    Path("o.yaml").write_text(f"terms: {{{terms.format('rmse', 1)}}}")
    code, _, err = said("o.yaml", "--expect", f"e.{suffix}")
    assert code == INPUT and "has the term b of mae, not rmse" in err


@pytest.mark.parametrize("suffix", ["json", "yaml", "jsonl"])
def test_functions_of_one_name_are_two_losses(said: Any, suffix: str) -> None:
    """A function is told apart by its file; that the folder is another says nothing."""
    for file, body in (("v1.py", "abs(pred - target)"), ("v2.py", "(pred - target) ** 2"), ("mae.py", "abs(pred - target)")):
        Path(file).write_text(f"def {'mae' if file == 'mae.py' else 'f'}(pred, target):\n    return {body}\n")
    said("v1.py::f", *A, "-o", f"e.{suffix}")
    assert said("v1.py::f", *A, "--expect", f"e.{suffix}", "-f", "value")[0] == DONE
    assert said(f"{Path.cwd()}/v1.py::f", *A, "--expect", f"e.{suffix}", "-f", "value")[0] == DONE
    code, _, err = said("v2.py::f", *A, "--expect", f"e.{suffix}", "--rtol", "9", "-f", "value")
    assert code == INPUT and f"e.{suffix} is of v1.py::f, not v2.py::f" in err
    said("mae.py::mae", *A, "-o", f"e.{suffix}")
    assert f"e.{suffix} is of mae.py::mae, not mae" in said("mae", *A, "--expect", f"e.{suffix}")[2]
    said("mae", *A, "-o", f"e.{suffix}")
    assert f"e.{suffix} is of mae, not mae.py::mae" in said("mae.py::mae", *A, "--expect", f"e.{suffix}")[2]


def test_a_rounded_table_is_no_baseline(said: Any) -> None:
    said("mae", *A, "-o", "e.md")
    code, _, err = said("mae", *A, "--expect", "e.md")
    assert code == INPUT and "write one with losscli compute … -o FILE.json" in err


def test_axes_of_length_one_are_ignored_in_a_comparison(said: Any) -> None:
    np.save("e.npy", np.array([[0.0], [0.5]]))
    assert said("mae", *A, "-r", "none", "--expect", "e.npy", "-f", "value")[0] == DONE
    np.save("e.npy", np.array([[0.0, 0.5]]))
    assert said("mae", *A, "-r", "none", "--expect", "e.npy", "-f", "value")[0] == INPUT


@pytest.mark.parametrize("option", ["--rtol", "--atol"])
def test_a_tolerance_without_an_expected_value_is_refused(said: Any, option: str) -> None:
    why = f"error: {option} is how far from --expect the value may be, and there is no --expect\n"
    assert said("mae", *A, option, "0.1") == (USAGE, "", why)
    assert said("mae", *A, option, "0.1", "--max", "3") == (USAGE, "", why)
    Path("o.yaml").write_text("terms: {a: {loss: mae, pred: [1], target: [2]}}")
    assert said("o.yaml", option, "0.1") == (USAGE, "", why)
    assert said("mae", *A, option, "0.1", "--gradcheck", "-f", "value")[0] == DONE


def test_the_baseline_of_a_term_and_of_a_total(said: Any) -> None:
    said("mae", *A, "-o", "base.json")
    Path("o.yaml").write_text("terms: {a: {loss: mse, pred: [1, 2.5], target: [1, 2], expect: base.json, rtol: 9}}")
    code, _, err = said("o.yaml")
    assert code == INPUT and "o.yaml:1: a: " in err and "base.json is of mae, not mse" in err
    Path("o.yaml").write_text("terms: {a: {loss: mse, pred: [1, 2.5], target: [1, 2]}}")
    assert said("o.yaml", "-o", "total.json")[0] == DONE
    assert said("o.yaml", "--expect", "total.json")[0] == DONE
    assert "base.json is of mae, not of an objective" in said("o.yaml", "--expect", "base.json")[2]
    assert "total.json is of the objective o.yaml, not mse" in said("mse", *A, "--expect", "total.json")[2]
    for terms, why in (
        ("a: {loss: mse, pred: [1, 2.5], target: [1, 2], weight: 2}", "has the term a with weight 1.0, not 2.0"),
        ("a: {loss: mae, pred: [1, 2.5], target: [1, 2]}", "has the term a of mse, not mae"),
        ("b: {loss: mse, pred: [1, 2.5], target: [1, 2]}", "is of the terms a, not b"),
        ("a: {loss: mse, pred: [1, 2.5], target: [1, 2], reduction: sum}", "is of a: mse with reduction mean, not sum"),
    ):
        Path("o.yaml").write_text(f"terms: {{{terms}}}")
        code, _, err = said("o.yaml", "--expect", "total.json", "--rtol", "9")
        assert code == INPUT and f"total.json {why}" in err


def test_the_name_in_a_baseline_runs_no_file(said: Any) -> None:
    Path("evil.py").write_text("raise SystemExit('run')\ndef f(pred, target):\n    return pred - target\n")
    Path("base.json").write_text(json.dumps({"loss": "mae", "named": "evil.py::f", "value": 0.25}))
    code, _, err = said("mae", *A, "--expect", "base.json")
    assert (code, err) == (INPUT, "error: --expect: base.json is of evil.py::f, not mae\n")


def test_the_0_largest(said: Any) -> None:
    assert said("mae", *A, "-r", "none", "--top", "0", "-f", "csv") == (DONE, "row,loss\n", "")
    assert said("mae", *A, "-r", "none", "--top", "0", "-f", "value") == (DONE, "", "")
    assert said("mae", *A, "-r", "none", "--top", "1", "-f", "csv") == (DONE, "row,loss\n1,0.5\n", "")


def test_a_weight_of_each_element_reaches_every_statistic() -> None:
    """What takes part is counted by the weights of the elements: also of a maximum, and of sums by class."""
    weight = [[1.0, 0.0], [1.0, 0.0]]
    assert losscli.compute("max_error", pred=[[1.0, 9], [2, 9]], target=[[0.0, 0], [0, 0]], sample_weight=weight).value == 2.0
    p, t = np.full((2, 2, 2), 0.5), np.eye(2)[[[0, 1], [1, 1]]]
    seen = losscli.compute("generalized_dice", pred=p, target=t, sample_weight=weight, class_axis=-1)
    alone = losscli.compute("generalized_dice", pred=p[:, 0], target=t[:, 0])
    assert seen.value == pytest.approx(alone.value, rel=1e-12)


def test_a_loss_of_no_data_is_never_the_best(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["compare", "-l", "torch.nn.BCELoss", "-p", "a=0.5", "-p", "b=0.6", "-t", "1", "-w", "0", "-f", "json", "-q"]
    assert run(argv) == DONE
    assert [r["best"] for r in json.loads(capsys.readouterr().out)["results"]] == [False, False]


@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv", "tsv", "yaml", "npy", "txt"])
def test_an_empty_file_is_no_expectation(said: Any, suffix: str) -> None:
    Path(f"e.{suffix}").touch()
    code, out, err = said("mae", *A, "--expect", f"e.{suffix}", "-f", "value")
    assert (code, out) == (INPUT, "") and err.startswith(f"error: --expect e.{suffix}: ")
