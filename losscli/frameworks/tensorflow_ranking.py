"""TensorFlow Ranking: a mean over the lists, of which those without a relevant item count as 0."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import Converted

__all__ = ["SHORT", "TABLES"]

SHORT = {"tfr.": "tensorflow_ranking."}

_STEEPNESS = {"temperature": Converted.make("alpha", lambda x: 1 / x, lambda x: 1 / x, "1 divided by")}
_DIVIDE = {"temperature": "divide the scores by it"}

TABLES = (
    Table(
        "tensorflow_ranking.keras.losses",
        shared={"reduction": "sum_over_batch_size", "weighted": "elements", "empty_mean": {"terms": 0.0}},
        rows=(
            row("ranking_softmax", "SoftmaxLoss", instead=_DIVIDE),
            row("listmle", "ListMLELoss", options={"eps": 0.0}, instead=_DIVIDE),
            row("approx_ndcg", "ApproxNDCGLoss", options={"alpha": 10.0, "eps": 0.0}, renames=_STEEPNESS),
            row("bce_with_logits", "SigmoidCrossEntropyLoss", instead=_DIVIDE),
            row("mse", "MeanSquaredLoss"),
        ),
    ),
)
