"""Groups of jobs: jobs on data of several files and lengths. Jobs with the same rows share their passes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.job import Job
from losscli.engine.outcome import Outcome
from losscli.engine.passes import run
from losscli.engine.reduction import BlockCallback
from losscli.errors import InputError, errors_at
from losscli.record import Record

__all__ = ["Part", "group_key", "run_parts"]


class Part(Record):
    """One of several jobs, with the columns that it needs and their sources."""

    job: Job
    columns: Mapping[str, Column]
    bindings: Mapping[str, str]  # role -> source
    group: Hashable  # the same for all parts with the same rows
    place: str = ""  # where the user wrote it, for errors
    callback: BlockCallback | None = None  # gets the values of each block


def group_key(columns: Mapping[str, Column]) -> Hashable:
    """A key that is equal for columns with the same rows: their only stream, or their length; None where that needs a read."""
    streams = {id(c.stream) for c in columns.values() if c.array is None}
    lengths = {c.rows for c in columns.values() if c.rows is not None}
    if len(streams) + len(lengths) != 1:
        return None
    return ("stream", *streams) if streams else ("rows", *lengths)


def run_parts(parts: Sequence[Part], *, threads: int = 0) -> list[Outcome]:
    """The outcomes of the parts, in order. Raises InputError, with the place of the part that fails."""
    groups: dict[Hashable, list[int]] = {}
    for i, part in enumerate(parts):
        groups.setdefault(part.group, []).append(i)
    outcomes: dict[int, Outcome] = {}
    for members in groups.values():
        outcomes |= zip(members, _run_group([parts[i] for i in members], threads), strict=True)
    return [outcomes[i] for i in range(len(parts))]


def _run_group(parts: Sequence[Part], threads: int) -> list[Outcome]:
    try:
        return _run_together(parts, threads)
    except InputError:
        for part in parts:  # run each part alone, to find the one that fails
            if part.place:
                with errors_at(part.place):
                    _run_together([part], threads)
        raise


def _run_together(parts: Sequence[Part], threads: int) -> list[Outcome]:
    data = Data({n: c for p in parts for n, c in p.columns.items()}, omit=parts[0].job.nan == "omit")
    return run([p.job for p in parts], data, threads=threads, callbacks=[p.callback for p in parts])
