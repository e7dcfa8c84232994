"""The assignment of least total cost, such as of predictions to targets: each row gets a column of its own."""

from __future__ import annotations

from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive

__all__ = ["assigned", "least_cost"]


@primitive(None, None)
def assigned(cost: Array, counts: Array) -> Array:
    """1 where a prediction is assigned to a target, else 0, in the shape of `cost`: (…, predictions, targets).

    The targets of a row that count get a prediction each, so that the sum of the costs is least. Without a prediction for each, each
    prediction gets a target. A cost that is no number is dearer than all others. The assignment has no derivative.
    """
    found = np.zeros(cost.shape, cost.dtype)
    for row in np.ndindex(cost.shape[:-2]):
        costs, targets = np.asarray(cost[row], np.float64), np.flatnonzero(counts[row])
        if not len(targets):
            continue
        table = _finite(costs[:, targets])
        if len(table) < len(targets):
            found[row][np.arange(len(table)), targets[least_cost(table)]] = 1
        else:
            found[row][least_cost(table.T), targets] = 1
    return found


def _finite(cost: Array) -> Array:
    """The costs, with a number that is larger than any sum of the others in place of what is not finite."""
    known = np.isfinite(cost)
    largest = np.abs(cost[known]).max(initial=1.0)
    return np.where(known, cost, 2 * largest * min(cost.shape))


def least_cost(cost: Array) -> Array:
    """The column of each row of a matrix with no more rows than columns, so that the sum of the costs is least.

    The Hungarian method with shortest augmenting paths: the rows come in one after the other. Each takes the end of the cheapest path
    that leads over columns, whose rows move on along it, to a free column. `of_row` and `of_column` are the prices of the dual problem.
    """
    rows, columns = cost.shape
    of_row, of_column = np.zeros(rows), np.zeros(columns)
    column_of, row_of = np.full(rows, -1), np.full(columns, -1)
    for start in range(rows):
        end, length, reached, shortest, before = _path(cost, start, of_row, of_column, row_of)
        of_row[start] += length
        on_path = np.flatnonzero(reached)
        of_row[row_of[on_path]] += length - shortest[on_path]
        of_column[on_path] -= length - shortest[on_path]
        while True:  # the rows on the path move to its next columns
            row = before[end]
            row_of[end] = row
            column_of[row], end = end, column_of[row]
            if row == start:
                break
    return column_of


def _path(cost: Array, row: int, of_row: Array, of_column: Array, row_of: Array) -> tuple[int, float, Array, Array, Array]:
    """The cheapest path from a row to a free column: its end and its length; which columns were reached, how far each is, and its row."""
    columns, length = cost.shape[1], 0.0
    shortest, before, reached = np.full(columns, np.inf), np.full(columns, -1), np.zeros(columns, bool)
    while True:
        through = length + (cost[row] - of_row[row] - of_column)
        nearer = ~reached & (through < shortest)
        shortest[nearer], before[nearer] = through[nearer], row
        end = int(np.where(reached, np.inf, shortest).argmin())
        length = float(shortest[end])
        if row_of[end] < 0:
            return end, length, reached, shortest, before
        reached[end], row = True, row_of[end]
