"""Gates on a difference: the bounds are those of scipy, the rows needed those of statsmodels, and what was not computed never passes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from losscli.errors import UsageError
from losscli.results.noninferiority import (
    Allowance,
    Decision,
    Estimate,
    Margins,
    allowance_of,
    decide,
    decide_by_value,
    unpaired,
    worst,
)

ZERO = allowance_of("0", "--x")


def estimate(difference: float = 0.0, **more: Any) -> Estimate:
    given = {"rows": 50, "se": 0.1, "df": 49.0} | more
    return Estimate("mae of b", "a", difference, given.pop("baseline_value", 10.0), **given)


def of_rows(x: np.ndarray, y: np.ndarray) -> Estimate:
    """The estimate for the paired values of a candidate x and a baseline y."""
    root = math.sqrt(len(x))
    se, se_x, se_y = (float(v.std(ddof=1)) / root for v in (x - y, x, y))
    return estimate(
        float((x - y).mean()), rows=len(x), se=se, df=len(x) - 1.0, se_candidate=se_x, se_baseline=se_y, baseline_value=float(y.mean())
    )


# --- what is allowed -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "baseline", "limit"),
    [("0", 7, 0), ("0.01", 7, 0.01), ("1%", 50, 0.5), ("1 %", -50, 0.5), ("2.5%", 0, 0), ("1e-3", 5, 1e-3), (" 3 ", 5, 3), ("0%", 5, 0)],
)
def test_an_allowance_is_a_number_or_a_share_of_the_absolute_value(text: str, baseline: float, limit: float) -> None:
    assert allowance_of(text, "--x").limit(baseline) == pytest.approx(limit, rel=1e-15)


@pytest.mark.parametrize("text", ["", "%", "-1", "-1%", "nan", "inf", "inf%", "1%%", "1_0", "a", "1 2"])
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--x takes how much worse"):
        allowance_of(text, "--x")


# --- bounds ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("confidence", [80, 95, 99.5])
@pytest.mark.parametrize("n", [2, 3, 12, 1000])
def test_the_bounds_are_the_one_sided_intervals_of_the_paired_t_test(n: int, confidence: float) -> None:
    rng = np.random.default_rng(n)
    y = rng.exponential(size=n)
    x = y + rng.normal(0.1, 0.3, n)
    made = decide(of_rows(x, y), ZERO, confidence)
    level = confidence / 100
    high = stats.ttest_rel(x, y, alternative="less").confidence_interval(level).high
    low = stats.ttest_rel(x, y, alternative="greater").confidence_interval(level).low
    assert made.low == pytest.approx(low, rel=1e-9)
    assert made.high == pytest.approx(high, rel=1e-9)
    assert made.outcome == ("pass" if high <= 0 else "fail" if low > 0 else "inconclusive")


@pytest.mark.parametrize(("n", "m"), [(5, 7), (40, 12), (300, 2)])
def test_unpaired_bounds_are_those_of_welch(n: int, m: int) -> None:
    rng = np.random.default_rng(n)
    x, y = rng.normal(1, 2, n), rng.normal(0, 0.5, m)
    se_x, se_y = x.std(ddof=1) / math.sqrt(n), y.std(ddof=1) / math.sqrt(m)
    plain = estimate(float(x.mean() - y.mean()), se=None, df=None, se_candidate=se_x, se_baseline=se_y)
    made = decide(unpaired(plain, n - 1, m - 1), ZERO)
    welch = stats.ttest_ind(x, y, equal_var=False)
    assert made.estimate.df == pytest.approx(welch.df, rel=1e-12)
    high = stats.ttest_ind(x, y, equal_var=False, alternative="less").confidence_interval(0.95).high
    assert made.high == pytest.approx(high, rel=1e-9)


def test_unpaired_without_a_standard_error_stays_without() -> None:
    assert unpaired(estimate(se=None, df=None), 5, 5).se is None
    zero = unpaired(estimate(se=None, df=None, se_candidate=0.0, se_baseline=0.0), 5, 5)
    assert (zero.se, zero.df) == (0.0, 10)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("share", ["10%", "50%"])
def test_a_share_of_an_uncertain_baseline_is_tested_by_row(sign: int, share: str) -> None:
    """The same decision as that of x - (1 + a) y, row by row, against 0."""
    rng = np.random.default_rng(5)
    y = sign * rng.exponential(size=60)
    x = y + rng.normal(0.05, 0.2, 60)
    a = float(share[:-1]) / 100 * sign
    made = decide(of_rows(x, y), allowance_of(share, "--x"))
    direct = stats.ttest_1samp(x - (1 + a) * y, 0, alternative="less")
    assert made.high is not None
    assert made.high - made.limit == pytest.approx(direct.confidence_interval(0.95).high, rel=1e-9)
    assert (made.outcome == "pass") == (direct.pvalue <= 0.05)


def test_proportional_losses_have_a_certain_share() -> None:
    """x = 1.1 y in each row: 10% worse exactly, however y varies, where the plain difference is uncertain."""
    y = np.random.default_rng(0).exponential(size=40)
    made = decide(of_rows(1.1 * y, y), allowance_of("10%", "--x"))
    assert made.low is not None and made.high is not None and made.high - made.low < 1e-7


# --- outcomes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("difference", "allowed", "outcome"),
    [(-1, "0", "pass"), (1, "0", "fail"), (0.1, "0", "inconclusive"), (-0.1, "0", "inconclusive"), (0.1, "0.5", "pass"),
     (1, "1", "inconclusive"), (0.1, "5%", "pass"), (2, "5%", "fail"), (0.45, "5%", "inconclusive")],
)  # fmt: skip
def test_the_outcome(difference: float, allowed: str, outcome: str) -> None:
    assert decide(estimate(difference), allowance_of(allowed, "--x")).outcome == outcome  # the bounds are 0.168 away


def test_identical_predictions_pass_and_a_constant_difference_is_certain() -> None:
    same = estimate(0.0, se=0.0, se_candidate=1.0, se_baseline=1.0)
    for allowed in ("0", "0%", "1%"):
        assert decide(same, allowance_of(allowed, "--x")).outcome == "pass"
    assert decide(estimate(0.5, se=0.0), ZERO).outcome == "fail"
    assert decide(estimate(0.5, se=0.0), allowance_of("0.5", "--x")).outcome == "pass"


NOT_COMPUTED: dict[str, dict[str, Any]] = {
    "nan": {"difference": math.nan},
    "the baseline is nan": {"baseline_value": math.nan},
    "infinitely better": {"difference": -math.inf, "baseline_value": math.inf},
    "from nothing": {"difference": -1.0, "empty": True},
    "no standard error": {"difference": -1.0, "se": None},
    "no degrees": {"difference": -1.0, "df": None},
    "one row": {"difference": -1.0, "rows": 1, "se": None, "df": 0.0},
    "identical in one row": {"difference": 0.0, "rows": 1, "se": 0.0, "df": 0.0},
    "no rows": {"difference": -1.0, "rows": 0, "se": None, "df": None},
    "the standard error is nan": {"difference": -1.0, "se": math.nan},
    "the standard error is infinite": {"difference": -1.0, "se": math.inf},
    "a reason": {"difference": -1.0, "se": None, "without_se": "median_ae has none"},
}


@pytest.mark.parametrize("given", NOT_COMPUTED.values(), ids=NOT_COMPUTED)
def test_what_could_not_be_computed_fails_with_the_reason(given: dict[str, Any]) -> None:
    for allowed in (ZERO, allowance_of("1e300", "--x"), allowance_of("100%", "--x")):
        made = decide(estimate(**given), allowed)
        assert (made.outcome, made.low) == ("fail", None)
        assert made.reason and made.reason in made.line()
        assert made.to_dict()["reason"] == made.reason


def test_doubt_makes_every_decision_inconclusive_except_that_on_identical_rows() -> None:
    for difference in (-5.0, 5.0, 0.1):
        made = decide(estimate(difference, doubt="the rows depend on each other (user): give --cluster user"), ZERO)
        assert made.outcome == "inconclusive" and "--cluster user" in made.line() and made.rows_needed is None
    assert decide(estimate(0.0, se=0.0, doubt="…"), ZERO).outcome == "pass"


@pytest.mark.parametrize(
    ("difference", "allowed", "passed"),
    [(0, "0", True), (-3, "0", True), (-math.inf, "0", True), (1e-9, "0", False), (0.5, "5%", True), (0.51, "5%", False)],
)
def test_by_value_a_better_candidate_always_passes(difference: float, allowed: str, passed: bool) -> None:
    made = decide_by_value(estimate(difference, se=None, df=None, rows=1), allowance_of(allowed, "--x"))
    assert made.passed is passed and made.outcome != "inconclusive"
    assert not made.to_dict().keys() & {"se", "df", "low", "high", "confidence"}


@pytest.mark.parametrize("given", [{"difference": math.nan}, {"baseline_value": math.nan}, {"difference": -1.0, "empty": True}])
def test_by_value_nothing_passes_on_nothing(given: dict[str, Any]) -> None:
    assert not decide_by_value(estimate(**given), allowance_of("1e300", "--x")).passed


def test_margins_make_a_decision_each() -> None:
    both = Margins(ZERO, Allowance("1", 1.0), 90).decisions(estimate(0.5))
    assert [(d.kind, d.outcome, d.confidence) for d in both] == [("worse", "fail", 90), ("worse_point", "pass", None)]
    assert not Margins() and Margins().decisions(estimate()) == []
    assert Margins(ZERO).decisions(estimate())[0].confidence == 95


def test_the_worst_outcome() -> None:
    assert (worst(["pass", "fail", "inconclusive"]), worst(["pass", "inconclusive"]), worst(["pass"])) == ("fail", "inconclusive", "pass")


# --- how many rows would decide --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("difference", "sd", "n"), [(-0.1, 1.0, 100), (-0.02, 1.0, 1000), (0.05, 1.0, 400)])
def test_the_rows_needed_are_those_of_the_power_of_a_one_sided_t_test(difference: float, sd: float, n: int) -> None:
    made = decide(estimate(difference, rows=n, se=sd / math.sqrt(n), df=n - 1.0), ZERO)
    peer = TTestPower().solve_power(abs(difference) / sd, alpha=0.05, power=0.8, alternative="larger")
    assert made.outcome == "inconclusive" and made.rows_needed is not None
    assert peer <= made.rows_needed <= 1.1 * peer + 1  # two digits, rounded up
    assert f"about {made.rows_needed:,} rows would decide" in made.line()


def test_more_rows_than_there_are_and_no_advice_where_the_difference_is_the_allowed_one() -> None:
    assert decide(estimate(0.167), ZERO).rows_needed > 50  # type: ignore[operator]
    made = decide(estimate(0.5), allowance_of("0.5", "--x"))
    assert made.rows_needed is None and "no number of rows would decide" in made.line()


# --- in words --------------------------------------------------------------------------------------------------------------

LINES: list[tuple[Decision, str]] = [
    (decide(estimate(-0.42), ZERO), "gate passed: mae of b is better by 0.42 than a (95 % bounds -0.5877 and -0.2523), allowed 0"),
    (
        decide(estimate(1.0, how="paired by id"), allowance_of("1%", "--x"), 90),
        "gate failed: mae of b is worse by 1 than a (90 % bounds 0.8701 and 1.13), allowed 0.1 (1% of 10); paired by id",
    ),
    (decide_by_value(estimate(0.0, how="unpaired"), ZERO), "gate passed: mae of b is 0 away from a, allowed 0"),
]


@pytest.mark.parametrize(("made", "line"), LINES)
def test_the_line(made: Decision, line: str) -> None:
    assert made.line() == line


# --- how often it is wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [12, 100])
def test_a_candidate_that_is_worse_by_what_is_allowed_passes_in_5_percent(n: int) -> None:
    """Of 5,000 experiments in which the candidate is exactly at the limit, 5 % pass and 5 % fail (three standard errors are 1 %)."""
    rng = np.random.default_rng(n)
    passed = failed = 0
    for difference in rng.normal(0.3, 1, (5000, n)):
        made = decide(
            estimate(float(difference.mean()), rows=n, se=float(difference.std(ddof=1)) / math.sqrt(n), df=n - 1.0), Allowance("0.3", 0.3)
        )
        passed, failed = passed + (made.outcome == "pass"), failed + (made.outcome == "fail")
    assert 0.04 <= passed / 5000 <= 0.06 and 0.04 <= failed / 5000 <= 0.06
