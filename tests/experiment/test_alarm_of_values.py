"""The dependence alarm of `compute`: about the value of one loss, of its slices and of an objective; and about gates without pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from losscli.statistics.alarm import LAGS, alarm, lag_finding
from losscli.statistics.dependence import of_rows, of_series, products_of
from losscli.statistics.moments import Moments
from tests.support.output import Cli, cli

__all__ = ["cli"]

PATIENT, AUTO = ["--cluster patient"], ["--lag auto"]


def write(name: str, **columns: Any) -> None:
    rows = zip(*(np.asarray(x).tolist() for x in columns.values()), strict=True)
    Path(name).write_text(",".join(columns) + "\n" + "".join(",".join(map(str, r)) + "\n" for r in rows))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """clusters.csv: patients, in any order. near.csv: AR(1) with 0.7. rows.csv: independent rows, with a column of groups."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(5)
    patient = rng.permutation(np.repeat(np.arange(40), 10))
    x = 9 + rng.normal(size=400) + 2 * rng.normal(size=40)[patient]
    site = np.where(patient % 2, "odd", "even")
    write("clusters.csv", pred=x, target=np.zeros(400), patient=patient, site=site)
    noise, near = rng.normal(size=400), [0.0]
    for e in noise.tolist():
        near.append(0.7 * near[-1] + e)
    write("near.csv", pred=9 + np.array(near[1:]), target=np.zeros(400))
    write("rows.csv", pred=9 + noise, target=np.zeros(400), patient=patient)
    Path("o.yaml").write_text("terms: {a: {loss: mae}, b: {loss: mse, weight: 2}}")


def computed(cli: Cli, *argv: str) -> Any:
    return json.loads(cli("compute", *argv, "-f", "json", "-q").out)


@pytest.mark.parametrize("loss", ["mae", "rmse", "wape"])
def test_it_finds_what_is_there(cli: Cli, loss: str) -> None:
    weights = ("--ci", "95")
    Path("t.csv").write_text(Path("clusters.csv").read_text().replace(",0.0,", ",3.0,"))  # wape needs targets
    found = computed(cli, loss, "t.csv", *weights)
    assert found["dependence"]["advice"] == PATIENT
    assert any("rows of one patient are alike" in n and "use --cluster patient, or --independent" in n for n in found["notes"])
    assert "dependence" not in computed(cli, loss, "t.csv", *weights, "--cluster", "patient")
    assert "dependence" not in computed(cli, loss, "t.csv", *weights, "--independent")
    assert "dependence" not in computed(cli, loss, "t.csv")


def test_rows_near_and_independent_rows(cli: Cli) -> None:
    found = computed(cli, "mae", "near.csv", "--ci", "95")
    assert found["dependence"]["advice"] == AUTO
    wide = computed(cli, "mae", "near.csv", "--ci", "95", "--lag", "auto")
    ratio = (wide["interval"]["high"] - wide["value"]) / (found["interval"]["high"] - found["value"])
    assert found["dependence"]["neighbours"]["wider"] == pytest.approx(ratio, rel=1e-9)
    assert "dependence" not in computed(cli, "mae", "rows.csv", "--ci", "95")


def test_the_numbers_are_those_of_the_losses(cli: Cli) -> None:
    """By hand: the alarm of the absolute errors of the rows."""
    found = computed(cli, "mae", "clusters.csv", "--ci", "95")["dependence"]
    x, patient = np.loadtxt("clusters.csv", delimiter=",", skiprows=1, usecols=(0, 2), unpack=True)
    moments = Moments(1, LAGS, ("patient",))
    moments.add(abs(x)[None], None, None, {"patient": patient.astype(int)})
    sums = moments.sums().column(0)
    expected = alarm(sums)
    near = lag_finding(400, products_of(sums), of_rows(400, sums.squares), of_series(sums, "auto"))
    assert found["neighbours"]["autocorrelations"] == pytest.approx(near.autocorrelations, rel=1e-9)
    got = next(g for g in found["groups"] if g["column"] == "patient")
    assert (got["icc"], got["wider"]) == (
        pytest.approx(expected.groups[0].icc, rel=1e-9),
        pytest.approx(expected.groups[0].wider, rel=1e-9),
    )
    groups = [abs(x)[patient == k] for k in range(40)]  # the analysis of variance of equal groups
    between, within = 10 * np.var([g.mean() for g in groups], ddof=1), np.mean([g.var(ddof=1) for g in groups])
    assert got["icc"] == pytest.approx((between - within) / (between + 9 * within), rel=1e-9)


def test_weights_and_derivatives(cli: Cli) -> None:
    text = Path("clusters.csv").read_text()
    Path("w.csv").write_text(text.replace("site\n", "site,w\n").replace("odd\n", "odd,2\n").replace("even\n", "even,1\n"))
    assert computed(cli, "mae", "w.csv", "--ci", "95", "-w", "w")["dependence"]["advice"] == PATIENT
    assert computed(cli, "mae", "clusters.csv", "--ci", "95", "--grad", "pred")["dependence"]["advice"] == PATIENT
    assert computed(cli, "mae", "clusters.csv", "--ci", "95", "--where", "site=odd")["dependence"]["advice"] == PATIENT


# --- slices ----------------------------------------------------------------------------------------------------------------


def test_a_slice_is_as_if_the_file_had_only_its_rows(cli: Cli) -> None:
    found = computed(cli, "mae", "clusters.csv", "--by", "site")
    for s in found["slices"]:
        alone = computed(cli, "mae", "clusters.csv", "--ci", "95", "--where", f"site={s['slice']['site']}")
        assert s["dependence"]["advice"] == PATIENT
        assert s["dependence"]["neighbours"] == alone["dependence"]["neighbours"]
        groups = [{g["column"]: g for g in d["dependence"]["groups"]}["patient"] for d in (s, alone)]
        assert groups[0]["icc"] == pytest.approx(groups[1]["icc"], rel=1e-12)


def test_columns_within_the_slices_of_a_comparison(cli: Cli) -> None:
    """Patients are alike in one site alone: there its gate is inconclusive, in the other it passes."""
    rng = np.random.default_rng(1)
    patient = rng.permutation(np.repeat(np.arange(60), 10))
    effect = 3 * rng.normal(size=60) * (np.arange(60) % 2)
    b = 20 + rng.normal(size=600) + effect[patient]
    write("d.csv", a=np.full(600, 20.0), b=b, target=np.zeros(600), patient=patient, site=np.where(patient % 2, "odd", "even"))
    argv = ("compare", "d.csv", "-l", "mae", "-p", "a", "-p", "b", "-t", "target", "--by", "site", "--fail-if-worse", "5", "-f", "json")
    found = json.loads(cli(*argv).out)
    outcomes = {s["slice"]["site"]: s["gate"]["outcome"] for s in found["slices"]}
    assert outcomes == {"odd": "inconclusive", "even": "pass"}
    said = {s["slice"]["site"]: s["results"][1]["paired"].get("dependence", {}).get("advice") for s in found["slices"]}
    assert said == {"odd": PATIENT, "even": None}
    assert {s["gate"]["outcome"] for s in json.loads(cli(*argv, "--cluster", "patient").out)["slices"]} == {"pass"}


def test_slices_beyond_the_first_rows(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The columns are read for the first rows of the file alone, however the slices lie in it."""
    monkeypatch.setattr("losscli.experiment.watching.FIRST_ROWS", 200)
    found = computed(cli, "mae", "clusters.csv", "--by", "site")
    rows = np.loadtxt("clusters.csv", delimiter=",", skiprows=1, usecols=2)[:200]
    for s in found["slices"]:
        (group,) = [g for g in s["dependence"]["groups"] if g["column"] == "patient"]
        assert group["groups"] == len({k for k in rows.tolist() if k % 2 == (s["slice"]["site"] == "odd")})


def test_a_note_on_slices_that_all_rows_do_not_show(cli: Cli) -> None:
    """Each slice drifts; side by side the rows of the slices hide it from the rows next to each other."""
    rng = np.random.default_rng(2)
    drift = np.cumsum(rng.normal(size=100))
    x = np.concatenate([[a, b] for a, b in zip(drift, -drift, strict=True)])
    write("d.csv", pred=100 + x, target=np.zeros(200), half=np.tile(["up", "down"], 100))
    found = computed(cli, "mae", "d.csv", "--by", "half")
    assert all(s["dependence"]["advice"] == AUTO for s in found["slices"])
    notes = [n for n in found["notes"] if n.startswith("rows look dependent in 2 of 2 slices, the most in half=")]
    assert len(notes) == (0 if found.get("dependence", {}).get("advice") == AUTO else 1)


# --- gates without pairs, and objectives -------------------------------------------------------------------------------------


def test_a_gate_on_unpaired_values_is_inconclusive(cli: Cli) -> None:
    cli("compute", "mae", "near.csv", "--ci", "95", "--lag", "auto", "-o", "r.json")
    compute = ("compute", "mae", "near.csv", "--baseline", "r.json", "--fail-if-worse", "9", "-f", "value")
    compare = ("compare", "near.csv", "-l", "mae", "-p", "pred", "--against", "r.json", "--fail-if-worse", "9", "-f", "value")
    for argv in (compute, compare):
        assert "gate inconclusive" in (said := cli(*argv)).err and "use --lag auto" in said.err and said.code == 0
        assert "gate passed" in cli(*argv, "--lag", "auto").err
        assert "gate passed" in cli(*argv, "--independent").err
        assert cli(*argv, "--strict").code == 1


def test_an_objective(cli: Cli) -> None:
    total = computed(cli, "o.yaml", "near.csv", "--ci", "95")["total"]
    assert total["dependence"]["advice"] == AUTO
    out = cli("compute", "o.yaml", "near.csv", "--ci", "95").out
    assert "the interval would be" in out and "use --lag auto" in out
    wide = computed(cli, "o.yaml", "near.csv", "--ci", "95", "--lag", "auto")["total"]
    assert "dependence" not in wide and wide["se"] > total["se"]
    assert wide["interval"]["method"] != total["interval"]["method"]
    compared = json.loads(cli("compare", "near.csv", "-l", "o.yaml", "-p", "pred", "-t", "target", "--lag", "auto", "-f", "json").out)
    assert wide["se"] == compared["results"][0]["se"]
    assert "dependence" not in computed(cli, "o.yaml", "near.csv", "--ci", "95", "--independent")["total"]
