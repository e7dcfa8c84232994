"""Singular values of matrices, with their derivative."""

from __future__ import annotations

from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive

__all__ = ["singular_values"]


def _finite(x):
    """The matrices, with zeros in place of those that hold numbers that are not finite; and which are whole."""
    whole = np.isfinite(x).all((-2, -1))
    return np.where(whole[..., None, None], x, 0), whole


def _by_matrix(g, out, x):
    u, _, v = np.linalg.svd(_finite(x)[0], full_matrices=False)
    return (u * g[..., None, :]) @ v


@primitive(_by_matrix)
def singular_values(x: Array) -> Array:
    """The singular values of each matrix (…, m, n), the largest first; nan where a number of the matrix is not finite."""
    matrices, whole = _finite(x)
    return np.where(whole[..., None], np.linalg.svd(matrices, compute_uv=False), np.nan)
