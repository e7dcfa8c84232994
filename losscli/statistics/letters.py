"""Letters for all pairs: two items have a letter in common if and only if no difference between them was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from string import ascii_lowercase, ascii_uppercase

__all__ = ["letters"]

ALPHABET = ascii_lowercase + ascii_uppercase


def letters(size: int, different: Iterable[tuple[int, int]]) -> list[str]:
    """The letters of each of `size` items, from the pairs that differ. The first item has an a; the order is that of the items.

    The insert-and-absorb algorithm: all items start in one group. Each pair that differs splits the groups with both, and a group within
    another is absorbed. At last, groups are swept out whose pairs all have another group in common. The letter after Z is .a, then .b.
    Source: H.-P. Piepho, An Algorithm for a Letter-Based Representation of All-Pairwise Comparisons, 2004.

    >>> letters(3, [(1, 2)])
    ['ab', 'a', 'b']
    """
    groups = [frozenset(range(size))]
    for i, j in different:
        groups = _inserted(groups, i, j)
    groups = sorted(_swept(groups), key=sorted)
    return ["".join(_letter(g) for g, group in enumerate(groups) if i in group) for i in range(size)]


def _inserted(groups: Sequence[frozenset[int]], i: int, j: int) -> list[frozenset[int]]:
    """The groups after i and j were parted. No group is within another."""
    kept = [g for g in groups if not {i, j} <= g]
    parts = [g - {k} for g in groups if {i, j} <= g for k in (i, j)]
    # parts without i cannot be within each other, since the groups were not; nor can an old group be within a part
    return kept + [p for p in dict.fromkeys(parts) if not any(p < other for other in kept + parts)]


def _swept(groups: Sequence[frozenset[int]]) -> list[frozenset[int]]:
    """The groups without those that are not needed, the smallest first: each item and each of their pairs are in another group too."""
    count: dict[tuple[int, ...], int] = {}
    for group in groups:
        for pair in _members(group):
            count[pair] = count.get(pair, 0) + 1
    kept = set(groups)
    for group in sorted(groups, key=lambda g: (len(g), sorted(g))):
        if all(count[pair] > 1 for pair in _members(group)):
            kept.remove(group)
            for pair in _members(group):
                count[pair] -= 1
    return list(kept)


def _members(group: frozenset[int]) -> list[tuple[int, ...]]:
    """Each item of a group, and each pair."""
    items = sorted(group)
    return [(i,) for i in items] + list(combinations(items, 2))


def _letter(position: int) -> str:
    return "." * (position // len(ALPHABET)) + ALPHABET[position % len(ALPHABET)]
