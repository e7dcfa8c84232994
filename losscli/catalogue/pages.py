"""The pages of the documentation, by topic, and the sections on one warning or exit code. NumPy is not loaded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from losscli.record import Record
from losscli.registry import normalized

__all__ = ["Page", "codes", "page", "topics", "topics_with"]

_FOLDER = Path(__file__).parents[1] / "docs"
_CODES = "messages"  # the page with a section for each warning and each exit code


class Page(Record):
    """A page, or a section of one, as Markdown."""

    name: str
    title: str
    text: str


def topics() -> tuple[str, ...]:
    """The names of the pages; none if the package was installed without them."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.md")))


def page(words: Sequence[str]) -> Page | None:
    """The page that the words name: a topic, as `own losses`; a warning, W104; or an exit code, `exit 3`. None for other words."""
    asked = normalized(" ".join(words))
    if name := next((topic for topic in topics() if normalized(topic) == asked), None):
        return _read(name)
    if re.fullmatch(r"w\d+|exit(code)?\d+", asked) and _CODES in topics():
        return _section(asked.replace("exitcode", "exit"), _read(_CODES).text)
    return None


def topics_with(words: Sequence[str]) -> list[str]:
    """The pages with all words, those with the most of them first."""
    patterns = [re.compile(rf"\b{re.escape(word)}", re.IGNORECASE) for word in words]
    found = {topic: [len(p.findall(_read(topic).text)) for p in patterns] for topic in topics()}
    return sorted((topic for topic, counts in found.items() if counts and all(counts)), key=lambda topic: -sum(found[topic]))


def codes() -> dict[str, str]:
    """The codes of warnings, each with the title of its section."""
    text = _read(_CODES).text if _CODES in topics() else ""
    return dict(re.findall(r"^## (W\d+): (.*)$", text, re.MULTILINE))


def _read(name: str) -> Page:
    text = (_FOLDER / f"{name}.md").read_text(encoding="utf-8")
    return Page(name, text.partition("\n")[0].removeprefix("# "), text)


def _section(code: str, text: str) -> Page | None:
    """The section of a code: w104, or exit3."""
    for section in re.split(r"^#(?=# )", text, flags=re.MULTILINE)[1:]:
        title = section.partition("\n")[0].removeprefix("# ")
        if normalized(title.partition(":")[0]).replace("exitcode", "exit") == code:
            return Page(title.partition(":")[0], title, section.rstrip() + "\n")
    return None
