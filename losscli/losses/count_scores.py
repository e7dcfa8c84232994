"""Scores of forecasts that are distributions of a count."""

from __future__ import annotations

from typing import Annotated, Any

from losscli.domains import Count, Positive, Probability, Range
from losscli.numeric.lattice import binomial_crps, hypergeometric_crps, negative_binomial_crps, poisson_crps
from losscli.numeric.lazy import np
from losscli.numeric.probabilities import binomial_probability_nll, poisson_probability_nll
from losscli.registry import loss

__all__ = [
    "binomial_nll", "crps_binomial", "crps_hypergeometric", "crps_negbinom", "crps_poisson", "hypergeometric_nll", "poisson_count_nll",
]  # fmt: skip

Chance = Annotated[Any, Range(least=1e-100, most=1)]


@loss(
    "probabilistic",
    aliases=("logs_poisson", "nll_poisson"),
    reference="scoringrules.logs_poisson",
    properties="convex differentiable",
    units="nats",
    use="a Poisson forecast of a count is compared with other distributions, so that log t! matters",
    words=("count data", "counts", "log score"),
    see={"poisson_nll": "without log t!, and of the logarithm of the mean by default"},
)
def poisson_count_nll(mean: Positive, target: Count):
    """Negative log-probability of a count under a Poisson distribution, with the term log t!.

    μ − t log μ + log t!, μ = mean

    >>> poisson_count_nll(np.array([1.0]), np.array([0]))
    array([1.])
    """
    return poisson_probability_nll(mean, target)


@loss(
    "probabilistic",
    aliases=("poisson_crps",),
    reference="scoringrules.crps_poisson",
    properties="convex differentiable",
    units="counts",
    use="a Poisson forecast of a count is scored in counts, with less influence of outliers",
    words=("count data", "counts", "probabilistic forecasting"),
    see={"poisson_count_nll": "for the same forecast", "crps_gaussian": "the limit for a large mean"},
)
def crps_poisson(mean: Positive, target: Count):
    """Continuous ranked probability score of a Poisson distribution of a count.

    (t − μ) (2 F(t) − 1) + 2 μ f(t) − μ e^(−2μ) (I₀(2μ) + I₁(2μ)), μ = mean

    >>> crps_poisson(np.array([1.0]), np.array([1]))
    array([0.21198127])
    """
    return poisson_crps(mean, np.asarray(target).astype(mean.dtype))


@loss(
    "probabilistic",
    aliases=("logs_binomial", "nll_binomial"),
    reference="scoringrules.logs_binomial",
    properties="convex",
    units="nats",
    use="the forecast is of a number of successes among n trials",
    words=("count data", "successes", "log score"),
    see={"bce": "of one trial", "poisson_count_nll": "the limit for many trials of a small probability"},
)
def binomial_nll(prob: Probability, n: Count, target: Count):
    """Negative log-probability of a number of successes in n trials with a probability of success: infinite for more than n.

    −log (n over t) − t log p − (n − t) log(1 − p), p = prob

    >>> binomial_nll(np.array([0.5]), np.array([2]), np.array([1]))
    array([0.69314718])
    """
    return binomial_probability_nll(n, prob, 1 - prob, target)


@loss(
    "probabilistic",
    aliases=("binomial_crps",),
    reference="scoringrules.crps_binomial",
    units="counts",
    use="a forecast of a number of successes among n trials is scored in counts",
    words=("count data", "successes", "probabilistic forecasting"),
    see={
        "binomial_nll": "for the same forecast",
        "brier": "of one trial",
        "crps_poisson": "the limit for many trials of a small probability",
    },
)
def crps_binomial(prob: Probability, n: Count, target: Count):
    """Continuous ranked probability score of a number of successes in n trials; a target above n costs its distance too.

    Σ_k (F(k) − [k ≥ t])² over all counts k, F(k) the probability of at most k successes

    >>> crps_binomial(np.array([0.5]), np.array([1]), np.array([1]))
    array([0.25])
    """
    return binomial_crps(prob, n.astype(prob.dtype), target.astype(prob.dtype))


@loss(
    "probabilistic",
    aliases=("logs_hypergeometric", "nll_hypergeometric"),
    reference="scoringrules.logs_hypergeometric",
    units="nats",
    use="the forecast is of a number of successes in a sample without replacement",
    words=("count data", "sampling without replacement", "log score"),
    see={"binomial_nll": "with replacement", "crps_hypergeometric": "for the same forecast, in counts"},
)
def hypergeometric_nll(m: Count, n: Count, k: Count, target: Count):
    """Negative log-probability of a number of successes among k draws without replacement, from m successes and n failures.

    −log ((m over t) (n over k − t) / (m + n over k))

    >>> hypergeometric_nll(np.array([1]), np.array([1]), np.array([1]), np.array([1]))
    array([0.69314718])
    """
    share = np.minimum(k / np.maximum(m + n, 1), 1.0)
    rest = 1 - share
    drawn = binomial_probability_nll(m, share, rest, target) + binomial_probability_nll(n, share, rest, k - target)
    return drawn - np.where(k <= m + n, binomial_probability_nll(m + n, share, rest, k), 0.0)


@loss(
    "probabilistic",
    aliases=("hypergeometric_crps",),
    reference="scoringrules.crps_hypergeometric",
    units="counts",
    use="a forecast of successes in a sample without replacement is scored in counts",
    words=("count data", "sampling without replacement", "probabilistic forecasting"),
    see={"hypergeometric_nll": "for the same forecast", "crps_binomial": "with replacement"},
)
def crps_hypergeometric(m: Count, n: Count, k: Count, target: Count):
    """Continuous ranked probability score of a number of successes among k draws without replacement, from m successes and n failures.

    Σ_j (F(j) − [j ≥ t])² over all counts j, F(j) the probability of at most j successes; infinite for k > m + n

    >>> crps_hypergeometric(np.array([1]), np.array([1]), np.array([1]), np.array([1]))
    array([0.25])
    """
    good, bad, drawn, t = (v / 1 for v in (m, n, np.minimum(k, m + n), target))
    score = hypergeometric_crps(good, bad, drawn, t, lambda at: hypergeometric_nll(good, bad, drawn, at))
    return np.where(k <= m + n, score, np.inf)


@loss(
    "probabilistic",
    aliases=("crps_negative_binomial", "negbinom_crps", "negative_binomial_crps"),
    reference="scoringrules.crps_negbinom",
    units="counts",
    use="a forecast of a count that varies more than a Poisson number is scored in counts",
    words=("count data", "counts", "overdispersion", "probabilistic forecasting"),
    see={"negative_binomial_nll": "of the mean, for the same forecast", "crps_poisson": "the limit for a large n"},
)
def crps_negbinom(prob: Chance, n: Positive, target: Count):
    """Continuous ranked probability score of a negative binomial distribution: failures before n successes of probability prob.

    (t − μ) (2 F(t) − 1) + 2 q (t + n) f(t) / p − μ/p · ₂F₁(n + 1, ½; 2; −4 q / p²), p = prob, q = 1 − p, μ = n q / p

    >>> crps_negbinom(np.array([0.5]), np.array([1.0]), np.array([0]))
    array([0.33333333])
    """
    return negative_binomial_crps(prob, n, target.astype(prob.dtype))
