"""Labels whose classes are not the last axis of pred, and lists of labels: which inputs are refused, and with which message."""

from __future__ import annotations

import numpy as np
import pytest

import losscli
from losscli.errors import InputError, UsageError

FEATURES, MATRIX = np.arange(12.0).reshape(4, 3), np.arange(15.0).reshape(5, 3)


def linear(**given: object) -> losscli.Result:
    return losscli.compute("linear_cross_entropy", **({"pred": FEATURES, "linear_weight": MATRIX, "target": [0, 1, 2, 4]} | given))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"target": [0, 1, 2, 5]}, "target: row 3 is 5, but class indices go from 0 to 4"),
        ({"linear_bias": [1.0, 2.0]}, "linear_bias has 2 numbers, but linear_weight has 5 rows"),
        ({"linear_weight": MATRIX[:, :2]}, "their vectors must be of one length"),
        ({"class_weight": [1, 2, 3]}, "class_weight has 3 numbers, but linear_weight has 5"),
    ],
)
def test_linear_cross_entropy_refuses_wrong_inputs(given: dict[str, object], message: str) -> None:
    with pytest.raises((InputError, UsageError), match=message):
        linear(**given)


def test_features_with_more_axes_need_a_label_each() -> None:
    pred, target = np.arange(24.0).reshape(4, 2, 3) / 9, np.arange(8).reshape(4, 2) % 5
    logits = np.moveaxis(pred @ MATRIX.T, -1, 1)
    expected = losscli.compute("cross_entropy", pred=logits, target=target)
    np.testing.assert_allclose(linear(pred=pred, target=target).value, expected.value, rtol=1e-14)


@pytest.mark.parametrize("target", [[0, 3, -1], [0.5, -1, -1], [-2, 0, 1]])
def test_a_list_of_labels_must_have_class_indices(target: list[float]) -> None:
    with pytest.raises(InputError, match="not class indices from 0, ended by -1"):
        losscli.compute("multilabel_margin", pred=[[0.1, 0.2, 0.3]], target=[target])


def test_without_class_counts_there_is_a_warning() -> None:
    pred, target = np.zeros((2, 3)), [0, 1]
    for name in ("ldam", "logit_adjusted_ce"):
        assert [w.code for w in losscli.compute(name, pred=pred, target=target).warnings] == ["W109"]
        assert not losscli.compute(name, pred=pred, target=target, class_counts=[3, 2, 1]).warnings


def test_equal_rows_share_the_last_place_of_the_hardest_rows() -> None:
    values = losscli.compute("bootstrapped_ce", pred=[[2.0, 0.0]] * 3 + [[0.0, 5.0]], target=[1, 1, 1, 1], top_k=2, reduction="none").values
    np.testing.assert_allclose(values, [2 / 3 * np.log1p(np.exp(2))] * 3 + [0.0], rtol=1e-14)
