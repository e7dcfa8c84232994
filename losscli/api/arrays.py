"""Arrays from Python as the columns of a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from numbers import Integral
from typing import Any

from losscli.api.frames import Frames, array_column, names_columns
from losscli.catalogue.binding import BoundLoss, bind, option_named
from losscli.catalogue.lookup import find
from losscli.catalogue.role_words import in_our_roles
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.groups import Part
from losscli.engine.plan import prepare
from losscli.engine.work import Work
from losscli.errors import DataWarning, UsageError, errors_by_name
from losscli.record import Record
from losscli.registry import Loss, Preset
from losscli.sources.frames import is_frame
from losscli.sources.parts import Sources, columns_of, part_on_columns
from losscli.sources.roles import SYNONYMS

__all__ = ["Prepared", "check_counts", "planned", "prepared"]


def check_counts(**counts: int | None) -> None:
    """Raise UsageError for what is no number of threads or rows: a chunk of -1 rows would never reach the end."""
    for name, count in counts.items():
        if count is not None and (not isinstance(count, Integral) or count < 0):
            raise UsageError(f"{name} takes 0 or more, not {count!r}")


class Prepared(Record):
    """A job with its data, and the columns of the roles as they were given."""

    part: Part
    data: Data
    roles: Mapping[str, Column]


def prepared(
    name: str | Callable[..., Any],
    given: Mapping[str, Any],
    sample_weight: Any,
    chunk: int | None,
    work: Work,
    frames: Frames | None = None,
) -> Prepared:
    """The job and its data."""
    definition = find(name)
    with errors_by_name(definition[0].name, name if isinstance(name, str) else definition[0].name):
        part, roles = planned(definition, given, sample_weight, work, frames=frames)
    return Prepared(part, Data(dict(part.columns), omit=work.nan == "omit", chunk=chunk), roles)


def planned(
    definition: tuple[Loss, Preset],
    given: Mapping[str, Any],
    sample_weight: Any,
    work: Work,
    prefix: str = "",
    frames: Frames | None = None,
) -> tuple[Part, Mapping[str, Column]]:
    """The job with its columns, whose names begin with `prefix`, and the columns of the roles as they were given."""
    loss, preset = definition
    preset, given = in_our_roles(loss, preset, given)
    roles = {r: given[r] for r in loss.roles if given.get(r) is not None}
    _refuse_synonyms(loss, preset, given)
    bound = bind(loss, preset, {k: v for k, v in given.items() if k not in loss.roles})
    columns: Mapping[str, Column]
    if frames is None:
        columns = {r: array_column(r, x, loss) for r, x in roles.items()}
        weight = None if sample_weight is None else array_column("sample_weight", sample_weight)
        job, needed = prepare(bound, columns, work, weight=weight, name=prefix)
        part = Part(job, needed, dict.fromkeys(columns, "array"), None)
    else:
        part, columns = _of_frames(bound, frames, roles, sample_weight, (work, prefix))
    if disordered := _in_another_order(roles):
        part = part.but(job=part.job.but(warnings=(*part.job.warnings, *disordered)))
    return part, columns


def _refuse_synonyms(loss: Loss, preset: Preset, given: Mapping[str, Any]) -> None:
    """Raise UsageError for a role under the name that another library gives it."""
    for word in given:
        role = next((r for r in loss.roles if word in SYNONYMS.get(r, ()) and r not in given), None)
        if role is not None and word not in loss.roles and option_named(loss, preset, word) is None:
            raise UsageError(f"{loss.name} calls {word} {role}: {role}=…")


def _of_frames(
    bound: BoundLoss, frames: Frames, roles: Mapping[str, Any], sample_weight: Any, run: tuple[Work, str]
) -> tuple[Part, Mapping[str, Column]]:
    """The same where some columns are those of frames: roles that are not given are found by their names in `data`, as in a file."""
    columns = {r: frames.column(r, x, bound.loss) for r, x in roles.items()}
    weight = None if sample_weight is None else frames.column("sample_weight", sample_weight)
    missing = [r.name for r in bound.loss.roles.values() if r.name not in columns and not r.optional]
    if missing and frames.inputs.data is None:
        raise UsageError(f"{bound.loss.name} needs {' and '.join(missing)}: give {' '.join(map(frames.inputs.flag, missing))}")
    matched = columns_of(bound, Sources(frames.inputs, columns, frames.rows, weight))
    part = part_on_columns(bound, matched, *run)
    part = part.but(job=part.job.but(warnings=(*frames.inputs.files.warnings, *part.job.warnings)))
    arrays = {r: "array" for r, x in roles.items() if not (names_columns(x) or is_frame(x))}
    return part.but(bindings={**part.bindings, **arrays}), matched.columns


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
