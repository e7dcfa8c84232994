"""Letters for all pairs: published examples, and the definition."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from losscli.statistics.letters import letters


def pairs_without_a_letter(shown: list[str]) -> set[tuple[int, int]]:
    return {(i, j) for i, j in combinations(range(len(shown)), 2) if not set(shown[i]) & set(shown[j])}


# The pairs that differ, counted from 0, and the letters
PUBLISHED = [
    # R's multcompView, the first example of multcompLetters: A and B, A and C do not differ, B and C do
    (3, [(1, 2)], ["ab", "a", "b"]),
    # R's package cld, weights of chicks by feed, Wilcoxon: casein, horsebean, linseed, meatmeal, soybean, sunflower
    (6, [(0, 1), (0, 2), (0, 4), (1, 3), (1, 4), (1, 5), (2, 5), (4, 5)], ["a", "b", "bc", "ac", "c", "a"]),
    # J. Gramm et al., Algorithms for compact letter displays, 2007, figure 2: three cliques cover the pairs that do not differ
    (5, [(0, 4), (1, 2), (1, 4), (2, 4)], ["ab", "a", "b", "abc", "c"]),
    (4, [], ["a", "a", "a", "a"]),
    (4, list(combinations(range(4), 2)), ["a", "b", "c", "d"]),
    (1, [], ["a"]),
    (0, [], []),
]


@pytest.mark.parametrize(("size", "different", "expected"), PUBLISHED)
def test_published_examples(size: int, different: list[tuple[int, int]], expected: list[str]) -> None:
    assert letters(size, different) == expected


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_letter_in_common_means_no_difference(share: float) -> None:
    rng = np.random.default_rng(3)
    for size in (2, 5, 12, 30):
        different = [pair for pair in combinations(range(size), 2) if rng.random() < share]
        shown = letters(size, different)
        assert pairs_without_a_letter(shown) == set(different)
        assert all(shown)
        assert shown == letters(size, different[::-1])


def test_no_letter_can_be_left_out_or_given_to_more() -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        different = {pair for pair in combinations(range(8), 2) if rng.random() < 0.4}
        shown = letters(8, sorted(different))
        for letter in set("".join(shown)):
            rest = [s.replace(letter, "") for s in shown]
            assert pairs_without_a_letter(rest) != different or not all(rest)
            members = {i for i, s in enumerate(shown) if letter in s}
            others = set(range(8)) - members
            assert all(any((min(i, o), max(i, o)) in different for i in members) for o in others)


def test_more_letters_than_the_alphabet() -> None:
    shown = letters(60, combinations(range(60), 2))
    assert (shown[0], shown[25], shown[26], shown[51], shown[52], shown[59]) == ("a", "z", "A", "Z", ".a", ".h")
