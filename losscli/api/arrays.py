"""Arrays from Python as the columns of a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from numbers import Integral
from typing import Any

from losscli.catalogue.binding import bind
from losscli.catalogue.lookup import find
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.job import Job
from losscli.engine.plan import prepare
from losscli.engine.work import Work
from losscli.errors import DataWarning, UsageError
from losscli.numeric.arrays import as_array
from losscli.numeric.lazy import Array
from losscli.registry import Loss, Preset

__all__ = ["check_counts", "planned", "prepared"]


def check_counts(**counts: int | None) -> None:
    """Raise UsageError for what is no number of threads or rows: a chunk of -1 rows would never reach the end."""
    for name, count in counts.items():
        if count is not None and (not isinstance(count, Integral) or count < 0):
            raise UsageError(f"{name} takes 0 or more, not {count!r}")


def prepared(
    name: str | Callable[..., Any], given: Mapping[str, Any], sample_weight: Any, chunk: int | None, work: Work
) -> tuple[Job, Data, dict[str, str]]:
    """The job, its data, and a word for the source of each role."""
    job, needed, labels = planned(find(name), given, sample_weight, work)
    return job, Data(needed, omit=work.nan == "omit", chunk=chunk), labels


def planned(
    definition: tuple[Loss, Preset], given: Mapping[str, Any], sample_weight: Any, work: Work, prefix: str = ""
) -> tuple[Job, dict[str, Column], dict[str, str]]:
    """The job, its columns, whose names begin with `prefix`, and a word for the source of each role."""
    loss, preset = definition
    arrays = {r: as_array(r, given[r]) for r in loss.roles if given.get(r) is not None}
    bound = bind(loss, preset, {k: v for k, v in given.items() if k not in loss.roles})
    columns = {r: Column(r, x if loss.roles[r].domain.takes_words and x.dtype.kind == "U" else _numbers(r, x)) for r, x in arrays.items()}
    weight = None
    if sample_weight is not None:
        weight = Column("sample_weight", _numbers("sample_weight", as_array("sample_weight", sample_weight)))
    job, needed = prepare(bound, columns, work, weight=weight, name=prefix)
    if disordered := _in_another_order({r: given[r] for r in arrays}):
        job = job.but(warnings=(*job.warnings, *disordered))
    return job, needed, dict.fromkeys(arrays, "array")


def _in_another_order(given: Mapping[str, Any]) -> list[DataWarning]:
    """W115 for Series or data frames that have the same index in different orders: rows are paired by position, not by the index."""
    indices = {r: x.index for r, x in given.items() if hasattr(getattr(x, "index", None), "sort_values")}
    return [
        DataWarning(
            "W115", f"{a} and {b} have the same index, but in another order, and rows were paired by position: give {b}.loc[{a}.index]"
        )
        for (a, one), (b, other) in combinations(indices.items(), 2)
        if len(one) == len(other) and not one.equals(other) and one.sort_values().equals(other.sort_values())
    ]


def _numbers(role: str, x: Array) -> Array:
    """The array of a role. Raises UsageError where it does not hold numbers."""
    if x.dtype.kind not in "fiub":
        raise UsageError(f"{role} holds {x.dtype}, not numbers")
    return x
