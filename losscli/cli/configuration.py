"""Defaults of options from losscli.toml, from [tool.losscli] in pyproject.toml, and from variables such as LOSSCLI_FORMAT."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from losscli.cli.options import COMPUTE, Row, rows_of
from losscli.errors import UsageError, suggest
from losscli.record import EMPTY, Record

__all__ = ["KEYS", "Settings", "configured", "settings"]

KEYS = ("format", "precision", "strict", "quiet", "threads", "delimiter")  # and the table `roles`
_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_OTHER_VARIABLES = ("LOSSCLI_CONFIG", "LOSSCLI_PAGER")
_OTHER_DELIMITERS = ("\\t", "tab", "\\s+")  # words for a delimiter
_NO_DELIMITERS = ('"', "\n", "\r")


class Settings(Record):
    """The defaults of options, each with the place that sets it; and the names of columns for roles."""

    values: Mapping[str, tuple[Any, str]] = EMPTY
    roles: Mapping[str, tuple[str, ...]] = EMPTY
    file: str = ""


def configured(values: Mapping[str, Any], given: Collection[str], roles: Collection[str] | None = None) -> dict[str, Any]:
    """The values of a command, with the configured defaults for options that are not `given`; a note says which.

    `roles` are those of the loss; None where there are several losses. `csv_delimiter`, `role_names` and `configuration` are more keys.
    Raises UsageError for a mistake in a file or a variable.
    """
    found = settings()
    used = {key: said for key, said in found.values.items() if key not in given and not (key == "format" and values["output"])}
    names = {role: found.roles[role] for role in found.roles if role not in given and (roles is None or role in roles)}
    result = {"role_names": found.roles, **values}
    result |= {"csv_delimiter" if key == "delimiter" else key: value for key, (value, _) in used.items()}
    applied = [(key, _row(key).read(value), where) for key, (value, where) in used.items()]
    applied += [(f"roles.{role}", list(columns), found.file) for role, columns in names.items()]
    applied.sort(key=lambda item: item[2].startswith("LOSSCLI_"))  # the file first
    if "quiet" not in given:
        _note(applied)
    return result | {"configuration": {key: {"value": value, "from": where} for key, value, where in applied}}


def _note(applied: Sequence[tuple[str, Any, str]]) -> None:
    """One line with each place and what it sets; and one for variables whose names look misspelt."""
    from losscli.cli.messages import say

    said: dict[str, list[str]] = {}
    for key, value, where in applied:
        text = ",".join(value) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else value
        said.setdefault(where, []).append(f"{key}={text}")
    if said:
        say("note: " + "; ".join(f"{where} sets {' '.join(texts)}" for where, texts in said.items()))
    for name, meant in _misspelt():
        say(f"note: the variable {name} is not read; did you mean {meant}?")


def _misspelt() -> Iterator[tuple[str, str]]:
    """The variables that are nearly one of ours. Others may belong to an installer or to a job of a CI."""
    known = [f"LOSSCLI_{key.upper()}" for key in KEYS]
    for name in os.environ:
        if name.upper().startswith("LOSSCLI_") and name not in (*known, *_OTHER_VARIABLES):
            from difflib import get_close_matches

            keys = get_close_matches(name.upper().removeprefix("LOSSCLI_"), [key.upper() for key in KEYS], n=1, cutoff=0.75)
            yield from ((name, f"LOSSCLI_{key}") for key in keys)


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
    name = os.path.relpath(file)
    table = _toml(name, text)
    if file.name == "pyproject.toml":
        name, table = f"{name} [tool.losscli]", _tool_table(table)
    if not isinstance(table, dict):
        raise UsageError(f"{name}: tool.losscli is no table" if table is not None else f"{name} does not exist: the file has no settings")
    for key in table:
        if key in ("tool", "losscli"):
            raise UsageError(
                f"{name}: its keys stand without a table: write format = 'csv', and [roles] (pyproject.toml has [tool.losscli])"
            )
        if key not in (*KEYS, "roles"):
            raise UsageError(f"{name}: no key {key!r}{suggest(key, (*KEYS, 'roles'))}; the keys are {', '.join(KEYS)} and roles")
    values = {key: (_value(key, table[key], name), name) for key in KEYS if key in table}
    return Settings(values, _roles(table.get("roles", {}), name), name)


def _toml(name: str, text: bytes) -> dict[str, Any]:
    """The content of a file. Raises UsageError where it is no TOML."""
    import tomllib  # only where there is a file

    try:
        return tomllib.loads(text.decode("utf-8-sig"))  # editors of Windows write a mark of UTF-8
    except UnicodeDecodeError:
        raise UsageError(f"{name} is no TOML: it is not written in UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is no TOML: {error}") from None


def _tool_table(content: dict[str, Any]) -> Any:
    """What is at tool.losscli of a pyproject.toml; None without it."""
    tools = content.get("tool")
    return tools.get("losscli") if isinstance(tools, dict) else None


def _file() -> tuple[Path, bytes] | None:
    """The nearest file with settings, in the folder or above it, with its text. LOSSCLI_CONFIG names another, or none if it is empty."""
    if (chosen := os.environ.get("LOSSCLI_CONFIG")) is not None:
        return (Path(chosen), _text(Path(chosen), f"LOSSCLI_CONFIG: {chosen}")) if chosen else None
    try:
        here = Path.cwd()
    except OSError:  # the folder was removed
        return None
    for folder in (here, *here.parents):
        own, shared = folder / "losscli.toml", folder / "pyproject.toml"
        if own.is_file() and (text := _text(own, os.path.relpath(own))).strip():
            return own, text
        if shared.is_file() and _has_table(text := _text(shared)):
            return shared, text
    return None


def _text(file: Path, name: str = "") -> bytes:
    """The text of a file. For one that cannot be read UsageError is raised, or without a name the text is empty."""
    try:
        return file.read_bytes()
    except OSError as error:
        if not name:
            return b""
        from losscli.cli.messages import reason_of

        raise UsageError(f"{name}: {reason_of(error)}") from None


def _has_table(text: bytes) -> bool:
    """Whether a pyproject.toml has settings for losscli. Most do not contain the name, and are not parsed."""
    if b"losscli" not in text:
        return False
    import re

    if re.search(rb"^\s*\[\s*tool\s*\.\s*losscli\s*[.\]]", text, re.MULTILINE):
        return True  # a mistake in it is reported
    try:
        return _tool_table(_toml("", text)) is not None  # its keys may also stand as tool.losscli.format
    except UsageError:
        return False


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
    if key == "delimiter" and (len(str(value)) != 1 or value in _NO_DELIMITERS) and value not in _OTHER_DELIMITERS:
        raise UsageError(f"{where}: delimiter takes one character, not {value!r}")
    try:
        row.read(str(value))
    except UsageError as error:
        raise UsageError(f"{where}: {str(error).replace(row.flag, key)}") from None
    return str(value)


def _row(key: str) -> Row:
    return next(row for row in rows_of(COMPUTE) if row.name == key)


def _roles(table: Any, where: str) -> dict[str, tuple[str, ...]]:
    """The names of columns for each role: a text or a list of texts. Raises UsageError, also for a role that no loss has."""
    if not isinstance(table, dict):
        raise UsageError(f"{where}: roles is a table, such as roles.pred = ['model_output']")
    found: dict[str, tuple[str, ...]] = {}
    known = _known_roles() if table else ()
    for key, names in table.items():
        role, said = key.replace("-", "_"), f"{where}: roles.{key}"
        texts = [names] if isinstance(names, str) else names
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text.strip() for text in texts):
            raise UsageError(f"{said} takes a name of a column or a list of names, not {names!r}")
        if role not in known:
            raise UsageError(
                f"{said}: no loss has a role {role}{suggest(role, known)}; name the columns of a function of your own in the command"
            )
        if wrong := next((text for text in texts if "::" in text or "*" in text), None):
            raise UsageError(f"{said} takes names of columns, not files or patterns such as {wrong!r}: write those in the command")
        if role in found:
            raise UsageError(f"{said}: the role {role} is there twice")
        found[role] = tuple(texts)
    return found


def _known_roles() -> list[str]:
    """The roles of all losses, the most usual first."""
    from collections import Counter

    from losscli.catalogue.index import loss_facts

    return [role for role, _ in Counter(role["name"] for loss in loss_facts() for role in loss["roles"]).most_common()]
