"""Writing of elements: the same bytes with and without polars, for any blocks, with numbers as Python writes them."""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from losscli.cli import atomic
from losscli.cli.app import run
from losscli.data.blocks import Block
from losscli.engine.job import View
from losscli.render import elements, layouts
from losscli.render.elements import ElementWriter, RowNames
from losscli.render.formats import FORMATS
from losscli.render.grid import Style
from losscli.results import summary
from losscli.results.collect import Collector
from tests.support.output import Cli

RNG = np.random.default_rng(0)
WORDS = ["a", "b,c", 'say "d"', "e\nf", "ä", "日本", "tab\there", " g ", "100%", "{}", "-1", "nan"]


def near(x: float, steps: int = 50) -> list[float]:
    """A float and its neighbours on both sides."""
    below, above = [x], [x]
    for _ in range(steps):
        below.append(math.nextafter(below[-1], -math.inf))
        above.append(math.nextafter(above[-1], math.inf))
    return below + above


# Where one spelling goes over into another, in Python or in polars; each with its neighbours, and negative.
BORDERS = (0.0, 5e-324, 2.3e-308, 1e-10, 1e-9, 1e-7, 1e-5, 1e-4, 1e-3, 1.0, 2.0**53, 1e15, 1e16, 1e17, 1e20, 1e21, 1e22, 1.7e308)

NUMBERS: dict[str, Any] = {
    "any bits": RNG.integers(0, 2**64, 200_000, dtype=np.uint64).view(np.float64),
    "of any size": RNG.normal(size=100_000) * 10.0 ** RNG.integers(-25, 25, 100_000),
    "squares": RNG.normal(size=50_000) ** 2,
    "few digits": RNG.integers(-(10**6), 10**6, 50_000) / 10.0 ** RNG.integers(0, 12, 50_000),
    "whole": np.floor(10.0 ** RNG.uniform(0, 20, 50_000)),
    "borders": np.array([sign * x for b in BORDERS for x in near(b) for sign in (1, -1)]),
    "no numbers": np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0]),
    "small alone": np.full(100, 1e-7),
}


def layout(name: str, names: Sequence[str]) -> layouts.LineLayout:
    make = {"csv": layouts.csv_layout, "tsv": layouts.tsv_layout, "jsonl": layouts.jsonl_layout, "value": layouts.value_layout}[name]
    return make(names, Style())


@pytest.mark.parametrize("format", ["csv", "tsv", "jsonl", "value"])
@pytest.mark.parametrize("numbers", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.slow
def test_polars_spells_as_python(format: str, numbers: Any) -> None:
    pytest.importorskip("polars")
    assert elements._has_polars()
    rows, ids = np.arange(len(numbers)), [WORDS[i % len(WORDS)] for i in range(len(numbers))]
    names = ["id", "row", "100% {}", "loss"]
    columns = [ids, rows, -numbers, numbers] if format != "value" else [numbers]
    assert elements.fast_lines(columns, layout(format, names)) == elements.plain_lines(columns, layout(format, names))


@pytest.mark.parametrize("numbers", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.slow
def test_csv_is_what_the_csv_module_writes(numbers: Any) -> None:
    ids = [WORDS[i % len(WORDS)] for i in range(len(numbers))]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([k, i, repr(x)] for i, (k, x) in enumerate(zip(ids, numbers.tolist(), strict=True)))
    assert elements.plain_lines([ids, np.arange(len(numbers)), numbers], layout("csv", ["id", "i", "loss"])).decode() == text.getvalue()


@pytest.mark.parametrize("numbers", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.slow
def test_jsonl_is_what_the_json_module_writes(numbers: Any) -> None:
    ids = [WORDS[i % len(WORDS)] for i in range(len(numbers))]
    lines = elements.plain_lines([ids, numbers], layout("jsonl", ['"id"', "loss"])).decode().splitlines()
    said = [x if math.isfinite(x) else str(x) for x in numbers.tolist()]
    assert lines == [json.dumps({'"id"': k, "loss": x}, ensure_ascii=False) for k, x in zip(ids, said, strict=True)]


def test_a_polars_that_writes_numbers_otherwise_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that spells a number in its own way, or has not the functions, is as good as none."""
    for wrong in (lambda *a: b"1e16", lambda *a: [].scatter):  # type: ignore[attr-defined]
        elements._has_polars.cache_clear()
        monkeypatch.setattr(elements, "fast_lines", wrong)
        assert not elements._has_polars()
    elements._has_polars.cache_clear()


# --- streams ---------------------------------------------------------------------------------------------------------------


def blocks(rows: int, size: int, omitted: Any = None) -> Iterator[Block]:
    for a in range(0, rows, size):
        n = min(size, rows - a)
        yield Block(a, n, {}, None if omitted is None else omitted[a : a + n])


STREAMED = [f.name for f in FORMATS.values() if f.stream is not None]


def writer_of(format: str, names: RowNames | None = None) -> ElementWriter:
    stream = FORMATS[format].stream
    assert stream is not None
    return stream(names or RowNames(), Style())


def streamed(format: str, values: Any, size: int, names: RowNames | None = None) -> bytes:
    """The bytes of a format, the values in blocks of this size."""
    stream, out = writer_of(format, names), io.BytesIO()
    for block in blocks(len(values), size):
        body = stream.of_block(block, {"loss": values[block.start : block.start + block.rows]})
        if out.tell() == 0:
            out.write(stream.header())
        out.write(body)
    out.seek(0)
    out.write(stream.header())
    return out.getvalue()


SHAPES: dict[str, tuple[int, ...]] = {"one axis": (1000,), "two axes": (300, 3), "three axes": (50, 2, 4), "one row": (1, 2), "empty": (0,)}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("format", STREAMED)
@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.slow
def test_the_bytes_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch, format: str, shape: tuple[int, ...], fast: bool) -> None:
    monkeypatch.setattr(elements, "FAST_FROM", 0 if fast else math.inf)
    values = np.random.default_rng(1).normal(size=shape)
    whole = streamed(format, values, 10**9)
    assert all(streamed(format, values, size) == whole for size in (1, 7, 64))
    if format != "npy":
        text = [x for line in whole.decode().splitlines()[format in ("csv", "tsv") :] for x in [line]]
        assert len(text) == values.size
    if format == "csv":
        places = [",".join(map(str, at)) for at in np.ndindex(shape)]
        assert text == [f"{place},{x!r}" for place, x in zip(places, values.reshape(-1).tolist(), strict=True)]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_npy_is_what_numpy_writes(shape: tuple[int, ...], dtype: Any) -> None:
    values = np.random.default_rng(1).normal(size=shape).astype(dtype)
    if not values.size:
        values = np.zeros(0)  # of no values nothing more is known
    expected = io.BytesIO()
    np.save(expected, values)
    assert streamed("npy", values, 13) == expected.getvalue()


def test_a_million_rows_need_no_longer_header() -> None:
    stream = writer_of("npy")
    lengths = {len(stream.header())}
    for rows in (1, 10, 10**6, 10**9):
        stream.rows = rows  # type: ignore[attr-defined]
        lengths.add(len(stream.header()))
    assert len(lengths) == 1


# --- through the command ---------------------------------------------------------------------------------------------------

MANY = 300_000  # rows: more than a block, and more than polars is loaded for
GIVEN = {"csv": "o.csv", "tsv": "o.tsv", "jsonl": "o.jsonl", "value": "o.txt", "npy": "o.npy"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(2).random(MANY)
    np.save("p.npy", x)
    np.save("t.npy", (x > 0.5).astype(float))
    x[-10] = 1.5
    np.save("bad.npy", x)
    return tmp_path


def argv(format: str, pred: str, *more: str, file: bool) -> list[str]:
    where = ["-o", GIVEN[format]] if file else []
    return ["compute", "bce", "-p", pred, "-t", "t.npy", "-r", "none", *where, *([] if format == "npy" else ["-f", format]), *more]


@pytest.mark.parametrize("format", [f for f in GIVEN if f != "npy"])
def test_the_same_bytes_with_polars_and_without(
    folder: Path, format: str, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """To a file and to standard output, held in memory and on disk."""
    p, t = np.load("p.npy"), np.load("t.npy")
    assert run(argv(format, "p.npy", file=True)) == 0
    written = (folder / GIVEN[format]).read_bytes()
    assert written.count(b"\n") == MANY + (format in ("csv", "tsv"))
    assert float(written.splitlines()[-1].rpartition({"csv": b",", "tsv": b"\t"}.get(format, b" "))[2].rstrip(b"}")) == pytest.approx(
        -math.log(p[-1] if t[-1] else 1 - p[-1])
    )
    for attribute, value in (("BUFFER_LIMIT", 2**30), ("BUFFER_LIMIT", 1000)):
        monkeypatch.setattr(atomic, attribute, value)
        monkeypatch.setattr(elements, "_has_polars", lambda: False)
        assert run(argv(format, "p.npy", file=False)) == 0
        assert capsysbinary.readouterr().out == written


@pytest.mark.parametrize("file", [True, False])
@pytest.mark.parametrize("format", GIVEN)
def test_input_that_fails_late_leaves_nothing(folder: Path, format: str, file: bool, capsys: pytest.CaptureFixture[str]) -> None:
    if format == "npy" and not file:
        pytest.skip("an NPY file is a file")
    before = {p.name for p in folder.iterdir()}
    assert run(argv(format, "bad.npy", file=file)) == 3
    said = capsys.readouterr()
    assert said.out == "" and f"row {MANY - 10} is 1.5" in said.err
    assert {p.name for p in folder.iterdir()} == before


def test_elements_were_written_before_the_late_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above sees what was taken back: the blocks before the bad one were on their way."""
    sizes: list[int] = []
    body = elements.TextElements.of_block

    def noted(self: elements.TextElements, block: Block, columns: Any) -> bytes:
        sizes.append(sum(p.stat().st_size for p in folder.glob(".losscli-*.tmp")))
        return body(self, block, columns)

    monkeypatch.setattr(elements.TextElements, "of_block", noted)
    assert run([*argv("csv", "bad.npy", file=True), "--threads", "1"]) == 3
    assert sizes[-1] > sizes[0] == 0 and list(folder.glob(".losscli-*")) == []


def test_an_old_file_stays_when_the_input_is_bad(folder: Path) -> None:
    (folder / "o.csv").write_text("old")
    assert run(argv("csv", "bad.npy", file=True)) == 3
    assert (folder / "o.csv").read_text() == "old" and list(folder.glob(".o*")) == []


def test_a_warning_made_an_error_leaves_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("p.npy", np.zeros(MANY))
    assert run(argv("csv", "p.npy", "--strict", file=False)) == 3
    said = capsys.readouterr()
    assert said.out == "" and "W104" in said.err
    assert run(argv("csv", "p.npy", "--strict", file=True)) == 3
    assert list(folder.glob("*o.csv*")) == []


STATUS = Path("/proc/self/status")
PEAK = f"""
import re, sys
from losscli.cli.app import run
assert run(sys.argv[1:]) == 0
print(re.search(r"VmHWM:\\s*(\\d+) kB", open("{STATUS}").read())[1], file=sys.stderr)
"""


def peak(rows: int, *argv: str) -> float:
    """The memory of a run over so many rows, in MB: its own, where getrusage would count that of the process it was forked from."""
    np.save("x.npy", np.ones(rows))
    np.save("y.npy", np.ones(rows))
    line = [sys.executable, "-c", PEAK, "compute", "mse", "-p", "x.npy", "-t", "y.npy", "-q", *argv]
    done = subprocess.run(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    return float(done.stderr) / 1024


@pytest.mark.skipif(not STATUS.exists(), reason="no /proc here")
@pytest.mark.parametrize("argv", [("-r", "none", "-o", "o.npy"), ("-r", "none", "-f", "csv", "-o", "o"), ("-f", "value")], ids=" ".join)
@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...]) -> None:
    """The values of the rows that are more take 48 MB, and what they are made from twice that. Fewer rows do not fill all buffers."""
    if "csv" in argv:
        pytest.importorskip("polars")  # for time
    monkeypatch.chdir(tmp_path)
    assert peak(8_000_000, *argv) - peak(2_000_000, *argv) < 40


# --- collectors ------------------------------------------------------------------------------------------------------------


def collected(collector: Collector, values: Any, size: int, ignored: Any = None, omitted: Any = None) -> Collector:
    for block in blocks(len(values), size, omitted):
        part = slice(block.start, block.start + block.rows)
        view = View(block.start, block.rows, {"pred": values[part] * 2}, None, {"pred": 0}, {})
        collector(block, view, values[part], None if ignored is None else ignored[part])
    return collector


ANY: dict[str, Callable[[Any], Any]] = {
    "at random": lambda rng: rng.normal(size=500),
    "rising": lambda rng: np.arange(500.0),
    "falling": lambda rng: -np.arange(500.0),
    "many equal": lambda rng: rng.integers(0, 5, 500).astype(float),
    "some nan": lambda rng: np.where(rng.random(500) < 0.02, np.nan, rng.integers(0, 50, 500)),
    "most nan": lambda rng: np.where(rng.random(500) < 0.9, np.nan, 1.0),
    "infinities": lambda rng: np.where(rng.random(500) < 0.1, np.inf, rng.normal(size=500)),
}


@pytest.mark.parametrize("kind", ANY)
@pytest.mark.parametrize("top", [1, 3, 10, 100, 499, 500, 1000])
@pytest.mark.parametrize("size", [1, 32, 500])
def test_top_is_the_sorted_beginning(kind: str, top: int, size: int) -> None:
    """nan first, then the largest, the first of equals first; ignored values are none; rows as in the file."""
    rng = np.random.default_rng(3)
    values, ignored = ANY[kind](rng), rng.random(500) < 0.1
    omitted = np.cumsum(rng.integers(1, 3, 500))
    order = sorted(np.flatnonzero(~ignored).tolist(), key=lambda i: (values[i] == values[i], -np.nan_to_num(values[i], nan=0, posinf=9e99)))
    found = collected(Collector(top=top), values, size, ignored, omitted).largest
    assert found is not None and found.rows.tolist() == omitted[order[:top]].tolist()
    np.testing.assert_array_equal(found.loss, values[order[:top]])
    np.testing.assert_array_equal(found.cells["pred"], 2 * values[order[:top]])


@pytest.mark.parametrize("size", [1, 3, 64])
def test_first_and_last(size: int) -> None:
    values = np.arange(20.0).reshape(10, 2)
    collector = collected(Collector(head=5, tail=7), values, size)
    assert collector.first is not None and collector.last is not None
    assert collector.first.loss.tolist() == [0, 1, 2, 3, 4] and collector.first.rows.tolist() == [0, 0, 1, 1, 2]
    assert collector.last.loss.tolist() == [13, 14, 15, 16, 17, 18, 19] and collector.last.index.tolist() == [
        [1],
        [0],
        [1],
        [0],
        [1],
        [0],
        [1],
    ]
    assert collector.count == 20


@pytest.mark.parametrize("limit", [99, 100])
def test_a_median_is_exact_or_reported_as_missing(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, limit: int) -> None:
    monkeypatch.setattr(summary, "MEDIAN_LIMIT", limit)
    x = ",".join(map(str, np.random.default_rng(4).permutation(100)))
    line = ["compute", "mae", "-p", x, "-t", ",".join("0" * 100)]
    assert run(line) == 0
    said = capsys.readouterr().out
    assert ("not kept: too many elements" in said) == (limit < 100) and ("49.5" in said.split("median")[1].split()[0]) == (limit == 100)
    assert run([*line, "-f", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["summary"].get("median") == (49.5 if limit == 100 else None)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_values_of_all_blocks_are_concatenated(size: int) -> None:
    values = np.random.default_rng(5).normal(size=(100, 3))
    collector = collected(Collector(values=True), values, size, omitted=np.arange(100) * 2)
    np.testing.assert_array_equal(collector.values(), values)
    np.testing.assert_array_equal(collector.rows(), np.arange(100) * 2)
    np.testing.assert_array_equal(collector.values(), values)


@pytest.mark.parametrize("fast", [True, False])
def test_an_ignored_label_has_an_empty_cell(monkeypatch: pytest.MonkeyPatch, fast: bool, cli: Cli) -> None:
    """The mean of the column is the mean of the loss: the reader of the file counts no 0 for an ignored label."""
    monkeypatch.setattr(elements, "FAST_FROM", 0 if fast else math.inf)
    Path("d.csv").write_text("a,b,t\n1,0,0\n0,1,-100\n2,0,0\n")
    argv = ("compute", "cross_entropy", "d.csv", "-p", "a,b", "-t", "t", "--classes", "0,1", "-r", "none")
    want = "0.31326168751822286", "0.1269280110429725"
    assert cli(*argv, "-f", "csv").out == f"row,loss\n0,{want[0]}\n1,\n2,{want[1]}\n"
    assert (
        cli(*argv, "-f", "jsonl").out == f'{{"row": 0, "loss": {want[0]}}}\n{{"row": 1, "loss": null}}\n{{"row": 2, "loss": {want[1]}}}\n'
    )
    assert cli(*argv, "-f", "value").out == f"{want[0]}\n0.0\n{want[1]}\n"
    assert cli(*argv, "-o", "e.csv").code == 0
    assert cli(*argv, "--expect", "e.csv").code == 0
