"""The peers of the calibration errors: netcal 1.4.0, uncertainty-calibration 0.1.4 and model-diagnostics 1.5.0."""

import sys
from importlib import import_module
from importlib.metadata import distribution
from types import ModuleType
from typing import Any

import numpy as np

PEERS = {
    "netcal_error(": "netcal",
    "uncertainty_calibration(": "uncertainty-calibration",
    "corp_part(": "model-diagnostics",
}


def netcal_error(name: str, pred: Any, target: Any, **options: Any) -> float:
    """A calibration error of netcal.metrics."""
    return getattr(import_module("netcal.metrics"), name)(**options).measure(np.asarray(pred), np.asarray(target))


def uncertainty_calibration(name: str, pred: Any, target: Any, *more: Any, **options: Any) -> float:
    """A calibration error of the module calibration; a word of `more` is one of its functions."""
    utils = import_module("calibration.utils")
    more = tuple(getattr(utils, x) if isinstance(x, str) else x for x in more)
    return getattr(utils, name)(np.asarray(pred), np.asarray(target), *more, **options)


def softmax_of(x: Any) -> Any:
    """e^x / Σ e^x over the last axis."""
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def corp_part(part: str, score: str, pred: Any, target: Any, w: Any = None) -> float:
    """A part of a mean score: miscalibration, discrimination or uncertainty. The module alone needs no matplotlib."""
    package = sys.modules.setdefault("model_diagnostics.scoring", ModuleType("model_diagnostics.scoring"))
    package.__path__ = [str(distribution("model-diagnostics").locate_file("model_diagnostics/scoring"))]
    scoring = import_module("model_diagnostics.scoring._scoring")
    scores = {"brier": scoring.SquaredError, "log": scoring.LogLoss}
    return float(scoring.decompose(target, pred, weights=w, scoring_function=scores[score]())[part][0])
