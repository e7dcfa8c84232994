"""Frames in memory: the same numbers and messages for every kind of frame as for a file."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import losscli
from losscli.errors import LossError

COLUMNS: dict[str, list[Any]] = {
    "id": [4, 1, 3, 2],
    "prob": [0.2, 0.7, 0.9, 0.4],
    "other": [0.3, 0.6, 0.8, 0.5],
    "label": [0, 1, 1, 1],
    "weight": [1.0, 2.0, 3.0, 4.0],
    "region": ["n", "s", "n", "s"],
}


class Arrow:
    """A table of pyarrow, whose columns are asked for by position."""

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self.column_names, self._columns = list(columns), list(columns.values())

    def column(self, at: int) -> Any:
        return pl.Series(self._columns[at])


class DataSet:
    """A data set of Hugging Face: names of columns, and a list for each."""

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self.column_names, self._columns = list(columns), columns

    def __getitem__(self, name: str) -> list[Any]:
        return self._columns[name]


class Exchanged:
    """A frame of which only the Arrow protocol is known."""

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self._frame = pl.DataFrame(columns)
        self.columns = self._frame.columns

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._frame.__arrow_c_stream__(requested_schema)


def records(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def structured(columns: dict[str, list[Any]]) -> Any:
    return pd.DataFrame(columns).to_records(index=False)


KINDS: dict[str, Any] = {
    "a dict": dict,
    "pandas": pd.DataFrame,
    "nullable pandas": lambda columns: pd.DataFrame(columns).convert_dtypes(),
    "polars": pl.DataFrame,
    "lazy polars": lambda columns: pl.DataFrame(columns).lazy(),
    "pyarrow": Arrow,
    "a data set": DataSet,
    "the Arrow protocol": Exchanged,
    "records": records,
    "a structured array": structured,
}


@pytest.fixture(params=KINDS)
def frame(request: pytest.FixtureRequest) -> Any:
    return KINDS[request.param](COLUMNS)


def test_columns_by_name(frame: Any) -> None:
    r = losscli.compute("brier", data=frame, pred="prob", target="label", sample_weight="weight")
    assert float(r) == pytest.approx((0.04 + 2 * 0.09 + 3 * 0.01 + 4 * 0.36) / 10, rel=1e-14)
    assert r.bindings == {"pred": "data::prob", "target": "data::label"}


def test_words_name_slices_and_clusters(frame: Any) -> None:
    r = losscli.compute("brier", data=frame, pred="prob", target="label", by="region", ci=95, cluster="region")
    assert [(s.key, s.result.value) for s in r.slices] == [(("s",), pytest.approx(0.225)), (("n",), pytest.approx(0.025))]
    assert r.uncertainty is not None and r.to_dict()["by"] == ["region"]


def test_a_column_that_is_missing_is_named(frame: Any) -> None:
    with pytest.raises(LossError, match=r"data has no column 'probb' \(did you mean prob\?\); data has id, prob, other, label"):
        losscli.compute("brier", data=frame, pred="probb", target="label")
    with pytest.raises(LossError, match="data::region: row 0: 'n' is not a number"):
        losscli.compute("brier", data=frame, pred="region", target="label")


def test_frames_are_compared(frame: Any) -> None:
    c = losscli.compare(["prob", "other"], data=frame, target="label", losses=["brier", "bce"], id="id", top=1)
    assert c.predictions == {"prob": "data::prob", "other": "data::other"}
    assert c.results[0].value == pytest.approx(0.125) and c.results[2].value == pytest.approx(0.135)
    assert "2    0.25  0.36       -0.11" in c.table  # the row with the id 2
    assert losscli.gradient("mse", data=frame, pred="prob", target="label") == pytest.approx([0.1, -0.15, -0.05, -0.3])


def test_rows_of_two_frames_are_paired_by_id(frame: Any) -> None:
    submitted = pd.DataFrame({"id": [1, 2, 3, 4], "prob": [0.7, 0.4, 0.9, 0.2]})
    r = losscli.compute("brier", data=frame, pred=submitted, target="label", id="id", reduction="none")
    assert r.to_frame("polars").to_dict(as_series=False) == {"id": [4, 1, 3, 2], "loss": pytest.approx([0.04, 0.09, 0.01, 0.36])}
    assert float(losscli.compute("brier", data=frame, pred=submitted.set_index("id"), target="label", id="id")) == pytest.approx(0.125)
    with pytest.raises(LossError, match="id"):
        losscli.compute("brier", data=frame, pred=submitted[:3], target="label", id="id")


def test_roles_without_a_name_are_found_as_in_a_file(tmp_path: Path) -> None:
    frame = pd.DataFrame({"logit_cat": [2.0, 0.5], "logit_dog": [1.0, 3.0], "label": ["cat", "dog"]})
    frame.to_csv(tmp_path / "x.csv", index=False)
    of_frame, of_file = losscli.compute("cross_entropy", data=frame), losscli.compute("cross_entropy", data=tmp_path / "x.csv")
    assert of_frame.value == of_file.value == pytest.approx((np.log(1 + np.exp(-1)) + np.log(1 + np.exp(-2.5))) / 2, rel=1e-14)
    named = losscli.compute("cross_entropy", data=frame, pred=["logit_dog", "logit_cat"], target="label")
    assert named.value == pytest.approx(of_frame.value, rel=1e-15)
    assert losscli.compute("cross_entropy", data=frame, pred="logit_*", target="label").value == of_frame.value


MISSING: list[Any] = [
    pd.DataFrame({"p": [1.0, None], "t": [1, 2]}),
    pd.DataFrame({"p": pd.array([1, None], dtype="Int64"), "t": [1, 2]}),
    pd.DataFrame({"p": [Decimal("1"), None], "t": [1, 2]}),
    pl.DataFrame({"p": [1, None], "t": [1, 2]}),
    pl.DataFrame({"p": [True, None], "t": [1, 2]}),
    {"p": np.ma.array([1, 9], mask=[False, True]), "t": [1, 2]},
    {"p": [1, None], "t": np.array([1, 2])},
    [{"p": 1, "t": 1}, {"p": None, "t": 2}],
]


@pytest.mark.parametrize("frame", MISSING, ids=lambda x: type(x).__name__)
def test_missing_values_follow_nan(frame: Any) -> None:
    with pytest.raises(LossError, match=r"row 1.*is (nan|missing)"):
        losscli.compute("mse", data=frame, pred="p", target="t")
    assert losscli.compute("mse", data=frame, pred="p", target="t", nan="omit").rows.omitted == 1


def test_lists_in_cells_are_vectors() -> None:
    for make in (pd.DataFrame, pl.DataFrame, dict):
        frame = make({"pred": [[2.0, 1.0], [0.5, 3.0]], "target": [0, 1]})
        assert losscli.compute("cross_entropy", data=frame).value == pytest.approx(0.19608, abs=1e-5)
    with pytest.raises(LossError, match="data::pred is ragged"):
        losscli.compute("cross_entropy", data=pd.DataFrame({"pred": [[2.0, 1.0], [0.5]], "target": [0, 1]}))


def test_predictions_of_a_comparison() -> None:
    frame, target = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 3.0]}), [1.0, 4.0]
    for given in (frame, pl.DataFrame(frame.to_dict("list")), dict(frame)):
        assert [r.value for r in losscli.compare(given, target=target, losses="mse").results] == [2.0, 0.5]


def test_a_search_names_columns() -> None:
    found = losscli.match("0.125", data=pd.DataFrame(COLUMNS)[["prob", "label"]], losses=["brier", "mse"])
    assert [m.command for m in found.matches][:1] == ["losscli.compute('mse', pred='prob', target='label', data=data)"]


def test_a_search_takes_series() -> None:
    assert losscli.match("0.125", pred=pd.Series(COLUMNS["prob"]), target=pd.Series(COLUMNS["label"]), losses="mse").matches
