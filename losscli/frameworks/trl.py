"""TRL: the loss that a trainer minimises, a mean over the rows."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "trl",
        rows=(
            row("dpo", "DPOTrainer"),
            row("cpo", "experimental.cpo.CPOTrainer"),
            row("orpo", "experimental.orpo.ORPOTrainer"),
            row("kto", "KTOTrainer", options={"slope": "torch"}),
            row("causal_lm", "SFTTrainer", "SFTTrainer.nll", renames={"num_items_in_batch": "num_items"}),
            row("dft", "SFTTrainer.dft", options={"slope": "torch"}, renames={"num_items_in_batch": "num_items"}),
            row("reward_bradley_terry", "RewardTrainer"),
        ),
    ),
)
