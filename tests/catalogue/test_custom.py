"""A user's function works like our losses: options, help, streaming, compare, gates, gradients; from a file or a package, or as it is."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import losscli
from losscli import aggregation
from losscli.catalogue import custom
from losscli.catalogue.lookup import find
from losscli.cli.app import run
from losscli.cli.options import COMPUTE, rows_of
from losscli.domains import LabelIn, Range
from losscli.errors import InputError, UsageError
from tests import ROOT

SAMPLE = f"{ROOT / 'sample_inputs' / 'my_losses.py'}"
RNG = np.random.default_rng(0)
P, T = RNG.normal(size=300_000), RNG.normal(size=300_000)  # several blocks
FEW = {"pred": [1.0, 2.0, 4.0], "target": [1.0, 4.0, 3.0]}

LOSSES = '''
from __future__ import annotations
import sys
from typing import Literal
import numpy as np
import neighbour
from losscli.domains import Label, LogitVector, NonNegative, Positive, Real
from losscli.aggregation import AllRows, Max

print("loading")
if __name__ == "__main__":
    raise SystemExit("run as a script")


def squared(pred, target):
    """The square.

    (p − t)²

    >>> never("run")
    """
    return neighbour.square(pred - target)


def weighted(pred, target, *, power=2):
    return abs(pred - target), np.abs(target) ** power


def mean_square(pred, target):
    print("called")
    return np.mean((pred - target) ** 2)


def root_mean(pred, target):
    s, n = yield (pred - target) ** 2, 1
    return np.sqrt(s / n)


def to_all(pred, target):
    t, = yield (AllRows(target),)
    return abs(pred[:, None] - t).mean(-1)


def farthest(pred, target):
    most = yield Max(abs(pred - target))
    return most[0]


def labelled(pred: LogitVector, target: Label):
    return -pred[np.arange(len(pred)), target]


def ignoring(pred: LogitVector, target: Label, *, ignore_index=-100):
    kept = target != ignore_index
    return -pred[np.arange(len(pred)), target * kept] * kept, kept * 1.0


def options(pred, target: Nowhere = None, scale: Positive = 2.0, *, flag=True, n=3, x=0.5, how="abs", ks=(1, 2), cap=float("inf"),
            maybe=None, mode: Literal["a", "b"] = "a", size: int | None = None, typed: np.ndarray = 1.0):
    return pred * scale + ks.sum() + n + x + (maybe or 0) + (0 if mode == "a" else 100) + len(how) + flag
'''


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("own")
    (folder / "neighbour.py").write_text("def square(x): return x * x\n")
    (folder / "json.py").write_text(LOSSES)  # whatever it is called
    return str(folder / "json.py")


# --- as ours are -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "ours", "kind"),
    [("squared", "mse", "pointwise"), ("mean_square", "mse", "pointwise"), ("root_mean", "rmse", "statistic")],
)
def test_the_same_number_as_ours(file: str, name: str, ours: str, kind: str) -> None:
    known = losscli.find(f"{file}::{name}")
    assert (known.name, known.kind, known.task) == (name, kind, "own")
    expected = losscli.compute(ours, pred=P, target=T).value
    for more in ({}, {"threads": 1}, {"threads": 3}, {"chunk": 1000}):
        found = losscli.compute(f"{file}::{name}", pred=P, target=T, **more).value
        assert found == pytest.approx(expected, rel=1e-12)
        assert found == losscli.compute(f"{file}::{name}", pred=P, target=T).value
    slope = losscli.gradient(f"{file}::{name}", pred=P, target=T)
    np.testing.assert_allclose(slope, losscli.gradient(ours, pred=P, target=T), rtol=1e-9, atol=1e-20)


def test_values_weights_and_reductions(file: str) -> None:
    squared = losscli.compute(f"{file}::squared", **FEW, reduction="none")
    assert squared.values.tolist() == [0, 4, 1]
    assert losscli.compute(f"{file}::squared", **FEW, sample_weight=[1, 2, 5]).value == 13 / 8
    assert losscli.compute(f"{file}::weighted", **FEW).value == 3 / (1 + 16 + 9)
    assert losscli.compute(f"{file}::weighted", **FEW, power=1).value == 3 / 8
    assert losscli.compute(f"{file}::squared", **FEW, reduction="sum").value == 5
    assert losscli.compute(f"{file}::squared", pred=[[1.0, 2.0]], target=[[2.0, 4.0]], reduction="none").values.tolist() == [[1, 4]]
    assert losscli.compute(
        f"{file}::root_mean", pred=[[1.0, 2.0]] * 2, target=[[2.0, 4.0]] * 2, per="channel", reduction="none"
    ).values.tolist() == [1, 2]


def test_yields(file: str) -> None:
    assert losscli.find(f"{file}::to_all").kind == "batch"
    assert losscli.compute(f"{file}::to_all", **FEW, reduction="none").values == pytest.approx([5 / 3, 4 / 3, 4 / 3])
    assert losscli.compute(f"{file}::farthest", **FEW).value == 2
    assert losscli.compute(f"{file}::farthest", pred=P, target=T).value == np.abs(P - T).max()


def test_annotations_mean_what_they_mean_in_ours(file: str) -> None:
    labelled = losscli.find(f"{file}::labelled")
    assert isinstance(labelled.roles["target"].domain, LabelIn)
    assert losscli.compute(f"{file}::labelled", pred=[[1.0, 2.0], [3.0, 4.0]], target=[1.0, 0.0]).value == -2.5
    with pytest.raises(InputError, match="class indices go from 0 to 1"):
        losscli.compute(f"{file}::labelled", pred=[[1.0, 2.0]], target=[2])
    ignoring = losscli.compute(f"{file}::ignoring", pred=[[1.0, 2.0]] * 3, target=[1, -100, 0])
    assert (ignoring.value, ignoring.rows.ignored, ignoring.rows.used) == (-1.5, 1, 2)
    found = losscli.find(f"{file}::options")
    assert {n: (r.optional, r.domain) for n, r in found.roles.items()} == {
        "pred": (False, Range(above=-np.inf, below=np.inf)), "target": (True, Range(above=-np.inf, below=np.inf)),
    }  # fmt: skip
    assert {n: (o.kind, o.optional) for n, o in found.options.items()} == {
        "scale": ("float", False), "flag": ("bool", False), "n": ("int", False), "x": ("float", False), "how": ("text", False),
        "ks": ("array", False), "cap": ("float", False), "maybe": ("float", True), "mode": ("choice", False), "size": ("int", True),
        "typed": ("float", False),
    }  # fmt: skip
    assert losscli.compute(f"{file}::options", pred=[1.0]).value == 2 + 3 + 3 + 0.5 + 3 + 1
    changed = {"scale": 3, "ks": 5, "n": 1, "x": 0, "maybe": 1, "mode": "b", "how": "ab", "flag": False}
    assert losscli.compute(f"{file}::options", pred=[1.0], **changed).value == 3 + 5 + 1 + 1 + 100 + 2
    with pytest.raises(UsageError, match=r"scale must be above 0"):
        losscli.compute(f"{file}::options", pred=[1.0], scale=-1)


def test_a_number_for_all_rows_is_of_all_rows() -> None:
    def median(pred: Any, target: Any) -> Any:
        lengths.append(len(pred))
        return np.median(np.abs(pred - target))

    lengths: list[int] = []
    assert losscli.compute(median, pred=P, target=T).value == np.median(np.abs(P - T))
    assert lengths[0] < lengths[1] == len(P) and len(lengths) == 2  # once to see what it gives, once with all
    lengths.clear()
    assert losscli.compute(median, **FEW).value == 1 and lengths == [3]
    assert np.isnan(losscli.compute(median, pred=[], target=[]).value)


def test_the_function_itself_may_be_given(file: str) -> None:
    asked: Callable[..., Any] = lambda pred, target, *, k=2.0: k * np.abs(pred - target)
    assert losscli.compute(asked, **FEW, k=3).value == 3
    assert losscli.gradient(asked, **FEW).tolist() == pytest.approx([0, -2 / 3, 2 / 3])
    assert losscli.find(find("mse")[0].fn) is losscli.find("mse")
    with pytest.raises(UsageError, match="a loss is a name or a plain function, not 3"):
        losscli.find(3)


# --- on the command line ---------------------------------------------------------------------------------------------------


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = run([*argv])
    out, err = capsys.readouterr()
    return code, out, err


def test_what_it_prints_goes_to_stderr(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    custom._RUN.clear()
    argv = ("compute", f"{file}::mean_square", "-p", "1,2", "-t", "2,4", "-f", "value")
    assert said(capsys, *argv) == (0, "2.5\n", "loading\ncalled\n")
    assert said(capsys, *argv, "--max", "2") == (1, "2.5\n", "called\ngate failed: mean_square 2.5, must be at most 2.0\n")
    custom._RUN.clear()
    compare = said(capsys, "compare", "-l", f"{file}::squared", "-l", "mae", "-p", "1,2", "-t", "2,4", "-f", "value")
    assert compare == (0, "2.5\n1.5\n", "loading\n")
    custom._RUN.clear()
    assert said(capsys, "list", f"{file}::squared", "-f", "csv")[2] == "loading\n"


def test_help_and_card_run_no_example(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "compute", f"{file}::squared", "--help")
    assert code == 0 and "The square." in out and "(p − t)²" in out and "never(" not in out and "Example" not in out
    code, out, _ = said(capsys, "compute", f"{file}::options", "--help")
    assert code == 0
    for word in ("--scale", "above 0", "--no-flag", "--ks", "1,2", "--how", "abs", "a|b", "--maybe"):
        assert word in out, word
    code, out, _ = said(capsys, "list", f"{file}::squared")
    assert code == 0 and out.startswith("squared: The square.\n") and "never(" not in out
    code, out, _ = said(capsys, "list", f"{file}::options", "-f", "json")
    assert json.loads(out)["losses"][0]["params"][5] == {"name": "ks", "type": "array", "default": [1.0, 2.0], "domain": "NUMBERS"}


def test_options_and_compare(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "sample_inputs")
    assert said(capsys, "compute", "my_losses.py::asymmetric", "-p", "1,5", "-t", "2,3", "--alpha", "0.75", "-f", "value")[1] == "0.625\n"
    name = "my_losses.py::asymmetric:alpha=0.75"
    code, out, _ = said(capsys, "compare", "-l", name, "-l", "my_losses.py::worst_tenth", "-p", "1,5", "-t", "2,3", "-f", "csv")
    assert code == 0 and name in out and ",0.625," in out and ",2.0," in out


def test_a_term_of_an_objective(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file is looked for beside the objective's."""
    (Path(file).parent / "o.yaml").write_text(
        "terms:\n  a: {loss: json.py::squared, weight: 2}\n  b: {loss: json.py::mean_square}\n  c: {loss: json.py::weighted, power: 1}\n"
    )
    monkeypatch.chdir(tmp_path)
    custom._RUN.clear()
    path = os.path.relpath(Path(file).parent / "o.yaml")
    code, out, err = said(capsys, "compute", path, "-p", "1,2", "-t", "2,4", "-f", "value", "--allow-code")
    assert float(out) == pytest.approx(2 * 2.5 + 2.5 + 3 / 6) and (code, err) == (0, "loading\ncalled\n")


def test_the_file_is_compiled_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "f.py").write_text("def f(pred: float): return pred * (f.__annotations__['pred'] is float)\n")
    assert losscli.compute(f"{tmp_path / 'f.py'}::f", pred=[2.0]).value == 2


def test_the_folder_of_a_user_file_hides_no_other_module(file: str, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "losscli", "compute", f"{file}::squared", "-p", "1,2", "-t", "2,4", "-f", "json"]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert json.loads(done.stdout)["value"] == 2.5 and done.stderr == "loading\n"
    assert not (Path(file).parent / "__pycache__" / f"json.{sys.implementation.cache_tag}.pyc").exists()


# --- installed packages ----------------------------------------------------------------------------------------------------

POINTS = """[losscli.losses]
tilted = extra:tilted
broken = nowhere:f
number = extra:number
twice = extra:tilted
"""


NOWHERE = "broken, of extra (nowhere:f), cannot be loaded: ModuleNotFoundError: No module named 'nowhere'"
NEAR = "did you mean tilted or triplet_margin?"
TWICE = "extra:tilted and extra:tilted"


@pytest.fixture
def package(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "extra.py").write_text("number = 3\ndef tilted(pred, target, *, slope=0.5):\n    return slope * abs(pred - target)\n")
    for name, points in (("extra", POINTS), ("other", "[losscli.losses]\ntwice = extra:tilted\nmse = extra:tilted\n")):
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(points)
    return os.environ | {"PYTHONPATH": str(tmp_path), "COLUMNS": "200"}


@pytest.mark.parametrize(
    ("argv", "code", "out", "err"),
    [
        ("compute tilted -p 1,2 -t 2,4 --slope 2 -f value", 0, "3.0\n", ""),
        ("compute Tilted -p 1,2 -t 2,4 -f value", 0, "0.75\n", ""),
        ("compute mse -p 1,2 -t 2,4 -f value", 0, "2.5\n", ""),
        ("compute tiltd -p 1", 2, "", f"error: no loss is called 'tiltd' ({NEAR}); `losscli list` shows them all\n"),
        ("compute broken -p 1", 3, "", f"error: {NOWHERE}\n"),
        ("compute number -p 1", 3, "", "error: number, of extra (extra:number), is of type int, not a function\n"),
        ("compute twice -p 1", 2, "", f"error: 'twice' is a loss of several packages: {TWICE}; name one as FILE::FUNCTION\n"),
        (
            "list --task own -f tsv", 0, "tilted\town\tpointwise\tpred target\tslope=0.5\t",
            f"warning: W112 {NOWHERE}\nwarning: W112 number, of extra (extra:number), is of type int, not a function\n",
        ),
        ("list --task own -f value -q", 0, "tilted\n", ""),
        ("list tilted", 0, "tilted: A function in ", ""),
    ],
)  # fmt: skip
def test_losses_of_packages(package: dict[str, str], argv: str, code: int, out: str, err: str) -> None:
    done = subprocess.run([sys.executable, "-m", "losscli", *argv.split()], env=package, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, err)
    assert out in done.stdout if out else done.stdout == ""


def test_the_page_says_what_comes_back_for_every_aggregation() -> None:
    page = (ROOT / "losscli" / "docs" / "own-losses.md").read_text(encoding="utf-8")
    table = [line for line in page.splitlines() if line.startswith("| `")]
    for name in set(aggregation.__all__) - {"Aggregation", "MeanOver"}:  # the second is returned by our losses
        assert any(line.startswith((f"| `{name}(", f"| `{name}`")) for line in table), name


# --- what is held back -----------------------------------------------------------------------------------------------------


def test_our_own_options_are_reserved() -> None:
    api = {n for f in (losscli.compute, losscli.gradient) for n in inspect.signature(f).parameters} - {"given"}
    assert {*(row.name for row in rows_of(COMPUTE)), "data", "help"} | api == custom.RESERVED
    for name in custom.RESERVED:
        scope: dict[str, Any] = {}
        exec(f"def f(pred, {name}): ...", scope)
        with pytest.raises(InputError, match=f"has a parameter '{name}', which is an option of losscli itself"):
            losscli.find(scope["f"])


def test_an_error_shows_its_traceback_if_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "f.py").write_text("def f(pred):\n    return g(pred)\n\n\ndef g(x):\n    raise KeyError('no\\nsuch')\n")
    code, out, err = said(capsys, "compute", f"{tmp_path / 'f.py'}::f", "-p", "1,2", "--debug")
    assert (code, out) == (3, "") and err.endswith(f"error: {tmp_path / 'f.py'}:6: f: KeyError: 'no\\nsuch' (rows 0 to 1)\n")
    assert err.startswith("Traceback") and "in f\n" in err and "in g\n" in err and "own.py" not in err and "evaluate.py" not in err


def test_an_unknown_derivative_is_an_error() -> None:
    def rounded(pred: Any, target: Any) -> Any:
        return np.convolve(pred, target, "same")

    with pytest.raises(InputError, match=r"test_custom.py:\d+: rounded: NoDerivative: no derivative is known for np\.convolve"):
        losscli.gradient(rounded, **FEW)
