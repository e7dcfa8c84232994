"""Losses of pairs of answers without a reference policy, from log-probabilities alone."""

from __future__ import annotations

from losscli.domains import BelowHalf, NegativeLog, NonNegative, Positive, Real
from losscli.losses.preference import PAIR, logistic
from losscli.numeric.lazy import np
from losscli.numeric.steps import exp_difference, relu, softplus
from losscli.registry import loss

__all__ = ["cpo", "cpo_hinge", "cpo_ipo", "orpo", "simpo"]


def reward_difference(chosen, rejected, alpha):
    """The difference of AlphaPO's rewards (1 − p^−α) / α, or of the log-probabilities if α is 0."""
    return exp_difference(-alpha * rejected, -alpha * chosen) / alpha if alpha else chosen - rejected


@loss(
    "preference",
    aliases=("contrastive_preference_optimization",),
    reference="trl.experimental.cpo.CPOTrainer, loss_type sigmoid",
    properties="convex differentiable",
    units="nats",
    use="there is no reference model, and chosen answers are good enough to imitate",
    see={"dpo": "relative to a reference policy", "simpo": "with a margin, from averages over tokens"},
    hints=PAIR,
)
def cpo(
    policy_chosen_logps: Real,
    policy_rejected_logps: Real,
    nll: Real = None,
    *,
    beta: Positive = 0.1,
    label_smoothing: BelowHalf = 0.0,
    alpha: float = 0.0,
    cpo_alpha: NonNegative = 1.0,
):
    """Negative log-probability that the policy prefers the chosen answer, plus c = cpo_alpha times its nll, if given.

    −(1 − s) log σ(β δ) − s log σ(−β δ) + c nll, δ = r_chosen − r_rejected, r = log p, or (1 − p^−α) / α if α ≠ 0

    >>> cpo(np.array([-1.0]), np.array([-1.4]))
    array([0.67334717])
    """
    value = logistic(beta * reward_difference(policy_chosen_logps, policy_rejected_logps, alpha), label_smoothing)
    return value if nll is None else value + cpo_alpha * nll


@loss(
    "preference",
    aliases=("simple_preference_optimization",),
    reference="trl.experimental.cpo.CPOTrainer, loss_type simpo",
    properties="convex differentiable",
    units="nats",
    use="there is no reference model, and the length of an answer should have no influence",
    see={"cpo": "without a margin, from sums over tokens", "alpha": "above 0 gives AlphaPO; the paper on SimPO uses a beta of 2 to 2.5"},
    hints=PAIR,
)
def simpo(
    policy_chosen_logps: Real,
    policy_rejected_logps: Real,
    *,
    beta: Positive = 0.1,
    gamma: float = 0.5,
    label_smoothing: BelowHalf = 0.0,
    alpha: float = 0.0,
):
    """Negative log-probability that the policy prefers the chosen answer by a margin gamma; log-probabilities are averages over tokens.

    −(1 − s) log σ(β δ − γ) − s log σ(γ − β δ), δ = r_chosen − r_rejected, r = log p, or (1 − p^−α) / α if α ≠ 0

    >>> simpo(np.array([-1.0]), np.array([-1.4]))
    array([0.94936722])
    """
    return logistic(beta * reward_difference(policy_chosen_logps, policy_rejected_logps, alpha) - gamma, label_smoothing)


def log_odds(logp):
    """log(p / (1 − p)) from log p; log(1 − p) is computed with expm1 for p > ½, with log1p for p ≤ ½."""
    near = logp > -0.69314718055994530942
    log_one_minus_p = np.where(near, np.log(-np.expm1(np.where(near, logp, -1.0))), np.log1p(-np.exp(np.where(near, -1.0, logp))))
    return logp - log_one_minus_p


@loss(
    "preference",
    aliases=("odds_ratio_preference_optimization",),
    reference="trl.experimental.orpo.ORPOTrainer",
    properties="differentiable",
    units="nats",
    use="fine-tuning and preferences should be learned in one stage, without a reference model",
    see={
        "cpo": "the ratio of probabilities, not of odds",
        "trl": "its odds_ratio_loss has the other sign; the trainer subtracts it",
    },
)
def orpo(policy_chosen_logps: NegativeLog, policy_rejected_logps: NegativeLog, nll: Real = None, *, beta: Positive = 0.1):
    """Negative log-sigmoid of the log odds ratio of two answers, times beta, plus the nll, if given; inputs are averages over tokens.

    nll − β log σ(o_chosen − o_rejected), o = log (p / (1 − p))

    >>> orpo(np.array([-1.0]), np.array([-1.4]))
    array([0.04462309])
    """
    value = beta * softplus(log_odds(policy_rejected_logps) - log_odds(policy_chosen_logps))
    return value if nll is None else value + nll


@loss(
    "preference",
    reference="trl.experimental.cpo.CPOTrainer, loss_type hinge",
    properties="convex",
    units="margin units",
    use="there is no reference model, and pairs beyond a margin should have no gradient",
    see={"cpo": "a smooth version", "dpo_hinge": "relative to a reference policy"},
    hints=PAIR,
)
def cpo_hinge(
    policy_chosen_logps: Real,
    policy_rejected_logps: Real,
    nll: Real = None,
    *,
    beta: Positive = 0.1,
    alpha: float = 0.0,
    cpo_alpha: NonNegative = 1.0,
):
    """Hinge loss: the policy should prefer the chosen answer by a margin of 1 / beta; plus c = cpo_alpha times its nll, if given.

    max(0, 1 − β δ) + c nll, δ = r_chosen − r_rejected, r = log p, or (1 − p^−α) / α if α ≠ 0

    >>> cpo_hinge(np.array([-10.0]), np.array([-14.0]))
    array([0.6])
    """
    value = relu(1 - beta * reward_difference(policy_chosen_logps, policy_rejected_logps, alpha))
    return value if nll is None else value + cpo_alpha * nll


@loss(
    "preference",
    reference="trl.experimental.cpo.CPOTrainer, loss_type ipo",
    properties="differentiable",
    units="squared nats a token",
    use="there is no reference model, and the preference should not grow without bound",
    see={
        "cpo": "a log-sigmoid instead of the square, from sums over tokens",
        "ipo": "relative to a reference policy",
        "policy_chosen_logps": "averages over tokens, as the trainer of TRL takes them",
    },
    hints=PAIR,
)
def cpo_ipo(
    policy_chosen_logps: Real,
    policy_rejected_logps: Real,
    nll: Real = None,
    *,
    beta: Positive = 0.1,
    alpha: float = 0.0,
    cpo_alpha: NonNegative = 1.0,
):
    """Squared difference of the preference of the policy from 1 / 2β, plus c = cpo_alpha times the nll, if given.

    (δ − 1 / (2 β))² + c nll, δ = r_chosen − r_rejected, r = log p, or (1 − p^−α) / α if α ≠ 0

    >>> cpo_ipo(np.array([-1.0]), np.array([-2.0]))
    array([16.])
    """
    value = (reward_difference(policy_chosen_logps, policy_rejected_logps, alpha) - 1 / (2 * beta)) ** 2
    return value if nll is None else value + cpo_alpha * nll
