"""The names that frameworks give our losses, and the conventions of each name: tables, which are imported when a name needs them.

A library's file is named after the first word of its names. It has TABLES: each has the path of its names, the fields that its presets
share, and rows. SHORT are other beginnings of the names, such as "F." in torch.py. A name is found in full, library.path.Name, and as
library.Name. For a name only the file of its library is imported; `Loss.presets` imports all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from losscli.record import EMPTY, Record
from losscli.registry import MORE_PRESETS, Preset, normalized

__all__ = ["Row", "Table", "in_full", "libraries", "named", "refusal", "row", "rows_of", "short_beginnings", "sources"]

_MERGED = (
    "options",
    "instead",
    "renames",
    "settings",
    "role_words",
    "role_defaults",
)  # fields in which a row adds to the shared ones; other fields it replaces


class Row(Record):
    """Some names of one preset of a loss, and the fields that differ from those that its table shares."""

    loss: str
    names: tuple[str, ...]
    differs: Mapping[str, Any]


class Table(Record):
    """Rows of names below one path, such as keras.losses, and the fields that all their presets share."""

    path: str
    rows: tuple[Row, ...]
    shared: Mapping[str, Any] = EMPTY

    def preset(self, row: Row) -> Preset:
        """The preset of a row, with names in full."""
        added = {field: self.shared[field] | row.differs[field] for field in _MERGED if field in self.shared and field in row.differs}
        return Preset(tuple(f"{self.path}.{name}" for name in row.names), **{**self.shared, **row.differs, **added})


def row(loss: str, *names: str, **differs: Any) -> Row:
    """Names of a loss below the path of the table, with the fields of its Preset that differ from the shared ones."""
    return Row(loss, names, differs)


@cache
def libraries() -> tuple[str, ...]:
    """The libraries that have a file, which is named after the first word of their names."""
    import pkgutil

    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def sources() -> dict[str, bytes]:
    """The source text of each library's file; empty if the package was installed without its source files."""
    try:
        return {file.stem: file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py")) if file.stem != "__init__"}
    except OSError:
        return {}


@cache
def rows_of(library: str) -> tuple[tuple[str, Preset], ...]:
    """The loss and the preset of each row of a library."""
    tables = import_module(f"{__name__}.{library}").TABLES
    return tuple((row.loss, table.preset(row)) for table in tables for row in table.rows)


@cache
def _names(library: str) -> Mapping[str, tuple[str, Preset]]:
    """Each name of a library, as `normalized` writes it: first in full, then as library.Name, for the first row with this last word.

    A form of a name, as DiceLoss.multiclass of DiceLoss, is library.DiceLoss.multiclass, and not library.multiclass.
    Raises ValueError for a name that stands in two rows, or that does not begin with the name of the file.
    """
    found: dict[str, tuple[str, Preset]] = {}
    for loss, preset in rows_of(library):
        for name in preset.names:
            key = normalized(name)
            if key.partition(".")[0] != library:
                raise ValueError(f"{name} stands in frameworks/{library}.py, which is for names that begin with {library}")
            if found.setdefault(key, (loss, preset))[1] is not preset:
                raise ValueError(f"{name} stands in two rows of frameworks/{library}.py: of {found[key][0]} and of {loss}")
    for key, entry in list(found.items()):
        name, _, last = key.rpartition(".")
        found.setdefault(f"{library}.{name.rpartition('.')[2]}.{last}" if name in found else f"{library}.{last}", entry)
    return found


def named(key: str) -> tuple[str, Preset] | None:
    """The loss and the preset of a framework's name, as `normalized` writes it; None for other names.

    A path may lack some of its words: verl.core_algos.gspo is verl.trainer.ppo.core_algos.gspo.
    """
    for library in _libraries_of(key):
        names, full = _names(library), _spelled_out(key, library)
        if entry := names.get(full) or (names[longer] if (longer := _longer(full, names)) else None):
            return entry
    return None


def _longer(key: str, names: Mapping[str, Any]) -> str | None:
    """The first of the names that has all words of a path, in their order, and the same last one; None for a path of two words."""
    words = key.split(".")
    if len(words) < 3:
        return None
    for name in names:
        if name.endswith(f".{words[-1]}"):
            rest = iter(name.split("."))
            if all(word in rest for word in words):
                return name
    return None


def refusal(key: str) -> str | None:
    """Why a framework's name, as `normalized` writes it, is no loss here, and what to use: the REFUSED of its library, by last words.

    A name without a dot may be of any library.
    """
    last = key.rpartition(".")[2].replace("_", "")
    for library in _libraries_of(key) if "." in key else libraries():
        refused: Mapping[str, str] = getattr(import_module(f"{__name__}.{library}"), "REFUSED", EMPTY)
        for names, reason in refused.items():
            if last in (normalized(name.rpartition(".")[2]) for name in names.split()):
                return reason
    return None


def in_full(key: str) -> str:
    """A name, as `normalized` writes it, with a short beginning in full: f.huber_loss is torch.nn.functional.huber_loss."""
    return next((full for library in _libraries_of(key) if (full := _spelled_out(key, library)) != key), key)


def _libraries_of(key: str) -> Iterator[str]:
    """The library that a name begins with, then those that have its first word as a short beginning: keras has tensorflow.keras."""
    first, dot, _ = key.partition(".")
    if not dot:
        return
    if first in libraries():
        yield first
    quoted = f'"{first}.'.encode("utf-8", "surrogatepass")
    texts = sources()
    yield from (name for name, text in texts.items() if quoted in text.lower()) if texts else libraries()


def short_beginnings(library: str) -> Mapping[str, str]:
    """The short beginnings of a library's names, in lower case -> what they stand for."""
    short: Mapping[str, str] = getattr(import_module(f"{__name__}.{library}"), "SHORT", EMPTY)
    return {beginning.casefold(): full for beginning, full in short.items()}


def _spelled_out(key: str, library: str) -> str:
    """The name with a short beginning of the library in full."""
    return next((full + key.removeprefix(s) for s, full in short_beginnings(library).items() if key.startswith(s)), key)


@cache
def _by_loss() -> Mapping[str, tuple[Preset, ...]]:
    """The presets of each loss, library by library."""
    found: dict[str, tuple[Preset, ...]] = {}
    for library in libraries():
        for loss, preset in rows_of(library):
            found[loss] = (*found.get(loss, ()), preset)
    return found


MORE_PRESETS.append(lambda loss: _by_loss().get(loss, ()))
