"""`-f metrics`: a flat JSON of names and numbers."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from losscli.cli.app import run
from losscli.render.metrics import metrics

PAIR = ("compute", "mse", "-p", "1,2,4", "-t", "1,2,5")
# What MLflow takes as a name of a metric.
NAME = re.compile(r"[/\w.\- ]+")


def printed(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    run([*argv, "-f", "metrics"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert all(NAME.fullmatch(name) and isinstance(x, float) for name, x in found.items())
    folders = {str(folder) for name in found for folder in PurePosixPath(name).parents}
    assert not folders & set(found) and all(str(PurePosixPath(name)) == name for name in found)  # MLflow may keep each in a file
    return found


def test_a_loss(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, *PAIR) == {"mse": 1 / 3}
    assert list(printed(capsys, *PAIR, "--ci", "95")) == ["mse", "mse.se", "mse.low", "mse.high"]
    assert printed(capsys, "compute", "r2", "-p", "1,2,4", "-t", "1,2,5")["r2.R²"] == pytest.approx(1 - 1 / (78 / 9))


def test_every_value_is_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    """DVC, MLflow and Weights & Biases take nan and infinities as Python's json reads them; words and null they refuse, or drop."""
    assert math.isnan(printed(capsys, "compute", "mse", "-p", "nan", "-t", "1", "--nan", "propagate")["mse"])
    assert printed(capsys, "compute", "mse", "-p", "inf", "-t", "1", "--nan", "propagate") == {"mse": math.inf}
    run(["compute", "mse", "-p", "nan", "-t", "1", "--nan", "propagate", "-f", "metrics"])
    assert capsys.readouterr().out == '{\n  "mse": NaN\n}\n'


def test_slices_and_comparisons(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_text("a,b,t,g\n1,2,3,x y\n2,3,3,n=1\n4,4,3,n=1\n")
    found = printed(capsys, "compute", "mae", "d.csv", "-p", "a", "-t", "t", "--by", "g", "--ci", "none")
    assert found == {"mae": 4 / 3, "mae.g x y": 2.0, "mae.g n_1": 1.0}
    found = printed(capsys, "compare", "d.csv", "-l", "mae", "-l", "huber:delta=2", "-p", "a", "-p", "b", "-t", "t", "--ci", "none")
    assert found == {"a/mae": 4 / 3, "a/huber_delta_2": 1.0, "b/mae": 2 / 3, "b/huber_delta_2": pytest.approx(1 / 3)}
    found = printed(capsys, "compare", "d.csv", "-l", "mae", "-p", "a", "-p", "b", "-t", "t", "--by", "g", "--ci", "95")
    assert found["b/mae.difference"] == pytest.approx(-2 / 3) and found["b/mae.g x y"] == 1.0


def test_predictions_that_are_files(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("runs").mkdir()
    Path("runs/a.csv").write_text("p,day\n1,x/y\n3,z\n")
    found = printed(capsys, "compare", "-l", "mse", "-p", "./runs/a.csv::p", "-t", "1,1", "--by", "runs/a.csv::day", "--ci", "none")
    assert list(found) == ["._runs_a.csv__p/mse", "._runs_a.csv__p/mse.day z", "._runs_a.csv__p/mse.day x_y"]


def test_an_objective(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "o.yaml").write_text("terms: {one: {loss: mae}, two: {loss: mse, weight: 2}}")
    (tmp_path / "d.csv").write_text("pred,target\n1,2\n2,4\n")
    assert printed(capsys, "compute", str(tmp_path / "o.yaml"), str(tmp_path / "d.csv")) == {"one": 1.5, "two": 2.5, "total": 6.5}


def test_equal_names_are_numbered() -> None:
    terms = [
        {"name": "a=b", "value": 1.0},
        {"name": "a:b", "value": [2.0, 3.0]},
        {"name": "a.b", "value": None},
        {"name": "a_b", "value": 4.0},
    ]
    assert metrics({"terms": terms}) == {"a_b": 1.0, "a_b.0": 2.0, "a_b.1": 3.0, "a_b 2": 4.0}
