"""Transformers: the losses of its models, a mean over the tokens that are not ignored, or a sum divided by num_items_in_batch."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "transformers.loss.loss_utils",
        rows=(
            row(
                "causal_lm",
                "ForCausalLMLoss",
                renames={"num_items_in_batch": "num_items"},
                instead={"shift_labels": "give labels that are shifted already as the target, with --no-shift"},
            ),
        ),
    ),
)
