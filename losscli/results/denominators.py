"""The other denominator of a mean: frameworks divide a weighted sum by the sum of the weights, or by the number of elements."""

from __future__ import annotations

from math import isfinite

from losscli.catalogue.custom import CustomLoss
from losscli.engine.outcome import Outcome
from losscli.registry import OURS

__all__ = ["denominator_notes"]


def denominator_notes(outcome: Outcome) -> list[str]:
    """Under our own name of a loss: the mean over the number of elements, where that is another number for these data."""
    job, reduced = outcome.job, outcome.reduced
    if job.preset is not OURS or isinstance(job.loss, CustomLoss) or reduced.kind != "weights" or reduced.elements is None:
        return []
    count, elements = float(reduced.denominator), float(reduced.elements)
    other = float(reduced.total) / elements if elements else float("nan")
    if count in (0.0, elements) or not isfinite(other) or other == reduced.value:
        return []
    weighted = job.weight is not None or job.options.get(job.loss.weight_option) is not None  # else labels are ignored
    whose = "Keras and MMDetection" if weighted else "MMDetection"
    return [
        f"the mean divides by the sum of the weights, {count:g}; divided by the {elements:,.0f} elements, as {whose} would, "
        f"it is {other!r} (-r sum_over_batch_size)"
    ]
