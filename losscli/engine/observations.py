"""Counts over the rows of a job while it runs: ignored values, and rows that look wrong, for warnings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from losscli.data.columns import Column
from losscli.diagnostics import Diagnostic
from losscli.engine.doctor import Doctor, Findings
from losscli.engine.job import Job, View, ignored_in
from losscli.engine.label_warnings import LabelsFromOne, warnings_of_positions
from losscli.errors import DataWarning, counted
from losscli.numeric.lazy import Array
from losscli.record import Record

__all__ = ["NO_COUNTS", "Counts", "Observations"]

HEAD = 2**10  # rows


class Counts(Record):
    """The counts of one block."""

    values_ignored: int = 0
    rows_ignored: int = 0  # rows in which every value is ignored
    rows_of: Sequence[int] = ()  # rows to which each diagnostic applies
    findings: Findings = ()  # of the checks of the data


NO_COUNTS = Counts()


class Observations:
    """The counts over all blocks of a job so far."""

    def __init__(self, job: Job, columns: Mapping[str, Column]) -> None:
        self.job, self.columns = job, columns
        self.values_ignored = 0
        self.rows_ignored = 0  # rows in which every value is ignored
        self._labels = LabelsFromOne(job, columns)
        self._doctor = Doctor(job, columns)
        self._rows_of = [0] * len(job.loss.hints)
        self._ruled_out = [False] * len(job.loss.hints)  # diagnostics that need every row, after a row to which they do not apply

    def count(self, view: View, absent: Collection[int] = ()) -> Counts:
        """The counts of one block. Any thread may call it. The diagnostics in `absent` apply to none of its rows."""
        mask = ignored_in(self.job, view)
        context = {**self.job.options, **view.roles}
        rows_of = [
            0 if ruled_out or i in absent else self._rows_of_diagnostic(diagnostic, view, context)
            for i, (diagnostic, ruled_out) in enumerate(zip(self.job.loss.hints, self._ruled_out, strict=True))
        ]
        values, rows = (0, 0) if mask is None or not mask.any() else _ignored(mask)
        return Counts(values, rows, rows_of, self._doctor.of(view))

    def _rows_of_diagnostic(self, diagnostic: Diagnostic, view: View, context: Mapping[str, Any]) -> int:
        """The rows of a block to which a diagnostic applies. One that needs every row is ruled out by the first of them, in most blocks."""
        if diagnostic.every and view.rows > HEAD:
            of_rows = {r: x[:HEAD] for r, x in view.roles.items() if r not in self.job.shared}
            if (n := int(np.count_nonzero(diagnostic.rows({**context, **of_rows})))) < HEAD:
                return n
        return int(np.count_nonzero(diagnostic.rows(context)))

    def add(self, counts: Counts, rows: int) -> None:
        """Add the counts of one block with this number of rows."""
        self.values_ignored += counts.values_ignored
        self.rows_ignored += counts.rows_ignored
        self._doctor.add(counts.findings)
        for i, n in enumerate(counts.rows_of):
            self._rows_of[i] += n
            self._ruled_out[i] |= n < rows and self.job.loss.hints[i].every

    def add_masked(self, mask: Array) -> None:
        """Count masked values of a block as ignored."""
        values, rows = _ignored(mask)
        self.values_ignored += values
        self.rows_ignored += rows

    def add_labels(self, view: View) -> None:
        """Count the labels of a block, which may count from 1."""
        self._labels.add(self.job, view)

    def warnings(self, rows: int) -> list[DataWarning]:
        """The warnings after all rows; `rows` is their number."""
        warnings = [*warnings_of_positions(self.job, self.columns), *self._labels.warnings()]
        for diagnostic, n in zip(self.job.loss.hints, self._rows_of, strict=True):
            if diagnostic.every and n >= max(rows, diagnostic.least):
                warnings.append(DataWarning(diagnostic.code, diagnostic.message))
            elif not diagnostic.every and n > 0:
                warnings.append(DataWarning(diagnostic.code, f"{counted(n, 'row')}: {diagnostic.message}"))
        return [*warnings, *self._doctor.warnings(rows)]


def _ignored(mask: Array) -> tuple[int, int]:
    """The number of ignored values, and the number of rows in which every value is ignored."""
    return int(mask.sum()), int(mask.reshape(len(mask), -1).all(-1).sum())
