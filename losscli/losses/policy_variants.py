"""Losses of the policy of a language model with a geometric mean of the ratios, or with a penalty on the tokens of largest covariance."""

from __future__ import annotations

from typing import Annotated

from losscli.aggregation import AllRows, MeanOver
from losscli.domains import Advantage, Flag, Flags, Needs, NonNegative, Positive, Real, Share, Vector
from losscli.losses.policy import Average, Empty, averaged, by_row, token_weights
from losscli.losses.token_policy import SEQUENCES
from losscli.numeric.kept import kept
from losscli.numeric.lazy import np
from losscli.numeric.scaling import power_of_two_scale
from losscli.registry import loss

__all__ = ["gmpo", "kl_cov", "token_nll"]


@loss(
    "preference",
    aliases=("geo_mean", "geometric_mean_policy_optimization", "gmpo_loss"),
    reference="verl.trainer.ppo.core_algos.compute_policy_loss_geo_mean; arXiv:2507.20673",
    units="reward units",
    use="single tokens with a large ratio should not drive the policy, as in GMPO",
    words=("rlhf", "reinforcement learning", "reasoning"),
    see={
        "gspo": "clips the mean ratio of a sequence, not that of each token",
        "epsilon": "it bounds the logarithm of the ratio here; the paper has 0.4",
        "advantage": "one for each sequence; of one for each token the mean is taken",
    },
    hints=SEQUENCES,
)
def gmpo(
    logp: Real,
    old_logp: Real,
    advantage: Advantage,
    mask: Flag = None,
    *,
    epsilon: NonNegative = 0.2,
    epsilon_high: NonNegative | None = None,
):
    """Negative advantage of a sequence times the geometric mean of the ratios of its tokens, each clipped on the side where it gains.

    −A e^c, c the mean over the tokens of the sequence of min(d, ε_high) where A > 0, of max(d, −ε) where A < 0; d = logp − old_logp

    >>> gmpo(np.array([[-1.0, -2.0]]), np.array([[-1.3, -2.0]]), np.array([[1.0]]))[0]
    array([-1.10517092])
    """
    weights, x = token_weights(logp, mask), logp - old_logp
    high, gain = epsilon if epsilon_high is None else epsilon_high, np.broadcast_to(advantage, logp.shape)
    clipped = np.where(gain > 0, np.minimum(x, high), np.where(gain < 0, np.maximum(x, -epsilon), 0.0))
    tokens = by_row(weights)
    mean_gain, log_ratio = (by_row(np.where(weights == 1, v, 0.0)) / np.maximum(tokens, 1) for v in (gain, clipped))
    return -mean_gain * np.exp(log_ratio), MeanOver("sequences"), tokens


def centered(x, mean):
    """x − mean, divided by a power of two so that products neither overflow nor underflow, and this power."""
    scale = power_of_two_scale(np.abs(x - mean).max())
    return (x - mean) / scale, scale


@kept
def chosen_by(logp, advantage, weights, share):
    """What says whether a token is chosen: the means and scales of advantages and log-probabilities, and the least covariance."""
    counted = weights == 1
    x, a = logp[counted], advantage[counted]
    if not a.size:
        return 0.0, 1.0, 0.0, 1.0, np.inf
    mean_x, mean_a, last = x.mean(), a.mean(), a.size - max(1, int(a.size * share))
    (x, scale_x), (a, scale_a) = centered(x, mean_x), centered(a, mean_a)
    return mean_x, scale_x, mean_a, scale_a, np.partition(x * a, last)[last]


@loss(
    "preference",
    aliases=("klcov", "kl_cov_loss"),
    reference="verl.trainer.ppo.core_algos.compute_policy_loss_kl_cov; arXiv:2505.22617",
    units="reward units",
    use="the entropy of a policy should not collapse: its most certain gains are held back",
    words=("rlhf", "reinforcement learning", "entropy"),
    see={
        "clip_cov": "drops tokens that are drawn at random, so that it has no one number",
        "kl_cov_ratio": "the share of all tokens that count, rounded down, but at least one; of equal covariances all are chosen",
        "ppo_kl_coef": "0.1 in verl's configuration, 1 in the paper",
        "advantage": "one for each token: repeat that of a sequence",
    },
)
def kl_cov(
    logp: Vector,
    old_logp: Vector,
    advantage: Vector,
    mask: Flags = None,
    *,
    kl_cov_ratio: Share = 0.0002,
    ppo_kl_coef: NonNegative = 0.1,
    average: Average = "token-mean",
    num_items: Positive | None = None,
    max_length: Annotated[Positive | None, Needs("average", ("seq-mean-token-sum-norm",), noted=True)] = None,
    empty: Empty = "count",
):
    """Policy gradient with the ratio of each token, plus a penalty on the tokens whose advantage and log-probability go together most.

    −r A + λ |logp − old_logp| for the chosen tokens, −r A for others; r = e^(logp − old_logp), λ = ppo_kl_coef, chosen by
    (A − mean A)(logp − mean logp)

    >>> next(kl_cov(np.array([[-1.0, -2.0]]), np.array([[-1.3, -2.0]]), np.array([[1.0, 1.0]])))[0].column
    array([[-1., -2.]])
    """
    weights = token_weights(logp, mask)
    everywhere = yield AllRows(logp, paired=False), AllRows(advantage, paired=False), AllRows(weights, paired=False)
    mean_x, scale_x, mean_a, scale_a, least = chosen_by(*(getattr(x, "value", x) for x in everywhere), kl_cov_ratio)
    x, a = (getattr(x, "value", x) for x in (logp, advantage))
    chosen = (x - mean_x) / scale_x * ((a - mean_a) / scale_a) >= least
    losses = -np.exp(logp - old_logp) * advantage + np.where(chosen, ppo_kl_coef * np.abs(logp - old_logp), 0.0)
    return averaged(losses, weights, average, num_items, max_length, empty)


@loss(
    "preference",
    aliases=("SFTLoss", "sft_nll"),
    reference="openrlhf.models.loss.SFTLoss",
    properties="convex differentiable",
    units="nats",
    use="the log-probabilities of given answers are known, and should be high (SFT)",
    words=("supervised fine-tuning", "language model", "negative log-likelihood"),
    see={"causal_lm": "from logits and labels", "dft": "weighted by the probabilities", "empty": "a sequence without tokens, as in grpo"},
)
def token_nll(logp: Real, mask: Flag = None, *, average: Average = "token-mean", empty: Empty = "count"):
    """Negative log-probability of each token, with a mean that a word names.

    −logp, averaged as `average` says

    >>> token_nll(np.array([[-1.0, -2.0]]))[0]
    array([[1., 2.]])
    """
    return averaged(-logp, token_weights(logp, mask), average, empty=empty)
