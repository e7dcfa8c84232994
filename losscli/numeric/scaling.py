"""Scaling by powers of two, which prevents overflow and underflow of sums and squares."""

from __future__ import annotations

from typing import Any

from losscli.numeric.lazy import Array, np

__all__ = ["SUM_SCALE", "all_true", "in_safe_range", "power_of_two_scale"]

SUM_SCALE = 2.0**64  # more than any number of rows: finite numbers that are divided by it have a finite sum


def all_true(flags: Any) -> bool:
    """Whether all flags are true. While a formula is traced, the answer is assumed to be yes; the kernel checks it for each tile."""
    return flags.assume_true() if hasattr(flags, "assume_true") else bool(np.all(flags))


def in_safe_range(powers: Any) -> Array:
    """Which sums of powers have all their digits: they did not overflow, and no term that counts was rounded to 0."""
    if powers.dtype.kind != "f":
        return powers == powers
    limits = np.finfo(powers.dtype)
    return (powers > limits.tiny / limits.eps**2) & (powers < np.inf)


def power_of_two_scale(x: Array) -> Array:
    """2^⌊log₂ x⌋ for finite x > 0, else 1: divided by it, numbers of size x have powers that do not overflow or underflow."""
    valid = (x > 0) & (x < np.inf)
    return np.where(valid, np.exp2(np.floor(np.log2(np.where(valid, x, 1.0)))), 1.0)
