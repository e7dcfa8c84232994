"""What a result can be turned into, and what may be given as an array."""

from __future__ import annotations

import io
from html.parser import HTMLParser
from pathlib import Path
from runpy import run_path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import losscli
from losscli.errors import UsageError

PRED, TARGET, REGION = [1.0, 2.0, 4.0], [0.0, 4.0, 4.0], ["<north>", "south", "south"]


def test_the_names_of_the_interface_are_all_there_is() -> None:
    assert dir(losscli) == sorted(losscli.__all__)
    assert all(getattr(losscli, name) is not None for name in dir(losscli))
    assert losscli.__getattr__("testing").assert_loss and losscli.__getattr__("errors").InputError


def test_a_result_is_a_number() -> None:
    assert float(losscli.compute("mse", pred=PRED, target=TARGET)) == 5 / 3
    with pytest.raises(UsageError, match=r"mse has no single value here.* give reduction='mean'"):
        float(losscli.compute("mse", pred=PRED, target=TARGET, reduction="none"))


def test_a_result_as_a_frame() -> None:
    whole = losscli.compute("mse", pred=PRED, target=TARGET, ci=95).to_frame()
    assert list(whole.columns) == ["loss", "reduction", "value", "denominator", "rows", "level", "se", "low", "high"]
    assert whole.value[0] == 5 / 3
    elements = losscli.compute("mse", pred=[[1, 2], [3, 4], [5, 6]], target=np.zeros((3, 2)), reduction="none").to_frame("pandas")
    assert elements.to_dict("list") == {"row": [0, 0, 1, 1, 2, 2], "index_1": [0, 1, 0, 1, 0, 1], "loss": [1, 4, 9, 16, 25, 36]}
    left = losscli.compute("mse", pred=[1, np.nan, 3], target=[0, 0, 0], reduction="none", nan="omit").to_frame("polars")
    assert left.to_dict(as_series=False) == {"row": [0, 2], "loss": [1.0, 9.0]}
    slices = losscli.compute("mse", pred=PRED, target=TARGET, by=pd.Series(REGION, name="region")).to_frame()
    assert slices.region.tolist() == ["south", "<north>"] and slices.value.tolist() == [2.0, 1.0]
    compared = losscli.compare({"a": PRED, "b": TARGET}, target=TARGET, losses="mse").to_frame()
    assert compared.prediction.tolist() == ["a", "b"] and compared.best.tolist() == [False, True]
    assert losscli.match("1.6667", pred=PRED, target=TARGET, losses="mse").to_frame().value[0] == 5 / 3


class Balanced(HTMLParser):
    """Checks that every element is closed, and keeps the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


def test_a_result_in_a_notebook() -> None:
    shown = Balanced(losscli.compute("mse", pred=PRED, target=TARGET, by=REGION)._repr_html_())
    assert "1.66667" in shown.text and "<north>" in shown.text and "3 rows read, 3 used" in shown.text
    compared = Balanced(losscli.compare({"a": PRED, "b<": TARGET}, target=TARGET, losses="mse")._repr_html_())
    assert "b<" in compared.text and "* best (lowest)" in compared.text


def test_a_result_in_rich() -> None:
    out = io.StringIO()
    console = Console(file=out, width=60)
    console.print(losscli.compute("mse", pred=PRED, target=TARGET))
    assert "1.66667" in out.getvalue() and max(map(len, out.getvalue().splitlines()[:6])) <= 60


def test_a_result_as_text() -> None:
    result = losscli.compute("mse", pred=PRED, target=TARGET)
    assert str(result) == result.table and "1.66667" in result.table
    assert repr(result).startswith("ResultOfArrays(loss='mse'") and "sliced" not in repr(result) and "None" not in repr(result.rows)
    warned = losscli.compute("mse", data={"a": [1.0, 2.0]}, pred="a", target="a")
    assert "warning W116: pred and target are the same column, data::a" in warned.table


class FromDlpack:
    """A tensor that knows nothing but DLPack."""

    def __init__(self, x: list[float]) -> None:
        self.x = np.array(x)

    def __dlpack__(self, **said: Any) -> Any:
        return self.x.__dlpack__(**said)

    def __dlpack_device__(self) -> Any:
        return self.x.__dlpack_device__()


class OnGpu:
    """An array as cupy has it."""

    __cuda_array_interface__ = ()

    def __init__(self, x: list[float]) -> None:
        self.x = x

    def get(self) -> Any:
        return np.array(self.x)

    def __array__(self, *said: Any) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed")


@pytest.mark.parametrize("make", [FromDlpack, OnGpu, np.ma.array, pd.Series, tuple, lambda x: np.array(x, np.float16)])
def test_whatever_holds_numbers_is_an_array(make: Any) -> None:
    assert losscli.compute("mse", pred=make(PRED), target=TARGET).value == 5 / 3


def test_a_script_has_types() -> None:
    """The file is checked with the others by mypy --strict; here it runs."""
    run_path(str(Path(__file__).with_name("script.py")))
