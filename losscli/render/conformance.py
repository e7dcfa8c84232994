"""The report of a conformance: the verdict, what differs most, and what was left out; and the same as cases for CI."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from losscli.record import Record
from losscli.render.cells import named_fields
from losscli.render.ci import Case
from losscli.render.grid import Grid, Style
from losscli.results.conformance import Conformance

__all__ = ["ConformanceReport"]

SHOWN = 10  # differences in a table for people


class ConformanceReport(Record):
    """A Conformance as a report."""

    result: Conformance

    def items(self) -> Iterable[Mapping[str, Any]]:
        return named_fields(self.records())

    def document(self) -> dict[str, Any]:
        return self.result.to_dict()

    def numbers(self) -> Sequence[float]:
        return [float(len(self.result.failed))]

    def cases(self) -> Sequence[Case]:
        """The verdict, and what differs most: CI shows few lines."""
        r = self.result
        outcome: Literal["pass", "fail"] = "pass" if r.passed else "fail"
        verdict = Case(f"{r.function} as {r.name}", r.name, outcome, f"{'passed' if r.passed else 'failed'}: {r.verdict}")
        return [verdict, *(Case(f"{c.case}: {c.what}", r.name, "fail", f"failed: {c.text}") for c in r.failed[:SHOWN])]

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        names = ("case", "what", "passed", "numbers", "differ", "actual", "expected", "failure")
        return names, [(c.case, c.what, c.passed, c.count, c.wrong, c.actual, c.expected, c.failure) for c in self.result.compared]

    def grids(self, style: Style) -> list[Grid]:
        r = self.result
        left = Counter(why for _, why in r.skipped if why.endswith("does not take"))
        skipped = [f"left out, {count}: {why}" for why, count in left.most_common(3)]
        return [Grid(("",), [], below=[r.verdict, *r.lines(SHOWN), *skipped])]
