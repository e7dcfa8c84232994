"""What names of columns say: numbers (logit_2 before logit_10, q0.25 before q0.5), and classes (cat of logit_cat)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from losscli.record import Record

__all__ = [
    "CLASS_PREFIXES", "NumberedNames", "in_number_order", "natural_key", "numbered_like", "numbered_names", "short_names",
    "sorted_by_number",
]  # fmt: skip

CLASS_PREFIXES = ("logits", "logit", "log_probs", "log_prob", "logprob", "probs", "prob", "proba")  # what stands before the name of a class

# A minus is a sign where no letter or digit stands before it: logit_-1 is −1, class-1 is 1.
_NUMBER = re.compile(r"((?:(?<![^\W_])-)?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)")


class NumberedNames(Record):
    """Names that are one text but for a number in it, which begins at `start`."""

    numbers: tuple[float, ...]
    written: tuple[str, ...]
    start: int
    pointed: bool  # a point stands before it: q.5 may be 0.5, and p.10 the tenth

    @property
    def shares(self) -> tuple[float, ...]:
        """The numbers, those behind a point as its decimals."""
        return tuple(float(f"0.{w}") for w in self.written) if self.pointed else self.numbers


def numbered_names(names: Sequence[str]) -> NumberedNames | None:
    """The numbers of names that differ in one number alone; None where they differ in more, and where two are equal."""
    parts = [_NUMBER.split(name) for name in names]
    if len({len(p) for p in parts}) != 1:
        return None
    differ = [k for k, texts in enumerate(zip(*parts, strict=True)) if len(set(texts)) > 1]
    if len(differ) != 1 or differ[0] % 2 == 0:
        return None
    at = differ[0]
    written = tuple(p[at] for p in parts)
    numbers = tuple(map(float, written))
    if len(set(numbers)) < len(names):
        return None
    before = parts[0][at - 1]
    pointed = before.endswith(".") and (len(before) > 1 or at == 1) and all(w.isdecimal() for w in written)
    return NumberedNames(numbers, written, len("".join(parts[0][:at])), pointed)


def sorted_by_number(names: Sequence[str]) -> tuple[str, ...] | None:
    """The names in the order of their numbers; None where no number alone tells them apart, and where it can be read in two orders."""
    found = numbered_names(names)
    if found is None:
        return None
    order = sorted(range(len(names)), key=found.numbers.__getitem__)
    if len(set(found.shares)) == len(names) and order != sorted(range(len(names)), key=found.shares.__getitem__):
        return None
    return tuple(names[k] for k in order)


def in_number_order(names: Sequence[str]) -> tuple[str, ...]:
    """The names by number where that is their order, else as they stand."""
    return sorted_by_number(names) or tuple(names)


def numbered_like(names: Sequence[str], first: str, last: str) -> tuple[str, ...]:
    """The names that differ from two of them in nothing but the number in which these two differ; () where they differ in more."""
    a, b = _NUMBER.split(first), _NUMBER.split(last)
    differ = [k for k in range(len(a)) if len(a) == len(b) and a[k] != b[k]]
    if len(differ) != 1 or differ[0] % 2 == 0:
        return ()
    at = differ[0]
    parts = ((name, _NUMBER.split(name)) for name in names)
    return tuple(name for name, p in parts if len(p) == len(a) and p[:at] == a[:at] and p[at + 1 :] == a[at + 1 :])


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """part-2 before part-10: the order of files."""
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in re.split(r"(\d+)", name) if p]


def short_names(names: Sequence[str]) -> list[tuple[str, ...]]:
    """What tells the names apart (cat, dog of logit_cat, logit_dog), then the longer ends of them, at last the whole names."""
    found = numbered_names(names)
    start = found.start if found is not None else _start(names)
    first = found.written if found is not None else tuple(n[start:] for n in names)
    cuts = [m.end() for m in re.finditer(r"[\s\-_.]", names[0][:start]) if m.end() < start]
    return list(dict.fromkeys([*([first] if all(first) else []), *(tuple(n[at:] for n in names) for at in reversed(cuts)), tuple(names)]))


def _start(names: Sequence[str]) -> int:
    """Where what tells the names apart begins: behind logit_ and its like, else behind the last divider of what they have in common."""
    for stem in CLASS_PREFIXES:
        pattern = re.compile(stem.replace("_", r"[\s\-_]+") + r"(?:\s+|-+|_)", re.IGNORECASE)
        ends = {m.end() if m else 0 for m in map(pattern.match, names)}
        if len(ends) == 1 and 0 not in ends:
            return ends.pop()
    low, high = min(names), max(names)
    alike = next((k for k, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    return max((m.end() for m in re.finditer(r"[\s\-_.]", low[:alike])), default=0)
