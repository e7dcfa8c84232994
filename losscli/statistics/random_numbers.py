"""Random numbers by position: those of a block of rows and a group of replicates depend on nothing that was drawn before."""

from __future__ import annotations

from typing import Any

from losscli.numeric.lazy import Array, np

__all__ = ["BLOCK", "GROUP", "exchange_generator", "index_generator", "poisson_weights", "random_signs"]

BLOCK = 4096  # rows
GROUP = 256  # replicates
_POISSON, _SIGNS, _INDICES, _EXCHANGES = 1, 2, 3, 4  # the streams of one seed

# Of the 65536 words of 16 bits, how many give the weight 0, 1, 2, … This is Poisson(1) within 3.7e-5 (total variation); its mean and
# its variance are 1 exactly, its third central moment is 1.0006 and its fourth 4.006.
_COUNTS = (24109, 24109, 12056, 4018, 1005, 200, 33, 5, 1)


def _words(seed: int, stream: int, block: int, group: int, count: int) -> Array:
    """`count` words of 64 bits from Philox, a generator with a key and a counter (Salmon et al. 2011)."""
    generator = np.random.Philox(key=[seed, stream], counter=[0, block, group, 0])
    return generator.random_raw(count).astype("<u8", copy=False)


def poisson_weights(seed: int, block: int, group: int, rows: int) -> Array:
    """The weights of a block's rows in a group of bootstrap replicates: Poisson(1) numbers of the shape (rows, GROUP)."""
    table = np.repeat(np.arange(len(_COUNTS), dtype=np.float64), _COUNTS)
    return table[_words(seed, _POISSON, block, group, rows * GROUP // 4).view("<u2")].reshape(rows, GROUP)


def random_signs(seed: int, block: int, group: int, rows: int) -> Array:
    """The signs of a block's rows in a group of replicates: −1 or 1, of the shape (rows, GROUP)."""
    bits = np.unpackbits(_words(seed, _SIGNS, block, group, rows * GROUP // 64).view(np.uint8))
    return np.array([-1.0, 1.0])[bits].reshape(rows, GROUP)


def index_generator(seed: int, replicate: int) -> Any:
    """The generator of the row numbers of one bootstrap replicate."""
    return np.random.Generator(np.random.Philox(key=[seed, _INDICES], counter=[0, replicate, 0, 0]))


def exchange_generator(seed: int, replicate: int) -> Any:
    """The generator of the rows in which two predictions are exchanged, in one replicate."""
    return np.random.Generator(np.random.Philox(key=[seed, _EXCHANGES], counter=[0, replicate, 0, 0]))
