"""Groups of jobs: jobs on data of several files and lengths. Jobs with the same rows share their passes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.job import Job
from losscli.engine.outcome import Outcome
from losscli.engine.passes import run
from losscli.errors import InputError, errors_at
from losscli.record import EMPTY, Record

__all__ = ["Part", "Runner", "group_key", "run_parts"]


class Part(Record):
    """One of several jobs, with the columns that it needs and their sources."""

    job: Job
    columns: Mapping[str, Column]
    bindings: Mapping[str, str]  # role -> source
    group: Hashable  # the same for all parts with the same rows
    place: str = ""  # where the user wrote it, for errors


def group_key(columns: Mapping[str, Column]) -> Hashable:
    """A key that is equal for columns with the same rows: their only stream, or their length; None where that needs a read.

    Columns without the rows that conditions leave out have the same key only if one list of conditions was applied to all.
    """
    kept = {id(c.kept) for c in columns.values() if c.kept is not None}
    streams = {id(c.stream) for c in columns.values() if c.array is None}
    lengths = {c.rows for c in columns.values() if c.rows is not None}
    if len(streams) + len(lengths) != 1:
        return None
    return ("stream", *streams, *kept) if streams else ("rows", *lengths, *kept)


Runner = Callable[[Sequence[int], Sequence[Job], Data, int], Sequence[Outcome]]  # runs the jobs of a group; gets their positions first


def _plainly(members: Sequence[int], jobs: Sequence[Job], data: Data, threads: int) -> Sequence[Outcome]:
    return run(jobs, data, threads=threads)


def run_parts(parts: Sequence[Part], *, threads: int = 0, runner: Runner = _plainly, extra: Mapping[str, Column] = EMPTY) -> list[Outcome]:
    """The outcomes of the parts, in order. `runner` runs the jobs of each group; `extra` are more columns of the data of every group.

    Raises InputError, with the place of the part that fails.
    """
    groups: dict[Hashable, list[int]] = {}
    for i, part in enumerate(parts):
        groups.setdefault(part.group, []).append(i)
    outcomes: dict[int, Outcome] = {}
    for members in groups.values():
        group = {i: parts[i] for i in members}
        outcomes |= zip(members, _run_group(group, threads, runner, extra), strict=True)
    return [outcomes[i] for i in range(len(parts))]


def _run_group(parts: Mapping[int, Part], threads: int, runner: Runner, extra: Mapping[str, Column]) -> Sequence[Outcome]:
    try:
        return _run_together(parts, threads, runner, extra)
    except InputError as error:
        failed = error
    for i, part in parts.items():  # run each part alone, to find the one that fails; behind the except, or a traceback would show both
        if part.place:
            with errors_at(part.place):
                _run_together({i: part}, threads, _plainly, extra)
    raise failed


def _run_together(parts: Mapping[int, Part], threads: int, runner: Runner, extra: Mapping[str, Column]) -> Sequence[Outcome]:
    columns = {n: c for p in parts.values() for n, c in p.columns.items()}
    jobs = [p.job for p in parts.values()]
    return runner(list(parts), jobs, Data({**columns, **extra}, omit=jobs[0].nan == "omit"), threads)
