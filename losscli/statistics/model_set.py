"""The model confidence set: the models that cannot be told apart from the best, with an error rate for all of them together."""

from __future__ import annotations

from typing import Literal

from losscli.numeric.lazy import Array, np

__all__ = ["model_set"]

Statistic = Literal["range", "max"]


def model_set(means: Array, replicates: Array, statistic: Statistic = "range") -> list[float]:
    """The p of each model. The models whose p is above α are the model confidence set: it contains the best model with probability 1 − α.

    `means` is (m,), the mean loss of each model; `replicates` is (b, m), the mean losses in b resamples of the rows, the same rows for all
    models. The models are tested for equal losses; where they differ, the worst is eliminated, until one is left. The statistics, with t
    the difference over its standard error in the resamples: 'range', the largest t between two models; 'max', the largest t between a
    model and the mean of all. The p of a model is the largest p of the tests until its elimination, so it is p of the last one, 1, for the
    best. A test's p is (1 + resamples with a statistic at least as large) / (1 + b). Models with identical losses have t = 0.
    Source: P. Hansen, A. Lunde, J. Nason, The Model Confidence Set, Econometrica 79, 2011, sections 3.1.2 and 3.2.
    """
    noise = replicates - means
    left = list(range(len(means)))
    p, largest = [1.0] * len(means), 0.0
    test = _by_range if statistic == "range" else _by_max
    while len(left) > 1:
        observed, resampled, worst = test(means[left], noise[:, left])
        largest = max(largest, (1 + int(np.count_nonzero(resampled >= observed))) / (1 + len(replicates)))
        p[left.pop(worst)] = largest
    return p


def _by_range(means: Array, noise: Array) -> tuple[float, Array, int]:
    """The largest t between two models; the same in each resample, (b,); and the position of the model to eliminate."""
    differences = means[:, None] - means
    t = np.full(differences.shape, -np.inf)
    resampled = np.full(len(noise), -np.inf)
    for i in range(len(means)):  # model by model: all pairs of all resamples at once would be b × m × m numbers
        between = noise[:, i, None] - noise
        error = np.sqrt((between * between).mean(0))
        t[i] = _over(differences[i], error)
        resampled = np.maximum(resampled, _over(between, error).max(1))
    return float(t.max()), resampled, int(t.max(1).argmax())


def _by_max(means: Array, noise: Array) -> tuple[float, Array, int]:
    """The largest t between a model and the mean of all; the same in each resample, (b,); and the position of the model to eliminate."""
    # the means of differences, not differences from means: models with equal losses get 0, without rounding
    own = np.stack([(noise[:, i, None] - noise).mean(1) for i in range(len(means))], axis=1)
    error = np.sqrt((own * own).mean(0))
    t = _over((means[:, None] - means).mean(1), error)
    return float(t.max()), _over(own, error).max(1), int(t.argmax())


def _over(x: Array, error: Array) -> Array:
    """x / error; 0 for 0 / 0, so that a difference without noise counts if it is there at all."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(x == 0, 0.0, x / error)
