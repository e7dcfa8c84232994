"""Derivatives of the tape against central differences of values."""

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
from losscli.results.closeness import Closeness
from losscli.results.collect import origin

__all__ = ["gradcheck"]


def gradcheck(outcome: Outcome, data: Data, wrt: Sequence[str], rtol: float, atol: float, *, threads: int) -> list[Closeness]:
    """The derivatives of the tape beside differences of values in float64. Raises UsageError where the loss has none on the tape."""
    kept = GradientCollector(outcome, wrt)
    try:
        found = kept.gradients | differentiate(outcome, data, wrt, kept, threads=threads)
    except (NoDerivative, FunctionError) as error:
        raise UsageError(f"--gradcheck: {outcome.job.loss.name} has no derivative to check: {error}") from None
    agreements = []
    for role in wrt:
        agreement = Closeness(f"grad {role}", "differences", rtol, atol)
        for block, _, _, slope in slopes(outcome, data, role, threads=threads):
            rows = role in outcome.job.columns
            g = found[role][block.start : block.start + block.rows] if rows else found[role]
            with np.errstate(all="ignore"):
                near = slope.near(g, rtol, atol)
            agreement.add(origin(block) if rows else np.arange(len(g)), g, slope.central, near)
        agreements.append(agreement)
    return agreements
