"""The losses and gradients of arrays against torch: two workers at a time, which answer in turn."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.benchmarks import kernels
from tests.benchmarks.measure import Command, Failed, Worker, in_turn
from tests.benchmarks.report import Cell, Row, amount, geometric_mean, only, spread
from tests.benchmarks.sections import AGREE
from tests.benchmarks.sides import Setup

__all__ = ["cells", "pairs", "rows", "settings"]

FLOAT32 = 1e-4  # of a value that torch computes in float32, relative
# The largest geometric mean, and the largest ratio of a single loss, by mode and elements.
MOST = {
    ("value", 1_000_000): 0.9, ("value", 3_000_000): 0.7, ("value", 10_000_000): 0.33,
    ("gradient", 1_000_000): 1.2, ("gradient", 10_000_000): 0.6,
}  # fmt: skip
MOST_OF_ONE = {("value", 3_000_000): 1.0, ("value", 10_000_000): 1.0, ("gradient", 10_000_000): 1.0}


def cells(setup: Setup, modes: Sequence[str], sizes: Sequence[int]) -> Iterator[Cell]:
    """Every loss at every size, by value and by gradient."""
    for elements in sizes:
        for loss in kernels.CASES:
            yield from _cells_of(setup, loss, elements, modes)


def rows(found: Sequence[Cell]) -> Iterator[Row]:
    """The geometric mean and the slowest loss of each mode and size, with their goals."""
    for mode, elements in dict.fromkeys((c.mode, c.elements) for c in found):
        of_size = [c for c in found if (c.mode, c.elements) == (mode, elements)]
        ratios = {c.loss: c.spread.ratio for c in of_size if c.spread is not None}
        absent = [c.loss for c in of_size if c.spread is None]
        yield from _summary(mode, elements, ratios, absent)


def settings(setup: Setup) -> Iterator[Row]:
    """Values of 10M elements with class weights, ignored labels and the like: each with its ratio, and their mean with its goal."""
    runs, ratios, absent = setup.runs, dict[str, float](), list[str]()
    for case in kernels.SETTINGS if setup.has("torch") else ():
        with (
            _worker(setup, setup.python, "losscli", case, 10_000_000) as ours,
            _worker(setup, setup.peers, "torch", case, 10_000_000) as peer,
        ):
            try:
                cell = _cell("value", case, 10_000_000, ours, peer, runs, FLOAT32 if "float32" in case else AGREE)
            except Failed as failed:
                cell = Cell("value", case, 10_000_000, note=f"failed: {failed}")
        yield Row("settings", f"{case}, 10M elements", "torch, warm", cell.ours, cell.theirs, cell.spread, note=cell.note)
        if cell.spread is None:
            absent.append(case)
        else:
            ratios[case] = cell.spread.ratio
    what, note = f"{len(ratios)} values of 10M elements with settings: geometric mean", f"without {', '.join(absent)}" if absent else ""
    yield _bounded("settings", what, geometric_mean(list(ratios.values())), 0.7, note) if ratios else Row("settings", what, "torch")


def pairs(setup: Setup) -> Iterator[Row]:
    """Values and gradients of losses that compare 4,000 rows of 128 numbers with each other."""
    for loss in kernels.PAIRS:
        for cell in _cells_of(setup, loss, 4_000 * 128, ("value", "gradient"), setup.runs):
            what = f"{cell.mode} of {loss}, 4,000 rows of 128 numbers"
            most = 1.0 if cell.mode == "value" else 1.5
            met = None if cell.spread is None else cell.spread.ratio <= most
            yield Row("pairs", what, "torch, warm", cell.ours, cell.theirs, cell.spread, goal=f"≤ {most:g}", met=met, note=cell.note)


def _summary(mode: str, elements: int, ratios: Mapping[str, float], absent: Sequence[str]) -> Iterator[Row]:
    section, name = ("kernels", "losses") if mode == "value" else ("gradients", "gradients")
    what = f"{len(ratios)} {name} of {amount(elements)} elements"
    note = f"without {', '.join(absent)}" if absent else ""
    if not ratios:
        yield Row(section, what, "torch", note=note)
        return
    yield _bounded(section, f"{what}: geometric mean", geometric_mean(list(ratios.values())), MOST.get((mode, elements)), note)
    slowest = max(ratios, key=lambda loss: ratios[loss])
    yield _bounded(section, f"{what}: the slowest, {slowest}", ratios[slowest], MOST_OF_ONE.get((mode, elements)), note)


def _bounded(section: str, what: str, ratio: float, most: float | None, note: str) -> Row:
    """A row whose goal is met only if no loss is absent."""
    goal, met = ("", None) if most is None else (f"≤ {most:g}", ratio <= most and not note)
    return Row(section, what, "torch, warm", spread=only(ratio), goal=goal, met=met, note=note)


def _cells_of(setup: Setup, loss: str, elements: int, modes: Sequence[str], runs: int = 0) -> Iterator[Cell]:
    if not setup.has("torch"):
        yield from (Cell(mode, loss, elements, note="torch is not installed") for mode in modes)
        return
    runs = runs or setup.runs * min(3, max(1, round(10_000_000 / elements)))  # shorter calls, more of them
    with _worker(setup, setup.python, "losscli", loss, elements) as ours, _worker(setup, setup.peers, "torch", loss, elements) as theirs:
        for mode in modes:
            try:
                yield _cell(mode, loss, elements, ours, theirs, runs)
            except Failed as failed:
                yield Cell(mode, loss, elements, note=f"failed: {failed}")


def _worker(setup: Setup, python: str, side: str, loss: str, elements: int) -> Worker:
    # -P: what stands beside the worker's file is not to be taken for a package of that name
    return Worker(Command((python, "-P", str(Path(kernels.__file__)), side, loss, str(elements), str(setup.threads)), setup.folder))


def _cell(mode: str, loss: str, elements: int, ours: Worker, theirs: Worker, runs: int, agree: float = AGREE) -> Cell:
    mine, other = (json.loads(side.ask(f"check {mode}")) for side in (ours, theirs))
    if not all(math.isclose(a, b, rel_tol=agree) for a, b in zip(mine, other, strict=True)):
        return Cell(mode, loss, elements, note=f"values differ: {mine} and {other}")
    found = in_turn([lambda: float(ours.ask(f"time {mode}")), lambda: float(theirs.ask(f"time {mode}"))], runs)
    return Cell(mode, loss, elements, statistics.median(found[0]), statistics.median(found[1]), spread(*found))
