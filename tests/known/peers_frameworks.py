"""The peers of forecasting libraries and boosters, which take data frames or series of their own.

utilsforecast 0.2.17, neuralforecast 3.3.0, darts 0.48.1, gluonts 0.17.0, sktime 1.2.0 with scikit-base 1.2.0, pycox 0.3.0,
fvcore 0.1.5.post20221221, torchsurv 0.2.0, lightgbm 4.7.0, xgboost 3.2.0, catboost 1.2.10.
"""

from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import torch

from __main__ import alone  # type: ignore[attr-defined]

PEERS = {
    "utilsforecast_": "utilsforecast",
    "neuralforecast_": "neuralforecast",
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
    if "baseline" in given:
        frame["b"], given["baseline"] = given["baseline"], "b"
    if "lower" in given:
        frame[f"m-lo-{given['level']}"], frame[f"m-hi-{given['level']}"] = given.pop("lower"), given.pop("upper")
    else:
        pred = np.asarray(given.pop("pred"), float)
        if pred.ndim > 1:
            columns = [f"q{i}" for i in range(pred.shape[1])]
            frame[columns], models = pred, {"m": columns}
        else:
            frame["m"], models = pred, {"m": "m"} if name in ("quantile_loss", "scaled_quantile_loss", "calibration") else ["m"]
    if history is not None:
        given["train_df"] = pd.DataFrame({"unique_id": 0, "ds": np.arange(len(history)), "y": np.asarray(history, float)})
    return getattr(losses, name)(frame, models, **given)["m"].iloc[0]


def utilsforecast_series(name: str, target: Any, pred: Any, series: Any, history: Any, history_series: Any, *, seasonality: int) -> Any:
    """The number of each series, whose rows and whose part of the history are in the order of time."""
    frame = pd.DataFrame({"unique_id": series, "y": target, "m": pred}).astype({"y": float, "m": float})
    train = pd.DataFrame({"unique_id": history_series, "y": history}).astype({"y": float})
    return getattr(import_module("utilsforecast.losses"), name)(frame, ["m"], seasonality=seasonality, train_df=train)["m"].to_numpy()


def neuralforecast_loss(name: str, target: Any, pred: Any, mask: Any = None, *, given: Any = (), **options: Any) -> Any:
    """A loss of series, (rows, horizon), or of one of them; where a number has several quantiles, these are last."""
    of = getattr(alone("neuralforecast.losses.pytorch"), name)(**{k: v.float() if torch.is_tensor(v) else v for k, v in options.items()})
    y, y_hat, *more = (torch.as_tensor(x, dtype=torch.float64) for x in (target, pred, *given))
    shape = (1, len(y), 1) if y.ndim == 1 else (*y.shape, 1)
    seen = None if mask is None else torch.as_tensor(mask, dtype=torch.float64).expand_as(y).reshape(shape)
    y_hat = y_hat.reshape(*shape[:2], 1, -1) if y_hat.ndim > y.ndim else y_hat.reshape(shape)
    others = {"y_benchmark": more[0].reshape(shape)} if more else {"y_insample": None}
    return of(y=y.reshape(shape), y_hat=y_hat, mask=seen, **others)


def neuralforecast_mixture(name: str, target: Any, *parameters: Any, weights: Any = None) -> Any:
    """The likelihood of a mixture with given parameters, each (rows, components)."""
    of = getattr(alone("neuralforecast.losses.pytorch"), name)(n_components=parameters[0].shape[-1], weighted=weights is not None)
    parts = [*parameters, *([] if weights is None else [weights])]
    return of(y=target.double().reshape(-1, 1, 1), distr_args=tuple(x[:, None, None] for x in parts))


def darts_series(name: str, target: Any, pred: Any, series: Any, history: Any, history_series: Any, *, m: int) -> Any:
    """The mean over several series of a metric, each with the values before it."""
    of, metrics = import_module("darts").TimeSeries.from_times_and_values, import_module("darts.metrics")

    def parts(x: Any, names: Any, start: Any) -> list[Any]:
        values = [np.asarray(x, float)[np.asarray(names) == s] for s in dict.fromkeys(series)]
        return [of(pd.RangeIndex(n, n + len(v)), v) for v, n in zip(values, start, strict=True)]

    insample = parts(history, history_series, [0] * len(set(series)))
    ends = [len(x) for x in insample]
    return getattr(metrics, name)(parts(target, series, ends), parts(pred, series, ends), insample, m=m, series_reduction=np.mean)


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


def darts_outputs(name: str, target: Any, pred: Any) -> Any:
    """A metric of a series with several components, (times, components)."""
    of = import_module("darts").TimeSeries.from_values
    return getattr(import_module("darts.metrics"), name)(of(np.asarray(target, float)), of(np.asarray(pred, float)))


def darts_interval(name: str, target: Any, lower: Any, upper: Any, alpha: float) -> Any:
    """The score of a central interval of two quantiles."""
    return darts_levels(name, target, lower, upper, (alpha / 2, 1 - alpha / 2))


def darts_levels(name: str, target: Any, lower: Any, upper: Any, levels: tuple[float, float]) -> Any:
    """The score of an interval of two quantiles."""
    series, metrics = import_module("darts").TimeSeries, import_module("darts.metrics")
    columns = [f"y_q{level:.3f}" for level in levels]
    frame = pd.DataFrame(np.stack([lower, upper], 1).astype(float), columns=columns)
    actual = series.from_dataframe(pd.DataFrame({"y": np.asarray(target, float)}))
    return getattr(metrics, name)(actual, series.from_dataframe(frame), q_interval=levels)


def darts_quantile(name: str, target: Any, pred: Any, q: float) -> Any:
    """The loss of a predicted quantile."""
    series, metrics = import_module("darts").TimeSeries, import_module("darts.metrics")
    forecast = series.from_dataframe(pd.DataFrame({f"y_q{q:.3f}": np.asarray(pred, float)}))
    return getattr(metrics, name)(series.from_dataframe(pd.DataFrame({"y": np.asarray(target, float)})), forecast, q=q)


def darts_losses(name: str, pred: Any, target: Any, **given: Any) -> Any:
    """A loss of its models, which takes tensors."""
    return getattr(import_module("darts.utils.losses"), name)(**given)(torch.tensor(pred), torch.tensor(target))


def _seasonal_error(stats: Any, history: Any, seasonality: int) -> Any:
    """The scale of a series, or of each of several, (series, time)."""
    x = np.asarray(history, float)
    return stats.seasonal_error(x, seasonality) if x.ndim == 1 else np.reshape([stats.seasonal_error(h, seasonality) for h in x], (-1, 1))


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
        data["seasonal_error"] = _seasonal_error(stats, history, seasonality)
    evaluator = getattr(metrics, name)(**given)(axis=None)
    evaluator.update(data)
    return evaluator.get()


def gluonts_owa(target: Any, pred: Any, baseline: Any, history: Any, seasonality: int = 1) -> Any:
    """OWA of one series, or of several, with the forecast of a baseline."""
    metrics, stats = import_module("gluonts.ev.metrics"), import_module("gluonts.ev.ts_stats")
    data = {"label": np.asarray(target, float), "0.5": np.asarray(pred, float), "naive_2": np.asarray(baseline, float)}
    evaluator = metrics.OWA()(axis=None)
    evaluator.update(data | {"seasonal_error": _seasonal_error(stats, history, seasonality)})
    return evaluator.get()


def gluonts_interval(target: Any, lower: Any, upper: Any, history: Any, alpha: float, seasonality: int = 1) -> Any:
    """MSIS of one series."""
    metrics, stats = import_module("gluonts.ev.metrics"), import_module("gluonts.ev.ts_stats")
    data = {"label": np.asarray(target, float), str(alpha / 2): np.asarray(lower, float), str(1 - alpha / 2): np.asarray(upper, float)}
    evaluator = metrics.MSIS(alpha=alpha)(axis=None)
    evaluator.update(data | {"seasonal_error": stats.seasonal_error(np.asarray(history, float), seasonality)})
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


def sktime_violation(target: Any, lower: Any, upper: Any) -> Any:
    probabilistic = import_module("sktime.performance_metrics.forecasting.probabilistic")
    forecast = pd.DataFrame(np.stack([lower, upper], 1).astype(float))
    forecast.columns = pd.MultiIndex.from_tuples([("y", 0.9, "lower"), ("y", 0.9, "upper")])
    return probabilistic.ConstraintViolation()(pd.DataFrame({"y": np.asarray(target, float)}), forecast)


def lightgbm_metric(name: str, target: Any, score: Any, **params: Any) -> Any:
    """A metric of raw scores: they are the initial scores of a model that finds no split."""
    lightgbm = import_module("lightgbm")
    score, found = np.asarray(score, float), dict[str, Any]()
    data = lightgbm.Dataset(np.zeros((len(target), 1)), np.asarray(target, float), init_score=score, free_raw_data=False)
    options = {"metric": name, "boost_from_average": False, "verbose": -1, "min_data_in_leaf": 10**6, "feature_pre_filter": False} | params
    lightgbm.train(options, data, 1, valid_sets=[data], valid_names=["t"], callbacks=[lightgbm.record_evaluation(found)])
    return next(iter(found["t"].values()))[0]


def xgboost_metric(name: str, target: Any, margin: Any, w: Any = None, **params: Any) -> Any:
    """A metric of raw scores: they are the base margin of a model without trees."""
    xgboost = import_module("xgboost")
    data = xgboost.DMatrix(np.zeros((len(target), 1)), label=np.asarray(target, float), weight=w, base_margin=np.asarray(margin, float))
    model = xgboost.Booster({"eval_metric": name, **params}, [data])
    return float(model.eval_set([(data, "t")]).rpartition(":")[2])


def catboost_metric(name: str, target: Any, score: Any, w: Any = None) -> Any:
    """A metric of raw scores, for each class if there are several."""
    score = np.asarray(score, float)
    (value,) = import_module("catboost.utils").eval_metric(np.asarray(target), score, name, weight=w)
    return value


pycox_cox = alone("pycox.models.loss").cox_ph_loss
fvcore_focal = alone("fvcore.nn.focal_loss").sigmoid_focal_loss
fvcore_focal_star = alone("fvcore.nn.focal_loss").sigmoid_focal_loss_star
fvcore_giou = alone("fvcore.nn.giou_loss").giou_loss
fvcore_smooth_l1 = alone("fvcore.nn.smooth_l1_loss").smooth_l1_loss


def listwise_lambda(pred: torch.Tensor, target: torch.Tensor, weighted: bool) -> torch.Tensor:
    """The mean over all pairs of different relevance, in bits, with the weights 10 δ + |1/D_i − 1/D_j|, times |G_i − G_j|, or without."""
    order = pred.argsort(dim=1, descending=True)
    x, t = pred.gather(1, order), target.gather(1, order)
    discount = torch.log2(torch.arange(x.shape[1]).double() + 2.0)
    best = ((2 ** target.sort(dim=1, descending=True)[0] - 1) / discount).sum(1)
    gain = (2**t - 1) / best[:, None]
    distance = (torch.arange(x.shape[1])[:, None] - torch.arange(x.shape[1])).abs().double()
    step = (1 / torch.log2(distance.clamp(min=1) + 1.0) - 1 / torch.log2(distance + 2.0)).abs() * (distance > 0)
    weight = (10 * step + (1 / discount[:, None] - 1 / discount).abs()) * (gain[:, :, None] - gain[:, None]).abs()
    losses = -torch.log2(torch.sigmoid(x[:, :, None] - x[:, None]) ** (weight if weighted else 1.0))
    return losses[t[:, :, None] > t[:, None]].mean()


def lovasz_of(errors: torch.Tensor, foreground: torch.Tensor) -> torch.Tensor:
    """Σ e_i (J(1…i) − J(1…i−1)), with the errors in falling order."""
    errors, order = errors.sort(descending=True)
    positive = foreground[order].double()
    jaccard = 1 - (positive.sum() - positive.cumsum(0)) / (positive.sum() + (1 - positive).cumsum(0))
    return (errors * torch.cat([jaccard[:1], jaccard.diff()])).sum()


def lovasz_of_classes(pred: torch.Tensor, target: torch.Tensor, ignored: int) -> torch.Tensor:
    """The mean over the classes that occur in the pixels that are not ignored."""
    p = pred.softmax(1).movedim(1, -1).reshape(-1, pred.shape[1])
    kept = target.reshape(-1) != ignored
    p, t = p[kept], target.reshape(-1)[kept]
    return torch.stack([lovasz_of(((t == c).double() - p[:, c]).abs(), t == c) for c in t.unique()]).mean()


def tversky_of_classes(pred: torch.Tensor, target: torch.Tensor, ignored: int) -> torch.Tensor:
    """The Tversky losses of each class of each image, with 0.3, 0.7 and a smooth of 1, without the ignored pixels."""
    p, kept = pred.softmax(1), (target != ignored).double()[:, None]
    t = torch.nn.functional.one_hot(target.clamp(max=pred.shape[1] - 1), pred.shape[1]).movedim(-1, 1).double()
    tp, fp, fn = ((x * kept).sum(2) for x in (p * t, p * (1 - t), (1 - p) * t))
    return 1 - (tp + 1) / (tp + 0.3 * fp + 0.7 * fn + 1)
