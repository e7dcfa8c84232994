"""The checks of the data: each fires, and stays silent where the data are right, for any blocks and threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import losscli

RNG = np.random.default_rng(5)
N = 100_000  # rows: several blocks
CODES = {"W140", "W141", "W142", "W143", "W144", "W145"}
STEPS = np.cumsum(RNG.normal(size=N))  # a random walk
NOISE = RNG.normal(size=N)
LABELS = RNG.integers(0, 3, size=N)
LOGITS = RNG.normal(size=(N, 4))


def codes(loss: str, **roles: Any) -> set[str]:
    found = {threads: {w.code for w in losscli.compute(loss, **roles, threads=threads).warnings} & CODES for threads in (1, 2)}
    assert found[1] == found[2]
    return found[1]


def last_changed(x: Any, value: float) -> Any:
    """The same but for the last row, which is in the last block."""
    return np.concatenate([x[:-1], [value]])


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ({"pred": NOISE, "target": NOISE.copy()}, {"W140"}),
        ({"pred": last_changed(NOISE, 9.0), "target": NOISE}, set()),
        ({"pred": NOISE[:9], "target": NOISE[:9].copy()}, set()),
        ({"pred": NOISE, "target": np.full(N, 2.0)}, {"W141"}),
        ({"pred": NOISE, "target": last_changed(np.full(N, 2.0), 3.0)}, set()),
        ({"pred": NOISE, "target": np.repeat([2.0, 3.0], N // 2)}, set()),  # constant in each block but one
        ({"pred": NOISE[:19], "target": np.full(19, 2.0)}, set()),
        ({"pred": STEPS[:-1] + 0.1 * NOISE[1:], "target": STEPS[1:]}, {"W142"}),
        ({"pred": STEPS[1:] + 0.1 * NOISE[1:], "target": STEPS[:-1]}, {"W142"}),
        ({"pred": STEPS + 0.1 * NOISE, "target": STEPS}, set()),
        ({"pred": STEPS + 2 * NOISE, "target": STEPS}, set()),
        ({"pred": np.arange(N) + 0.5, "target": np.arange(N) * 1.0}, set()),
        ({"pred": NOISE, "target": NOISE.astype(np.float32).astype(float)}, {"W143"}),
        ({"pred": NOISE.astype(np.float32), "target": NOISE}, {"W143"}),
        ({"pred": NOISE.astype(np.float32), "target": STEPS}, set()),
        ({"pred": NOISE, "target": last_changed(NOISE.astype(np.float32).astype(float), 0.1)}, set()),
    ],
)
def test_numbers(roles: dict[str, Any], expected: set[str]) -> None:
    assert codes("mae", **roles) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (LABELS, {"W144"}),
        (last_changed(LABELS, 3).astype(int), set()),
        (np.where(LABELS == 0, 3, LABELS), set()),  # labels from 1: W113 says so
        (np.ones(N, int), {"W141"}),
        (np.full(N, -100), set()),  # all are ignored: W105 says so
        (np.eye(4)[LABELS], set()),
    ],
)
def test_labels(target: Any, expected: set[str]) -> None:
    assert codes("cross_entropy", pred=LOGITS, target=target) == expected


def test_many_classes_are_not_expected_to_be_complete() -> None:
    assert codes("cross_entropy", pred=RNG.normal(size=(2000, 150)), target=RNG.integers(0, 140, size=2000)) == set()
    assert codes("cross_entropy", pred=LOGITS[:39], target=LABELS[:39]) == set()


@pytest.mark.parametrize("loss", ["mape", "mspe", "mean_percentage_error"])
def test_percentages_of_a_target_near_0(loss: str) -> None:
    assert codes(loss, pred=[1.0, 2.0], target=[0.01, 3.0]) == {"W145"}
    assert codes(loss, pred=[1.0, 2.0], target=[0.1, 3.0]) == set()


def test_vectors_are_not_a_series() -> None:
    rows = STEPS[: N - N % 2].reshape(-1, 2)
    assert codes("mae", pred=rows[:-1], target=rows[1:]) == set()


def test_missing_values_decide_nothing() -> None:
    x = last_changed(NOISE, np.nan)
    assert "W140" not in {w.code for w in losscli.compute("mae", pred=x, target=x.copy(), nan="propagate").warnings}
    assert codes("mae", pred=x, target=x.copy(), nan="omit") == {"W140"}


@pytest.mark.parametrize(
    ("options", "other"),
    [
        ({"weight": [1.0, 2.0, 4.0]}, True),
        ({"weight": [1.0, 1.0, 1.0]}, False),
        ({"target": [0, -100, 2]}, True),
        ({"reduction": "sum"}, False),
        ({"reduction": "sum_over_batch_size", "weight": [1.0, 2.0, 4.0]}, False),
    ],
)
def test_the_other_denominator(options: dict[str, Any], other: bool) -> None:
    roles = {"pred": [[2.0, 1, 0], [1, 2, 0], [0, 1, 2]], "target": [0, 1, 2]} | options
    if weights := roles.pop("weight", None):
        roles["class_weight"] = weights
    found = losscli.compute("cross_entropy", **roles)
    notes = [note for note in found.notes if "divided by the 3 elements" in note]
    assert bool(notes) == other
    if other:
        theirs = losscli.compute("cross_entropy", **roles | {"reduction": "sum_over_batch_size"}).value
        assert f"it is {theirs!r} (" in notes[0]
    assert not any("divided by the" in note for note in losscli.compute("torch.nn.CrossEntropyLoss", **torch_words(roles)).notes)


def torch_words(roles: dict[str, Any]) -> dict[str, Any]:
    """The same call in torch's words, with its mean."""
    return {{"class_weight": "weight"}.get(k, k): v for k, v in roles.items() if k != "reduction"}
