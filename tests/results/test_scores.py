"""Losses that are 1 minus a score: the score beside the value, and gates that bound the loss alone."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.errors import UsageError
from tests.support.command import cli

PRED, TARGET = np.array([[1.0, 2.0], [2.0, 3.0], [4.0, 4.0]]), np.array([[1.0, 1.0], [2.0, 5.0], [4.5, 5.0]])
R2 = [1 - 0.25 / 6.5, 1 - 6 / (32 / 3)]  # by hand: means 2.5 and 11/3


def score_of(name: str, **said: Any) -> Any:
    score = losscli.compute(name, **({"pred": PRED, "target": TARGET} | said)).score
    return None if score is None else score.value


def test_the_score_is_1_minus_the_loss() -> None:
    np.testing.assert_allclose(score_of("r2"), np.mean(R2), rtol=1e-14)
    np.testing.assert_allclose(score_of("sklearn.metrics.r2_score", multioutput="raw_values"), R2, rtol=1e-14)
    assert score_of("accuracy", pred=[1, 2, 3, 3], target=[1, 2, 3, 4]) == 0.75


def test_the_score_of_a_sum_is_what_is_right() -> None:
    """The numbers are those of sklearn.metrics.accuracy_score(target, pred, normalize=False, sample_weight=…)."""
    labels = {"pred": [1, 2, 3, 3], "target": [1, 2, 3, 4]}
    assert score_of("sklearn.metrics.accuracy_score", **labels, normalize=False) == 3
    assert score_of("sklearn.metrics.accuracy_score", **labels, normalize=False, sample_weight=[1, 2, 3, 4]) == 6
    assert score_of("keras.metrics.Accuracy", **labels, reduction="sum", sample_weight=[1, 2, 3, 4]) == 6
    got = cli(["compute", "sklearn.metrics.accuracy_score", "-p", "1,2,3", "-t", "1,2,2", "--no-normalize", "--min", "2"])
    assert got.code == 2 and "the loss 3 - accuracy_score" in got.err and "give a max of 1" in got.err


def test_the_score_of_single_values_is_that_of_their_mean() -> None:
    labels = {"pred": [1, 2, 3, 3], "target": [1, 2, 3, 4]}
    assert score_of("accuracy", **labels, reduction="none") == 0.75
    assert score_of("accuracy", **labels, reduction="none", sample_weight=[1, 1, 1, 5]) == 3 / 8
    assert score_of("zero_one", **labels) is None


def test_the_score_is_in_json_text_and_gates() -> None:
    argv = ["compute", "r2", "-p", "1,2,4", "-t", "1,2,4.5", "--max", "0.05"]
    got = cli([*argv, "-f", "json"])
    document = json.loads(got.out)
    assert document["score"] == {"name": "R²", "value": 1 - document["value"], "larger_is_better": True}
    assert f"R² is {document['score']['value']!r}" in got.err
    assert "1 - loss, larger is better" in cli(argv).out


def test_a_comparison_ranks_the_loss_and_says_so() -> None:
    found = losscli.compare({"a": PRED, "b": TARGET}, target=TARGET, losses=["r2"], ci=None)
    assert [r.best for r in found.results] == [False, True]
    assert found.results[1].score is not None and found.results[1].score.value == 1
    got = cli(["compare", "-l", "r2", "-p", "a=1,2,4", "-p", "b=1,2,3", "-t", "1,2,4.5", "--ci", "none"])
    assert "r2 is the loss 1 - R²: the lowest has the largest R²" in got.out


def test_a_least_value_is_refused_in_python_too() -> None:
    with pytest.raises(UsageError, match=r"give a max of 0\.1"):
        losscli.compare({"a": PRED, "b": TARGET}, target=TARGET, losses=["r2"], min=0.9)


@pytest.mark.parametrize("name", ["keras.metrics.Accuracy", "keras.metrics.BinaryAccuracy"])
def test_an_accuracy_of_nothing_is_not_perfect(name: str) -> None:
    result = losscli.compute(name, pred=[1.0, 0.0], target=[1.0, 0.0], sample_weight=[0.0, 0.0])
    assert (result.value, result.empty) == (1.0, True)  # Keras gives an accuracy of 0


@pytest.mark.parametrize("name", ["r2", "sklearn.metrics.r2_score", "sklearn.metrics.d2_pinball_score"])
def test_the_score_of_one_row_is_nan_and_passes_no_gate(name: str) -> None:
    result = losscli.compute(name, pred=[1.0], target=[1.0])
    assert np.isnan(result.value) and result.empty
    assert "a score needs two rows or more" in result.warnings[0].message
    assert cli(["compute", name, "-p", "1", "-t", "1", "--max", "0.5"]).code == 1


def test_ties_of_the_highest_scores() -> None:
    pred = np.array([[0.5, 0.5, 0.0]])
    found = {
        ties: [losscli.compute("top_k_error", pred=pred, target=[y], k=1, ties=ties).value for y in (0, 1)]
        for ties in ("label", "first", "last")
    }
    assert found == {"label": [0.0, 0.0], "first": [0.0, 1.0], "last": [1.0, 0.0]}


def test_the_channels_of_a_score_weigh_by_the_variance_of_the_target() -> None:
    result = losscli.compute("r2", pred=PRED, target=TARGET, average="variance")
    np.testing.assert_allclose(result.value, 6.25 / (6.5 + 32 / 3), rtol=1e-14)
    assert result.denominator is not None and result.denominator.kind == "weights"
