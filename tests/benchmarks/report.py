"""What was measured, as ratios with their goals: plain data, and its JSON, Markdown and place in README."""

from __future__ import annotations

import json
import math
import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

__all__ = [
    "BEGIN",
    "END",
    "Cell",
    "Report",
    "Row",
    "Spread",
    "against",
    "amount",
    "as_json",
    "as_markdown",
    "geometric_mean",
    "headlines",
    "only",
    "peak",
    "placed",
    "spread",
]

BEGIN = "<!-- benchmarks: written by python -m tests.tools benchmarks --readme -->"
END = "<!-- /benchmarks -->"
MOST_MB = 250
FLAT = 1.25  # the largest peak over the smallest


@dataclass(frozen=True)
class Spread:
    """A ratio of medians, the smallest and largest ratio of two runs that followed each other, and the ratio of the fastest runs.

    On a busy machine the last says whether the first is to be believed.
    """

    ratio: float
    low: float
    high: float
    best: float


@dataclass(frozen=True)
class Row:
    """One line of the table: a measurement of ours, one of a peer, and the goal that their ratio meets or does not (None: no goal)."""

    section: str
    what: str
    peer: str
    ours: float | None = None
    theirs: float | None = None
    spread: Spread | None = None
    unit: str = "s"
    goal: str = ""
    met: bool | None = None
    note: str = ""


@dataclass(frozen=True)
class Cell:
    """One loss at one size, in seconds; `mode` is value or gradient."""

    mode: str
    loss: str
    elements: int
    ours: float | None = None
    theirs: float | None = None
    spread: Spread | None = None
    note: str = ""


@dataclass(frozen=True)
class Report:
    """A run: where, with what, what was found, and how many processes wanted a core meanwhile."""

    date: str
    machine: Mapping[str, str | int]
    versions: Mapping[str, Mapping[str, str]]
    missing: Sequence[str]
    runs: int
    loads: list[float] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)


def spread(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """The ratio of the medians of two interleaved series, and how far the single pairs lie apart."""
    pairs = [a / b for a, b in zip(ours, theirs, strict=True)]
    return Spread(statistics.median(ours) / statistics.median(theirs), min(pairs), max(pairs), min(ours) / min(theirs))


def only(ratio: float) -> Spread:
    """A ratio of which there is one."""
    return Spread(ratio, ratio, ratio, ratio)


def against(section: str, what: str, peer: str, ours: Sequence[float], theirs: Sequence[float], *, most: float | None = None) -> Row:
    """A row of two interleaved series of seconds; `most` is the largest ratio that meets the goal."""
    found = spread(ours, theirs)
    goal, met = ("", None) if most is None else (f"≤ {most:g}", found.ratio <= most)
    return Row(section, what, peer, statistics.median(ours), statistics.median(theirs), found, goal=goal, met=met)


def peak(what: str, found: Mapping[int, float]) -> Row:
    """A row of peak memory by number of rows: under MOST_MB, and of most rows no more than FLAT times that of the number before."""
    last, before = (found[rows] for rows in sorted(found)[:-3:-1])
    goal, met = f"≤ {MOST_MB} MB, ≤ {FLAT:g}", max(found.values()) <= MOST_MB and last <= FLAT * before
    sizes = ", ".join(f"{amount(rows)}: {mb:.0f}" for rows, mb in found.items())
    return Row("memory", what, "fewer rows", last, before, only(last / before), "MB", goal, met, f"({sizes})")


def geometric_mean(ratios: Sequence[float]) -> float:
    """The n-th root of the product; nan of nothing."""
    return math.exp(math.fsum(map(math.log, ratios)) / len(ratios)) if ratios else math.nan


def as_json(report: Report) -> str:
    """The report as it is."""
    return json.dumps(asdict(report), indent=2, ensure_ascii=False) + "\n"


def as_markdown(report: Report) -> str:
    """The tables, and what they were measured on."""
    parts = [_measured_on(report)]
    if report.rows:
        parts.append(
            _table(("what", "losscli", "peer", "ratio (of single pairs, of the best)", "goal", ""), [_row_cells(r) for r in report.rows])
        )
    if report.cells:
        parts.append(_kernels(report.cells))
    if report.missing:
        parts.append(f"Not installed, and so not measured: {', '.join(report.missing)}.")
    return "\n\n".join(parts) + "\n"


# The rows that README shows: what, and the peer.
_HEADLINES = (
    ("`losscli compute mse -p 1,2,4 -t 1,2,3 -f value`", "`python -c 'import numpy'`"),
    ("17 losses of 10M elements: geometric mean", "torch, warm"),
    ("17 gradients of 10M elements: geometric mean", "torch, warm"),
    ("CSV, 196 MB, 5M rows, with fast", "polars"),
    ("JSON lines, 62 MB, 1,000,000 rows, with fast", "duckdb"),
)


def headlines(report: Report) -> str:
    """A few rows, and where and when they were measured. A row that was not measured is left out."""
    rows = [row for what, peer in _HEADLINES for row in report.rows if (row.what, row.peer) == (what, peer)]
    cells = [(r.what, _amount(r.ours, r.unit), f"{_amount(r.theirs, r.unit)} {r.peer}".strip(), _ratio(r.spread, wide=False)) for r in rows]
    where = (
        f"Measured on {report.date}: {report.machine['cpu']}, {report.machine['cores']} cores. All of it: `tests/benchmarks/results.md`."
    )
    return f"{_table(('what', 'losscli', 'peer', 'ratio'), cells)}\n\n{where}\n"


def placed(readme: str, text: str) -> str:
    """README with `text` between the two markers. Raises ValueError where they are not there, once each and in order."""
    pattern = re.compile(f"({re.escape(BEGIN)}\n).*?({re.escape(END)})", re.DOTALL)
    changed, n = pattern.subn(lambda m: f"{m[1]}\n{text}\n{m[2]}", readme)
    if n != 1 or readme.count(BEGIN) != 1 or readme.count(END) != 1:
        raise ValueError(f"the text does not hold {BEGIN} and then {END}, once each")
    return changed


def _measured_on(report: Report) -> str:
    sides = [f"{side}: {', '.join(f'{name} {v}' for name, v in found.items())}" for side, found in report.versions.items()]
    machine = f"{report.machine['cpu']}, {report.machine['cores']} cores, {report.machine['os']}"
    runs = f"Medians of at least {report.runs} runs each, in turn; {_load(report.loads)}"
    return f"Measured on {report.date}: {machine}. {'. '.join(sides)}. {runs}."


def _load(loads: Sequence[float]) -> str:
    return f"load {min(loads):.1f} to {max(loads):.1f}, of which the benchmark's own is up to the cores" if loads else "load not known"


def _row_cells(row: Row) -> tuple[str, ...]:
    verdict = {True: "met", False: "**not met**", None: ""}[row.met]
    peer = f"{_amount(row.theirs, row.unit)} {row.peer}".strip()
    return row.what, _amount(row.ours, row.unit), peer, _ratio(row.spread, wide=True), row.goal, f"{verdict} {row.note}".strip()


def _kernels(cells: Sequence[Cell]) -> str:
    """A line for each loss, a column for each mode and size."""
    columns = sorted({(c.mode, c.elements) for c in cells}, key=lambda k: (k[0] != "value", k[1]))
    by_place = {(c.loss, c.mode, c.elements): c for c in cells}
    losses = list(dict.fromkeys(c.loss for c in cells))
    head = ("over torch's time", *(f"{mode}, {amount(n)}" for mode, n in columns))
    return _table(head, [(loss, *(_cell(by_place.get((loss, *column))) for column in columns)) for loss in losses])


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return ""
    return cell.note or f"{_ratio(cell.spread, wide=False)} ({_amount(cell.ours, 's')} / {_amount(cell.theirs, 's')})"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(text.replace('|', '∣') for text in line)} |" for line in (head, rule, *lines))


def _ratio(found: Spread | None, *, wide: bool) -> str:
    if found is None:
        return ""
    single = f" ({found.low:.2f} to {found.high:.2f}, best {found.best:.2f})" if wide and found.low != found.high else ""
    return f"{found.ratio:.2f}{single}"


def _amount(number: float | None, unit: str) -> str:
    if number is None:
        return ""
    if unit == "s" and number < 1:
        number, unit = number * 1000, "ms"
    return f"{number:.{0 if number >= 100 else 1 if number >= 10 else 2}f} {unit}"


def amount(n: int) -> str:
    """A number of rows or elements, in short."""
    return f"{n / 1_000_000:g}M" if n >= 100_000 else f"{n:,}"
