"""Gradient check: the derivatives of the tape are compared with finite differences of values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.autodiff.backward import GradientCollector, differentiate
from losscli.autodiff.finite_differences import Slope, slope_without_rows, slopes
from losscli.autodiff.tape import NoDerivative
from losscli.catalogue.guard import FunctionError
from losscli.data.blocks import Data
from losscli.engine.outcome import Outcome
from losscli.errors import UsageError
from losscli.numeric.lazy import Array
from losscli.results.checks import ArrayCheck

__all__ = ["gradcheck"]


def gradcheck(outcome: Outcome, data: Data, wrt: Sequence[str], rtol: float, atol: float, *, threads: int) -> list[ArrayCheck]:
    """A check of the derivatives with respect to each role and option in `wrt` against finite differences in float64.

    Raises UsageError where the loss uses a function whose derivative the tape does not have.
    """
    collector = GradientCollector(outcome, wrt)
    try:
        gradients = collector.gradients | differentiate(outcome, data, wrt, collector, threads=threads)
    except (NoDerivative, FunctionError) as error:
        raise UsageError(f"--gradcheck: {outcome.job.loss.name} has no derivative to check: {error}") from None
    checks = []
    for role in wrt:
        check = ArrayCheck("gradcheck", f"grad {outcome.job.preset.word(role)}", rtol, atol)
        check.empty = outcome.empty
        if role in outcome.job.columns:
            for block, _, _, slope in slopes(outcome, data, role, threads=threads):
                _add(check, block.row_numbers, gradients[role][block.start : block.start + block.rows], slope)
        else:
            slope = slope_without_rows(outcome, data, role, threads=threads)
            _add(check, np.arange(len(np.atleast_1d(slope.central))), np.atleast_1d(gradients[role]), slope, whole=True)
        checks.append(check)
    return checks


def _add(check: ArrayCheck, rows: Array, g: Array, slope: Slope, *, whole: bool = False) -> None:
    with np.errstate(all="ignore"):
        near = slope.near(g, check.rtol, check.atol)
        near = near | slope.between(g, check.rtol, check.atol) if whole else near
    check.add(rows, g, np.broadcast_to(slope.central, g.shape), near)
