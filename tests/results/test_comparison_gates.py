"""The gates of `compare`: which predictions and losses they apply to, their numbers beside scipy's, and their exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from losscli.results.comparison import Precision, compare_results
from losscli.results.comparison_gates import ComparisonGates, with_verdicts
from losscli.results.gates import Bounds
from losscli.results.noninferiority import Allowance, Margins
from losscli.results.result import Result, Rows
from losscli.results.uncertainty import Paired, Uncertainty
from tests import SAMPLES
from tests.support.output import Cli, cli

__all__ = ["cli"]

CSV = str(SAMPLES / "diabetes.csv")
BOTH = ("compare", CSV, "-p", "ridge", "-p", "gbm", "-t", "y_true")
D = "a,b,c,t\n1,2,1,3\n2,3,2,3\n4,4,4,3\n9,1,9,1\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_text(D)


def checks(out: str) -> list[dict[str, Any]]:
    return json.loads(out)["gate"]["checks"]


def rows_of(*names: str) -> list[np.ndarray]:
    header = Path(CSV).read_text().splitlines()[0].split(",")
    return [np.loadtxt(CSV, delimiter=",", skiprows=1, usecols=header.index(name)) for name in names]


@pytest.mark.parametrize("confidence", ["95", "80"])
def test_the_bounds_are_those_of_the_paired_t_test_of_scipy(cli: Cli, confidence: str) -> None:
    said = cli(*BOTH, "-l", "mae", "-l", "mse", "--fail-if-worse", "0", "--confidence", confidence, "-f", "json")
    target, ridge, gbm = rows_of("y_true", "ridge", "gbm")
    found = checks(said.out)
    assert [(c["prediction"], c["loss"], c["against"]) for c in found] == [("gbm", "mae", "ridge"), ("gbm", "mse", "ridge")]
    for check, loss in zip(found, (np.abs, np.square), strict=True):
        x, y = loss(gbm - target), loss(ridge - target)
        level = float(confidence) / 100
        assert check["high"] == pytest.approx(stats.ttest_rel(x, y, alternative="less").confidence_interval(level).high, rel=1e-9)
        assert check["low"] == pytest.approx(stats.ttest_rel(x, y, alternative="greater").confidence_interval(level).low, rel=1e-9)


def test_a_percentage_of_an_uncertain_baseline(cli: Cli) -> None:
    """The decision is that of the t-test of x - 1.1 y against 0, row by row."""
    (check,) = checks(cli(*BOTH, "-l", "mae", "--fail-if-worse", "10%", "-f", "json").out)
    target, ridge, gbm = rows_of("y_true", "ridge", "gbm")
    direct = stats.ttest_1samp(np.abs(gbm - target) - 1.1 * np.abs(ridge - target), 0, alternative="less")
    assert check["high"] - check["limit"] == pytest.approx(direct.confidence_interval(0.95).high, rel=1e-9)


def test_every_candidate_and_every_loss_is_gated_and_the_baseline_is_not(cli: Cli) -> None:
    argv = ("compare", "d.csv", "-l", "mae", "-l", "mse", "-p", "a", "-p", "b", "-p", "c", "-t", "t", "--fail-if-worse-point", "0")
    for baseline, others in (("a", "bc"), ("b", "ac")):
        found = checks(cli(*argv, "--baseline", baseline, "-f", "json").out)
        assert [(c["prediction"], c["loss"]) for c in found] == [(p, loss) for p in others for loss in ("mae", "mse")]
        assert {c["against"] for c in found} == {baseline}


@pytest.mark.parametrize("allowed", ["0", "0%", "3%"])
def test_identical_predictions_pass(cli: Cli, allowed: str) -> None:
    argv = ("compare", "d.csv", "-l", "mae", "-l", "rmse", "-p", "a", "-p", "c", "-t", "t", "--fail-if-worse", allowed)
    said = cli(*argv)
    assert said.code == 0 and said.err.count("gate passed: ") == 2


OUTCOMES: dict[str, tuple[tuple[str, ...], int, str]] = {
    "inconclusive": (("--fail-if-worse", "0"), 0, "inconclusive"),
    "inconclusive, strict": (("--fail-if-worse", "0", "--strict"), 1, "inconclusive"),
    "pass": (("--fail-if-worse", "10%"), 0, "pass"),
    "point": (("--fail-if-worse-point", "0"), 1, "fail"),
    "point allowed": (("--fail-if-worse-point", "1%"), 0, "pass"),
    "better": (("--fail-if-worse-point", "0", "--baseline", "gbm"), 0, "pass"),
    "max": (("--max", "45.5"), 1, "fail"),
    "max of the baseline alone": (("--max", "45.5", "--baseline", "gbm"), 0, "pass"),
    "min": (("--min", "46"), 1, "fail"),
    "one of three": (("--fail-if-worse", "10%", "--fail-if-worse-point", "0", "--max", "99"), 1, "fail"),
}


@pytest.mark.parametrize(("argv", "code", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_exit_codes(cli: Cli, argv: tuple[str, ...], code: int, outcome: str) -> None:
    said = cli(*BOTH, "-l", "mae", *argv, "-f", "json")
    gate = json.loads(said.out)["gate"]
    assert (said.code, gate["outcome"], gate["passed"]) == (code, outcome, outcome == "pass")
    quiet = cli(*BOTH, "-l", "mae", *argv, "-f", "json", "-q")
    assert said.err.startswith("gate ") and (quiet.code, quiet.out) == (code, said.out)
    assert quiet.err == "".join(line for line in said.err.splitlines(True) if code and not line.startswith("gate passed"))


def test_a_single_prediction_has_bounds(cli: Cli) -> None:
    assert cli("compare", "d.csv", "-l", "mae", "-p", "a", "-t", "t", "--max", "1").code == 1


NO_ERROR: dict[str, tuple[tuple[str, ...], str]] = {
    "median": (("-l", "median_ae", "-p", "a", "-p", "b"), "median_ae is no smooth function of sums over the rows"),
    "one row": (("-l", "mae", "-p", "x=1", "-p", "y=1"), "fewer than 2 rows"),
}


@pytest.mark.parametrize(("argv", "reason"), NO_ERROR.values(), ids=NO_ERROR)
def test_without_a_standard_error_a_gate_fails_with_the_reason(cli: Cli, argv: tuple[str, ...], reason: str) -> None:
    data = [] if "x=1" in argv else ["d.csv"]
    said = cli("compare", *data, *argv, "-t", "t" if data else "0", "--fail-if-worse", "1e9")
    assert said.code == 1 and reason in said.err and said.err.startswith("gate failed: ")


@pytest.mark.parametrize("reduction", [(), ("-r", "sum")])
def test_nothing_passes_on_nothing(cli: Cli, reduction: tuple[str, ...]) -> None:
    argv = ("compare", "d.csv", "-l", "mae", "-p", "a", "-p", "b", "-t", "t", "-w", "0,0,0,0", *reduction, "-f", "value", "-q")
    for gate in (("--fail-if-worse", "1e9"), ("--fail-if-worse-point", "1e9"), ("--max", "inf"), ("--min", "-inf")):
        assert cli(*argv, *gate).code == 1, gate
    cli("compare", "d.csv", "-l", "mae", "-p", "b", "-t", "t", "-w", "0,0,0,0", *reduction, "-o", "r.json", "-q")
    for option in ("--fail-if-worse", "--fail-if-worse-point"):
        said = cli("compare", "d.csv", "-l", "mae", "-p", "b", "-t", "t", "-w", "1,1,1,1", *reduction, "--against", "r.json", option, "1e9")
        assert said.code == 1 and "computed from nothing" in said.err


def test_doubt_makes_a_gate_inconclusive() -> None:
    """What a look at the dependence of the rows says of one candidate."""
    result = Result("mae", {}, "mean", 1.0, None, None, Rows(9, 9, 0, 0), "float64", {"pred": "p"}, ())
    u = Uncertainty(95.0, 9, 0.1, 0.8, 1.2, 8.0, "rows")
    precision = Precision({(p, 0): u for p in (0, 1)}, {(1, 0, 0): Paired(0.0, u, 1.0, 1.0, 0, 0, 0, 0.1)}, {})
    results = [[result], [result]]
    compared = compare_results(["a", "b"], ["mae"], results, "a", precision)
    gates = ComparisonGates(Bounds(), Margins(Allowance("9", 9.0)))
    doubts = {("b", "mae"): "rows of a user depend on each other: --cluster user"}
    (sure,), (doubted,) = (with_verdicts(compared, results, gates, {}, found).gated for found in (None, doubts))
    assert (sure.verdict.outcome, doubted.verdict.outcome) == ("pass", "inconclusive")
    assert re.search("--cluster user$", doubted.verdict.lines()[0])
