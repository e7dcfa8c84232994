"""All pairs with letters, the model confidence set and the adjustment of p-values, beside scipy, statsmodels and the definition."""

from __future__ import annotations

import csv
import io
import json
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

import losscli
from losscli.errors import UsageError
from tests.support.output import Cli

RNG = np.random.default_rng(7)
N = 300
T = RNG.normal(size=N)
MODELS = {name: T + RNG.normal(size=N) * scale for name, scale in {"a": 1.0, "b": 1.02, "c": 1.15, "d": 1.5, "e": 1.0}.items()}
MODELS["twin"] = MODELS["b"]
LOSSES = {name: (x - T) ** 2 for name, x in MODELS.items()}


def text(x: Any) -> str:
    return json.dumps(np.asarray(x).tolist())


def argv(*options: str, models: Any = MODELS, loss: str = "mse") -> list[str]:
    return ["compare", "-l", loss, *(w for name, x in models.items() for w in ("-p", f"{name}={text(x)}")), "-t", text(T), *options]


def document(cli: Cli, *options: str, **given: Any) -> Any:
    return json.loads(cli(*argv(*options, **given), "-f", "json").out)


@pytest.mark.parametrize(("adjust", "peer"), [("holm", "holm"), ("bh", "fdr_bh"), ("none", None)])
def test_every_pair_is_a_paired_t_test(cli: Cli, adjust: str, peer: str | None) -> None:
    found = document(cli, "--all-pairs", "--adjust", adjust)["pairs"]
    assert {frozenset((p["prediction"], p["other"])) for p in found} == set(map(frozenset, combinations(MODELS, 2)))
    tests = [stats.ttest_rel(LOSSES[p["prediction"]], LOSSES[p["other"]]) for p in found if {p["prediction"], p["other"]} != {"b", "twin"}]
    twins = next(i for i, p in enumerate(found) if {p["prediction"], p["other"]} == {"b", "twin"})
    ps = np.insert([t.pvalue for t in tests], twins, 1.0)
    np.testing.assert_allclose([p["p"] for p in found], ps, rtol=1e-9)
    expected = ps if peer is None else multipletests(ps, method=peer)[1]
    np.testing.assert_allclose([p["p_adjusted"] for p in found], expected, rtol=1e-9)
    assert found[twins]["difference"] == 0


def test_the_pair_with_the_baseline_has_one_p(cli: Cli) -> None:
    found = document(cli, "--all-pairs", "--baseline", "c")
    by_name = {p["prediction"]: p for p in found["pairs"] if p["other"] == "c"}
    assert {r["prediction"]: r["paired"]["p_adjusted"] for r in found["results"] if "paired" in r} == {
        name: p["p_adjusted"] for name, p in by_name.items()
    }


def test_a_letter_in_common_means_that_no_difference_was_detected(cli: Cli) -> None:
    found = document(cli, "--all-pairs")
    letters = {r["prediction"]: r["letters"] for r in found["results"]}
    for pair in found["pairs"]:
        assert pair["detected"] is not bool(set(letters[pair["prediction"]]) & set(letters[pair["other"]]))
    assert letters["b"] == letters["twin"]
    assert letters[min(LOSSES, key=lambda name: LOSSES[name].mean())].startswith("a")


def test_the_adjustment_without_all_pairs(cli: Cli) -> None:
    for adjust, peer in (("holm", "holm"), ("bh", "fdr_bh")):
        paired = [r["paired"] for r in document(cli, "--adjust", adjust)["results"][1:]]
        expected = multipletests([p["p"] for p in paired], method=peer)[1]
        np.testing.assert_allclose([p["p_adjusted"] for p in paired], expected, rtol=1e-12)
    assert "p is two-sided, adjusted over the 5 candidates" in cli(*argv()).out
    assert "p is two-sided, adjusted by Benjamini–Hochberg over the 5 candidates" in cli(*argv("--adjust", "bh")).out
    assert "p is two-sided, not adjusted\n" in cli(*argv("--adjust", "none")).out


def test_the_model_confidence_set(cli: Cli) -> None:
    """The best has p = 1. Two of the same losses have the same p. One that is far worse is outside. It is the same on each run."""
    found = {r["prediction"]: r["model_set"] for r in document(cli, "--mcs")["results"]}
    best = min(LOSSES, key=lambda name: LOSSES[name].mean())
    assert found[best] == {"p": 1.0, "in_set": True}
    assert found["b"] == found["twin"]
    assert found["d"]["in_set"] is False
    assert all(x["in_set"] == (x["p"] > 0.05) for x in found.values())
    assert found == {r["prediction"]: r["model_set"] for r in document(cli, "--mcs")["results"]}
    assert "pairs" not in document(cli, "--mcs")


def test_of_two_models_the_p_is_that_of_the_t_test(cli: Cli) -> None:
    models = {"a": MODELS["a"], "c": MODELS["c"]}
    p = min(r["model_set"]["p"] for r in document(cli, "--mcs", models=models)["results"])
    assert p == pytest.approx(stats.ttest_rel(LOSSES["a"], LOSSES["c"]).pvalue, abs=0.015)


def test_a_statistic_and_an_objective_have_pairs_too(cli: Cli, tmp_path: Any) -> None:
    (tmp_path / "o.yaml").write_text("terms:\n  a: {loss: mse, weight: 2}\n  b: {loss: mae}\n")
    for loss in ("rmse", "o.yaml"):
        found = document(cli, "--all-pairs", "--mcs", loss=loss)
        assert len(found["pairs"]) == 15
        assert all(r["letters"] and r["model_set"] for r in found["results"])


def test_what_has_no_interval_has_no_letters(cli: Cli) -> None:
    found = document(cli, "--all-pairs", "--mcs", loss="median_ae")
    assert "pairs" not in found
    assert not any("letters" in r or "model_set" in r for r in found["results"])
    models = {**MODELS, "nan": np.where(np.arange(N) == 5, np.nan, T)}
    some = document(cli, "--all-pairs", "--mcs", "--nan", "propagate", models=models)
    assert len(some["pairs"]) == 15
    assert [r["prediction"] for r in some["results"] if "letters" not in r] == ["nan"]


def test_a_record_for_each_pair(cli: Cli) -> None:
    rows = list(csv.DictReader(io.StringIO(cli(*argv("--all-pairs"), "-f", "csv").out)))
    assert len(rows) == 15
    assert (rows[0]["prediction"], rows[0]["other"], rows[0]["loss"]) == ("b", "a", "mse")
    assert float(rows[0]["difference"]) == pytest.approx((LOSSES["b"] - LOSSES["a"]).mean())
    in_set = list(csv.DictReader(io.StringIO(cli(*argv("--mcs"), "-f", "csv").out)))
    assert [r["in_model_set"] for r in in_set if r["prediction"] == "d"] == ["false"]


def test_the_triangle(cli: Cli) -> None:
    out = cli("compare", "-l", "mae", "-p", "a=0,0,0,0.3", "-p", "b=9,9,9,8.8", "-p", "c=9,9.1,9,9", "-t", "0,0,0,0", "--all-pairs").out
    assert (
        "all pairs: mae\n"
        "prediction  letters         a         b\n"
        "a           a\n"
        "b            b       +8.875 !\n"
        "c            b        +8.95 !  +0.075\n"
        "the row less the column; ! detected; with a letter in common: no difference detected (95 %, 3 pairs, adjusted)\n"
    ) in out


def test_from_python() -> None:
    found = losscli.compare(MODELS, losses=["mse"], target=T, all_pairs=True, mcs=True, adjust="bh")
    assert len(found.pairs) == 15
    assert "model confidence set (95 %): " in found.table
    with pytest.raises(UsageError, match="mcs compares predictions by their intervals"):
        losscli.compare(MODELS, losses=["mse"], target=T, mcs=True, ci=None)
    with pytest.raises(UsageError, match="adjust takes holm, bh or none"):
        losscli.compare(MODELS, losses=["mse"], target=T, adjust="x")
