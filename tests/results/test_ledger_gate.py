"""`compare --fail-if-worse --ledger`: verdicts, lines and exit codes, of plain means, statistics, weights and shares."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from losscli.statistics.betting import ERROR_RATE, log_e_value, stake
from tests.support.output import Cli, Said, cli

__all__ = ["cli"]

RNG = np.random.default_rng(11)
N = 400
T = RNG.normal(size=N)
BASE = T + RNG.normal(size=N)
PREDICTIONS = {
    "base": BASE,
    "same": BASE,
    "near": BASE + RNG.normal(size=N) * 0.01,
    "worse": T + RNG.normal(size=N) * 1.8,
    "better": T + RNG.normal(size=N) * 0.5,
}
LEVEL = ERROR_RATE * stake(1.0)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    columns = {**PREDICTIONS, "t": T, "w": np.tile([1.0, 2.0], N // 2)}
    np.savetxt("d.csv", np.column_stack(list(columns.values())), delimiter=",", header=",".join(columns), comments="", fmt="%.17g")


def gate(cli: Cli, *candidates: str, loss: str = "mse", allowed: str = "0", more: tuple[str, ...] = ()) -> Said:
    names = [word for name in ("base", *candidates) for word in ("-p", name)]
    return cli("compare", "d.csv", "-l", loss, *names, "-t", "t", "--fail-if-worse", allowed, "--ledger", "l.jsonl", *more)


def bet(said: Said) -> Any:
    (check,) = json.loads(said.out)["gate"]["checks"]
    return check["bet"]


def lines() -> list[Any]:
    return [json.loads(line) for line in Path("l.jsonl").read_text(encoding="utf-8").splitlines()]


def test_the_verdicts(cli: Cli) -> None:
    """Better passes; worse fails; in between is inconclusive and says what would have been an alarm; no difference is free."""
    found = {name: gate(cli, name) for name in ("better", "worse", "near", "same")}
    assert {name: said.code for name, said in found.items()} == {"better": 0, "worse": 1, "near": 0, "same": 0}
    assert [line["verdict"] for line in lines()] == ["pass", "fail", "inconclusive", "pass"]
    assert lines()[3]["stake"] == 0
    assert found["worse"].err.startswith("gate failed: mse of worse is worse by ")
    assert "; l.jsonl:2: e-value " in found["worse"].err
    assert "; no alarm of the ledger (about " in found["near"].err
    assert found["same"].err.endswith("; l.jsonl:4: no row differs, so there is nothing to bet on\n")


def test_a_difference_that_is_worse_alone_but_no_alarm_is_inconclusive(cli: Cli) -> None:
    """At 95 % this one is worse; one gate in twenty is, without a reason."""
    shift = BASE + RNG.normal(size=N) * 0.4
    loss, base = (shift - T) ** 2, (BASE - T) ** 2
    excess = (loss - base).mean() - 2 * (loss - base).std() / math.sqrt(N)
    allowed = f"{excess:.6f}"  # two standard errors below the difference
    text = Path("d.csv").read_text(encoding="utf-8").splitlines()
    Path("d.csv").write_text(
        "\n".join([f"{text[0]},shift", *(f"{row},{x!r}" for row, x in zip(text[1:], shift.tolist(), strict=True))]), "utf-8"
    )
    argv = ("compare", "d.csv", "-l", "mse", "-p", "base", "-p", "shift", "-t", "t", "--fail-if-worse", allowed)
    assert cli(*argv).code == 1
    said = cli(*argv, "--ledger", "l.jsonl")
    assert (said.code, lines()[0]["verdict"]) == (0, "inconclusive")
    assert cli(*argv, "--ledger", "l.jsonl", "--strict").code == 1


@pytest.mark.parametrize("allowed", ["0", "0.1", "5%"])
def test_the_e_value_is_that_of_the_differences_of_the_rows(cli: Cli, allowed: str) -> None:
    base, worse = (BASE - T) ** 2, (PREDICTIONS["worse"] - T) ** 2
    excess = worse - 1.05 * base if allowed == "5%" else worse - base - float(allowed)
    found = bet(gate(cli, "worse", allowed=allowed, more=("-f", "json")))
    assert found["e_value"] == pytest.approx(math.exp(log_e_value(excess, LEVEL)), rel=1e-6)
    assert found["units"] == N
    assert found["needed"] == pytest.approx(1 / LEVEL)


def test_the_e_value_of_a_weighted_mean_and_of_a_root(cli: Cli) -> None:
    """A weighted mean by its linear form; a root by that of the influences."""
    base, worse, w = (BASE - T) ** 2, (PREDICTIONS["worse"] - T) ** 2, np.tile([1.0, 2.0], N // 2)
    means = [np.average(x, weights=w) for x in (base, worse)]
    influence = w * ((worse - means[1]) - (base - means[0])) / w.sum() + (means[1] - means[0]) / N
    found = bet(gate(cli, "worse", more=("-w", "w", "-f", "json")))
    assert found["e_value"] == pytest.approx(math.exp(log_e_value(influence, LEVEL)), rel=1e-6)
    Path("l.jsonl").unlink()
    root = [np.sqrt(x.mean()) for x in (base, worse)]
    influence = ((worse - root[1] ** 2) / root[1] - (base - root[0] ** 2) / root[0]) / 2 / N + (root[1] - root[0]) / N
    found = bet(gate(cli, "worse", loss="rmse", more=("-f", "json")))
    assert found["e_value"] == pytest.approx(math.exp(log_e_value(influence, LEVEL)), rel=1e-6)


@pytest.mark.parametrize("allowed", ["0", "5%"])
@pytest.mark.parametrize("loss", ["mse", "rmse"])
def test_the_bets_are_on_clusters(cli: Cli, loss: str, allowed: str) -> None:
    """40 clusters of 10 rows with an error in common: their sums are bet on, not the rows."""
    cluster = np.arange(N) // 10
    worse = T + RNG.normal(size=N) + RNG.normal(size=N // 10)[cluster] * 2
    columns = {"base": BASE, "worse": worse, "t": T, "c": cluster}
    np.savetxt("d.csv", np.column_stack(list(columns.values())), delimiter=",", header=",".join(columns), comments="", fmt="%.17g")
    found = bet(gate(cli, "worse", loss=loss, allowed=allowed, more=("--cluster", "c", "-f", "json")))
    shares = []
    for x in (BASE, worse):
        square = (x - T) ** 2
        mean = square.mean()
        root = math.sqrt(mean)
        of_row = square / N if loss == "mse" else (square - mean) / 2 / root / N + root / N
        shares.append(np.bincount(cluster, of_row))
    excess = shares[1] - (1.05 if allowed == "5%" else 1) * shares[0]
    assert found["units"] == 40
    assert found["e_value"] == pytest.approx(math.exp(log_e_value(excess, LEVEL)), rel=1e-6)


def test_a_repeated_run_gets_the_same_verdict_and_no_line(cli: Cli) -> None:
    first, again = gate(cli, "worse"), gate(cli, "worse")
    assert (first.code, again.code) == (1, 1)
    assert len(lines()) == 1
    assert "; l.jsonl:1, judged before: e-value " in again.err


def test_two_candidates_share_a_stake(cli: Cli) -> None:
    said = gate(cli, "better", "worse", more=("-f", "json"))
    bets = {check["prediction"]: check["bet"] for check in json.loads(said.out)["gate"]["checks"]}
    assert said.code == 1
    assert {name: b["alarm"] for name, b in bets.items()} == {"better": False, "worse": True}
    assert bets["worse"]["needed"] == pytest.approx(2 / LEVEL)


def test_few_rows_say_so(cli: Cli) -> None:
    argv = ("compare", "-l", "mae", "-p", "a=1,2,3", "-p", "b=9,9,9", "-t", "1,2,3", "--fail-if-worse", "0", "--ledger", "l.jsonl")
    said = cli(*argv)
    assert said.code == 0
    assert "3 differences are too few for an alarm of a ledger" in said.err


def test_the_same_bits_with_one_thread(cli: Cli) -> None:
    gate(cli, "worse")
    (expected,) = lines()
    Path("l.jsonl").unlink()
    gate(cli, "worse", more=("--threads", "1"))
    assert lines()[0]["bets"] == expected["bets"]


def test_a_ledger_of_another_gate_is_refused(cli: Cli) -> None:
    gate(cli, "better")
    for given in ({"loss": "mae"}, {"allowed": "1%"}, {"more": ("-r", "sum")}, {"loss": "huber:delta=2"}):
        said = gate(cli, "better", **given)
        assert said.code == 3, given
        assert "error: l.jsonl:1: the ledger is of another gate, 'mse mean; worse by more than 0', and this one is" in said.err
    assert len(lines()) == 1


def test_a_loss_without_standard_errors_fails_and_writes_nothing(cli: Cli) -> None:
    said = gate(cli, "better", loss="median_ae")
    assert said.code == 1
    assert not Path("l.jsonl").exists()


def test_a_folder_that_does_not_exist(cli: Cli) -> None:
    said = cli("compare", "d.csv", "-l", "mse", "-p", "base", "-p", "worse", "-t", "t", "--fail-if-worse", "0", "--ledger", "no/l.jsonl")
    assert (said.code, said.out) == (4, "")
    assert said.err == "error: cannot write no/l.jsonl: no such file or directory\n"
