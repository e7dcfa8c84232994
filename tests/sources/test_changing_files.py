"""Files that change between two passes, or during one: noticed, or without effect, since the file was read before. Never a mixture."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from losscli.cli.app import run
from losscli.data import mapped
from losscli.data.blocks import Data
from losscli.engine import passes as engine
from losscli.sources import columnar, files, json_files, numpy_files, safetensors_files
from tests.support.process import environment

ROWS = 3000
OLD = np.random.default_rng(0).normal(size=(ROWS, 2)).round(6)
NEW = OLD * 2.0


def _text(rows: Any, separator: str) -> bytes:
    return "".join(separator.join(map(repr, row)) + "\n" for row in [["pred", "target"], *rows.tolist()]).replace("'", "").encode()


def _polars(write: str) -> Callable[[Any], bytes]:
    def content(rows: Any) -> bytes:
        import polars as pl

        out = io.BytesIO()
        getattr(pl.DataFrame({"pred": rows[:, 0], "target": rows[:, 1]}), write)(out)
        return out.getvalue()

    return content


def _npz(rows: Any) -> bytes:
    out = io.BytesIO()
    np.savez(out, pred=rows[:, 0], target=rows[:, 1])
    return out.getvalue()


def _npy(rows: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, rows)
    return out.getvalue()


def _safetensors(rows: Any) -> bytes:
    size = 8 * len(rows)
    ends = {"pred": [0, size], "target": [size, 2 * size]}
    header = json.dumps({n: {"dtype": "F64", "shape": [len(rows)], "data_offsets": e} for n, e in ends.items()}).encode()
    return len(header).to_bytes(8, "little") + header + rows.T.tobytes()


CONTENT: dict[str, Callable[[Any], bytes]] = {
    "csv": lambda rows: _text(rows, ","),
    "tsv": lambda rows: _text(rows, "\t"),
    "json": lambda rows: json.dumps({"pred": rows[:, 0].tolist(), "target": rows[:, 1].tolist()}).encode(),
    "jsonl": lambda rows: "".join(json.dumps({"pred": a, "target": b}) + "\n" for a, b in rows.tolist()).encode(),
    "yaml": lambda rows: f"pred: {rows[:, 0].tolist()}\ntarget: {rows[:, 1].tolist()}\n".encode(),
    "npy": _npy,
    "npz": _npz,
    "safetensors": _safetensors,
    "parquet": _polars("write_parquet"),
    "arrow": _polars("write_ipc"),
}
FORMATS = [*CONTENT, *(f"{f}.gz" for f in ("csv", "jsonl", "json", "npy"))]
CHANGES: dict[str, Callable[[Path, bytes], object]] = {
    "truncated": lambda file, new: os.truncate(file, file.stat().st_size // 2),
    "grown": lambda file, new: file.write_bytes(file.read_bytes() + new[-50:]),
    "replaced": lambda file, new: (file.with_name("new").write_bytes(new), file.with_name("new").replace(file)),
    "overwritten": lambda file, new: file.write_bytes(new),
    "deleted": lambda file, new: file.unlink(),
    "touched": lambda file, new: os.utime(file, ns=(1, 1)),
}
WHOLE = ("json", "yaml", "npz", "json.gz", "npy.gz")  # read once, so that a later change has no effect
# A loss of two passes.
OWN = """
def f(pred, target):
    error = pred - target
    total, n = yield error, 1
    return (error - total / n) ** 2
"""
NOTICED = {
    "changed": "changed while it was read: run it again when nothing writes to that file",
    "deleted": "was removed while it was read: run it again when it is there",
}


def content_of(format: str, rows: Any) -> bytes:
    plain, _, packed = format.partition(".")
    return gzip.compress(CONTENT[plain](rows)) if packed else CONTENT[plain](rows)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of a few rows, so that a file of 3,000 rows has many."""
    monkeypatch.setattr(files, "FIRST_BYTES", 512)
    monkeypatch.setattr(files, "PIECE", 2048)
    monkeypatch.setattr(json_files, "PIECE", 2048)
    monkeypatch.setattr(mapped, "WINDOW", 2048)
    monkeypatch.setattr(numpy_files, "MAPPED", 1)
    monkeypatch.setattr(safetensors_files, "MAPPED", 1)
    monkeypatch.setattr(columnar, "ROWS", 64)


def changing(when: str, change: Callable[[], object]) -> Any:
    """A patch that calls `change` once: before the second pass, or before the second chunk of the first."""
    passes = 0

    def run_pass(*args: Any) -> bool:
        nonlocal passes
        passes += 1
        if when == "between" and passes == 2:
            change()
        return _run_pass(*args)

    def chunks(self: Data) -> Iterator[dict[str, Any]]:
        for number, chunk in enumerate(_chunks(self)):
            if when == "during" and passes == 1 and number == 1:
                change()
            yield chunk

    stack = ExitStack()
    stack.enter_context(patch.object(engine, "_run_pass", run_pass))
    stack.enter_context(patch.object(Data, "chunks", chunks))
    return stack


_run_pass, _chunks = engine._run_pass, Data.chunks


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("when", ["during", "between"])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("format", FORMATS)
def test_a_change_is_noticed_or_has_no_effect(
    format: str, change: str, when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if format in WHOLE and when == "during":
        return  # one chunk
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    file = tmp_path / f"d.{format}"
    file.write_bytes(content_of(format, OLD))
    sources = ["-p", f"{file.name}::0", "-t", f"{file.name}::1"] if format.startswith("npy") else [file.name]
    argv = ["compute", "own.py::f", *sources, "-f", "value", "--threads", "1"]
    assert run(argv) == 0
    old = capsys.readouterr().out
    os.utime(file, ns=(10**18, 10**18))
    done = []
    with changing(when, lambda: done.append(CHANGES[change](file, content_of(format, NEW)))):
        code = run(argv)
    out, err = capsys.readouterr()
    assert len(done) == 1
    if format in WHOLE:
        assert (code, out, err) == (0, old, "")
    else:
        assert (code, out, err) == (3, "", f"error: {file.name} {NOTICED.get(change, NOTICED['changed'])}\n")


SHORTER = """
import os, sys
import numpy as np
from losscli.data import mapped
from losscli.cli.app import run

readinto, MAPPED = mapped.np.empty_like, 2**24
def shorten(*args, **kwargs):
    os.truncate("x.npy", 2**20)
    return readinto(*args, **kwargs)
mapped.np.empty_like = shorten
sys.exit(run(["compute", "mse", "-p", "x.npy", "-t", "y.npy", "-f", "value"]))
"""


def test_a_mapped_file_that_is_cut_short_does_not_kill_the_process(tmp_path: Path) -> None:
    """In the moment between the check and the reading: a page of a map that is no longer there is a bus error."""
    for name in ("x.npy", "y.npy"):
        np.save(tmp_path / name, np.zeros(2**22))
    done = subprocess.run([sys.executable, "-c", SHORTER], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", f"error: x.npy {NOTICED['changed']}\n")


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f8", ">f4", "i2", "?"])
def test_rows_that_are_read_are_those_of_the_map(dtype: str, order: str, tmp_path: Path) -> None:
    x = np.asarray(np.random.default_rng(0).integers(0, 2, (50, 3, 2)), dtype, order=order)  # type: ignore[call-overload]
    np.save(tmp_path / "x.npy", x)
    array = np.load(tmp_path / "x.npy", mmap_mode="r")
    checked: list[int] = []
    mapped.check_before_reading(array, lambda: checked.append(1))
    for view in (array, array[5:], array[:, 1], array[..., 0]):
        for start, stop in ((0, 50), (3, 7), (49, 90), (9, 9)):
            rows = mapped.rows_of(view, start, stop)
            assert rows.dtype == view.dtype and np.array_equal(rows, view[start:stop])
    read = mapped.rows_of(array, 3, 7)
    assert (mapped.mmap_of(read) is None) == (order == "C") and len(checked) % 2 == 0
    assert mapped.rows_of(x, 3, 7).base is x or order == "F"
