"""What is counted while the blocks pass: ignored values, and the rows to which a warning applies; in any block, by any of the roles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import losscli
from losscli.testing.case import small_blocks

LOGITS = np.log([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4], [0.2, 0.2, 0.6]])
ONES = np.ones(4)


def but(place: int, value: float, x: Any = ONES) -> Any:
    changed = np.array(x, float)
    changed[place] = value
    return changed


WARNED: dict[str, tuple[str, dict[str, Any], list[str]]] = {  # a loss, its data and options, and the start of each warning
    "the prediction is below": ("msle", {"pred": but(3, -0.5), "target": ONES, "clip": 0.0}, ["W104 1 row:"]),
    "the target is below": ("msle", {"pred": ONES, "target": but(0, -0.5), "clip": 0.0}, ["W104 1 row:"]),
    "each is below in a row": ("msle", {"pred": but(3, -0.5), "target": but(0, -0.5), "clip": 0.0}, ["W104 2 rows:"]),
    "none is below": ("msle", {"pred": but(3, 0.0), "target": ONES, "clip": 0.0}, []),
    "all rows are probabilities": ("cross_entropy", {"pred": np.exp(LOGITS), "target": [0, 1, 2, 2]}, ["W101"]),
    "all rows but the last": ("cross_entropy", {"pred": but(3, -1, np.exp(LOGITS)), "target": [0, 1, 2, 2]}, []),
    "all rows but the first": ("cross_entropy", {"pred": but(0, -1, np.exp(LOGITS)), "target": [0, 1, 2, 2]}, []),
    "one row of vectors is enough": ("cross_entropy", {"pred": np.exp(LOGITS[:1]), "target": [0]}, ["W101"]),
    "one number is not": ("bce_with_logits", {"pred": [0.5], "target": [1.0]}, []),
    "two numbers are": ("bce_with_logits", {"pred": [0.5, 0.4], "target": [1.0, 0.0]}, ["W101"]),
    "one row does not sum to 1": ("cross_entropy", {"pred": LOGITS, "target": but(2, 0.1, np.eye(3)[[0, 1, 2, 2]])}, ["W103 1 row:"]),
}


@pytest.mark.parametrize("elements", [2, 4096])
@pytest.mark.parametrize("what", WARNED)
def test_a_warning_counts_the_rows_of_all_blocks(what: str, elements: int) -> None:
    name, given, wanted = WARNED[what]
    with small_blocks(elements):
        found = [f"{w.code} {w.message}" for w in losscli.compute(name, **given).warnings]
    assert len(found) == len(wanted) and all(text.startswith(start) for text, start in zip(found, wanted, strict=True)), found


@pytest.mark.parametrize("elements", [2, 4096])
def test_ignored_values_are_counted_in_every_block(elements: int) -> None:
    target = np.array([[0, -100], [1, 2], [-100, -100], [2, -100]])
    with small_blocks(elements):
        rows = losscli.compute("cross_entropy", pred=np.stack([LOGITS, LOGITS], 1), target=target, ignore_index=-100, class_axis=-1).rows
        none = losscli.compute("cross_entropy", pred=LOGITS, target=[0, 1, 2, 2], ignore_index=-100).rows
    assert (rows.ignored, none.ignored) == (4, 0)
