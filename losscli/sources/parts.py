"""Make a loss and the SOURCEs of its roles into a part, which the engine can run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from losscli.catalogue.binding import BoundLoss, option_named
from losscli.catalogue.lookup import find
from losscli.data.columns import Column
from losscli.engine.groups import Part
from losscli.engine.plan import prepare
from losscli.engine.planning.sample_weights import as_sample_weight
from losscli.engine.work import Work
from losscli.errors import UsageError
from losscli.presets import Made
from losscli.record import Record
from losscli.registry import Loss, Preset
from losscli.sources.inputs import Inputs
from losscli.sources.pairing import Matched, Pairing
from losscli.sources.roles import columns_of_roles

if TYPE_CHECKING:
    from losscli.data.conditions import Condition

__all__ = ["Sources", "columns_of", "option_values", "part", "part_on_columns"]


class Sources(Record):
    """Where the columns of one loss come from."""

    inputs: Inputs
    roles: Mapping[str, str | Column]  # a role that is missing here is read from DATA
    rows: Pairing  # how the rows of several files are matched
    weight: str | Column | None = None  # the sample weights; a SOURCE is read after the roles
    where: Sequence[Condition] = ()  # the conditions that the rows meet


def part(bound: BoundLoss, sources: Sources, work: Work, name: str = "") -> Part:
    """The part of a loss on its columns. `name` is the prefix of its column names in the data.

    Raises UsageError for a role without a source, InputError for a file that cannot be read and for columns that do not fit together.
    """
    loss, matched = bound.loss, columns_of(bound, sources)
    if missing := [r.name for r in loss.roles.values() if r.name not in matched.columns and not r.optional]:
        raise UsageError(f"{loss.name} needs {' and '.join(missing)}: give {' '.join(map(sources.inputs.flag, missing))}")
    return part_on_columns(bound, matched, work, name)


def columns_of(bound: BoundLoss, sources: Sources) -> Matched:
    """The columns of the roles, all with their rows in the same order, without the rows that the conditions leave out."""
    flag = f"--{bound.preset.word('ignore_index').replace('_', '-')}"
    form = bound.preset.by_shape.get("vectors")
    of_vectors = None if form is None else find(form.loss)[0]
    roles = {**_in_their_words(bound, sources), **sources.roles}
    columns = columns_of_roles(sources.inputs, bound.loss, roles, bound.options.get("ignore_index"), flag, of_vectors)
    weight = sources.inputs.column(sources.weight) if isinstance(sources.weight, str) else sources.weight
    matched = sources.rows.match(bound.loss, columns, None if weight is None else as_sample_weight(weight))
    if not sources.where:
        return matched
    from losscli.sources.cell_columns import keep_rows

    return keep_rows(sources.rows, sources.where, bound.loss, matched)


def _in_their_words(bound: BoundLoss, sources: Sources) -> dict[str, str]:
    """The columns of DATA that have the framework's name of a role, where none has ours: the column mulog, for mu."""
    words, table = bound.preset.role_words, sources.inputs.data_table if bound.preset.role_words else None
    if table is None:
        return {}
    plain = {word: role for word, role in words.items() if not isinstance(role, Made) and word in table.names and role not in table.names}
    return {role: f"::{word}" for word, role in plain.items()}


def part_on_columns(bound: BoundLoss, matched: Matched, work: Work, name: str = "") -> Part:
    """The part of a loss on these columns."""
    job, columns = prepare(bound, matched.columns, work, weight=matched.weight, name=name)
    job = job.but(notes=(*job.notes, *matched.notes), warnings=(*job.warnings, *matched.warnings), rows_unmatched=matched.unmatched)
    return Part(job, columns, {role: c.source for role, c in matched.columns.items()}, None)


def option_values(loss: Loss, preset: Preset, options: Mapping[str, Any], inputs: Inputs) -> dict[str, Any]:
    """The options, with a SOURCE replaced by its numbers, one for each class."""
    found = {word: option_named(loss, preset, word) for word in options}
    return {w: inputs.option(x) if (option := found[w]) is not None and option.is_source(x) else x for w, x in options.items()}
