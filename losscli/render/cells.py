"""Write single values for the formats that programs read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["encoded", "exact", "json_text", "named_fields", "nested", "option_flag", "strict"]


def encoded(text: str) -> bytes:
    """The text as UTF-8. A surrogate, which UTF-8 cannot hold (from a file name or from JSON), is escaped as in JSON: \\udcff."""
    return text.encode("utf-8", "backslashreplace")


def exact(x: Any) -> str:
    """The shortest text that reads back to the same number. None is empty, and true and false are as in JSON."""
    if x is None or isinstance(x, bool):
        return "" if x is None else str(x).lower()
    return repr(x) if isinstance(x, float) else str(x)


def json_text(x: Any, *, indent: int | None = None, allow_nan: bool = False) -> str:
    """The value as JSON. Characters that act on a terminal, or on the log of a CI, are escaped: it reads back to the same value."""
    import json

    text = json.dumps(x, indent=indent, ensure_ascii=False, allow_nan=allow_nan).replace("##[", r"##\u005b")
    return text if text.isascii() and "\x7f" not in text else _BEYOND_ASCII.sub(_visible, text)


def _visible(found: re.Match[str]) -> str:
    import json

    return "".join(c if c.isprintable() else r"\u007f" if c == "\x7f" else json.dumps(c)[1:-1] for c in found[0])


_BEYOND_ASCII = re.compile(r"[^\0-~]+")


def named_fields(records: tuple[Sequence[str], Iterable[Sequence[Any]]]) -> list[dict[str, Any]]:
    """The rows of a flat table, each by the names of its columns, without the empty fields."""
    names, rows = records
    return [{k: v for k, v in zip(names, row, strict=True) if v is not None} for row in rows]


def nested(x: Any) -> str | None:
    """Nested values as JSON on one line, for one field of a flat table."""
    return None if x is None else json_text(strict(x))


def strict(x: Any) -> Any:
    """The same values with nan and the infinities as strings, since JSON has no such numbers, and arrays as lists."""
    if isinstance(x, float):
        return x if math.isfinite(x) else str(x)
    if isinstance(x, dict):
        return {k: strict(v) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return [strict(v) for v in x]
    return strict(x.tolist()) if hasattr(x, "tolist") else x


def option_flag(name: str) -> str:
    """The flag of an option: --class-axis of class_axis."""
    return f"--{name.replace('_', '-')}"
