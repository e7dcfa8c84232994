"""The questions of a gate with a ledger: the differences of the rows, less what is allowed, of each candidate under each loss."""

from __future__ import annotations

import numpy as np

from losscli.experiment.comparing import Ran
from losscli.numeric.lazy import Array
from losscli.results.comparison import Comparison
from losscli.results.ledger import Question
from losscli.results.noninferiority import Allowance
from losscli.statistics.betting import units_of
from losscli.statistics.moments import ColumnSums

__all__ = ["questions_of"]


def questions_of(ran: Ran, comparison: Comparison, allowed: Allowance) -> list[Question]:
    """A question for each candidate and loss that has a difference of each row. The experiment must have collected batches.

    Where the rows of a cluster depend on each other, the bets are on the clusters.
    """
    design, sampler = ran.design, ran.sampler
    if design is None or sampler is None:
        return []
    names, losses = ran.experiment.predictions, ran.experiment.losses
    results = {(r.prediction, r.loss): r for r in comparison.results}
    cluster = next(iter(ran.experiment.dependence.clusters), None)
    questions = []
    for (p, base, k), q in design.differences.items():
        if names[base] != comparison.baseline or q not in sampler.sums:
            continue
        candidate, baseline = results[names[p], losses[k]], results[names[base], losses[k]]
        differences = sampler.sums[q].shares(candidate.difference, cluster)
        values = sampler.sums[design.values[base, k]].shares(baseline.value, cluster) if allowed.relative else None
        if differences is None or not np.isfinite(differences).all():
            continue
        if values is not None:  # a share of an uncertain value is uncertain too
            excess = differences - np.copysign(allowed.amount, baseline.value) * values
        else:
            excess = differences - allowed.amount * _rows_of(sampler.sums[q], cluster)
        questions.append(Question(names[p], losses[k], candidate.difference, units_of(differences), excess))
    return questions


def _rows_of(sums: ColumnSums, cluster: str | None) -> Array:
    """The share of each batch or cluster in the number of rows."""
    parts = sums.parts(cluster)
    if parts is None:
        raise AssertionError("nothing was collected")
    return parts[1] / parts[1].sum()
