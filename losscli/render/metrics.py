"""Results as flat metrics, a name and a number each, as DVC, MLflow and Weights & Biases read them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["metrics"]


def metrics(document: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a result by name: huber, huber.se, ridge/mse, ridge/mse.difference, mse.region north, total.

    The names have letters, digits, _, -, ., blanks and slashes, which all of them take. MLflow may keep a metric as a file, so no name is
    the folder of another. Of two equal names the second gets a number.
    """
    named: dict[str, float] = {}
    for name, value in _metrics(document):
        free, count = name, 1
        while free in named:
            count += 1
            free = f"{name} {count}"
        named[free] = value
    return named


def _plain(text: Any) -> str:
    """A part of a name, with an underscore for other characters than those which all programs take."""
    return re.sub(r"[^\w\-. ]", "_", str(text))


def _metrics(document: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    if "terms" in document:  # an objective
        for term in document["terms"]:
            yield from _of_value(_plain(term["name"]), term)
        if (total := (document.get("total") or {}).get("value")) is not None:
            yield "total", total
    elif "results" in document:
        yield from _of_comparison(document, "")
    elif "loss" in document:
        yield from _of_value(_plain(document["loss"]), document)
    for s in document.get("slices", ()):
        place = "." + _plain(" ".join(f"{name} {cell}" for name, cell in s["slice"].items()))
        if "results" in s:
            yield from _of_comparison(s, place)
        else:
            yield from _of_value(_plain(document["loss"]) + place, s)


def _of_comparison(document: Mapping[str, Any], place: str) -> Iterator[tuple[str, float]]:
    for r in document["results"]:
        name = f"{_plain(r['prediction'])}/{_plain(r['loss'])}{place}"
        yield from _of_value(name, r)
        if "paired" in r:
            yield f"{name}.difference", r["difference"]


def _of_value(name: str, result: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """A value, or each of several; its standard error and interval; and the score where it is one minus a score."""
    value = result.get("value")
    if isinstance(value, list):
        yield from ((f"{name}.{i}", x) for i, x in enumerate(value))
    elif value is not None:
        yield name, value
    if isinstance((score := result.get("score") or {}).get("value"), float):
        yield f"{name}.{_plain(score['name'])}", score["value"]
    if (interval := result.get("interval")) is not None:
        yield f"{name}.se", result["se"]
        yield f"{name}.low", interval["low"]
        yield f"{name}.high", interval["high"]
