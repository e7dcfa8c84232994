"""A law: its statement, its check, and for which losses it holds."""

from __future__ import annotations

from collections.abc import Callable

from losscli.catalogue.custom import CustomLoss
from losscli.record import Record
from losscli.testing import samples
from losscli.testing.case import Case
from losscli.testing.laws.checks import (
    numeric_options,
)

__all__ = ["LAWS", "Law", "declared", "law", "not_kind", "only_kind", "with_float_roles", "with_labels", "with_numeric_options", "with_per"]


class Law(Record):
    """A statement about a loss and its check. `applies` returns '', or the reason why the law does not apply."""

    name: str
    statement: str
    check: Callable[[Case], None]
    applies: Callable[[Case], str]


LAWS: dict[str, Law] = {}


def law(statement: str, applies: Callable[[Case], str] = lambda case: "") -> Callable[[Callable[[Case], None]], Callable[[Case], None]]:
    """Register a check under the name of its function."""

    def register(check: Callable[[Case], None]) -> Callable[[Case], None]:
        LAWS[check.__name__] = Law(check.__name__, statement, check, applies)
        return check

    return register


def declared(name: str) -> Callable[[Case], str]:
    """Applies to losses that declare a property."""
    return lambda case: "" if name in case.properties else f"it is not declared {name}"


def not_kind(kind: str, reason: str) -> Callable[[Case], str]:
    """Applies to all losses but those of a kind."""
    return lambda case: reason if case.loss.kind == kind else ""


def only_kind(*kinds: str) -> Callable[[Case], str]:
    """Applies to losses of these kinds."""
    return lambda case: "" if case.loss.kind in kinds else f"it is a {case.loss.kind} loss"


def with_labels(case: Case) -> str:
    """Applies to losses that ignore the labels equal to ignore_index."""
    return "" if "ignore_index" in case.loss.options else "it has no ignore_index"


def with_per(case: Case) -> str:
    """Applies to losses that can be taken within each row."""
    if isinstance(case.loss, CustomLoss) and case.loss.kind == "pointwise":
        return "it is a function with a value for each element"
    return "" if case.loss.takes_per else "it is not a statistic of each row"


def with_float_roles(case: Case) -> str:
    """Applies to losses with a role that a derivative can be taken with respect to."""
    return "" if samples.float_roles(case.loss, case.example(case.rng(), 2)) else "no role has a derivative"


def with_numeric_options(case: Case) -> str:
    """Applies to losses with an option that is a number."""
    return "" if numeric_options(case) else "it has no option that is a number"
