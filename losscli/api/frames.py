"""Frames from Python: the columns that roles, weights, groups and slices name, by the same rules as the columns of a file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from losscli.data.columns import Column
from losscli.data.slices import Slices
from losscli.errors import InputError, UsageError, suggest
from losscli.numeric.arrays import as_array
from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.registry import Loss
from losscli.sources.cell_columns import cell_column
from losscli.sources.frames import frame_columns, is_frame, table_in_memory
from losscli.sources.inputs import Inputs
from losscli.sources.join import Joining, pairing
from losscli.sources.open_files import OpenFiles, is_file
from losscli.sources.pairing import Pairing
from losscli.sources.selectors import Selection, column_of, contents
from losscli.sources.slice_columns import By, slices_of
from losscli.sources.table import Table
from losscli.sources.whole import whole_source

__all__ = ["Frames", "array_column", "check_used", "frames_of", "named_predictions", "names_columns"]


class Frames(Record):
    """The frames of a call, and how their rows are paired."""

    inputs: Inputs
    rows: Pairing
    opened: list[Any]  # the frames that are roles

    def column(self, role: str, x: Any, loss: Loss | None = None) -> Column:
        """The column that a role was given: by a name or several names, as a frame of its own, or as an array.

        Raises InputError for a name that `data` does not have.
        """
        if names_columns(x):
            return self._named(role, [x] if isinstance(x, str) else x, stacked=not isinstance(x, str))
        if is_frame(x):
            return self._whole(role, x)
        return array_column(role, x, loss)

    def _whole(self, role: str, x: Any) -> Column:
        """All columns of a frame but those of ids. Raises InputError for a frame without them, UsageError for ids that are not named."""
        table, ids = self._own_table(role, x), self.inputs.id_names
        if ids is not None and not ids.any_in(table):
            raise InputError(f"{role} has no column {ids.text!r} of ids{suggest(ids.text, table.names)}; {contents(table)}")
        try:
            return whole_source(table, ids)
        except UsageError as error:
            said = str(error).partition(": name ")[0]
            raise UsageError(f"{said}: give id=… to pair the rows by it, or one column of the frame") from None

    def _own_table(self, role: str, x: Any) -> Table:
        """The table of a frame that is a role, opened once; another frame of the same role has another label."""
        tables = self.inputs.files.tables
        k = next((k for k, known in enumerate(self.opened) if known is x), len(self.opened))
        if k == len(self.opened):
            self.opened.append(x)
            label = role if role not in {t.label for t in tables.values()} else f"{role}_{k}"
            tables[f"frame {k}"] = table_in_memory(label, x)
        return tables[f"frame {k}"]

    def _named(self, role: str, names: Sequence[str], *, stacked: bool) -> Column:
        table = self.named_table(role, names)
        if not stacked:
            return self.inputs.column(f"::{names[0]}")
        if missing := [n for n in names if not table.has(n)]:
            raise InputError(f"{table.label} has no column {missing[0]!r}{suggest(missing[0], table.names)}; {contents(table)}")
        self.inputs.data_is_used = True
        return column_of(table, Selection(tuple(names), True), None)

    def named_table(self, role: str, names: Sequence[str]) -> Table:
        if (table := self.inputs.data_table) is None:
            raise UsageError(f"{role}={names[0]!r} names a column, and there is no data: give data=…")
        return table

    def cells(self, name: str, x: Any) -> Any:
        """The column that names groups of rows; an array stays as it is."""
        if not isinstance(x, str):
            return x
        self.named_table(name, [x])
        return cell_column(self.inputs, self.rows, f"::{x}", f"--{name}")

    def slices(self, by: Any) -> Slices | None:
        """The slices by one or several columns; None for arrays, and for a list of words that are no columns."""
        if not names_columns(by):
            return None
        names = [by] if isinstance(by, str) else list(by)
        table = self.named_table("by", names)
        if not isinstance(by, str) and not all(map(table.has, names)):
            return None
        return slices_of(self.inputs, self.rows, By(f"::{','.join(names)}", ()))


def names_columns(x: Any) -> bool:
    """Whether x is a name, or a list of names."""
    return isinstance(x, str) or (isinstance(x, list | tuple) and bool(x) and all(isinstance(n, str) for n in x))


def array_column(role: str, x: Any, loss: Loss | None = None) -> Column:
    """An array as the column of a role. Raises UsageError where it does not hold numbers, and the role takes no words."""
    takes_words = loss is not None and role in loss.roles and loss.roles[role].domain.takes_words
    words = _words(x) if takes_words else None
    array = words if words is not None else as_array(role, x) if not is_frame(x) else _of_numbers(role, x)
    if takes_words and array.dtype.kind == "U":
        return Column(role, array)
    if isinstance(x, str):
        raise UsageError(f"{role} is the word {x!r}: the name of a column needs data=…, numbers need an array")
    if array.dtype.kind not in "fiub":
        indices = f": give the index of each label's class, [classes.index(x) for x in {role}]"
        is_label = loss is not None and loss.labels is not None and loss.labels.name == role and array.dtype.kind == "U"
        raise UsageError(f"{role} {_content(x, array)}{indices if is_label else ''}")
    return Column(role, array)


def _words(x: Any) -> Array | None:
    """The words in a series of pandas or polars, or in an array of objects, all of which are words; else None."""
    if is_frame(x) or not hasattr(x, "dtype") or not (hasattr(x, "to_numpy") or getattr(x.dtype, "kind", "") == "O"):
        return None
    cells = np.asarray(x.to_numpy() if hasattr(x, "to_numpy") else x)
    return cells.astype(str) if cells.dtype.kind == "O" and cells.size and all(isinstance(c, str) for c in cells.flat) else None


def _content(x: Any, array: Array) -> str:
    """What is in an array that does not hold numbers."""
    if array.dtype.kind != "O":
        return f"holds {'texts' if array.dtype.kind in 'US' else array.dtype}, not numbers"
    if not array.ndim:
        return f"is of type {type(x).__name__}, not an array of numbers"
    kinds = {type(cell).__name__ for cell in array.flat if not isinstance(cell, int | float)}
    return f"holds values of type {min(kinds)}, not numbers" if kinds else "holds objects, not numbers: convert it with astype(float)"


def _of_numbers(role: str, x: Any) -> Array:
    """A frame as an array. Raises UsageError for one with other columns than numbers, and for a dict of columns."""
    try:
        array = as_array(role, x)
    except UsageError:
        array = np.zeros(0, object)
    if array.dtype.kind not in "fiub":
        names = list(frame_columns(x))
        raise UsageError(
            f"{role} is a frame with the columns {', '.join(names[:12])}, which are not all numbers: give a column, or data=… and a name"
        )
    return array


def frames_of(data: Any, id: Any, classes: Sequence[str] | None, given: Mapping[str, Any]) -> Frames | None:
    """The frames of a call; None where all roles are arrays. `given` are the roles.

    Raises UsageError for `id` and `classes` without a frame, and for a `data` that has no columns with names.
    """
    if classes is not None and (isinstance(classes, str) or not hasattr(classes, "__iter__")):
        raise UsageError(f"classes takes the names of the classes, such as ['cat', 'dog'], not {classes!r}")
    words = tuple(map(str, () if classes is None else classes))
    if classes is not None and not words:
        raise UsageError("classes is empty: it takes the names of the classes, such as ['cat', 'dog']")
    if data is None and id is None:
        if words:
            raise UsageError("classes names the labels of a column: give data=…")
        return None
    if data is None and not any(map(is_frame, given.values())):
        raise UsageError(f"id={id!r} names a column of ids, and there is no frame: give data=…, or frames as roles")
    files, label = OpenFiles(), None
    if isinstance(data, str | os.PathLike):
        label = os.fspath(data)
        if not is_file(label):
            raise InputError(f"data: no file {label}")
    elif data is not None:
        label = "data"
        files.tables[label] = table_in_memory(label, data)
    inputs = Inputs(label, files, words, flag=lambda role: f"{role}=…")
    names = None if id is None else Joining(",".join([id] if isinstance(id, str) else map(str, id)))
    return Frames(inputs, pairing(inputs, names), [])


def check_used(frames: Frames | None) -> None:
    """Raise UsageError for a `data` of which no column is used."""
    if frames is not None:
        frames.inputs.check_used()


def named_predictions(predictions: Any, frames: Frames | None) -> dict[str, Any]:
    """The predictions by their names: a mapping, a frame with a column for each, or names of columns of `data`.

    Raises UsageError for none, and for a name twice.
    """
    if frames is not None and names_columns(predictions):
        names = [predictions] if isinstance(predictions, str) else list(predictions)
        if len(set(names)) < len(names):
            raise UsageError(f"predictions names {next(n for n in names if names.count(n) > 1)!r} twice")
        return dict(zip(names, names, strict=True))
    if isinstance(predictions, Mapping):
        found = {str(name): x for name, x in predictions.items()}
    else:
        found = frame_columns(predictions) if is_frame(predictions) else {}
    if not found:
        raise UsageError("compare takes an array for each prediction: {'a': [1, 2], 'b': [1, 3]}; with data=… names of its columns")
    return found
