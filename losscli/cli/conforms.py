"""`losscli compute FILE.py::FUNCTION --conforms LOSS`: whether a function of the user's has the values and gradients of a loss."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from losscli.cli.options import CONFORMS, parameters, read_values
from losscli.cli.streams import to_stderr
from losscli.cli.typer_values import destination_of
from losscli.errors import ExitCode, UsageError

__all__ = ["conforms_command"]


def conforms_command(function: str) -> Callable[..., ExitCode]:
    """The function of the command, whose signature holds its options."""

    def command(**values: Any) -> ExitCode:
        return _check(function, read_values(CONFORMS, values))

    command.__signature__ = inspect.Signature(parameters(CONFORMS))  # type: ignore[attr-defined]
    return command


def _check(function: str, values: dict[str, Any]) -> ExitCode:
    """Run the check. Raises UsageError for what is no function in a file, and for an unknown loss."""
    from losscli.cli.atomic import emit
    from losscli.render.conformance import ConformanceReport
    from losscli.testing import check_conformance

    to = destination_of(values)
    tolerances = {name: values[name] for name in ("rtol", "atol") if values[name] is not None}
    with to_stderr():  # the function may print
        result = check_conformance(function, values["conforms"], framework=values["framework"], **tolerances)
    emit(ConformanceReport(result), to)
    return ExitCode.DONE if result.passed else ExitCode.GATE
