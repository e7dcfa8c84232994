"""Class weights from counts: the numbers of scikit-learn and of Cui et al., and the same from every place where a loss is asked for."""

from __future__ import annotations

import json
from typing import Any

import mpmath
import numpy as np
import pytest

import losscli
from losscli.domains import HardLabel, LogitVector, PerClass
from losscli.errors import UsageError
from losscli.registry import LOSSES, Loss
from losscli.testing.samples import CLASSES, example, take_rows
from tests.support.command import cli

losscli.LOSSES  # noqa: B018 - registers them
COUNTING = [k for k in LOSSES.values() if k.weight_option and k.options[k.weight_option].words]

# sklearn.utils.class_weight.compute_class_weight("balanced", classes=np.unique(y), y=y) of scikit-learn 1.9.1.
SKLEARN = [
    ([3, 2, 1], [0.6666666666666666, 1.0, 2.0]),
    ([7, 1], [0.5714285714285714, 4.0]),
    ([3, 2, 6], [1.2222222222222223, 1.8333333333333333, 0.6111111111111112]),
    ([1000, 100, 10], [0.37, 3.7, 37.0]),
    ([0, 2, 0, 3], [0.0, 1.25, 0.0, 0.8333333333333334]),  # of those that do not occur it gives none
]


@pytest.mark.parametrize(("counts", "expected"), SKLEARN, ids=str)
def test_scikit_learn(counts: list[int], expected: list[float]) -> None:
    assert losscli.class_weights(counts).tolist() == expected


# weights = (1 - beta) / (1 - np.power(beta, n)), weights / np.sum(weights) * number of classes, in 60 digits.
@pytest.mark.parametrize("beta", [0.0, 1e-300, 0.1, 0.9, 0.999, 0.999999, 1 - 2.0**-40, 1 - 2.0**-53])
@pytest.mark.parametrize("counts", [[1000, 100, 10], [1, 1], [1, 10**6, 3, 10**12], [0.5, 2.5], [7]], ids=str)
def test_effective_number(counts: list[float], beta: float) -> None:
    with mpmath.workdps(60):
        b = mpmath.mpf(beta)
        weights = [(1 - b) / (1 - b ** mpmath.mpf(n)) for n in counts]
        expected = [float(w / mpmath.fsum(weights) * len(counts)) for w in weights]
    np.testing.assert_allclose(losscli.class_weights(counts, beta=beta), expected, rtol=2e-15)


def test_ends_of_beta() -> None:
    counts = np.array([1000, 100, 10])
    assert losscli.class_weights(counts, beta=0.0).tolist() == [1.0, 1.0, 1.0]
    np.testing.assert_allclose(losscli.class_weights(counts, beta=1.0), 3 / counts / (1 / counts).sum(), rtol=1e-15)
    np.testing.assert_allclose(losscli.class_weights(counts, beta=1 - 2.0**-53), losscli.class_weights(counts, beta=1.0), rtol=1e-12)
    assert losscli.class_weights([4, 0, 4], beta=0.9).tolist() == [1.0, 0.0, 1.0]
    assert losscli.class_weights([0, 0]).tolist() == losscli.class_weights([0, 0], beta=0.5).tolist() == [0.0, 0.0]


# torch 2.13.0, with weight=compute_class_weight("balanced", …) of scikit-learn 1.9.1, and (by_number) with
# weights = (1 - 0.9) / (1 - np.power(0.9, [3, 2, 1])), scaled to the sum 3.
PRED = [[0.5, -1.25, 2.0], [1.5, 0.25, -0.75], [0.0, 0.5, 1.0], [-2.0, 1.0, 0.75], [2.5, 0.0, -1.0], [0.25, 0.125, -0.5]]
TARGET = [2, 0, 0, 1, 0, 1]
TORCH = [
    ("cross_entropy", "mean", 0.5769736062016267),
    ("cross_entropy", "sum", 3.4618416372097607),
    ("multi_margin", "mean", 0.2546296296296296),
    ("multi_margin", "sum", 1.5277777777777777),
]


@pytest.mark.parametrize(("name", "reduction", "expected"), TORCH)
def test_torch(name: str, reduction: str, expected: float) -> None:
    found = losscli.compute(name, pred=PRED, target=TARGET, class_weight="balanced", reduction=reduction)
    assert found.value == pytest.approx(expected, rel=1e-14)


def test_torch_by_number() -> None:
    found = losscli.compute("torch.nn.CrossEntropyLoss", pred=PRED, target=TARGET, weight="balanced", beta=0.9)
    assert found.value == pytest.approx(0.5849265602447499, rel=1e-14)
    assert found.params["class_weight"].tolist() == pytest.approx([0.5840762373193975, 0.8330771595450355, 1.5828466031355672], rel=1e-14)
    assert found.notes == ["class_weight by the effective number of samples (beta 0.9): target counted 3, 2, 1"]


# --- every loss, every way in ----------------------------------------------------------------------------------------------


def test_losses_that_weigh_classes() -> None:
    assert len(COUNTING) >= 8
    for known in LOSSES.values():
        assert ("class_weight" in known.options) <= bool(known.weight_option), known.name
        assert not set(known.count_options) & set(known.options), known.name


@pytest.mark.parametrize("known", COUNTING, ids=lambda k: k.name)
@pytest.mark.parametrize("how", [{}, {"beta": 0.9}], ids=str)
def test_as_the_same_numbers_given(known: Loss, how: dict[str, float]) -> None:
    if not set(how) <= set(known.count_options):
        pytest.skip("the loss has a beta of its own")
    data = example(known, np.random.default_rng(1), 40)
    labels = next(n for n, r in known.roles.items() if known.labels == r)
    classes = CLASSES if known.labels and known.labels.domain.over == "pred" else len(data["linear_weight"])  # type: ignore[attr-defined]
    data[labels][:9] = 1
    weights = losscli.class_weights(np.bincount(data[labels], minlength=classes), **how)
    found = losscli.compute(known.name, **data, **{known.weight_option: "balanced"}, **how)
    assert found.value == losscli.compute(known.name, **data, **{known.weight_option: weights}).value
    assert found.params[known.weight_option].tolist() == weights.tolist()
    gradient = losscli.gradient(known.name, **data, **{known.weight_option: "balanced"}, **how)
    np.testing.assert_array_equal(gradient, losscli.gradient(known.name, **data, **{known.weight_option: weights}))


def test_a_loss_of_ones_own() -> None:
    """A weight for each class is known by its annotation; an option or a role that is called beta is its own."""

    def mine(pred: LogitVector, target: HardLabel, *, class_weight: PerClass | None = None, beta: float = 2.0) -> Any:
        return beta * np.ones(3)[target] if class_weight is None else beta * class_weight[target]

    def plain(pred: Any, target: Any, beta: Any = None, alpha: Any = (1.0, 2.0)) -> Any:
        return pred - target

    data = {"pred": np.zeros((4, 3)), "target": np.array([0, 0, 0, 2])}
    found = losscli.compute(mine, **data, class_weight="balanced", reduction="none")
    assert found.values.tolist() == [2 * w for w in losscli.class_weights([3, 0, 1])[data["target"]]]
    assert losscli.compute(mine, **data, class_counts=[1, 1, 2], reduction="sum").value == 2 * (3 * 4 / 3 + 4 / 6)
    with pytest.raises(UsageError, match="has no option 'class_counts'"):
        losscli.compute(plain, pred=[1.0], target=[1.0], class_counts=[1, 2])


ROWS = 1000


def _data() -> dict[str, Any]:
    rng = np.random.default_rng(2)
    pred, target = rng.normal(size=(ROWS, 3)), rng.choice(3, ROWS, p=[0.7, 0.2, 0.1])
    target[::7] = -100
    return {"pred": pred, "target": target}


def _counts(data: dict[str, Any]) -> list[int]:
    return [int((data["target"] == c).sum()) for c in range(3)]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("chunk", [1, 33, None])
def test_bits_do_not_depend_on_chunks(chunk: int | None, threads: int) -> None:
    data = _data()
    found = losscli.compute("cross_entropy", **data, class_weight="balanced", chunk=chunk, threads=threads)
    assert found.value == losscli.compute("cross_entropy", **data, class_weight=losscli.class_weights(_counts(data))).value


def test_what_is_counted() -> None:
    """Not ignored labels, not rows left out; each row once, whatever it weighs."""
    data = _data()
    gone = np.arange(ROWS) % 5 == 0
    data["pred"][gone, 1] = np.nan
    found = losscli.compute("cross_entropy", **data, class_weight="balanced", nan="omit", sample_weight=np.arange(ROWS))
    kept = take_rows(LOSSES["cross_entropy"], data, ~gone)
    assert found.params["class_weight"].tolist() == losscli.class_weights(_counts(kept)).tolist()
    kept["target"] = np.where(kept["target"] == -100, 0, kept["target"])
    inside = losscli.compute("cross_entropy", **kept, class_weight="balanced", ignore_index=0)
    assert inside.params["class_weight"].tolist() == [0.0, *losscli.class_weights(_counts(kept)[1:])]
    assert inside.notes[0].endswith("; none of class 0: weight 0")
    images = losscli.compute("cross_entropy", pred=np.zeros((2, 3, 4)), target=[[0, 0, 0, 1], [2, 0, 1, 1]], class_weight="balanced")
    assert images.notes == ["class_weight balanced: target counted 4, 3, 1"]


def _files() -> dict[str, str | bytes]:
    data = _data()
    words = [{0: "ant", 1: "bee", 2: "cow", -100: "-100"}[int(t)] for t in data["target"]]
    rows = [["x_ant", "x_bee", "x_cow", "q_ant", "q_bee", "q_cow", "t"]]
    rows += [[*map(repr, p.tolist()), *map(repr, p[::-1].tolist()), w] for p, w in zip(data["pred"], words, strict=True)]
    return {"d.csv": "".join(",".join(r) + "\n" for r in rows)}


def test_in_the_command() -> None:
    data = _data()
    weights = losscli.class_weights(_counts(data))
    argv = ["compute", "cross_entropy", "-p", "x_*", "-t", "t", "--class-weight", "balanced"]
    got = json.loads(cli([*argv, "d.csv", "-f", "json"], _files()).out)
    assert got["params"]["class_weight"] == weights.tolist()
    assert got["value"] == losscli.compute("cross_entropy", **data, class_weight=weights).value
    assert got["notes"][0] == "class_weight balanced: target counted " + ", ".join(map(str, _counts(data)))
    piped = cli([*argv, "-", "-f", "json"], stdin=_files()["d.csv"])
    assert json.loads(piped.out)["value"] == got["value"]
    given = cli(["compute", "cross_entropy", "d.csv", "-p", "x_*", "-t", "t", "--class-counts", "n.json", "-f", "json"],
                {**_files(), "n.json": json.dumps(_counts(data))})  # fmt: skip
    assert json.loads(given.out)["value"] == got["value"]


def test_in_a_comparison() -> None:
    """Each loss is weighed by the labels that they share; the counting is one pass for all."""
    names = ["cross_entropy:class_weight=balanced", "cross_entropy:class_weight=balanced,beta=0.9", "softmax_focal:alpha=balanced"]
    argv = ["compare", "d.csv", "-p", "x=x_*", "-p", "q=q_*", "-t", "t", *(w for n in names for w in ("-l", n))]
    data = _data()
    weights = [losscli.class_weights(_counts(data)), losscli.class_weights(_counts(data), beta=0.9)]
    found = json.loads(cli([*argv, "-f", "json"], _files()).out)["results"]
    for r in found:
        pred = data["pred"] if r["prediction"] == "x" else data["pred"][:, ::-1]
        own = {"alpha": weights[0]} if r["loss"].startswith("soft") else {"class_weight": weights["beta" in r["loss"]]}
        assert r["value"] == losscli.compute(r["loss"].partition(":")[0], pred=pred, target=data["target"], **own).value
        assert all(r["params"][k] == w.tolist() for k, w in own.items())


def test_in_an_objective() -> None:
    text = (
        "data: d.csv\nterms:\n"
        "  a: {loss: cross_entropy, pred: 'x_*', target: t, class_weight: balanced, beta: 0.9}\n"
        "  b: {loss: nn.CrossEntropyLoss, pred: 'q_*', target: t, class_counts: [5, 2, 1]}\n"
    )
    got = json.loads(cli(["compute", "o.yaml", "-f", "json"], {**_files(), "o.yaml": text}).out)
    a, b = got["terms"]
    assert a["params"]["class_weight"] == losscli.class_weights(_counts(_data()), beta=0.9).tolist()
    assert b["params"]["class_weight"] == losscli.class_weights([5, 2, 1]).tolist()
    assert [t["notes"][0].rpartition(" ")[0] for t in (a, b)] == [
        f"class_weight by the effective number of samples (beta 0.9): target counted {', '.join(map(str, _counts(_data())[:2]))},",
        "class_weight balanced: class_counts 5, 2,",
    ]


def test_a_wrong_label_is_the_error_that_it_always_is() -> None:
    for label in ("3", "-1", "0.5"):
        argv = ["compute", "cross_entropy", "-p", "[[1,2,0],[2,1,1]]", "-t", f"0,{label}"]
        assert cli([*argv, "--class-weight", "balanced"]) == cli(argv) != cli([*argv[:-1], "0,1"])


def test_nothing_to_count() -> None:
    argv = ["compute", "cross_entropy", "-p", "[[1,2],[2,1]]", "-t", "-100,-100", "--class-weight", "balanced", "-f", "value"]
    for how in ([], ["--beta", "0.5"]):
        got = cli([*argv, *how])
        assert (got.code, got.out) == (0, "nan\n") and "W105" in got.err


@pytest.mark.parametrize("counts", [[1, -1], [[1, 2]], [1, float("nan")]], ids=str)
def test_no_counts(counts: Any) -> None:
    with pytest.raises(UsageError, match="one number for each class"):
        losscli.class_weights(counts)
