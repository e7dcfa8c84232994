"""The intervals of a comparison under dependence, against statsmodels; the alarm, from the command and in Python."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

import losscli
from losscli.cli.app import run
from losscli.errors import UsageError
from losscli.experiment import watching
from losscli.results.comparison import doubts_of
from tests.simulations.nulls import ar1
from tests.support.output import Cli

RNG = np.random.default_rng(3)
N = 400
PATIENT = np.arange(N) // 8
EFFECT = RNG.normal(size=N // 8)[PATIENT]
T = RNG.normal(size=N)
A, B = T + RNG.normal(size=N), T + 0.3 * RNG.normal(size=N) + 1.2 * np.abs(EFFECT)
D = (B - T) ** 2 - (A - T) ** 2


def paired(losses: str = "mse", **options: Any) -> Any:
    return losscli.compare({"a": A, "b": B}, target=T, losses=losses, **options).results[1].paired


def test_clusters_are_those_of_statsmodels() -> None:
    model = sm.OLS(D, np.ones(N)).fit(cov_type="cluster", cov_kwds={"groups": PATIENT}, use_t=True)
    found = paired(cluster=[f"p{i}" for i in PATIENT])
    assert found.uncertainty.se == pytest.approx(model.bse[0], rel=1e-10)
    assert found.p == pytest.approx(model.pvalues[0], rel=1e-8)
    assert (found.uncertainty.method, found.uncertainty.df, found.alarm) == ("clusters", N // 8 - 1, None)


def test_clusters_of_a_statistic_are_sums_of_influences() -> None:
    """By the delta method, the difference of two roots has the influences (l_b / rmse_b − l_a / rmse_a) / 2."""
    a, b = (A - T) ** 2, (B - T) ** 2
    e = b / math.sqrt(b.mean()) / 2 - a / math.sqrt(a.mean()) / 2
    model = sm.OLS(e, np.ones(N)).fit(cov_type="cluster", cov_kwds={"groups": PATIENT})
    assert paired("rmse", cluster=PATIENT).uncertainty.se == pytest.approx(model.bse[0], rel=1e-9)


def test_a_horizon_is_diebold_mariano() -> None:
    options = {"maxlags": 14, "kernel": "uniform", "use_correction": False}
    model = sm.OLS(D, np.ones(N)).fit(cov_type="HAC", cov_kwds=options)
    factor = (N + 1 - 30 + 15 * 14 / N) / N
    found = paired(lag=15)
    assert found.uncertainty.se == pytest.approx(model.bse[0] / math.sqrt(factor), rel=1e-9)
    assert (found.uncertainty.method, found.uncertainty.df) == ("horizon", N - 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"lag": 0}, "lag takes a number of steps"),
        ({"lag": "long"}, "lag takes a number of steps"),
        ({"lag": 2, "independent": True}, "independent says that no rows"),
        ({"cluster": [[1, 2]]}, "cluster takes one word or number"),
    ],
)
def test_what_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        paired(**options)


@pytest.mark.parametrize("options", [{}, {"cluster": PATIENT}, {"lag": 3}, {"lag": "auto"}])
def test_identical_predictions_have_p_1(options: dict[str, Any]) -> None:
    found = losscli.compare({"a": A, "b": A}, target=T, losses="mse", **options).results[1].paired
    assert found is not None and (found.p, found.uncertainty.low, found.uncertainty.high, found.alarm) == (1, 0, 0, None)


def test_the_interval_of_one_value(tmp_path: Path, cli: Cli) -> None:
    file = table_of(tmp_path, patient=PATIENT, y_true=T, pred=B)
    found = json.loads(cli("compute", "mse", file, "--ci", "95", "--cluster", "patient", "-f", "json").out)
    model = sm.OLS((B - T) ** 2, np.ones(N)).fit(cov_type="cluster", cov_kwds={"groups": PATIENT})
    assert (found["se"], found["interval"]["method"]) == (pytest.approx(model.bse[0], rel=1e-6), "clusters")
    near = json.loads(cli("compute", "mse", file, "--ci", "95", "--lag", "3", "-f", "json").out)
    assert near["interval"]["method"] == "horizon" and near["notes"] == ["intervals: forecasts of 3 steps ahead"]


# --- the alarm -------------------------------------------------------------------------------------------------------------


def table_of(folder: Path, **columns: Any) -> str:
    path = folder / "t.csv"
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def compared(capsys: pytest.CaptureFixture[str], file: str, *options: str) -> dict[str, Any]:
    assert run(["compare", file, "-l", "mse", "-p", "a", "-p", "b", *options, "-f", "json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("rows", [2**14, 100], ids=["all rows", "the first rows"])
def test_a_column_whose_groups_are_alike(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(watching, "FIRST_ROWS", rows)
    order = RNG.permutation(N)
    columns = {"row": np.arange(N), "patient": [f"p{i}" for i in PATIENT], "size": RNG.normal(size=N), "one": np.ones(N)}
    file = table_of(tmp_path, **{k: np.asarray(v)[order] for k, v in {**columns, "y_true": T, "a": A, "b": B}.items()})
    found = compared(capsys, file)
    dependence = found["results"][1]["paired"]["dependence"]
    assert [g["column"] for g in dependence["groups"]] == ["patient"]  # the others have no groups
    assert dependence["advice"] == ["--cluster patient"]
    assert any("use --cluster patient, or --independent" in note for note in found["notes"])
    followed = compared(capsys, file, "--cluster", "patient")
    assert "dependence" not in followed["results"][1]["paired"]
    assert followed["notes"] == ["intervals: rows of one patient depend on each other"]
    wider = followed["results"][1]["paired"]["se"] / found["results"][1]["paired"]["se"]
    assert wider > 1.4
    if rows > N:
        assert dependence["groups"][0]["wider"] == pytest.approx(wider, rel=0.05)
    assert "dependence" not in compared(capsys, file, "--independent")["results"][1]["paired"]


def test_rows_near_each_other() -> None:
    e = ar1(np.random.default_rng(0), 1000, 0.6)
    c = losscli.compare({"a": np.zeros(1000), "b": 3 + e}, target=np.zeros(1000), losses="mse")
    assert "use lag='auto'" in c.table and c.verdicts["b", "mse"].startswith(
        "worse by 9.411 (9.049 to 9.773), if the rows are independent;"
    )
    assert "rows near each other are alike" in doubts_of(c)["b", "mse"]
    followed = losscli.compare({"a": np.zeros(1000), "b": 3 + e}, target=np.zeros(1000), losses="mse", lag="auto")
    assert doubts_of(followed) == {} and "intervals: rows depend on rows near" in followed.table


def test_a_column_that_cannot_be_read_as_groups_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whole numbers at first, then numbers that may have been rounded: an error for --cluster, nothing for the alarm."""
    big = ["7"] * (N - 2) + ["8", "123456789012345678901"]
    monkey = [*range(20)] * (N // 20)
    file = table_of(tmp_path, big=big, group=monkey, y_true=T, a=A, b=B)
    assert compared(capsys, file)["results"][1]["paired"]["p"] > 0


def test_clusters_of_two_kinds(tmp_path: Path, cli: Cli) -> None:
    day = RNG.integers(0, 20, N)
    file = table_of(tmp_path, patient=PATIENT, day=day, y_true=T, a=A, b=B)
    found = json.loads(
        cli("compare", file, "-l", "mse", "-p", "a", "-p", "b", "--cluster", "patient", "--cluster", "day", "-f", "json").out
    )
    paired = found["results"][1]["paired"]
    assert (paired["method"], paired["df"]) == ("two-way clusters", 19)
    assert found["notes"] == ["intervals: rows of one patient and of one day depend on each other"]


# --- folds -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [None, 0.5])
def test_scores_on_folds_are_the_corrected_t_test(cli: Cli, tmp_path: Path, share: float | None) -> None:
    """Nadeau and Bengio: (1/k + test/train) times the variance of the differences of the folds, with k - 1 degrees."""
    rng = np.random.default_rng(3)
    fold = np.repeat(list("abcde"), 12)
    a, b, t = rng.normal(size=(3, 60))
    file = tmp_path / "f.csv"
    rows = zip(a.tolist(), b.tolist(), t.tolist(), fold.tolist(), strict=True)
    file.write_text("a,b,t,fold\n" + "".join(f"{x!r},{y!r},{z!r},{f}\n" for x, y, z, f in rows))
    argv = ["compare", str(file), "-l", "mse", "-p", "a", "-p", "b", "-t", "t", "--folds", "fold", "-f", "json"]
    found = json.loads(cli(*argv, *([] if share is None else ["--test-share", str(share)])).out)
    differences = (((b - t) ** 2 - (a - t) ** 2).reshape(5, 12)).mean(1)
    se = math.sqrt((1 / 5 + (share or 12 / 48)) * differences.var(ddof=1))
    paired = found["results"][1]["paired"]
    assert (paired["se"], paired["df"], paired["method"]) == (pytest.approx(se, rel=1e-9), 4, "folds")
    assert paired["p"] == pytest.approx(2 * stats.t.sf(abs(differences.mean()) / se, 4), rel=1e-9)
    assert "Nadeau and Bengio" in found["notes"][-1]


def test_folds_of_other_sizes_count_by_their_rows(cli: Cli, tmp_path: Path) -> None:
    """The value is the mean of the scores with the weights n_f / n, so the variance of the scores is about it and with the same weights."""
    sizes = [4, 8, 12]
    rng = np.random.default_rng(4)
    d = rng.normal(size=24)
    fold = np.repeat(np.arange(3), sizes)
    file = tmp_path / "f.csv"
    file.write_text("a,b,t,fold\n" + "".join(f"0,{x!r},0,k{f}\n" for x, f in zip(d.tolist(), fold.tolist(), strict=True)))
    argv = ["compare", str(file), "-l", "mse", "-p", "a", "-p", "b", "-t", "t", "--folds", "fold", "-f", "json"]
    paired = json.loads(cli(*argv).out)["results"][1]["paired"]
    scores = np.array([(d[fold == f] ** 2).mean() for f in range(3)])
    weights = np.array(sizes) / 24
    variance = 3 * (weights * (scores - weights @ scores) ** 2).sum() / 2
    share = np.mean([n / (24 - n) for n in sizes])
    assert paired["se"] == pytest.approx(math.sqrt((1 / 3 + share) * variance), rel=1e-9)
