"""The peers of forecasting libraries and boosters, which take data frames or series of their own.

utilsforecast 0.2.17, darts 0.48.1, gluonts 0.17.0, sktime 1.2.0 with scikit-base 1.2.0, pycox 0.3.0, fvcore 0.1.5.post20221221,
torchsurv 0.2.0, lightgbm 4.7.0, xgboost 3.2.0, catboost 1.2.10.
"""

from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import torch

from __main__ import alone  # type: ignore[attr-defined]

PEERS = {
    "utilsforecast_": "utilsforecast",
    "darts_": "darts",
    "gluonts_": "gluonts",
    "sktime_": "sktime",
    "pycox_": "pycox",
    "fvcore_": "fvcore",
    "torchsurv_": "torchsurv",
    "lightgbm_": "lightgbm",
    "xgboost_": "xgboost",
    "catboost_": "catboost",
}


def utilsforecast_loss(name: str, target: Any, *, history: Any = None, **given: Any) -> Any:
    """A loss of one series; pred is one column, or one for each quantile, and lower and upper are an interval."""
    losses = import_module("utilsforecast.losses")
    frame = pd.DataFrame({"unique_id": 0, "ds": np.arange(len(target)), "y": np.asarray(target, float)})
    models: Any = ["m"]
    if "lower" in given:
        frame[f"m-lo-{given['level']}"], frame[f"m-hi-{given['level']}"] = given.pop("lower"), given.pop("upper")
    else:
        pred = np.asarray(given.pop("pred"), float)
        if pred.ndim > 1:
            columns = [f"q{i}" for i in range(pred.shape[1])]
            frame[columns], models = pred, {"m": columns}
        else:
            frame["m"], models = pred, {"m": "m"} if name == "quantile_loss" else ["m"]
    if history is not None:
        given["train_df"] = pd.DataFrame({"unique_id": 0, "ds": np.arange(len(history)), "y": np.asarray(history, float)})
    return getattr(losses, name)(frame, models, **given)["m"].iloc[0]


def darts_metric(name: str, target: Any, pred: Any, *, history: Any = None, **given: Any) -> Any:
    """A metric of one series, whose forecast may have several samples for each time."""
    series, metrics = import_module("darts").TimeSeries, import_module("darts.metrics")
    pred = np.asarray(pred, float)
    start = 0 if history is None else len(history)
    times = pd.RangeIndex(start, start + len(target))
    forecast = series.from_times_and_values(times, pred.reshape(len(pred), 1, -1))
    actual = series.from_times_and_values(times, np.asarray(target, float))
    if history is not None:
        given["insample"] = series.from_values(np.asarray(history, float))
    return getattr(metrics, name)(actual, forecast, **given)


def darts_interval(name: str, target: Any, lower: Any, upper: Any, alpha: float) -> Any:
    """The score of an interval of two quantiles."""
    series, metrics = import_module("darts").TimeSeries, import_module("darts.metrics")
    columns = [f"y_q{alpha / 2:.3f}", f"y_q{1 - alpha / 2:.3f}"]
    frame = pd.DataFrame(np.stack([lower, upper], 1).astype(float), columns=columns)
    actual = series.from_dataframe(pd.DataFrame({"y": np.asarray(target, float)}))
    return getattr(metrics, name)(actual, series.from_dataframe(frame), q_interval=(alpha / 2, 1 - alpha / 2))


def darts_quantile(name: str, target: Any, pred: Any, q: float) -> Any:
    """The loss of a predicted quantile."""
    series, metrics = import_module("darts").TimeSeries, import_module("darts.metrics")
    forecast = series.from_dataframe(pd.DataFrame({f"y_q{q:.3f}": np.asarray(pred, float)}))
    return getattr(metrics, name)(series.from_dataframe(pd.DataFrame({"y": np.asarray(target, float)})), forecast, q=q)


def darts_losses(name: str, pred: Any, target: Any, **given: Any) -> Any:
    """A loss of its models, which takes tensors."""
    return getattr(import_module("darts.utils.losses"), name)(**given)(torch.tensor(pred), torch.tensor(target))


def gluonts_metric(name: str, target: Any, pred: Any, *, history: Any = None, seasonality: int = 1, **given: Any) -> Any:
    """A metric of one series, over all its times."""
    metrics, stats = import_module("gluonts.ev.metrics"), import_module("gluonts.ev.ts_stats")
    data: dict[str, Any] = {"label": np.asarray(target, float)}
    pred = np.asarray(pred, float)
    if "quantile_levels" in given:
        data |= {str(q): pred[..., i] for i, q in enumerate(given["quantile_levels"])}
    else:
        data |= {"0.5": pred, "mean": pred, str(given.get("q")): pred}
    if history is not None:
        data["seasonal_error"] = stats.seasonal_error(np.asarray(history, float), seasonality)
    evaluator = getattr(metrics, name)(**given)(axis=None)
    evaluator.update(data)
    return evaluator.get()


def gluonts_evaluation(name: str, *given: Any) -> Any:
    return getattr(alone("gluonts.evaluation.metrics"), name)(*given)


def sktime_metric(name: str, target: Any, pred: Any, *, history: Any = None, **given: Any) -> Any:
    """A metric: a function, or a class that is made with the options and then called."""
    metric = getattr(import_module("sktime.performance_metrics.forecasting"), name)
    more = {} if history is None else {"y_train": history}
    return metric(target, pred, **more, **given) if name.islower() else metric(**given)(target, pred, **more)


def sktime_pinball(target: Any, pred: Any, alpha: float) -> Any:
    probabilistic = import_module("sktime.performance_metrics.forecasting.probabilistic")
    forecast = pd.DataFrame({("y", alpha): np.asarray(pred, float)})
    forecast.columns = pd.MultiIndex.from_tuples(forecast.columns)
    return probabilistic.PinballLoss(alpha=alpha)(pd.DataFrame({"y": np.asarray(target, float)}), forecast)
