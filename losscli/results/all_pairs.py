"""Every prediction beside every other: letters for those that cannot be told apart, and the model confidence set."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.numeric.lazy import np
from losscli.results.comparison import Compared, Comparison, InSet, Precision

__all__ = ["with_letters", "with_model_set"]


def with_letters(comparison: Comparison) -> Comparison:
    """The comparison with letters: two predictions have one in common if no difference between them was detected. The best has an a.

    A prediction without an interval has no letters.
    """
    found: dict[tuple[str, str], str] = {}
    for loss in dict.fromkeys(pair.loss for pair in comparison.pairs):
        from losscli.statistics.letters import letters

        pairs = [pair for pair in comparison.pairs if pair.loss == loss]
        compared = {name for pair in pairs for name in (pair.prediction, pair.other)}
        best_first = [r.prediction for r in _best_first(comparison.results, loss) if r.prediction in compared]
        place = {name: i for i, name in enumerate(best_first)}
        different = [(place[pair.prediction], place[pair.other]) for pair in pairs if pair.paired.detected]
        found |= {(name, loss): text for name, text in zip(best_first, letters(len(best_first), different), strict=True)}
    return comparison.but(results=[r.but(letters=found.get((r.prediction, r.loss))) for r in comparison.results])


def with_model_set(comparison: Comparison, precision: Precision) -> Comparison:
    """The comparison with the model confidence set of each loss, at the level of the intervals. It needs the differences of all pairs.

    A prediction without an interval is not in the set, and has no p.
    """
    names = list(comparison.predictions)
    losses = list(dict.fromkeys(r.loss for r in comparison.results))
    found: dict[tuple[str, str], InSet] = {}
    for k, loss in enumerate(losses):
        pairs = {(p, q): d.uncertainty for (p, q, of), d in precision.differences.items() if of == k}
        compared = sorted({p for pair in pairs for p in pair})
        if not compared:
            continue
        from losscli.statistics.model_set import model_set, replicates

        errors = np.zeros((len(names), len(names)))
        for (p, q), u in pairs.items():
            errors[p, q] = errors[q, p] = u.se
        values = np.array([r.value for r in comparison.results if r.loss == loss])[compared]
        noise = replicates(errors[np.ix_(compared, compared)], min(u.df for u in pairs.values()))
        alpha = 1 - next(iter(pairs.values())).level / 100
        found |= {(names[p], loss): InSet(x, x > alpha) for p, x in zip(compared, model_set(values, noise), strict=True)}
    return comparison.but(results=[r.but(model_set=found.get((r.prediction, r.loss))) for r in comparison.results])


def _best_first(results: Sequence[Compared], loss: str) -> list[Compared]:
    return sorted((r for r in results if r.loss == loss), key=lambda r: (r.value != r.value, r.value))
