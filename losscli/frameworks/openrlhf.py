"""OpenRLHF: means over the tokens or the rows."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

_AVERAGE = {"token_level_loss": "--average sequences is its token_level_loss=False"}

TABLES = (
    Table(
        "openrlhf.models.loss",
        rows=(
            # It also bounds the log ratio by ±20, which no policy reaches.
            row(
                "ppo_clip",
                "PolicyLoss",
                options={"epsilon_high": 0.2},
                renames={"clip_eps_low": "epsilon", "clip_eps_high": "epsilon_high"},
                instead=_AVERAGE | {"dual_clip": "only None is available", "policy_loss_type": "only ppo is available"},
            ),
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
