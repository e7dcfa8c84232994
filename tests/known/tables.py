"""Write the tables of losscli/vectors as text; used by regenerate.py and exact.py."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

__all__ = ["GENERATED", "TABLES", "block", "loaded", "rewrite", "text_of"]

GENERATED = ("version", "expected", "gradient")
TABLES = Path(__file__).parent.parent.parent / "losscli" / "vectors"


class _OneOfEachKey(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A loader that refuses a key that a mapping has twice, as a merge may leave it; YAML's own takes the last one."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        keys = Counter(key.value for key, _ in node.value)
        if twice := [key for key, n in keys.items() if n > 1]:
            raise ValueError(f"line {node.start_mark.line + 1}: the row has {', '.join(twice)} twice")
        return super().construct_mapping(node, deep)


def loaded(text: str, name: str) -> list[dict[str, Any]]:
    """The rows of a table. Raises ValueError, with the file and the line where a row begins, for a key that it has twice."""
    try:
        return yaml.load(text, _OneOfEachKey)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def written(value: Any) -> str:
    """Write a value on one line so that YAML reads the same value back."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(x)}" for key, x in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, float):
        # YAML 1.1 takes 1e-06 for a string and 1.0e-06 for a number.
        return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value))
    if isinstance(value, str) and re.fullmatch(r"(?!nan|inf)[A-Za-z][\w. +-]*", value):
        return value
    return json.dumps(value, ensure_ascii=False)


def block(row: dict[str, Any]) -> str:
    """Write a row as a block with one line for each field."""
    return "- " + "\n  ".join(f"{key}: {written(value)}" for key, value in row.items())


def text_of(rows: list[dict[str, Any]], before: str) -> str:
    """The text of a table: the comment at the top of the old text, then the rows."""
    match = re.match(r"(?:#.*\n)*", before)
    text = match.group() if match else ""
    for row, above in zip(rows, [{}, *rows], strict=False):
        text += ("" if row["loss"] == above.get("loss") else "\n") + block(row) + "\n"
    return text


def rewrite(table: Path, generate: Callable[[dict[str, Any]], dict[str, Any]]) -> list[dict[str, Any]]:
    """Rewrite the generated fields of one table. The comment at the top is kept. Returns the rows."""
    before = table.read_text(encoding="utf-8")
    rows = []
    for number, row in enumerate(yaml.safe_load(before)):
        by_hand = {key: value for key, value in row.items() if key not in GENERATED}
        kept = {key: value for key, value in row.items() if key in GENERATED}
        try:
            rows.append(by_hand | (generate(by_hand) or kept))
        except Exception as error:
            error.add_note(f"{table.name}, row {number}: {row['loss']}: {row['peer']}")
            if isinstance(error, NameError):
                error.add_note(
                    f"names of this row: {', '.join([*row['roles'], *row.get('options', {})])}; an option has a name if the row gives it"
                )
            raise
    text = text_of(rows, before)
    if yaml.safe_load(text) != rows:
        raise ValueError(f"{table.name}: the written text does not read back as the same rows")
    table.write_text(text, encoding="utf-8")
    return rows
