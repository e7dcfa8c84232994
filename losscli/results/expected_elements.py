"""Values and derivatives against those of a file, element by element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count, takewhile
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from losscli.data.blocks import Block, Data
from losscli.data.columns import Column
from losscli.engine.job import Job, View
from losscli.errors import InputError, UsageError, counted
from losscli.results.closeness import Closeness
from losscli.results.collect import origin
from losscli.results.expectation import expected
from losscli.sources.by_position import ByPosition
from losscli.sources.inputs import Table
from losscli.sources.join import ById

__all__ = []

Rows = ById | ByPosition  # how the rows of files come together


# --- someone else's numbers ------------------------------------------------------------------------------------------------


class Expected:
    """A watcher that compares the values, and the derivatives, with those of a file.

    `places` says where each row stands in the file, -1 where it does not; without it they are in one order.
    """

    said: Mapping[str, Any] | None = None  # what the file says of itself, if it is a result

    def __init__(self, job: Job, values: Any, grads: Mapping[str, Any], rtol: float, atol: float, places: Any = None) -> None:
        self.job, self.values, self.grads, self.places = job, values, grads, places
        self.agreements = {"": Closeness("loss", "expected", rtol, atol)} if values is not None else {}
        self.agreements |= {role: Closeness(f"grad {role}", "expected", rtol, atol) for role in grads}

    def __call__(self, block: Block, view: View, values: Any, ignored: Any) -> None:
        rows = origin(block)
        if self.values is not None:
            self._add("", rows, values, self.values)
        for role, g in view.grads.items():
            if role in self.grads:
                self._add(role, rows, self.job.layouts[role].undo(g), self.grads[role])

    def of_all_rows(self, shared: Mapping[str, Any]) -> None:
        """The derivatives with respect to what all rows share."""
        for role, g in shared.items():
            if role in self.grads:
                self._add(role, np.arange(len(g)), np.asarray(g), self.grads[role])

    def _add(self, name: str, rows: Any, ours: Any, theirs: Any) -> None:
        at = self._at(rows) if name == "" or name in self.job.columns else rows
        one = [tuple(n for n in x.shape[1:] if n != 1) for x in (ours, theirs)]
        if one[0] == one[1]:  # axes of length one hold nothing more
            theirs = theirs.reshape(len(theirs), *ours.shape[1:])
        if ours.shape[1:] != theirs.shape[1:] or (at.size and at.max() >= len(theirs)):
            ours_, theirs_ = ("(" + ", ".join(map(str, s)) + ")" for s in (("rows", *ours.shape[1:]), theirs.shape))
            raise InputError(f"--expect: {self.agreements[name].of} has shape {ours_}, what is expected {theirs_}")
        self.agreements[name].add(rows, ours, theirs[at])

    def _at(self, rows: Any) -> Any:
        """Where rows stand in the file. Raises InputError for one that does not."""
        if self.places is None:
            return rows
        at = np.where(rows < len(self.places), self.places[np.minimum(rows, len(self.places) - 1)], -1)
        if (at < 0).any():
            raise InputError(f"--expect: {self.job.loss.name} has a row {int(rows[np.argmin(at)])} that what is expected has not")
        return at

    def of_statistic(self, value: Any) -> None:
        """The number over all rows, or the few of its channels, which no row has."""
        if self.values is None:
            return
        ours = np.atleast_1d(value)
        if ours.size != self.values.size:
            raise InputError(f"--expect: {self.job.loss.name} gives {counted(ours.size, 'number')}, and {self.values.size:,} are expected")
        self.agreements[""].add(np.arange(len(ours)), ours, self.values.reshape(ours.shape))
        self.values = None

    def end(self, read: int, used: int) -> None:
        """Raise InputError where more was expected than there is."""
        there, what = (read, "read") if self.places is None else (used, "computed")
        of_rows = [(role, g) for role, g in self.grads.items() if role in self.job.columns]
        for name, theirs in (("", self.values), *of_rows):
            if theirs is not None and len(theirs) != there:
                raise InputError(f"--expect has {len(theirs):,} rows of {self.agreements[name].of}, but {there:,} were {what}")


def expected_of(text: str, rows: Rows, job: Job, wrt: Sequence[str], elements: bool, rtol: float, atol: float) -> Expected:
    """What `--expect` means where it is about every element: a file with values (or loss) and gradient or grad_ROLE, or a SOURCE.

    A SOURCE is the derivative where one is asked for, else the values. Raises UsageError for a file that holds neither.
    """
    read = text in rows.inputs.files
    table = rows.inputs.table(text) if Path(text).is_file() else None
    if table is None or not table.names:
        column = rows.inputs.column(text) if table is None else table.all()
        whole = _numbers(column)
        if len(wrt) > 1:
            raise UsageError(f"--expect {text} holds one array, and --grad asks for {len(wrt)}: name one role, or a file with {_keys(wrt)}")
        places = _places(rows, rows.inputs.holder(column), job)
        return Expected(job, None, {wrt[0]: whole}, rtol, atol, places) if wrt else Expected(job, whole, {}, rtol, atol, places)

    if elements and not wrt and table.has("value") and table.has("reduction") and not table.has("values"):
        one = expected(text)  # a result of one number
        found_one = Expected(job, np.array([one.number]), {}, rtol, atol)
        found_one.said = one.said
        return found_one
    inner = _inner(table)

    def array(*names: str) -> Any:
        name = next((n for n in names if table.has(n)), None)
        return None if name is None else _by_row(_numbers(table.columns((name,), False, f"{text}::{name}")), inner)

    values = array("values", "loss") if elements and (job.loss.kind != "statistic" or 0 in job.per or not wrt) else None
    grads = {r: array(f"gradient.{r}", f"grad_{r}", *(("gradient", "grad") if len(wrt) == 1 else ())) for r in wrt}
    grads = {r: _beside(table, f"grad_{r}", inner) if g is None else g for r, g in grads.items()}
    found = {r: g for r, g in grads.items() if g is not None}
    if values is None and not found:
        needs = _keys(wrt) if wrt else "values or loss"
        raise UsageError(f"--expect {text} has {', '.join(table.names[:10])}, but no {needs}: name a part with ::")
    places = _places(rows, table, job)
    elementwise = Expected(job, values, found, rtol, atol, _by_number(table, inner) if places is None and not read else places)
    held = getattr(table, "value", None)
    elementwise.said = held if isinstance(held, dict) and isinstance(held.get("loss"), str) else None
    return elementwise


def _places(rows: Rows, table: Table | None, job: Job) -> Any:
    """Where each row stands in the table of what is expected, by its id; None without one: another order is a warning then."""
    if table is None or not table.names:
        return None
    places, warnings = rows.like(table)
    job.warnings.extend(warnings)
    return places


def _inner(table: Table) -> tuple[int, ...]:
    """The axes of an element beside its row, in a table that has a line for each element: as its columns index_1, … count them."""
    names = list(takewhile(table.has, (f"index_{k}" for k in count(1))))
    at = [_numbers(table.columns((n,), False, f"{table.label}::{n}")) for n in names]
    if not at or any(x.ndim != 1 or not x.size or not np.isfinite(x).all() or x.min() < 0 for x in at):
        return ()
    shape = tuple(int(x.max()) + 1 for x in at)
    if at[0].size % prod(shape):
        return ()
    counting = np.indices(shape).reshape(len(shape), -1)
    return shape if all((x.reshape(-1, prod(shape)) == c).all() for x, c in zip(at, counting, strict=True)) else ()


def _by_row(x: Any, inner: tuple[int, ...]) -> Any:
    """The numbers of all lines with the rows first."""
    return x.reshape(-1, *inner, *x.shape[1:]) if inner else x


def _beside(table: Table, name: str, inner: tuple[int, ...]) -> Any:
    """The numbers of columns beside each other, as name_0, name_1 or name_0_0, name_0_1, … ; None where they are not all there."""
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


def _by_number(table: Table, inner: tuple[int, ...]) -> Any:
    """Where each row stands in an earlier result that gives their numbers; None where it gives none."""
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
    return places if np.count_nonzero(places >= 0) == len(rows) else None  # a number that stands twice is none of a row


def _numbers(column: Column) -> Any:
    """All of a column as floats, one number as a row."""
    column = column if column.array is None else replace(column, array=np.atleast_1d(column.array))
    return Data({"": column}).all()[""].astype(np.float64, copy=False)


def _keys(wrt: Sequence[str]) -> str:
    return " and ".join(f"grad_{r}" for r in wrt)
