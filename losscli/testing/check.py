"""`check_loss`: runs the laws on one loss and returns a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from losscli.catalogue.binding import bind
from losscli.catalogue.lookup import find
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.passes import run
from losscli.engine.plan import prepare
from losscli.errors import LossError, UsageError, counted, suggest
from losscli.record import Record
from losscli.registry import OURS, PROPERTIES, Loss
from losscli.testing.case import Case, Skipped
from losscli.testing.laws import LAWS, Law

__all__ = ["Finding", "Report", "check_loss", "run_law"]


class Finding(Record):
    """The result of one law: `detail` says why it fails, or why it is skipped."""

    law: Law
    status: Literal["holds", "fails", "skipped"]
    detail: str = ""


class Report(Record):
    """What became of every law; as text a line for each, those that fail first."""

    name: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether no law failed, and at least one holds."""
        return not self.of("fails") and bool(self.of("holds"))

    def of(self, status: str) -> list[Finding]:
        """The findings of one status."""
        return [f for f in self.findings if f.status == status]

    def __str__(self) -> str:
        counts = f"{counted(len(self.of('holds')), 'law')} hold, {len(self.of('fails'))} fail, {len(self.of('skipped'))} are skipped"
        lines = [
            f"  {f.status:8}{f.law.name}: {f.law.statement}{_indented(f.detail)}"
            for status in ("fails", "holds", "skipped")
            for f in self.of(status)
        ]
        return "\n".join([f"{self.name}: {counts}", *lines])


def _indented(detail: str) -> str:
    return "".join(f"\n          {line}" for line in detail.splitlines() if line.strip())


def check_loss(
    loss: str | Callable[..., Any],
    *,
    data: Callable[[np.random.Generator, int], Mapping[str, Any]] | None = None,
    options: Mapping[str, Any] | None = None,
    properties: str | None = None,
    skip: Mapping[str, str] | None = None,
) -> Report:
    """Run the laws on a loss: one of ours by its name, or a function of yours as `losscli.compute` takes it.

    The data are random, each role in the domain of its annotation (any real number where it has none); `data(rng, rows)` makes others.
    `properties` are words such as "convex differentiable zero" (see `losscli.registry.PROPERTIES`): each selects a law. `skip` leaves a
    law out, with the reason. The same call always uses the same numbers.

    >>> def squared(pred, target):
    ...     return (pred - target) ** 2
    >>> check_loss(squared, properties="convex zero").passed
    True

    Raises AssertionError with the report where a law fails; UsageError for an unknown name, property or law, InputError for
    a function that is no loss.
    """
    __tracebackhide__ = True  # pytest shows the line of the test, not those of this package
    try:
        report = _report(loss, data, options or {}, properties, skip or {})
    except LossError as error:
        raise error.with_traceback(None) from error.__cause__
    if not report.passed:
        raise AssertionError(str(report))
    return report


def _report(
    loss: str | Callable[..., Any],
    data: Callable[[np.random.Generator, int], Mapping[str, Any]] | None,
    options: Mapping[str, Any],
    properties: str | None,
    skip: Mapping[str, str],
) -> Report:
    """What became of every law, in the order of the laws."""
    case = case_of(loss, data, options, properties)
    if unknown := next((name for name in skip if name not in LAWS), None):
        raise UsageError(f"there is no law {unknown!r}{suggest(unknown, LAWS)}: {', '.join(LAWS)}")
    return Report(case.loss.name, tuple(run_law(law, case, skip.get(law.name, "")) for law in LAWS.values()))


def case_of(
    loss: str | Callable[..., Any],
    data: Callable[[np.random.Generator, int], Mapping[str, Any]] | None = None,
    options: Mapping[str, Any] = MappingProxyType({}),
    properties: str | None = None,
) -> Case:
    """The case of a loss, with its declared properties."""
    entry, _ = find(loss)
    words = entry.properties if properties is None else frozenset(properties.split())
    if unknown := next((word for word in sorted(words) if word not in PROPERTIES), None):
        raise UsageError(f"there is no property {unknown!r}{suggest(unknown, PROPERTIES)}: {', '.join(PROPERTIES)}")
    case = Case(entry, loss, options, words, data)
    return case if entry.kind_is_certain else case.but(loss=_loss_after_call(case))


def _loss_after_call(case: Case) -> Loss:
    """A user's function as a loss whose kind is certain, after its first calls: pointwise, statistic or batch."""
    data = case.example(case.rng(), 24)
    job, columns = prepare(bind(case.loss, OURS, case.options), {name: Column(name, x) for name, x in data.items()})
    return run([job], Data(columns))[0].job.loss


def run_law(law: Law, case: Case, skip_reason: str = "") -> Finding:
    """Run one law on one loss."""
    if reason := skip_reason or law.applies(case):
        return Finding(law, "skipped", reason)
    try:
        law.check(case)
    except Skipped as reason:
        return Finding(law, "skipped", str(reason))
    except (AssertionError, LossError) as error:
        return Finding(law, "fails", str(error).strip() or type(error).__name__)
    return Finding(law, "holds")
