"""Errors of several series that are told by a name: the laws, and what the order and the number of the rows of a series change."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import losscli
from losscli.testing import check_loss


def two_series(rng: np.random.Generator, rows: int) -> dict[str, Any]:
    """Rows of two series in turn; a third one in the history has no rows."""
    names = np.array([3, 4, 3, 3, 9, 4, 4, 9, 3, 3, 4])
    errors = {"pred": rng.normal(0, 2, rows), "target": rng.normal(0, 2, rows)}
    return errors | {"history": rng.normal(0, 2, len(names)), "series": np.arange(rows) % 2 + 3, "history_series": names}


@pytest.mark.parametrize("error", ["absolute", "squared", "root"])
def test_the_laws_hold_for_series_with_names(error: str) -> None:
    report = check_loss("series_scaled_error", data=two_series, options={"error": error})
    assert report.passed, str(report)


@pytest.mark.parametrize(("name", "alone"), [("series_mase", "mase"), ("series_msse", "msse"), ("series_rmsse", "rmsse")])
def test_it_is_the_mean_of_the_numbers_of_the_series(name: str, alone: str) -> None:
    data = two_series(np.random.default_rng(0), 7)
    each = []
    for s in (3, 4):
        mine = {k: data[k][data["series"] == s] for k in ("pred", "target")}
        history = data["history"][data["history_series"] == s]
        each.append(losscli.compute(alone, **mine, history=history, seasonality=2).value)
    np.testing.assert_allclose(losscli.compute(name, **data, seasonality=2).value, np.mean(each), rtol=1e-14)


@pytest.mark.parametrize("of", [pd.Series, lambda x: np.array(x, object), np.array], ids=["pandas", "objects", "texts"])
def test_the_names_of_series_may_be_words(of: Any) -> None:
    data = two_series(np.random.default_rng(0), 6)
    expected = losscli.compute("series_mase", **data).value
    words = {k: of([f"item {n}" for n in data[k]]) for k in ("series", "history_series")}
    assert losscli.compute("series_mase", **data | words).value == expected
    frame = pd.DataFrame({k: data[k] for k in ("pred", "target")} | {"item": words["series"]})
    given = {"series": "item", "history": data["history"], "history_series": words["history_series"]}
    assert losscli.compute("series_mase", data=frame, **given).value == expected


def test_a_series_that_is_constant_counts_where_it_has_rows() -> None:
    data = two_series(np.random.default_rng(0), 6)
    expected = losscli.compute("series_mase", **data).value
    data["history"][data["history_series"] == 9] = 5.0
    assert losscli.compute("series_mase", **data).value == expected
    assert np.isfinite(losscli.gradient("series_mase", **data, wrt="history")).all()
