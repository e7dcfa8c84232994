"""Class weights from the number of rows of each class: inverse frequencies, or inverse effective numbers of samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from losscli.errors import UsageError
from losscli.numeric.arrays import as_array
from losscli.numeric.lazy import Array, np
from losscli.record import Record

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["WeightsFromCounts", "class_weights"]


class WeightsFromCounts(Record):
    """Class weights that are computed later from these counts, or, where they are None, from the labels of the input."""

    counts: Any = None
    beta: float | None = None


def class_weights(counts: ArrayLike, *, beta: float | None = None) -> Array:
    """A weight for each class from its count: n / (k n_c), of n rows in k classes; with beta (1 − β) / (1 − β^n_c), scaled to the sum k.

    The first is scikit-learn's compute_class_weight("balanced"), the second the effective number of Cui et al. 2019: beta 0 gives all
    classes the same weight, beta 1 (the limit) inverse counts. A class that does not occur is not one of the k, and its weight is 0.

    Raises UsageError for counts that are not one number of 0 or more for each class, and for a beta that is not from 0 to 1.

    >>> class_weights([1000, 100, 10], beta=0.999)
    array([0.0421604 , 0.28000014, 2.67783946])
    """
    n = as_array("counts", counts)
    if n.dtype.kind not in "fiub" or n.ndim != 1 or not (np.isfinite(n) & (n >= 0)).all():
        raise UsageError(f"counts must be one number for each class, 0 or more, not {counts!r}")
    if beta is not None and not 0 <= beta <= 1:
        raise UsageError(f"beta must be from 0 to 1, not {beta!r}")
    n = n.astype(np.float64)
    occurs = n > 0
    k, positive = np.count_nonzero(occurs), np.where(occurs, n, 1.0)
    if beta is None:
        return np.where(occurs, n.sum() / (max(k, 1) * positive), 0.0)
    with np.errstate(divide="ignore"):  # log 0 is -inf, and 1 - 0^n is 1
        # 1 - β^n without cancellation; the scale makes up for 1 - β, which is the same for all classes
        share = np.where(occurs, 1 / positive if beta == 1 else -1 / np.expm1(positive * np.log(beta)), 0.0)
    return share * (k / max(share.sum(), np.finfo(np.float64).tiny))
