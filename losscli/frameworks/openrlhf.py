"""OpenRLHF: means over the tokens or the rows."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.presets import switch

__all__ = ["TABLES"]

_AVERAGE = {"token_level_loss": "only True is available"}
_TOKENS = {"average": "token-mean", "beta": 0.0}
_CLIP = {"clip_eps_low": "epsilon", "clip_eps_high": "epsilon_high"}
_LEVEL = {"token_level_loss": switch(default=True, options={"average": "seq-mean-token-mean", "empty": "undefined"})}

TABLES = (
    Table(
        "openrlhf.models.loss",
        rows=(
            # It also bounds the log ratio by ±20, which no policy reaches.
            row(
                "grpo",
                "PolicyLoss",
                options=_TOKENS | {"epsilon_high": 0.2},
                renames=_CLIP | {"dual_clip": "delta"},
                settings=_LEVEL,
                by_option={
                    "policy_loss_type": {
                        "ppo": "openrlhf.models.loss.PolicyLoss",
                        "gspo": "openrlhf.models.loss.PolicyLoss.gspo",
                    }
                },
            ),
            row(
                "grpo",
                "PolicyLoss.gspo",
                options={"beta": 0.0, "level": "sequence", "epsilon_high": 0.2, "empty": "undefined"},
                renames=_CLIP | {"dual_clip": "delta", "global_batch_size": "num_items"},
                instead={"token_level_loss": "with gspo it is always False"},
            ),
            row(
                "ppo_value_clip", "ValueLoss", options={"cliprange_value": None}, renames={"clip_eps": "cliprange_value"}, instead=_AVERAGE
            ),
            row("causal_lm", "GPTLMLoss"),
            row("token_nll", "SFTLoss", settings=_LEVEL),
            row(
                "dpo",
                "DPOLoss",
                by_option={"ipo": {"true": "openrlhf.models.loss.DPOLoss.ipo"}},
                instead={"f_divergence_type": "it has only the default"},
            ),
            row("ipo", "DPOLoss.ipo", instead={"label_smoothing": "it is not used with ipo"}),
            row("reward_bradley_terry", "PairwiseLoss"),
            row("reward_bradley_terry", "LogExpLoss", instead={"margin": "it does not use one; PairwiseLoss does"}),
        ),
    ),
)
