"""The losses of the rows under each prediction, for the rows of an earlier result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.groups import Part, run_parts
from losscli.engine.job import Job
from losscli.engine.outcome import Outcome
from losscli.engine.passes import run
from losscli.experiment.comparing import Experiment
from losscli.numeric.lazy import Array
from losscli.results.collect import Collector
from losscli.results.computed import all_of
from losscli.results.paired_rows import RowGroups, RowValues

__all__ = ["with_rows"]


def with_rows(experiment: Experiment, names: Callable[[Array], Sequence[Any]] | None, *, threads: int = 0) -> Experiment:
    """The experiment with the values of its rows, which its gates pair with those of the earlier result.

    `names` gives the ids of rows by their numbers; None where rows have no ids. Raises what a run raises.
    """
    columns = {**experiment.groups, **experiment.watched.columns}
    values = _values(experiment, columns, names, threads)
    return experiment.but(gates=experiment.gates.but(rows=values, dependence=experiment.dependence))


def _values(
    experiment: Experiment, columns: Mapping[str, Column], names: Callable[[Array], Sequence[Any]] | None, threads: int
) -> dict[tuple[str, str], RowValues]:
    """The values of the rows by prediction and loss. An objective has none."""
    cells = [(prediction, loss) for prediction in experiment.predictions for loss in experiment.losses]
    places = [i for i, member in enumerate(experiment.members) if isinstance(member, Part)]
    parts = [member.but(group="losses") for member in experiment.members if isinstance(member, Part)]
    collectors, groups = [Collector(values=True, summary=False) for _ in parts], RowGroups(columns)

    def collect(members: Sequence[int], jobs: Sequence[Job], data: Data, threads: int) -> Sequence[Outcome]:
        callbacks = [all_of(collectors[m], groups if m == 0 else None) for m in members]
        return run(jobs, data, threads=threads, callbacks=callbacks)

    run_parts(parts, threads=threads, runner=collect, extra=columns)
    found = {}
    for place, collector in zip(places, collectors, strict=True):
        rows = collector.rows()
        found[cells[place]] = RowValues(collector.values(), rows, None if names is None else names(rows), groups.codes)
    return found
