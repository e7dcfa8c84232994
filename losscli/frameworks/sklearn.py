"""scikit-learn: a weighted mean over the rows, as ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from losscli.frameworks import Row, Table, row
from losscli.registry import Form, Setting, switch

__all__ = ["REFUSED", "TABLES"]

_RAW = {"per": "output", "reduction": "none"}
_WEIGHTED = {"per": "output"}  # with a weight for each output
_OUTPUTS = {
    "multioutput": Setting(
        "uniform_average",
        {"uniform_average": {}, "raw_values": _RAW},
        "The mean of the outputs, each, or their mean with these weights.",
        _WEIGHTED,
    )
}
_AVERAGES = {
    "multioutput": Setting(
        "uniform_average",
        {"uniform_average": {}, "raw_values": _RAW, "variance_weighted": {"options": {"average": "variance"}}},
        "The mean of the outputs, each, or their mean weighted by the variance of the target or by these weights.",
        _WEIGHTED,
    )
}
_FINITE = {"force_finite": True}
_NORMALIZE = {"normalize": switch(default=True, about="The mean of the rows, not their sum.", reduction="sum")}
_LABELS = {"labels": "labels"}
_POSITIVE = {"pos_label": "pos_label"}

_CLASSES = {"vectors": Form("cross_entropy")}
_SIGNS = {"signs": "target"}
_HUBER = {"options": {"delta": 0.1}, "renames": {"epsilon": "delta"}}
# By estimator: its word for a loss -> our loss, and what differs.
_OF_SGD_REGRESSOR: dict[str, tuple[str, Mapping[str, Any]]] = {
    "squared_error": ("half_squared_error", {}),
    "huber": ("huber", _HUBER),
    "epsilon_insensitive": ("epsilon_insensitive", {}),
    "squared_epsilon_insensitive": ("squared_epsilon_insensitive", {}),
}
_OF_SGD_CLASSIFIER: dict[str, tuple[str, Mapping[str, Any]]] = {
    "hinge": ("hinge", _SIGNS),
    "log_loss": ("soft_margin", _SIGNS),
    "modified_huber": ("modified_huber", _SIGNS),
    "squared_hinge": ("squared_hinge", _SIGNS),
    "perceptron": ("perceptron", _SIGNS),
    **{name: (loss, {**differs, **_SIGNS}) for name, (loss, differs) in _OF_SGD_REGRESSOR.items()},
}
_OF_CLASSIFIER: dict[str, tuple[str, Mapping[str, Any]]] = {
    "log_loss": ("bce_with_logits", {"by_shape": _CLASSES}),
    "exponential": ("exponential", _SIGNS),
}
_OF_REGRESSOR: dict[str, tuple[str, Mapping[str, Any]]] = {
    "squared_error": ("half_squared_error", {}),
    "absolute_error": ("mae", {}),
    "quantile": ("quantile", {"options": {"tau": 0.9}, "renames": {"alpha": "tau"}}),
}
_OF_HISTOGRAMS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "squared_error": ("half_squared_error", {}),
    "absolute_error": ("mae", {}),
    "gamma": ("gamma_nloglik", {}),
    "poisson": ("poisson_nll", {}),
    "quantile": ("quantile", {"renames": {"quantile": "tau"}}),
}


def _chosen(loss: str, estimator: str, default: str, losses: Mapping[str, tuple[str, Mapping[str, Any]]]) -> Row:
    """An estimator, whose option loss is one of these words."""
    names = {name: f"sklearn.{estimator}.{name}" for name in losses}
    return row(loss, estimator, by_option={"loss": {default: names[default]} | names}, **losses[default][1])


def _of_each(estimator: str, losses: Mapping[str, tuple[str, Mapping[str, Any]]]) -> list[Row]:
    """An estimator with each of its losses, as sklearn.linear_model.SGDClassifier.hinge."""
    return [row(loss, f"{estimator}.{name}", **differs) for name, (loss, differs) in losses.items()]


TABLES = (
    Table(
        "sklearn.metrics",
        rows=(
            row("mse", "mean_squared_error", settings=_OUTPUTS),
            row("mae", "mean_absolute_error", settings=_OUTPUTS),
            row("rmse", "root_mean_squared_error", settings=_OUTPUTS),
            row("quantile", "mean_pinball_loss", renames={"alpha": "tau"}, settings=_OUTPUTS),
            row("mape", "mean_absolute_percentage_error", settings=_OUTPUTS),
            row("msle", "mean_squared_log_error", settings=_OUTPUTS),
            row("rmsle", "root_mean_squared_log_error", settings=_OUTPUTS),
            row("max_error", "max_error"),
            row("median_ae", "median_absolute_error", settings=_OUTPUTS),
            row(
                "brier",
                "brier_score_loss",
                options={"scale_by_half": None},
                general=_LABELS | _POSITIVE,
                two_labels=True,
                by_shape={"vectors": Form("multiclass_brier", {"options": {"scale_by_half": None}})},
            ),
            row("tweedie_deviance", "mean_tweedie_deviance"),
            row("tweedie_deviance", "mean_poisson_deviance", options={"power": 1.0}),
            row("tweedie_deviance", "mean_gamma_deviance", options={"power": 2.0}),
            row(
                "logloss",
                "log_loss",
                settings=_NORMALIZE,
                general=_LABELS,
                two_labels=True,
                by_shape={"numbers": Form("bce", {"options": {"clip": 2.0**-52}})},
            ),
            row(
                "hinge",
                "hinge_loss",
                signs="target",
                two_labels=True,
                lone_negative=True,
                general=_LABELS,
                by_shape={"vectors": Form("multiclass_hinge", {"signs": None})},
            ),
            row("zero_one", "zero_one_loss", settings=_NORMALIZE),
            row("hamming", "hamming_loss"),
            row("label_ranking", "label_ranking_loss"),
            row("coverage_error", "coverage_error"),
            # Scores: the value is the loss, 1 - the score.
            row("r2", "r2_score", options=_FINITE, settings=_AVERAGES, score="r2_score"),
            row("explained_variance", "explained_variance_score", options=_FINITE, settings=_AVERAGES, score="explained_variance_score"),
            row("d2_pinball", "d2_pinball_score", options=_FINITE, renames={"alpha": "tau"}, settings=_OUTPUTS, score="d2_pinball_score"),
            row(
                "d2_pinball",
                "d2_absolute_error_score",
                options=_FINITE,
                settings=_OUTPUTS,
                instead={"tau": "it is 0.5: d2_pinball_score has alpha"},
                score="d2_absolute_error_score",
            ),
            row("d2_tweedie", "d2_tweedie_score", score="d2_tweedie_score"),
            row(
                "d2_log_loss",
                "d2_log_loss_score",
                general=_LABELS,
                two_labels=True,
                by_shape={"numbers": Form("d2_binary_log_loss")},
                score="d2_log_loss_score",
            ),
            row(
                "d2_brier",
                "d2_brier_score",
                general=_LABELS | _POSITIVE,
                two_labels=True,
                by_shape={"numbers": Form("r2")},
                score="d2_brier_score",
            ),
            row("zero_one", "accuracy_score", settings=_NORMALIZE, score="accuracy_score"),
            row(
                "top_k_error",
                "top_k_accuracy_score",
                options={"k": 2, "ties": "last"},
                settings=_NORMALIZE,
                general=_LABELS,
                score="top_k_accuracy_score",
            ),
        ),
    ),
    # What estimators minimise: the mean over the rows, without the penalty, of raw predictions.
    Table(
        "sklearn",
        rows=(
            _chosen("hinge", "linear_model.SGDClassifier", "hinge", _OF_SGD_CLASSIFIER),
            *_of_each("linear_model.SGDClassifier", _OF_SGD_CLASSIFIER),
            _chosen("half_squared_error", "linear_model.SGDRegressor", "squared_error", _OF_SGD_REGRESSOR),
            *_of_each("linear_model.SGDRegressor", _OF_SGD_REGRESSOR),
            _chosen("bce_with_logits", "ensemble.GradientBoostingClassifier", "log_loss", _OF_CLASSIFIER),
            *_of_each("ensemble.GradientBoostingClassifier", _OF_CLASSIFIER),
            _chosen("half_squared_error", "ensemble.GradientBoostingRegressor", "squared_error", _OF_REGRESSOR),
            *_of_each("ensemble.GradientBoostingRegressor", _OF_REGRESSOR),
            _chosen("half_squared_error", "ensemble.HistGradientBoostingRegressor", "squared_error", _OF_HISTOGRAMS),
            *_of_each("ensemble.HistGradientBoostingRegressor", _OF_HISTOGRAMS),
            row("bce_with_logits", "ensemble.HistGradientBoostingClassifier", "_loss.HalfBinomialLoss", by_shape=_CLASSES),
            row("half_squared_error", "_loss.HalfSquaredError"),
            row("mae", "_loss.AbsoluteError"),
            row("quantile", "_loss.PinballLoss", renames={"quantile": "tau"}),
            row("poisson_nll", "_loss.HalfPoissonLoss"),
            row("gamma_nloglik", "_loss.HalfGammaLoss"),
            row("tweedie_nloglik", "_loss.HalfTweedieLoss"),
            row("cross_entropy", "_loss.HalfMultinomialLoss"),
            row("exponential", "_loss.ExponentialLoss", signs="target"),
        ),
    ),
)

REFUSED = {
    "ConfusionMatrixDisplay DetCurveDisplay PrecisionRecallDisplay PredictionErrorDisplay RocCurveDisplay": "it draws a picture",
    "check_scoring get_scorer get_scorer_names make_scorer": "it makes a function that scores a model, and is no loss",
    "confusion_matrix_at_thresholds metric_at_thresholds": "it gives numbers for each threshold, and is no loss; scikit-learn computes it",
    "pairwise_distances_argmin pairwise_distances_argmin_min pairwise_distances_chunked DistanceMetric": "it compares all rows with each"
    " other, and is no loss; scikit-learn computes it",
    "cluster": "its metrics compare groupings of rows, and are no losses; scikit-learn computes them",
}
