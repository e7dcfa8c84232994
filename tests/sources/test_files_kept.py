"""Outputs that are also inputs, full disks, signals and too many threads: no file that was read is lost, and none is left half written."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from losscli.catalogue import custom
from losscli.cli import atomic
from losscli.parallel import Workers
from tests import ROOT
from tests.sources.test_hostile_files import PLAIN
from tests.support.command import Outcome, cli, npy
from tests.support.process import LOSSCLI, environment

USAGE, INPUT, OUTPUT = 2, 3, 4


# --- nothing that was read is written --------------------------------------------------------------------------------------


FILES: dict[str, str] = {
    "d.csv": "pred,target\n1,2\n3,5\n",
    "b.json": '{"value": 2.5}',
    "e.csv": "row,loss\n0,1\n1,4\n",
    "helper.py": "TWO = 2\n",
    "l.py": "import helper\ndef f(pred, target):\n    return (pred - target) ** helper.TWO\n",
    "o.yaml": "data: d.csv\nterms: {a: {loss: mse, expect: b.json}, c: {loss: inner.yaml}}\n",
    "inner.yaml": "terms: {x: {loss: mse, pred: [1], target: [1]}}\n",
}
READ: dict[str, tuple[list[str], list[str]]] = {  # a command, and what it reads
    "data": (["compute", "mse", "d.csv"], ["d.csv"]),
    "a source": (["compute", "mse", "-p", "d.csv::pred", "-t", "e.csv::loss"], ["d.csv", "e.csv"]),
    "weights": (["compute", "mse", "d.csv", "-w", "e.csv::loss"], ["e.csv"]),
    "a baseline that fails": (["compute", "mse", "d.csv", "--expect", "b.json", "--rtol", "0"], ["b.json"]),
    "a baseline that passes": (["compute", "mse", "d.csv", "--expect", "b.json"], ["b.json"]),
    "expected elements": (["compute", "mse", "d.csv", "-r", "none", "--expect", "e.csv::loss"], ["e.csv"]),
    "a loss of one's own": (["compute", "l.py::f", "d.csv"], ["l.py", "helper.py"]),
    "compare": (["compare", "d.csv", "-l", "l.py::f", "-l", "mse", "-p", "pred", "-t", "target"], ["d.csv", "l.py", "helper.py"]),
    "compare objectives": (
        ["compare", "-l", "q.yaml", "-p", "d.csv::pred", "-t", "d.csv::target"],
        ["q.yaml", "d.csv", "b.json"],
    ),
    "objective": (["compute", "o.yaml"], ["o.yaml", "inner.yaml", "d.csv", "b.json"]),
    "list own": (["list", "l.py::f"], ["l.py"]),
    "list objective": (["list", "o.yaml"], ["o.yaml", "inner.yaml"]),
}
SPELLED = ("{}", "./{}", "sub/../{}", "link", "hard")


@pytest.mark.parametrize("name", READ)
def test_no_file_that_was_read_is_written(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also under another name: the file itself is compared, not its name."""
    argv, read = READ[name]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for file, text in (FILES | {"q.yaml": "terms: {a: {loss: mse, expect: b.json}}\n"}).items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    for file in read:
        before = (tmp_path / file).read_bytes()
        (tmp_path / "link").symlink_to(file)
        (tmp_path / "hard").hardlink_to(tmp_path / file)
        for spelled in SPELLED:
            with patch.dict(sys.modules), patch.dict(custom._RUN, clear=True):
                got = _run_here([*argv, "-f", "json", "-o", spelled.format(file)])
            assert (got.code, got.err) == (
                USAGE,
                f"error: -o {spelled.format(file)} is also a file that is read: write the result to another file\n",
            )
            assert (tmp_path / file).read_bytes() == before
        (tmp_path / "link").unlink()
        (tmp_path / "hard").unlink()
    assert not list(tmp_path.glob(".losscli*"))


def _run_here(argv: list[str]) -> Outcome:
    """`losscli ARGV` in the folder that is the current one."""
    from contextlib import redirect_stderr, redirect_stdout

    from losscli.cli.app import run

    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(argv)
    return Outcome(code, out.getvalue(), err.getvalue())


def losscli_at(argv: list[str], cwd: Path, **how: Any) -> tuple[int, str, str]:
    done = subprocess.run([*LOSSCLI, *argv], cwd=cwd, env=environment(), capture_output=True, text=True, check=False, **how)
    return done.returncode, done.stdout, done.stderr


def test_standard_input_is_a_file_that_is_read(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_bytes(PLAIN["csv"])
    with (tmp_path / "d.csv").open("rb") as file:
        code, _, err = losscli_at(["compute", "mse", "-", "-f", "json", "-o", "d.csv"], tmp_path, stdin=file)
    assert (code, err) == (USAGE, "error: -o d.csv is also a file that is read: write the result to another file\n")
    assert (tmp_path / "d.csv").read_bytes() == PLAIN["csv"]


def test_a_read_only_file_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.json").write_text("kept", encoding="utf-8")
    Path("r.json").chmod(0o444)
    got = _run_here(["compute", "mse", "-p", "1", "-t", "2", "-o", "r.json"])
    assert (got.code, got.err, Path("r.json").read_text(encoding="utf-8")) == (
        OUTPUT,
        "error: cannot write r.json: it is read-only\n",
        "kept",
    )


@pytest.mark.parametrize("name", ["a" * 300 + ".json", "o.json/", "none/o.json"], ids=["too long", "a folder", "in no folder"])
def test_an_impossible_output_path_is_an_output_error(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    got = _run_here(["compute", "mse", "-p", "1", "-t", "2", "-o", name])
    assert got.code == OUTPUT and got.err.startswith(f"error: cannot write {name}: ") and not os.listdir()


@pytest.mark.parametrize("size", [249, 255])
def test_the_longest_file_name_of_the_system_works(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "a" * (size - 5) + ".json"
    assert _run_here(["compute", "mse", "-p", "1", "-t", "2", "-o", name]).code == 0
    assert os.listdir() == [name]


@pytest.mark.parametrize("mode", [0o600, 0o640, None])
def test_the_temporary_file_has_the_permissions_of_the_output(mode: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name can't be planted or guessed, and a link in its place would not be followed."""
    monkeypatch.chdir(tmp_path)
    if mode is not None:
        Path("o.json").write_text("old", encoding="utf-8")
        Path("o.json").chmod(mode)
    seen: list[tuple[str, int]] = []
    write = atomic.Pending.write

    def watched(self: atomic.Pending, piece: Any) -> None:
        seen.extend((p.name, p.stat().st_mode & 0o777) for p in tmp_path.glob(".*"))
        write(self, piece)

    with patch.object(atomic.Pending, "write", watched):
        names = []
        for _ in range(2):
            assert _run_here(["compute", "mse", "-p", "1", "-t", "2", "-o", "o.json"]).code == 0
            names.append(seen.pop())
    wanted = mode if mode is not None else Path("o.json").stat().st_mode & 0o777
    assert names[0][0] != names[1][0] and "o.json" not in names[0][0] and f"-{os.getpid()}." not in names[0][0]
    assert {m for _, m in names} == {wanted} == {Path("o.json").stat().st_mode & 0o777}
    assert os.listdir() == ["o.json"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_nothing_behind_and_says_nothing(number: signal.Signals, tmp_path: Path) -> None:
    rows = "1,2\n" * 400_000
    (tmp_path / "d.csv").write_text(f"pred,target\n{rows}", encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    argv = [*LOSSCLI, "compute", "mse", "d.csv", "-r", "none", "-o", "out/o.csv"]
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup ignores it, and a process inherits that
    process = subprocess.Popen(argv, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE)
    signal.signal(signal.SIGHUP, before)
    with process:
        deadline = time.monotonic() + 30
        while not list(out.iterdir()) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130 if number == signal.SIGINT else -number, b"")
    assert list(out.iterdir()) == []


# --- what cannot be read -----------------------------------------------------------------------------------------------------


def test_only_writing_fails_as_writing(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_bytes(PLAIN["csv"])
    gone = tmp_path / "gone"
    gone.mkdir()
    line = " ".join(LOSSCLI)
    rows = {
        "inline": (f"{line} compute mse -p 1 -t 3 -f value", 0),
        "own": (f"{line} compute x.py::f -p 1 -t 2", INPUT),
        "file": (f"{line} compute mse x.csv", INPUT),
        "objective": (f"{line} compute x.yaml", INPUT),
        "output": (f"{line} compute mse -p 1 -t 2 -o x.json", OUTPUT),
    }
    script = f"cd {gone}; rmdir {gone}; " + "".join(f"{command}; echo =$?; " for command, _ in rows.values())
    env = environment(PYTHONPATH=str(ROOT))
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False, env=env)
    assert [int(x) for x in done.stdout.split("=")[1:]] == [code for _, code in rows.values()], done
    assert done.stderr.count("error: ") == 4 and "standard output" not in done.stderr and "Traceback" not in done.stderr


def test_standard_input_that_is_open_for_writing_only(tmp_path: Path) -> None:
    with (tmp_path / "w").open("wb") as file:
        code, _, err = losscli_at(["compute", "mse", "-", "-t", "1"], tmp_path, stdin=file)
    assert code == INPUT and err.startswith("error: standard input cannot be read: ")


def test_help_that_cannot_be_written_fails_as_writing(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        for argv in (["-h"], ["--version"], ["list"], ["compute", "mse", "-p", "1", "-t", "1"]):
            done = subprocess.run([*LOSSCLI, *argv], stdout=full, stderr=subprocess.PIPE, env=environment(), check=False)
            assert done.returncode == OUTPUT and done.stderr.startswith(b"error: cannot write to standard output")


def test_the_number_of_threads_has_an_upper_limit() -> None:
    """10^20 was an internal error, 99,999 took 15 s and held blocks for each."""
    argv = ["compute", "mse", "-p", "x.npy", "-t", "y.npy", "-f", "value", "--threads"]
    files = {"x.npy": npy(np.arange(300_000) % 7.0), "y.npy": npy(np.zeros(300_000))}
    started: list[int] = []
    with patch("losscli.parallel.Thread.start", side_effect=lambda: started.append(1)), patch("losscli.parallel.MAX_THREADS", 1):
        got = cli([*argv, "1" + "0" * 20], files)
        grad = cli([*argv, "1" + "0" * 20, "--grad", "pred"], files)
    assert got == cli([*argv, "1"], files) and got.code == grad.code == 0 and not started


def test_threads_that_cannot_be_started_are_left_out() -> None:
    rows = 300_000
    x = npy(np.arange(rows) % 7.0)
    argv = ["compute", "mse", "-p", "x.npy", "-t", "y.npy", "--threads", "8", "-f", "value"]
    files = {"x.npy": x, "y.npy": npy(np.zeros(rows))}
    whole = cli(argv, files)
    with patch("losscli.parallel.Thread.start", side_effect=RuntimeError("can't start new thread")):
        assert Workers(4).count == 0
        assert cli(argv, files) == whole
    assert whole.code == 0


def test_workers_pass_on_errors_and_continue() -> None:
    found = Workers(3)
    seen = [0] * 100

    def one(i: int) -> None:
        seen[i] += 1
        if i == 50:
            raise ValueError("fifty")

    with pytest.raises(ValueError, match="fifty"):
        found.share(one, 100)
    seen = [0] * 100
    found.share(lambda i: seen.__setitem__(i, seen[i] + 1), 100)
    assert seen == [1] * 100
