"""Sums of consecutive rows: as many batches as fit into a fixed memory, so that bets on many rows need no memory for each."""

from __future__ import annotations

from losscli.numeric.lazy import Array, np

__all__ = ["MOST", "Batches"]

MOST = 2**16  # batches: at so many, each two are joined


class Batches:
    """Accumulates the sums of some columns over batches of consecutive rows. A batch has a power of two of rows, the last may have fewer.

    The place of a row alone decides with which rows it is added first, so the sums have the same bits however the rows arrive. `least`
    is the fewest rows of a batch: where near rows depend on each other, batches of many times their distance hardly do. `most` is a
    power of two.
    """

    def __init__(self, columns: int, least: int = 1, most: int = MOST) -> None:
        self.size, self.most = 1 << max(least - 1, 0).bit_length(), most
        self.full = np.zeros((columns, 0))
        self.waiting = np.zeros((columns, 0))  # the rows of a batch that is not full

    def add(self, x: Array) -> None:
        """Add rows: `x` of shape (columns, rows)."""
        x = np.concatenate([self.waiting, x], 1) if self.waiting.size else x
        while whole := min(x.shape[1] // self.size, self.most - self.full.shape[1]) * self.size:
            self.full = np.concatenate([self.full, _sums(x[:, :whole], self.size)], 1)
            x = x[:, whole:]
            if self.full.shape[1] == self.most:
                self.full, self.size = _sums(self.full, 2), 2 * self.size
        self.waiting = x.copy()  # the caller may change its rows

    def of_ones(self) -> Batches:
        """The same batches of columns of ones."""
        ones = Batches(len(self.full), self.size, self.most)
        ones.full, ones.waiting = np.full(self.full.shape, float(self.size)), np.ones(self.waiting.shape)
        return ones

    def sums(self) -> tuple[Array, Array]:
        """The sums of the columns, (columns, batches), and the rows of each batch, (batches,)."""
        rest = self.waiting.shape[1]
        rows = np.array([self.size] * self.full.shape[1] + [rest] * (rest > 0), np.float64)
        return np.concatenate([self.full, self.waiting.sum(1, keepdims=True)], 1) if rest else self.full, rows


def _sums(x: Array, size: int) -> Array:
    """The sums of `size` consecutive rows each."""
    return x if size == 1 else x.reshape(len(x), -1, size).sum(2)
