"""How a value is written in what machines read."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["encoded", "exact", "nested", "strict"]


def encoded(text: str) -> bytes:
    """UTF-8. What has no place there (a name of a file in other bytes, half a pair in JSON) is written as JSON escapes it: \\udcff."""
    return text.encode("utf-8", "backslashreplace")


def exact(x: Any) -> str:
    """The shortest text that reads back to the same number; true and false as JSON has them."""
    if x is None or isinstance(x, bool):
        return "" if x is None else str(x).lower()
    return repr(x) if isinstance(x, float) else str(x)


def nested(x: Any) -> str | None:
    """What has parts as JSON on one line, for a field of a flat table."""
    import json

    return None if x is None else json.dumps(strict(x), ensure_ascii=False, allow_nan=False)


def strict(x: Any) -> Any:
    """Numbers that JSON has no word for, as strings."""
    if isinstance(x, float) and not math.isfinite(x):
        return str(x)
    if isinstance(x, dict):
        return {k: strict(v) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return [strict(v) for v in x]
    return x
