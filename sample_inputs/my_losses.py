"""Your own losses: plain functions. Parameters without a default are the input arrays, the others are options."""

import numpy as np

from losscli.domains import Between0And1, Real


def asymmetric(pred: Real, target: Real, *, alpha: Between0And1 = 0.3):
    """A prediction that is too low costs alpha for each unit, one that is too high costs 1 - alpha.

    alpha (t - p) where p < t, else (1 - alpha) (p - t)
    """
    e = target - pred
    return np.maximum(alpha * e, (alpha - 1) * e)


def bias(pred, target, relative=False):
    """The mean error; if relative, divided by the mean absolute target."""
    errors, targets, n = yield pred - target, np.abs(target), 1  # each becomes its sum over all rows
    return errors / targets if relative else errors / n


def worst_tenth(pred, target, share=0.1):
    """The mean of the largest absolute errors. It returns one number, so it is called with all rows at once."""
    errors = np.sort(np.abs(pred - target))
    return errors[-max(1, round(share * len(errors))) :].mean()
