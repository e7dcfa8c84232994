"""The design of a comparison: its losses and predictions, and the values and differences whose precision is wanted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from losscli.catalogue.objective import Objective
from losscli.engine.groups import Part
from losscli.experiment.contrast import Contrast
from losscli.record import Record
from losscli.results.terms import Terms

__all__ = ["Design", "contrasts_of"]

Cell = tuple[int, int]  # a prediction and a loss, by their positions


class Design(Record):
    """The contrasts of a comparison: the value of every prediction under every loss, and its difference to another prediction.

    `values` and `differences` say which contrast belongs to a cell; a difference also has the position of the prediction subtracted.
    """

    contrasts: Sequence[Contrast]
    values: Mapping[Cell, int]
    differences: Mapping[tuple[int, int, int], int]  # (prediction, subtracted prediction, loss) -> contrast


def contrasts_of(members: Sequence[Part | Terms], losses: int, pairs: Sequence[tuple[int, int]]) -> Design:
    """The design for members[prediction · losses + loss] and some pairs (prediction, subtracted prediction)."""
    weights = list(_weights(members))
    contrasts: list[Contrast] = []
    values: dict[Cell, int] = {}
    differences: dict[tuple[int, int, int], int] = {}
    for m, of_member in enumerate(weights):
        values[divmod(m, losses)] = len(contrasts)
        contrasts.append(Contrast(of_member))
    for p, subtracted in pairs:
        for k in range(losses):
            differences[p, subtracted, k] = len(contrasts)
            contrasts.append(Contrast(_minus(weights[p * losses + k], weights[subtracted * losses + k]), compares=True))
    return Design(contrasts, values, differences)


def _minus(a: Mapping[int, float], b: Mapping[int, float]) -> dict[int, float]:
    weights = {**a, **{part: a.get(part, 0.0) - w for part, w in b.items()}}
    return {part: w for part, w in weights.items() if w} or weights


def _weights(members: Sequence[Part | Terms]) -> Iterator[dict[int, float]]:
    """The coefficients of the parts in each member: 1 for a loss, the weights of the terms for an objective."""
    first = 0
    for member in members:
        of_parts = list(_of_terms(member)) if isinstance(member, Terms) else [1.0]
        weights = {first + k: w for k, w in enumerate(of_parts) if w is not None}
        yield weights or {first: 0.0}
        first += len(of_parts)


def _of_terms(terms: Terms) -> Iterator[float | None]:
    """The coefficient of each part in the total of an objective, those of inner objectives among them; None for a constant."""
    objective: Objective = terms.objective
    divisor = math.fsum(t.weight for t in objective.terms) if objective.total == "mean" else 1.0
    for term, member in zip(objective.terms, terms.members, strict=True):
        weight = term.weight / divisor if divisor else math.nan
        if isinstance(member, Terms):
            yield from (None if inner is None else weight * inner for inner in _of_terms(member))
        else:
            yield None if term.constant else weight
