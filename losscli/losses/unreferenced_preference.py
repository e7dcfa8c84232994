"""Losses of pairs of answers without a reference policy: a margin and a square in place of the log-sigmoid of CPO."""

from __future__ import annotations

from losscli.domains import NonNegative, Positive, Real
from losscli.losses.preference import PAIR, reward_difference
from losscli.numeric.steps import relu
from losscli.registry import loss

__all__ = ["cpo_hinge", "cpo_ipo"]


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
