"""Read the number that `--expect` gives, or the value in the file of an earlier result."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from losscli.errors import InputError, UsageError
from losscli.numeric.lazy import np
from losscli.record import Record

__all__ = ["Expectation", "number_in", "read_document", "read_expectation"]


class Expectation(Record):
    """An expected number. If it is from a file, `path` is the name of the file, and `document` the result in the file."""

    number: float
    path: str = ""
    document: Mapping[str, Any] | None = None

    @property
    def unchecked(self) -> str:
        """What the file does not say of its loss, in words: a table has its name alone."""
        nameless = self.document is None or "loss" not in self.document or "signature" in self.document
        return "" if nameless else f"{self.path} does not say with which options and dtype (.json does)"


def number_in(text: str) -> float | None:
    """The number in a text; None for other texts, and for 1_0, which only Python reads as 10."""
    try:
        return float(text.replace("_", "x"))
    except ValueError:
        return None


def read_expectation(text: str, folder: str = "") -> Expectation:
    """The number in a text, or the value in the file of an earlier result. The name of the file is relative to `folder`.

    Raises UsageError for nan and for a file that does not exist, InputError for a file that does not hold one finite value.
    """
    number = number_in(text)
    if number is None:
        return _from_file(os.path.join(folder, text))
    if math.isnan(number):
        raise UsageError("--expect nan is never met: nothing computed is never a pass")
    return Expectation(number)


def _from_file(path: str) -> Expectation:
    if not Path(path).exists():
        raise UsageError(f"--expect takes a number or a JSON result, and there is no file {path}")
    document = read_document(path, "--expect")
    value = document.get("total", document) if isinstance(document, dict) else document  # of an objective, of a loss, a number alone
    value = value.get("value") if isinstance(value, dict) else value
    if isinstance(value, str):
        raise InputError(f"--expect {path}: its value is {value}, which nothing meets")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"--expect {path}: it holds no single value; write one with losscli compute … -o {path}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"--expect {path}: its value is {number}, which nothing meets")
    return Expectation(number, path, document if isinstance(document, dict) else None)


def read_document(path: str, flag: str) -> Any:
    """The content of a file, in the format of its suffix, or else JSON. Raises InputError for a file that cannot be read."""
    suffix = Path(path).suffix.casefold()
    try:
        return _READERS.get(suffix, _json)(path)
    except (OSError, EOFError, ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        kind = suffix[1:].upper() if suffix in (".csv", ".tsv", ".npy") else "JSON"
        reason = str(error).partition("\n")[0]
        raise InputError(f"{flag} {path}: not a {kind} result ({reason}); write one with losscli compute … -o FILE.json") from None


def _json(path: str) -> Any:
    return json.loads(_text(path))


def _json_lines(path: str) -> Any:
    records = [json.loads(line) for line in _text(path).splitlines() if line.strip()]
    return records[0] if len(records) == 1 else _objective(records)


def _yaml(path: str) -> Any:
    from losscli.sources.files import file_at
    from losscli.sources.yaml_files import read_yaml

    return _numbers(read_yaml(file_at(path)).value)


def _npy(path: str) -> Any:
    array = np.load(path, allow_pickle=False)
    return array.item() if array.size == 1 and array.dtype.kind in "fiu" else None


def _text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8-sig")


def _table(path: str, delimiter: str) -> Any:
    """The only record of a table, its only number, or the objective whose terms it contains; None for any other table."""
    text = _text(path)
    head = text.split("\n", 3)
    if len([line for line in head if line.strip()]) > 2 and not text.startswith(f"term{delimiter}"):
        return None
    import csv

    header, *rows = csv.reader([line for line in text.splitlines() if line.strip()], delimiter=delimiter)
    if not rows:
        return _number(header[0]) if len(header) == 1 else None
    records = [{k: _number(v) if k in ("value", "weight") else v for k, v in zip(header, row, strict=False)} for row in rows]
    if header[0] == "term":
        return _objective(records)
    return records[0] if "value" in header else None


def _objective(records: Sequence[Any]) -> Any:
    """The document of an objective from a table with a record for each term and one for the total; None for any other table."""
    if not records or not all(isinstance(r, dict) and "term" in r for r in records):
        return None
    if records[-1]["term"] != "total" or records[-1].get("loss"):
        return None
    *terms, total = records
    named = [{**term, "name": term["term"]} for term in terms]
    return {
        "objective": ", ".join(str(t["name"]) for t in named),
        "total": {"kind": total.get("reduction"), "value": total.get("value")},
        "terms": named,
    }


def _numbers(value: Any) -> Any:
    """A document whose values and totals are numbers: YAML reads 1e-06 as text."""
    if isinstance(value, dict):
        return {k: _numbers(v) if k in ("value", "total") else v for k, v in value.items()}
    return _number(value) if isinstance(value, str) else value


def _number(text: str) -> Any:
    """A finite number, or the text."""
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


_READERS: dict[str, Callable[[str], Any]] = {
    ".yaml": _yaml,
    ".yml": _yaml,
    ".npy": _npy,
    ".csv": lambda path: _table(path, ","),
    ".tsv": lambda path: _table(path, "\t"),
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
}
