"""The slices of a result or of a comparison: a table below the others, and a row for each slice in flat formats."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from losscli.data.groups import Cell, cell_text
from losscli.record import Record
from losscli.render.cells import named_fields
from losscli.render.ci import Case, cases_of_slice, gated
from losscli.render.comparison import ComparisonReport, p_text
from losscli.render.formats import Report
from losscli.render.grid import Grid, Style, bounds, number
from losscli.results.checks import NumberCheck, Verdict
from losscli.results.comparison import Compared, Comparison
from losscli.results.result import Result
from losscli.results.slices import ResultSlice, Sliced, slice_name, worst_difference, worst_first
from losscli.results.uncertainty import Uncertainty

__all__ = ["SlicedComparisonReport", "SlicedResultReport", "document_with_slices"]

SHOWN = 40  # slices in a table for people


class SlicedResultReport(Record):
    """The report of a loss with its slices. The flat formats have a row for each slice, and none for all rows together."""

    whole: Report
    result: Result
    sliced: Sliced

    def items(self) -> Iterable[Mapping[str, Any]]:
        return named_fields(self.records())

    def document(self) -> dict[str, Any]:
        return document_with_slices(self.whole.document(), self.sliced)

    def cases(self) -> Sequence[Case]:
        """The cases of all rows, then those of each slice."""
        slices: Sequence[ResultSlice] = self.sliced.slices
        of_slices = (
            cases_of_slice(f"{r.loss} in {slice_name(self.sliced.names, s.key)}", r.loss, r.value, r.empty, s.verdict)
            for s in slices
            for r in [s.result]
        )
        return [*gated(self.whole).cases(), *(case for cases in of_slices for case in cases)]

    def numbers(self) -> Sequence[float]:
        return [s.result.value for s in self.sliced.slices]

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        names: tuple[str, ...] = ("loss", "reduction", "value", "denominator", "rows", "share")
        slices: Sequence[ResultSlice] = self.sliced.slices
        has_intervals = any(s.result.uncertainty is not None for s in slices)
        if has_intervals:
            names += ("level", "se", "low", "high")
        has_gaps = any(s.result.without_interval for s in slices)
        if has_gaps:
            names += ("without_interval",)
        return (*_own_names(self.sliced.names, names), *names), (
            (*s.key, r.loss, r.reduction, r.value, r.denominator and r.denominator.value, r.rows.used, s.share)
            + (_interval_record(r.uncertainty) if has_intervals else ())
            + ((r.without_interval,) if has_gaps else ())
            for s in slices
            for r in [s.result]
        )

    def grids(self, style: Style) -> list[Grid]:
        slices: Sequence[ResultSlice] = self.sliced.slices
        level = next((s.result.uncertainty.level for s in slices if s.result.uncertainty is not None), None)
        has_shares = any(s.share is not None for s in slices)
        names = self.sliced.names
        header = [*names, self.result.loss, *([] if level is None else [f"{level:g} % interval"]), "rows", *["share"] * has_shares]
        rows = []
        for s in slices[:SHOWN]:
            interval = [] if level is None else [_interval(s.result.uncertainty, style)]
            share = [f"{100 * s.share:.1f} %"] if s.share is not None else [""] * has_shares
            rows.append([*_cells(s.key), number(s.result.value, style), *interval, f"{s.result.rows.used:,}", *share])
        below = [*_rest(slices), *_gate_lines(self.sliced, style)]
        return [*self.whole.grids(style), Grid(header, rows, frozenset(range(len(names))), title=_title(self.sliced), below=below)]


class SlicedComparisonReport(Record):
    """The report of a comparison with its slices. The flat formats have a row for each slice, prediction and loss."""

    whole: Report
    comparison: Comparison
    sliced: Sliced

    def items(self) -> Iterable[Mapping[str, Any]]:
        return named_fields(self.records())

    def document(self) -> dict[str, Any]:
        return document_with_slices(self.whole.document(), self.sliced)

    def cases(self) -> Sequence[Case]:
        """The cases of all rows, then those of each slice."""
        cases = list(gated(self.whole).cases())
        for s in self.sliced.slices:
            verdicts = {(v.prediction, v.loss): v.verdict for v in s.comparison.gated}
            place = slice_name(self.sliced.names, s.key)
            for r in s.comparison.results:
                name = f"{r.loss} of {r.prediction} in {place}"
                cases += cases_of_slice(name, r.loss, r.value, r.empty, verdicts.get((r.prediction, r.loss)))
        return cases

    def numbers(self) -> Sequence[float]:
        return [r.value for s in self.sliced.slices for r in s.comparison.results]

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        reports = [(s, ComparisonReport(s.comparison).records()) for s in self.sliced.slices]
        every = sorted((names for _, (names, _) in reports), key=len, reverse=True) or [ComparisonReport(self.comparison).records()[0]]
        columns = dict.fromkeys(name for names in every for name in names)  # a slice without intervals has fewer
        own = _own_names(self.sliced.names, (*columns, "rows"))
        return (*own, *columns, "rows"), (
            (*s.key, *map(dict(zip(names, row, strict=True)).get, columns), s.comparison.rows.used)
            for s, (names, rows) in reports
            for row in rows
        )

    def grids(self, style: Style) -> list[Grid]:
        losses = list(dict.fromkeys(r.loss for r in self.comparison.results))
        grids = [grid for loss in losses for grid in self._of_loss(loss, style)]
        return [*self.whole.grids(style), *grids]

    def _of_loss(self, loss: str, style: Style) -> list[Grid]:
        """A table of the slices under one loss for each candidate; for one prediction, its values."""
        c = self.comparison
        candidates = [p for p in c.predictions if p != c.baseline] or [c.baseline]
        return [self._of_candidate(p, loss, style) for p in candidates]

    def _of_candidate(self, prediction: str, loss: str, style: Style) -> Grid:
        base = self.comparison.baseline
        cells = {(id(s), r.prediction): r for s in self.sliced.slices for r in s.comparison.results if r.loss == loss}
        alone = prediction == base
        slices = worst_first(self.sliced.slices, lambda s: cells[id(s), prediction].value if alone else cells[id(s), prediction].difference)
        predictions = [prediction] if alone else [base, prediction]
        of = (lambda r: r.uncertainty) if alone else (lambda r: None if r.paired is None else r.paired.uncertainty)
        level = next((u.level for s in slices if (u := of(cells[id(s), prediction])) is not None), None)
        intervals = [] if level is None else [f"{level:g} % interval", *["p"] * (not alone)]
        header = [*self.sliced.names, "rows", *predictions, *["difference"] * (not alone), *intervals]
        rows = []
        for s in slices[:SHOWN]:
            r = cells[id(s), prediction]
            line = [*_cells(s.key), f"{s.comparison.rows.used:,}", *(number(cells[id(s), p].value, style) for p in predictions)]
            line += [] if alone else [_signed(r.difference, style)]
            line += [_interval(of(r), style), "" if r.paired is None else p_text(r.paired.p_adjusted)][: len(intervals)]
            rows.append(line)
        title = f"{loss} {_title(self.sliced)}" + ("" if alone else f", {prediction} beside {base}")
        below = [*_rest(slices), *([] if alone else self._worst(prediction, loss, style))]
        return Grid(header, rows, frozenset(range(len(self.sliced.names))), title=title, below=below)

    def _worst(self, prediction: str, loss: str, style: Style) -> list[str]:
        """The verdict on the slice in which a candidate is worst, and what the p-values are adjusted over."""
        worst = worst_difference(self.sliced.slices, prediction, loss)
        if worst is None:
            return []
        s, r = worst
        text = f"{prediction} in its worst slice, {slice_name(self.sliced.names, s.key)}: {_verdict(r, style)}"
        tests = sum(x.paired is not None for each in self.sliced.slices for x in each.comparison.results if x.loss == loss)
        return [text, *([f"p is adjusted over the {tests:,} differences of the slices"] if tests > 1 else [])]


def _verdict(r: Compared, style: Style) -> str:
    if r.paired is None:
        return f"difference {_signed(r.difference, style)}"
    return r.paired.verdict(lambda x: f"{x:.{style.precision or 4}g}", lambda low, high: bounds(low, high, style))


def document_with_slices(document: dict[str, Any], sliced: Sliced) -> dict[str, Any]:
    """The document with the keys of the slices before its warnings."""
    at = list(document).index("warnings")
    items = list(document.items())
    return dict([*items[:at], *sliced.to_dict().items(), *items[at:]])


def _own_names(names: Sequence[str], taken: Sequence[str]) -> list[str]:
    """The names of the columns of slices, which differ from those of the result."""
    return [f"slice_{name}" if name in taken else name for name in names]


def _cells(key: Sequence[Cell]) -> list[str]:
    return ["(missing)" if cell is None else cell_text(cell) for cell in key]


def _title(sliced: Sliced) -> str:
    return f"by {', '.join(sliced.names)}"


def _rest(slices: Sequence[Any]) -> list[str]:
    """How many slices the table leaves out."""
    return [f"… {len(slices) - SHOWN:,} more slices; -f csv writes all"] if len(slices) > SHOWN else []


def _gate_lines(sliced: Sliced, style: Style) -> list[str]:
    """How many slices failed the bounds of the value, and which of them is the worst."""
    gated: list[tuple[ResultSlice, Verdict]] = [(s, s.verdict) for s in sliced.slices if s.verdict is not None]
    failed = [(s, v) for s, v in gated if v.failed]
    if not failed:
        return [f"gate: all {len(gated):,} slices passed"] if gated else []
    worst, _ = max(failed, key=lambda x: _beyond(*x))
    place = f"{slice_name(sliced.names, worst.key)} ({number(worst.result.value, style)})"
    return [f"gate: {len(failed):,} of {len(gated):,} slices failed; the worst slice is {place}"]


def _beyond(s: ResultSlice, verdict: Verdict) -> float:
    """How far a value is beyond the bound that it fails; nan is the farthest."""
    checks = [c for c in verdict.checks if isinstance(c, NumberCheck) and not c.passed]
    distances = [abs(s.result.value - c.limit) for c in checks]
    return math.inf if any(d != d for d in distances) else max(distances, default=0.0)


def _interval(u: Uncertainty | None, style: Style) -> str:
    return "" if u is None else " to ".join(bounds(u.low, u.high, style))


def _interval_record(u: Uncertainty | None) -> tuple[float | None, ...]:
    return (None,) * 4 if u is None else (u.level, u.se, u.low, u.high)


def _signed(x: float, style: Style) -> str:
    return f"{x:+.{style.precision or 4}g}" if x == x else "nan"
