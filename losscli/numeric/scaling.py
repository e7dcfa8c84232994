"""Powers of two that keep sums and squares from overflowing."""

from __future__ import annotations

from losscli.numeric.lazy import np

__all__ = []

MANY = 2.0**64  # more than there are rows: a sum of numbers over it does not overflow


def always(flags):
    """Whether all of them are set. A formula that is written down takes it for granted, and tiles check it."""
    return flags.assumed() if hasattr(flags, "assumed") else bool(np.all(flags))


def lossless(powers):
    """Which sums of powers hold all their digits: not those that overflowed, nor those so small that terms of them are rounded to 0."""
    if powers.dtype.kind != "f":
        return powers == powers
    limits = np.finfo(powers.dtype)
    return (powers > limits.tiny / limits.eps**2) & (powers < np.inf)


def unit_of(x):
    """What numbers of these sizes are divided by, so that no power of them overflows or is rounded to 0: a power of 2, or 1."""
    some = (x > 0) & (x < np.inf)
    return np.where(some, np.exp2(np.floor(np.log2(np.where(some, x, 1.0)))), 1.0)
