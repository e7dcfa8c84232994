"""Sums of a series in the order of its rows, which can be merged: products of rows near each other, and sums of batches of rows."""

from __future__ import annotations

from collections.abc import Iterable

from losscli.numeric.lazy import Array, np
from losscli.record import Record

__all__ = ["BATCHES", "LAGS", "SeriesSums", "centred_batches", "centred_products", "merge_series", "series_sums"]

LAGS = 10
BATCHES = 1024  # at most so many batches are kept, and at least half as many once there are enough rows


class SeriesSums(Record):
    """Sums of rows `start` to `start + rows` of one or more series e, (rows, k).

    products  Σ e_i e_{i+h} for h = 0 to the largest lag, of the shape (lags + 1, k)
    first     the first rows, as many as there are lags, and last the last: for the products with the rows before and behind
    batch     the number of rows of a batch, a power of 2; batches are the sums of the rows [j batch, (j + 1) batch), (batches, k)
    """

    start: int
    rows: int
    products: Array
    first: Array
    last: Array
    batch: int
    batches: Array


def series_sums(values: Array, start: int = 0, batch: int = 1, lags: int = LAGS) -> SeriesSums:
    """The sums of one block of rows, of the shape (rows, k). A larger `batch` saves work where the number of rows is known."""
    rows = len(values)
    products = np.zeros((lags + 1, values.shape[1]))
    for k, e in enumerate(np.ascontiguousarray(values.T)):  # a product of neighbouring numbers is the fastest
        for lag in range(min(lags + 1, rows)):
            products[lag, k] = np.einsum("i,i", e[: rows - lag], e[lag:])
    while -(-rows // batch) > BATCHES:
        batch *= 2
    ends = values[:lags].copy(), values[max(0, rows - lags) :].copy()
    return SeriesSums(start, rows, products, *ends, batch, _batches(values, start, batch))


def _batches(values: Array, start: int, batch: int) -> Array:
    """The sums of the batches that the rows from `start` on have a part in; the first and the last may be parts."""
    if not len(values):
        return np.zeros((0, values.shape[1]))
    inner = np.arange((start // batch + 1) * batch, start + len(values), batch) - start
    return np.add.reduceat(values, np.concatenate([[0], inner]), axis=0)


def merge_series(shares: Iterable[SeriesSums]) -> SeriesSums:
    """The sums of all rows, from those of blocks that follow each other. Raises ValueError for none."""
    merged: SeriesSums | None = None
    for share in shares:
        merged = share if merged is None else _merge(merged, share)
    if merged is None:
        raise ValueError("there are no sums to merge")
    return merged


def _merge(a: SeriesSums, b: SeriesSums) -> SeriesSums:
    products, lags = a.products + b.products, len(a.products) - 1
    for lag in range(1, lags + 1):
        for i in range(max(0, lag - len(a.last)), min(lag, len(b.first))):  # b.first[i] and the row `lag` before it
            products[lag] += b.first[i] * a.last[len(a.last) + i - lag]
    batch = max(a.batch, b.batch)
    while (a.start + a.rows + b.rows - 1) // batch - a.start // batch >= BATCHES:
        batch *= 2
    first = np.concatenate([a.first, b.first])[:lags]
    last = np.concatenate([a.last, b.last])
    last = last[max(0, len(last) - lags) :]
    return SeriesSums(a.start, a.rows + b.rows, products, first, last, batch, _joined(a, b, batch))


def _joined(a: SeriesSums, b: SeriesSums, batch: int) -> Array:
    """The batches of two shares, made longer, with the batch that both have a part in."""
    parts = [(x.start // x.batch + np.arange(len(x.batches))) * x.batch // batch for x in (a, b)]
    low = a.start // batch
    total = np.zeros((max((int(p[-1]) + 1 for p in parts if len(p)), default=low) - low, a.batches.shape[1]))
    for x, place in zip((a, b), parts, strict=True):
        np.add.at(total, place - low, x.batches)
    return total


def centred_products(sums: SeriesSums, column: int = 0) -> Array:
    """Σ (e_i − ē)(e_{i+h} − ē) for each lag h, of one series; 0 for lags that are longer than the series."""
    n, total = sums.rows, float(sums.batches[:, column].sum())
    mean = total / n if n else 0.0
    head = np.concatenate([[0.0], np.cumsum(sums.first[:, column])])
    tail = np.concatenate([[0.0], np.cumsum(sums.last[::-1, column])])
    lags = np.arange(min(len(sums.products), n))
    # Σ of the first n − h rows and of the last n − h rows are the total without the tail and without the head.
    ends = mean * (2 * total - tail[lags] - head[lags])
    products = np.zeros(len(sums.products))
    products[lags] = sums.products[lags, column] - ends + (n - lags) * mean * mean
    return products


def centred_batches(sums: SeriesSums, column: int = 0) -> tuple[Array, Array]:
    """The sums of e_i − ē over each batch, and the rows of each batch."""
    edges = (sums.start // sums.batch + np.arange(len(sums.batches) + 1)) * sums.batch
    rows = np.diff(np.clip(edges, sums.start, sums.start + sums.rows)).astype(np.float64)
    values = sums.batches[:, column]
    return values - values.sum() / max(1, sums.rows) * rows, rows
