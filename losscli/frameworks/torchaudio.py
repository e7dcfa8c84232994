"""torchaudio: its loss of alignments, a mean over the rows."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "torchaudio",
        rows=(
            row(
                "rnnt",
                "functional.rnnt_loss",
                "transforms.RNNTLoss",
                options={"blank": -1},
                renames={"fused_log_softmax": "from_logits"},
                instead={"clamp": "only the gradients without a clamp are available"},
            ),
        ),
    ),
)
