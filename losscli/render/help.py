"""A help as text: usage, paragraphs, examples and options, folded to the width of the window. Nothing is cut."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from losscli.record import Record
from losscli.text import clean

__all__ = ["Entry", "Help", "Section", "folded", "folded_command", "help_text"]

_COLUMN = 30  # where the texts beside the options begin
_WIDE = 72  # a narrower window has the text below the option
_BOLD, _CYAN, _END = "\x1b[1m", "\x1b[36m", "\x1b[0m"


class Entry(Record):
    """An option or an argument, as it is typed, and what it does."""

    flags: str
    help: str


class Section(Record):
    """Options that belong together."""

    title: str
    entries: Sequence[Entry]


class Help(Record):
    """The help of one command."""

    usage: str
    about: Sequence[str]  # paragraphs
    formula: Sequence[str] = ()
    notes: Sequence[str] = ()  # paragraphs below the formula
    examples: Sequence[str] = ()  # commands
    sections: Sequence[Section] = ()
    below: Sequence[str] = ()  # paragraphs


def help_text(help: Help, width: int, colour: bool) -> str:
    """The help for a window of this width."""
    parts = [_paragraph(f"Usage: {help.usage}", width, "       ")]
    parts += [_paragraph(text, width) for text in help.about]
    if help.formula:
        parts.append([line for text in help.formula for line in _paragraph(text, width, "    ", "  ")])
    parts += [_paragraph(text, width) for text in help.notes]
    if help.examples:
        title = "Example:" if len(help.examples) == 1 else "Examples:"
        parts.append([title, *(f"  {line}" for text in help.examples for line in folded_command(text, width - 2))])
    parts += [[f"{section.title}:", *_entries(section.entries, width)] for section in help.sections]
    parts += [_paragraph(text, width) for text in help.below]
    text = "\n\n".join("\n".join(map(clean, lines)) for lines in parts) + "\n"
    return _coloured(text, [section.title for section in help.sections]) if colour else text


def _paragraph(text: str, width: int, indent: str = "", first: str = "") -> list[str]:
    lines = folded(text, width - len(indent))
    return [(first if i == 0 else indent) + line for i, line in enumerate(lines)]


def _entries(entries: Sequence[Entry], width: int) -> Iterator[str]:
    """Each option with its text beside it, or below it where it is long or the window is narrow."""
    column = _COLUMN if width >= _WIDE else 6
    for entry in entries:
        first, *more = folded(entry.flags, width - 6)
        text = folded(entry.help, width - column) if entry.help else []
        flags = [f"  {first}", *(f"      {line}" for line in more)]
        if text and len(flags) == 1 and len(flags[0]) < column - 1:
            yield flags[0].ljust(column) + text.pop(0)
        else:
            yield from flags
        yield from (" " * column + line for line in text)


# --- folding ---------------------------------------------------------------------------------------------------------------


def folded(text: str, width: int) -> list[str]:
    """The lines of a text. A word that is wider than the window is broken, where possible after a mark such as | or a dot."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if len(joined) <= width:
            lines[-1] = joined
        else:
            pieces = _broken(word, width)
            lines = [*lines, *pieces] if lines[-1] else [*lines[:-1], *pieces]
    return lines


def _broken(word: str, width: int) -> list[str]:
    """The word in pieces that are no wider than the window: choices stay whole where they can."""
    lines = [""]
    choices = re.findall(r"[^|]+\|?|\|", word)
    finer = (re.findall(r".[^|,/._=\[\]()-]*[|,/._=\]()-]?", choice) if len(choice) > width else [choice] for choice in choices)
    for piece in (piece for pieces in finer for piece in pieces):
        if len(lines[-1]) + len(piece) <= width:
            lines[-1] += piece
        else:
            lines += [piece[i : i + width] for i in range(0, len(piece), width)]
    return [line for line in lines if line]


def folded_command(command: str, width: int) -> list[str]:
    """A command over several lines, which a shell reads as one: each but the last ends with a backslash. A word is never broken."""
    lines = [""]
    for part in re.split(r" (?=-|\|)", command):
        joined = f"{lines[-1]} {part}" if lines[-1] else part
        if len(joined) <= width - 2 or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(f"  {part}")
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def _coloured(text: str, titles: Sequence[str]) -> str:
    """Titles in bold, options in cyan."""
    for title in ("Usage", "Example", "Examples", *titles):
        text = re.sub(rf"^{re.escape(title)}:", f"{_BOLD}{title}:{_END}", text, count=1, flags=re.MULTILINE)
    return re.sub(r"^(  )(-[^ ,]+(?:, -[^ ,]+)*)", rf"\1{_CYAN}\2{_END}", text, flags=re.MULTILINE)
