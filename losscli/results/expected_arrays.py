"""Compare values and derivatives with those in a file, element by element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count, takewhile
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from losscli.data.blocks import Block, Data
from losscli.data.columns import Column
from losscli.engine.job import Job, View
from losscli.engine.outcome import Outcome
from losscli.errors import DataWarning, InputError, UsageError, counted
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.results.checks import ArrayCheck
from losscli.results.expectation import read_expectation
from losscli.results.gates import Bounds
from losscli.sources.pairing import Pairing
from losscli.sources.table import Table

__all__ = ["ExpectedArrays", "expected_arrays"]

Shape = tuple[int, ...]


class FileArrays(Record):
    """The arrays of a file, with the rows first. `places` is the position in the file of each row of the data, -1 for a missing row;
    None where both have the same order. `document` is the content of the file, if it is a result."""

    values: Array | None
    gradients: Mapping[str, Array]  # by role
    places: Array | None = None
    document: Mapping[str, Any] | None = None
    warnings: Sequence[DataWarning] = ()


class ExpectedArrays:
    """A callback that compares the values of a job, and its derivatives, with the arrays of a file."""

    def __init__(self, job: Job, file: FileArrays, bounds: Bounds) -> None:
        self.job, self.file = job, file
        self._checks = {} if file.values is None else {"": ArrayCheck("expect", "loss", bounds.rtol, bounds.atol)}
        self._checks |= {role: ArrayCheck("expect", f"grad {role}", bounds.rtol, bounds.atol) for role in file.gradients}

    @property
    def checks(self) -> list[ArrayCheck]:
        """The check of the values, then those of the derivatives."""
        return [*self._checks.values()]

    def __call__(self, block: Block, view: View, values: Any, ignored: Any) -> None:
        rows = block.row_numbers
        if self.file.values is not None:
            self._compare("", rows, values, self.file.values, ignored)
        for role, g in view.grads.items():
            if role in self.file.gradients:
                self._compare(role, rows, self.job.layouts[role].undo(g), self.file.gradients[role])

    def compare_shared(self, gradients: Mapping[str, Array]) -> None:
        """Compare the derivatives with respect to options and to roles that all rows share."""
        for role, g in gradients.items():
            if role in self.file.gradients:
                g = np.atleast_1d(g)
                self._compare(role, np.arange(len(g)), g, np.atleast_1d(self.file.gradients[role]))

    def _compare(self, name: str, rows: Array, ours: Array, theirs: Array, ignored: Array | None = None) -> None:
        at = self._places(rows) if name == "" or name in self.job.columns else rows
        our_axes, their_axes = (tuple(n for n in x.shape[1:] if n != 1) for x in (ours, theirs))
        if our_axes == their_axes:  # an axis of length one holds nothing more
            theirs = theirs.reshape(len(theirs), *ours.shape[1:])
        if ours.shape[1:] != theirs.shape[1:] or (at.size and at.max() >= len(theirs)):
            our_shape, their_shape = ("(" + ", ".join(map(str, s)) + ")" for s in (("rows", *ours.shape[1:]), theirs.shape))
            raise InputError(f"--expect: {self._checks[name].of} has shape {our_shape}, what is expected {their_shape}")
        theirs = theirs[at]
        if ignored is not None and ignored.shape == theirs.shape:  # an ignored label has an empty cell in CSV
            theirs = np.where(ignored & np.isnan(theirs), ours, theirs)
        self._checks[name].add(rows, ours, theirs)

    def _places(self, rows: Array) -> Array:
        """The positions of rows in the file. Raises InputError for a row that the file does not have."""
        places = self.file.places
        if places is None:
            return rows
        positions = np.where(rows < len(places), places[np.minimum(rows, len(places) - 1)], -1)
        if (positions < 0).any():
            row = int(rows[np.argmin(positions)])
            raise InputError(f"--expect: {self.job.loss.name} has a row {row} that the expected array does not have")
        return positions

    def finish(self, outcome: Outcome) -> None:
        """Compare the values that belong to no row. Raises InputError where the file has a different number of rows or values."""
        for check in self.checks:
            check.empty = outcome.empty
        arrays = {role: g for role, g in self.file.gradients.items() if role in self.job.columns}
        if self.file.values is not None:
            if outcome.reduced.value is None:
                arrays = {"": self.file.values, **arrays}
            else:
                self._compare_statistic(outcome.reduced.value, self.file.values)
        rows, what = (outcome.rows_read, "read") if self.file.places is None else (outcome.rows_kept, "computed")
        for name, theirs in arrays.items():
            if len(theirs) != rows:
                raise InputError(f"--expect has {len(theirs):,} rows of {self._checks[name].of}, but {rows:,} were {what}")

    def _compare_statistic(self, value: Any, theirs: Array) -> None:
        """Compare the number over all rows, or one number for each channel."""
        ours = np.atleast_1d(value)
        if ours.size != theirs.size:
            raise InputError(f"--expect: {self.job.loss.name} gives {counted(ours.size, 'number')}, and {theirs.size:,} are expected")
        self._checks[""].add(np.arange(len(ours)), ours, theirs.reshape(ours.shape))


# --- reading the arrays ----------------------------------------------------------------------------------------------------


def expected_arrays(bounds: Bounds, pairing: Pairing, job: Job, wrt: Sequence[str]) -> ExpectedArrays:
    """Read the arrays that `bounds.expect` names: a file with values (or loss) and gradient or grad_ROLE, or a SOURCE of one array.

    One array is the derivative with respect to the role in `wrt`, or the values without `wrt`. Raises UsageError for a file with neither.
    """
    text = str(bounds.expect)
    was_read = text in pairing.inputs.files.names
    table = pairing.inputs.files.table(text) if Path(text).is_file() else None
    if table is None or not table.names:
        file = _of_one_array(text, table, pairing, wrt)
    elif job.reduction == "none" and not wrt and table.has("value") and table.has("reduction") and not table.has("values"):
        one = read_expectation(text)
        file = FileArrays(np.array([one.number]), {}, document=one.document)
    else:
        file = _of_table(text, table, job, wrt)
        places, warnings = pairing.places_in(table)
        if places is None and not was_read:
            places = _places_by_number(table, _inner_shape(table))
        file = file.but(places=places, warnings=warnings)
    return ExpectedArrays(job, file, bounds)


def _of_one_array(text: str, table: Table | None, pairing: Pairing, wrt: Sequence[str]) -> FileArrays:
    column = pairing.inputs.column(text) if table is None else table.all()
    array = _numbers(column)
    if len(wrt) > 1:
        raise UsageError(f"--expect {text} holds one array, and --grad asks for {len(wrt)}: name one role, or a file with {_names(wrt)}")
    holder = pairing.inputs.files.table_of(column)
    places, warnings = (None, []) if holder is None or not holder.names else pairing.places_in(holder)
    return FileArrays(None if wrt else array, {wrt[0]: array} if wrt else {}, places, warnings=warnings)


def _of_table(text: str, table: Table, job: Job, wrt: Sequence[str]) -> FileArrays:
    inner = _inner_shape(table)

    def array(*names: str) -> Array | None:
        name = next((n for n in names if table.has(n)), None)
        return None if name is None else _by_row(_numbers(table.columns((name,), False, f"{text}::{name}")), inner)

    has_values = job.reduction == "none" and (job.loss.kind != "statistic" or 0 in job.per or not wrt)
    values = array("values", "loss") if has_values else None
    gradients = {}
    for role in wrt:
        g = array(f"gradient.{role}", f"grad_{role}", *(("gradient", "grad") if len(wrt) == 1 else ()))
        gradients[role] = _side_by_side(table, f"grad_{role}", inner) if g is None else g
    present = {role: g for role, g in gradients.items() if g is not None}
    if values is None and not present:
        needed = _names(wrt) if wrt else "values or loss"
        raise UsageError(f"--expect {text} has {', '.join(table.names[:10])}, but no {needed}: name a part with ::")
    document = getattr(table, "value", None)
    is_result = isinstance(document, dict) and isinstance(document.get("loss"), str)
    return FileArrays(values, present, document=document if is_result else None)


def _inner_shape(table: Table) -> Shape:
    """The shape of a row, in a table with a line for each element: columns index_1, index_2, … count the elements of a row."""
    names = list(takewhile(table.has, (f"index_{k}" for k in count(1))))
    indices = [_numbers(table.columns((n,), False, f"{table.label}::{n}")) for n in names]
    if not indices or any(x.ndim != 1 or not x.size or not np.isfinite(x).all() or x.min() < 0 for x in indices):
        return ()
    shape = tuple(int(x.max()) + 1 for x in indices)
    if indices[0].size % prod(shape):
        return ()
    counted_up = np.indices(shape).reshape(len(shape), -1)
    return shape if all((x.reshape(-1, prod(shape)) == c).all() for x, c in zip(indices, counted_up, strict=True)) else ()


def _by_row(x: Array, inner: Shape) -> Array:
    """The numbers of all lines, with the rows first."""
    return x.reshape(-1, *inner, *x.shape[1:]) if inner else x


def _side_by_side(table: Table, name: str, inner: Shape) -> Array | None:
    """The numbers of columns name_0, name_1, … or name_0_0, name_0_1, … as one array; None where one of them is missing."""
    ends = [n.removeprefix(f"{name}_") for n in table.names if n.startswith(f"{name}_")]
    places = [tuple(map(int, end.split("_"))) for end in ends if end.replace("_", "").isdecimal()]
    if not places or len({len(p) for p in places}) > 1:
        return None
    shape = tuple(max(axis) + 1 for axis in zip(*places, strict=True))
    if len(places) != prod(shape) or len(set(places)) != len(places):
        return None
    names = tuple("_".join(map(str, (name, *place))) for place in np.ndindex(shape))
    x = _numbers(table.columns(names, True, f"{table.label}::{name}_*"))
    return _by_row(x.reshape(len(x), *shape), inner)


def _places_by_number(table: Table, inner: Shape) -> Array | None:
    """The position of each row in a table with a column of row numbers; None without this column, or where a number repeats."""
    name = next((n for n in ("row", "values_rows", "gradient_rows") if table.has(n)), None)
    numbers = np.zeros(0) if name is None else _numbers(table.columns((name,), False, f"{table.label}::{name}"))
    if inner and numbers.ndim == 1:
        lines = numbers.reshape(-1, prod(inner))
        numbers = lines[:, 0] if (lines == lines[:, :1]).all() else np.zeros(0)
    if numbers.ndim != 1 or not numbers.size or (numbers != np.rint(numbers)).any() or numbers.min() < 0 or numbers.max() >= 2**31:
        return None
    rows = numbers.astype(int)
    places = np.full(rows.max() + 1, -1)
    places[rows] = np.arange(len(rows))
    return places if np.count_nonzero(places >= 0) == len(rows) else None


def _numbers(column: Column) -> Array:
    """All numbers of a column as floats; a single number becomes an array of one row."""
    column = column if column.array is None else column.but(array=np.atleast_1d(column.array))
    return Data({"": column}).all()[""].astype(np.float64, copy=False)


def _names(wrt: Sequence[str]) -> str:
    return " and ".join(f"grad_{r}" for r in wrt)
