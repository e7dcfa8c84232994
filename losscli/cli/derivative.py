"""`compute --grad`, `--gradcheck`, and `--expect` with an array: derivatives beside the losses, and both compared with someone else's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from losscli.autodiff.backward import GradientCollector, differentiate
from losscli.autodiff.finite_differences import differences
from losscli.autodiff.gradcheck import gradcheck
from losscli.autodiff.tape import NoDerivative
from losscli.catalogue.guard import FunctionError
from losscli.data.blocks import Block, Data
from losscli.engine.job import Job, View
from losscli.engine.outcome import Outcome
from losscli.engine.passes import run
from losscli.engine.reduction import Watcher
from losscli.errors import UsageError, suggest
from losscli.results.closeness import Closeness
from losscli.results.expected_elements import Rows, expected_of

__all__ = ["Asked"]


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

    Where the tape knows no derivative of a function that the loss uses, they are differences of values, and the outcome's notes say so.
    """
    begun = False

    def watched(block: Block, view: View, values: Any, ignored: Any) -> None:
        nonlocal begun
        begun = True
        watch(block, view, values, ignored)

    try:
        return differentiate(outcome, data, wrt, watched, threads=threads)
    except (NoDerivative, FunctionError) as error:  # the values were computed, so what failed is the derivative
        if begun:  # what was watched cannot be taken back, and no row may come twice
            raise
        outcome.notes.append(f"derivatives by central differences: {error}")
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
        shape = first.shape[: first.ndim - view.value_axes[rows[0]]] if values is None else np.shape(values)
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
        self.agreements: list[Closeness] = []

    @property
    def said(self) -> Mapping[str, Any] | None:
        """What the file that is expected says of itself, if it is a result."""
        return None if self.expected is None else self.expected.said

    def columns(self, format: str) -> list[Callable[[View, Any], dict[str, Any]]]:
        """How the elements are made columns of, where that is not the loss alone."""
        return [columns_of(self.job, self.wrt, format)] if self.wrt else []

    def _nothing(self, job: Job) -> tuple[Block, View, Any, Any]:
        """A block without rows, for the names of the columns."""
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
            kept = GradientCollector(outcome, self.wrt) if self.hold else None
            shown = None if seen is None else beside(seen)
            if written is not None and outcome.rows_kept == 0:
                written(*self._nothing(outcome.job))
            shared = derivatives(outcome, data, self.wrt, all_of(written, shown, kept, self.expected), threads=self.threads)
            held = {} if kept is None else {r: job.layouts[r].undo(g) for r, g in kept.gradients.items()}
            self.gradient = held | shared
            if kept is not None and kept.rows:
                self.rows = np.concatenate(kept.rows)
            if self.expected is not None:
                self.expected.of_all_rows(shared)
        if self.expected is not None:
            if outcome.reduced.value is not None:
                self.expected.of_statistic(outcome.reduced.value)
            self.expected.end(outcome.rows_read, outcome.rows_kept)
            self.agreements += self.expected.agreements.values()
        if self.check:
            self.agreements += gradcheck(outcome, data, self.check, self.rtol, self.atol, threads=self.threads)
        for agreement in self.agreements:
            agreement.nothing = outcome.empty
        return outcome


def beside(watch: Watcher) -> Watcher:
    """The same watcher, which sees derivatives as it sees roles; an element of a statistic has no loss."""

    def shown(block: Block, view: View, values: Any, ignored: Any) -> None:
        grads = {f"grad {r}": g + 0.0 for r, g in view.grads.items()}  # no -0
        if values is None:
            first = next(iter(view.grads))
            values = np.full(view.grads[first].shape[: view.grads[first].ndim - view.value_axes[first]], np.nan)
        own = {**view.value_axes, **{f"grad {r}": view.value_axes[r] for r in view.grads}}
        watch(block, replace(view, roles={**view.roles, **grads}, value_axes=own), values, ignored)

    return shown
