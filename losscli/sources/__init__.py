"""A SOURCE, as written on the command line, to a column of numbers: inline, standard input, a file, part of a file, part of DATA."""

from __future__ import annotations

import fnmatch
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from losscli.blocks import Column
from losscli.domains import LabelIn
from losscli.errors import InputError, UsageError, suggest
from losscli.registry import Loss
from losscli.sources.inline import inline
from losscli.sources.nested import Held, JsonLines, read_json, read_yaml
from losscli.sources.origin import Origin, of_bytes, of_file

__all__ = ["FORMATS", "SYNONYMS", "Inputs", "Table"]

SYNONYMS = {
    "pred": ("y_pred", "yhat", "y_hat", "prediction", "predictions", "predicted", "output", "outputs", "logit", "logits", "score",
             "scores", "prob", "probs", "probability", "probabilities", "proba", "y_prob", "y_score", "log_probs", "log_prob", "p"),
    "target": ("y_true", "y", "label", "labels", "actual", "actuals", "truth", "targets", "ground_truth", "class", "t"),
    "var": ("variance", "variances", "y_var", "pred_var"),
    "anchor": ("anchors",),
    "positive": ("positives",),
    "negative": ("negatives",),
    "input1": ("x1", "a"),
    "input2": ("x2", "b"),
    "z_a": ("za", "view_a", "z1"),
    "z_b": ("zb", "view_b", "z2"),
}  # fmt: skip


class Table(Protocol):
    """A file that was opened: columns by name, or an array without names."""

    label: str
    names: tuple[str, ...]

    def all(self) -> Column:
        """Everything in it as one array."""

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        """Some of its columns, side by side if stacked."""

    def has(self, name: str) -> bool:
        """Whether a column, or a place deeper in the file, has this name."""

    def width(self) -> int:
        """How many columns can be chosen by position."""

    def texts(self, name: str) -> list[Any]:
        """A column as it is written, for ids."""


@dataclass(frozen=True)
class Reading:
    """How text is read where its suffix does not say."""

    format: str | None = None
    delimiter: str | None = None
    header: bool | None = None


def _csv(delimiter: str) -> Callable[[Origin, Reading], Table]:
    def read(origin: Origin, how: Reading) -> Table:
        from losscli.sources.delimited import Delimited

        chosen = delimiter if how.delimiter is None or delimiter == "\t" else how.delimiter  # a .tsv says what divides its fields
        return Delimited(origin, {"\\t": "\t", "tab": "\t"}.get(chosen, chosen), how.header)

    return read


def _npy(origin: Origin, how: Reading) -> Table:
    from losscli.sources.arrays import read_npy

    return read_npy(origin)


def _npz(origin: Origin, how: Reading) -> Table:
    from losscli.sources.arrays import read_npz

    return read_npz(origin)


FORMATS: dict[str, Callable[[Origin, Reading], Table]] = {
    "csv": _csv(","),
    "tsv": _csv("\t"),
    "json": lambda origin, how: read_json(origin),
    "jsonl": lambda origin, how: JsonLines(origin),
    "yaml": lambda origin, how: read_yaml(origin),
    "npy": _npy,
    "npz": _npz,
}
_SUFFIXES = {f".{name}": name for name in FORMATS} | {".yml": "yaml", ".ndjson": "jsonl"}


def _format_of(origin: Origin, otherwise: str | None) -> str:
    """By the suffix; where that says nothing, what the user says it is."""
    suffixes = [s.casefold() for s in Path(origin.label).suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    if suffixes and suffixes[-1] in _SUFFIXES:
        return _SUFFIXES[suffixes[-1]]
    if otherwise is not None:
        return otherwise
    what = f"the suffix {suffixes[-1]!r} is not known" if suffixes else "it has no suffix"
    raise InputError(f"{origin.label}: {what}: say what it is with --input-format {'|'.join(FORMATS)}")


def _sniff(data: bytes) -> str:
    """The format of standard input, by how it begins."""
    if data[:6] == b"\x93NUMPY":
        return "npy"
    if data[:4] == b"PK\x03\x04":
        return "npz"
    head = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] in (b"{", b"["):
        first, _, rest = head.partition(b"\n")
        whole = first.strip()
        closed = (whole.startswith(b"{") and whole.endswith(b"}")) or (whole.startswith(b"[") and whole.endswith(b"]"))
        return "jsonl" if closed and rest.strip() else "json"
    first = head.partition(b"\n")[0]
    return "tsv" if b"\t" in first and b"," not in first else "csv"


@dataclass
class Inputs:
    """All that a command reads: DATA, and the files that its sources name, each opened once."""

    data: str | None = None
    reading: Reading = field(default_factory=lambda: Reading())
    classes: tuple[str, ...] = ()
    flag: Callable[[str], str] = lambda role: f"--{role.replace('_', '-')} SOURCE"
    stdin: Callable[[], bytes] = lambda: sys.stdin.buffer.read()
    used_data: bool = False
    read_inline: list[str] = field(default_factory=list)
    _tables: dict[str, Table] = field(default_factory=dict)
    _standard: bytes | None = None

    @property
    def files(self) -> list[str]:
        """The names of what was read."""
        return list(self._tables)

    def __post_init__(self) -> None:
        if self.reading.format is not None and self.reading.format not in FORMATS:
            known = suggest(self.reading.format, FORMATS)
            raise UsageError(f"--input-format takes {', '.join(FORMATS)}, not {self.reading.format!r}{known}")
        if len(set(self.classes)) < len(self.classes):
            raise UsageError("--classes names one class twice")

    # --- files -----------------------------------------------------------------------------------------------------------

    def table(self, name: str) -> Table:
        """The file of a name, or standard input for '-'. Raises InputError where it cannot be read."""
        if name not in self._tables:
            self._tables[name] = self._standard_input() if name == "-" else self._open(name)
        return self._tables[name]

    def _open(self, name: str) -> Table:
        if name.lstrip()[:1] in ("{", "["):
            return read_json(Origin("DATA", None, name.encode()))
        origin = of_file(name)
        return FORMATS[_format_of(origin, self.reading.format)](origin, self.reading)

    def _standard_input(self) -> Table:
        if sys.stdin is None or (sys.stdin.isatty() and self._standard is None):
            raise InputError("nothing comes in on standard input: pipe a file into it, or name one instead of '-'")
        origin = of_bytes(self.stdin())
        if not origin.data.strip():
            raise InputError("standard input is empty")
        name = self.reading.format or _sniff(origin.data)
        if self.reading.format is None and self.reading.header is None and name in ("csv", "tsv"):
            text = origin.data.decode("utf-8-sig", "replace").strip()
            if "\n" not in text and (numbers := inline(text)) is not None:
                return Held("-", numbers)  # one line of numbers is a list of them, not a header
        return FORMATS[name](origin, self.reading)

    # --- sources ---------------------------------------------------------------------------------------------------------

    def column(self, text: str) -> Column:
        """The column that a SOURCE means. Raises InputError or UsageError with what it could be."""
        if not text.strip():
            raise UsageError("an empty text is no SOURCE: give numbers, a column or a file")
        if text.startswith("="):
            raise UsageError(f"{text!r} begins with '=': after a short option goes a space, -p {text[1:]}")
        if (numbers := inline(text)) is not None:
            self.read_inline.append(text)
            return Column("inline", numbers)
        if text == "-":
            return self.table("-").all()
        if text.startswith("::"):
            return self._part(self._data(text), text[2:])
        name, two, selector = text.partition("::")
        if two:
            self.used_data |= name == self.data
            return self._part(self.table(name), selector)
        is_file = _is_file(text)
        table = self._data_table()
        keys = None if table is None else _select(table, text)
        if is_file and keys is not None:
            raise UsageError(f"{text!r} is a column of {self.data} and a file: say ::{text} for the column, ./{text} for the file")
        if keys is not None and table is not None:
            self.used_data = True
            return _columns(table, keys, text)
        if is_file or table is None or (len(text) < 200 and Path(text).suffix and Path(text).parent != Path(".")):
            self.used_data |= text == self.data
            return self._whole(text)
        raise InputError(f"no column or file {text!r}{suggest(text, table.names)}; {_has(table)}")

    def _whole(self, name: str) -> Column:
        return self.table(name).all()

    def _data_table(self) -> Table | None:
        return None if self.data is None else self.table(self.data)

    def _data(self, text: str) -> Table:
        if self.data is None:
            raise UsageError(f"{text} is a part of DATA, but no DATA is given: losscli compute LOSS DATA … {text}, or FILE{text}")
        self.used_data = True
        return self.table(self.data)

    def _part(self, table: Table, selector: str) -> Column:
        keys = _select(table, selector)
        if keys is None:
            raise InputError(f"{table.label} has no column {selector!r}{suggest(selector, table.names)}; {_has(table)}")
        return _columns(table, keys, selector)

    def check_data_used(self) -> None:
        """Raise UsageError for DATA that no role uses: most likely positions that were read as numbers."""
        if self.data is not None and not self.used_data:
            written = dict.fromkeys(self.read_inline)
            meant = ", ".join(f"::{n}" for n in written if re.fullmatch(r"-?\d+", n))
            hint = f" ({', '.join(written)} was read as numbers; for a column by its position say {meant})" if meant else ""
            raise UsageError(f"no role uses {self.data}{hint}")

    # --- roles -----------------------------------------------------------------------------------------------------------

    def roles(self, known: Loss, given: Mapping[str, str], ignored: float | None = None) -> dict[str, Column]:
        """A column for each role: the sources given, and what DATA has under a role's name or one of its synonyms.

        `ignored` is the label that is no class. Raises InputError where DATA has none or more than one for a role.
        """
        if self.classes and known.task != "classification" and not any(isinstance(r.domain, LabelIn) for r in known.roles.values()):
            raise UsageError(f"{known.name} has no labels: --classes names the classes of losses that have, such as cross_entropy")
        found = {role: self.column(text) for role, text in given.items()}
        table = self._data_table()
        if table is not None:
            for role in known.roles.values():
                if role.name not in found and (keys := self._by_name(table, role.name, role.optional)) is not None:
                    self.used_data = True
                    found[role.name] = _columns(table, keys, None)
            lone = [r.name for r in known.roles.values() if r.name not in found and not r.optional]
            if not table.names and len(lone) == 1 and not self.used_data:
                self.used_data = True  # an array without names is the only role that is left
                found[lone[0]] = table.all()
        missing = [r.name for r in known.roles.values() if r.name not in found and not r.optional]
        if missing and table is not None:
            flags = " ".join(map(self.flag, missing))
            raise InputError(f"{table.label} has no column for {' and '.join(missing)}: name it with {flags}; {_has(table)}")
        return {r: replace(self._with_classes(known, r, found), ignored=ignored) for r in found}

    def _by_name(self, table: Table, role: str, optional: bool) -> _Keys | None:
        named = [n for n in table.names if _simple(n) == role]
        if not named and optional:
            return None
        groups: dict[str, tuple[str, ...]] = {}
        if not named:
            named = [n for n in table.names if _simple(n) in SYNONYMS.get(role, ())]
            groups = {} if named else _groups(table.names, role)
        candidates = named or list(groups)
        if len(candidates) > 1:
            same = len(set(candidates)) == 1
            where = " or ".join(f"::{i}" for i, n in enumerate(table.names) if n in candidates) if same else self.flag(role)
            raise InputError(f"{table.label} has more than one column for {role}: {', '.join(candidates)}: choose with {where}")
        if named:
            return _Keys((named[0],), False)
        return _Keys(groups[candidates[0]], True) if candidates else None

    def _with_classes(self, known: Loss, role: str, found: Mapping[str, Column]) -> Column:
        """Labels may be words: of the suffixes of the columns they choose from, or of --classes."""
        column, domain = found[role], known.roles[role].domain
        if column.stacked or domain.ndim:
            return column
        if not isinstance(domain, LabelIn):
            return replace(column, classes=self.classes) if self.classes and role == "target" else column
        over = found.get(domain.over)
        named = _suffixes(over.keys) if over is not None and over.stacked and len(over.keys) > 1 else ()
        if self.classes and set(named) == set(self.classes):
            return replace(column, classes=named)  # in the order of the columns, whichever they are given in
        said = over is not None and any(n != k and not n.isdecimal() for n, k in zip(named, over.keys, strict=False))
        if self.classes and said:  # logit_cat names a class; a column that is called a need not
            raise InputError(
                f"--classes {','.join(self.classes)} does not agree with the columns of {domain.over}, "
                f"which are {', '.join(named)}: leave it out"
            )
        return replace(column, classes=self.classes or named)


# --- which columns ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Keys:
    names: tuple[str, ...]
    stacked: bool


def _columns(table: Table, keys: _Keys, written: str | None) -> Column:
    said = written if written is not None else _span(keys.names)
    return table.columns(keys.names, keys.stacked, f"{table.label}::{said}")


def _span(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]}:{names[-1]}"


def _select(table: Table, selector: str) -> _Keys | None:
    """The columns that a selector means: a name, a place deeper in, a position, a list, a range, a pattern; None for none."""
    if table.has(selector):
        return _Keys((selector,), False)
    if re.fullmatch(r"-?\d+", selector):
        at = int(selector)
        if not -table.width() <= at < table.width():
            return None
        if not table.names:
            return _Keys((str(at),), False)
        exact = getattr(table, "by_position", None)
        return _Keys((exact(at) if exact else table.names[at],), False)
    if "," in selector:
        parts = [_select(table, part.strip()) for part in selector.split(",")]
        known = [p for p in parts if p is not None]
        return _Keys(tuple(n for p in known for n in p.names), True) if len(known) == len(parts) else None
    first, colon, last = selector.partition(":")
    if colon and table.has(first) and table.has(last):
        return _Keys(_range(table.names, first, last), True)
    if any(c in selector for c in "*?["):
        hits = sorted(fnmatch.filter(table.names, selector), key=_natural)
        return _Keys(tuple(hits), True) if hits else None
    return None


def _range(names: Sequence[str], first: str, last: str) -> tuple[str, ...]:
    """From one column to another: by number where both are one name with a number, else as they stand in the file."""
    stem = re.sub(r"\d+$", "", first)
    if stem == re.sub(r"\d+$", "", last) and stem != first and stem != last:
        lo, hi = int(first[len(stem) :]), int(last[len(stem) :])
        inside = {n: int(n[len(stem) :]) for n in names if re.fullmatch(re.escape(stem) + r"\d+", n)}
        return tuple(sorted((n for n, k in inside.items() if min(lo, hi) <= k <= max(lo, hi)), key=lambda n: inside[n], reverse=lo > hi))
    a, b = names.index(first), names.index(last)
    return tuple(names[a : b + 1] if a <= b else names[b : a + 1][::-1])


def _natural(name: str) -> list[tuple[int, int, str]]:
    """prediction_2 before prediction_10."""
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in re.split(r"(\d+)", name) if p]


_OF_CLASSES = ("logits", "logit", "log_probs", "log_prob", "logprob", "probs", "prob", "proba")


def _groups(names: Sequence[str], role: str) -> dict[str, tuple[str, ...]]:
    """Columns that are one role together: logit_0 … logit_9; for predictions also logit_cat, logit_dog."""
    found: dict[str, list[str]] = {}
    for name in names:
        for stem in sorted((role, *SYNONYMS.get(role, ()), *(_OF_CLASSES if role == "pred" else ())), key=len, reverse=True):
            suffix = _simple(name).removeprefix(f"{stem}_")
            if suffix != _simple(name) and suffix and (suffix.isdecimal() or (role == "pred" and stem in _OF_CLASSES)):
                found.setdefault(f"{name[: len(name) - len(suffix)]}*", []).append(name)
                break
    return {stem: tuple(sorted(group, key=_natural)) for stem, group in found.items() if len(group) > 1}


def _simple(name: str) -> str:
    return re.sub(r"[\s\-]+", "_", name.strip().casefold())


def _suffixes(names: Sequence[str]) -> tuple[str, ...]:
    """What tells the names apart: logit_cat, logit_dog are cat and dog; logit_new_york stays new_york."""
    for stem in _OF_CLASSES:
        if all(_simple(n).startswith(f"{stem}_") for n in names):
            return tuple(n[len(stem) + 1 :] for n in names)
    stem = names[0][: names[0].rfind("_") + 1]
    if all(re.fullmatch(r".*?\d+", n) for n in names):
        stem = re.sub(r"\d+$", "", names[0])
    return tuple(n[len(stem) :] for n in names) if all(n.startswith(stem) for n in names) else tuple(names)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long for a path, or not one
        return False


def _has(table: Table) -> str:
    if not table.names:
        wide = table.width()
        return f"{table.label} has no names" + (f", but {wide} columns, ::0 to ::{wide - 1}" if wide else "")
    shown = ", ".join(table.names[:15]) + (f", … ({len(table.names)} in all)" if len(table.names) > 15 else "")
    lone = table.names[0] if len(table.names) == 1 else ""
    other = next((d for d in (";", "\t", "|") if d in lone), "")
    hint = f"; if its fields are divided by {other!r}, say --delimiter {other!r}" if other else ""
    return f"{table.label} has {shown}{hint}"
