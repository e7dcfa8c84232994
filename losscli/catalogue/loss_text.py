"""Parse a loss with its options in one text: huber:delta=2."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

from losscli.catalogue.custom import is_file
from losscli.catalogue.lookup import find, is_objective, name_by_option
from losscli.errors import LossError, UsageError
from losscli.registry import Loss, Preset

__all__ = ["loss_with_options", "split_text"]

_NUMBER = r"[-+]?[.\d]+(?:e[-+]?\d+)?"


def split_text(text: str) -> tuple[str, str]:
    """The name and the options of NAME:OPTIONS. The colons in C:\\… and FILE::FUNCTION belong to the name."""
    name, options = re.fullmatch(r"((?:[a-z]:(?=[\\/]))?(?:[^:]|::)*):?(.*)", text, re.IGNORECASE | re.DOTALL).groups()  # type: ignore[union-attr]
    return name, options


def loss_with_options(text: str, flag: str = "-l ") -> tuple[tuple[Loss, Preset], dict[str, Any]]:
    """The loss and its options as text. `flag` is the option that the text is given to, for messages; '' for an argument.

    Raises UsageError for a name that no loss has, and for options that are not KEY=VALUE.
    """
    name, options = split_text(text)
    name, values = name_by_option(name, _options(text, options, flag))
    return _loss(name, flag), values


def _loss(name: str, flag: str) -> tuple[Loss, Preset]:
    if "," in name and not is_file(name):
        several = [part.strip() for part in name.split(",")]
        if all(map(_is_loss, several)):
            each = "one -l takes one loss: repeat -l for each," if flag else "write each as a word of its own:"
            raise UsageError(f"{flag}{name}: {each} {' '.join(flag + part for part in several)}")
    return find(name)


def _is_loss(text: str) -> bool:
    try:
        return is_objective(text.strip()) or find(text.strip().partition(":")[0]) is not None
    except LossError:
        return False


def _options(text: str, options: str, flag: str) -> dict[str, Any]:
    """The options of KEY=VALUE,…; a comma inside brackets does not separate options."""
    parts = re.findall(r"[^,\[]+(?:\[[^\]]*\])?", options)
    values: dict[str, Any] = {}
    for i, part in enumerate(parts):
        key, equals, value = part.partition("=")
        if not equals:
            raise UsageError(f"{flag}{text}: {part!r} is no KEY=VALUE{_instead(parts, i, flag)}")
        values[key.strip().replace("-", "_")] = _value(value.strip())
    return values


def _value(text: str) -> str | list[str]:
    """The value of an option. Numbers in brackets, or separated by colons as in a result's signature, are a list."""
    if text.startswith("["):
        return [x.strip() for x in text.strip("[] ").split(",")]
    return text.split(":") if re.fullmatch(rf"{_NUMBER}(:{_NUMBER})+", text) else text


def _instead(parts: Sequence[str], i: int, flag: str) -> str:
    """The end of the message: what to write instead of part i, which is no option."""
    numbers = list(itertools.takewhile(re.compile(rf"\s*{_NUMBER}\s*").fullmatch, parts[i:]))
    if i and numbers:
        key, _, first = parts[i - 1].partition("=")
        return f": a comma separates options; write numbers in brackets: {key.strip()}=[{','.join(x.strip() for x in (first, *numbers))}]"
    if not _is_loss(parts[i]):
        return ""
    return f": {'for another loss repeat -l' if flag else 'another loss is a word of its own'}: {flag}{parts[i].strip()}"
