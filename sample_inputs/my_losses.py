"""Losses of one's own: plain functions, whose parameters without defaults are the arrays they take."""

import numpy as np

from losscli.domains import Between0And1, Real


def asymmetric(pred: Real, target: Real, *, alpha: Between0And1 = 0.3):
    """Too little costs alpha a unit, too much 1 - alpha.

    alpha (t - p) where p < t, else (1 - alpha) (p - t)
    """
    e = target - pred
    return np.maximum(alpha * e, (alpha - 1) * e)


def bias(pred, target, relative=False):
    """The mean error, of the mean target if relative."""
    errors, targets, n = yield pred - target, np.abs(target), 1  # back come their sums over all rows
    return errors / targets if relative else errors / n


def worst_tenth(pred, target, share=0.1):
    """The mean of the largest absolute errors: one number, so it is given all rows at once."""
    errors = np.sort(np.abs(pred - target))
    return errors[-max(1, round(share * len(errors))) :].mean()
