"""Flux.jl: agg is the mean of all values, and eps, which is that of the type of the numbers, is added inside logarithms."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

_EPS = 2.0**-52  # of Float64

TABLES = (
    # Julia's arrays have the classes first, in a column; here they are last, in a row.
    Table(
        "Flux.Losses",
        shared={"class_axis": -1},
        rows=(
            row("mse", "mse"),
            row("mae", "mae"),
            row("log_mse", "msle", renames={"eps": "epsilon"}),
            row("huber", "huber_loss"),
            row("logloss", "crossentropy", options={"clip": 0.0, "eps": _EPS}),
            row("cross_entropy", "logitcrossentropy"),
            row("bce", "binarycrossentropy", options={"eps": _EPS}),
            row("bce_with_logits", "logitbinarycrossentropy"),
            row("distance_contrastive", "siamese_contrastive_loss", options={"similar": "0"}),
            row("kl_div_probs", "kldivergence", options={"epsilon": _EPS}),
            row("categorical_focal", "focal_loss", options={"alpha": 1.0, "clip": _EPS}),
            row("poisson_nll", "poisson_loss", options={"log_input": False, "eps": 0.0}),
            row("hinge", "hinge_loss"),
            row("squared_hinge", "squared_hinge_loss"),
            row("focal_from_probs", "binary_focal_loss", options={"clip": 0.0, "eps": _EPS}),
            row("dice", "dice_coeff_loss", options={"eps": 1.0, "squared_pred": True}, renames={"smooth": "eps"}),
            row(
                "tversky",
                "tversky_loss",
                options={"alpha": 0.7, "beta": 0.3, "eps": 1.0},
                instead={"beta": "its beta weighs false positives, and 1 - beta false negatives: alpha and beta of tversky with --eps 1"},
            ),
        ),
    ),
)

REFUSED = {
    "_huber_metric": "it is a helper of Flux.huber_loss",
    "label_smoothing": "it smooths labels, and is no loss: cross_entropy --label-smoothing does both",
}
