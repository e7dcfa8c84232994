"""Too little memory: fewer threads and shorter buffers compute the same, and where nothing helps one message says what does not fit."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from losscli.cli import app
from losscli.results import summary
from losscli.sources.delimited import with_polars
from tests.support.command import cli, npy
from tests.support.process import LOSSCLI, environment

INPUT, OUTPUT = 3, 4
CSV = {"d.csv": b"pred,target\n1,2\n3,5\n"}
IN_PIECES = "csv, jsonl, npy, parquet and arrow are read in pieces, other formats as a whole"
TOO_LARGE = MemoryError("Unable to allocate 7.45 GiB for an array with shape (1000000000,) and data type float64")
PAIR = ["-p", "1,2", "-t", "1,4"]
# what has no memory, the command, the exit code, the message
PLACES: dict[str, tuple[str, Exception, list[str], int, str]] = {
    "a reader": (
        "losscli.sources.json_files.read_json", MemoryError(), ["compute", "mse", "d.json"], INPUT,
        f"not enough memory for d.json: {IN_PIECES}",
    ),
    "an NPY file": (
        "numpy.lib.format.read_array", TOO_LARGE, ["compute", "mse", "-p", "p.npy", "-t", "1,2"], INPUT,
        f"not enough memory for p.npy (7.45 GiB at once): {IN_PIECES}",
    ),
    "standard input": (
        "losscli.sources.open_files.read_all", MemoryError(), ["compute", "mse", "-"], INPUT,
        "not enough memory for standard input: it is held as a whole; a file of csv, jsonl, npy, parquet or arrow is read in pieces",
    ),
    "blocks": (
        "losscli.engine.passes.JobRun.compute", TOO_LARGE, ["compute", "mse", *PAIR], INPUT,
        "not enough memory for the blocks of rows of mse (7.45 GiB at once): --threads 1 keeps the fewest of them",
    ),
    "all rows": (
        "losscli.engine.passes.JobRun.end_pass", MemoryError(), ["compute", "nt_xent", "--z-a", "[[1,2],[2,1]]", "--z-b", "[[1,2],[2,3]]"],
        INPUT, "not enough memory for nt_xent, which needs all rows at once: use fewer rows",
    ),
    "a document": (
        "yaml.dump", MemoryError(), ["compute", "mse", *PAIR, "-r", "none", "-f", "yaml"], OUTPUT,
        "not enough memory for the result as yaml: -f jsonl writes the values of the elements as they are computed",
    ),
    "anything else": ("losscli.cli.compute.compute", MemoryError(), ["compute", "mse", *PAIR], INPUT, app.NO_MEMORY),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_one_message_says_what_does_not_fit(place: str) -> None:
    at, error, argv, code, message = PLACES[place]
    files = CSV | {"d.json": b'{"pred": [1], "target": [2]}', "p.npy": npy(np.zeros(2))}
    with patch(at, side_effect=error):
        got = cli(argv, files, stdin="1\n2\n") if "-" in argv else cli(argv, files)
    assert (got.code, got.out, got.err) == (code, "", f"error: {message}\n")


def test_a_message_that_has_no_memory_either(capfd: pytest.CaptureFixture[str]) -> None:
    with patch("losscli.cli.compute.compute", side_effect=MemoryError), patch.object(app, "_say_error", side_effect=MemoryError):
        assert app.run(["compute", "mse", *PAIR]) == INPUT
    assert capfd.readouterr().err == f"error: {app.NO_MEMORY}\n"


def test_a_map_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("losscli.sources.numpy_files.MAPPED", 8)
    with patch("numpy.load", side_effect=OSError(12, "Cannot allocate memory")):
        got = cli(["compute", "mse", "-p", "p.npy", "-t", "1,2"], {"p.npy": npy(np.zeros(2))})
    assert (got.code, got.err) == (INPUT, f"error: not enough memory for p.npy: {IN_PIECES}\n")


def test_a_summary_grows_where_its_room_cannot_be_had() -> None:
    values = np.random.default_rng(0).normal(size=1000)
    whole = summary.SummaryAccumulator()
    with patch.object(summary, "_room", lambda: np.empty(0)):
        growing = summary.SummaryAccumulator()
    for part in np.split(values, [1, 3, 200, 201]):
        whole.add(part)
        growing.add(part)
    assert whole.summary(0.0, 0.0) == growing.summary(0.0, 0.0)
    with patch("numpy.empty", side_effect=[MemoryError, np.zeros(0)]):
        assert len(summary._room()) == 0


def test_polars_is_not_used_where_its_threads_have_no_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In less it waits for ever, or ends the process."""
    import polars as pl

    pl.DataFrame({"pred": [1.0], "target": [3.0]}).write_parquet(tmp_path / "d.parquet")
    argv = ["compute", "mse", str(tmp_path / "d.parquet"), "-f", "value"]
    assert cli(argv).out == "4.0\n"
    monkeypatch.setattr(with_polars, "address_space", lambda: 300_000_000)
    monkeypatch.setattr(with_polars, "default_threads", lambda: 2)
    with_polars.polars.cache_clear()
    try:
        got = cli(argv)
        assert with_polars.polars() is None
    finally:
        with_polars.polars.cache_clear()
    why = ": polars, which reads Parquet, needs 1.2 GB of addresses, and a limit (ulimit -v) leaves 0.3 GB"
    assert got.code == INPUT
    assert got.err == f"error: {tmp_path / 'd.parquet'}{why}: raise the limit, or convert the file to csv or npy\n"


BASE = "import numpy\nprint(next(x for x in open('/proc/self/status') if x.startswith('VmPeak')).split()[1])"


def limited(space: int) -> Callable[[], None]:
    """What gives a process so many bytes of addresses."""
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (space, space))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no /proc here")
def test_a_limit_on_memory_changes_no_number(tmp_path: Path) -> None:
    """Whole and right, or one message: with the addresses that NumPy takes, and a few more."""
    rows = np.random.default_rng(0).normal(size=(100_000, 2))
    np.savetxt(tmp_path / "d.csv", rows, "%.6f", ",", header="pred,target", comments="")
    argv = [*LOSSCLI, "compute", "mse", "d.csv", "-r", "none", "--threads", "16", "-o", "o.json"]
    how: dict[str, Any] = {
        "cwd": tmp_path,
        "env": environment(OPENBLAS_NUM_THREADS="1"),
        "capture_output": True,
        "text": True,
        "timeout": 60,
    }
    base = int(subprocess.run([sys.executable, "-c", BASE], check=True, **how).stdout) * 1024
    assert subprocess.run(argv, check=False, **how).returncode == 0
    whole = (tmp_path / "o.json").read_bytes()
    ends = []
    for more in (12, 24, 48, 400):
        (tmp_path / "o.json").write_text("old", encoding="utf-8")
        done = subprocess.run(argv, check=False, preexec_fn=limited(base + more * 2**20), **how)
        assert done.returncode in (0, INPUT, OUTPUT) and done.stdout == "", done
        assert re.fullmatch("" if done.returncode == 0 else "error: not enough memory.*\n", done.stderr), done.stderr
        assert (tmp_path / "o.json").read_bytes() == (whole if done.returncode == 0 else b"old")
        assert sorted(p.name for p in tmp_path.iterdir()) == ["d.csv", "o.json"]
        ends.append(done.returncode)
    assert ends[-1] == 0
