"""The dependence alarm: all differences, or influences, in the order of their rows, and those of the first rows in groups.

Other columns may hold words, which take longer to read than all else: so they are read for the first rows alone, in a pass of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from losscli.data.blocks import Data
from losscli.data.columns import Column, Stream
from losscli.data.slices import Slices
from losscli.engine.groups import Part, run_parts
from losscli.experiment.contrast import Contrast, Sampling
from losscli.experiment.sampling import GroupSampler
from losscli.numeric.lazy import Array
from losscli.record import EMPTY, Record
from losscli.results.computed import Computed
from losscli.results.dependence import Dependence
from losscli.statistics.alarm import LAGS, Advice, Alarm, alarm
from losscli.statistics.moments import ColumnSums

__all__ = ["FIRST_ROWS", "NOTHING", "Watched", "alarm_of", "watch", "watched_in", "with_alarm"]

FIRST_ROWS = 2**14


class _Head:
    """The first rows of a stream."""

    def __init__(self, stream: Stream, rows: int) -> None:
        self.stream, self.rows = stream, rows

    def chunks(self, keys: Sequence[str]) -> Iterator[Mapping[str, Array]]:
        left = self.rows
        for chunk in self.stream.chunks(keys):
            rows = len(next(iter(chunk.values())))
            yield chunk if rows <= left else {key: x[:left] for key, x in chunk.items()}
            left -= rows
            if left <= 0:
                return

    def place(self, row: int) -> str:
        return self.stream.place(row)


class Watched(Record):
    """Columns that may number groups of rows, and how many of the first rows are looked at."""

    columns: Mapping[str, Column] = EMPTY
    rows: int = FIRST_ROWS


NOTHING = Watched()


def watch(parts: Sequence[Part], contrasts: Sequence[Contrast], watched: Watched, threads: int) -> dict[int, ColumnSums]:
    """The sums of the contrasts over the first rows, with the groups of the columns, by the place of the contrast."""
    head = _heads(watched.rows)
    first = [p.but(columns={name: head(c) for name, c in p.columns.items()}) for p in parts]
    groups = {name: head(c) for name, c in watched.columns.items()}
    sampler = GroupSampler(Sampling(contrasts, LAGS, tuple(groups)))
    run_parts(first, threads=threads, runner=sampler.run, extra=groups)
    useful = _useful(groups)
    return {q: s.but(groups={name: g for name, g in s.groups.items() if name in useful}) for q, s in sampler.sums.items()}


def _heads(rows: int) -> Callable[[Column], Column]:
    """A function that cuts columns to their first rows; those of one stream still are of one stream."""
    streams: dict[int, _Head] = {}

    def head(column: Column) -> Column:
        if column.stream is None:
            return column.take(slice(rows))
        return column.but(stream=streams.setdefault(id(column.stream), _Head(column.stream, rows)))

    return head


def _useful(groups: Mapping[str, Column]) -> set[str]:
    """The columns that turned out to name groups."""
    return {name for name, c in groups.items() if not getattr(c.groups, "given_up", False)}


def watched_in(columns: Mapping[str, Column], slices: Slices) -> dict[int, Watched]:
    """For each slice, the groups of those of its rows that are among the first rows of all."""
    head = _heads(FIRST_ROWS)
    groups = {name: head(c) for name, c in columns.items()}
    codes = Data(groups).all() if groups else {}
    useful = {name: codes[name].astype(np.int64, copy=False) for name in _useful(groups) if len(codes)}
    rows = {len(x) for x in useful.values()}
    if len(rows) != 1:  # the roles of other files may have other rows
        return {}
    of_row = slices.codes[: rows.pop()]
    return {
        s: Watched({name: Column(name, x[at]) for name, x in useful.items()}, len(at))
        for s in range(len(slices))
        if len(at := np.flatnonzero(of_row == s)) > 1
    }


def with_alarm(computed: Computed, part: Part, dependence: Dependence, watched: Watched, threads: int) -> Computed:
    """The output of a run with the alarm about its value, unless the user says how rows depend on each other."""
    sums = None if computed.measured is None else computed.measured.sums
    if dependence.said or sums is None:
        return computed
    first = watch([part], [Contrast({0: 1.0})], watched, threads).get(0) if watched.columns else None
    return computed.but(alarm=alarm_of(sums, first))


def alarm_of(sums: ColumnSums, first: ColumnSums | None) -> Alarm | None:
    """What is found in the order of all rows, and in the groups of the first; None where nothing fires."""
    if sums.rows < 2:
        return None
    found = alarm(sums if first is None or first.rows < sums.rows else first)
    if first is not None and first.rows < sums.rows:
        of_first = alarm(first)
        near = found.advice.lag_auto and (of_first.advice.lag_auto or not of_first.advice.cluster)
        found = Alarm(found.lag, of_first.groups, Advice(of_first.advice.cluster, near))
    return found if found.advice else None
