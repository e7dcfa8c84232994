"""RecBole: a mean, as in PyTorch."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "recbole.model.loss",
        rows=(
            row("bpr", "BPRLoss"),
            row("norm_penalty", "RegLoss"),
            row("embedding_penalty", "EmbLoss"),
            row("embedding_margin", "EmbMarginLoss"),
        ),
    ),
)
