"""TRL: the loss that a trainer minimises, a mean over the rows."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

_NO_SMOOTHING = {"label_smoothing": "its loss_type sigmoid does not use it; robust does, and dpo has the one of conservative DPO"}

TABLES = (
    Table(
        "trl",
        rows=(
            row(
                "dpo",
                "DPOTrainer",
                "DPO",
                "DPOTrainer.sigmoid",
                by_option={"loss_type": {"hinge": "trl.DPO.hinge", "ipo": "trl.DPO.ipo", "robust": "trl.DPO.robust", "sigmoid": "trl.DPO"}},
                instead=_NO_SMOOTHING,
            ),
            row("dpo_hinge", "DPOTrainer.hinge", "DPO.hinge"),
            row("ipo", "DPOTrainer.ipo", "DPO.ipo"),
            row("dpo_robust", "DPOTrainer.robust", "DPO.robust"),
            row(
                "cpo",
                "experimental.cpo.CPOTrainer",
                "experimental.cpo.CPO",
                by_option={"loss_type": {"simpo": "trl.experimental.cpo.CPO.simpo", "sigmoid": "trl.experimental.cpo.CPO"}},
            ),
            row(
                "simpo",
                "experimental.cpo.CPO.simpo",
                "SimPO",
                renames={"simpo_gamma": "gamma"},
                instead={"cpo_alpha": "SimPO has 0; another one is the weight of nll beside it in an objective"},
            ),
            row("orpo", "experimental.orpo.ORPOTrainer", "experimental.orpo.ORPO"),
            row("kto", "KTOTrainer", "KTO", options={"slope": "torch"}),
            row("reward_bradley_terry", "RewardTrainer", "Reward"),
        ),
    ),
)
