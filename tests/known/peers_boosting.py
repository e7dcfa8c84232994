"""What scikit-learn's estimators minimise, of sklearn._loss and of stochastic gradient descent, and CatBoost's metrics of queries.

scikit-learn 1.9.1, catboost 1.2.10.
"""

from importlib import import_module
from typing import Any

import numpy as np

PEERS = {"sklearn_loss(": "scikit-learn", "sgd_loss(": "scikit-learn", "catboost_query(": "catboost"}


def sklearn_loss(name: str, target: Any, raw: Any, **options: Any) -> Any:
    """The mean of a loss of sklearn._loss of raw predictions."""
    return getattr(import_module("sklearn._loss.loss"), name)(**options)(np.asarray(target, float), np.asarray(raw, float))


def sgd_loss(name: str, target: Any, score: Any, *given: float) -> Any:
    """The mean of a loss that SGDClassifier and SGDRegressor minimise. Labels 0 are -1 there."""
    loss = getattr(import_module("sklearn.linear_model._sgd_fast"), name)(*given)
    return np.mean([loss.py_loss(float(p), float(t)) for p, t in zip(score, target, strict=True)])


def catboost_query(name: str, target: Any, score: Any) -> float:
    """A metric of queries, one a row, without their padding."""
    kept = np.asarray(target) >= 0
    groups = np.broadcast_to(np.arange(len(kept))[:, None], kept.shape)
    return import_module("catboost.utils").eval_metric(target[kept], score[kept], name, group_id=groups[kept])[0]
