"""--nan propagate: a missing number never becomes a finite loss where it is a label, nor where a mean leaves terms out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import losscli
from losscli.errors import InputError
from losscli.testing.case import small_blocks

VECTORS = np.arange(15.0).reshape(5, 3) % 4
GROUPS = [0, 1, 0, 1, 0]
LABELS: dict[str, dict[str, Any]] = {  # the missing value stands in the last role
    "rnnt": {"pred": np.zeros((1, 2, 2, 3)), "target": [[np.nan]]},
    "ctc": {"pred": np.zeros((1, 2, 3)), "target": [[np.nan]]},
    "deephit_single": {"pred": np.zeros((2, 3)), "event": [1, 1], "interval": [np.nan, 1]},
    "triplet_all": {"pred": VECTORS, "target": [0, 1, 0, 1, np.nan]},
    "cosine_embedding": {"input1": VECTORS, "input2": VECTORS, "target": [1, -1, 1, 1, np.nan]},
    "ranknet": {"pred": [[1.0, 2.0]], "target": [[1, np.nan]]},
}


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("nan", ["error", "propagate"])
def test_a_label_that_is_missing_is_refused(name: str, nan: str) -> None:
    role = list(LABELS[name])[-1]
    with pytest.raises(InputError, match=f"{role}: row .* is nan or empty; nan='omit' leaves such rows out$"):
        losscli.compute(name, **LABELS[name], nan=nan)


@pytest.mark.parametrize("name", ["sup_con", "contrastive_all", "triplet_all", "circle", "beta_margin"])
def test_a_mean_over_terms_that_count_is_nan_where_a_term_is(name: str) -> None:
    pred = VECTORS.copy()
    pred[2, 0] = np.nan
    assert np.isnan(losscli.compute(name, pred=pred, target=GROUPS, nan="propagate").value)


HOLED = {"pred": [np.nan, 1.0, 2.0], "target": [0.0, 3.0, 1.0]}


def test_a_comparison_that_loses_the_nan_does_not_make_a_number_of_it() -> None:
    values = losscli.compute("zero_one", **HOLED, nan="propagate", reduction="none").values
    assert values is not None and np.isnan(values[0]) and np.isfinite(values[1:]).all()
    assert np.isnan(losscli.compute("median_ae", **HOLED, nan="propagate").value)


def test_a_missing_number_of_a_row_that_does_not_count_changes_nothing() -> None:
    data = {"pred": [np.nan, 1.0, 2.0], "target": [1.0, 3.0, 1.0]}
    weight = [0.0, 1.0, 1.0]
    for name in ("zero_one", "mse"):
        found = losscli.compute(name, **data, sample_weight=weight, nan="propagate").value
        assert found == losscli.compute(name, pred=[1.0, 2.0], target=[3.0, 1.0]).value, name
    for name in ("silog", "median_ae", "d2_absolute_error"):  # all rows together: a formula may use it before the weights
        assert np.isnan(losscli.compute(name, **data, sample_weight=weight, nan="propagate").value), name


def test_a_missing_number_beside_an_ignored_label_changes_nothing() -> None:
    logits = np.log([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [np.nan, 0.5, 0.5]])
    found = losscli.compute("cross_entropy", pred=logits, target=[0, 1, -100], ignore_index=-100, nan="propagate")
    assert found.value == losscli.compute("cross_entropy", pred=logits[:2], target=[0, 1]).value


def test_a_missing_number_under_a_mask_changes_nothing() -> None:
    data = {"logp": [[-1.0, np.nan, -3.0]], "mask": [[1, 0, 1]]}
    assert losscli.compute("token_nll", **data, nan="propagate").value == 2.0
    data["mask"] = [[1, 1, 1]]
    assert np.isnan(losscli.compute("token_nll", **data, nan="propagate").value)


def test_a_missing_number_makes_the_statistics_of_its_own_row_and_output_nan() -> None:
    pred, target = np.arange(6.0).reshape(3, 2) + 1, np.ones((3, 2))
    pred[1, 0] = np.nan
    by_row = losscli.compute("silog", pred=pred, target=target, per="row", reduction="none", nan="propagate").values
    by_output = losscli.compute("median_ae", pred=pred, target=target, per="output", reduction="none", nan="propagate").values
    np.testing.assert_array_equal(np.isnan(by_row), [False, True, False])
    np.testing.assert_array_equal(np.isnan(by_output), [True, False])


def test_a_missing_number_of_all_rows_makes_every_value_nan() -> None:
    proxies = np.ones((3, 3))
    proxies[1, 1] = np.nan
    assert np.isnan(losscli.compute("normalized_softmax", pred=VECTORS, target=GROUPS, proxies=proxies, nan="propagate").value)


def test_the_derivative_by_a_missing_number_is_nan_and_of_other_rows_it_is_not() -> None:
    slope = losscli.gradient("hinge", pred=[np.nan, 0.5, 2.0], target=[1, 1, -1], reduction="sum", nan="propagate")
    np.testing.assert_array_equal(slope, [np.nan, -1.0, 1.0])
    data = {"logp": [np.nan, -1.0], "old_logp": [-1.0, -1.0], "advantage": [1.0, 1.0]}
    for role in ("logp", "old_logp"):  # a branch that is not taken has no derivative
        slope = losscli.gradient("ppo_clip", **data, wrt=role, reduction="sum", nan="propagate")
        np.testing.assert_array_equal(np.isnan(slope), [True, False])


def test_a_kernel_gives_the_same_as_numpy_where_a_number_is_missing() -> None:
    pred = np.random.default_rng(0).normal(size=70_000)
    pred[[3, 60_000]] = np.nan
    target = np.sign(pred[::-1])
    target[np.isnan(target)] = 1
    for reduction in ("none", "mean"):
        long = losscli.compute("hinge", pred=pred, target=target, reduction=reduction, nan="propagate")
        found = long.value if long.values is None else long.values
        each = np.maximum(0, 1 - pred * target)
        np.testing.assert_allclose(found, each if reduction == "none" else np.nan, rtol=1e-12)
    slope = losscli.gradient("hinge", pred=pred, target=target, reduction="sum", nan="propagate")
    np.testing.assert_array_equal(np.isnan(slope), np.isnan(pred))


@pytest.mark.parametrize("first", [0.5, np.inf, np.nan])
@pytest.mark.parametrize("nan", ["error", "propagate"])
def test_the_first_token_has_to_be_an_index_though_it_is_shifted_away(first: float, nan: str) -> None:
    with pytest.raises(InputError, match="target: row 0, element 0"):
        losscli.compute("causal_lm", pred=np.zeros((1, 3, 2)), target=[[first, 1, 1]], nan=nan)


@pytest.mark.parametrize("elements", [2, 4, 4096])
@pytest.mark.parametrize("weight", [None, [1.0, 2.0, 0.5, 1.0, 3.0]])
@pytest.mark.parametrize("name", ["silog", "median_ae", "max_error", "d2_absolute_error", "r2", "mse"])
def test_a_missing_number_counts_in_its_own_output_alone_whatever_the_blocks(name: str, weight: Any, elements: int) -> None:
    rng = np.random.default_rng(3)
    pred, target = rng.uniform(1, 2, (2, 5, 3))
    whole: dict[str, Any] = {"target": target, "sample_weight": weight, "per": "output", "reduction": "none", "nan": "propagate"}
    with small_blocks(elements):
        as_it_is = losscli.compute(name, pred=pred, **whole).values
        pred[3, 1] = np.nan
        found = losscli.compute(name, pred=pred, **whole).values
    assert as_it_is is not None and np.isfinite(as_it_is).all()
    np.testing.assert_allclose(found, np.where([False, True, False], np.nan, as_it_is), rtol=1e-12)
