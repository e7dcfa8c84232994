"""The result of a loss of arrays, with its slices and the ids of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from losscli.api.shown import Shown, columns_of_records
from losscli.errors import UsageError
from losscli.render.formats import Report
from losscli.render.grid import Grid, Style
from losscli.results.result import Result
from losscli.results.slices import ResultSlice, Sliced

__all__ = ["ResultOfArrays"]


class ResultOfArrays(Shown, Result):
    """A result from Python: `float(result)` is its value, `table` is text, `to_frame()` a data frame. With `by` it has `slices`."""

    sliced: Sliced | None = None
    ids: Sequence[Any] | None = None  # of the rows, where a column of ids was named
    id_names: Sequence[str] = ("row",)

    _hidden = ("collector", "summarize", "sliced", "ids", "id_names")  # type: ignore[assignment]

    @property
    def slices(self) -> Sequence[ResultSlice]:
        """The slices, the worst first: each has a `key`, the words or numbers of `by`, and a `result`. Empty without `by`."""
        return () if self.sliced is None else self.sliced.slices

    def __float__(self) -> float:
        if self.value is None or np.ndim(self.value):
            raise UsageError(f"{self.loss} has no single value here: `values` or `value` is an array; give reduction='mean' or per='all'")
        return float(self.value)

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        from losscli.render.slices import document_with_slices

        document = super().to_dict()
        return document if self.sliced is None else document_with_slices(document, self.sliced)

    def _report(self) -> Report:
        from losscli.render.elements import RowNames
        from losscli.render.result import ResultReport
        from losscli.render.slices import SlicedResultReport

        report = ResultReport(self, RowNames(self.ids, self.id_names), {}, None)
        return report if self.sliced is None else SlicedResultReport(report, self, self.sliced)

    def _grids(self, style: Style) -> list[Grid]:
        return self._report().grids(style)

    def _columns(self) -> Mapping[str, Any]:
        """The reduced value, the slices, or a row for each element."""
        if self.values is None or not self.elementwise:
            return columns_of_records(*self._report().records())
        from losscli.render.elements import RowNames

        values = np.asarray(self.values)
        rows = np.arange(len(values)) if self.values_rows is None else np.asarray(self.values_rows)
        places = np.indices(values.shape).reshape(values.ndim, -1)
        named = RowNames(self.ids, self.id_names).columns(rows[places[0]])
        inner = {f"index_{k}": x for k, x in enumerate(places[1:], 1)}
        return {**named, **inner, "loss": values.reshape(-1)}
