"""Columns whose cells are used as they are, words or numbers: those that name groups of rows, and those of conditions."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from losscli.data.columns import BY_POSITION, Column
from losscli.data.conditions import Condition
from losscli.data.groups import Groups
from losscli.data.kept import Kept
from losscli.errors import InputError, UsageError, counted, errors_at, suggest
from losscli.numeric.lazy import Array, np
from losscli.registry import Loss
from losscli.sources.inputs import Inputs
from losscli.sources.pairing import Matched, Pairing, columns_with_rows
from losscli.sources.table import Table

__all__ = ["cell_column", "cluster_columns", "group_column", "keep_rows"]


def group_column(inputs: Inputs, rows: Pairing, text: str, flag: str, *, limit: int | None = None, missing: str = "") -> Column:
    """The column of a SOURCE as a column of Data, whose numbers are the codes of the groups: `column.groups` has their names.

    Several columns (a,b) make one key. `rows` is called after its `match` for the roles. Raises what `cell_column` raises; `limit` and
    `missing` are those of Groups.
    """
    column = cell_column(inputs, rows, text, flag, several=True)
    if rows.kept is not None:
        column = column.only(rows.kept)
    return column.but(groups=Groups(_names(column), flag, limit, missing))


def cluster_columns(inputs: Inputs, rows: Pairing, texts: Sequence[str], flag: str = "--cluster") -> dict[str, Column]:
    """The columns of clusters, or of folds, by the names that they have in the data: one; or those of two kinds, and of both at once."""
    every = [*texts, *[",".join(text.removeprefix("::") for text in texts)] * (len(texts) == 2)]
    return {f"clusters.{t}": group_column(inputs, rows, t, flag, missing=f"the row needs a {flag[2:].removesuffix('s')}") for t in every}


def cell_column(inputs: Inputs, rows: Pairing, text: str, flag: str, *, several: bool = False, rest: str = "") -> Column:
    """The column of a SOURCE, its rows in the order of the roles. For messages, `flag` is the option, `rest` its text after the SOURCE.

    Raises UsageError for numbers, InputError for a column that does not exist, and for several columns unless `several`.
    """
    if (table := _file_with(inputs, text)) is not None:
        written = f"{flag} {shlex.quote(f'{table.label}::{text}{rest}')}"
        where = f"no file {text}, and no DATA" if inputs.data is None else f"{inputs.data} has no column {text}"
        raise InputError(f"{where}: for the column {text} of {table.label} write {written}")
    column = inputs.column(text)
    if column.label == "inline":
        raise UsageError(f"{flag} {text} was read as numbers: for a column by its position write ::{text}")
    if column.stacked and not several:
        raise InputError(f"{flag} {text} names {len(column.keys)} columns: give one")
    column, warnings = rows.align(column)
    inputs.files.doubts |= {w.message: w for w in warnings}
    return column


def _file_with(inputs: Inputs, text: str) -> Table | None:
    """The first opened file that has the columns of a text which names no file and no columns of DATA; None for none."""
    if "::" in text or inputs.is_source(text):
        return None
    names = text.split(",")
    having = (t for t in inputs.files.tables.values() if t.names and all(n in t.names for n in names))
    found = next(having, None)
    return None if found is inputs.data_table else found


def keep_rows(rows: Pairing, conditions: Sequence[Condition], loss: Loss, matched: Matched) -> Matched:
    """The columns without the rows that do not meet all conditions. `rows` remembers which these are, for other columns.

    Raises what `cell_column` raises, and InputError for columns with different numbers of rows.
    """
    rows.kept = _kept(rows, conditions)  # again for each loss, since its files may leave out more rows by their ids
    columns = {r: c.only(rows.kept) for r, c in columns_with_rows(loss, matched.columns, matched.weight).items()}
    weight = columns.pop("sample_weight", matched.weight)
    return matched.but(columns={**matched.columns, **columns}, weight=weight)


def _kept(rows: Pairing, conditions: Sequence[Condition]) -> Kept:
    """The rows that meet all conditions; the same object for the same conditions on the same columns."""
    columns = []
    for condition in conditions:
        with errors_at(f"--where {condition.text}"):
            columns.append(cell_column(rows.inputs, rows, condition.column, "--where", rest=condition.rest))
    texts = [c.text for c in conditions]
    cache, key = rows.inputs.files.pairing_cache.kept, (*texts, *((c.label, id(c.array)) for c in columns))
    if key not in cache:
        masks = [_mask(condition, column) for condition, column in zip(conditions, columns, strict=True)]
        if len(counts := {len(m): c.label for m, c in zip(masks, columns, strict=True)}) > 1:
            listed = "; ".join(f"{label} has {counted(n, 'row')}" for n, label in counts.items())
            raise InputError(f"the numbers of rows differ in the columns of --where: {listed}")
        mask = np.logical_and.reduce(masks)
        cache[key] = Kept(mask, texts, "" if mask.any() else _similar_words(conditions, columns, masks))
    return cache[key]


def _mask(condition: Condition, column: Column) -> Array:
    """Which rows of a column meet a condition."""
    masks, at = [np.zeros(0, bool)], 0
    for parts in column.cells():
        masks.append(condition.keep(column, parts, at))
        at += len(parts[0])
    return np.concatenate(masks)


def _similar_words(conditions: Sequence[Condition], columns: Sequence[Column], masks: Sequence[Array]) -> str:
    """' (did you mean north?)' for the first condition that asks for a word that no row has."""
    for condition, column, mask in zip(conditions, columns, masks, strict=True):
        if condition.operator == "=" and not mask.any():
            cells = (cell for (x,) in column.cells() if x.dtype.kind in "OU" for cell in x.reshape(-1).tolist())
            if hint := suggest(condition.value, dict.fromkeys(cell.strip() for cell in cells if isinstance(cell, str))):
                return hint
    return ""


def _names(column: Column) -> tuple[str, ...]:
    """The names of its columns for a result."""
    keys = tuple(key.replace(BY_POSITION, "::") for key in column.keys) or ("",)
    return tuple(key or column.label.rpartition("::")[2] for key in (column.names or keys))
