"""Pair the values of rows with those of an earlier result, by id or by row, and estimate the mean difference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from losscli.data.blocks import Block
from losscli.data.columns import Column
from losscli.engine.job import View
from losscli.errors import InputError, counted
from losscli.numeric.lazy import Array
from losscli.record import EMPTY, Record
from losscli.results.alarms import sentence
from losscli.results.dependence import INDEPENDENT, Dependence, spread_of, without_spread
from losscli.results.earlier import Earlier
from losscli.results.noninferiority import Estimate
from losscli.results.result import Result
from losscli.statistics.alarm import alarm
from losscli.statistics.moments import ColumnSums, Moments

__all__ = ["RowGroups", "RowValues", "paired_estimate"]

EXAMPLES = 3  # ids that a message shows


class RowValues(Record):
    """The loss of each row, with the number of the row in its file and, where the rows have ids, the ids."""

    values: Array  # one for each row, or more along further axes
    rows: Array
    ids: Sequence[Any] | None = None
    groups: Mapping[str, Array] = EMPTY  # by name, the number of the group of each row

    @property
    def means(self) -> Array:
        """One number for each row: the mean of its elements."""
        values = np.asarray(self.values, np.float64)
        return values.reshape(len(values), math.prod(values.shape[1:])).mean(1)

    @property
    def keys(self) -> list[Any]:
        """What names the rows."""
        return self.rows.tolist() if self.ids is None else [str(i) for i in self.ids]


class RowGroups:
    """A callback that keeps the number of the group of each row, for some columns of groups."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self.columns = columns
        self._parts: dict[str, list[Array]] = {name: [] for name in columns}

    def __call__(self, block: Block, view: View, values: Any, ignored: Any) -> None:
        for name, parts in self._parts.items():
            parts.append(block.columns[name])

    @property
    def codes(self) -> dict[str, Array]:
        """By name, the number of the group of each row; without the columns that turned out to name no groups."""
        useful = [name for name, column in self.columns.items() if not getattr(column.groups, "given_up", False)]
        return {name: np.concatenate(self._parts[name]) for name in useful if self._parts[name]}


def paired_estimate(earlier: Earlier, candidate: str, result: Result, now: RowValues, dependence: Dependence = INDEPENDENT) -> Estimate:
    """The mean difference to the values of the rows in an earlier result, with the standard error of rows that depend on each other so.

    Where nothing is said of the rows, the dependence alarm looks at the differences.

    Raises InputError for a result of another loss, for other rows, and where the value is no plain mean over the rows.
    """
    then = _values_of(earlier, earlier.of(result))
    _check_plain_mean(earlier, result, now.means)
    by_id = now.ids is not None and then.ids is not None
    if not by_id:
        now, then = now.but(ids=None), then.but(ids=None)
    if now.values.shape[1:] != then.values.shape[1:]:
        raise InputError(f"{earlier.place}: its values have shape {then.values.shape}, those of now {now.values.shape}")
    ours, theirs = now.means, then.means[_places(earlier, now.keys, then.keys)]
    difference, n = ours - theirs, len(ours)
    sums = _sums([difference, ours, theirs], dependence, now.groups)
    spreads = [spread_of(column, dependence) for column in sums] if n > 1 else [None] * 3
    spread = spreads[0]
    constant = n > 1 and bool((difference == difference[0]).all())  # which the rounding of their mean may hide
    reason = "" if n < 2 or spread is not None else without_spread(sums[0], dependence)
    return Estimate(
        candidate,
        earlier.path,
        float(difference.mean()) if n else float("nan"),
        float(theirs.mean()) if n else float("nan"),
        rows=n,
        se=None if spread is None else 0.0 if constant else spread.se,
        df=None if spread is None else spread.df,
        se_candidate=None if spreads[1] is None else spreads[1].se,
        se_baseline=None if spreads[2] is None else spreads[2].se,
        how=f"paired by {'id' if by_id else 'row'}",
        empty=result.empty or n == 0,
        without_se=f"there is no standard error: {reason}" if reason else "",
        doubt="" if n < 2 or dependence.said else sentence(alarm(sums[0])),
    )


def _sums(columns: Sequence[Array], dependence: Dependence, groups: Mapping[str, Array]) -> list[ColumnSums]:
    """The sums of the influences of the rows on the mean of each column."""
    moments = Moments(len(columns), dependence.lags, tuple(groups))
    moments.add(np.stack(columns), None, None, groups)
    sums = moments.sums().scaled(np.full(len(columns), 1 / max(len(columns[0]), 1)))
    return [sums.column(q) for q in range(len(columns))]


def _values_of(earlier: Earlier, document: Mapping[str, Any]) -> RowValues:
    """The values of the rows in the document. Raises InputError for values that are no array of numbers, and for ignored labels."""
    try:
        values = np.array(document["values"], np.float64)  # the words nan and inf among them
    except (ValueError, TypeError):
        raise InputError(f"{earlier.place}: its values are no array of numbers") from None
    ids = document.get("ids")
    rows = np.asarray(document.get("values_rows", range(len(values))))
    if values.ndim == 0 or len(rows) != len(values) or (ids is not None and len(ids) != len(values)):
        raise InputError(f"{earlier.place}: its values are not one for each row")
    counts = document.get("rows")
    if isinstance(counts, dict) and counts.get("ignored"):
        raise InputError(f"{earlier.place}: it has ignored labels, so its values stand for no plain mean over rows: {_INSTEAD}")
    return RowValues(values, rows, ids)


_INSTEAD = "write the earlier result without -r none"


def _places(earlier: Earlier, ours: list[Any], theirs: list[Any]) -> Array:
    """The position of each of our rows among theirs. Raises InputError unless both have the same rows, each once."""
    at = {key: i for i, key in enumerate(theirs)}
    if len(at) < len(theirs) or len(set(ours)) < len(ours):
        where = "the data" if len(at) == len(theirs) else "it"
        raise InputError(f"{earlier.place}: {where} has an id more than once, so rows cannot be paired")
    now = set(ours)
    only_now, only_then = [k for k in ours if k not in at], [k for k in theirs if k not in now]
    if only_now or only_then:
        what = " and ".join(_more_rows(*x) for x in (("the data", only_now, "this file"), ("this file", only_then, "the data")) if x[1])
        raise InputError(
            f"{earlier.place}: {what}; rows are paired only where both have the same: write the earlier result anew on the rows of the data"
        )
    return np.array([at[key] for key in ours], int)


def _more_rows(one: str, keys: Sequence[Any], other: str) -> str:
    """'the data has 2 rows that this file does not have (7, 9)'."""
    shown = ", ".join(map(str, keys[:EXAMPLES])) + (", …" if len(keys) > EXAMPLES else "")
    return f"{one} has {counted(len(keys), 'row')} that {other} does not have ({shown})"


def _check_plain_mean(earlier: Earlier, result: Result, means: Array) -> None:
    """Raise InputError where the value is not the mean of the values of the rows: a sum, weights, ignored labels."""
    kind = None if result.denominator is None else result.denominator.kind
    near = not means.size or not np.isfinite(result.value) or np.isclose(means.mean(), result.value, rtol=1e-5, atol=0)
    if kind != "elements" or not result.elementwise or not near:
        what = f"{result.reduction} over {kind}" if kind else result.reduction
        raise InputError(f"{earlier.place}: its values of rows stand for a plain mean, and this is a {what}: {_INSTEAD}")
