"""The parts of the benchmark that time whole processes: each yields its rows. A side that fails or is not there is a row that says so."""

from __future__ import annotations

import math
import statistics
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from pathlib import Path

from tests.benchmarks import peers
from tests.benchmarks.data import made
from tests.benchmarks.measure import Command, Failed, in_turn, loads, output, peak_mb, seconds
from tests.benchmarks.report import Row, against, peak
from tests.benchmarks.sides import Setup

__all__ = ["AGREE", "SECTIONS", "race", "size", "timed"]

AGREE = 1e-9  # of two values of the same thing, relative
SMALL = ("compute", "mse", "-p", "1,2,4", "-t", "1,2,3")
OFTEN = 3  # times as many runs of what takes a fifth of a second


def _start(setup: Setup) -> Iterator[Row]:
    runs = setup.runs * OFTEN
    value, numpy = setup.ours(*SMALL, "-f", "value"), Command((setup.python, "-c", "import numpy"), setup.folder)
    yield timed("start", f"`losscli {' '.join(SMALL)} -f value`", value, "`python -c 'import numpy'`", numpy, runs, 1.8)

    def app(*words: str, **env: str) -> Command:
        return setup.script(setup.python, "app", peers.EMPTY_APP, *words, env=env, stdout=subprocess.PIPE)

    listing = setup.ours("list", stdout=subprocess.PIPE)
    row = timed("start", "`losscli list` to a pipe", listing, "empty Typer app", app("one"), runs, 1.3)
    yield _without_numpy(setup, listing, row)

    completion = setup.ours(env=_asked("losscli", "losscli comp"), stdout=subprocess.PIPE)
    row = timed("start", "completion of `losscli comp`", completion, "that of an empty Typer app", app(**_asked("app", "app o")), runs, 1.3)
    yield _without_numpy(setup, completion, row)

    yield timed("start", f"`losscli {' '.join(SMALL)}`: the table", setup.ours(*SMALL), "with `-f value`", value, runs, 1.3)


def _asked(program: str, line: str) -> dict[str, str]:
    """What bash tells a program that is to complete a line."""
    return {f"_{program.upper()}_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": "1"}


def _csv(setup: Setup) -> Iterator[Row]:
    file = made(setup.folder, "pairs.csv", 5_000_000, setup.python)
    scripts = {
        name: setup.script(setup.peers, f"csv_{name}", code, file)
        for name, code in peers.CSV.items()
        if all(setup.has(package) for package in name.split("+"))
    }
    awk = {"awk": setup.awk(peers.AWK, file)} if setup.has("awk") else {}
    ours = setup.ours("compute", "mse", file, "-f", "value")
    found = race("csv", f"CSV, {size(setup, file)}, 5M rows, with fast", ours, {**scripts, **awk}, setup.runs, 1.25)
    note = "" if "polars" in setup.versions["losscli"] else "measured without polars"
    yield from (_noted(row, note) for row in found)

    file = made(setup.folder, "pairs.csv", 1_000_000, setup.python)
    awk = {"awk": setup.awk(peers.AWK, file)} if setup.has("awk") else {}
    ours = setup.base("compute", "mse", file, "-f", "value")
    yield from race("csv", f"CSV, {size(setup, file)}, 1M rows, base packages", ours, awk, setup.runs, 3.0)


def _tables(setup: Setup) -> Iterator[Row]:
    """CSV in quotes, and with many columns of which all are used."""
    quoted = made(setup.folder, "quoted.csv", 1_000_000, setup.python)
    kinds: list[tuple[str, str, tuple[str, ...], dict[str, str]]] = [(quoted, "CSV with every field quoted", ("mse", quoted), peers.CSV)]
    for columns, rows in ((100, 220_000), (1000, 22_000)):
        wide = made(setup.folder, f"wide{columns}.csv", rows, setup.python)
        words = ("cross_entropy", wide, "-p", "p*", "-t", "label")
        kinds.append((wide, f"CSV of {columns + 1} columns", words, peers.WIDE))
    for file, what, command, codes in kinds:
        scripts = {
            n: setup.script(setup.peers, f"{file}_{n}", code, file) for n, code in codes.items() if all(map(setup.has, n.split("+")))
        }
        whole = f"{what}, {size(setup, file)}"
        yield from race("tables", f"{whole}, with fast", setup.ours("compute", *command, "-f", "value"), scripts, setup.runs, 1.25)
        yield from race("tables", f"{whole}, base packages", setup.base("compute", *command, "-f", "value"), scripts, setup.runs, 2.0)


def _json_lines(setup: Setup) -> Iterator[Row]:
    for name, rows, what, command, codes in (
        ("pairs.jsonl", 1_000_000, "JSON lines", ("mse", "-p", "y_pred", "-t", "y_true"), peers.JSON_LINES),
        ("logits.jsonl", 100_000, "JSON lines of 100 logits", ("cross_entropy", "-p", "logits", "-t", "label"), peers.JSON_LOGITS),
    ):
        file = made(setup.folder, name, rows, setup.python)
        scripts = {n: setup.script(setup.peers, f"{name}_{n}", code, file) for n, code in codes.items() if setup.has(n)}
        words = ("compute", command[0], file, *command[1:], "-f", "value")
        whole = f"{what}, {size(setup, file)}, {rows:,} rows"
        yield from race("jsonl", f"{whole}, with fast", setup.ours(*words), scripts, setup.runs, 1.25)
        yield from race("jsonl", f"{whole}, base packages", setup.base(*words), scripts, setup.runs, 3.0)


def _npy(setup: Setup) -> Iterator[Row]:
    files = [made(setup.folder, f"{role}.npy", 5_000_000, setup.python) for role in ("pred", "target")]
    ours = setup.ours("compute", "mse", "-p", files[0], "-t", files[1], "-f", "value")
    script = setup.script(setup.python, "npy", peers.NUMPY, *files)
    yield from race("npy", f"two NPY files, {size(setup, *files)}, 5M rows", ours, {"NumPy": script}, setup.runs, 1.3)


def _write(setup: Setup) -> Iterator[Row]:
    what = "1M losses to CSV, from CSV, with fast"
    if not setup.has("polars"):
        yield Row("write", what, "polars", note="polars is not installed")
        return
    file = made(setup.folder, "pairs.csv", 1_000_000, setup.python)
    ours = setup.ours("compute", "mse", file, "-r", "none", "-o", "ours.csv")
    script = setup.script(setup.peers, "squares", peers.SQUARES, file, "theirs.csv")
    row = timed("write", what, ours, "polars", script, setup.runs, 2.0)
    yield row if row.spread is None else _unless(_difference(setup.folder / "ours.csv", setup.folder / "theirs.csv"), row)


def _memory(setup: Setup) -> Iterator[Row]:
    sizes = [1_000_000, 5_000_000, *([50_000_000] if setup.full else [])]
    yield _peaks(setup, "CSV, with fast", sizes, lambda rows: setup.ours("compute", "mse", _pairs(setup, rows), "-f", "value"))
    yield _peaks(setup, "CSV, base packages", sizes, lambda rows: setup.base("compute", "mse", _pairs(setup, rows), "-f", "value"))
    yield _peaks(setup, "NPY", sizes, lambda rows: setup.ours("compute", "mse", *_arrays(setup, rows), "-f", "value"))


SECTIONS: dict[str, Callable[[Setup], Iterator[Row]]] = {
    "start": _start,
    "csv": _csv,
    "tables": _tables,
    "jsonl": _json_lines,
    "npy": _npy,
    "write": _write,
    "memory": _memory,
}


def timed(section: str, what: str, ours: Command, peer: str, theirs: Command, runs: int, most: float) -> Row:
    """Two commands in turn, after one run of each."""
    try:
        for command in (ours, theirs):
            output(command)
        return against(section, what, peer, *in_turn([partial(seconds, ours), partial(seconds, theirs)], runs), most=most)
    except Failed as failed:
        return Row(section, what, peer, goal=f"≤ {most:g}", met=False, note=f"failed: {failed}")


def race(section: str, what: str, ours: Command, others: Mapping[str, Command], runs: int, most: float) -> Iterator[Row]:
    """A command in turn with all its peers, whose answers must be its own; the goal is over the fastest of them."""
    try:
        answer = float(output(ours))
        running = {}
        for name, command in others.items():
            if (row := _checked(section, what, name, answer, command)) is None:
                running[name] = command
            else:
                yield row
        if not running:
            yield Row(section, what, "", goal=f"≤ {most:g}", note="no peer is installed")
            return
        mine, *theirs = in_turn([partial(seconds, command) for command in (ours, *running.values())], runs)
    except (Failed, ValueError) as failed:
        yield Row(section, what, "", goal=f"≤ {most:g}", met=False, note=f"failed: {failed}")
        return
    by_name = dict(sorted(zip(running, theirs, strict=True), key=lambda kv: statistics.median(kv[1])))
    for i, (name, times) in enumerate(by_name.items()):
        yield against(section, what, name, mine, times, most=most if i == 0 else None)


def _checked(section: str, what: str, name: str, answer: float, command: Command) -> Row | None:
    """A row for a peer that fails or gives another number; it takes no part."""
    try:
        theirs = float(output(command))
    except (Failed, ValueError) as failed:
        return Row(section, what, name, note=f"failed: {failed}")
    same = math.isclose(answer, theirs, rel_tol=AGREE)
    return None if same else Row(section, what, name, met=False, note=f"values differ: {answer} and {theirs}")


def _peaks(setup: Setup, what: str, sizes: list[int], command: Callable[[int], Command]) -> Row:
    """The peak memory of the same command on more and more rows."""
    try:
        found = {rows: statistics.median(peak_mb(command(rows)) for _ in range(3 if rows <= 5_000_000 else 1)) for rows in sizes}
    except Failed as failed:
        return Row("memory", f"peak memory, {what}", "", met=False, note=f"failed: {failed}")
    return peak(f"peak memory, {what}", found)


def _pairs(setup: Setup, rows: int) -> str:
    return made(setup.folder, "pairs.csv", rows, setup.python)


def _arrays(setup: Setup, rows: int) -> list[str]:
    return ["-p", made(setup.folder, "pred.npy", rows, setup.python), "-t", made(setup.folder, "target.npy", rows, setup.python)]


def _without_numpy(setup: Setup, command: Command, row: Row) -> Row:
    return _unless("loads NumPy" if row.spread and "numpy" in loads(setup.python, command) else "", row)


def _unless(wrong: str, row: Row) -> Row:
    """The row, whose goal is not met if something is wrong."""
    return replace(row, met=False, note=wrong) if wrong else row


def _noted(row: Row, note: str) -> Row:
    return replace(row, note=", ".join(filter(None, (row.note, note))))


def size(setup: Setup, *files: str) -> str:
    return f"{sum((setup.folder / f).stat().st_size for f in files) / 1e6:.0f} MB"


def _difference(ours: Path, theirs: Path) -> str:
    """Where two files of rows and losses do not say the same, or nothing."""
    with ours.open(encoding="utf-8") as a, theirs.open(encoding="utf-8") as b:
        for line, (one, other) in enumerate(zip_longest(a, b, fillvalue=""), 1):
            if one != other and not _same_loss(one, other):
                return f"line {line} differs: {one.strip()} and {other.strip()}"
    return ""


def _same_loss(one: str, other: str) -> bool:
    (row, _, loss), (their_row, _, their_loss) = one.partition(","), other.partition(",")
    try:
        return row == their_row and math.isclose(float(loss), float(their_loss), rel_tol=AGREE)
    except ValueError:
        return False
