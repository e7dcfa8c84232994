"""RecBole: a mean, as in PyTorch."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "recbole.model.loss",
        rows=(row("bpr", "BPRLoss"),),
    ),
)
