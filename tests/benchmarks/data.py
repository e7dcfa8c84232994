"""The files that the benchmarks read. `python data.py FILE ROWS` makes one, in a process of its own, whose memory is given back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["made"]

CHUNK = 100_000


def made(folder: Path, name: str, rows: int, python: str) -> str:
    """The name of a file of so many rows, made if it is not there: CSV of predictions and targets, or NPY of the one its name says.

    pairs.jsonl has the same as JSON lines, quoted.csv in quotes, pairs.parquet as two columns, three.csv with two more predictions.
    logits.jsonl has 100 logits and a label on each line, wide100.csv too; lists.parquet a list of 10 logits. logits10.npy has 10 logits in
    each row, labels10.npy their labels, logits10.npz both.
    """
    stem, _, suffix = name.rpartition(".")
    file = folder / f"{stem}-{rows}.{suffix}"
    if not file.exists():
        print(f"making {file} …", file=sys.stderr)
        subprocess.run([python, __file__, str(file), str(rows)], check=True)
    return file.name


def _chunks(rows: int) -> Iterator[tuple[Any, Any]]:
    """Targets, and predictions that are somewhat off; the first rows are the same whatever their number."""
    import numpy as np

    rng = np.random.default_rng(0)
    for begin in range(0, rows, CHUNK):
        target = rng.normal(size=CHUNK)
        pred = target + 0.3 * rng.normal(size=CHUNK)
        yield pred[: rows - begin], target[: rows - begin]


def _write_csv(file: Path, rows: int) -> None:
    with file.open("w", encoding="ascii", newline="") as out:
        out.write("y_pred,y_true\n")
        for pred, target in _chunks(rows):
            out.write("".join(f"{p!r},{t!r}\n" for p, t in zip(pred.tolist(), target.tolist(), strict=True)))


def _write_quoted(file: Path, rows: int) -> None:
    with file.open("w", encoding="ascii", newline="") as out:
        out.write('"y_pred","y_true"\n')
        for pred, target in _chunks(rows):
            out.write("".join(f'"{p!r}","{t!r}"\n' for p, t in zip(pred.tolist(), target.tolist(), strict=True)))


def _write_wide(file: Path, rows: int, columns: int) -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    with file.open("w", encoding="ascii", newline="") as out:
        out.write(",".join([f"p{k}" for k in range(columns)] + ["label"]) + "\n")
        for begin in range(0, rows, CHUNK // columns):
            n = min(rows - begin, CHUNK // columns)
            for logits, label in zip(rng.normal(size=(n, columns)).tolist(), rng.integers(0, columns, size=n).tolist(), strict=True):
                out.write(",".join([f"{x:.7g}" for x in logits]) + f",{label}\n")


def _write_json_lines(file: Path, rows: int) -> None:
    with file.open("w", encoding="ascii", newline="") as out:
        for pred, target in _chunks(rows):
            out.write("".join(f'{{"y_pred": {p!r}, "y_true": {t!r}}}\n' for p, t in zip(pred.tolist(), target.tolist(), strict=True)))


def _write_logits(file: Path, rows: int) -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    with file.open("w", encoding="ascii", newline="") as out:
        for begin in range(0, rows, CHUNK // 100):
            n = min(rows - begin, CHUNK // 100)
            for logits, label in zip(rng.normal(size=(n, 100)).tolist(), rng.integers(0, 100, size=n).tolist(), strict=True):
                out.write(f'{{"logits": [{", ".join(f"{x:.7g}" for x in logits)}], "label": {label}}}\n')


def _write_npy(file: Path, rows: int, which: int) -> None:
    import numpy as np

    with file.open("wb") as out:
        np.lib.format.write_array_header_1_0(out, {"descr": "<f8", "fortran_order": False, "shape": (rows,)})
        for pair in _chunks(rows):
            out.write(pair[which].astype("<f8").tobytes())


def _write_three(file: Path, rows: int) -> None:
    with file.open("w", encoding="ascii", newline="") as out:
        out.write("a,b,c,target\n")
        for pred, target in _chunks(rows):
            b, c = target + 1.1 * (pred - target), 0.9 * target
            out.write("".join(f"{p!r},{q!r},{r!r},{t!r}\n" for p, q, r, t in zip(*(x.tolist() for x in (pred, b, c, target)), strict=True)))


def _logits(rows: int, classes: int) -> tuple[Any, Any]:
    import numpy as np

    rng = np.random.default_rng(0)
    return rng.normal(size=(rows, classes)), rng.integers(0, classes, size=rows)


def _write_arrays(file: Path, rows: int) -> None:
    """The logits, their labels, or both, as the name says, with as many classes as it says."""
    import numpy as np

    stem = file.name.lstrip(".").partition("-")[0]
    logits, labels = _logits(rows, int("".join(filter(str.isdigit, stem))))
    with file.open("wb") as out:
        if file.suffix == ".npz":
            np.savez(out, logits=logits, labels=labels)
        else:
            np.save(out, logits if stem.startswith("logits") else labels)


def _write_parquet(file: Path, rows: int) -> None:
    import numpy as np
    import polars as pl

    if file.name.lstrip(".").startswith("lists"):
        logits, labels = _logits(rows, 10)
        frame = pl.DataFrame({"logits": pl.Series(logits).arr.to_list(), "label": labels})
    else:
        pred, target = (np.concatenate(x) for x in zip(*_chunks(rows), strict=True))
        frame = pl.DataFrame({"y_pred": pred, "y_true": target})
    frame.write_parquet(file)


def _main(name: str, rows: str) -> None:
    file = Path(name)
    unfinished = file.with_name(f".{file.name}")  # an interrupted run leaves no file that looks whole
    if file.name.startswith("wide"):
        _write_wide(unfinished, int(rows), int(file.name.removeprefix("wide").partition("-")[0]))
    elif file.name.startswith(("pred", "target")):
        _write_npy(unfinished, int(rows), 0 if file.name.startswith("pred") else 1)
    else:
        write = {
            "pairs.csv": _write_csv,
            "quoted.csv": _write_quoted,
            "three.csv": _write_three,
            "pairs.jsonl": _write_json_lines,
            "logits.jsonl": _write_logits,
        }.get(file.stem.partition("-")[0] + file.suffix, _write_parquet if file.suffix == ".parquet" else _write_arrays)
        write(unfinished, int(rows))
    os.replace(unfinished, file)


if __name__ == "__main__":
    _main(*sys.argv[1:])
