"""The model confidence set: the models that cannot be told apart from the best, with an error rate for all of them together."""

from __future__ import annotations

from typing import Literal

from losscli.numeric.lazy import Array, np

__all__ = ["REPLICATES", "Statistic", "model_set", "replicates"]

REPLICATES = 9999
Statistic = Literal["range", "max"]


def replicates(errors: Array, df: float, seed: int = 0, count: int = REPLICATES) -> Array:
    """Mean losses in repeated samples, less the means themselves: draws of a multivariate t, (count, m).

    `errors` is (m, m), the standard errors E of the differences of each two means, and `df` their degrees of freedom. For many rows this
    is the bootstrap, without resamples. The covariance of x_i − x_r and x_j − x_r is (E_ir² + E_jr² − E_ij²) / 2. Model r, whose draws are
    0, is the one that is nearest to the others, so that a model far from all does not hide their differences in rounding.
    """
    errors = np.asarray(errors, np.float64)
    r = int(np.median(errors, axis=1).argmin())
    scale = np.where(errors[r] > 0, errors[r], 1.0)
    squares = errors * errors
    correlations = (squares[r] + squares[r][:, None] - squares) / 2 / (scale * scale[:, None])
    variances, axes = np.linalg.eigh(correlations)
    random = np.random.Generator(np.random.Philox(seed))
    normal = random.standard_normal((count, len(errors))) @ (axes * np.sqrt(np.maximum(variances, 0.0))).T * scale
    first_equal = (errors == 0).argmax(1)  # models without an error between them have the same draws, without rounding
    draws = (normal - normal[:, [r]])[:, first_equal]
    return draws if df == np.inf else draws * np.sqrt(df / random.chisquare(df, (count, 1)))


def model_set(means: Array, noise: Array, statistic: Statistic = "range") -> list[float]:
    """The p of each model. Those whose p is above α are the model confidence set: it contains the best model with probability 1 − α.

    `means` is (m,), the mean loss of each model; `noise` is (b, m), the mean losses in b resamples of the rows, the same rows for all
    models, less `means`. The models are tested for equal losses. Where they differ, the worst is eliminated, until one is left. The
    statistics, with t the difference over its standard error in the resamples: 'range', the largest t between two models; 'max', the
    largest t between a model and the mean of all. The p of a model is the largest p of the tests until its elimination; that of the last
    one is 1. A test's p is (1 + resamples with a statistic at least as large) / (1 + b). Models with identical losses have t = 0.
    Source: P. Hansen, A. Lunde, J. Nason, The Model Confidence Set, Econometrica 79, 2011, sections 3.1.2 and 3.2.
    """
    left = list(range(len(means)))
    p, largest = [1.0] * len(means), 0.0
    test = _by_range if statistic == "range" else _by_max
    while len(left) > 1:
        observed, resampled, worst = test(means[left], noise[:, left])
        largest = max(largest, (1 + int(np.count_nonzero(resampled >= observed))) / (1 + len(noise)))
        p[left.pop(worst)] = largest
    return p


def _by_range(means: Array, noise: Array) -> tuple[float, Array, int]:
    """The largest t between two models; the same in each resample, (b,); and the position of the model to eliminate."""
    errors = np.stack([_errors(noise[:, i, None] - noise) for i in range(len(means))])  # all pairs at once would be b × m × m numbers
    t = _over(means[:, None] - means, errors)
    resampled = np.zeros(len(noise))
    for i in range(len(means)):
        resampled = np.maximum(resampled, _noise_over(noise[:, i, None] - noise, errors[i]).max(1))
    return float(t.max()), resampled, int(t.max(1).argmax())


def _by_max(means: Array, noise: Array) -> tuple[float, Array, int]:
    """The largest t between a model and the mean of all; the same in each resample, (b,); and the position of the model to eliminate."""
    # the means of differences, not differences from means: models with equal losses get 0, without rounding
    own = np.stack([(noise[:, i, None] - noise).mean(1) for i in range(len(means))], axis=1)
    errors = _errors(own)
    t = _over((means[:, None] - means).mean(1), errors)
    return float(t.max()), _noise_over(own, errors).max(1), int(t.argmax())


def _errors(noise: Array) -> Array:
    return np.sqrt((noise * noise).mean(0))


def _over(x: Array, errors: Array) -> Array:
    """x / error, and 0 for 0 / 0: a difference without noise counts if it is there at all."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(x == 0, 0.0, x / errors)


def _noise_over(noise: Array, errors: Array) -> Array:
    """noise / error, and 0 where there is no error."""
    return np.where(errors == 0, 0.0, noise / np.where(errors == 0, 1.0, errors))
