"""verl: a mean over the unmasked tokens of all rows, its loss_agg_mode token-mean."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "verl.trainer.ppo.core_algos",
        rows=(row("ppo_value_clip", "compute_value_loss", instead={"loss_agg_mode": "only token-mean is available"}),),
    ),
)
