"""NeuralForecast: a mean weighted by the mask and the horizon weights, which is 0 where all of them are 0."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.presets import TINY

__all__ = ["REFUSED", "TABLES"]

_JOINT = "the rows here are independent of each other"

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
            row("poisson_mixture_nll", "PMM", instead={"horizon_correlation": _JOINT, "batch_correlation": _JOINT}),
        ),
    ),
)

REFUSED = {
    "FreDF": "it adds the mean squared error of a horizon, and the mean size of the complex errors of its real Fourier transform,"
    " as numpy.fft.rfft has them: transform the errors, and give mse and the mean of these sizes as terms of an objective",
    "NBMM": "it is the likelihood of a mixture of negative binomials: negative_binomial_nll takes one of them, with the mean"
    " r p / (1 - p) of r successes and a probability p, and poisson_mixture_nll several of Poisson",
    "ISQF": "its score is that of a spline between the knots of a quantile function, with exponential tails; multi_quantile scores the"
    " quantiles at the knots alone",
}
