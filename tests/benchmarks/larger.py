"""More parts of the benchmark that time whole processes: Parquet, arrays of logits, a comparison, and what twice the rows take."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from functools import partial

from tests.benchmarks import peers
from tests.benchmarks.data import made
from tests.benchmarks.measure import Command, Failed, in_turn, output, peak_mb, seconds
from tests.benchmarks.report import Row, amount, only
from tests.benchmarks.sections import race, size, timed
from tests.benchmarks.sides import Setup

__all__ = ["LARGER"]

LEAST_ROWS, MOST_ROWS, MOST_ROWS_IN_FULL = 1_000_000, 4_000_000, 64_000_000
MOST_OF_TWICE, MOST_MB = 2.1, 150


def _parquet(setup: Setup) -> Iterator[Row]:
    for name, rows, what, words, code in (
        ("pairs.parquet", 5_000_000, "Parquet of two columns", ("mse",), peers.PARQUET),
        ("lists.parquet", 1_000_000, "Parquet with a list of 10 logits", ("cross_entropy", "-p", "logits", "-t", "label"), peers.LISTS),
    ):
        file = made(setup.folder, name, rows, setup.python)
        ours = setup.ours("compute", words[0], file, *words[1:], "-f", "value")
        theirs = {"polars": setup.script(setup.peers, f"{name}_polars", code, file)} if setup.has("polars") else {}
        yield from race("parquet", f"{what}, {size(setup, file)}, {rows:,} rows, with fast", ours, theirs, setup.runs, 1.25)


def _arrays(setup: Setup) -> Iterator[Row]:
    """cross_entropy of logits and labels in two NPY files and in one NPZ file, each beside NumPy and beside torch."""
    for rows, classes in ((1_000_000, 10), (50_000, 1000)):
        two = [made(setup.folder, f"{role}{classes}.npy", rows, setup.python) for role in ("logits", "labels")]
        one = made(setup.folder, f"logits{classes}.npz", rows, setup.python)
        for what, files, words in (
            ("two NPY files", two, ("-p", two[0], "-t", two[1])),
            ("an NPZ file", [one], (one, "-p", "logits", "-t", "labels")),
        ):
            ours = setup.ours("compute", "cross_entropy", *words, "-f", "value")
            whole = f"logits in {what}, {size(setup, *files)}, {rows:,} × {classes:,}"
            for peer, python, most in (("NumPy", setup.python, 1.2), ("torch", setup.peers, 0.6)):
                if peer == "NumPy" or setup.has(peer):
                    script = setup.script(python, f"arrays_{peer}", peers.ARRAYS[peer], *files)
                    yield from race("arrays", whole, ours, {peer: script}, setup.runs, most)


def _compare(setup: Setup) -> Iterator[Row]:
    file = made(setup.folder, "three.csv", 1_000_000, setup.python)
    losses = [word for loss in ("mse", "mae", "huber", "log_cosh") for word in ("-l", loss)]
    predictions = [word for column in "abc" for word in ("-p", column)]
    ours = setup.ours("compare", file, *losses, *predictions, "-t", "target", "-f", "json")
    one = setup.ours("compute", "mse", file, "-p", "a", "-t", "target", "-f", "value")
    yield timed("compare", "`compare` of 4 losses × 3 predictions, 1M rows of a CSV", ours, "`compute mse` of one", one, setup.runs, 1.5)


def _growth(setup: Setup) -> Iterator[Row]:
    """Each number of rows beside half of it; the row shows the worst step, and the peak memory of the most rows."""

    def of(*names: str, loss: str = "mse") -> Callable[[int], Command]:
        def command(rows: int) -> Command:
            files = [made(setup.folder, name, rows, setup.python) for name in names]
            words = ("-p", files[0], "-t", files[1]) if len(files) > 1 else (files[0],)
            return setup.ours("compute", loss, *words, "-f", "value")

        return command

    for what, command in (
        ("CSV", of("pairs.csv")),
        ("JSON lines", of("pairs.jsonl")),
        ("Parquet", of("pairs.parquet")),
        ("NPY", of("pred.npy", "target.npy")),
    ):
        try:
            yield _steps(setup, what, command)
        except Failed as failed:
            yield Row("growth", f"twice the rows, {what}", "", met=False, note=f"failed: {failed}")


def _steps(setup: Setup, what: str, command: Callable[[int], Command]) -> Row:
    rows, worst, note = LEAST_ROWS, (0.0, 0.0, 0.0), []
    most = MOST_ROWS_IN_FULL if setup.full else MOST_ROWS
    while rows < most:
        less, more = command(rows), command(2 * rows)
        for each in (less, more):
            output(each)
        half, whole = (statistics.median(times) for times in in_turn([partial(seconds, less), partial(seconds, more)], setup.runs))
        worst = max(worst, (whole / half, whole, half))
        note.append(f"{amount(2 * rows)}: {whole / half:.2f}")
        rows *= 2
    mb = peak_mb(command(most))
    met = worst[0] <= MOST_OF_TWICE and mb <= MOST_MB
    goal, said = f"≤ {MOST_OF_TWICE:g}, ≤ {MOST_MB} MB", f"({', '.join(note)}; {mb:.0f} MB)"
    return Row(
        "growth",
        f"twice the rows, {what}, up to {amount(most)}",
        "half of the rows",
        worst[1],
        worst[2],
        only(worst[0]),
        goal=goal,
        met=met,
        note=said,
    )


LARGER: dict[str, Callable[[Setup], Iterator[Row]]] = {"parquet": _parquet, "arrays": _arrays, "compare": _compare, "growth": _growth}
