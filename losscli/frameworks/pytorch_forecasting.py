"""PyTorch Forecasting: the sum of the weighted losses, divided by the number of times."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

TABLES = (
    Table(
        "pytorch_forecasting.metrics",
        shared={"weighted": "elements"},
        rows=(
            row("mae", "MAE", "point.MAE"),
            row("rmse", "RMSE", "point.RMSE", per="all", weight_note="divides by the number of times, not by the weights"),
            row("poisson_nll", "PoissonLoss", "point.PoissonLoss", options={"eps": 1e-6}),
            row("normal_nll", "NormalDistributionLoss", "distributions.NormalDistributionLoss"),
            row("lognormal_nll", "LogNormalDistributionLoss", "distributions.LogNormalDistributionLoss"),
            row("cross_entropy", "CrossEntropy", "point.CrossEntropy", class_axis=-1),
        ),
    ),
)

REFUSED = {
    "BetaDistributionLoss": "it makes a mean and a shape of the raw outputs of its network; beta_nll takes both parameters as they are",
    "MultivariateNormalDistributionLoss": "it makes a covariance of the raw outputs of its network; normal_nll takes a mean and a variance"
    " for each time",
    "ImplicitQuantileNetwork ImplicitQuantileNetworkDistributionLoss": (
        "a network of its own makes the quantiles; multi_quantile scores quantiles that are given"
    ),
    "MQF2DistributionLoss": "a network of its own makes the distribution; energy_score and crps_ensemble score samples of one",
}
