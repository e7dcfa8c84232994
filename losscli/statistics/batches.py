"""Sums of consecutive rows: as many batches as fit into a fixed memory, so that bets on many rows need no memory for each."""

from __future__ import annotations

from losscli.numeric.lazy import Array, np

__all__ = ["MOST", "Batches"]

MOST = 2**16  # batches: at so many, each two are joined


class Batches:
    """Accumulates the sums of some columns over batches of consecutive rows. A batch has a power of two of rows, the last may have fewer.

    Neighbours are added in pairs, so the sums have the same bits however the rows arrive. `least` is the fewest rows of a batch: where
    near rows depend on each other, batches of many times their distance hardly do. `most` is a power of two.
    """

    def __init__(self, columns: int, least: int = 1, most: int = MOST) -> None:
        self.size, self.most = 1 << max(least - 1, 0).bit_length(), most
        self.full = np.zeros((columns, 0))
        self.waiting = np.zeros((columns, 0))  # the rows of a batch that is not full

    def add(self, x: Array) -> None:
        """Add rows: `x` of shape (columns, rows)."""
        x = np.concatenate([self.waiting, x], 1)
        while whole := min(x.shape[1] // self.size, self.most - self.full.shape[1]) * self.size:
            self.full = np.concatenate([self.full, _halved(x[:, :whole], self.size)], 1)
            x = x[:, whole:]
            if self.full.shape[1] == self.most:
                self.full, self.size = _halved(self.full, 2), 2 * self.size
        self.waiting = x

    def sums(self) -> tuple[Array, Array]:
        """The sums of the columns, (columns, batches), and the rows of each batch, (batches,)."""
        rest = self.waiting.shape[1]
        rows = np.array([self.size] * self.full.shape[1] + [rest] * (rest > 0), np.float64)
        return np.concatenate([self.full, self.waiting.sum(1, keepdims=True)], 1) if rest else self.full, rows


def _halved(x: Array, size: int) -> Array:
    """The sums of `size` neighbours, a power of two, added in pairs of pairs."""
    while size > 1:
        x, size = x[:, ::2] + x[:, 1::2], size // 2
    return x
