"""Numbers and classes in the names of columns: logit_2 comes before logit_10, and logit_cat is of the class cat."""

from __future__ import annotations

import re
from collections.abc import Sequence

from losscli.record import Record

__all__ = [
    "CLASS_PREFIXES", "NumberedNames", "in_number_order", "natural_key", "numbered_like", "numbered_names", "short_names",
    "sorted_by_number",
]  # fmt: skip

CLASS_PREFIXES = ("logits", "logit", "log_probs", "log_prob", "logprob", "probs", "prob", "proba")  # words before the name of a class

# A minus is a sign unless a letter or a digit comes before it: logit_-1 has −1, class-1 has 1.
_NUMBER = re.compile(r"((?:(?<![^\W_])-)?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)")


class NumberedNames(Record):
    """Names that differ only in one number."""

    numbers: tuple[float, ...]
    texts: tuple[str, ...]  # the numbers as they are written
    start: int  # where the number begins in a name
    after_point: bool  # a point comes before the number, so that q.5 may be 0.5; p.10 may be the tenth

    @property
    def shares(self) -> tuple[float, ...]:
        """The numbers; a number after a point is read as decimals: 0.5 of q.5."""
        return tuple(float(f"0.{text}") for text in self.texts) if self.after_point else self.numbers


def numbered_names(names: Sequence[str]) -> NumberedNames | None:
    """The numbers of names that differ in one number alone; None where they differ in more or where two numbers are equal."""
    parts = [_NUMBER.split(name) for name in names]
    if len({len(p) for p in parts}) != 1:
        return None
    differ = [k for k, column in enumerate(zip(*parts, strict=True)) if len(set(column)) > 1]
    if len(differ) != 1 or differ[0] % 2 == 0:
        return None
    at = differ[0]
    texts = tuple(p[at] for p in parts)
    numbers = tuple(map(float, texts))
    if len(set(numbers)) < len(names):
        return None
    before = parts[0][at - 1]
    after_point = before.endswith(".") and (len(before) > 1 or at == 1) and all(text.isdecimal() for text in texts)
    return NumberedNames(numbers, texts, len("".join(parts[0][:at])), after_point)


def sorted_by_number(names: Sequence[str]) -> tuple[str, ...] | None:
    """The names in the order of their numbers; None where they differ in more, or where q.5 and q.25 can be read in two orders."""
    found = numbered_names(names)
    if found is None:
        return None
    order = sorted(range(len(names)), key=found.numbers.__getitem__)
    if len(set(found.shares)) == len(names) and order != sorted(range(len(names)), key=found.shares.__getitem__):
        return None
    return tuple(names[k] for k in order)


def in_number_order(names: Sequence[str]) -> tuple[str, ...]:
    """The names in the order of their numbers where they have one, else in the order of the file."""
    return sorted_by_number(names) or tuple(names)


def numbered_like(names: Sequence[str], first: str, last: str) -> tuple[str, ...]:
    """All names like two of them that differ in one number alone; () where the two differ in more."""
    a, b = _NUMBER.split(first), _NUMBER.split(last)
    differ = [k for k in range(len(a)) if len(a) == len(b) and a[k] != b[k]]
    if len(differ) != 1 or differ[0] % 2 == 0:
        return ()
    at = differ[0]
    parts = ((name, _NUMBER.split(name)) for name in names)
    return tuple(name for name, p in parts if len(p) == len(a) and p[:at] == a[:at] and p[at + 1 :] == a[at + 1 :])


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts the names of files: part-2 before part-10."""
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in re.split(r"(\d+)", name) if p]


def short_names(names: Sequence[str]) -> list[tuple[str, ...]]:
    """The ends in which the names differ (cat, dog of logit_cat, logit_dog), then longer ends, then the whole names."""
    found = numbered_names(names)
    start = found.start if found is not None else _start_of_ends(names)
    first = found.texts if found is not None else tuple(n[start:] for n in names)
    cuts = [m.end() for m in re.finditer(r"[\s\-_.]", names[0][:start]) if m.end() < start]
    return list(dict.fromkeys([*([first] if all(first) else []), *(tuple(n[at:] for n in names) for at in reversed(cuts)), tuple(names)]))


def _start_of_ends(names: Sequence[str]) -> int:
    """Where the ends of names begin: after a prefix such as logit_, else after the last separator in the text that all names share."""
    for stem in CLASS_PREFIXES:
        pattern = re.compile(stem.replace("_", r"[\s\-_]+") + r"(?:\s+|-+|_)", re.IGNORECASE)
        ends = {m.end() if m else 0 for m in map(pattern.match, names)}
        if len(ends) == 1 and 0 not in ends:
            return ends.pop()
    low, high = min(names), max(names)
    common = next((k for k, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    return max((m.end() for m in re.finditer(r"[\s\-_.]", low[:common])), default=0)
