"""The report of a comparison: a table for each loss, with a row for each prediction, and the verdicts in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from losscli.record import Record
from losscli.render.all_pairs import model_set_lines, pair_records, pairs_grid, signed
from losscli.render.cells import named_fields
from losscli.render.ci import Case, cases_of
from losscli.render.differences import largest_grids, largest_records
from losscli.render.grid import Grid, Style, bounds, number, row_counts, source_lines
from losscli.results.comparison import Compared, Comparison
from losscli.results.uncertainty import ADJUSTED, Uncertainty

__all__ = ["ComparisonReport", "verdict"]

_INTERVAL = ("level", "se", "low", "high")
_MODEL_SET = ("model_set_p", "in_model_set")
_GAP = ("without_interval",)  # the last column, only where some interval is missing
_PAIRED = ("difference_se", "difference_low", "difference_high", "p", "p_adjusted", "wins", "ties", "losses", "detectable", "detected")


class ComparisonReport(Record):
    """A Comparison as a report."""

    comparison: Comparison

    def items(self) -> Iterable[dict[str, Any]]:
        return named_fields(self.records())

    def document(self) -> dict[str, Any]:
        return self.comparison.to_dict()

    def cases(self) -> Sequence[Case]:
        verdicts = {(v.prediction, v.loss): v.verdict for v in self.comparison.gated}
        return [
            case
            for r in self.comparison.results
            for case in cases_of(f"{r.loss} of {r.prediction}", r.loss, r.value, r.empty, verdicts.get((r.prediction, r.loss)))
        ]

    def numbers(self) -> Sequence[float]:
        return [r.value for r in self.comparison.results]

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        """A row for each prediction and loss; with --top a row for each row of the data on which predictions differ most."""
        if self.comparison.top:
            return largest_records(self.comparison)
        if self.comparison.pairs:
            return pair_records(self.comparison)
        names = ("prediction", "loss", "reduction", "value", "denominator", "best", "difference", "ratio")
        has_intervals = any(r.uncertainty is not None for r in self.comparison.results)
        has_set = any(r.model_set is not None for r in self.comparison.results)
        has_gaps = any(r.without_interval for r in self.comparison.results)
        more = (*(_INTERVAL + _PAIRED if has_intervals else ()), *(_MODEL_SET if has_set else ()), *(_GAP if has_gaps else ()))
        return (*names, *more), (
            (r.prediction, r.loss, r.reduction, r.value, r.denominator and r.denominator.value, r.best, r.difference, r.ratio)
            + (_precision_record(r) if has_intervals else ())
            + ((r.model_set and r.model_set.p, r.model_set and r.model_set.in_set) if has_set else ())
            + ((r.without_interval,) if has_gaps else ())
            for r in self.comparison.results
        )

    def grids(self, style: Style) -> list[Grid]:
        c = self.comparison
        losses = list(dict.fromkeys(r.loss for r in c.results))
        rows = c.rows.but(ignored=0)  # each loss has its own ignored labels
        below = [*self._legend(), row_counts(rows, c.where), *source_lines({**c.bindings, **c.predictions}), *c.notes]
        return [*largest_grids(c, style), *self._grids(losses, below, style)]

    def _grids(self, losses: Sequence[str], below: Sequence[str], style: Style) -> list[Grid]:
        c = self.comparison
        if any(r.uncertainty is not None or r.paired is not None for r in c.results):
            grids = [grid for loss in losses for grid in self._of_loss(loss, style)]
            return [*grids[:-1], _with_below(grids[-1], below)]
        narrow = [*(self._grid([loss], style) for loss in losses), Grid(("",), [], below=below)] if len(losses) > 1 else []
        return [self._grid(losses, style).but(below=["", *below], narrow=narrow)]

    def _legend(self) -> list[str]:
        c = self.comparison
        candidates = len({r.prediction for r in c.results}) - 1
        if not candidates:
            return []
        paired = any(r.paired is not None for r in c.results)
        several = f"the {candidates} candidates" if not c.pairs else f"the {candidates * (candidates + 1) // 2} pairs"
        adjusted = "" if not paired or candidates == 1 else ADJUSTED[c.adjust] + (f" over {several}" if c.adjust != "none" else "")
        rest = f"difference to {c.baseline}, row by row; p is two-sided{adjusted}" if paired else f"difference and ratio to {c.baseline}"
        scores = {r.loss: r.score.name for r in c.results if r.score is not None}
        return [
            f"* best (lowest); {rest}",
            *(f"{loss} is the loss 1 - {name}: the lowest has the largest {name}" for loss, name in scores.items()),
        ]

    # --- with intervals --------------------------------------------------------------------------------------------------

    def _of_loss(self, loss: str, style: Style) -> list[Grid]:
        """The table of one loss, and that of all pairs."""
        pairs = pairs_grid(self.comparison, loss, style) if self.comparison.pairs else None
        return [self._with_intervals(loss, style), *([] if pairs is None else [pairs])]

    def _with_intervals(self, loss: str, style: Style) -> Grid:
        """The values of one loss with their intervals, the differences with theirs, and the verdicts below."""
        results = [r for r in self.comparison.results if r.loss == loss]
        values, differences = _values_of(results, loss, style), _differences_of(results, self.comparison.baseline, style)
        lines = [f"{r.prediction}: {verdict(r, style)}" for r in results if r.paired is not None]
        lines += model_set_lines(results)
        below = ["", *lines] if lines else []
        if not differences:
            return values.but(below=below)
        header = [*values.header, *differences.header[1:]]
        rows = [[*row, *other[1:]] for row, other in zip(values.rows, differences.rows, strict=True)]
        narrow = [values, differences.but(below=below)]
        return Grid(header, rows, frozenset({0}), strong=values.strong, below=below, narrow=narrow)

    # --- without intervals -----------------------------------------------------------------------------------------------

    def _grid(self, losses: Sequence[str], style: Style) -> Grid:
        """The predictions under some losses, without the lines below."""
        c = self.comparison
        results = {(r.prediction, r.loss): r for r in c.results}
        predictions = list(dict.fromkeys(r.prediction for r in c.results))
        several = len(predictions) > 1
        rows: list[Sequence[str]] = []
        strong = set()
        for i, prediction in enumerate(predictions):
            cells = [prediction]
            for r in (results[prediction, loss] for loss in losses):
                if not several:
                    cells.append(number(r.value, style))
                    continue
                if r.best:
                    strong.add((i, len(cells)))
                cells.append(number(r.value, style) + (" *" if r.best else "  "))
                is_base = prediction == c.baseline
                cells.append("" if is_base else signed(r.difference, style))
                cells.append("" if is_base or r.ratio is None else f"{r.ratio:.4g}")
            rows.append(cells)
        header = ["prediction", *(h for loss in losses for h in ([loss, "difference", "ratio"] if several else [loss]))]
        return Grid(header, rows, frozenset({0}), strong=strong)


def _with_below(grid: Grid, below: Sequence[str]) -> Grid:
    """The grid with more lines below it, in its narrow form too."""
    narrow = [*grid.narrow[:-1], _with_below(grid.narrow[-1], below)] if grid.narrow else []
    return grid.but(below=[*grid.below, "", *below], narrow=narrow)


def _values_of(results: Sequence[Compared], loss: str, style: Style) -> Grid:
    several = len(results) > 1
    mark = (lambda r: " *" if r.best else "  ") if several else lambda r: ""
    level = next((r.uncertainty.level for r in results if r.uncertainty is not None), None)
    header = ["prediction", loss, *([] if level is None else [f"{level:g} % interval"])]
    rows = [[r.prediction, number(r.value, style) + mark(r), _interval(r.uncertainty, style)][: len(header)] for r in results]
    strong = {(i, 1) for i, r in enumerate(results) if r.best and several}
    return Grid(header, rows, frozenset({0}), strong=strong)


def _differences_of(results: Sequence[Compared], baseline: str, style: Style) -> Grid | None:
    """The differences with their intervals and p-values; None for one prediction."""
    if len(results) == 1:
        return None
    paired = next((r.paired for r in results if r.paired is not None), None)
    header = ["prediction", "difference", *([] if paired is None else [f"{paired.uncertainty.level:g} % interval", "p"])]
    return Grid(header, [[r.prediction, *_difference(r, baseline, style)][: len(header)] for r in results], frozenset({0}))


def _difference(r: Compared, baseline: str, style: Style) -> list[str]:
    if r.prediction == baseline:
        return ["", "", ""]
    if r.paired is None:
        return [signed(r.difference, style), "", ""]
    return [signed(r.difference, style), _interval(r.paired.uncertainty, style), p_text(r.paired.p_adjusted)]


def _interval(u: Uncertainty | None, style: Style) -> str:
    return "" if u is None else " to ".join(bounds(u.low, u.high, style))


def verdict(r: Compared, style: Style) -> str:
    """The verdict in words, and on how many rows the candidate has the lower loss."""
    if r.paired is None:
        return ""
    p = r.paired
    text = p.verdict(lambda x: _short(x, style), lambda low, high: bounds(low, high, style))
    text += ", if the rows are independent" * (p.alarm is not None) + _few_rows(r, style)
    if p.wins is None or p.ties is None or p.losses is None or p.ties == p.uncertainty.rows:
        return text
    ties = f", tied on {p.ties:,}" if p.ties else ""
    return f"{text}; lower loss on {p.wins:,} of {p.wins + p.ties + p.losses:,} rows{ties}"


def _few_rows(r: Compared, style: Style) -> str:
    """What a few rows make of the difference; '' if no few rows make it."""
    few = None if r.largest is None else r.largest.few
    return "" if few is None else f"; {few.text(signed(r.difference * (1 - few.share), style))}"


def p_text(p: float) -> str:
    """A p-value with two digits."""
    return "< 0.0001" if p < 0.0001 else f"{p:.2g}"


def _precision_record(r: Compared) -> tuple[Any, ...]:
    u, p = r.uncertainty, r.paired
    of_value = (None,) * len(_INTERVAL) if u is None else (u.level, u.se, u.low, u.high)
    if p is None:
        return of_value + (None,) * len(_PAIRED)
    d = p.uncertainty
    return (*of_value, d.se, d.low, d.high, p.p, p.p_adjusted, p.wins, p.ties, p.losses, p.detectable, p.detected)


def _short(x: float, style: Style) -> str:
    return f"{x:.{style.precision or 4}g}"
