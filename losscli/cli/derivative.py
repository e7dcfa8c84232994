"""`compute --grad`, `--gradcheck`, and `--expect` with an array: derivatives beside the losses, and both compared with someone else's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count, takewhile
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from losscli.agreement import Agreement
from losscli.backward import Kept, differentiate
from losscli.blocks import Block, Column, Data
from losscli.chain import Watcher
from losscli.cli.expected import expected
from losscli.differences import differences, slopes
from losscli.errors import InputError, UsageError, counted, suggest
from losscli.evaluate import Outcome, run
from losscli.job import Job, View
from losscli.own import Failed
from losscli.seen import origin
from losscli.sources import Table
from losscli.sources.by_position import ByPosition
from losscli.sources.joined import ById
from losscli.tape import NoDerivative

__all__ = ["Asked"]

Rows = ById | ByPosition  # how the rows of files come together


def roles_of(asked: str, job: Job, data: Data) -> list[str]:
    """The roles of `--grad ROLE,ROLE` or `--grad all`. Raises UsageError for one that is not there or has no derivative."""
    there = [r for r in job.loss.roles if r in job.columns or r in job.shared or r in job.constant]
    kinds = {r: x.dtype.kind for r, x in job.view(data.first).roles.items()}
    smooth = [r for r in there if kinds.get(r) == "f"]
    if asked == "all":
        return smooth
    found = [r.strip().replace("-", "_") for r in asked.split(",")]
    for role in found:
        if role not in there:
            has = f"{suggest(role, there)}; its roles: {', '.join(there)}"
            raise UsageError(f"--grad takes a role of {job.loss.name}, or all: it has no {role!r} here{has}")
        if role not in smooth:
            raise UsageError(f"--grad {role}: {role} holds class indices, which have no derivative")
    return list(dict.fromkeys(found))


def derivatives(outcome: Outcome, data: Data, wrt: Sequence[str], watch: Watcher, *, threads: int) -> dict[str, Any]:
    """Every block with the derivatives of its rows goes to `watch`; those of what all rows share come back.

    Where the tape knows no derivative of a function that the loss uses, they are differences of values, and the job's notes say so.
    """
    kept = list(outcome.job.notes)
    begun = False

    def watched(block: Block, view: View, values: Any, ignored: Any) -> None:
        nonlocal begun
        begun = True
        watch(block, view, values, ignored)

    try:
        return differentiate(outcome, data, wrt, watched, threads=threads)
    except (NoDerivative, Failed) as error:  # the values were computed, so what failed is the derivative
        if begun:  # what was watched cannot be taken back, and no row may come twice
            raise
        outcome.job.notes[:] = [*kept, f"derivatives by central differences: {error}"]
        return differences(outcome, data, wrt, watch, threads=threads)


def all_of(*watchers: Watcher | None) -> Watcher:
    """One watcher of several."""

    def watch(block: Block, view: View, values: Any, ignored: Any) -> None:
        for each in watchers:
            if each is not None:
                each(block, view, values, ignored)

    return watch


def columns_of(job: Job, wrt: Sequence[str], format: str) -> Callable[[View, Any], dict[str, Any]]:
    """The columns of the elements in a format: the loss and the derivatives; an array or bare numbers hold one of them.

    Raises UsageError for what has no place there.
    """
    rows = [r for r in wrt if r in job.columns]
    if format in ("npy", "value"):
        if len(wrt) != 1 or not rows:
            raise UsageError(f"-f {format} holds one array: --grad with one role that has rows, or write json")
        return lambda view, values: {f"grad_{rows[0]}": job.layouts[rows[0]].undo(view.grads[rows[0]])}
    if len(rows) < len(wrt):
        shared = next(r for r in wrt if r not in rows)
        raise UsageError(f"--grad {shared}: all rows share {shared}, so its derivative has no place in rows of {format}: write json")

    def columns(view: View, values: Any) -> dict[str, Any]:
        first = view.grads[rows[0]]
        shape = first.shape[: first.ndim - view.own[rows[0]]] if values is None else np.shape(values)
        found = {} if values is None else {"loss": values}
        for role in rows:
            g = view.grads[role] + 0.0
            g = g.reshape(*g.shape, *(1,) * (len(shape) - g.ndim))
            for place in np.ndindex(g.shape[len(shape) :]):
                name = "_".join(map(str, (f"grad_{role}", *place)))
                found[name] = np.broadcast_to(g[(..., *place)], shape)
        return found

    return columns


class Asked:
    """What a command wants beside the losses: derivatives, and comparisons with those of differences or of a file."""

    def __init__(self, job: Job, data: Data, rows: Rows, given: Mapping[str, Any], arrays: bool, hold: bool) -> None:
        """Raises UsageError for roles without a derivative and for a file that does not hold what is asked for."""
        self.job, self.data, self.threads, self.hold = job, data, given["threads"], hold
        self.rtol, self.atol = given["rtol"], given["atol"]
        self.wrt = roles_of(given["grad"], job, data) if given["grad"] else []
        self.check = (self.wrt or roles_of("all", job, data)) if given["gradcheck"] else []
        elements = job.reduction == "none"
        self.expected = expected_of(given["expect"], rows, job, self.wrt, elements, self.rtol, self.atol) if arrays else None
        self.gradient: dict[str, Any] | None = None
        self.rows: Any = None  # of the gradient
        self.agreements: list[Agreement] = []

    @property
    def said(self) -> Mapping[str, Any] | None:
        """What the file that is expected says of itself, if it is a result."""
        return None if self.expected is None else self.expected.said

    def columns(self, format: str) -> list[Callable[[View, Any], dict[str, Any]]]:
        """How the elements are made columns of, where that is not the loss alone."""
        return [columns_of(self.job, self.wrt, format)] if self.wrt else []

    def _nothing(self) -> tuple[Block, View, Any, Any]:
        """A block without rows, for the names of the columns."""
        job = self.job
        grads = {r: np.zeros((0, *job.layouts[r].shape), job.dtype) for r in self.wrt if r in job.columns}
        own = {r: job.loss.roles[r].domain.ndim for r in grads}
        first = next(iter(grads))
        losses = job.loss.kind != "statistic" or 0 in job.per
        values = np.zeros(grads[first].shape[: grads[first].ndim - own[first]]) if losses else None
        return Block(0, 0, {}), View(0, 0, grads, None, own, {}, grads), values, None

    def run(self, written: Watcher | None, seen: Watcher | None) -> Outcome:
        """The losses, then the derivatives, each shown to what writes or holds them, then what was to be compared."""
        job, data = self.job, self.data
        if not self.wrt:
            watch = all_of(written, seen, self.expected)
            outcome = run([job], data, threads=self.threads, watch=[watch if written or seen or self.expected else None])[0]
        else:
            outcome = run([job], data, threads=self.threads)[0]
            kept = Kept(outcome, self.wrt) if self.hold else None
            shown = None if seen is None else beside(seen)
            if written is not None and outcome.kept == 0:
                written(*self._nothing())
            shared = derivatives(outcome, data, self.wrt, all_of(written, shown, kept, self.expected), threads=self.threads)
            held = {} if kept is None else {r: job.layouts[r].undo(g) for r, g in kept.found.items()}
            self.gradient = held | shared
            if kept is not None and kept.rows:
                self.rows = np.concatenate(kept.rows)
            if self.expected is not None:
                self.expected.of_all_rows(shared)
        if self.expected is not None:
            if outcome.final.value is not None:
                self.expected.of_statistic(outcome.final.value)
            self.expected.end(outcome.read, outcome.kept)
            self.agreements += self.expected.agreements.values()
        if self.check:
            self.agreements += checked(outcome, data, self.check, self.rtol, self.atol, threads=self.threads)
        for agreement in self.agreements:
            agreement.nothing = outcome.nothing
        return outcome


# --- someone else's numbers ------------------------------------------------------------------------------------------------


class Expected:
    """A watcher that compares the values, and the derivatives, with those of a file.

    `places` says where each row stands in the file, -1 where it does not; without it they are in one order.
    """

    said: Mapping[str, Any] | None = None  # what the file says of itself, if it is a result

    def __init__(self, job: Job, values: Any, grads: Mapping[str, Any], rtol: float, atol: float, places: Any = None) -> None:
        self.job, self.values, self.grads, self.places = job, values, grads, places
        self.agreements = {"": Agreement("loss", "expected", rtol, atol)} if values is not None else {}
        self.agreements |= {role: Agreement(f"grad {role}", "expected", rtol, atol) for role in grads}

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
    job.warnings += warnings
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


def checked(outcome: Outcome, data: Data, wrt: Sequence[str], rtol: float, atol: float, *, threads: int) -> list[Agreement]:
    """The derivatives of the tape beside differences of values in float64. Raises UsageError where the loss has none on the tape."""
    kept = Kept(outcome, wrt)
    try:
        found = kept.found | differentiate(outcome, data, wrt, kept, threads=threads)
    except (NoDerivative, Failed) as error:
        raise UsageError(f"--gradcheck: {outcome.job.loss.name} has no derivative to check: {error}") from None
    agreements = []
    for role in wrt:
        agreement = Agreement(f"grad {role}", "differences", rtol, atol)
        for block, _, _, slope in slopes(outcome, data, role, threads=threads):
            rows = role in outcome.job.columns
            g = found[role][block.start : block.start + block.rows] if rows else found[role]
            with np.errstate(all="ignore"):
                near = slope.near(g, rtol, atol)
            agreement.add(origin(block) if rows else np.arange(len(g)), g, slope.central, near)
        agreements.append(agreement)
    return agreements


def beside(watch: Watcher) -> Watcher:
    """The same watcher, which sees derivatives as it sees roles; an element of a statistic has no loss."""

    def shown(block: Block, view: View, values: Any, ignored: Any) -> None:
        grads = {f"grad {r}": g + 0.0 for r, g in view.grads.items()}  # no -0
        if values is None:
            first = next(iter(view.grads))
            values = np.full(view.grads[first].shape[: view.grads[first].ndim - view.own[first]], np.nan)
        own = {**view.own, **{f"grad {r}": view.own[r] for r in view.grads}}
        watch(block, replace(view, roles={**view.roles, **grads}, own=own), values, ignored)

    return shown
