"""Parquet and Arrow files, and patterns of file names: values are read exactly, and what cannot be read is an error."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from losscli.sources import columnar
from losscli.sources.delimited import with_polars
from tests.support.command import Outcome, cli, npy
from tests.support.readers import forget_polars
from tests.support.sources import INPUT, NUMBERS, Files, each, losses, refused


def parquet(frame: pl.DataFrame, **how: Any) -> bytes:
    file = io.BytesIO()
    frame.write_parquet(file, **how)
    return file.getvalue()


def arrow(frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.write_ipc(file)
    return file.getvalue()


def stream(frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.write_ipc_stream(file)
    return file.getvalue()


WRITTEN = {"parquet": parquet, "arrow": arrow, "feather": arrow, "ipc": stream}
NAMES = [(kind, gz) for kind in WRITTEN for gz in ("", ".gz")]


@pytest.fixture
def without_polars(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    forget_polars()
    monkeypatch.setitem(sys.modules, "polars", None)
    yield
    forget_polars()


# --- Parquet and Arrow -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "gz"), NAMES)
@pytest.mark.parametrize("rows", [2**18, 10])
def test_same_bits_as_from_any_format(kind: str, gz: str, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columnar, "ROWS", rows)
    monkeypatch.setattr(columnar, "FIRST_ROWS", min(rows, 64))
    content = WRITTEN[kind](pl.DataFrame(NUMBERS))
    got = each("mse", f"d.{kind}{gz}", files={f"d.{kind}{gz}": gzip.compress(content) if gz else content})
    e = np.array(NUMBERS["pred"]) - np.array(NUMBERS["target"])
    assert np.array(losses(got)).tobytes() == (e * e).tobytes()


@pytest.mark.parametrize("kind", ["parquet", "arrow", "ipc"])
def test_on_standard_input(kind: str) -> None:
    content = WRITTEN[kind](pl.DataFrame({"pred": [1.0], "target": [3.0]}))
    form = [] if kind != "ipc" else ["--input-format", "arrow"]  # a stream has no beginning to know it by
    assert losses(each("mse", "-", *form, stdin=content)) == [4]


TYPES: dict[str, tuple[pl.Series, list[float]]] = {
    "float32": (pl.Series([1.1, 2], dtype=pl.Float32), [float(np.float32(1.1)), 2]),
    "int8": (pl.Series([-3, 2], dtype=pl.Int8), [-3, 2]),
    "int64": (pl.Series([2**62, 2]), [2.0**62, 2]),
    "uint64": (pl.Series([2**64 - 1, 2], dtype=pl.UInt64), [2.0**64, 2]),
    "int128": (pl.Series([2**100, 2], dtype=pl.Int128), [2.0**100, 2]),
    "bool": (pl.Series([True, False]), [1, 0]),
    "text": (pl.Series(["1.5", " 2"]), [1.5, 2]),
    "lists": (pl.Series([[1, 2], [3, 4]]), [1, 2, 3, 4]),
    "arrays": (pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int64, 2)), [1, 2, 3, 4]),
    "lists of lists": (pl.Series([[[1], [2]], [[3], [4]]]), [1, 2, 3, 4]),
    "lists of arrays": (pl.Series([[[1, 2]], [[3, 4]]], dtype=pl.List(pl.Array(pl.Float64, 2))), [1, 2, 3, 4]),
}


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
@pytest.mark.parametrize(("column", "values"), TYPES.values(), ids=TYPES)
def test_types(column: pl.Series, values: list[float], kind: str) -> None:
    if kind == "parquet" and column.dtype == pl.Int128:
        pytest.skip("Parquet has no such integers")
    got = cli(["compute", "quantile", "-p", "0", "-t", f"d.{kind}", "--tau", "0.5", "--broadcast", "-r", "none", "-f", "value"],
              {f"d.{kind}": WRITTEN[kind](pl.DataFrame({"v": column}))})  # fmt: skip
    assert losses(got) == [abs(v) / 2 for v in values]


@pytest.mark.parametrize("dtype", [pl.Float64, pl.Int64, pl.Boolean, pl.Null, pl.String])
def test_null_is_a_missing_value(dtype: Any) -> None:
    frame = pl.DataFrame(
        {"pred": pl.Series([1, None, 1] if dtype != pl.Null else [None] * 3, dtype=dtype, strict=False), "target": [1, 2, 3]}
    )
    files: Files = {"d.parquet": parquet(frame)}
    refused(each("mse", "d.parquet", files=files), f"row {int(dtype != pl.Null)} is nan or empty", code=INPUT)
    assert len(losses(each("mse", "d.parquet", "--nan", "omit", files=files))) == (2 if dtype != pl.Null else 0)


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Enum(["dog", "cat"])])
def test_words_for_labels(dtype: Any) -> None:
    frame = pl.DataFrame({"logit_cat": [1.0, 1.0], "logit_dog": [2.0, 2.0], "target": pl.Series(["cat", "dog"], dtype=dtype)})
    text = "logit_cat,logit_dog,target\n1,2,cat\n1,2,dog\n"
    assert losses(each("cross_entropy", "d.parquet", files={"d.parquet": parquet(frame)})) == losses(
        each("cross_entropy", "d.csv", files={"d.csv": text})
    )


REFUSED: dict[str, tuple[pl.Series, str]] = {
    "dates": (pl.Series([date(2020, 1, 1)]), "d.parquet::v holds Date: dates and times are not numbers; only --id takes them"),
    "durations": (pl.Series([timedelta(1)]), "holds Duration"),
    "records": (pl.Series([{"a": 1}]), "holds Struct"),
    "empty lists": (pl.Series([[], []], dtype=pl.List(pl.Float64)), "hold no numbers"),
    "lists of dates": (pl.Series([[date(2020, 1, 1)]]), "holds List(Date)"),
    "words": (pl.Series(["a"]), "d.parquet::v: row 0: 'a' is not a number"),
    "ragged": (pl.Series([[1], [1, 2]]), "d.parquet::v is ragged: its lists have lengths 1, 2"),
    "ragged null": (pl.Series([[1], None]), "d.parquet::v is ragged: its lists have lengths null, 1"),
    "ragged later": (pl.Series([[1]] * 64 + [[1, 2]]), "row 64 has the shape (2,), but the rows before it have (1,)"),
}


@pytest.mark.parametrize(("column", "said"), REFUSED.values(), ids=REFUSED)
def test_columns_of_other_types_are_refused(column: pl.Series, said: str) -> None:
    files: Files = {"d.parquet": parquet(pl.DataFrame({"v": column}))}
    refused(each("mse", "-p", "d.parquet::v", "-t", "d.parquet::v", files=files), said, code=INPUT)


def test_unused_columns_may_have_any_type() -> None:
    frame = pl.DataFrame({"pred": [1.0], "target": [3.0], "day": [date(2020, 1, 1)], "tags": [{"a": [1]}]})
    assert losses(each("mse", "d.parquet", files={"d.parquet": parquet(frame)})) == [4]


def test_rows_matched_by_id() -> None:
    files: Files = {
        "a.parquet": parquet(pl.DataFrame({"id": ["x", "y"], "pred": [1.0, 2.0]})),
        "b.arrow": arrow(pl.DataFrame({"id": ["y", "x"], "target": [20.0, 10.0]})),
    }
    got = cli(["compute", "mse", "a.parquet", "-t", "b.arrow::target", "--id", "id", "-r", "none", "-f", "csv"], files)
    assert got.out.splitlines()[1:] == ["x,81.0", "y,324.0"], got.err


@pytest.mark.parametrize("kind", WRITTEN)
def test_damaged(kind: str) -> None:
    whole = WRITTEN[kind](pl.DataFrame({"pred": np.arange(1000.0), "target": np.arange(1000.0)}))
    refused(each("mse", f"d.{kind}", files={f"d.{kind}": b""}), f"d.{kind} is empty", code=INPUT)
    for content in (b"pred,target\n1,2\n", whole[:100], whole[:-100]):
        refused(each("mse", f"d.{kind}", files={f"d.{kind}": content}), f"d.{kind}: not a readable", code=INPUT)


def test_a_panic_of_polars_is_an_error_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def panic(*args: Any, **how: Any) -> None:
        raise pl.exceptions.PanicException("assertion failed")

    files: Files = {"d.parquet": parquet(pl.DataFrame({"pred": [1.0], "target": [2.0]})), "d.csv": "pred,target\n1,2\n"}
    monkeypatch.setattr(with_polars, "ENOUGH", 0)
    for name in ("scan_parquet", "read_csv"):
        monkeypatch.setattr(pl, name, panic)
    refused(each("mse", "d.parquet", files=files), "d.parquet: not a readable Parquet file: assertion failed", code=INPUT)
    assert losses(each("mse", "d.csv", files=files)) == [1]


@pytest.mark.parametrize("name", ["d.parquet", "d.arrow", "part-*.parquet"])
def test_without_polars(without_polars: None, name: str) -> None:
    frame = pl.DataFrame({"pred": [1.0], "target": [3.0]})
    files: Files = {"d.parquet": parquet(frame), "d.arrow": arrow(frame), "part-1.parquet": parquet(frame)}
    refused(each("mse", name, files=files), name.replace("*", "1") + " needs the fast extra: pip install 'losscli[fast]'", code=INPUT)


# --- several files ---------------------------------------------------------------------------------------------------------

PARTS: dict[str, list[float]] = {"2": [1.0, 2.0], "10": [4.0], "11": [], "9": [3.0]}
COLUMNS = {n: {"pred": x, "target": [0.0] * len(x)} for n, x in PARTS.items()}


def _csv(columns: dict[str, list[float]]) -> bytes:
    return "\n".join([",".join(columns), *(",".join(map(repr, row)) for row in zip(*columns.values(), strict=True))]).encode()


def _jsonl(columns: dict[str, list[float]]) -> bytes:
    return "".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in zip(*columns.values(), strict=True)).encode()


def _npz(columns: dict[str, list[float]]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **{k: np.array(v) for k, v in columns.items()})
    return file.getvalue()


KINDS: dict[str, Any] = {
    "csv": _csv,
    "csv.gz": lambda columns: gzip.compress(_csv(columns)),
    "json": lambda columns: json.dumps(columns).encode(),
    "npz": _npz,
    "parquet": lambda columns: parquet(pl.DataFrame(columns, schema={"pred": pl.Float64, "target": pl.Float64})),
    "arrow": lambda columns: arrow(pl.DataFrame(columns, schema={"pred": pl.Float64, "target": pl.Float64})),
}


@pytest.mark.parametrize("kind", [*KINDS, "jsonl"])
def test_files_of_a_pattern_run_on_in_natural_order(kind: str) -> None:
    write = KINDS.get(kind, _jsonl)
    files: Files = {f"part-{n}.{kind}": write(c) for n, c in COLUMNS.items() if kind != "jsonl" or c["pred"]}
    for argv in ([f"part-*.{kind}"], ["-p", f"part-*.{kind}::pred", "-t", "[0,0,0,0]"], ["-p", f"part-*.{kind}::0", "-t", "d.npy"]):
        got = cli(["compute", "mae", *argv, "-r", "none", "-f", "csv"], files | {"d.npy": npy(np.zeros(4))})
        assert got.out.splitlines()[1:] == ["0,1.0", "1,2.0", "2,3.0", "3,4.0"], got.err


def test_arrays_without_names() -> None:
    files: Files = {"d/1.npy": npy([[1.0, 2.0]]), "d/2.npy": npy([[3.0, 4.0], [5.0, 6.0]])}
    assert losses(each("mae", "-p", "d/*.npy", "-t", "[[0,0],[0,0],[0,0]]", files=files)) == [1, 2, 3, 4, 5, 6]
    assert losses(each("mae", "-p", "**/*.npy::1", "-t", "0,0,0", files=files)) == [2, 4, 6]


def test_a_pattern_beside_data() -> None:
    files: Files = {"d.csv": "target,x_1\n1,1\n2,1\n", "p-1.csv": "v\n1\n", "p-2.csv": "v\n4\n", "x_9": "v\n9\n"}
    assert losses(each("mae", "d.csv", "-p", "p-*.csv", files=files)) == [0, 2]
    assert losses(each("mae", "d.csv", "-p", "x_*", files=files)) == [0, 1]  # a pattern of columns first


def test_a_file_that_is_called_like_a_pattern() -> None:
    frame = pl.DataFrame({"v": [9.0]})
    named: Files = {"p*.parquet": parquet(frame), "p[1].arrow": arrow(frame), "pq.parquet": b"", "p1.arrow": b""}
    assert losses(each("mae", "-p", "p*.parquet", "-t", "p[1].arrow", files=named)) == [0]
    files: Files = {"p*.csv": "v\n5\n", "pq.csv": "v\n6\n", "p[1].csv": "v\n7\n", "p1.csv": "v\n8\n"}
    assert losses(each("mae", "-p", "p*.csv", "-t", "0", files=files)) == [5]
    assert losses(each("mae", "-p", "p[1].csv", "-t", "0", files=files)) == [7]


def test_ids_of_several_files() -> None:
    files: Files = {"a-1.csv": "id,pred\nx,1\n", "a-2.csv": "id,pred\ny,2\n", "b.csv": "id,target\ny,20\nx,10\n"}
    got = cli(["compute", "mse", "a-*.csv", "-t", "b.csv::target", "--id", "id", "-r", "none", "-f", "csv"], files)
    assert got.out.splitlines()[1:] == ["x,81.0", "y,324.0"], got.err
    refused(each("mse", "a-*.csv", "-t", "b.csv::target", "--id", "id", files=files | {"a-3.csv": "id,pred\nx,1\n"}),
            "a-*.csv::id: the id 'x' is used twice: row 0 (a-1.csv, line 2) and row 2 (a-3.csv, line 2)")  # fmt: skip


def _wrong(*contents: str | bytes, kind: str = "csv") -> Outcome:
    return each("mse", f"p-*.{kind}", "-p", "pred", "-t", "target", files={f"p-{i + 1}.{kind}": c for i, c in enumerate(contents)})


D, E = "pred,target\n1,2\n", "pred,target\n"
WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "a word": ((D, E, D + "3,x\n"), "p-*.csv::target: row 2 (p-3.csv, line 3): 'x' is not a number"),
    "empty field": ((D, D + ",5\n"), "pred: row 2 (p-2.csv, line 3) is nan or empty"),
    "fields": ((D, "pred,target\n1,2,3\n"), "p-2.csv:2: 3 fields, but the header has 2"),
    "columns": ((D, "pred,label\n1,2\n"), "the files of p-*.csv differ: p-1.csv has pred, target, but p-2.csv pred, label"),
    "no header": ((D, "1,2\n"), "the files of p-*.csv differ: p-1.csv has pred, target, but p-2.csv 0, 1"),
    "empty": ((D, ""), "p-2.csv is empty"),
}


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(("contents", "said"), WRONG.values(), ids=WRONG)
def test_errors_name_the_file_and_its_line(contents: tuple[str, ...], said: str) -> None:
    refused(_wrong(*contents), said, code=INPUT)


def test_columns_in_another_order() -> None:
    assert losses(_wrong(D, "target,pred\n5,3\n")) == [1, 4]


def test_rows_are_counted_over_all_files() -> None:
    refused(each("mse", "-p", "p-*.csv", "-t", "1,2", files={"p-1.csv": "v\n1\n", "p-2.csv": "v\n1\n2\n"}), "pred has 3 rows (p-*.csv)")


def test_arrays_of_other_shapes() -> None:
    files: Files = {"p-1.npy": npy([[1.0, 2.0]]), "p-2.npy": npy([[3.0]])}
    refused(
        each("mse", "-p", "p-*.npy", "-t", "p-*.npy", files=files),
        "the files of p-*.npy differ: p-1.npy has 2 columns, but p-2.npy 1 column",
    )
    files = {"p-1.npy": npy(np.zeros((1, 2, 2))), "p-2.npy": npy(np.zeros((1, 3, 2)))}
    said = "row 1 (p-2.npy) has the shape (3, 2), but the rows before it have (2, 2)"
    refused(each("mse", "-p", "p-*.npy", "-t", "p-*.npy", files=files), said)


def test_the_output_is_none_of_the_files() -> None:
    got = cli(["compute", "mse", "p-*.csv", "-o", "p-2.csv"], {"p-1.csv": D, "p-2.csv": D})
    assert got.code == 2 and got.err.startswith("error: -o p-2.csv is also a file that is read")


# --- memory ----------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here")
@pytest.mark.parametrize("source", ["{}.npy", "{}*.npy"])
@pytest.mark.slow
def test_files_larger_than_memory(tmp_path: Path, source: str) -> None:
    """Memory of a mapped file is released after reading: half a gigabyte takes no more memory than the current blocks."""
    for name in "pt":
        np.lib.format.open_memmap(tmp_path / f"{name}.npy", "w+", np.float64, (2**25,))
    code = (
        "import re, sys; from losscli.cli.app import run; code = run(sys.argv[1:]);"  # getrusage would tell of who started it
        "print(code, int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) // 1024)"
    )
    argv = ["compute", "mse", "-p", source.format("p"), "-t", source.format("t"), "-f", "value", "--threads", "2"]
    done = subprocess.run([sys.executable, "-c", code, *argv], cwd=tmp_path, capture_output=True, text=True, check=True)
    value, said = done.stdout.splitlines()
    assert (value, said.split()[0]) == ("0.0", "0")
    assert int(said.split()[1]) < 250
