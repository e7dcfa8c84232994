"""Non-inferiority: with a given confidence, is a candidate worse than a baseline by more than is allowed?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, Protocol

from losscli.errors import UsageError, counted
from losscli.record import Record

if TYPE_CHECKING:
    from losscli.statistics.replicates import Replicates

__all__ = [
    "CONFIDENCE",
    "POWER",
    "Allowance",
    "Decision",
    "Estimate",
    "Margins",
    "Outcome",
    "allowance_of",
    "decide",
    "decide_by_value",
    "unpaired",
    "worst",
]

CONFIDENCE = 95.0  # percent, of each one-sided bound
POWER = 0.8  # the chance that the rows that are said to be enough decide
MANY = 10**12  # rows: more than this is no advice
Outcome = Literal["pass", "fail", "inconclusive"]
_WORD: dict[str, str] = {"pass": "passed", "fail": "failed", "inconclusive": "inconclusive"}


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome of several gates together."""
    return max(outcomes, key=("pass", "inconclusive", "fail").index)


class Allowance(Record):
    """How much worse a candidate may be: a number in the units of the loss, or a share of the value of the baseline."""

    text: str  # as the user wrote it
    amount: float  # of 1%, 0.01
    relative: bool = False

    def limit(self, baseline: float) -> float:
        """The largest difference that is allowed. A share is one of the absolute value: a baseline below 0 allows a positive difference."""
        return self.amount * abs(baseline) if self.relative else self.amount


def allowance_of(text: str, flag: str) -> Allowance:
    """The allowance in a text: 0, 0.01 or 1%. Raises UsageError for another text and for a number below 0."""
    digits = text.strip().removesuffix("%").rstrip()
    relative = digits != text.strip()
    try:
        amount = float(digits.replace("_", "x"))
    except ValueError:
        amount = math.nan
    if not 0 <= amount < math.inf:
        raise UsageError(f"{flag} takes how much worse is allowed, such as 0, 0.01 or 1%, not {text!r}")
    return Allowance(text.strip(), amount / 100 if relative else amount, relative)


class Estimate(Record):
    """The difference of the values of a loss, candidate minus baseline, and how well it is known. Above 0 the candidate is worse."""

    candidate: str  # in words: mae of gbm
    baseline: str  # in words: ridge
    difference: float
    baseline_value: float
    rows: int = 0
    se: float | None = None  # of the difference
    df: float | None = None  # degrees of freedom of the standard error
    se_candidate: float | None = None  # of the two values; with a share, the allowance is uncertain too
    se_baseline: float | None = None
    how: str = ""  # how the two were paired, where that has to be said
    empty: bool = False  # whether one of the two values was computed from no data
    without_se: str = ""  # why there is no standard error
    doubt: str = ""  # why the standard error cannot be trusted: dependent rows
    resampled: Replicates | None = None  # the difference on resamples, and the value of the baseline on the same ones
    resampled_baseline: Replicates | None = None


class InLedger(Protocol):
    """A bet in a ledger."""

    def to_dict(self) -> dict[str, Any]: ...

    def words(self) -> str: ...


class Decision(Record):
    """The outcome of a gate on a difference. With kind "worse" the bounds decide, with "worse_point" the difference alone."""

    kind: Literal["worse", "worse_point"]
    outcome: Outcome
    estimate: Estimate
    allowance: Allowance
    limit: float
    confidence: float | None = None
    low: float | None = None  # one-sided bounds of the difference, each with the confidence
    high: float | None = None
    rows_needed: int | None = None
    reason: str = ""  # why the gate could not pass, in words
    bet: InLedger | None = None  # what a ledger says of it

    @property
    def passed(self) -> bool:
        return self.outcome == "pass"

    @property
    def option(self) -> str:
        """The option that asked for it, without its dashes."""
        return "fail-if-worse" if self.kind == "worse" else "fail-if-worse-point"

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it; keys that do not apply are absent."""
        e = self.estimate
        document: dict[str, Any] = {
            "kind": self.kind,
            "limit": self.limit,
            "passed": self.passed,
            "outcome": self.outcome,
            "allowed": self.allowance.text,
            "against": e.baseline,
            "difference": e.difference,
            "se": e.se if self.confidence is not None else None,
            "df": e.df if self.confidence is not None else None,
            "confidence": self.confidence,
            "low": self.low,
            "high": self.high,
            "rows_needed": self.rows_needed,
            "pairing": (self.confidence is not None and e.how) or None,
            "reason": self.reason or None,
            "bet": None if self.bet is None else self.bet.to_dict(),
        }
        return {k: v for k, v in document.items() if v is not None}

    def line(self) -> str:
        """The outcome in words."""
        e = self.estimate
        bounds = "" if self.low is None else f" ({self.confidence:g} % bounds {self.low:.4g} and {self.high:.4g})"
        limit = f"{self.limit:.6g}" + (f" ({self.allowance.text} of {abs(e.baseline_value):.6g})" if self.allowance.relative else "")
        parts = [
            f"{e.candidate} is {_by(e.difference)} {e.baseline}{bounds}, allowed {limit}",
            e.how if self.confidence is not None else "",
            self.reason,
            "" if self.bet is None else self.bet.words(),
        ]
        return f"gate {_WORD[self.outcome]}: {'; '.join(part for part in parts if part)}"


class Margins(Record):
    """What --fail-if-worse and --fail-if-worse-point allow."""

    worse: Allowance | None = None
    by_value: Allowance | None = None
    confidence: float | None = None  # None for the default

    def __bool__(self) -> bool:
        return self.worse is not None or self.by_value is not None

    def decisions(self, estimate: Estimate) -> list[Decision]:
        """The decision of each gate on a difference."""
        made = [] if self.worse is None else [decide(estimate, self.worse, self.confidence or CONFIDENCE)]
        return made if self.by_value is None else [*made, decide_by_value(estimate, self.by_value)]


def decide(estimate: Estimate, allowance: Allowance, confidence: float = CONFIDENCE) -> Decision:
    """The decision by one-sided bounds: passes if the upper bound is allowed, fails if the lower one is not.

    The bounds are d ± t s with Student's t, or those of the bootstrap where there are resamples.

    A standard error of 0 means that all rows have the same difference: then the difference alone decides.
    A difference that was computed from nothing, or whose standard error cannot be computed, fails with the reason.
    """
    from losscli.statistics.distributions import t_quantile

    e, limit = estimate, allowance.limit(estimate.baseline_value)
    made = Decision("worse", "fail", e, allowance, limit, confidence)
    if reason := _not_computed(e) or _without_se(e):
        return made.but(reason=reason)
    assert e.se is not None and e.df is not None
    se = _se_of_excess(e, allowance)
    low, high = _bounds(e, allowance, confidence, se)
    outcome: Outcome = "pass" if high <= limit else "fail" if low > limit else "inconclusive"
    made = made.but(outcome=outcome, low=low, high=high)
    if e.doubt and se:
        return made.but(outcome="inconclusive", reason=e.doubt)
    if outcome != "inconclusive":
        return made
    margin = (t_quantile(confidence / 100, e.df) + t_quantile(POWER, e.df)) * se
    needed = _rows_needed(e.rows, margin, abs(e.difference - limit))
    return made.but(rows_needed=needed, reason=_advice(needed))


def decide_by_value(estimate: Estimate, allowance: Allowance) -> Decision:
    """The decision by the difference alone: passes if it is allowed. A better candidate always passes."""
    limit = allowance.limit(estimate.baseline_value)
    reason = _nothing(estimate)
    passed = not reason and estimate.difference <= limit
    return Decision("worse_point", "pass" if passed else "fail", estimate, allowance, limit, reason=reason)


def unpaired(estimate: Estimate, df_candidate: float, df_baseline: float) -> Estimate:
    """The estimate for two values from separate rows: s² = s₁² + s₂², with the degrees of freedom of Welch and Satterthwaite.

    ν = (s₁² + s₂²)² / (s₁⁴ / ν₁ + s₂⁴ / ν₂) (Welch, Biometrika 34, 1947).
    """
    first, second = estimate.se_candidate, estimate.se_baseline
    if first is None or second is None or not (df_candidate > 0 and df_baseline > 0):
        return estimate
    se = math.hypot(first, second)
    if not 0 < se < math.inf:
        return estimate.but(se=se, df=df_candidate + df_baseline)
    a, b = (first / se) ** 2, (second / se) ** 2
    return estimate.but(se=se, df=1 / (a * a / df_candidate + b * b / df_baseline))


# --- parts of the decision -------------------------------------------------------------------------------------------------


def _nothing(e: Estimate) -> str:
    """Why there is no difference; '' where there is one."""
    if e.empty:
        return "a value was computed from nothing, which never passes"
    if math.isnan(e.difference) or math.isnan(e.baseline_value):
        return "the difference is nan, which never passes"
    return ""


def _not_computed(e: Estimate) -> str:
    """Why there is no finite difference; '' where there is one."""
    if reason := _nothing(e):
        return reason
    finite = math.isfinite(e.difference) and math.isfinite(e.baseline_value)
    return "" if finite else "a value is infinite, so there are no bounds"


def _without_se(e: Estimate) -> str:
    """Why there is no standard error; '' where there is one."""
    if e.se is not None and e.df is not None and 0 <= e.se < math.inf and e.df > 0:
        return ""
    if e.rows < 2 and not e.without_se:
        return f"{counted(e.rows, 'row')} cannot show how certain the difference is: it takes 2 or more"
    return e.without_se or "the difference has no standard error; --fail-if-worse-point compares the values alone"


def _bounds(e: Estimate, allowance: Allowance, confidence: float, se: float) -> tuple[float, float]:
    """The one-sided bounds of the difference; those of the difference less a share of the baseline are moved by that share."""
    from losscli.statistics.distributions import t_quantile

    if e.resampled is None or e.df is None:
        reach = t_quantile(confidence / 100, e.df) * se if se and e.df is not None else 0.0
        return e.difference - reach, e.difference + reach
    if not allowance.relative or e.resampled_baseline is None:
        found = e.resampled.interval(2 * confidence / 100 - 1)
        return found.low, found.high
    limit = allowance.limit(e.baseline_value)
    found = e.resampled.minus(e.resampled_baseline, math.copysign(allowance.amount, e.baseline_value)).interval(2 * confidence / 100 - 1)
    return found.low + limit, found.high + limit


def _se_of_excess(e: Estimate, allowance: Allowance) -> float:
    """The standard error of the difference minus the allowance. A share of an uncertain baseline is uncertain as well.

    Var(d − a B) = Var d + a² Var B − 2 a Cov(d, B), and 2 Cov(d, B) = Var C − Var B − Var d.
    """
    assert e.se is not None
    if not (e.se and allowance.relative and allowance.amount) or e.se_candidate is None or e.se_baseline is None:
        return e.se
    a = math.copysign(allowance.amount, e.baseline_value)
    variance = e.se**2 + (a * e.se_baseline) ** 2 - a * (e.se_candidate**2 - e.se_baseline**2 - e.se**2)
    least = abs(e.se - abs(a) * e.se_baseline)  # at a correlation of 1: rounding must not go below
    return math.sqrt(max(variance, least**2))


def _rows_needed(rows: int, margin: float, gap: float) -> int | None:
    """How many rows make the margin as small as the gap, if it shrinks with the root of the rows; two digits, rounded up."""
    if not gap or not math.isfinite(needed := rows * (margin / gap) ** 2) or needed > MANY:
        return None
    exact = max(math.ceil(needed), rows + 1)
    unit = 10 ** max(0, len(str(exact)) - 2)
    return -(-exact // unit) * unit


def _advice(needed: int | None) -> str:
    if needed is None:
        return "no number of rows would decide, as the difference is the one that is allowed"
    return f"about {needed:,} rows would decide, with {100 * POWER:g} % power, if the difference stays"


def _by(difference: float) -> str:
    """The difference in words."""
    if difference > 0:
        return f"worse by {difference:.6g} than"
    return f"better by {-difference:.6g} than" if difference < 0 else f"{difference:.6g} away from"
