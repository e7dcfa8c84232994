"""What other people's files may do: an objective reads its folder and runs nothing, a key runs nothing, a link leads nowhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from losscli.cli.app import run
from losscli.cli.candidates import candidates
from losscli.cli.listing import list_losses  # noqa: F401 - loaded before a file may try to run
from tests.support.process import environment

USAGE, OUTPUT = 2, 4
CSV = "pred,target\n1,2\n3,5\n"
RAN = "import pathlib\npathlib.Path('ran').touch()\n"
OWN = f"{RAN}def f(pred, target, *, delta=2.0, scale=print()):\n    return abs(pred - target)\n"
RESULT = json.dumps({"schema": "losscli/1", "loss": "mse", "value": 0.0})


def term(**keys: object) -> str:
    return json.dumps({"terms": {"a": {"loss": "mse", "pred": [1], "target": [1], **keys}}})


# What stands in the objective inside/o.yaml, and the file that it must not open.
OUTSIDE: dict[str, str] = {
    "data": json.dumps({"data": "../d.csv", "terms": {"a": {"loss": "mse"}}}),
    "data, absolute": json.dumps({"data": "ABSOLUTE/d.csv", "terms": {"a": {"loss": "mse"}}}),
    "data of a term": term(data="../d.csv", pred="pred"),
    "a pattern of data": json.dumps({"data": "../*.csv", "terms": {"a": {"loss": "mse"}}}),
    "a role": term(pred="../d.csv::pred", target=[1, 2]),
    "a role, a whole file": term(pred="../n.npy"),
    "a role, through a link": term(pred="link.csv::pred", target=[1, 2]),
    "a role, through a folder that is a link": term(pred="folder/d.csv::pred", target=[1, 2]),
    "a role, through a pattern of links": term(pred="li*.csv::pred", target=[1, 2]),
    "a role, from inside and out": term(pred="sub/../../d.csv::pred", target=[1, 2]),
    "a weight": term(sample_weight="../d.csv::pred", pred=[1, 2], target=[1, 1]),
    "an id": json.dumps({"id": "../d.csv::pred", "terms": {"a": {"loss": "mse", "pred": [1], "target": [1]}}}),
    "an id of a term": term(id="../d.csv::pred"),
    "an expected result": term(expect="../r.json"),
    "an expected result, through a link": term(expect="link.json"),
    "an option": term(loss="cross_entropy", class_weight="../n.npy", pred=[[1, 2]], target=[0]),
    "an objective": json.dumps({"terms": {"a": {"loss": "../p.yaml"}}}),
    "an objective inside that names one outside": json.dumps({"terms": {"a": {"loss": "sub/q.yaml"}}}),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import numpy as np

    monkeypatch.chdir(tmp_path)
    for name, text in {
        "d.csv": CSV, "r.json": RESULT, "p.yaml": term(), "inside/sub/q.yaml": term(pred="../../d.csv::pred", target=[1, 2]),
        "inside/own.py": OWN, "l.py": OWN,
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    np.save("n.npy", [1.0, 1.0])
    (tmp_path / "inside/link.csv").symlink_to(tmp_path / "d.csv")
    (tmp_path / "inside/link.json").symlink_to("../r.json")
    (tmp_path / "inside/folder").symlink_to(tmp_path)
    return tmp_path


def objective(folder: Path, text: str) -> str:
    (folder / "inside/o.yaml").write_text(text.replace("ABSOLUTE", str(folder)))
    return "inside/o.yaml"


@pytest.mark.parametrize("name", OUTSIDE)
def test_an_objective_names_no_file_outside_its_folder(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = objective(folder, OUTSIDE[name])
    code = run(["compute", file])
    err = capsys.readouterr().err
    assert code == USAGE and err.startswith("error: inside/") and err.count("\n") == 1, err
    assert f"is outside the folder of the objective ({folder}/inside): it names such files only with --allow-outside" in err
    code = run(["compute", file, "--allow-outside", "-q"])
    assert "allow" not in capsys.readouterr().err
    assert code in (0, 1) or name.startswith(("an id", "data of a term", "a role, a whole", "a pattern")), code


def test_data_on_the_command_line_opens_its_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = objective(folder, json.dumps({"terms": {"a": {"loss": "mse"}, "b": {"loss": "mse", "pred": "../d.csv::target"}}}))
    assert run(["compute", file, "d.csv", "-f", "value"]) == 0
    assert run(["compare", "d.csv", "-l", file, "-l", "mse", "-p", "pred", "-p", "target", "-t", "target"]) == 0
    assert run(["compute", file, "-p", "d.csv::pred", "-t", "d.csv::target"]) == USAGE  # a SOURCE of the user's is no folder of the file's
    capsys.readouterr()


def test_an_objective_names_files_in_its_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "inside/e.csv").write_text(CSV)
    (folder / "inside/sub/q.yaml").write_text(json.dumps({"data": "../e.csv", "terms": {"a": {"loss": "mse"}}}))
    assert run(["compute", objective(folder, OUTSIDE["an objective inside that names one outside"])]) == 0
    os.chdir("inside")
    assert run(["compute", "o.yaml", "-f", "value"]) == 0
    capsys.readouterr()


def test_an_objective_runs_no_code(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = objective(folder, term(loss="own.py::f"))
    for argv in (["compute", file], ["list", file], ["compare", "-l", file, "-p", "1", "-t", "1"], ["compute", file, "--allow-outside"]):
        assert run(argv) == USAGE
        err = capsys.readouterr().err
        said = "own.py::f would run the code of a file: an objective does that only with --allow-code, if you trust the file"
        assert err == f"error: inside/o.yaml:1: a: {said}\n"
    assert not Path("ran").exists()
    for argv in (["compute", file, "--allow-code"], ["list", file, "--allow-code"]):
        assert run(argv) == 0
        capsys.readouterr()
    assert Path("ran").exists()
    file = objective(folder, term(loss="../l.py::f"))
    assert run(["compute", file, "--allow-code"]) == USAGE and "--allow-outside" in capsys.readouterr().err


def test_an_earlier_result_runs_no_code(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("l.py", "l.py:x", "l.py::f", "l.py::f:delta=3"):
        entry: dict[str, object] = {"prediction": "a", "loss": name, "params": {}, "value": 1.0}
        (folder / "b.json").write_text(json.dumps({"schema": "losscli/1", "baseline": "a", "rows": {"read": 2}, "results": [entry]}))
        for argv in (
            ["compute", "mse", "d.csv", "--expect", "b.json"],
            ["compute", "mse", "d.csv", "--baseline", "b.json", "--fail-if-worse-point", "1"],
            ["compare", "d.csv", "-l", "mse", "-p", "a=pred", "-t", "target", "--against", "b.json", "--fail-if-worse-point", "1"],
        ):
            run(argv)
    capsys.readouterr()
    assert not Path("ran").exists()


@pytest.mark.parametrize(
    ("words", "last", "offered"),
    [
        (["compute", "l.py::f"], "--delt", ["--delta"]),
        (["compute", "l.py::f"], "--sca", ["--scale"]),
        (["compute", "l.py::f"], "--pr", ["--pred", "--precision"]),
        (["compute", "l.py::gone"], "--pr", []),
        (["compare", "-l"], "l.py::f:de", ["l.py::f:delta=2"]),
        (["compare", "-l", "l.py::f", "--role"], "", []),
        (["compute", "inside/c.yaml"], "--pr", ["--pred", "--precision"]),
    ],
    ids=str,
)
def test_completion_runs_no_file(words: list[str], last: str, offered: list[str], folder: Path) -> None:
    (folder / "inside/c.yaml").write_text(term(loss="own.py::f"))
    try:
        found = [c.word for c in candidates(words, last)]
    except LookupError:
        found = []
    assert [w for w in found if not w.startswith("--no-")] == offered
    assert not Path("ran").exists()


MODULES: Mapping[str, str] = {f"{name}.py": RAN for name in ("numpy", "signal", "gc", "typer", "rich", "yaml", "json", "polars", "re")}


def test_the_current_folder_brings_no_modules(folder: Path) -> None:
    for name, text in MODULES.items():
        Path(name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "losscli", "compute", "mse", "-p", "1,3", "-t", "1,1", "-f", "value"],
        env={k: v for k, v in environment().items() if k != "PYTHONPATH"}, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, b"2.0\n", b"")
    assert not Path("ran").exists()


# --- where is written ----------------------------------------------------------------------------------------------------------

WRITES = ["compute", "mse", "-p", "1", "-t", "1"]


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_out_of_its_folder_is_not_followed(exists: bool, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not by -o, nor by a ledger: whoever made the link chose the file."""
    target = folder / "victim.json"
    if exists:
        target.write_text("mine")
    (folder / "inside/out.json").symlink_to(target)
    assert run([*WRITES, "-o", "inside/out.json"]) == OUTPUT
    said = f"it is a link to a file in another folder: -o {target} would write that file"
    assert capsys.readouterr().err == f"error: cannot write inside/out.json: {said}\n"
    argv = ["compare", "d.csv", "-l", "mse", "-p", "pred", "-p", "target", "-t", "target", "--fail-if-worse", "9", "--ledger"]
    if not exists:
        assert run([*argv, "inside/out.json"]) == OUTPUT and "is a link" in capsys.readouterr().err
    assert (target.read_text() if exists else target.exists()) == ("mine" if exists else False)


def test_other_links_are_followed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "there.json").write_text("old")
    (folder / "out.json").symlink_to("there.json")  # in the same folder
    (folder / "big").symlink_to(folder / "inside")  # a folder
    assert run([*WRITES, "-o", "out.json"]) == 0
    assert run([*WRITES, "-o", "big/r.json"]) == 0
    assert (folder / "out.json").is_symlink() and "mse" in (folder / "there.json").read_text() and (folder / "inside/r.json").exists()
    (folder / "null.json").symlink_to("/dev/null")
    assert run([*WRITES, "-o", "null.json"]) == 0 and (folder / "null.json").is_symlink()
    capsys.readouterr()
