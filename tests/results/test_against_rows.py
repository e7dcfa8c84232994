"""`compare --against` an earlier result with values of rows: those of each candidate are paired with them, as in `compute --baseline`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests import SAMPLES
from tests.support.output import Cli, cli

__all__ = ["cli"]

CSV, BASELINE = str(SAMPLES / "diabetes.csv"), str(SAMPLES / "baseline.json")
THEN = ("-r", "none", "-o", "r.json")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def checks(out: str) -> list[dict[str, Any]]:
    return json.loads(out)["gate"]["checks"]


def test_each_candidate_is_paired(cli: Cli) -> None:
    header = Path(CSV).read_text().splitlines()[0].split(",")
    target, ridge, gbm = (np.loadtxt(CSV, delimiter=",", skiprows=1, usecols=header.index(n)) for n in ("y_true", "ridge", "gbm"))
    said = cli("compare", CSV, "-l", "mae", "-p", "ridge", "-p", "gbm", "-t", "y_true", "--id", "id", "--against", BASELINE,
               "--fail-if-worse", "1", "-f", "json")  # fmt: skip
    same, other = checks(said.out)
    assert (same["prediction"], same["difference"], same["se"], same["outcome"]) == ("ridge", 0.0, 0.0, "pass")
    x, y = abs(gbm - target), abs(ridge - target)
    assert other["difference"] == pytest.approx((x - y).mean(), rel=1e-9) and other["pairing"] == "paired by id"
    assert other["high"] == pytest.approx(stats.ttest_rel(x, y, alternative="less").confidence_interval(0.95).high, rel=1e-9)
    assert other["low"] == pytest.approx(stats.ttest_rel(x, y, alternative="greater").confidence_interval(0.95).low, rel=1e-9)


OPTIONS = [
    (),
    ("--fail-if-worse-point", "1%"),
    ("--confidence", "80"),
    ("--cluster", "g"),
    ("--cluster", "g", "--cluster", "h"),
    ("--lag", "auto"),
    ("--folds", "h"),
    ("--independent",),
    ("--nan", "omit"),
    ("--where", "h!=2"),
    ("--id", "name"),
]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_it_is_the_gate_of_compute(cli: Cli, options: tuple[str, ...]) -> None:
    rng = np.random.default_rng(3)
    g, h = np.repeat(np.arange(20), 10), np.arange(200) % 4
    a, b = rng.normal(size=(2, 200)) + rng.normal(size=(2, 20))[:, g] + [[0], [1]]
    names = rng.permutation(200)
    blank = ["" if i == 7 and "omit" in options else repr(x) for i, x in enumerate(b.tolist())]
    lines = [f"n{n},{x!r},{y},0,{i},{j}\n" for n, x, y, i, j in zip(names, a.tolist(), blank, g.tolist(), h.tolist(), strict=True)]
    Path("d.csv").write_text("name,a,b,t,g,h\n" + "".join(lines))
    rows = options if options[:1] in (("--nan",), ("--where",), ("--id",)) else ()
    assert cli("compute", "mse", "d.csv", "-p", "b" if "omit" in options else "a", "-t", "t", *rows, *THEN).code == 0
    argv = ("--fail-if-worse", "0.5", *options, "-f", "json", "-q")
    (alone,) = [checks(cli("compute", "mse", "d.csv", "-p", "b", "-t", "t", "--baseline", "r.json", *argv).out)]
    compared = cli("compare", "d.csv", "-l", "mse", "-p", "a", "-p", "b", "-t", "t", "--against", "r.json", *argv)
    found = [c for c in checks(compared.out) if c.pop("prediction") == "b" and c.pop("loss")]
    assert found == alone
    assert found[0]["pairing"] == ("paired by id" if "--id" in options else "paired by row")
    assert ("reason" in found[0]) == (found[0]["outcome"] == "inconclusive")


def test_rows_that_look_dependent_decide_nothing(cli: Cli) -> None:
    rng = np.random.default_rng(0)
    g = np.repeat(np.arange(30), 10)
    x = 5 + rng.normal(size=300) + 3 * rng.normal(size=30)[g]
    order = rng.permutation(300)
    Path("d.csv").write_text("pred,target,patient\n" + "".join(f"{v!r},0,{k}\n" for v, k in zip(x[order].tolist(), g[order], strict=True)))
    Path("z.csv").write_text("pred,target\n" + "0,0\n" * 300)
    cli("compute", "mae", "z.csv", *THEN)
    argv = ("compare", "d.csv", "-l", "mae", "-p", "pred", "--against", "r.json", "--fail-if-worse", "9", "-f", "value")
    assert "gate inconclusive" in (said := cli(*argv)).err and "use --cluster patient" in said.err
    assert "gate passed" in cli(*argv, "--cluster", "patient").err
    assert "gate passed" in cli(*argv, "--independent").err


def test_what_is_no_plain_mean_is_refused(cli: Cli) -> None:
    Path("d.csv").write_text("a,t,w\n1,0,1\n2,0,3\n")
    cli("compute", "mse", "d.csv", "-p", "a", "-t", "t", *THEN)
    argv = ("compare", "d.csv", "-l", "mse", "-p", "a", "-t", "t", "--against", "r.json", "--fail-if-worse", "0")
    for more in (("-w", "w"), ("-r", "sum")):
        said = cli(*argv, *more)
        assert said.code == 3 and "its values of rows stand for a plain mean" in said.err and said.out == ""
