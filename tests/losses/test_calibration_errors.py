"""Calibration errors: names that are of one event or of classes by the shape, edges of bins, ties, and CORP."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import losscli
from losscli.statistics.calibration import reliability
from tests.support.command import cli

OF_CLASSES = np.array([[0.1, 0.2, 0.7], [0.3, 0.45, 0.25], [0.6, 0.1, 0.3], [0.05, 0.9, 0.05], [0.36, 0.3, 0.34], [0.2, 0.1, 0.7]])
LABELS = np.array([2, 0, 0, 1, 2, 1])


def error(name: str, pred: Any, target: Any, **options: Any) -> float:
    return float(losscli.compute(name, pred=pred, target=target, **options).value)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("ece", {}),
        ("mce", {"norm": "max"}),
        ("rmsce", {"norm": "l2"}),
        ("adaptive_ece", {"binning": "mass"}),
        ("torchmetrics.CalibrationError", {"closed": "left_and_1", "edges": "both_ends"}),
        ("netcal.metrics.ACE", {"bins": 10, "closed": "left", "edges": "steps", "norm": "average"}),
        ("calibration.get_ece_em", {"binning": "mass"}),
    ],
)
def test_a_name_is_of_the_top_class_where_a_row_has_several_probabilities(name: str, options: dict[str, Any]) -> None:
    assert error(name, OF_CLASSES, LABELS) == error("multiclass_calibration_error", OF_CLASSES, LABELS, **options)


def test_several_labels_a_row_are_several_events() -> None:
    flags = np.array([[0, 1, 1], [1, 1, 0], [0, 0, 0], [0, 1, 0], [1, 0, 1], [0, 0, 1]])
    assert error("ece", OF_CLASSES, flags) == error("binary_calibration_error", OF_CLASSES.ravel(), flags.ravel())


@pytest.mark.parametrize(
    ("closed", "sums"),
    [
        ("right", (-0.5, 1.0)),  # of p − t in {0, ½} and {1, 1}
        ("left", (-1.0, 1.5)),  # in {0} and {½, 1, 1}
        ("left_and_1", (-1.0, 0.5, 1.0)),  # in {0}, {½} and {1, 1}
    ],
)
def test_the_bin_of_a_probability_on_an_edge(closed: str, sums: tuple[float, ...]) -> None:
    """Two bins: 0 is in the first one and 1 in the last one; ½ is where the bin is closed."""
    pred, target = np.array([0.0, 0.5, 1.0, 1.0]), np.array([1, 0, 1, 0])
    expected = {"l1": sum(map(abs, sums)) / 4, "max": {"right": 0.5, "left": 1.0, "left_and_1": 1.0}[closed]}
    for norm, value in expected.items():
        assert error("ece", pred, target, bins=2, closed=closed, norm=norm) == pytest.approx(value, rel=1e-15)


def test_edges_are_rounded_as_each_library_rounds_them() -> None:
    """0.3 is below 3 × 0.1, which is 0.30000000000000004: so it is in the bin before it, closed on the left."""
    found = {e: error("ece", [0.3, 0.35], [1, 0], bins=10, closed="left", edges=e) for e in ("fractions", "steps", "both_ends")}
    assert found["fractions"] == pytest.approx(0.175) and found["steps"] == found["both_ends"] == pytest.approx(0.525)


def test_equal_probabilities_stay_in_one_bin_of_equal_mass() -> None:
    pred, target = [0.5, 0.5, 0.5, 0.5, 0.9, 0.9], [0, 1, 0, 1, 1, 1]
    for order in ([0, 1, 2, 3, 4, 5], [5, 3, 1, 0, 4, 2]):
        p, t = np.array(pred)[order], np.array(target)[order]
        assert error("adaptive_ece", p, t, bins=3) == pytest.approx(0.2 / 6, rel=1e-14)


@pytest.mark.parametrize("score", ["brier", "log"])
def test_the_miscalibration_is_that_of_the_decomposition(score: str) -> None:
    rng = np.random.default_rng(1)
    p, w = np.round(rng.uniform(0.01, 0.99, 200), 2), rng.integers(0, 3, 200) * 1.0
    y = (rng.uniform(size=200) < p**2) * 1.0
    parts = getattr(reliability(p, y, w), score)
    found = error("corp_miscalibration", p, y, score=score, sample_weight=w)
    assert found == pytest.approx(parts.miscalibration, rel=1e-12)


def test_the_error_of_nothing_passes_no_gate() -> None:
    for name in ("ece", "mce", "adaptive_ece", "corp_miscalibration"):
        done = cli(["compute", name, "-p", "0.5,1", "-t", "1,0", "-w", "0,0", "--max", "1", "-f", "value"])
        assert (done.code, done.out) == (1, "nan\n"), name


@pytest.mark.parametrize("name", ["ece", "mce", "adaptive_ece"])
def test_words_as_labels_choose_the_form_of_classes_too(name: str) -> None:
    words = np.array(["a", "b", "c"])[LABELS]
    rows = "".join(f"{w},{','.join(map(repr, p))}\n" for w, p in zip(words, OF_CLASSES.tolist(), strict=True))
    found = cli(["compute", name, "d.csv", "-f", "value"], {"d.csv": "target,prob_a,prob_b,prob_c\n" + rows})
    assert found.code == 0, found.err
    assert float(found.out) == pytest.approx(error(name, OF_CLASSES, LABELS), rel=1e-14)
