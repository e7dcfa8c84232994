"""TensorFlow: functions of tf.nn, which are not reduced, and tf.compat.v1.losses. Its Keras losses are in keras.py."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import switch

__all__ = ["SHORT", "TABLES"]

SHORT = {"tf.nn.": "tensorflow.nn.", "tf.compat.": "tensorflow.compat."}

TABLES = (
    Table(
        "tensorflow.nn",
        shared={"reduction": "none", "class_axis": -1, "weighted": "elements"},
        rows=(
            row("bce_with_logits", "sigmoid_cross_entropy_with_logits", "weighted_cross_entropy_with_logits"),
            row("cross_entropy", "softmax_cross_entropy_with_logits", "sparse_softmax_cross_entropy_with_logits"),
            row("poisson_nll", "log_poisson_loss", renames={"compute_full_loss": "full"}),
            # Of t = pred - target: with target 0 it is the loss of pred.
            row("half_squared_error", "l2_loss", reduction="sum"),
            row(
                "ctc",
                "ctc_loss",
                options={"from_logits": True},
                renames={"blank_index": "blank"},
                swapped_axes="pred",
                settings={
                    "logits_time_major": switch(default=True, swapped_axes="", about="Whether time is first in pred, before the rows.")
                },
            ),
        ),
    ),
    Table(
        "tensorflow.compat.v1.losses",
        shared={"class_axis": -1, "weighted": "elements", "weight_note": "divides by the number of weights that are not 0"},
        rows=(
            row("mae", "absolute_difference"),
            row("mse", "mean_squared_error"),
            row("huber", "huber_loss"),
            row("hinge", "hinge_loss", signs="target"),
            row("bce", "log_loss", options={"eps": 1e-7}, renames={"epsilon": "eps"}),
            row("bce", "sigmoid_cross_entropy", options={"from_logits": True}),
            row("cross_entropy", "softmax_cross_entropy", "sparse_softmax_cross_entropy"),
        ),
    ),
)
