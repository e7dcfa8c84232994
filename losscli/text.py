"""Texts of other people, such as names in files, on one line: without characters that act on a terminal, and not endless."""

from __future__ import annotations

import re

__all__ = ["LONGEST", "clean", "one_line", "shortened"]

LONGEST = 1500  # characters of a message
WIDEST = 10_000  # characters of a cell, or of a line below a table
# What GitHub's log takes as a command: ::error title=…::… at the beginning of a line, ##[error] anywhere.
_COMMAND = re.compile(r"^(\s*):(?=:[A-Za-z-]+(?:\s.*?)?::)|(?<=##)\[")


def clean(text: str) -> str:
    """The text on one line, without characters that control a terminal or that hide, and without commands for the log of a CI.

    Such characters are shown as Python escapes them, \\x1b. This is what every table, message and report shows of a text.

    >>> clean("a\\x1b[31m\\nb")
    'a\\\\x1b[31m b'
    """
    if len(text) > WIDEST:
        text = shortened(text, WIDEST)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " if c.isspace() else c.encode("unicode_escape").decode() for c in text)
    return _COMMAND.sub(_escaped, text) if "::" in text or "##[" in text else text


def _escaped(found: re.Match[str]) -> str:
    return r"\x5b" if found[1] is None else rf"{found[1]}\x3a"


def one_line(text: str) -> str:
    """The text as a message shows it: clean, and no longer than a few lines of a terminal."""
    return shortened(clean(text))


def shortened(text: str, most: int = LONGEST) -> str:
    """The text without its middle, if it is too long. The end stays, since it says what to do."""
    return text if len(text) <= most else f"{text[: most * 2 // 3]} … {text[-most // 3 :]}"
