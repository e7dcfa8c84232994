"""Numbers written on the command line."""

from __future__ import annotations

import re
from typing import Any

from losscli.errors import InputError
from losscli.sources.nested import parse_json, to_array

__all__ = ["inline"]

_NUMBER = r"[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|nan|inf|infinity)"
_LIST = re.compile(rf"\s*{_NUMBER}(?:(?:\s*,\s*|\s+){_NUMBER})*\s*", re.IGNORECASE)
_NEARLY = re.compile(rf"\s*,?\s*{_NUMBER}(?:[\s,]+(?:{_NUMBER})?)*\s*", re.IGNORECASE)


def inline(text: str) -> Any:
    """The array that a text spells: `2.5,0,2.1`, `2.5 0 2.1`, `[[1,2],[3,4]]`, `3`; None for a text that is no numbers.

    Raises InputError for a text that begins as numbers and does not go on so.
    """
    if _LIST.fullmatch(text):
        import numpy as np

        return np.array([float(part) for part in re.split(r"[\s,]+", text.strip())])
    if text.lstrip().startswith("["):
        return to_array(parse_json(text, f"inline numbers {_short(text)}"), f"inline numbers {_short(text)}")
    if _NEARLY.fullmatch(text):
        raise InputError(f"inline numbers {_short(text)}: a number is missing between two commas or at an end")
    return None


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "…")
