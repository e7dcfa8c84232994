"""NeuralForecast: a mean weighted by the mask and the horizon weights, which is 0 where all of them are 0."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.presets import TINY

__all__ = ["REFUSED", "TABLES"]

_JOINT = "the rows here are independent of each other"
_SAMPLED = "it draws a quantile level, and a layer of the model makes a quantile of it: {} scores that quantile, with its level as q"

TABLES = (
    Table(
        "neuralforecast.losses.pytorch",
        shared={
            "empty_mean": {"rows": 0.0, "terms": 0.0},
            "general": {"mask": "sample_weight", "horizon_weight": "sample_weight"},
        },
        rows=(
            row(
                "hamming",
                "Accuracy",
                score="Accuracy",
                general={"mask": "where"},
                masks={"pred": -1e300},  # what the mask leaves out counts as wrong: no label is this number
                weight_note="counts what its mask leaves out as wrong: --mask does so",
            ),
            row("mae", "MAE"),
            row("mse", "MSE"),
            row("rmse", "RMSE", per="all"),
            row("mape", "MAPE", options={"epsilon": TINY, "at_zero": "zero"}),
            row("smape", "SMAPE", options={"epsilon": TINY}),
            row("mase", "MASE"),
            row("quantile", "QuantileLoss", renames={"q": "tau"}),
            row("huber", "HuberLoss"),
            row("multi_quantile", "MQLoss", options={"over_levels": "sum"}),
            row("huber_quantile", "HuberQLoss", options={"huber_of": "error"}, renames={"q": "tau"}),
            row("huber_multi_quantile", "HuberMQLoss", options={"over_levels": "sum"}),
            row("relative_mse", "relMSE", options={"epsilon": 1e-5}),
            row("weighted_quantile", "sCRPS", options={"over_levels": "sum", "epsilon": 1e-5}),
            row(
                "fredf",
                "FreDF",
                general={},
                weight_note="weighs the squared errors alone, not the frequencies",
                instead={"mask": "it weighs the squared errors alone: leave it out"},
            ),
            row("poisson_mixture_nll", "PMM", instead={"horizon_correlation": _JOINT, "batch_correlation": _JOINT}),
            row(
                "mixture_gaussian_nll",
                "GMM",
                instead={
                    "horizon_correlation": _JOINT,
                    "batch_correlation": _JOINT,
                    "weights": "give their logarithms as --logits; zeros are equal weights",
                },
            ),
            row(
                "negative_binomial_mixture_nll",
                "NBMM",
                instead={"probs": "give the mean of each component, total_count probs / (1 - probs), as --mean"},
            ),
        ),
    ),
)

REFUSED = {
    "ISQF": "its score is that of a spline between the knots of a quantile function, with exponential tails; multi_quantile scores the"
    " quantiles at the knots alone",
    "IQLoss": _SAMPLED.format("neuralforecast.QuantileLoss"),
    "HuberIQLoss": _SAMPLED.format("neuralforecast.HuberQLoss"),
    "TukeyLoss": "its value falls from c² / 6 for no error to 0 for an error of c, then it is c² / 6; tukey_biweight is the loss of Tukey",
    "DistributionLoss": "it is the likelihood of one of several distributions: nll has their names as --dist",
    "BasePointLoss BaseISQF": "it is a class that losses are made of: name the loss",
    "QuantileLayer": "it is a layer of a model, not a loss: neuralforecast.MQLoss scores quantiles",
}
