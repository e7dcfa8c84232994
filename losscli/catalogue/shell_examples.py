"""An example of each loss for the shell, with its result, in shell_examples.json, so that a card does not load NumPy."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from losscli.record import Record

__all__ = ["FILE", "ShellExample", "shell_example"]

FILE = Path(__file__).with_name("shell_examples.json")  # `python -m tests.tools index` writes it


class ShellExample(Record):
    """A command, and the lines that it prints."""

    command: str
    result: tuple[str, ...]


def shell_example(name: str) -> ShellExample | None:
    """The example of one of our losses by its name; None for a loss of the user's."""
    found = _table().get(name)
    return None if found is None else ShellExample(found[0], tuple(found[1:]))


@cache
def _table() -> dict[str, Any]:
    import json

    try:
        return json.loads(FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # the package was installed without the file
