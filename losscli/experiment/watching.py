"""The dependence alarm of a comparison: all differences in the order of their rows, and those of the first rows in groups.

Other columns may hold words, which take longer to read than all else: so they are read for the first rows alone, in a pass of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from losscli.data.columns import Column, Stream
from losscli.engine.groups import Part, run_parts
from losscli.experiment.contrast import Contrast, Sampling
from losscli.experiment.sampling import GroupSampler
from losscli.numeric.lazy import Array
from losscli.statistics.alarm import LAGS, Advice, Alarm, alarm
from losscli.statistics.moments import ColumnSums

__all__ = ["FIRST_ROWS", "alarm_of", "watch"]

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


def watch(parts: Sequence[Part], contrasts: Sequence[Contrast], columns: Mapping[str, Column], threads: int) -> dict[int, ColumnSums]:
    """The sums of the contrasts over the first rows, with the groups of the columns, by the place of the contrast."""
    heads: dict[int, _Head] = {}

    def head(column: Column) -> Column:
        if column.stream is None:
            return column.take(slice(FIRST_ROWS))
        return column.but(stream=heads.setdefault(id(column.stream), _Head(column.stream, FIRST_ROWS)))

    first = [p.but(columns={name: head(c) for name, c in p.columns.items()}) for p in parts]
    groups = {name: head(c) for name, c in columns.items()}
    sampler = GroupSampler(Sampling(contrasts, LAGS, tuple(groups)))
    run_parts(first, threads=threads, runner=sampler.run, extra=groups)
    useful = {name for name, c in groups.items() if not getattr(c.groups, "given_up", False)}
    return {q: s.but(groups={name: g for name, g in s.groups.items() if name in useful}) for q, s in sampler.sums.items()}


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
