"""The check of a function of the user's against a loss: from Python, from the command line and from pytest."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from losscli.cli.app import run
from losscli.errors import UsageError
from losscli.testing import check_conformance
from losscli.testing.implementations import implementation
from tests.render.test_schema import VALID

FILE = """
import numpy as np

def huber(y_true, y_pred, delta=1.0, reduction="none"):
    e = np.abs(y_pred - y_true)
    q = np.minimum(e, delta)
    x = q * (e - q / 2)
    return x.mean() if reduction == "mean" else x.sum() if reduction == "sum" else x

def half(pred, target):
    return np.mean((pred - target) ** 2) / 2

class Huber:
    def __init__(self, delta=1.0):
        self.delta = delta

    def __call__(self, inputs, targets):
        return huber(targets, inputs, self.delta)

def noisy(pred, target):
    print("printed")
    raise RuntimeError("it breaks")

def ends(pred, target): raise SystemExit(0)
def nothing(pred, target): pass
def words(pred, target): return "abc"
def zeros(pred, target): return np.zeros_like(pred)
shape = lambda pred, target: np.stack([pred, target])
number = 3
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "my_losses.py").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return str(tmp_path / "my_losses.py")


@pytest.mark.parametrize("name", ["huber", "Huber"])
@pytest.mark.parametrize("loss", ["huber", "torch.nn.HuberLoss", "huber:delta=2", "optax.losses.huber_loss:delta=0.5"])
def test_a_correct_function_conforms(file: str, name: str, loss: str) -> None:
    result = check_conformance(f"{file}::{name}", loss)
    assert result.passed and len(result.compared) > 20 and result.framework == "numpy"
    assert result.verdict.endswith("0 gradients agree (rtol 1e-06, atol 1e-12)")


def test_another_default_is_found(file: str) -> None:
    assert not check_conformance(f"{file}::huber", "optax.losses.squared_error").passed
    worst = check_conformance(f"{file}::huber", "huber", options={"delta": 1.0}, rtol=0.0, atol=0.0).failed
    assert all(c.error < 1e-15 for c in worst)


def test_a_factor_is_named(file: str) -> None:
    result = check_conformance(f"{file}::half", "mse")
    assert not result.passed and result.factor == 0.5
    assert result.lines()[0] == "the values that differ are 0.5 times those of mse"
    assert "0.5 times it" in result.lines()[1] and result.lines()[2].startswith("  called with pred=[")
    assert check_conformance(f"{file}::half", "half_squared_error").passed


def test_errors_and_shapes_of_the_function_are_differences(file: str) -> None:
    assert check_conformance(f"{file}::noisy", "mse").failed[0].failure == "RuntimeError: it breaks"
    assert "it has shape (2, " in check_conformance(f"{file}::shape", "mse").failed[0].failure


@pytest.mark.parametrize(
    ("name", "failure"),
    [
        ("ends", "SystemExit: 0"),
        ("nothing", "TypeError: it returned None: it has to return a value for each row, or one number"),
        ("words", "TypeError: it returned <U3, not numbers: it has to return a value for each row, or one number"),
    ],
)
def test_a_function_that_ends_the_program_or_returns_no_numbers_does_not_conform(file: str, name: str, failure: str) -> None:
    assert run(["compute", f"my_losses.py::{name}", "--conforms", "mse"]) == 1
    assert check_conformance(f"{file}::{name}", "mse").failed[0].failure == failure


def test_zeros_are_no_factor(file: str) -> None:
    assert check_conformance(f"{file}::zeros", "mse").factor is None


def test_a_nan_and_an_infinity_are_differences() -> None:
    def naive(pred: Any, target: Any) -> Any:
        p = 1 / (1 + np.exp(-pred))
        return -(target * np.log(p) + (1 - target) * np.log(1 - p))

    result = check_conformance(naive, "bce_with_logits")
    assert 0 < len(result.failed) < len(result.compared)
    assert {str(c.actual) for c in result.failed} <= {"nan", "inf"} and result.failed[0].error == np.inf


def test_what_does_not_fit_is_left_out() -> None:
    result = check_conformance(lambda pred, target: (pred - target) ** 2, "torch.nn.MSELoss")
    assert result.passed
    assert all("does not take" in why or "is nan there" in why for _, why in result.skipped)


# --- frameworks ------------------------------------------------------------------------------------------------------------


class Tensor:
    """A tensor of a framework that is not installed: it records that it was asked for its gradient."""

    def __init__(self, x: Any) -> None:
        self.x = np.asarray(x)

    def __array__(self, *said: Any) -> Any:
        return self.x

    def __sub__(self, other: Tensor) -> Tensor:
        return Tensor(self.x - other.x)


def squares(pred: Any, target: Any) -> Any:
    return Tensor((pred - target).x ** 2)


def test_tensorflow_by_what_is_called_of_it() -> None:
    class Tape:
        def __enter__(self) -> Tape:
            return self

        def __exit__(self, *said: Any) -> None: ...

        def watch(self, x: Tensor) -> None:
            self.watched = x

        def gradient(self, total: Any, x: Tensor) -> Any:
            assert x is self.watched
            return 2 * (x.x - np.array([0.0, 4.0]))

    tf = SimpleNamespace(constant=Tensor, reduce_sum=lambda x: x.x.sum(), GradientTape=Tape, convert_to_tensor=Tensor)
    with patch.dict(sys.modules, {"tensorflow": tf}):
        made = implementation(squares, "tensorflow")
        value, slope = made({"pred": np.array([1.0, 2.0]), "target": np.array([0.0, 4.0])}, {}, "pred")
    assert value.tolist() == [1.0, 4.0] and slope is not None and slope.tolist() == [2.0, -4.0]


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_a_framework_that_is_installed(framework: str, tmp_path: Path) -> None:
    pytest.importorskip(framework)
    text = {
        "torch": "import torch\ndef f(input, target):\n    return torch.nn.functional.mse_loss(input, target)\n",
        "jax": "def f(pred, target):\n    import jax.numpy as jnp\n    return jnp.mean((pred - target) ** 2)\n",
    }
    (tmp_path / "f.py").write_text(text[framework])
    result = check_conformance(f"{tmp_path}/f.py::f", "mse")
    assert result.passed and result.framework == framework and any(c.what == "gradient of pred" for c in result.compared)


# --- the command -----------------------------------------------------------------------------------------------------------


def test_the_command(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", "my_losses.py::huber", "--conforms", "torch.nn.HuberLoss"]) == 0
    assert capsys.readouterr().out.startswith("my_losses.py::huber conforms to torch.nn.HuberLoss: ")
    assert run(["compute", "my_losses.py::half", "--conforms", "mse", "-f", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["passed"], document["factor"], document["framework"]) == (False, 0.5, "numpy")
    assert VALID.is_valid(document)
    assert document["differences"][0]["actual"] == pytest.approx(document["differences"][0]["expected"] / 2)
    assert run(["compute", "my_losses.py::noisy", "--conforms", "mse", "-f", "json"]) == 1
    assert VALID.is_valid(json.loads(capsys.readouterr().out))
    assert run(["compute", "my_losses.py::half", "--conforms=mse", "-f", "junit"]) == 1
    assert 'failures="11"' in capsys.readouterr().out  # the verdict and the ten worst
    assert run(["compute", "my_losses.py::noisy", "--conforms", "mse", "-f", "csv"]) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("case,what,passed,numbers,differ,actual,expected,failure\n") and "printed" in captured.err


# --- pytest ----------------------------------------------------------------------------------------------------------------


def pytest_with_plugin(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    installed = "losscli" in entry_points(group="pytest11").names  # pytest then loads it by itself
    plugin = () if installed else ("-p", "losscli.pytest_plugin")
    command = [sys.executable, "-m", "pytest", *plugin, "-p", "no:cacheprovider", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_plugin(file: str, tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text('def test_mine(assert_loss):\n    assert_loss(2.5, "mse", pred=[1.0, 2.0], target=[0.0, 4.0])\n')
    alone = pytest_with_plugin(tmp_path, "--losscli", "my_losses.py::huber", "--as", "huber", "-rA")
    assert alone.returncode == 0 and "1 passed" in alone.stdout and "conforms to huber" in alone.stdout, alone.stdout
    beside = ("--losscli", "my_losses.py::half", "--as", "mse", "test_mine.py")
    both = pytest_with_plugin(tmp_path, *beside)
    assert both.returncode == 1 and "1 failed, 1 passed" in both.stdout
    assert "the values that differ are 0.5 times those of mse" in both.stdout and "Traceback" not in both.stdout
    none = pytest_with_plugin(tmp_path, "--losscli", "my_losses.py::half")
    assert none.returncode == 4 and "--losscli FILE.py::FUNCTION needs --as LOSS: there are 1 and 0" in none.stderr


def test_the_plugin_loads_nothing_until_it_is_used() -> None:
    code = "import pytest, sys; import losscli.pytest_plugin; print(*({'numpy', 'losscli.testing', 'yaml'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == []


def test_wrong_words(file: str) -> None:
    with pytest.raises(UsageError, match=r"a framework is numpy, torch, jax, tensorflow, not 'pytorch'"):
        check_conformance(f"{file}::half", "mse", framework="pytorch")
