"""Jobs on data of different files and lengths, in as few passes over each as can be."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.job import Job
from losscli.engine.passes import Outcome, run
from losscli.errors import InputError, errors_at

__all__ = ["Part", "rows_of", "run_parts"]


@dataclass(frozen=True)
class Part:
    """A job, the columns it needs, where they came from; parts of one group have the same rows. `place` is where it was asked for."""

    job: Job
    columns: Mapping[str, Column]
    bindings: Mapping[str, str]
    group: Hashable
    place: str = ""


def rows_of(columns: Mapping[str, Column]) -> Hashable:
    """What columns that have the same rows have in common: their only stream, or their length; None where it takes reading to tell."""
    streams = {id(c.stream) for c in columns.values() if c.array is None}
    lengths = {c.rows for c in columns.values() if c.rows is not None}
    if len(streams) + len(lengths) != 1:
        return None
    return ("stream", *streams) if streams else ("rows", *lengths)


def run_parts(parts: Sequence[Part], *, threads: int = 0) -> list[Outcome]:
    """The outcomes of the parts, in order; where one goes wrong the error says whose it is. Raises InputError."""
    groups: dict[Hashable, list[int]] = {}
    for i, part in enumerate(parts):
        groups.setdefault(part.group, []).append(i)
    found: dict[int, Outcome] = {}
    for members in groups.values():
        found |= zip(members, _run([parts[i] for i in members], threads), strict=True)
    return [found[i] for i in range(len(parts))]


def _run(parts: Sequence[Part], threads: int) -> list[Outcome]:
    try:
        return _outcomes(parts, threads)
    except InputError:
        for part in parts:
            if part.place:
                with errors_at(part.place):
                    _outcomes([part], threads)
        raise


def _outcomes(parts: Sequence[Part], threads: int) -> list[Outcome]:
    data = Data({n: c for p in parts for n, c in p.columns.items()}, omit=parts[0].job.nan == "omit")
    return run([p.job for p in parts], data, threads=threads)
