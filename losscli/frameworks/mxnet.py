"""MXNet Gluon: one value for each row, the mean of its elements; classes are on the last axis, labels of margin losses are -1 and 1."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import Converted

__all__ = ["TABLES"]

_FROM_SIGMOID = Converted.make("from_logits", lambda x: not x, lambda x: not x, "the opposite of")

TABLES = (
    Table(
        "mxnet.gluon.loss",
        shared={"reduction": "none", "row_mean": True, "class_axis": -1, "weighted": "elements"},
        rows=(
            row("half_squared_error", "L2Loss"),
            row("mae", "L1Loss"),
            row(
                "bce",
                "SigmoidBinaryCrossEntropyLoss",
                "SigmoidBCELoss",
                options={"from_logits": True, "eps": 1e-12},
                renames={"from_sigmoid": _FROM_SIGMOID},
                instead={"pos_weight": "bce_with_logits has it"},
            ),
            row(
                "cross_entropy",
                "SoftmaxCrossEntropyLoss",
                "SoftmaxCELoss",
                instead={"from_logits": "of log-probabilities it is nll"},
            ),
            row("smooth_l1", "HuberLoss", renames={"rho": "beta"}),
            row("hinge", "HingeLoss"),
            row("squared_hinge", "SquaredHingeLoss", instead={"margin": "its margin is 1 here"}),
            row("soft_margin", "LogisticLoss", instead={"label_format": "labels of 0 and 1 are those of bce_with_logits"}),
            row("poisson_nll", "PoissonNLLLoss", renames={"from_logits": "log_input", "compute_full": "full"}),
            row("sdml", "SDMLLoss", options={"eps": 1e-12}, renames={"smoothing_parameter": "smoothing"}, class_axis=None, row_mean=False),
            row("cosine_embedding", "CosineEmbeddingLoss", options={"eps": 1e-24}),
        ),
    ),
)
