"""Defaults of options from losscli.toml, from [tool.losscli] in pyproject.toml, and from variables such as LOSSCLI_FORMAT."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from losscli.cli.options import COMPUTE, Row, rows_of
from losscli.errors import UsageError, suggest
from losscli.record import EMPTY, Record

__all__ = ["KEYS", "Settings", "configured", "settings"]

KEYS = ("format", "precision", "strict", "quiet", "threads", "delimiter")  # and the table `roles`
_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_ONE_CHARACTER = ("\\t", "tab", "\\s+")  # other words for a delimiter


class Settings(Record):
    """The defaults of options, each with the place that sets it; and the names of columns for roles."""

    values: Mapping[str, tuple[Any, str]] = EMPTY
    roles: Mapping[str, tuple[str, ...]] = EMPTY
    file: str = ""


def configured(values: Mapping[str, Any], given: Collection[str], found: Settings | None = None) -> dict[str, Any]:
    """The values of a command, with the configured defaults for options that are not `given`; a note says which.

    `csv_delimiter` and `role_names` are more keys. Raises UsageError for a mistake in a file or a variable.
    """
    found = settings() if found is None else found
    used = {key: said for key, said in found.values.items() if key not in given and not (key == "format" and values["output"])}
    result = {"role_names": found.roles, **values}
    result |= {"csv_delimiter" if key == "delimiter" else key: value for key, (value, _) in used.items()}
    if "quiet" not in given:
        _note(used, found)
    return result


def _note(used: Mapping[str, tuple[Any, str]], found: Settings) -> None:
    """One line with each place and what it sets."""
    from losscli.cli.messages import say

    said: dict[str, list[str]] = {}
    file_first = sorted(used.items(), key=lambda item: item[1][1].startswith("LOSSCLI_"))
    for key, (value, where) in file_first:
        said.setdefault(where, []).append(f"{key}={str(value).lower() if isinstance(value, bool) else value}")
    for role, names in found.roles.items():
        said.setdefault(found.file, []).append(f"roles.{role}={','.join(names)}")
    if said:
        say("note: " + "; ".join(f"{where} sets {' '.join(texts)}" for where, texts in said.items()))


def settings() -> Settings:
    """The settings of the nearest file and of the variables, which come before the file."""
    found = _of_file()
    values = dict(found.values)
    for key in KEYS:
        name = f"LOSSCLI_{key.upper()}"
        if text := os.environ.get(name):
            values[key] = _value(key, _WORDS.get(text.lower(), text) if _row(key).kind is bool else text, name), name
    return found.but(values=values)


# --- the file --------------------------------------------------------------------------------------------------------------


def _of_file() -> Settings:
    """The settings of the file; none without a file."""
    if (found := _file()) is None:
        return Settings()
    file, text = found
    import tomllib  # only where there is a file

    name = os.path.relpath(file)
    try:
        table = tomllib.loads(text.decode())
    except ValueError as error:
        raise UsageError(f"{name} is no TOML: {error}") from None
    if file.name == "pyproject.toml":
        name, table = f"{name} [tool.losscli]", table.get("tool", {}).get("losscli", {})
    if not isinstance(table, dict):
        raise UsageError(f"{name}: tool.losscli is no table")
    for key in table:
        if key in ("tool", "losscli"):
            raise UsageError(
                f"{name}: its keys stand without a table: write format = 'csv', and [roles] (pyproject.toml has [tool.losscli])"
            )
        if key not in (*KEYS, "roles"):
            raise UsageError(f"{name}: no key {key!r}{suggest(key, (*KEYS, 'roles'))}; the keys are {', '.join(KEYS)} and roles")
    values = {key: (_value(key, table[key], name), name) for key in KEYS if key in table}
    return Settings(values, dict(_roles(table.get("roles", {}), name)), name)


def _file() -> tuple[Path, bytes] | None:
    """The nearest file with settings, in the folder or above it, with its text. LOSSCLI_CONFIG names another, or none if it is empty."""
    if (chosen := os.environ.get("LOSSCLI_CONFIG")) is not None:
        if not chosen:
            return None
        try:
            return Path(chosen), Path(chosen).read_bytes()
        except OSError as error:
            from losscli.cli.messages import reason_of

            raise UsageError(f"LOSSCLI_CONFIG: {chosen}: {reason_of(error)}") from None
    try:
        here = Path.cwd()
    except OSError:  # the folder was removed
        return None
    for folder in (here, *here.parents):
        for name in ("losscli.toml", "pyproject.toml"):
            file = folder / name
            if file.is_file() and (text := _text(file)) and (name == "losscli.toml" or _has_table(text)):
                return file, text
    return None


def _text(file: Path) -> bytes:
    """The text of a file; nothing for one that cannot be read."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _has_table(text: bytes) -> bool:
    """Whether a pyproject.toml has a table for losscli. Most have none, and are not parsed."""
    import re

    return re.search(rb"^\s*\[\s*tool\s*\.\s*losscli\s*[.\]]", text, re.MULTILINE) is not None


# --- values ----------------------------------------------------------------------------------------------------------------


def _value(key: str, value: Any, where: str) -> Any:
    """The value as the command line would give it. Raises UsageError with the place and the key."""
    row = _row(key)
    if row.kind is bool:
        if not isinstance(value, bool):
            raise UsageError(f"{where}: {key} takes true or false, not {value!r}")
        return value
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise UsageError(f"{where}: {key} takes {'a number' if key in ('precision', 'threads') else 'a text'}, not {value!r}")
    if key == "delimiter" and len(str(value)) != 1 and value not in _ONE_CHARACTER:
        raise UsageError(f"{where}: delimiter takes one character, not {value!r}")
    try:
        row.read(str(value))
    except UsageError as error:
        raise UsageError(f"{where}: {str(error).replace(row.flag, key)}") from None
    return str(value)


def _row(key: str) -> Row:
    return next(row for row in rows_of(COMPUTE) if row.name == key)


def _roles(table: Any, where: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names of columns for each role: a text or a list of texts."""
    if not isinstance(table, dict):
        raise UsageError(f"{where}: roles is a table, such as roles.pred = ['model_output']")
    for role, names in table.items():
        texts = [names] if isinstance(names, str) else names
        if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts):
            raise UsageError(f"{where}: roles.{role} takes a name of a column or a list of names, not {names!r}")
        yield role.replace("-", "_"), tuple(texts)
