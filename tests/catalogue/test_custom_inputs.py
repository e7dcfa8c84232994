"""A user's function and what it is given: masks, tensors, one weight for all rows; and what it prints at the command line."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.cli.app import run
from losscli.errors import InputError, UsageError
from losscli.registry import LOSSES
from losscli.testing.samples import example

# --- masks and tensors -----------------------------------------------------------------------------------------------------

MASKED = np.ma.array([1.0, 2.0, 4.0, 9.0], mask=[0, 0, 0, 1])
BESIDE = [1.0, 2.5, 4.0, 0.0]  # 0, 0.25, 0 where there is a value


def far_masked(pred: Any, target: Any) -> Any:
    return np.ma.masked_greater((pred - target) ** 2, 50)


def weights_masked(pred: Any, target: Any) -> Any:
    e = (pred - target) ** 2
    return e, np.ma.array(np.ones(len(e)), mask=e > 50)


def columns_masked(pred: Any, target: Any) -> Any:
    s, n = yield np.ma.masked_greater((pred - target) ** 2, 50), 1
    return s / n


@pytest.mark.parametrize("given", [MASKED, [*MASKED[:3], np.ma.masked]], ids=["array", "list"])
def test_masked_values_are_missing_values(given: Any) -> None:
    """Reported: the mask was lost."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(InputError, match="pred: row 3 is nan or empty"):
            losscli.compute("mse", pred=given, target=BESIDE)
        found = losscli.compute("mse", pred=given, target=BESIDE, nan="omit")
        assert np.isnan(losscli.compute("mse", pred=given, target=BESIDE, nan="propagate").value)
    assert (found.value, found.rows.omitted) == (0.25 / 3, 1)


def test_masks_of_labels_weights_options_and_parts() -> None:
    with pytest.raises(InputError, match="target: row 1 has no label"):
        losscli.compute("cross_entropy", pred=[[1.0, 2.0]] * 2, target=np.ma.array([0, 1], mask=[0, 1]))
    with pytest.raises(InputError, match="sample_weight: row 3 is nan"):
        losscli.compute("mse", pred=BESIDE, target=BESIDE, sample_weight=MASKED)
    with pytest.raises(UsageError, match="class_weight takes numbers"):
        losscli.compute("cross_entropy", pred=[[1.0, 2.0]], target=[0], class_weight=np.ma.array([1.0, 2.0], mask=[0, 1]))
    with pytest.raises(InputError, match="pred: row 1, element 3 is nan"):
        losscli.compute("mse", pred=[MASKED.data, MASKED], target=[BESIDE, BESIDE])
    with pytest.raises(UsageError, match="one number for each class"):
        losscli.class_weights(np.ma.array([3, 4], mask=[0, 1]))


@pytest.mark.parametrize("fn", [far_masked, weights_masked], ids=lambda f: f.__name__)
def test_values_that_a_function_masks_are_missing_values(fn: Callable[..., Any]) -> None:
    given: dict[str, Any] = {"pred": [1.0, 2.0, 4.0, 9.0], "target": BESIDE}
    with pytest.raises(InputError, match=r"returned 1 masked value: what is masked is missing; nan='omit' leaves it out"):
        losscli.compute(fn, **given)
    found = losscli.compute(fn, **given, nan="omit")
    assert (found.value, found.rows.ignored, found.rows.used) == (0.25 / 3, 1, 3)
    values = losscli.compute(fn, **given, nan="omit", reduction="none")
    assert values.values.tolist()[:3] == [0, 0.25, 0] and np.isnan(values.values[3])
    assert np.isnan(losscli.compute(fn, **given, nan="propagate").value)
    assert found.summary is not None and (found.summary.max, found.summary.count) == (0.25, 3)


def test_masked_columns_are_refused() -> None:
    with pytest.raises(InputError, match="yielded masked values: yield the values without the masked ones"):
        losscli.compute(columns_masked, pred=[1.0, 2.0, 4.0, 9.0], target=BESIDE, nan="omit")


class Tensor:
    """As torch's: no array before it is detached, and none at all in bfloat16."""

    def __init__(self, x: Any, dtype: str = "torch.float32", held: bool = True) -> None:
        self.x, self.dtype, self.held = np.asarray(x, np.float32), dtype, held
        self.shape = self.x.shape

    def detach(self) -> Tensor:
        return Tensor(self.x, self.dtype, False)

    def cpu(self) -> Tensor:
        return self

    def float(self) -> Tensor:
        return Tensor(self.x, "torch.float32", self.held)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self.held:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if self.dtype != "torch.float32":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.x if dtype is None else self.x.astype(dtype)


@pytest.mark.parametrize("dtype", ["torch.float32", "torch.bfloat16"])
def test_tensors_are_taken_as_they_are(dtype: str) -> None:
    pred = Tensor([1.0, 2.0, 4.0], dtype)
    assert losscli.compute("mse", pred=pred, target=[1.0, 4.0, 3.0]).value == 5 / 3
    assert losscli.gradient("mse", pred=pred, target=[1.0, 4.0, 3.0]).tolist() == pytest.approx([0, -4 / 3, 2 / 3])
    assert losscli.compute("mse", pred=[1.0, 2.0], target=[0.0, 0.0], sample_weight=Tensor([1.0, 3.0], dtype)).value == 13 / 4
    assert losscli.compute("huber", pred=[3.0], target=[0.0], delta=Tensor(2.0, dtype)).value == 4
    weighed = losscli.compute("cross_entropy", pred=[[0.0, 0.0]], target=[0], class_weight=Tensor([2.0, 1.0], dtype), reduction="sum")
    assert weighed.value == pytest.approx(2 * np.log(2))


def test_what_makes_no_array_is_one_clear_error() -> None:
    with pytest.raises(
        UsageError, match="pred is of type Tensor, which cannot be converted to an array of numbers: Got unsupported ScalarType"
    ):
        losscli.compute("mse", pred=Tensor([1.0], "torch.sparse"), target=[1.0])
    with pytest.raises(UsageError, match="pred is of type list, which cannot be converted to an array of numbers"):
        losscli.compute("mse", pred=[[1.0, 2.0], [3.0]], target=[1.0, 2.0])


# --- one weight for all ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mse", "cross_entropy", "dice", "rmse", "nt_xent", "poisson_nll"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_one_number_is_the_weight_of_every_row(name: str, reduction: str) -> None:
    data = example(LOSSES[name], np.random.default_rng(5), 12)
    for one in (2.5, np.float64(2.5), np.array(2.5)):
        found = losscli.compute(name, **data, sample_weight=one, reduction=reduction)
        each = losscli.compute(name, **data, sample_weight=np.full(12, 2.5), reduction=reduction)
        np.testing.assert_array_equal(
            found.value if found.value is not None else found.values, each.value if each.value is not None else each.values
        )


@pytest.mark.parametrize(
    ("argv", "out"),
    [
        ("compute mse s.json -w s.json::w -r sum", "12.5"),  # was exit 70
        ("compute mse s.json -w 2.5 -r sum", "12.5"),
        ("compute mse s.json -w 2.5", "1.6666666666666667"),
        (
            "compute keras.losses.MeanSquaredError s.json -w 2.3",
            "3.833333333333333",
        ),  # 2.3 × (5/3), in this order: keras takes the vector as one sample
        ("compute mse s.json -w w.npy -r sum", "10.0"),
        ("compute mse a.npz -w a.npz::w -r sum", "15.0"),
        ("compute mse d.csv -w 2 -r sum", "10.0"),
        ("compute mse d.csv -w 2 -r sum --id id", "10.0"),
        ("compute mse d.csv -p pred -t e.csv::target --id id -w 2 -r sum", "10.0"),
        ("compute mse d.csv -w 2 -r sum --nan omit", "10.0"),
        ("compare s.json -l mse -p pred -t target -w 2.5 -r sum", "12.5"),
        ("compute o.yaml", "22.5"),
    ],
)
def test_also_from_files_and_the_command_line(
    argv: str, out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.json").write_text('{"pred": [1, 2, 4], "target": [1, 4, 3], "w": 2.5}')
    (tmp_path / "d.csv").write_text("id,pred,target\na,1,1\nb,2,4\nc,4,3\n")
    (tmp_path / "e.csv").write_text("id,target\nc,3\na,1\nb,4\n")
    np.save("w.npy", np.array(2.0))
    np.savez("a.npz", pred=[1.0, 2, 4], target=[1.0, 4, 3], w=3.0)
    terms = [f"  {n}: {{loss: mse, pred: pred, target: target, reduction: sum, sample_weight: {w}}}\n" for n, w in (("a", "w"), ("b", 2))]
    (tmp_path / "o.yaml").write_text("data: s.json\nterms:\n" + "".join(terms))
    assert run([*argv.split(), "-f", "value"]) == 0
    assert capsys.readouterr() == (out + "\n", "")


@pytest.mark.parametrize("weight", ["-1", "nan", "inf"])
def test_a_weight_that_is_none_is_refused(weight: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", "mse", "-p", "1,2", "-t", "2,4", "-w", weight]) == 3
    assert "one number is the weight of every row, and has to be 0 or more" in capsys.readouterr().err


# --- at the command line ---------------------------------------------------------------------------------------------------

LOUD = '''
import os, subprocess, sys
import numpy as np
os.write(1, b"loading\\n")


def loud(pred, target):
    os.write(1, b"written\\n")
    print("printed")
    sys.__stdout__ and sys.__stdout__.write("past it\\n")
    subprocess.run([sys.executable, "-c", "print('child')"]) if len(pred) == 3 else None
    return (pred - target) ** 2


def inplace(pred, target):
    pred -= target
    return pred ** 2


def lengthy(pred, target):
    """What looks at other rows."""
    return (pred - target) ** 2 * len(pred)
'''
FORMATS = {
    "json": lambda path, a: path.write_text(json.dumps({k: x.tolist() for k, x in a.items()})),
    "yaml": lambda path, a: path.write_text(json.dumps({k: x.tolist() for k, x in a.items()})),
    "jsonl": lambda path, a: path.write_text("".join(json.dumps({k: float(x[i]) for k, x in a.items()}) + "\n" for i in range(3))),
    "npz": lambda path, a: np.savez(path, **a),
    "csv": lambda path, a: path.write_text("a,b,y\n" + "".join(f"{a['a'][i]},{a['b'][i]},{a['y'][i]}\n" for i in range(3))),
    "npy": lambda path, a: np.save(path, np.array([tuple(r) for r in zip(*a.values(), strict=True)], [(k, float) for k in a])),
}  # fmt: skip


@pytest.fixture
def loud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "l.py").write_text(LOUD)
    (tmp_path / "s.json").write_text('{"pred": [1, 2, 4], "target": [1, 4, 3]}')
    (tmp_path / "o.yaml").write_text("data: s.json\nterms:\n  a: {loss: 'l.py::loud', pred: pred, target: target}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("argv", "out"),
    [
        ("compute l.py::loud s.json -f value", "1.6666666666666667\n"),
        ("compute l.py::loud s.json -f csv -r none --grad pred", "row,loss,grad_pred\n0,0.0,0.0\n1,4.0,-4.0\n2,1.0,2.0\n"),
        ("compute l.py::loud s.json -o o.json", ""),
        ("compare s.json -l l.py::loud -p pred -t target -f value", "1.6666666666666667\n"),
        ("compute o.yaml -f value --allow-code", "1.6666666666666667\n"),
        ("list l.py::loud", None),
        ("compute l.py::loud --help", None),
    ],
)
def test_standard_output_holds_the_result_alone(loud: Path, argv: str, out: str | None) -> None:
    """`os.write(1, …)`, what a child prints, and what is written past Python's own stream."""
    done = subprocess.run([sys.executable, "-m", "losscli", *argv.split()], capture_output=True, text=True, check=False)
    for word in ("loading", "written", "printed", "past it", "child"):
        assert word not in done.stdout.split("\n")
    assert "loading\n" in done.stderr
    if out is not None:
        assert (done.returncode, done.stdout) == (0, out)
        assert all(f"{word}\n" in done.stderr for word in ("written", "printed", "past it", "child"))


def test_also_where_a_stream_is_closed(loud: Path) -> None:
    command = f"{sys.executable} -m losscli compute l.py::loud s.json"
    done = subprocess.run(f"{command} -o o.json >&-", shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and json.loads((loud / "o.json").read_text())["value"] == 5 / 3
    done = subprocess.run(f"{command} -f value 2>&-", shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "1.6666666666666667\n")


@pytest.mark.parametrize("format", FORMATS)
def test_a_loss_does_not_see_what_another_loss_writes(loud: Path, format: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Reported: mse of a was 8.96 instead of 0.17, and b was marked best."""
    arrays = {"a": np.array([2.5, 0.0, 2.1]), "b": np.array([2.0, 1.0, 3.0]), "y": np.array([3.0, -0.5, 2.0])}
    FORMATS[format](loud / f"ab.{format}", arrays)
    argv = ["compare", f"ab.{format}", "-p", "a", "-p", "b", "-t", "y", "-f", "value", "-l", "mse"]
    assert run(argv) == 0
    expected = [np.mean((arrays[p] - arrays["y"]) ** 2) for p in ("a", "b")]
    assert [float(x) for x in capsys.readouterr().out.split()] == pytest.approx(expected, rel=1e-12)
    assert run([*argv, "-l", "l.py::inplace"]) == 3
    out, err = capsys.readouterr()
    assert out == "" and "read-only: arrays are read-only: work on a copy, as in pred = pred.copy()" in err


def test_the_note_is_part_of_the_result(loud: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", "l.py::lengthy", "s.json"]) == 0
    assert "lengthy depends on other rows: it was called with all 3 rows at once\n" in capsys.readouterr().out
    assert run(["compute", "l.py::lengthy", "s.json", "-f", "json", "--gradcheck"]) == 0
    assert json.loads(capsys.readouterr().out)["notes"] == ["lengthy depends on other rows: it was called with all 3 rows at once"]
