"""robust_loss_pytorch: no reduction."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "robust_loss_pytorch",
        shared={"reduction": "none"},
        rows=(row("barron", "general.lossfun", "lossfun", renames={"scale": "c"}),),
    ),
)
