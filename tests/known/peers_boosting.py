"""The losses that scikit-learn's estimators minimise: of sklearn._loss, and of stochastic gradient descent. scikit-learn 1.9.1."""

from importlib import import_module
from typing import Any

import numpy as np

PEERS = {"sklearn_loss(": "scikit-learn", "sgd_loss(": "scikit-learn"}


def sklearn_loss(name: str, target: Any, raw: Any, **options: Any) -> Any:
    """The mean of a loss of sklearn._loss of raw predictions."""
    return getattr(import_module("sklearn._loss.loss"), name)(**options)(np.asarray(target, float), np.asarray(raw, float))


def sgd_loss(name: str, target: Any, score: Any, *given: float) -> Any:
    """The mean of a loss that SGDClassifier and SGDRegressor minimise. Labels 0 are -1 there."""
    loss = getattr(import_module("sklearn.linear_model._sgd_fast"), name)(*given)
    return np.mean([loss.py_loss(float(p), float(t)) for p, t in zip(score, target, strict=True)])
