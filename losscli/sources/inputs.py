"""A SOURCE, as written on the command line, to a column of numbers: inline, standard input, a file, part of a file, part of DATA."""

from __future__ import annotations

import os
import re
import select as waiting
import stat
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from losscli.data.cells import TRUTHS, read_number
from losscli.data.column_names import tails
from losscli.data.columns import Column
from losscli.data.labels import Labels, mapping
from losscli.domains import LabelIn
from losscli.errors import InputError, UsageError, Warned, suggest
from losscli.numeric.lazy import np
from losscli.registry import Loss
from losscli.sources.files import Origin, of_bytes, of_file, within
from losscli.sources.formats import FORMATS, Reading, format_of, sniff
from losscli.sources.held import Held
from losscli.sources.inline import inline
from losscli.sources.json_files import read_json
from losscli.sources.selectors import SYNONYMS, Keys, chosen, everything, groups, holds, named_alike, select, simple
from losscli.sources.table import Table

__all__ = ["FORMATS", "SYNONYMS", "Inputs", "Reading", "Table"]


@dataclass
class Inputs:
    """All that a command reads: DATA, and the files that its sources name, each opened once."""

    data: str | None = None
    reading: Reading = field(default_factory=lambda: Reading())
    classes: tuple[str, ...] = ()
    flag: Callable[[str], str] = lambda role: f"--{role.replace('_', '-')} SOURCE"
    stdin: Callable[[int], bytes] = lambda most: sys.stdin.buffer.read(most)
    folder: str = ""  # what the names of files are relative to
    used_data: bool = False
    read_inline: list[str] = field(default_factory=list)
    orders: dict[Any, Any] = field(default_factory=dict)  # what was found out of the order of rows, by file
    notes: list[str] = field(default_factory=list)
    _doubts: dict[str, Warned] = field(default_factory=dict)
    _tables: dict[str, Table] = field(default_factory=dict)
    _views: list[Inputs] = field(default_factory=list)  # this and all that `within` gave

    @property
    def files(self) -> list[str]:
        """The names of what was read: files, and patterns with the files they stand for."""
        return [name for key, table in self._tables.items() for name in (key, *getattr(table, "files", ()))]

    @property
    def headers(self) -> dict[str, bool]:
        """Of each table of text, whether it was found to have a header."""
        found = {name: getattr(table, "header", None) for name, table in self._tables.items()}
        return {name: header for name, header in found.items() if header is not None}

    @property
    def warnings(self) -> list[Warned]:
        """What is said of the files, but for what the numbers of rows have settled."""
        return [*self._doubts.values(), *(w for table in self._tables.values() for w in getattr(table, "warnings", ()))]

    def __post_init__(self) -> None:
        if self.reading.format is not None and self.reading.format not in FORMATS:
            known = suggest(self.reading.format, FORMATS)
            raise UsageError(f"--input-format takes {', '.join(FORMATS)}, not {self.reading.format!r}{known}")
        if "" in self.classes:
            raise UsageError("--classes takes names with commas between them, and one is empty")
        if len(set(self.classes)) < len(self.classes):
            raise UsageError("--classes names one class twice")
        if self.reading.most < 0:
            raise UsageError(f"--max-bytes takes 0 or more, not {self.reading.most}")
        self._views.append(self)

    def within(self, data: str | None, folder: str = "", classes: tuple[str, ...] = ()) -> Inputs:
        """The same files, each still opened once, as a file in a folder names them, with a DATA of its own."""
        return replace(
            self, data=data, folder=folder, classes=classes, flag=lambda role: f"{role}: SOURCE", used_data=False, read_inline=[]
        )

    # --- files -----------------------------------------------------------------------------------------------------------

    def table(self, name: str) -> Table:
        """The file of a name, or standard input for '-'. Raises InputError where it cannot be read."""
        if name not in self._tables:
            self._tables[name] = self._standard_input() if name == "-" else self._open(name)
        return self._tables[name]

    def _open(self, name: str) -> Table:
        if name.lstrip()[:1] in ("{", "[") and not _is_file(name):
            return read_json(Origin("DATA", None, os.fsencode(name)))
        if not _is_pattern(name):
            return self._file(name)
        from losscli.sources.globs import Several, matching

        files = matching(name)
        if not files:
            raise InputError(f"no file matches {name}")
        return Several(name, [self._file(f) for f in files])

    def _file(self, name: str) -> Table:
        origin = of_file(name, self.reading.most)
        if origin.path is None:
            return self._piped(origin)
        return FORMATS[format_of(origin, self.reading.format)](origin, self.reading)

    def _standard_input(self) -> Table:
        if sys.stdin is None or sys.stdin.isatty():
            raise InputError("nothing comes in on standard input: pipe a file into it, or name one instead of '-'")
        try:
            held = within(self.stdin, "standard input", self.reading.most)
        except OSError as error:
            raise InputError(f"standard input cannot be read: {error.strerror or error}") from None
        return self._piped(of_bytes(held, most=self.reading.most))

    def _piped(self, origin: Origin) -> Table:
        """What a pipe gave: it has no suffix, so its first bytes tell what it is."""
        name = self.reading.format or sniff(origin.data)
        if self.reading.format is None and not {"header", "decimal"} & {*self.reading.of_text} and name in ("csv", "tsv"):
            text = origin.data.decode("utf-8-sig", "replace").strip()
            if "\n" not in text and (numbers := inline(text)) is not None:
                return Held(origin.label, numbers)  # one line of numbers is a list of them, not a header
        return FORMATS[name](origin, self.reading)

    # --- sources ---------------------------------------------------------------------------------------------------------

    def column(self, text: str) -> Column:
        """The column that a SOURCE means. Raises InputError or UsageError with what it could be."""
        if not text.strip():
            raise UsageError("an empty text is no SOURCE: give numbers, a column or a file")
        if text.startswith("="):
            raise UsageError(f"{text!r} begins with '=': after a short option goes a space, -p {text[1:]}")
        if (numbers := self._inline(text)) is not None:
            self.read_inline.append(text)
            return Column("inline", numbers)
        if text == "-":
            return everything(self.table("-"))
        name, two, selector = text.partition("::")
        if two:
            self.used_data |= not name or self._path(name) == self.data
            table, keys = self.part(text)
            return chosen(table, keys, selector)
        path = self._path(text)
        is_file = _is_file(path)
        data, found = (None, None) if self.data is None else self._selected(self.data, text)
        if is_file and found is not None:
            raise UsageError(f"{text!r} is a column of {self.data} and a file: say ::{text} for the column, ./{text} for the file")
        if found is not None and data is not None:
            self.used_data = True
            return chosen(data, found, text)
        if not is_file and data is None and "-" not in self._tables and not _is_pattern(path) and _piped():
            raise InputError(f"no file {text}; a column of the data that comes in on standard input is -::{text}")
        if is_file or data is None or _means_files(text, path):
            self.used_data |= path == self.data
            return self._whole(path)
        raise InputError(f"no column or file {text!r}{suggest(text, data.names)}; {holds(data)}")

    def _are_columns(self, text: str) -> bool:
        """Whether words that stand for numbers are the names of columns of DATA: False,True."""
        if not any(part.strip().casefold() in TRUTHS for part in text.split(",")):
            return False
        data = self._data_table()
        return data is not None and select(data, text) is not None

    def _inline(self, text: str) -> Any:
        """The numbers that a text spells; None for the name of something. Raises InputError for a text that is neither."""
        if self._are_columns(text):
            return None
        try:
            return inline(text)
        except InputError:
            if _is_file(self._path(text.partition("::")[0])):
                return None  # [x].csv
            raise

    def option(self, text: str) -> Any:
        """What an option of one number a class takes from a SOURCE: an array, or the only number in it."""
        column = self.column(text)
        if not column.keys and getattr(self.holder(column), "frame", None) is not None:
            raise InputError(f"{column.label} has its numbers by key: write them as a list, in the order of the classes")
        whole = column.whole()
        return whole if whole.size != 1 or "[" in text else float(whole.reshape(-1)[0])

    def _path(self, name: str) -> str:
        return name if name == "-" else os.path.join(self.folder, name)

    def _whole(self, name: str) -> Column:
        return everything(self.table(name))

    def _data_table(self) -> Table | None:
        return None if self.data is None else self.table(self.data)

    def part(self, text: str) -> tuple[Table, Keys]:
        """The table of FILE::PART or ::PART, and the columns that are meant. Raises InputError for none, UsageError without DATA."""
        name, _, selector = text.partition("::")
        if not name and self.data is None:
            raise UsageError(f"{text} is a part of DATA, but no DATA is given: losscli compute LOSS DATA … {text}, or FILE{text}")
        table, keys = self._selected(self._path(name) if name else str(self.data), selector)
        if keys is None:
            raise InputError(f"{table.label} has no column {selector!r}{suggest(selector, table.names)}; {holds(table)}")
        return table, keys

    def _selected(self, name: str, selector: str) -> tuple[Table, Keys | None]:
        """The columns of a file that are meant. One that is named says that the file has a header, whatever --no-header says of others."""
        table: Any = self.table(name)
        keys = select(table, selector)
        if keys is not None or not hasattr(table, "with_header") or table.header is not False:
            return table, keys
        if self.reading.header is None and table.doubt is None:
            return table, keys
        named = table.with_header()
        if (keys := select(named, selector)) is None:
            return table, None
        if table.used:
            raise UsageError(f"{name} has a header, as {selector!r} names a column of it, or none: name all its columns")
        self._tables[name] = named
        self.notes.append(
            f"{name} has a header, as {selector!r} names a column of it"
            + ": --no-header is for the others" * (self.reading.header is False)
        )
        return named, keys

    def there(self, text: str) -> bool:
        """Whether a text is a file, a part of one, or a column of DATA, as it stands."""
        name = text.partition("::")[0]
        data = self._data_table()
        return _is_file(self._path(name)) or (data is not None and data.has(text))

    def several(self, text: str) -> list[str] | None:
        """The names of the columns that a SOURCE means; None for one column, or for what has no names."""
        if self._inline(text) is not None or text == "-":
            return None
        name, two, _ = text.partition("::")
        if two and (name or self.data is not None):
            table, keys = self.part(text)
            return self._names(table, keys)
        data = self._data_table()
        if data is None or self.data is None or two or _is_file(self._path(text)):
            return None
        return self._names(*self._selected(self.data, text))

    def several_by_name(self, role: str) -> list[str] | None:
        """The same for what DATA has under the name of a role."""
        data = self._data_table()
        return None if data is None else self._names(data, self._by_name(data, role, False))

    def _names(self, table: Table, keys: Keys | None) -> list[str] | None:
        return list(keys.names) if keys is not None and keys.stacked and table.names and len(keys.names) > 1 else None

    def holder(self, column: Column) -> Table | None:
        """The table that a column is of; None for numbers that were written."""
        label = column.label.partition("::")[0]
        return next((t for t in self._tables.values() if t.label == label), None)

    def check_used(self) -> None:
        """Raise UsageError for DATA that no role uses (most likely positions that were read as numbers), for options that reach no file,
        and for a first line of which must be said what it is.
        """
        if self.reading.of_text and not self.headers:
            raise UsageError(f"--{self.reading.of_text[0]} is for CSV and TSV, and none was read")
        for table in self._tables.values():
            if (question := getattr(table, "question", None)) is not None:
                raise question
        for data in dict.fromkeys(v.data for v in self._views):
            views = [v for v in self._views if v.data == data]
            if data is not None and not any(v.used_data for v in views):
                written = dict.fromkeys(text for v in views for text in v.read_inline)
                meant = ", ".join(f"::{n}" for n in written if re.fullmatch(r"-?\d+", n))
                hint = f" ({', '.join(written)} was read as numbers; for a column by its position say {meant})" if meant else ""
                raise UsageError(f"no role uses {data}{hint}")

    # --- roles -----------------------------------------------------------------------------------------------------------

    def roles(
        self, known: Loss, given: Mapping[str, str | Column], ignored: float | None = None, flag: str = "--ignore-index"
    ) -> dict[str, Column]:
        """A column for each role: the sources given, and what DATA has under a role's name or one of its synonyms.

        `ignored` is the label that is no class, `flag` the option that says so. Raises InputError where DATA has none or more than one
        for a role, UsageError where data waits on standard input for a role that is not given.
        """
        if self.classes and not any(_is_label(known, role) for role in known.roles):
            raise UsageError(f"{known.name} has no labels: --classes names the classes of losses that have, such as cross_entropy")
        found = {role: x if isinstance(x, Column) else self.column(x) for role, x in given.items()}
        table = self._data_table()
        if table is not None:
            for role in known.roles.values():
                if role.name in found:
                    continue
                if (keys := _boxes(table, known, role.name, found) or self._by_name(table, role.name, role.optional)) is not None:
                    self.used_data = True
                    found[role.name] = chosen(table, keys, None)
            lone = [r.name for r in known.roles.values() if r.name not in found and not r.optional]
            if not table.names and len(lone) == 1 and not self.used_data:
                self.used_data = True  # an array without names is the only role that is left
                found[lone[0]] = everything(table)
        missing = [r.name for r in known.roles.values() if r.name not in found and not r.optional]
        if missing and table is not None:
            flags = " ".join(map(self.flag, missing))
            raise InputError(f"{table.label} has no column for {' and '.join(missing)}: name it with {flags}; {holds(table)}")
        if missing and "-" not in self._tables and _piped():
            flags = " ".join(map(self.flag, missing))
            raise UsageError(f"{known.name} needs {' and '.join(missing)}: give {flags}; '-' is the data that comes in on standard input")
        self._doubt(known, found)
        return {r: self._with_classes(known, r, found, {"ignored": ignored, "flag": flag}) for r in found}

    def _doubt(self, known: Loss, found: Mapping[str, Column]) -> None:
        """Say what is in doubt of first lines, but where another source has as many rows: with one line more or less, it would not.

        Raises UsageError for what has to be settled.
        """
        streams = {r: c.stream for r, c in found.items() if c.stream is not None}
        doubts = {r: d for r, s in streams.items() if (d := getattr(s, "doubt", None)) is not None}
        rows = [r for r in found if not known.roles[r].domain.shared]
        settled = any(r not in doubts and (r in streams or np.size(found[r].array) > 1) for r in rows)
        for role, doubt in doubts.items():
            unsettled = getattr(streams[role], "unsettled", False)
            if unsettled and not (settled and role in rows):
                raise UsageError(doubt.message)
            if unsettled or not (settled and role in rows):
                self._doubts[doubt.message] = doubt

    def _by_name(self, table: Table, role: str, optional: bool) -> Keys | None:
        named = named_alike(table.names, (role,))
        if not named and optional:
            return None
        together: dict[str, tuple[str, ...]] = {}
        if not named:
            named = named_alike(table.names, SYNONYMS.get(role, ()))
            together = {} if named else groups(table.names, role)
        candidates = named or list(together)
        if len(candidates) > 1:
            same = len(set(candidates)) == 1
            where = " or ".join(f"::{i}" for i, n in enumerate(table.names) if n in candidates) if same else self.flag(role)
            raise InputError(f"{table.label} has more than one column for {role}: {', '.join(candidates)}: choose with {where}")
        if named:
            return Keys((named[0],), False)
        return Keys(together[candidates[0]], True) if candidates else None

    def _with_classes(self, known: Loss, role: str, found: Mapping[str, Column], how: Mapping[str, Any]) -> Column:
        """Labels may be words: of the columns they choose from, or of --classes."""
        column, domain = found[role], known.roles[role].domain
        if not isinstance(domain, LabelIn):
            return self._with_names(known, role, column) if _is_label(known, role) else column
        if column.stacked or domain.ndim:
            return column
        over = found.get(domain.over)
        names = over.names if over is not None and over.stacked and len(over.names) > 1 else ()
        labels = self._labels(role, domain.over, names, how)
        return column if labels is None else replace(column, labels=labels)

    def _labels(self, role: str, over: str, names: tuple[str, ...], how: Mapping[str, Any]) -> Labels | None:
        """What the labels of a role may call the columns of these names."""
        words, *longer = tails(names) if names else [()]
        for tail in (words, *longer):
            if self.classes and set(tail) == set(self.classes):  # in the order of the columns, whichever they are given in
                return Labels(words, tails=longer, order=[tail.index(c) for c in self.classes], **how)
        speaking = any(n != w and read_number(w) is None for n, w in zip(names, words, strict=True))
        if self.classes and speaking and any(read_number(c) is None for c in self.classes):
            raise InputError(
                f"--classes {','.join(self.classes)} does not agree with the columns of {over}, which are {', '.join(words)}: leave it out"
            )
        if self.classes or not words:
            return Labels(self.classes, **how) if self.classes else None
        said = (
            f"{role} holds numbers, and the columns of {over} are named by words, so they are taken in their order: {mapping(names)}; "
            "--classes says another order, or this one without a warning"
        )
        return Labels(words, tails=longer, **how, warning=said if speaking else "")

    def _with_names(self, known: Loss, role: str, column: Column) -> Column:
        """Labels that are no class indices: of two classes, or of any."""
        pair = known.roles[role].domain.pair
        if pair is None:
            return replace(
                column, labels=Labels(self.classes) if self.classes else None, hint="if it is a label, name all of them: --classes A,B,…"
            )
        if not self.classes:
            hint = f"for words as labels say --classes A,B, where A is the word for {pair[0]:g}, B that for {pair[1]:g}"
            return replace(column, hint=hint)
        if len(self.classes) != 2:
            raise UsageError(
                f"{known.name} has two classes: --classes takes the words for {pair[0]:g} and {pair[1]:g}, not {len(self.classes)}"
            )
        return replace(column, labels=Labels(self.classes, codes=() if pair == (0, 1) else pair))


def _is_label(known: Loss, role: str) -> bool:
    """Whether a role takes labels, for which words may stand."""
    domain = known.roles[role].domain
    return isinstance(domain, LabelIn) or domain.takes_words or (role != known.first and domain.pair is not None)


def _piped() -> bool:
    """Whether data waits on standard input."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
        return stat.S_ISREG(mode) or (stat.S_ISFIFO(mode) and bool(waiting.select([sys.stdin], [], [], 0)[0]))
    except (OSError, ValueError, AttributeError):  # closed, or none that the system knows
        return False


def _boxes(table: Table, known: Loss, role: str, found: Mapping[str, Column]) -> Keys | None:
    """COCO's name for boxes, where they can only be those of the one role of boxes that is left."""
    left = [r.name for r in known.roles.values() if r.domain.size == 4 and r.name not in found]
    named = [n for n in table.names if simple(n) == "bbox"]
    return Keys((named[0],), False) if left == [role] and len(named) == 1 and role not in map(simple, table.names) else None


def _means_files(text: str, path: str) -> bool:
    """Whether what is no column is meant for files, there or not."""
    if _is_pattern(path):
        from losscli.sources.globs import matching

        return bool(matching(path))
    return len(text) < 200 and Path(text).suffix != "" and Path(text).parent != Path(".")


def _is_pattern(text: str) -> bool:
    return any(c in text for c in "*?[") and not _is_file(text)


def _is_file(text: str) -> bool:
    try:
        return Path(text).exists() and not Path(text).is_dir()  # a pipe is one, too
    except (OSError, ValueError):  # too long for a path, or not one
        return False
