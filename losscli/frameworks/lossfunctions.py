"""LossFunctions.jl: mean(loss, outputs, targets); targets of margin losses are -1 and 1."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

TABLES = (
    Table(
        "LossFunctions",
        shared={"weight_note": "divides a weighted mean by the sum of the weights and by the number of rows"},
        rows=(
            row("mae", "L1DistLoss"),
            row("mse", "L2DistLoss"),
            row("huber", "HuberLoss", renames={"d": "delta"}),
            row("epsilon_insensitive", "L1EpsilonInsLoss", "EpsilonInsLoss"),
            row("quantile", "QuantileLoss"),
            row("log_cosh", "LogCoshLoss"),
            row("zero_one", "MisclassLoss"),
            row("sign_error", "ZeroOneLoss"),
            row("perceptron", "PerceptronLoss"),
            row("soft_margin", "LogitMarginLoss"),
            row("hinge", "L1HingeLoss", "HingeLoss"),
            row("squared_hinge", "L2HingeLoss"),
            row("smooth_hinge", "SmoothedL1HingeLoss"),
            row("modified_huber", "ModifiedHuberLoss"),
            row("l2_margin", "L2MarginLoss"),
            row("exponential", "ExpLoss"),
            row("sigmoid_margin", "SigmoidLoss"),
            row("dwd_margin", "DWDMarginLoss"),
            row("squared_epsilon_insensitive", "L2EpsilonInsLoss"),
            row("logit_dist", "LogitDistLoss"),
            row("periodic", "PeriodicLoss"),
            row("lq", "LPDistLoss", renames={"p": "q"}),
            row("poisson_nll", "PoissonLoss"),
            row("bce", "CrossEntropyLoss"),
        ),
    ),
)

REFUSED = {
    "ScaledLoss": "it is another loss times a number: name that loss, and multiply the value",
}
