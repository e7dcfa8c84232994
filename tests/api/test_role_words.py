"""Roles in the words of a framework: its names, its defaults, its numbers where ours are others, and one number for all rows."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.cli.app import run
from losscli.errors import UsageError
from losscli.frameworks import libraries, rows_of
from losscli.presets import Made
from losscli.registry import LOSSES

Y, A = np.array([1.4, 0.5, 3.0]), np.array([0.5, 2.0, 3.5])


@pytest.mark.parametrize(
    ("name", "theirs", "ours"),
    [
        ("crps_lognormal", {"obs": Y, "mulog": A, "sigmalog": Y}, {"target": Y, "mu": A, "sigma": Y}),
        ("logs_uniform", {"obs": Y, "min": 0.0, "max": 4.0}, {"target": Y, "lower": 0 * Y, "upper": 0 * Y + 4}),
        ("crps_gamma", {"obs": Y, "shape": 2.0, "scale": A}, {"target": Y, "shape": 0 * Y + 2, "rate": 1 / A}),
        ("crps_negbinom", {"obs": [0, 2, 3], "n": 2.0, "mu": A}, {"target": [0, 2, 3], "n": 0 * A + 2, "prob": 2 / (2 + A)}),
        ("crps_t", {"obs": Y, "df": 4.0}, {"target": Y, "df": 0 * Y + 4, "location": 0 * Y, "scale": 0 * Y + 1}),
        ("rps_score", {"obs": [1, 2], "fct": [[0.5, 0.5], [0.25, 0.75]]}, {"target": [0, 1], "pred": [[0.5, 0.5], [0.25, 0.75]]}),
        ("rps_score", {"obs": [[1, 0]], "fct": [[0.25, 0.75]]}, {"target": [0], "pred": [[0.25, 0.75]]}),
    ],
)
def test_their_words_give_the_number_of_ours(name: str, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    np.testing.assert_array_equal(
        losscli.compute(f"scoringrules.{name}", **theirs).values, losscli.compute(f"scoringrules.{name}", **ours).values
    )


def test_their_words_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "d.csv"
    file.write_text("obs,mulog,sigmalog\n1,0,1\n2,1,0.5\n")
    asked = ["-f", "value", "-q"]
    words = ["--obs", "1,2", "--mulog", "0,1", "--sigmalog", "1,0.5"]
    seen = []
    for argv in ([str(file)], words, ["--target", "1,2", "--mu", "0,1", "--sigma", "1,0.5"]):
        assert run(["compute", "scoringrules.crps_lognormal", *argv, *asked]) == 0
        seen.append(capsys.readouterr().out)
    assert seen[0] == seen[1] == seen[2]
    assert run(["compute", "scoringrules.crps_gamma", "--obs", "1,2", "--shape", "2", "--scale", "2,4", *asked]) == 0
    assert run(["compute", "crps_gamma", "-t", "1,2", "--shape", "2,2", "--rate", "0.5,0.25", "-r", "none", *asked]) == 0
    lines = io.StringIO(capsys.readouterr().out).readlines()
    assert lines[:2] == lines[2:]


def test_their_words_in_compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "d.csv").write_text("y,a,m,s\n1,0,1,1\n2,1,3,0.5\n")
    argv = ["compare", str(tmp_path / "d.csv"), "-l", "scoringrules.logs_laplace", "-p", "a"]
    seen = []
    for words in (["--role", "obs=y", "--role", "scale=s"], ["-t", "y", "--role", "scale=s"]):
        assert run([*argv, *words, "-f", "json", "-q"]) == 0, capsys.readouterr().err
        seen.append(capsys.readouterr().out)
    assert seen[0] == seen[1]
    assert run([*argv, "--role", "obs=y", "--role", "target=y", "--role", "scale=s"]) == 2
    assert capsys.readouterr().err == "error: --role: obs, target, scale: two of them are target: give one\n"
    assert run([*argv, "--role", "obs=y", "--role", "mulog=s"]) == 2
    assert "--role mulog: none of the losses has such a role" in capsys.readouterr().err


def test_a_derivative_by_their_word() -> None:
    by_theirs = losscli.gradient("scoringrules.crps_lognormal", wrt="mulog", obs=Y, mulog=A, sigmalog=Y)
    np.testing.assert_array_equal(by_theirs, losscli.gradient("crps_lognormal", wrt="mu", target=Y, mu=A, sigma=Y, reduction="sum"))
    of_number = losscli.gradient("scoringrules.crps_t", wrt="scale", obs=Y, df=4.0, scale=2.0)
    each = losscli.gradient("crps_t", wrt="scale", target=Y, df=0 * Y + 4, location=0 * Y, scale=0 * Y + 2, reduction="sum")
    np.testing.assert_allclose(of_number, each.sum(), rtol=1e-15)


def test_no_reduction_in_the_words_of_keras() -> None:
    given: dict[str, Any] = {"pred": [[1.0, 2.0], [3.0, 4.0]], "target": [[0.0, 0.0], [3.0, 2.0]]}
    for name, values in (("keras.losses.MeanSquaredError", [2.5, 2.0]), ("mse", None)):
        result = losscli.compute(name, reduction=None, **given)
        assert (None if result.values is None else result.values.tolist()) == values
    assert losscli.gradient("keras.losses.MeanSquaredError", reduction=None, **given).tolist() == [[1.0, 2.0], [0.0, 2.0]]


def test_no_reduction_in_the_words_of_torch_is_an_error_as_there() -> None:
    given = {"pred": [1.0, 2.0], "target": [0.0, 0.0]}
    for call in (losscli.compute, losscli.gradient):
        with pytest.raises(
            UsageError, match=r"^torch\.nn\.MSELoss: reduction=None is an error in torch too: give 'none', 'mean' or 'sum'$"
        ):
            call("torch.nn.MSELoss", reduction=None, **given)
    assert losscli.compute("torch.nn.MSELoss", **given).value == 2.5


def test_classes_of_segmentation_models(capsys: pytest.CaptureFixture[str]) -> None:
    pred, target = [[[[0.5]], [[1.0]], [[-1.0]]], [[[2.0]], [[0.0]], [[0.5]]]], [[[0]], [[2]]]
    theirs = losscli.compute("smp.DiceLoss", mode="multiclass", pred=pred, target=target, classes=[0, 2])
    assert theirs.value == losscli.compute("smp.DiceLoss", mode="multiclass", pred=pred, target=target, only_classes=[0, 2]).value
    roles = ["-p", str(pred).replace(" ", ""), "-t", str(target).replace(" ", "")]
    assert run(["compute", "smp.DiceLoss", "--mode", "multiclass", *roles, "--classes", "0,2", "-f", "value", "-q"]) == 0
    assert float(capsys.readouterr().out) == theirs.value
    with pytest.raises(UsageError, match="it chooses classes of the modes multiclass and multilabel"):
        losscli.compute("smp.DiceLoss", pred=[[1.0]], target=[[1]], classes=[0])


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "kl_divergence"])
def test_the_axis_of_the_rows(name: str) -> None:
    """The first axis counts the classes: the gradient has the shape that was given."""
    x, y = np.array([[0.5, -1.0, 0.25], [1.5, 0.0, -0.75]]), np.array([[0.25, 0.5, 1.0], [0.75, 0.5, 0.0]])
    name = f"optax.losses.{name}"
    np.testing.assert_array_equal(
        losscli.compute(name, pred=x, target=y, axis=0).values, losscli.compute(name, pred=x.T, target=y.T).values
    )
    first, last = (losscli.gradient(name, pred=a, target=b, axis=axis) for a, b, axis in ((x, y, 0), (x.T, y.T, -1)))
    np.testing.assert_array_equal(first, last.T)


@pytest.mark.every_loss
def test_every_word_is_of_a_role() -> None:
    for library in libraries():
        for name, preset in rows_of(library):
            roles = losscli.LOSSES[name].roles
            assert {*map(str, preset.role_words.values()), *preset.role_defaults} <= set(roles), preset.names
            assert not preset.role_words.keys() & {*LOSSES[name].all_options, *preset.renames, *preset.instead}, preset.names
            assert {o for r in preset.role_words.values() if isinstance(r, Made) for o in r.others} <= set(roles), preset.names
