"""The uncertainty of a value and of a difference: standard error, confidence interval, p-value, and the verdict in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from losscli.record import Record
from losscli.results.alarms import alarm_dict
from losscli.results.noninferiority import POWER
from losscli.statistics.alarm import Alarm
from losscli.statistics.distributions import t_quantile, t_two_sided_p
from losscli.statistics.moments import ColumnSums

if TYPE_CHECKING:
    from losscli.statistics.replicates import Replicates

__all__ = [
    "ADJUSTED",
    "Paired",
    "Spread",
    "Uncertainty",
    "adjusted",
    "paired_of",
    "spread_of_rows",
    "uncertainty_of",
]

ADJUSTED = {"holm": ", adjusted", "bh": ", adjusted by Benjamini–Hochberg", "none": ", not adjusted"}  # after 'p is two-sided'
SMALLEST_P = 2.0**-1022  # a p-value is never 0


class Spread(Record):
    """The standard error of a value, its degrees of freedom, and the word for how it was computed."""

    se: float
    df: float
    method: str  # "rows" for independent rows


class Uncertainty(Record):
    """The standard error and the confidence interval of a value; `level` is in percent, `rows` are those that take part."""

    level: float
    rows: int
    se: float
    low: float
    high: float
    df: float  # inf for a bootstrap
    method: str
    resamples: int | None = None  # of a bootstrap; None for Student's t
    seed: int | None = None
    replicates: Replicates | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it; keys that do not apply are absent."""
        bootstrap = {} if self.resamples is None else {"resamples": self.resamples, "seed": self.seed}
        return {"level": self.level, "low": self.low, "high": self.high, "df": self.df, "method": self.method, **bootstrap}


class Paired(Record):
    """The difference of a candidate to the baseline on the same rows: the value of the candidate minus that of the baseline.

    `wins` are the rows on which the candidate has the lower loss; None for a loss without a value for each row. `detectable` is the
    smallest true difference that a test of this level would show with a power of 80 %.
    """

    difference: float
    uncertainty: Uncertainty
    p: float  # two-sided
    p_adjusted: float  # over the candidates
    wins: int | None
    ties: int | None
    losses: int | None
    detectable: float
    alarm: Alarm | None = None  # dependence of the rows that the interval does not take into account
    flips: Mapping[str, Any] | None = None  # of the test that exchanges the two predictions: how many patterns, and whether these are all

    @property
    def detected(self) -> bool:
        """Whether the adjusted p-value shows a difference at the level of the interval."""
        return self.p_adjusted < 1 - self.uncertainty.level / 100

    def verdict(self, write: Callable[[float], str], write_bounds: Callable[[float, float], Sequence[str]]) -> str:
        """The verdict in words; the functions write a number and two bounds. It never says that two predictions are equal."""
        u = self.uncertainty
        if self.ties == u.rows:
            return f"no difference: both have the same loss on each of the {u.rows:,} rows"
        if u.se == 0 and self.difference == 0:
            return f"no difference on any of the {u.rows:,} rows"
        if u.se == 0 and not self.detected:
            return f"no difference detected: all {u.rows:,} rows differ by the same amount, and so few rows show nothing"
        if not self.detected or self.difference == 0:
            return f"no difference detected (a difference of {write(self.detectable)} would have been)"
        low, high = sorted((abs(u.low), abs(u.high))) if u.low * u.high > 0 else (u.low, u.high)
        return f"{'better' if self.difference < 0 else 'worse'} by {write(abs(self.difference))} ({' to '.join(write_bounds(low, high))})"

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it; keys that do not apply are absent."""
        u = self.uncertainty
        document = {
            "se": u.se,
            **u.to_dict(),
            "p": self.p,
            "p_adjusted": self.p_adjusted,
            "wins": self.wins,
            "ties": self.ties,
            "losses": self.losses,
            "detectable": self.detectable,
            "detected": self.detected,
            "flips": None if self.flips is None else {k: v for k, v in self.flips.items() if k != "p"},
            "dependence": None if self.alarm is None else alarm_dict(self.alarm),
        }
        return {k: v for k, v in document.items() if v is not None}


def spread_of_rows(sums: ColumnSums) -> Spread | None:
    """The standard error for independent rows, from the sums of their influences; None for fewer than two rows."""
    return Spread(math.sqrt(sums.variance_of_total), sums.rows - 1, "rows") if sums.rows > 1 else None


def uncertainty_of(value: float, sums: ColumnSums, level: float, spread: Spread | None) -> Uncertainty | None:
    """Student's interval of a value: value ± t · se. None where there is no standard error, as for fewer than two rows."""
    if spread is None or not math.isfinite(value) or not math.isfinite(spread.se):
        return None
    half = _t(level, spread.df) * spread.se
    return Uncertainty(level, sums.rows, spread.se, value - half, value + half, spread.df, spread.method)


def paired_of(difference: float, sums: ColumnSums, level: float, spread: Spread | None) -> Paired | None:
    """The paired difference, by Student's t. None where there is no standard error. The p-value is not adjusted yet."""
    uncertainty = uncertainty_of(difference, sums, level, spread)
    if uncertainty is None or spread is None:
        return None
    p = _p(difference, spread)
    below, above = (sums.below, sums.above) if sums.has_signs else (None, None)
    ties = None if below is None or above is None else sums.rows - below - above
    detectable = (_t(level, spread.df) + t_quantile(POWER, spread.df)) * spread.se
    return Paired(difference, uncertainty, p, p, below, ties, above, detectable)


def adjusted(paired: Sequence[Paired | None], adjust: Callable[[Sequence[float]], list[float]]) -> list[Paired | None]:
    """The same with their p-values adjusted over all of them."""
    ps = adjust([math.nan if x is None else x.p for x in paired])
    return [None if x is None else x.but(p_adjusted=p) for x, p in zip(paired, ps, strict=True)]


def _t(level: float, df: float) -> float:
    return t_quantile(0.5 + level / 200, df)


def _p(difference: float, spread: Spread) -> float:
    """The two-sided p-value. Where all n rows (or clusters) have the same difference, it is that of the signs: 2 · 2⁻ⁿ."""
    if difference == 0:
        return 1.0
    if spread.se == 0:
        return max(2.0 ** -min(spread.df, 1022), SMALLEST_P)
    return max(t_two_sided_p(difference / spread.se, spread.df), SMALLEST_P)
