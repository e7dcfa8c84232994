"""The rooms of the package with the first sentence of each file. `python -m tests.tools rooms` writes them into losscli/README.md."""

from __future__ import annotations

import ast
from pathlib import Path

from tests import ROOT
from tests.house.test_imports import FLOORS, MODULES, room_of

README = ROOT / "losscli" / "README.md"
BEGIN, END = "<!-- rooms: written by python -m tests.tools rooms -->", "<!-- /rooms -->"
_MANY = {"losses": "family", "frameworks": "library"}  # rooms of many files of one kind, which are not listed


def rooms() -> str:
    """A list of the rooms from the top of the order, each with its files."""
    lines = []
    for floor in FLOORS:
        for room in floor:
            files = [module for module in MODULES if room_of(module) == room and module]
            if files:
                lines += _room(room, files)
    return "\n".join(lines)


def _room(room: str, files: list[str]) -> list[str]:
    if files == [room]:
        return [f"- **{room}** {_said(MODULES[room])}"]
    said = f" {_said(MODULES[room])}" if room in MODULES else ""
    if room in _MANY:
        return [f"- **{room}/**{said} One file for each {_MANY[room]}."]
    inner = [f"  - `{module.removeprefix(f'{room}.')}` {_said(MODULES[module])}" for module in files if module != room]
    return [f"- **{room}/**{said}", *inner]


def _said(file: Path) -> str:
    """The first sentence of a file's docstring."""
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split())


def written(text: str) -> str:
    """The README with the list of the rooms as they are now."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{rooms()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
