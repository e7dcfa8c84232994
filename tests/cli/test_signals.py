"""Signals at chosen moments of a run: in imports, around the writing of a file, while blocks are computed.

`python -m tests.tools signals` sends them at random moments.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.process import LOSSCLI, environment
from tests.support.signals import default_signals

# Sends a signal to itself at the first event with a word in it. Events are those of Python's audit hooks, each raised before what it names.
SHOOT = """
import os, sys
number, event, word = int(sys.argv[1]), sys.argv[2], sys.argv[3]

def shoot(name, args):
    global event
    if name == event and word in str(args[0]):
        event = None
        os.kill(os.getpid(), number)

sys.addaudithook(shoot)
sys.argv[:] = ["losscli", *sys.argv[4:]]
from losscli.__main__ import main
main()
"""
MOMENTS = {
    "the import of our handlers": ("import", "losscli.cli.signals"),
    "the import of the commands": ("import", "losscli.cli.app"),
    "the import of a library": ("import", "typer"),
    "the import of numpy": ("import", "numpy"),
    "the import of a loss": ("open", "losscli/losses/"),
    "the opening of the input": ("open", "d.csv"),
    "before the new file": ("open", ".losscli-"),
    "after the new file was made": ("os.chmod", ".losscli-"),
    "before the new file replaces the old": ("os.rename", ".losscli-"),
}


def shot(number: int, event: str, word: str, *argv: str, cwd: Path) -> tuple[int, str, str]:
    line = [sys.executable, "-c", SHOOT, str(int(number)), event, word, *argv]
    env = environment(TMPDIR=str(cwd))
    done = subprocess.run(line, cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False, preexec_fn=default_signals)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.slow)])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_signal_ends_the_command_quietly_and_leaves_the_old_file(moment: str, number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("pred,target\n1,2\n3,5\n", encoding="utf-8")
    (tmp_path / "o.csv").write_text("old", encoding="utf-8")
    code, out, err = shot(number, *MOMENTS[moment], "compute", "mse", "d.csv", "-r", "none", "-o", "o.csv", cwd=tmp_path)
    assert (code, out, err) == (130 if number == signal.SIGINT else -number, "", "")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.csv", "o.csv"]
    assert (tmp_path / "o.csv").read_text(encoding="utf-8") == "old"


def test_a_moment_that_never_comes_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("pred,target\n1,2\n3,5\n", encoding="utf-8")
    assert shot(signal.SIGTERM, "import", "no such module", "compute", "mse", "d.csv", "-f", "value", cwd=tmp_path) == (0, "2.5\n", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("format", ["csv", "jsonl", "json"])
def test_a_signal_while_blocks_are_computed(format: str, number: signal.Signals, tmp_path: Path) -> None:
    """In a thread beside the one that writes: no generator and no thread says anything."""
    (tmp_path / "d.csv").write_text("pred,target\n" + "1,2\n" * 100_000, encoding="utf-8")
    (tmp_path / "own.py").write_text(
        "import os\n\ndef f(pred, target):\n"
        f"    if len(pred) > 10000:\n        os.kill(os.getpid(), {int(number)})\n"
        "    return (pred - target) ** 2\n",
        encoding="utf-8",
    )
    (tmp_path / "o.csv").write_text("old", encoding="utf-8")
    argv = ("compute", "own.py::f", "d.csv", "-r", "none", "-f", format, "-o", "o.csv", "--threads", "2")
    code, out, err = shot(signal.SIGTERM, "no event", "", *argv, cwd=tmp_path)
    assert (code, out, err) == (130 if number == signal.SIGINT else -number, "", "")
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != "__pycache__") == ["d.csv", "o.csv", "own.py"]
    assert (tmp_path / "o.csv").read_text(encoding="utf-8") == "old"


STUCK = """
import ctypes, pathlib

def f(pred, target):
    if len(pred) > 10000:
        pathlib.Path("begun").touch()
        lock = ctypes.create_string_buffer(64)
        ctypes.CDLL(None).pthread_mutex_lock(lock)
        ctypes.CDLL(None).pthread_mutex_lock(lock)
    return (pred - target) ** 2
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a lock of glibc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_a_library_does_not_return(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """Python calls no handler before the library returns."""
    (tmp_path / "d.csv").write_text("pred,target\n" + "1,2\n" * 20_000, encoding="utf-8")
    (tmp_path / "own.py").write_text(STUCK, encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    argv = [*LOSSCLI, "compute", "own.py::f", "d.csv", "-r", "none", "-o", "out/o.csv", "--threads", "1"]
    with subprocess.Popen(argv, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, preexec_fn=default_signals) as process:
        deadline = time.monotonic() + 60
        while not (tmp_path / "begun").exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert list(out.iterdir())
        process.send_signal(number)
        try:
            _, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, err, list(out.iterdir())) == (code, b"", [])
