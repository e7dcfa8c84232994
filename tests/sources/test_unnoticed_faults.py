"""Faults in the code that no other test noticed: each has one that does."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from losscli.aggregation import CrossProduct
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.job import View
from losscli.engine.summation import _aggregation_of
from losscli.sources import numpy_files
from losscli.sources.delimited import compiled
from losscli.sources.files import file_at
from tests.support.command import cli, npy

USAGE, INPUT, OUTPUT = 2, 3, 4


def test_sum_of_channels_is_a_sum() -> None:
    """r.m.s. of (1, 3) and of (2, 4): √5 and √10."""
    argv = ["compute", "rmse", "-p", "[[1,2],[3,4]]", "-t", "[[0,0],[0,0]]", "--per", "channel", "-f", "value", "-r"]
    assert float(cli([*argv, "sum"]).out) == pytest.approx(math.sqrt(5) + math.sqrt(10), rel=1e-15)
    assert float(cli([*argv, "mean"]).out) == pytest.approx((math.sqrt(5) + math.sqrt(10)) / 2, rel=1e-15)


needs_fields = pytest.mark.skipif(not compiled.AVAILABLE, reason="was not compiled here")


@needs_fields
@pytest.mark.parametrize(("size", "read"), [(511, True), (512, False), (513, False)])
def test_a_field_of_512_bytes_is_one_too_long_for_its_place(size: int, read: bool) -> None:
    field = b"0." + b"3" * (size - 2)
    found = compiled.csv_columns(field + b"\n", b",", 1, [0])
    assert (found is not None) == read
    if found is not None:
        assert found[0].tolist() == [float(field)]


@needs_fields
@pytest.mark.parametrize("at", range(8))
def test_ascii_characters_next_to_the_digits_are_not_digits(at: int) -> None:
    for wrong in b"/:;<=>?@":
        eight = bytearray(b"12345678")
        eight[at] = wrong
        assert compiled.csv_columns(b"0." + bytes(eight) + b"12\n", b",", 1, [0]) is None


def test_either_role_below_clip_is_noticed() -> None:
    for pred, target in (("0.1", "2"), ("2", "0.1")):
        assert "W104" in cli(["compute", "msle", "-p", pred, "-t", target, "--clip", "1"]).err
    assert cli(["compute", "msle", "-p", "2", "-t", "2", "--clip", "1"]).err == ""


@pytest.mark.parametrize("row", [0, 299_999])
def test_a_value_outside_is_found_in_every_block(row: int) -> None:
    pred = np.full(300_000, 0.5)
    pred[row] = 1.5
    got = cli(["compute", "bce", "-p", "p.npy", "-t", "t.npy"], {"p.npy": npy(pred), "t.npy": npy(np.ones(300_000))})
    assert got.code == INPUT and f"row {row} is 1.5" in got.err


def test_a_hint_about_signs_is_for_a_sign_that_is_0() -> None:
    hint = ("maps 0 to -1", "write -1 for 0")
    assert any(h in cli(["compute", "hinge", "-p", "1", "-t", "0"]).err for h in hint)
    for argv in (["compute", "hinge", "-p", "1", "-t", "2"], ["compute", "gaussian_nll", "-p", "1", "-t", "1", "--var", "0"]):
        got = cli(argv)
        assert not any(h in got.err for h in hint)
    assert cli(["compute", "hinge", "-p", "1", "-t", "2"]).code == INPUT


def test_products_are_summed_in_float64_over_all_vectors() -> None:
    """4096² + 1² = 16,777,217, which float32 does not have; with weights 2 and 3 it is 2 · 16,777,216 + 3."""
    x = np.array([[[4096.0, 1.0]], [[1.0, 0.0]]], np.float32)  # two rows of one vector each
    alone, weighed = (View(0, 2, {}, w, {}, {}) for w in (None, np.array([2.0, 3.0], np.float32)))
    found: list[Any] = [_aggregation_of(CrossProduct(x, x), (2,), view, ()) for view in (alone, weighed)]
    assert found[0].column.tolist() == [[16777217, 4096], [4096, 1]]
    assert found[1].column[0, 0] == 2 * 16777216 + 3


@pytest.mark.parametrize(
    ("pred", "weight", "value"),
    [
        ("[[1,1,1],[3,3,3]]", "[[1],[3]]", (3 * 1 + 3 * 9 * 3) / (3 * 1 + 3 * 3)),  # one for each row
        ("[[1,2,3],[4,5,6]]", "[[[1,0,0]],[[0,0,1]]]", (1 + 36) / 2),  # one for each value
        ("[[[1],[2]],[[3],[4]]]", "[[1,0],[0,3]]", (1 + 3 * 16) / 4),
    ],
)
def test_weights_whose_shape_differs_by_axes_of_one_fit(pred: str, weight: str, value: float) -> None:
    zeros = json.dumps((np.zeros(np.shape(json.loads(pred)))).tolist())
    got = cli(["compute", "mse", "-p", pred, "-t", zeros, "-w", weight, "-f", "value"])
    assert (got.code, got.err) == (0, "") and float(got.out) == pytest.approx(value, rel=1e-15)


def test_one_ignored_label_of_two_is_counted() -> None:
    got = cli(["compute", "cross_entropy", "-p", "[[1,2],[3,1]]", "-t", "0,-100", "-f", "json"])
    assert json.loads(got.out)["rows"]["ignored"] == 1


def test_mapped_columns_are_read_again_when_nothing_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numpy_files, "MAPPED", 0)
    np.save(tmp_path / "x.npy", [1.0, 2.0, 3.0])
    column: Column = numpy_files.read_npy(file_at(str(tmp_path / "x.npy"))).all()
    assert isinstance(column.array, np.memmap)
    data = Data({"x": column})
    assert data.all()["x"].tolist() == data.all()["x"].tolist() == [1, 2, 3]
