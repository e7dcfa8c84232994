"""Gates of an objective on the difference to an earlier result, by the standard errors of both totals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.support.output import Cli, cli

__all__ = ["cli"]


@pytest.fixture(autouse=True)
def values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[np.ndarray, np.ndarray]:
    """then.csv and now.csv, with the totals of their rows: |x| + 2 x²."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(7)
    then, now = rng.exponential(1, 60), rng.exponential(1.3, 45)
    for name, x in (("then", then), ("now", now)):
        Path(f"{name}.csv").write_text("pred,target\n" + "".join(f"{v!r},0\n" for v in x.tolist()))
    Path("o.yaml").write_text("terms: {a: {loss: mae}, b: {loss: mse, weight: 2}}")
    return then + 2 * then**2, now + 2 * now**2


def check(out: str) -> Any:
    (found,) = json.loads(out)["gate"]["checks"]
    return found


@pytest.mark.parametrize("confidence", [95, 80])
def test_two_totals_are_compared_by_welch(cli: Cli, values: tuple[np.ndarray, np.ndarray], confidence: int) -> None:
    then, now = values
    assert cli("compute", "o.yaml", "then.csv", "--ci", "90", "-o", "r.json").code == 0
    argv = ("o.yaml", "now.csv", "--baseline", "r.json", "--fail-if-worse", "0", "--confidence", str(confidence), "-f", "json")
    found = check(cli("compute", *argv).out)
    test = stats.ttest_ind(now, then, equal_var=False, alternative="less")
    assert found["difference"] == pytest.approx(now.mean() - then.mean(), rel=1e-9)
    assert found["df"] == pytest.approx(test.df, rel=1e-9)
    assert found["high"] == pytest.approx(test.confidence_interval(confidence / 100).high, rel=1e-9)
    assert found["pairing"] == "unpaired, as an objective has no values of rows"
    against = ("compare", "now.csv", "-l", "o.yaml", "-p", "pred", "-t", "target", "--against", "r.json", *argv[4:])
    compared = check(cli(*against).out)
    assert {k: compared[k] for k in ("difference", "df", "high", "low")} == {k: found[k] for k in ("difference", "df", "high", "low")}


def test_the_outcomes_and_exit_codes(cli: Cli) -> None:
    cli("compute", "o.yaml", "then.csv", "--ci", "95", "-o", "r.json")
    argv = ("compute", "o.yaml", "now.csv", "--baseline", "r.json", "-f", "value", "--fail-if-worse")
    assert (said := cli(*argv, "1000")).code == 0 and said.err.startswith("gate passed: o.yaml is worse by ")
    assert (said := cli(*argv, "0.5")).code == 0 and said.err.startswith("gate inconclusive: ")
    assert cli(*argv, "0.5", "--strict").code == 1
    Path("now.csv").write_text("pred,target\n" + "9,0\n9.5,0\n" * 30)
    assert (said := cli(*argv, "0")).code == 1 and said.err.startswith("gate failed: o.yaml is worse by ")
    assert cli(*argv, "200%").code == 1


def test_what_has_no_standard_error_fails_with_the_reason(cli: Cli) -> None:
    argv = ("compute", "o.yaml", "now.csv", "--baseline", "r.json", "--fail-if-worse", "1000", "-f", "value")
    cli("compute", "o.yaml", "then.csv", "-o", "r.json")
    said = cli(*argv)
    assert said.code == 1 and "r.json has no standard error: write it with --ci 95; --fail-if-worse-point compares" in said.err
    Path("o.yaml").write_text("terms: {a: {loss: mae}, b: {loss: median_ae, weight: 2}}")
    cli("compute", "o.yaml", "then.csv", "--ci", "95", "-o", "r.json")
    said = cli(*argv)
    assert said.code == 1 and "there is no standard error: median_ae is no smooth function of sums over the rows;" in said.err
    assert cli(*argv[:-4], "--fail-if-worse-point", "1000", "-f", "value").code == 0


def test_junit_and_github(cli: Cli) -> None:
    cli("compute", "o.yaml", "then.csv", "--ci", "95", "-o", "r.json")
    argv = ("compute", "o.yaml", "now.csv", "--baseline", "r.json", "--fail-if-worse", "0.5", "-f")
    assert 'name="o.yaml: fail-if-worse"' in (out := cli(*argv, "junit").out) and '<skipped type="inconclusive"' in out
    assert (
        cli(*argv, "github").out.startswith("::notice title=losscli%3A a::")
        and "::warning title=losscli%3A o.yaml" in cli(*argv, "github").out
    )
