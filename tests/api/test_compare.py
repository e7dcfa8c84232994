"""`losscli.compare` gives what the command gives, for arrays."""

from __future__ import annotations

import json

import numpy as np
import pytest

import losscli
from losscli.cli.app import run
from losscli.numeric.lazy import Array

RNG = np.random.default_rng(0)
A, B, T = RNG.normal(size=(3, 40))


def absolute(pred: Array, target: Array) -> Array:
    return np.abs(pred - target)


def text(x: Array) -> str:
    return ",".join(map(repr, x.tolist()))


def test_it_is_the_comparison_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["compare", "-l", "rmse", "-l", "huber:delta=2", "-p", f"a={text(A)}", "-p", f"b={text(B)}", "-t", text(T), "--baseline", "b"]
    assert run([*argv, "-f", "json"]) == 0
    expected = json.loads(capsys.readouterr().out)
    found = losscli.compare({"a": A, "b": B}, target=T, losses=["rmse", "huber:delta=2"], baseline="b")
    assert found.to_dict()["results"] == expected["results"]
    assert run([*argv, "--color", "never"]) == 0
    assert found.table == capsys.readouterr().out == str(found)


def test_the_spellings_of_a_loss_and_of_the_predictions() -> None:
    by_text = losscli.compare({"a": A.tolist()}, target=T, losses="huber:delta=2").results[0]
    by_pair = losscli.compare({"a": A}, target=T, losses=[("huber", {"delta": 2.0})]).results[0]
    assert by_text.value == by_pair.value == losscli.compute("huber", pred=A, target=T, delta=2.0).value
    assert losscli.compare({"a": A}, target=T, losses=absolute).results[0].value == losscli.compute("mae", pred=A, target=T).value


def test_a_data_frame_of_predictions() -> None:
    import pandas

    found = losscli.compare(pandas.DataFrame({"a": A, "b": B}), target=T, losses="mse")
    assert [r.prediction for r in found.results] == ["a", "b"]


def test_verdicts() -> None:
    found = losscli.compare({"a": T + 0.1 * A, "b": T + B}, target=T, losses=["mse", "median_ae"])
    assert found.verdicts.keys() == {("b", "mse")}
    assert found.verdicts["b", "mse"].startswith("worse by ")
    assert losscli.compare({"a": A, "b": B}, target=T, losses="mse", ci=None).verdicts == {}


def test_a_role_of_one_of_the_losses() -> None:
    var = np.full(40, 2.0)
    found = losscli.compare({"a": A}, target=T, losses=["mse", "gaussian_nll"], var=var)
    assert found.results[1].value == losscli.compute("gaussian_nll", pred=A, target=T, var=var).value
