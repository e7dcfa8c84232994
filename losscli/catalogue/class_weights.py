"""Class weights from how often each class occurs: inverse frequencies, or the inverse of the effective number of samples."""

from __future__ import annotations

from typing import Any

from losscli.errors import UsageError
from losscli.numeric.arrays import as_array
from losscli.numeric.lazy import np
from losscli.record import Record

__all__ = ["WeightsFromCounts", "class_weights"]


class WeightsFromCounts(Record):
    """Class weights that are still to be made: from counts that were given, else from the labels of the input."""

    counts: Any = None
    beta: float | None = None


def class_weights(counts: Any, *, beta: float | None = None) -> Any:
    """A weight for each class from its count: n / (k n_c), of n rows in k classes; with beta (1 − β) / (1 − β^n_c), scaled to the sum k.

    The first is scikit-learn's compute_class_weight("balanced"), the second the effective number of Cui et al. 2019: beta 0 weighs all
    classes alike, beta 1 (the limit) by their inverse counts. A class that does not occur is none of the k, and its weight is 0.

    Raises UsageError for counts that are not one number of 0 or more for each class, and for a beta that is not from 0 to 1.

    >>> class_weights([1000, 100, 10], beta=0.999)
    array([0.0421604 , 0.28000014, 2.67783946])
    """
    n = np.asarray(as_array("counts", counts), np.float64)
    if n.ndim != 1 or not (np.isfinite(n) & (n >= 0)).all():
        raise UsageError(f"counts must be one number for each class, 0 or more, not {counts!r}")
    if beta is not None and not 0 <= beta <= 1:
        raise UsageError(f"beta must be from 0 to 1, not {beta!r}")
    occurs = n > 0
    k, many = np.count_nonzero(occurs), np.where(occurs, n, 1.0)
    if beta is None:
        return np.where(occurs, n.sum() / (max(k, 1) * many), 0.0)
    with np.errstate(divide="ignore"):  # log 0 is -inf, and 1 - 0^n is 1
        # 1 - β^n without cancellation; 1 - β is the same for all, and goes with the scale
        share = np.where(occurs, 1 / many if beta == 1 else -1 / np.expm1(many * np.log(beta)), 0.0)
    return share * (k / max(share.sum(), np.finfo(np.float64).tiny))
