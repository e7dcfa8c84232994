"""A document as JSON, piece by piece: the text of a long array is never in memory as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from losscli.data.mapped import release
from losscli.numeric.lazy import Array, np
from losscli.render.cells import json_text, strict
from losscli.render.elements import lines
from losscli.render.layouts import LineLayout

__all__ = ["json_pieces"]

LONG = 1000  # items of a list whose text is made in pieces
PART = 2**16  # numbers whose text is made at once


def json_pieces(document: Mapping[str, Any]) -> Iterator[str]:
    """The text that `json_text` gives for the document with an indent of 2, nan and the infinities as strings, and arrays as lists."""
    begun = f"long {os.urandom(8).hex()} "  # begins a string that the document does not have, in the place of a long list
    long: list[tuple[Sequence[Any] | Array, int]] = []

    def without_long(x: Any, depth: int) -> Any:
        if isinstance(x, dict):
            return {k: without_long(v, depth + 1) for k, v in x.items()}
        if isinstance(x, np.ndarray) and x.ndim == 0:
            return x.tolist()
        if isinstance(x, np.ndarray) or (isinstance(x, list | tuple) and len(x) > LONG):
            long.append((x, depth))
            return begun + str(len(long) - 1)
        return [without_long(v, depth + 1) for v in x] if isinstance(x, list | tuple) else x

    texts = _dumps(without_long(document, 0)).split(f'"{begun}')
    yield texts[0]
    for text in texts[1:]:
        number, _, rest = text.partition('"')
        yield from _list(*long[int(number)])
        yield rest
    yield "\n"


def _dumps(x: Any) -> str:
    return json_text(strict(x), indent=2)


def _list(x: Sequence[Any] | Array, depth: int) -> Iterator[str]:
    """The text of a list that is `depth` levels inside of others."""
    if not len(x):
        yield "[]"
        return
    step = max(1, PART // max(1, x[:1].size)) if isinstance(x, np.ndarray) else PART
    for start in range(0, len(x), step):
        yield ",\n" if start else "[\n"
        yield _items(x[start : start + step], "  " * (depth + 1), len(x))
        if isinstance(x, np.ndarray):
            release([x])
    yield "\n" + "  " * depth + "]"


def _items(part: Sequence[Any] | Array, indent: str, total: int) -> str:
    """The items of a list, each on a line of its own, or on several."""
    if isinstance(part, np.ndarray) and part.ndim == 1 and part.dtype.kind in "fiu":
        layout = LineLayout(",", "", [(indent, ",")], list, nonfinite='"%s"')
        column = part.astype(np.float64) if part.dtype.kind == "f" else part
        return lines([column], layout, total).decode()[:-2]  # without the last comma
    items = part.tolist() if isinstance(part, np.ndarray) else list(part)
    return indent + _dumps(items)[4:-2].replace("\n  ", "\n" + indent)
