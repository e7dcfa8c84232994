"""NeuralForecast: a mean weighted by the mask and the horizon weights, which is 0 where all of them are 0."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.presets import TINY

__all__ = ["REFUSED", "TABLES"]

TABLES = (
    Table(
        "neuralforecast.losses.pytorch",
        shared={"empty_mean": {"rows": 0.0, "terms": 0.0}},
        rows=(
            row("zero_one", "Accuracy", score="Accuracy"),
            row("mae", "MAE"),
            row("mse", "MSE"),
            row("rmse", "RMSE", per="all"),
            row("mape", "MAPE", options={"epsilon": TINY, "at_zero": "zero"}),
            row("smape", "SMAPE", options={"epsilon": TINY}),
            row("mase", "MASE"),
            row("quantile", "QuantileLoss", renames={"q": "tau"}),
            row("huber", "HuberLoss"),
            row("multi_quantile", "MQLoss"),
            row("huber_quantile", "HuberQLoss", renames={"q": "tau"}),
            row("huber_multi_quantile", "HuberMQLoss"),
        ),
    ),
)

REFUSED = {
    "FreDF": "it adds an error of a horizon and an error of its Fourier transform, with two weights:"
    " transform both, and give mse and mae as terms of an objective",
    "ISQF": "its quantile function is made of the knots of a model's last layer; multi_quantile takes the quantiles",
    "PMM": "it is a mixture of Poisson numbers by Stirling's formula, without the counts of 0; poisson_count_nll is exact for one of them",
    "NBMM": "it is a mixture of negative binomial numbers with the weights of a model's last layer;"
    " negative_binomial_nll takes one of them",
}
