"""A run that computes more than losses: derivatives, their check by finite differences, and a comparison with the arrays of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from losscli.autodiff.backward import GradientCollector, differentiate
from losscli.autodiff.finite_differences import differences
from losscli.autodiff.gradcheck import gradcheck
from losscli.autodiff.tape import NoDerivative, PlainNumber
from losscli.autodiff.with_respect_to import in_users_words
from losscli.catalogue.guard import FunctionError
from losscli.data.blocks import Block, Data
from losscli.engine.job import Job, View
from losscli.engine.outcome import Outcome
from losscli.engine.passes import run
from losscli.engine.reduction import BlockCallback
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.results.checks import ArrayCheck
from losscli.results.computed import Callbacks, Computed, all_of
from losscli.results.expected_arrays import ExpectedArrays
from losscli.results.gates import Bounds

__all__ = ["Extras", "derivatives_or_differences", "run_with_extras"]


class Extras(Record):
    """The results that a run computes besides the losses."""

    wrt: Sequence[str]  # the roles and options with respect to which derivatives are shown
    checked: Sequence[str]  # those whose derivatives are checked by central differences
    expected: ExpectedArrays | None
    bounds: Bounds  # the tolerances
    keeps_gradient: bool  # whether the derivatives of all rows are kept, for a document


def run_with_extras(job: Job, data: Data, extras: Extras, callbacks: Callbacks, *, threads: int) -> Computed:
    """The losses, then the derivatives, then the checks.

    Raises InputError where the arrays of a file have another shape, UsageError for a check of derivatives that the loss does not have.
    """
    compute = _with_gradient if extras.wrt else _values_alone
    computed = compute(job, data, extras, callbacks, threads=threads)
    outcome, checks = computed.outcome, list[ArrayCheck]()
    if extras.expected is not None:
        extras.expected.finish(outcome)
        checks += extras.expected.checks
    if extras.checked:
        checks += gradcheck(outcome, data, extras.checked, extras.bounds.rtol, extras.bounds.atol, threads=threads)
    return computed.but(checks=checks)


def _values_alone(job: Job, data: Data, extras: Extras, callbacks: Callbacks, *, threads: int) -> Computed:
    callback = all_of(callbacks.writer, callbacks.collector, extras.expected)
    return Computed(run([job], data, threads=threads, callbacks=[callback])[0])


def _with_gradient(job: Job, data: Data, extras: Extras, callbacks: Callbacks, *, threads: int) -> Computed:
    """The callbacks get each block with its derivatives."""
    if not any(name in job.columns for name in extras.wrt):
        return _without_rows(job, data, extras, callbacks, threads=threads)
    outcome = run([job], data, threads=threads)[0]
    job = outcome.job
    collector = GradientCollector(outcome, extras.wrt) if extras.keeps_gradient else None
    shown = None if callbacks.collector is None else _gradients_as_roles(callbacks.collector)
    if callbacks.writer is not None and outcome.rows_kept == 0:
        callbacks.writer(*_empty_block(job, extras.wrt))
    callback = all_of(callbacks.writer, shown, collector, extras.expected)
    shared = in_users_words(job, derivatives_or_differences(outcome, data, extras.wrt, callback, threads=threads))
    if extras.expected is not None:
        extras.expected.compare_shared(shared)
    of_rows = {} if collector is None else {r: job.layouts[r].undo(g) for r, g in collector.gradients.items()}
    rows = np.concatenate(collector.rows) if collector is not None and collector.rows else None
    return Computed(outcome, {**of_rows, **shared}, rows)


def _without_rows(job: Job, data: Data, extras: Extras, callbacks: Callbacks, *, threads: int) -> Computed:
    """The same for derivatives with respect to options, or to roles that all rows share: the callbacks get the values."""
    computed = _values_alone(job, data, extras, callbacks, threads=threads)
    gradient = derivatives_or_differences(computed.outcome, data, extras.wrt, None, threads=threads)
    gradient = in_users_words(computed.outcome.job, gradient)
    if extras.expected is not None:
        extras.expected.compare_shared(gradient)
    return computed.but(gradient=gradient)


def derivatives_or_differences(
    outcome: Outcome, data: Data, wrt: Sequence[str], callback: BlockCallback | None, *, threads: int
) -> Mapping[str, Array]:
    """Call `callback` with every block and the derivatives of its rows; return the derivatives of options and of shared roles.

    Where the tape has no derivative of a function in the loss, they are finite differences of values, and a note says so.
    """
    begun = False

    def with_flag(block: Block, view: View, values: Array | None, ignored: Array | None) -> None:
        nonlocal begun
        begun = True
        if callback is not None:
            callback(block, view, values, ignored)

    try:
        return differentiate(outcome, data, wrt, with_flag, threads=threads)
    except (NoDerivative, FunctionError) as error:  # the values were computed before, so the derivative failed
        if begun:  # `callback` must not get a block twice
            raise
        ours = isinstance(error, PlainNumber) and outcome.job.loss.fn.__module__.startswith("losscli.losses.")
        why = "a step of the formula takes plain numbers, through which no derivative flows" if ours else error
        outcome.notes.append(f"derivatives by central differences: {why}")
        return differences(outcome, data, wrt, with_flag, threads=threads)


# --- callbacks -------------------------------------------------------------------------------------------------------------


def _gradients_as_roles(callback: BlockCallback) -> BlockCallback:
    """The same callback with derivatives as additional roles. The elements of a statistic have no loss: their values are nan."""

    def shown(block: Block, view: View, values: Array | None, ignored: Array | None) -> None:
        grads = {f"grad {r}": g + 0.0 for r, g in view.grads.items()}  # no -0
        axes = {**view.value_axes, **{f"grad {r}": view.value_axes[r] for r in view.grads}}
        if values is None:
            role, g = next(iter(view.grads.items()))
            values = np.full(g.shape[: g.ndim - view.value_axes[role]], np.nan)
        callback(block, view.but(roles={**view.roles, **grads}, value_axes=axes), values, ignored)

    return shown


def _empty_block(job: Job, wrt: Sequence[str]) -> tuple[Block, View, Array | None, None]:
    """A block without rows, from which a writer learns the names of its columns."""
    grads = {r: np.zeros((0, *job.layouts[r].shape), job.dtype) for r in wrt if r in job.columns}
    axes = {r: job.domain(r).ndim for r in grads}
    role, g = next(iter(grads.items()))
    has_losses = job.loss.kind != "statistic" or 0 in job.per
    values = np.zeros(g.shape[: g.ndim - axes[role]]) if has_losses else None
    return Block(0, 0, {}), View(0, 0, grads, None, axes, {}, grads), values, None
