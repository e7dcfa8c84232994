"""The origin of a result: the command, digests of its inputs, and versions. With it a result can be computed again and compared."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from losscli.numeric.lazy import np
from losscli.record import Record
from losscli.version import SCHEMA, __version__

__all__ = ["Origin", "Rerun", "rerun_of"]


SHOWN = len("sha256:") + 12  # characters of a digest in a message


class Origin(Record):
    """Where a result is from: the words of the command, and the digest of the values of each role."""

    command: Sequence[str]
    digests: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        versions = {"python": platform.python_version(), "numpy": np.__version__}
        return {"command": list(self.command), "digests": dict(self.digests), **versions}


class Rerun(Record):
    """A result that was computed again. `changed` says what is no longer the same: inputs, options, versions."""

    loss: str
    then: Any  # the value in the file
    now: Any
    differing: int  # values of rows that differ
    changed: Sequence[str]
    versions: Sequence[str]

    @property
    def same_bits(self) -> bool:
        """Whether the value and all values of rows are the same floats."""
        return _same(self.then, self.now) and not self.differing

    @property
    def passed(self) -> bool:
        """Whether the numbers and what they were computed from are the same. Other versions alone are no failure."""
        return self.same_bits and not self.changed

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        numbers = {} if self.then is None and self.now is None else {"then": self.then, "now": self.now}
        return {
            "schema": SCHEMA, "loss": self.loss, "same_bits": self.same_bits, "passed": self.passed, **numbers,
            "values_differ": self.differing, "changed": [*self.changed], "versions": [*self.versions], "version": __version__,
        }  # fmt: skip

    @property
    def lines(self) -> list[str]:
        """The outcome in words: the verdict, then what changed."""
        value = "" if self.now is None else f": {_text(self.now)}"
        if self.same_bits:
            verdict = f"{self.loss}: the same bits{value}"
        elif _same(self.then, self.now):
            verdict = f"{self.loss}: {self.differing:,} values of rows differ"
        else:
            verdict = f"{self.loss} is {_text(self.now)}, and was {_text(self.then)}"
        why = [*self.changed, *self.versions]
        if not why and not self.same_bits:
            why = ["the inputs, the options and the versions are the same: another machine, or a fault of losscli"]
        return [verdict, *why]


def rerun_of(document: Mapping[str, Any], now: Mapping[str, Any], options: Sequence[str]) -> Rerun:
    """Compare the JSON of a result with the JSON of the same command now. `options` are what differs in its options, in words."""
    changed = [*_inputs(document, now), *(f"the earlier result {words}" for words in options)]
    differing = _differing(document.get("values"), now.get("values"))
    return Rerun(now["loss"], document.get("value"), now.get("value"), differing, changed, [*_versions(document, now)])


def _inputs(document: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    before, after = document["origin"]["digests"], now["origin"]["digests"]
    for role in {**before, **after}:
        if before.get(role) == after.get(role):
            continue
        if role not in before or role not in after:
            yield f"{role} was {'given' if role in before else 'not given'}, and is {'given' if role in after else 'not given'}"
            continue
        source = now.get("bindings", {}).get(role)
        yield f"{role}{f' ({source})' if source else ''} holds other values: {before[role][:SHOWN]}…, and now {after[role][:SHOWN]}…"
    rows, now_rows = (d.get("rows", {}).get("used") for d in (document, now))
    if rows != now_rows:
        yield f"{rows} rows were used, and now {now_rows}"


def _versions(document: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    pairs = [("losscli", document.get("version"), __version__)]
    pairs += [(name, document["origin"].get(key), now["origin"][key]) for name, key in (("Python", "python"), ("NumPy", "numpy"))]
    return (f"{name} was {before}, and is {after}" for name, before, after in pairs if before != after)


def _differing(before: Any, after: Any) -> int:
    """How many values of rows differ; all of them where their number differs."""
    first, second = _numbers(before), _numbers(after)
    if len(first) != len(second):
        return max(len(first), len(second))
    return sum(not _same(a, b) for a, b in zip(first, second, strict=True))


def _numbers(x: Any) -> list[Any]:
    """All numbers of nested lists."""
    return [n for part in x for n in _numbers(part)] if isinstance(x, list) else [] if x is None else [x]


def _same(a: Any, b: Any) -> bool:
    """Whether two numbers, or nested lists of numbers, have the same bits; nan is nan."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    return a == b or (a != a and b != b)


def _text(x: Any) -> str:
    """A number as it is in the JSON, where nan and inf are words."""
    return x if isinstance(x, str) else repr(x)
