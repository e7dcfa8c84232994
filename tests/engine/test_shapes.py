"""Shapes: which shapes match, under which framework's name, and that other shapes never give another number."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.catalogue.binding import bind
from losscli.catalogue.lookup import load_all
from losscli.cli.app import run
from losscli.data.columns import Column
from losscli.domains import Box, LabelIn, Whole
from losscli.engine.plan import prepare
from losscli.errors import InputError, LossError, UsageError
from losscli.registry import LOSSES, OURS, Loss
from losscli.testing.samples import example

load_all()

# --- rows: what was reported, and the number of the named reference (torch 2.13.0, keras 3.15.1, optax 0.2.8, scikit-learn 1.9.1, ----
# --- MONAI 1.6.1), of utilsforecast or of a calculation by hand

LOGITS, KL = [1, 2, 3], [-0.5, -1.2, -2.3]
MASKS = ([[[1, 0, 0.5, -1], [0.2, 0.3, -0.5, 0.7]]], [[[1, 0, 1, 0], [0, 1, 0, 1]]])
TWO_MASKS = (
    [MASKS[0][0], [[-0.5, 0.25, 0, 0.5], [0.35, -0.25, 0.15, 0.1]]],
    [MASKS[1][0], [[0, 1, 0, 1], [1, 0, 1, 0]]],
)
SERIES = {"pred": [[10, 12], [3, 4]], "target": [[11, 13], [3, 6]], "history": [[5, 7, 6, 9], [1, 2, 4, 4]]}
BOXES = {"pred": [[10, 20, 30, 40], [0, 0, 5, 5]], "target": [[11, 20, 30, 40], [0, 0, 5, 6]]}
CENTRES = {"pred": [[25, 40, 30, 40], [2.5, 2.5, 5, 5]], "target": [[26, 40, 30, 40], [2.5, 3, 5, 6]]}

VALUES: list[tuple[str, str, dict[str, Any], Any]] = [
    # NumPy's rule: ((1 − 1)² + (1 − 3)² + (2 − 1)² + (2 − 3)²) / 4
    ("broadcast (N, 1) with (1, M)", "mse", {"pred": [[1], [2]], "target": [[1, 3]], "broadcast": True}, 1.5),
    ("broadcast (N,) with (N, 1)", "mse", {"pred": [1, 2], "target": [[1], [3]], "broadcast": True}, 1.5),
    # utilsforecast 0.2.17: mase 0.5 and 1.0, rmsse √(1 / (14/3)) and √(2 / (5/3)), a series each; gluonts#1135, #3137
    ("a history a series", "mase", SERIES, 0.75),
    ("a history a series, rmsse", "rmsse", SERIES, (np.sqrt(3 / 14) + np.sqrt(6 / 5)) / 2),
    ("huge histories", "rmsse", {n: np.multiply(x, 1e200) for n, x in SERIES.items()}, (np.sqrt(3 / 14) + np.sqrt(6 / 5)) / 2),
    ("tiny histories", "rmsse", {n: np.multiply(x, 1e-200) for n, x in SERIES.items()}, (np.sqrt(3 / 14) + np.sqrt(6 / 5)) / 2),
    ("huge boxes xywh", "giou", {n: np.multiply(x, 1e200) for n, x in BOXES.items()} | {"box_format": "xywh"}, (2 / 31 + 1 / 6) / 2),
    ("a history for all", "mase", SERIES | {"history": [5, 7, 6, 9]}, 0.5),  # errors 1 1 0 2 over 2
    ("a history for all, as one row", "mase", {"pred": [10, 12], "target": [11, 13], "history": [[5, 7, 6, 9]]}, 0.5),
    ("a history for all, as one column", "mase", {"pred": [10, 12], "target": [11, 13], "history": [[5], [7], [6], [9]]}, 0.5),
    # by hand: 1 − 29·40/(31·40) and 1 − 25/30; owl-vit-object-detection#14, detr#75
    ("boxes xywh", "giou", BOXES | {"box_format": "xywh", "eps": 0}, (2 / 31 + 1 / 6) / 2),
    ("boxes cxcywh", "giou", CENTRES | {"box_format": "cxcywh", "eps": 0}, (2 / 31 + 1 / 6) / 2),
    ("boxes without eps", "giou", {"pred": [0, 0, 5, 5], "target": [0, 0, 5, 6], "eps": 0}, 1 / 6),
    ("boxes without eps, diou", "diou", {"pred": [0, 0, 5, 5], "target": [0, 0, 5, 6], "eps": 0}, 1 / 6 + 0.25 / 61),
    # scikit-learn#17971, #17399
    ("log_loss", "sklearn.metrics.log_loss", {"pred": [0.1, 0.7, 0.6, 0.2, 0.3], "target": [1, 1, 1, 0, 0]}, 0.7499808311903422),
    ("log_loss of 0", "sklearn.metrics.log_loss", {"pred": [0, 0.7, 0.6, 0.2, 0.3], "target": [1, 1, 1, 0, 0]}, 7.498194490414964),
    ("log_loss of two", "sklearn.metrics.log_loss", {"pred": [0.1, 0.9], "target": [0, 1]}, 0.10536051565782628),
    ("log_loss (N, 1)", "sklearn.metrics.log_loss", {"pred": [[0.1], [0.9]], "target": [0, 1]}, 0.10536051565782628),
    (
        "log_loss weighted",
        "sklearn.metrics.log_loss",
        {"pred": [0.1, 0.9, 0.3], "target": [0, 1, 1], "sample_weight": [1, 2, 3]},
        0.6546666599918812,
    ),
    # a vector is one sample
    ("soft label", "cross_entropy", {"pred": LOGITS, "target": [0.2, 0.3, 0.5]}, 1.1076059644443805),
    ("soft label, torch", "torch.nn.CrossEntropyLoss", {"pred": LOGITS, "target": [0.2, 0.3, 0.5]}, 1.1076059644443805),
    ("soft label, optax", "optax.losses.softmax_cross_entropy", {"pred": LOGITS, "target": [0.2, 0.3, 0.5]}, [1.10760596444438]),
    ("label, torch", "torch.nn.CrossEntropyLoss", {"pred": LOGITS, "target": 2}, 0.4076059644443804),
    ("nll, torch", "torch.nn.NLLLoss", {"pred": [-1, -2, -3], "target": 2}, 3.0),
    ("multi_margin, torch", "torch.nn.MultiMarginLoss", {"pred": [1, 2, 2.5], "target": 2}, 0.16666666666666666),
    ("multilabel_margin, torch", "torch.nn.MultiLabelMarginLoss", {"pred": [1, 2, 2.5, 0.1], "target": [3, 0, -1, 1]}, 2.7),
    ("multilabel_soft_margin", "torch.nn.MultiLabelSoftMarginLoss", {"pred": [1, 2, 2.5], "target": [1, 0, 1]}, 0.8396931442845817),
    ("kl_div, torch", "torch.nn.KLDivLoss", {"pred": KL, "target": [0.6, 0.3, 0.1], "reduction": "batchmean"}, -0.002648574952259952),
    ("kl_divergence, optax", "optax.losses.kl_divergence", {"pred": KL, "target": [0.6, 0.3, 0.1]}, [-0.007945724856779846]),
    ("pos_weight", "torch.nn.BCEWithLogitsLoss", {"pred": LOGITS, "target": [0, 1, 1], "pos_weight": LOGITS}, 0.570959921441798),
    (
        "weight (2, 3, 1), keras",
        "keras.losses.MeanSquaredError",
        {
            "pred": [[[1], [2], [3]]] * 2,
            "target": [[[1]] * 3, [[2]] * 3],
            "sample_weight": [[[1], [2], [3]], [[1]] * 3],
        },
        2.6666666666666665,
    ),
    # composites: the parts are reduced each on its own
    (
        "DiceCE sum",
        "monai.losses.DiceCELoss",
        {"pred": MASKS[0], "target": MASKS[1], "reduction": "sum", "softmax": True},
        1.9859970632179231,
    ),
    ("DiceCE sum of 2", "monai.losses.DiceCELoss", {"pred": TWO_MASKS[0], "target": TWO_MASKS[1], "reduction": "sum"}, 4.337474571602896),
    ("DiceCE mean", "monai.losses.DiceCELoss", {"pred": MASKS[0], "target": MASKS[1], "softmax": True}, 0.6413726247787632),
    (
        "DiceFocal sum",
        "monai.losses.DiceFocalLoss",
        {"pred": MASKS[0], "target": MASKS[1], "reduction": "sum", "sigmoid": True},
        0.9323138391415507,
    ),
    # MONAI's two words for what is added, each on its own: 1 − (2·½ + nr) / (1½ + dr)
    ("smooth_nr", "monai.losses.DiceLoss", {"pred": [[[0.5]]], "target": [[[1.0]]], "smooth_nr": 0.25, "smooth_dr": 0.5}, 0.375),
    ("smooth_dr alone", "monai.losses.DiceLoss", {"pred": [[[0.5]]], "target": [[[1.0]]], "smooth_dr": 0.5}, 1 - 1.00001 / 2),
    ("smooth_nr alone", "monai.losses.TverskyLoss", {"pred": [[[0.5]]], "target": [[[1.0]]], "smooth_nr": 0.25}, 1e-5 / 0.75001),
    # what Keras calls the mean divides by the elements, whatever they weigh: 3·1² / 3
    (
        "mean of weighted, keras",
        "keras.losses.MeanSquaredError",
        {"pred": [[1], [2], [4]], "target": [[1], [2], [3]], "sample_weight": [1, 2, 3], "reduction": "mean"},
        1.0,
    ),
    # a vector of zeros is at right angles to all: (log(1 + e^(64 (0 − sin m))) + log(1 + e^(64 (0.8 − sin m)))) / 2, m = 5.73°
    (
        "tuplet margin of zeros",
        "pytorch_metric_learning.losses.TupletMarginLoss",
        {"pred": [[0, 0], [3, 4], [0, 1]], "target": [0, 0, 1]},
        22.405934714356846,
    ),
    # both words for one option: 1 · 2.4076…; averaged over its own weight
    ("our word", "torch.nn.CrossEntropyLoss", {"pred": LOGITS, "target": 0, "class_weight": LOGITS}, 2.4076059644443806),
]
KERAS = {  # of one sample, whatever the reduction; Keras computes some of it in single precision
    "MeanSquaredError": ([1, 2, 4], [1, 2, 3], 0.3333333333333333),
    "MeanAbsoluteError": ([1, 2, 4], [1.5, 2.5, 3.5], 0.5),
    "Huber": ([1, 2, 4], [1, 2, 3], 0.1666666716337204),
    "LogCosh": ([1, 2, 4], [1, 2, 3], 0.14459361135959625),
    "MeanAbsolutePercentageError": ([1, 2, 4], [1, 2, 3], 11.1111119389534),
    "MeanSquaredLogarithmicError": ([1, 2, 4], [1, 2, 3], 0.016597682610154152),
    "Poisson": ([1, 2, 4], [1, 2, 3], 0.484940767288208),
    "BinaryCrossentropy": ([0.2, 0.4, 0.9], [0, 1, 1], 0.41493162512779236),
    "BinaryFocalCrossentropy": ([0.2, 0.4, 0.9], [0, 1, 1], 0.11328133195638657),
    "Hinge": ([1, 2, 4], [-1, 1, 1], 0.6666666865348816),
    "SquaredHinge": ([1, 2, 4], [-1, 1, 1], 1.3333333730697632),
    "KLDivergence": ([0.2, 0.3, 0.5], [0.6, 0.3, 0.1], 0.49822358195745564),
    "CosineSimilarity": ([1, 2, 4], [1, 2, 3], -0.9914601339836674),
    "CategoricalCrossentropy": ([0.2, 0.3, 0.5], [0.6, 0.3, 0.1], 1.3961693068142353),
    "CategoricalFocalCrossentropy": ([0.2, 0.3, 0.5], [0.6, 0.3, 0.1], 0.20308421003115146),
    "SparseCategoricalCrossentropy": ([0.2, 0.3, 0.5], 2, 0.6931471805599453),
}


@pytest.mark.parametrize(("name", "given", "right"), [row[1:] for row in VALUES], ids=[row[0] for row in VALUES])
def test_shapes_that_match_give_the_value(name: str, given: dict[str, Any], right: Any) -> None:
    found = losscli.compute(name, **given)
    value = found.values if found.value is None else found.value
    # MONAI computes the focal part in single precision
    assert np.shape(value) == np.shape(right)
    np.testing.assert_allclose(value, right, rtol=1e-7 if "Focal" in name else 1e-12)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "none", "mean"])
@pytest.mark.parametrize("name", KERAS)
def test_keras_treats_a_vector_as_one_sample(name: str, reduction: str) -> None:
    pred, target, right = KERAS[name]
    found = losscli.compute(f"keras.losses.{name}", pred=pred, target=target, reduction=reduction)
    value = np.ravel(found.values if found.value is None else found.value)
    np.testing.assert_allclose(value, [right], rtol=2e-6)


REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("one number a row", "ppo_clip", {"logp": [[-1, -2]] * 2, "old_logp": [-1, -2], "advantage": [[1, 0]] * 2}, r"give it as \(2, 1\)"),
    ("numbers of no axis", "mse", {"pred": [[1, 2, 3]] * 2, "target": [1, 2, 3, 4]}, "target needs 2 numbers"),
    ("one label a row", "brier", {"pred": [[0.2, 0.8]] * 3, "target": [0, 1, 1]}, "multiclass_brier takes one number for each class"),
    ("labels of one sample", "logloss", {"pred": [0.2, 0.9, 0.4], "target": [0, 1, 1]}, "bce takes one probability a row"),
    ("labels of one sample, hard", "nll", {"pred": [-1, -2, -3], "target": [0, 1, 1]}, "give one label"),
    ("negative soft label", "cross_entropy", {"pred": [LOGITS], "target": [[-1e-5, 0.5, 0.5]]}, "no probability of a class"),
    ("a framework's word", "monai.losses.DiceLoss", {"pred": [[[2.0]]], "target": [[[1.0]]]}, "sigmoid=True or softmax=True takes logits"),
    (
        "a framework's word for a label",
        "keras.losses.SparseCategoricalCrossentropy",
        {"pred": [[0.2, 0.8]], "target": [7]},
        "ignore_class=7",
    ),
    ("boxes of a width", "giou", {"pred": [[10, 20, 5, 6]], "target": [[10, 20, 5, 6]]}, "box_format='xywh'"),
    ("boxes of a negative width", "giou", {"pred": [[1, 1, -1, 1]], "target": [[1, 1, 1, 1]], "box_format": "xywh"}, "width or a height"),
    ("time down the rows", "mase", SERIES | {"history": [[1, 2], [2, 3], [4, 5]]}, "transpose it"),
    (
        "divergences of more axes",
        "kto",
        {"policy_logps": [-1, -2], "ref_logps": [-1, -2], "label": [1, 0], "kl": [[1, 2], [3, 4]]},
        "too many axes",
    ),
]


@pytest.mark.parametrize(("name", "given", "says"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED])
def test_shapes_that_do_not_match_are_refused(name: str, given: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        losscli.compute(name, **given)


def test_weights_that_multiply_one_number_in_keras_give_a_warning() -> None:
    """Keras multiplies its number by the mean weight, 2.5; dice multiplies the elements."""
    given = {"pred": [[0.5], [0.25]], "target": [[1], [0]], "sample_weight": [1, 4]}
    for name, codes in (("keras.losses.Dice", ["W127"]), ("dice", [])):
        found = losscli.compute(name, **given, eps=0)
        assert found.value == pytest.approx(1 - 2 * 0.5 / (0.5 + 1 + 1))
        assert [w.code for w in found.warnings] == codes


@pytest.mark.parametrize(("shape", "said"), [((3,), True), ((3, 1), False), ((3, 3), False), ((), False)])
def test_weights_that_keras_repeats_along_another_axis_give_a_warning(shape: tuple[int, ...], said: bool) -> None:
    """For losses (3, 3), Keras applies weights (3,) to the columns, as NumPy does, and losscli to the rows."""
    given = {"pred": np.ones((3, 3, 2)), "target": np.zeros((3, 3, 2)), "sample_weight": np.full(shape, 2.0)}
    found = losscli.compute("keras.losses.MeanSquaredError", **given)
    assert [w.code for w in found.warnings] == ["W127"] * said
    assert losscli.compute("mse", **given).warnings == []


@pytest.mark.parametrize(("name", "given"), [("rmse", {}), ("rse", {}), ("mse", {"reduction": "batchmean"})])
def test_two_possible_row_axes_give_a_warning(name: str, given: dict[str, Any]) -> None:
    found = losscli.compute(name, pred=[[1.0, 2.0]], target=[1.0, 4.0], **given)
    assert "W127" in [w.code for w in found.warnings]
    assert losscli.compute("mse", pred=[[1.0, 2.0]], target=[1.0, 4.0]).warnings == []


def test_the_advice_of_the_warning_gives_the_expected_number() -> None:
    """The advantage of a sequence is used for each of its tokens (NVIDIA-NeMo/RL#3656): r = e^0.1 twice, e^-0.2 and e^0 of A = -0.5."""
    logp, old = [[-1.0, -2.0], [-1.2, -3.0]], [[-1.1, -2.1], [-1.0, -3.0]]
    expected = np.mean([-np.exp(0.1), -np.exp(0.1), 0.5 * np.exp(-0.2), 0.5])
    by_row = losscli.compute("ppo_clip", logp=logp, old_logp=old, advantage=[[1.0], [-0.5]], broadcast=True)
    assert by_row.value == pytest.approx(expected, rel=1e-12)
    assert by_row.warnings == []
    by_column = losscli.compute("ppo_clip", logp=logp, old_logp=old, advantage=[1.0, -0.5], broadcast=True)
    assert [w.code for w in by_column.warnings] == ["W127"]


# --- files -------------------------------------------------------------------------------------------------------------------------

FILES = {
    "b.csv": "prob,y\n.1,1\n.7,1\n.6,1\n.2,0\n.3,0\n",
    "words.csv": "prob,y\n.1,yes\n.7,yes\n.6,yes\n.2,no\n.3,no\n",
    "det.json": json.dumps([{"image_id": i, "bbox": box} for i, box in enumerate(BOXES["pred"])]),
    "gt.json": json.dumps([{"image_id": i, "bbox": box} for i, box in enumerate(BOXES["target"])]),
    "o.yaml": "terms: {box: {loss: giou, pred: det.json::bbox, target: gt.json::bbox, box_format: xywh, eps: 0}}\n",
    "k.csv": "a,b,w\n1,1,1\n2,2,2\n4,3,3\n",
    "h.csv": "p,t,h0,h1,h2,h3\n10,11,5,7,6,9\n3,5,1,2,4,4\n",
}
COMMANDS = [
    ("log_loss", "compute sklearn.metrics.log_loss b.csv -p prob -t y", 0.7499808311903422, ""),
    ("log_loss of words", "compute sklearn.metrics.log_loss words.csv -p prob -t y", 0.7499808311903422, ""),
    ("boxes", "compute giou det.json -p bbox -t gt.json::bbox --box-format xywh --eps 0", (2 / 31 + 1 / 6) / 2, ""),
    ("boxes of coco", "compute giou det.json -p bbox -t gt.json::bbox --eps 0", (0.05 + 1 / 6) / 2, "W128"),
    ("corners", "compute giou det.json -p bbox -t gt.json::bbox --box-format xyxy --eps 0", (0.05 + 1 / 6) / 2, ""),
    ("boxes by COCO's name", "compute giou det.json -t gt.json::bbox --box-format xywh --eps 0", (2 / 31 + 1 / 6) / 2, ""),
    ("boxes of an objective", "compute o.yaml", (2 / 31 + 1 / 6) / 2, ""),
    ("keras", "compute keras.losses.MeanSquaredError k.csv -p a -t b -r sum", 1 / 3, ""),
    ("keras, (N, 1)", "compute keras.losses.MeanSquaredError k.csv -p a:a -t b:b -w w", 1.0, ""),
    ("broadcast", "compute mse k.csv -p a,b -t w:w --broadcast", 1 / 6, ""),
    ("a history a row", "compute mase h.csv -p p -t t --history h0:h3", (1 / 2 + 2 / 1) / 2, ""),
]


@pytest.mark.parametrize(("command", "right", "code"), [row[1:] for row in COMMANDS], ids=[r[0] for r in COMMANDS])
def test_shapes_on_the_command_line(
    command: str, right: float, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    assert run([*command.split(), "-f", "value"]) == 0
    out, err = capsys.readouterr()
    assert float(out) == pytest.approx(right, rel=1e-12)
    assert (code in err) if code else not err


def test_series_of_each_row_are_matched_by_id(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.csv").write_text("id,pred,target\na,1,2\nb,2,5\n")
    (tmp_path / "h.csv").write_text("id,x,y,z\nb,1,3,9\na,1,2,4\n")
    command = ["compute", "mase", str(tmp_path / "p.csv"), "--history", f"{tmp_path}/h.csv::x:z", "-f", "value"]
    assert run([*command, "--id", "id"]) == 0
    assert float(capsys.readouterr().out) == pytest.approx((1 / 1.5 + 3 / 4) / 2, rel=1e-15)
    run(command)
    assert "W115" in capsys.readouterr().err


@pytest.mark.parametrize("name", [n for n, known in LOSSES.items() if "box_format" in known.options])
def test_every_loss_of_boxes_takes_all_box_formats(name: str) -> None:
    """A box gives the same loss and derivatives in each format, for compute and compare."""
    both = [r.name for r in LOSSES[name].roles.values() if r.domain.size == 4]
    corners = dict(zip(both, ([[0.0, 0, 4, 3], [1, 1, 2, 5]], [[1.0, 0.5, 3, 4], [0, 2, 4, 3]]), strict=True))
    more: dict[str, Any] = {}
    if both != ["pred", "target"]:  # sets of boxes, each row an image
        corners = {role: [x] for role, x in corners.items()}
        more = {"pred": [[[0.5, 0.1], [0.2, 0.9]]], "target": [[0, 0]]}
    right = losscli.compute(name, **corners, **more).value
    for box_format, written in (("xywh", _sides), ("cxcywh", _centres)):
        found = losscli.compute(name, box_format=box_format, **{r: written(np.array(x)) for r, x in corners.items()}, **more)
        assert found.value == pytest.approx(right, rel=1e-12)


@pytest.mark.every_loss
def test_every_role_of_boxes_has_a_box_format() -> None:
    for known in LOSSES.values():
        assert any(r.domain.size == 4 for r in known.roles.values()) == ("box_format" in known.options), known.name


def test_a_function_of_boxes_gets_corners_and_its_derivative_is_that_of_what_was_given() -> None:
    def width(pred: Box, target: Box) -> Any:
        return pred[:, 2] - pred[:, 0] + 10 * pred[:, 0] - 0 * target[:, 0]

    boxes = {"pred": [[5.0, 5, 2, 3]], "target": [[5.0, 5, 2, 3]]}
    for box_format, value, slope in (("xywh", 52.0, [10, 0, 1, 0]), ("cxcywh", 42.0, [10, 0, -4, 0])):
        assert losscli.compute(width, **boxes, box_format=box_format).value == value
        np.testing.assert_array_equal(losscli.gradient(width, **boxes, box_format=box_format), [slope])


def test_boxes_that_look_like_corners_are_said_where_all_do() -> None:
    boxes = np.tile([1.0, 1, 2, 2], (8, 1))
    for box_format, rows, codes in (("xywh", 8, ["W135"]), ("cxcywh", 8, ["W135"]), ("xywh", 7, []), ("xyxy", 8, [])):
        found = losscli.compute("giou", pred=boxes[:rows], target=boxes[:rows] + 0.0, box_format=box_format)
        assert [w.code for w in found.warnings] == codes
    boxes[3, 2] = 0.5
    assert not losscli.compute("giou", pred=boxes, target=boxes, box_format="xywh").warnings


def _sides(box: Any) -> Any:
    return np.concatenate([box[..., :2], box[..., 2:] - box[..., :2]], -1)


def _centres(box: Any) -> Any:
    return np.concatenate([(box[..., :2] + box[..., 2:]) / 2, box[..., 2:] - box[..., :2]], -1)


# --- the law -----------------------------------------------------------------------------------------------------------------------

SHAPES = [shape for n in range(4) for shape in itertools.product((1, 2), repeat=n)]


@pytest.mark.parametrize("broadcast", [False, True], ids=["strict", "broadcast"])
def test_shapes_of_two_roles(broadcast: bool) -> None:
    """With --broadcast NumPy's rule; without it only shapes that have the same data in the same order."""
    for a, b in itertools.product(SHAPES, SHAPES):
        x, y = np.arange(np.prod(a, dtype=int)).reshape(a) + 1.0, 10.0 * np.arange(np.prod(b, dtype=int)).reshape(b) + 3
        try:
            right = (x - y) ** 2 if broadcast else (x - y.reshape(a)) ** 2
            agrees = broadcast or [n for n in a if n > 1] == [n for n in b if n > 1]
        except ValueError:
            agrees = False
        if agrees:
            found = losscli.compute("mse", pred=x, target=y, broadcast=broadcast)
            assert found.value == pytest.approx(right.mean(), rel=1e-12), (a, b)
            if broadcast:
                values = losscli.compute("mse", pred=x, target=y, broadcast=True, reduction="none").values
                np.testing.assert_allclose(values, np.atleast_1d(right), rtol=1e-12)
        else:
            with pytest.raises(InputError):
                losscli.compute("mse", pred=x, target=y, broadcast=broadcast)


ELEMENTS = [
    known
    for known in LOSSES.values()
    if known.kind == "pointwise"
    and sum(not r.optional for r in known.roles.values()) > 1
    and not any(r.domain.ndim or r.domain.shared for r in known.roles.values())
]
FIRST = [(2,), (2, 1), (2, 2), (1, 2, 2)]


@pytest.mark.parametrize("known", ELEMENTS, ids=lambda known: known.name)
def test_shapes_of_one_role(known: Loss) -> None:
    """One role in any shape: the value of the arrays that NumPy broadcasts, or an error."""
    rng = np.random.default_rng(3)
    last = [r for r in example(known, rng, 1) if r != known.first][-1]
    for base, shape in itertools.product(FIRST, SHAPES):
        data = {r: _shaped(known, r, base if r != last else shape, rng) for r in example(known, rng, 1)}
        try:
            arrays = np.broadcast_arrays(*data.values())
        except ValueError:
            with pytest.raises(InputError):
                losscli.compute(known.name, broadcast=True, **data)
            continue
        right = losscli.compute(known.name, **dict(zip(data, arrays, strict=True))).value
        assert losscli.compute(known.name, broadcast=True, **data).value == pytest.approx(right, rel=1e-12, nan_ok=True), (base, shape)


def _shaped(known: Loss, role: str, shape: tuple[int, ...], rng: Any) -> Any:
    """Values in the domain of a role, in a shape."""
    return np.reshape(example(known, rng, max(1, int(np.prod(shape, dtype=int))))[role], shape)


SHARED = [(known, r.name) for known in LOSSES.values() for r in known.roles.values() if r.domain.shared and not r.domain.own_rows]


@pytest.mark.parametrize(("known", "role"), SHARED, ids=lambda x: x if isinstance(x, str) else x.name)
def test_shared_roles_of_more_axes_are_refused(known: Loss, role: str) -> None:
    data = example(known, np.random.default_rng(5), 3)
    domain = known.roles[role].domain
    vector = np.asarray(data.get(role, np.ones((4, *([2] * domain.ndim)))))
    axes = 2 + domain.ndim + domain.or_per_row
    data[role] = np.broadcast_to(vector, (2,) * (axes - vector.ndim) + vector.shape)
    bound = bind(known, OURS, {})
    with pytest.raises((InputError, UsageError)):
        prepare(bound, {r: Column(r, x) for r, x in data.items()})


@pytest.mark.parametrize("known", LOSSES.values(), ids=lambda known: known.name)
def test_another_shape_never_gives_another_number(known: Loss) -> None:
    """One role in any shape: with the same number of numbers the value is the same; others are soft labels or refused."""
    for rows in (1, 2):
        usual = _narrow(known, example(known, np.random.default_rng(7), rows))
        for role, shape in itertools.product(list(usual)[1:], SHAPES):
            domain = known.roles[role].domain
            other = usual | {role: np.resize(usual[role], int(np.prod(shape, dtype=int))).reshape(shape)}
            if (found := _value_of(known, other)) is None:
                continue
            if other[role].size == usual[role].size:
                right = _value_of(known, usual)
                assert right is not None
                np.testing.assert_allclose(found, right, rtol=1e-12)
            elif isinstance(domain, LabelIn):
                assert domain.soft, (role, shape)
                assert other[role].size == rows * 2, (role, shape)
            else:
                assert domain.shared or domain.free or domain.ragged, (role, shape)


def _narrow(known: Loss, data: dict[str, Any]) -> dict[str, Any]:
    """Vectors of two numbers, and labels of the first class of them."""
    found = {}
    for role, x in data.items():
        domain = known.roles[role].domain
        own = (slice(None), *(slice(0, 2),) * domain.ndim) if domain.size is None else ()
        found[role] = (
            np.zeros_like(x[own]) if isinstance(domain, LabelIn) else np.minimum(x, 1)[own] if isinstance(domain, Whole) else x[own]
        )
    return found


def _value_of(known: Loss, data: dict[str, Any]) -> Any:
    """The value, or None where the input is refused."""
    try:
        found = losscli.compute(known.name, **data)
    except LossError:
        return None
    return found.value if found.values is None else found.values


@pytest.mark.parametrize(("wrt", "right"), [("pred", [[-1.0], [0.0]]), ("target", [[-0.5, 1.5]])])
def test_a_gradient_has_the_shape_of_the_argument(wrt: str, right: Any) -> None:
    """d/dp_i of Σ (p_i − t_j)² / 4 is Σ_j (p_i − t_j) / 2, and so for t."""
    found = losscli.gradient("mse", pred=[[1.0], [2.0]], target=[[1.0, 3.0]], broadcast=True, wrt=wrt)
    np.testing.assert_allclose(found, right, rtol=1e-12)


@pytest.mark.parametrize(("pred", "target"), [([], []), ([], 1.0), (1.0, []), ([], [2.0])])
def test_nothing_broadcasts_to_nothing(pred: Any, target: Any) -> None:
    result = losscli.compute("mse", pred=pred, target=target, broadcast=True)
    assert math.isnan(result.value) and result.empty and [w.code for w in result.warnings] == ["W105"]
