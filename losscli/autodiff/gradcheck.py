"""Gradient check: the derivatives of the tape are compared with finite differences of values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.autodiff.backward import GradientCollector, differentiate
from losscli.autodiff.finite_differences import slopes
from losscli.autodiff.tape import NoDerivative
from losscli.catalogue.guard import FunctionError
from losscli.data.blocks import Data
from losscli.engine.outcome import Outcome
from losscli.errors import UsageError
from losscli.results.checks import ArrayCheck

__all__ = ["gradcheck"]


def gradcheck(outcome: Outcome, data: Data, wrt: Sequence[str], rtol: float, atol: float, *, threads: int) -> list[ArrayCheck]:
    """A check of the derivatives with respect to each role in `wrt` against finite differences in float64.

    Raises UsageError where the loss uses a function whose derivative the tape does not have.
    """
    collector = GradientCollector(outcome, wrt)
    try:
        gradients = collector.gradients | differentiate(outcome, data, wrt, collector, threads=threads)
    except (NoDerivative, FunctionError) as error:
        raise UsageError(f"--gradcheck: {outcome.job.loss.name} has no derivative to check: {error}") from None
    checks = []
    for role in wrt:
        check = ArrayCheck("gradcheck", f"grad {role}", rtol, atol)
        check.empty = outcome.empty
        for block, _, _, slope in slopes(outcome, data, role, threads=threads):
            has_rows = role in outcome.job.columns
            g = gradients[role][block.start : block.start + block.rows] if has_rows else gradients[role]
            with np.errstate(all="ignore"):
                near = slope.near(g, rtol, atol)
            check.add(block.row_numbers if has_rows else np.arange(len(g)), g, slope.central, near)
        checks.append(check)
    return checks
