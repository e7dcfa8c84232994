"""The peers of survival.yaml and discrete_survival.yaml: pycox 0.3.0, torchsurv 0.2.0, statsmodels 0.15.0,
xgboost 3.2.0,
lifelines 0.30.3, scikit-survival 0.28.0."""

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import torch

from __main__ import alone  # type: ignore[attr-defined]

PEERS = {"statsmodels_cox": "statsmodels", "lifelines_": "lifelines", "sksurv_": "scikit-survival"}


def _in_float64(call: Callable[[], Any]) -> Any:
    """A call of a peer that makes tensors of its own, in the default precision; torchsurv casts its inputs to single precision, too."""
    as_float = torch.Tensor.float
    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = torch.Tensor.double  # type: ignore[method-assign]
    try:
        return call()
    finally:
        torch.set_default_dtype(torch.float32)
        torch.Tensor.float = as_float  # type: ignore[method-assign]


def _ranks(interval: torch.Tensor, event: torch.Tensor) -> torch.Tensor:
    """Which rows j had no event by the interval in which row i had one, as pycox.models.data.pair_rank_mat says (which needs numba)."""
    later = (interval[:, None] < interval) | ((interval[:, None] == interval) & (event == 0))
    return (later & (event[:, None] > 0)).double()


def pycox_loss(name: str, pred: torch.Tensor, interval: torch.Tensor, event: torch.Tensor, *more: Any, **given: Any) -> Any:
    """A function of pycox.models.loss; those of DeepHit get the matrix of ranks, and causes stay whole numbers."""
    if "deephit" in name:
        more = (_ranks(interval, event), *more)
    event = event if pred.ndim == 3 else event.double()
    return _in_float64(lambda: getattr(alone("pycox.models.loss"), name)(pred, interval, event, *more, **given))


def pycox_class(name: str, pred: torch.Tensor, interval: torch.Tensor, event: torch.Tensor, **given: Any) -> Any:
    """A class of pycox.models.loss with DeepHit's two parts."""
    made = getattr(alone("pycox.models.loss"), name)(**given)
    event_of = event if pred.ndim == 3 else event.double()
    return _in_float64(lambda: made(pred, interval, event_of, _ranks(interval, event)))


def pycox_cc(pred: torch.Tensor, control: torch.Tensor, **given: Any) -> torch.Tensor:
    """The loss of a case and of the columns of its controls."""
    return alone("pycox.models.loss").CoxCCLoss(**given)(pred, tuple(control.T))


def torchsurv_hazard(log_hz: torch.Tensor, time: torch.Tensor, event: torch.Tensor, eval_time: torch.Tensor, **given: Any) -> torch.Tensor:
    """The likelihood of a hazard that is given at some times."""
    return _in_float64(lambda: alone("torchsurv.loss.survival").neg_log_likelihood(log_hz, event.bool(), time, eval_time, **given))


def torchsurv_cox(pred: torch.Tensor, time: torch.Tensor, event: torch.Tensor, **given: Any) -> torch.Tensor:
    """The partial likelihood of the Cox model."""
    return _in_float64(lambda: alone("torchsurv.loss.cox").neg_partial_log_likelihood(pred, event.bool(), time, **given))


def statsmodels_cox(pred: np.ndarray, time: np.ndarray, event: np.ndarray, ties: str = "breslow", strata: Any = None) -> float:
    """Minus the partial log-likelihood, of one covariate with the coefficient 1."""
    from statsmodels.duration.hazard_regression import PHReg

    model = PHReg(time, np.asarray(pred)[:, None], status=event, ties=ties, strata=strata)
    return -model.loglike(np.array([1.0]))


def torchsurv_weibull(pred: torch.Tensor, time: torch.Tensor, event: torch.Tensor, log_shape: Any = None, **given: Any) -> torch.Tensor:
    """The likelihood of the Weibull distribution; without a shape, of the exponential distribution."""
    params = pred[:, None] if log_shape is None else torch.stack([pred, log_shape], 1)
    return _in_float64(lambda: alone("torchsurv.loss.weibull").neg_log_likelihood_weibull(params, event.bool(), time, **given))


def xgboost_aft(pred: Any, lower: Any, upper: Any, dist: str = "normal", scale: float = 1.0) -> float:
    """The metric of the objective survival:aft, of a model without trees."""
    xgboost = import_module("xgboost")
    data = xgboost.DMatrix(np.zeros((len(pred), 1)), base_margin=np.asarray(pred, float))
    data.set_float_info("label_lower_bound", np.asarray(lower, float))
    data.set_float_info("label_upper_bound", np.asarray(upper, float))
    options = {
        "objective": "survival:aft",
        "eval_metric": "aft-nloglik",
        "aft_loss_distribution": dist,
        "aft_loss_distribution_scale": scale,
    }
    return float(xgboost.Booster(options, [data]).eval_set([(data, "t")]).rpartition(":")[2])


def lifelines_concordance(pred: Any, time: Any, event: Any) -> float:
    """The concordance of predicted times."""
    return import_module("lifelines.utils").concordance_index(time, pred, event)


def sksurv_concordance(pred: Any, time: Any, event: Any) -> float:
    """The concordance of risks."""
    return import_module("sksurv.metrics").concordance_index_censored(np.asarray(event) == 1, time, pred)[0]


def sksurv_brier(name: str, pred: Any, time: Any, event: Any, train_time: Any, train_event: Any, times: Any) -> Any:
    """The scores at some times, or their integral."""
    surv = import_module("sksurv.util").Surv
    train, test = (surv.from_arrays(np.asarray(d) == 1, t) for d, t in ((train_event, train_time), (event, time)))
    found = getattr(import_module("sksurv.metrics"), name)(train, test, pred, times)
    return found[1] if name == "brier_score" else found


class _Plain:
    """A function that numba would compile."""

    __module__ = "numba.stub"

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)


def pycox_ipcw(name: str, pred: Any, time: Any, event: Any, times: Any, **given: Any) -> Any:
    """A score of pycox.evaluation.ipcw at some times, with censoring by its Kaplan-Meier estimate, as EvalSurv has it; without numba."""
    numba = sys.modules.setdefault("numba", ModuleType("numba"))
    numba.njit = numba.jit = lambda *f, **_: _Plain(f[0]) if f else _Plain  # type: ignore[attr-defined]
    numba.prange = range  # type: ignore[attr-defined]
    utils, ipcw = alone("pycox.utils"), alone("pycox.evaluation.ipcw")
    t, d, at = (np.asarray(x, float) for x in (time, event, times))
    km = utils.kaplan_meier(t, 1 - d.astype(int))
    curves = np.repeat(km.values[:, None], len(t), axis=1)
    return torch.tensor(getattr(ipcw, name)(at, t, d.astype(int), np.asarray(pred, float).T, curves, at, km.index.values, **given))


def torchsurv_brier(pred: Any, time: Any, event: Any, times: Any, weight: Any = None, at_times: Any = None) -> Any:
    """The score at each of the times."""
    score = alone("torchsurv.metrics.brier_score").BrierScore()
    at = torch.as_tensor(np.asarray(times, float))
    return _in_float64(lambda: score(pred, event.bool(), time, at, weight, at_times))


def torchsurv_concordance(pred: Any, time: Any, event: Any) -> Any:
    """The concordance of risks."""
    return _in_float64(lambda: alone("torchsurv.metrics.cindex").ConcordanceIndex()(pred, event.bool(), time))
