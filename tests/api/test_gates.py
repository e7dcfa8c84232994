"""Gates, slices, folds and intervals from Python have the numbers of the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

import losscli
from losscli.cli.app import run
from losscli.render.cells import strict

RNG = np.random.default_rng(1)
N = 60
T = RNG.normal(size=N)
A, B = T + RNG.normal(size=N), T + 1.3 * RNG.normal(size=N)
FOLD, REGION, YEAR = np.arange(N) % 5, np.array(["north", "south", "west"])[np.arange(N) % 3], 2020 + np.arange(N) % 2
FRAME = pandas.DataFrame({"a": A, "b": B, "t": T, "fold": FOLD, "region": REGION, "year": YEAR})
BOTH = FRAME[["a", "b"]]
ARGV = ("compare", "d.csv", "-l", "mae", "-p", "a", "-p", "b", "-t", "t", "-f", "json", "-q")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    FRAME.to_csv("d.csv", index=False)


def document(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    assert run(list(argv)) in (0, 1)
    return json.loads(capsys.readouterr().out)


def without_groups(x: Any) -> Any:
    """Without what the command finds in other columns of the file, and without the names of columns."""
    if isinstance(x, dict):
        return {k: without_groups(v) for k, v in x.items() if k not in ("groups", "notes", "bindings", "predictions", "header")}
    return [without_groups(v) for v in x] if isinstance(x, list) else x


FREE, SAID = {"independent": True}, ("--independent",)  # the command looks for dependence in the other columns of its file too
SAME: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "folds": ({"folds": FOLD}, ("--folds", "fold")),
    "folds and a share": ({"folds": FOLD, "test_share": 0.5}, ("--folds", "fold", "--test-share", "0.5")),
    "worse": ({"fail_if_worse": 0.1, "independent": True}, ("--fail-if-worse", "0.1", "--independent")),
    "worse by percent": (
        {"fail_if_worse": "10%", "confidence": 80, "lag": "auto"},
        ("--fail-if-worse", "10%", "--confidence", "80", "--lag", "auto"),
    ),
    "worse by value": ({"fail_if_worse_point": 0, "baseline": "b", **FREE}, (*SAID, "--fail-if-worse-point", "0", "--baseline", "b")),
    "bounds": ({"max": 1, "min": 0.5, **FREE}, (*SAID, "--max", "1", "--min", "0.5")),
    "slices": ({"by": FRAME.region, **FREE}, (*SAID, "--by", "region")),
    "slices of two": ({"by": FRAME[["region", "year"]], **FREE}, (*SAID, "--by", "region,year")),
    "gates of slices": (
        {"by": FRAME.year, "fail_if_worse": 0.3, "max": 1.1, **FREE},
        (*SAID, "--by", "year", "--fail-if-worse", "0.3", "--max", "1.1"),
    ),
    "slices and folds": ({"by": {"year": YEAR.tolist()}, "folds": FOLD.tolist()}, ("--by", "year", "--folds", "fold")),
}


@pytest.mark.parametrize("name", SAME)
def test_compare(capsys: pytest.CaptureFixture[str], name: str) -> None:
    given, argv = SAME[name]
    found = losscli.compare(BOTH, target=FRAME.t, losses="mae", **given)
    assert without_groups(found.to_dict()) == without_groups(document(capsys, *ARGV, *argv))


def test_the_outcome_of_gates() -> None:
    passed = losscli.compare(BOTH, target=T, losses="mae", fail_if_worse=9, independent=True)
    assert passed.passed is True and passed.failed is False and passed.gates[0].startswith("gate passed: mae of b is worse by ")
    failed = losscli.compare(BOTH, target=T, losses="mae", max=0.1)
    assert failed.passed is False and failed.failed is True
    unsure = losscli.compare(BOTH, target=T, losses="mae", fail_if_worse=float(abs(B - T).mean() - abs(A - T).mean()), independent=True)
    assert unsure.passed is False and unsure.failed is False and "rows would decide" in unsure.gates[0]
    plain = losscli.compare(BOTH, target=T, losses="mae")
    assert (plain.passed, plain.failed, plain.gates, plain.slices) == (None, None, [], ())


def test_a_slice_can_fail_alone() -> None:
    found = losscli.compare({"a": [1.0, 1.0, 3.0, 3.0]}, target=np.zeros(4), losses="mae", by=["x", "x", "y", "y"], max=2)
    assert (found.passed, found.failed) == (False, True)
    assert [line.split(":")[0] for line in found.gates] == ["gate passed", "gate failed", "gate passed"]
    assert [(s.key, s.comparison.results[0].value) for s in found.slices] == [(("y",), 3.0), (("x",), 1.0)]
    assert "mae by group\n" in found.table


def test_the_table_is_that_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ARGV[:-3], "--by", "year", "--independent", "--color", "never"]) == 0
    out = capsys.readouterr().out
    found = losscli.compare(BOTH, target=T, losses="mae", by=FRAME.year, independent=True)
    assert str(found) == "".join(line for line in out.splitlines(keepends=True) if not line.startswith("t = ") and " = d.csv::" not in line)


@pytest.mark.parametrize(
    "by",
    [
        pandas.Series(["x", None, "y"], dtype="string"),
        pandas.Series(["x", None, "y"], dtype="category"),
        np.array(["2024-01-01", "2024-01-02", "2024-01-03"], "datetime64[D]"),
        [True, False, True],
        [1.5, float("nan"), 2.5],
        ["a", "b", "c"],
    ],
)
def test_cells_of_any_kind(by: Any) -> None:
    found = losscli.compare({"a": [1.0, 2.0, 3.0]}, target=[0.0, 0.0, 0.0], losses="mae", by=by)
    assert sum(s.comparison.rows.used for s in found.slices) == 3
    json.dumps(found.to_dict())


# --- compute ---------------------------------------------------------------------------------------------------------------

INTERVALS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "rows": ({}, ("--independent",)),
    "clusters": ({"cluster": REGION}, ("--cluster", "region")),
    "near": ({"lag": "auto"}, ("--lag", "auto")),
    "folds": ({"folds": FOLD, "test_share": 0.2}, ("--folds", "fold", "--test-share", "0.2")),
    "resamples": ({"resamples": 200, "seed": 3}, ("--resamples", "200", "--seed", "3", "--independent")),
    "weights": ({"sample_weight": YEAR}, ("-w", "year", "--independent")),
}


@pytest.mark.parametrize("loss", ["mse", "rmse"])
@pytest.mark.parametrize("name", INTERVALS)
def test_compute(capsys: pytest.CaptureFixture[str], name: str, loss: str) -> None:
    given, argv = INTERVALS[name]
    found = losscli.compute(loss, pred=A, target=T, ci=90, **given)
    assert found.uncertainty is not None
    expected = document(capsys, "compute", loss, "d.csv", "-p", "a", "-t", "t", "--ci", "90", *argv, "-f", "json", "-q")
    assert (found.value, found.uncertainty.se, strict(found.uncertainty.to_dict())) == (
        expected["value"],
        expected["se"],
        expected["interval"],
    )
    assert found.value == losscli.compute(loss, pred=A, target=T, **{k: v for k, v in given.items() if k == "sample_weight"}).value
    assert loss == "rmse" or found.summary is not None


def test_what_has_no_interval_says_why() -> None:
    found = losscli.compute("median_ae", pred=A, target=T, ci=95)
    assert (
        found.uncertainty is None
        and found.without_interval == "median_ae is no smooth function of sums over the rows; --resamples 1000 gives one"
    )
    assert losscli.compute("mae", pred=[1.0], target=[2.0], ci=95).without_interval == "fewer than 2 rows"
    assert losscli.compute("mae", pred=A, target=T).without_interval is None


def test_the_alarm() -> None:
    near = np.cumsum(RNG.normal(size=300))
    found = losscli.compute("mae", pred=near, target=np.zeros(300), ci=95)
    assert found.alarm is not None and found.alarm.advice.lag_auto and "rows near each other are alike" in found.notes[-1]
    assert losscli.compute("mae", pred=near, target=np.zeros(300), ci=95, independent=True).alarm is None


def test_a_share_above_1_is_a_warning() -> None:
    said = losscli.compute("mae", pred=A, target=T, ci=95, folds=FOLD, test_share=20).warnings
    assert [w.code for w in said] == ["W129"]
    assert [w.code for w in losscli.compare(BOTH, target=T, losses="mae", folds=FOLD, test_share=20).warnings] == ["W129"]


# --- match -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("losses", [None, ["huber:delta=2", "mse"], "torch.nn.MSELoss"])
def test_match(capsys: pytest.CaptureFixture[str], losses: Any) -> None:
    number = f"{np.square(A - T).sum():.6f}"
    found = losscli.match(number, pred=A, target=T, losses=losses)
    named = [losses] if isinstance(losses, str) else losses or []
    np.save("a.npy", A)  # an array, which may also be one sample of many numbers; a column of a table is many samples
    np.save("t.npy", T)
    argv = ["compare", "-p", "a.npy", "-t", "t.npy", "--match", number, *(x for name in named for x in ("-l", name)), "-f", "json", "-q"]
    expected = document(capsys, *argv)
    keep = ("loss", "params", "reduction", "form", "value", "error", "chance", "also")
    assert [[m.to_dict().get(k) for k in keep] for m in found.matches] == [[m.get(k) for k in keep] for m in expected["matches"]]
    assert found.matches


def test_the_call_of_a_match_gives_the_number() -> None:
    p = 1 / (1 + np.exp(-A))
    labels = (T > 0).astype(float)
    cases: list[tuple[Any, dict[str, Any]]] = [
        (losscli.compute("mse", pred=A, target=T, reduction="sum").value, {"pred": A, "target": T}),
        (losscli.compute("huber", pred=A, target=T, delta=2.0).value, {"pred": A, "target": T, "losses": [("huber", {"delta": 2.0})]}),
        (losscli.compute("torch.nn.L1Loss", pred=A, target=T).value, {"pred": A, "target": T, "losses": "torch.nn.L1Loss"}),
        (losscli.compute("bce", pred=p, target=labels, sample_weight=YEAR).value, {"pred": p, "target": labels, "sample_weight": YEAR}),
    ]
    for number, given in cases:
        found = losscli.match(number, **given)
        names = {k: v for k, v in given.items() if k != "losses"} | {"losscli": losscli}
        assert eval(found.matches[0].command, names).value == pytest.approx(number, rel=1e-12)


def test_no_match_has_the_nearest() -> None:
    found = losscli.match(123.4567, pred=A, target=T, losses="mae")
    assert not found.warnings  # two arrays are not one column
    assert [w.code for w in losscli.match(123.4567, pred=A, target=A, losses="mae").warnings] == ["W116"]
    assert not found.matches and found.nearest[0].candidate.loss.name == "mae"
    assert str(found).startswith("Nothing gives 123.4567")


def test_a_function_of_ones_own() -> None:
    def cubed(pred: Any, target: Any) -> Any:
        return np.abs(pred - target) ** 3

    found = losscli.match(float(np.mean(np.abs(A - T) ** 3)), pred=A, target=T, losses=cubed)
    assert found.matches[0].command == "losscli.compute(cubed, pred=pred, target=target)"
