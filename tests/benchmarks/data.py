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

    pairs.jsonl has the same as JSON lines, quoted.csv in quotes. logits.jsonl has 100 logits and a label on each line, wide100.csv too.
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


def _main(name: str, rows: str) -> None:
    file = Path(name)
    unfinished = file.with_name(f".{file.name}")  # an interrupted run leaves no file that looks whole
    if file.suffix == ".csv" and file.name.startswith("wide"):
        _write_wide(unfinished, int(rows), int(file.name.removeprefix("wide").partition("-")[0]))
    elif file.suffix == ".csv":
        (_write_quoted if file.name.startswith("quoted") else _write_csv)(unfinished, int(rows))
    elif file.suffix == ".jsonl":
        (_write_logits if file.name.startswith("logits") else _write_json_lines)(unfinished, int(rows))
    else:
        _write_npy(unfinished, int(rows), 0 if file.name.startswith("pred") else 1)
    os.replace(unfinished, file)


if __name__ == "__main__":
    _main(*sys.argv[1:])
