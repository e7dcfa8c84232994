"""Many gates with one error rate: the stake of each gate, and the e-value of a bet that a candidate is worse.

A project starts with a capital of 1. Each gate stakes a part of it on 'the candidate is worse', and the stakes of all gates together are
at most 1. A bet whose expected payment is at most its stake where the candidate is not worse has an e-value: what it pays for each unit
staked. Where the payment reaches 1 / ERROR_RATE, the gate says 'worse'. The chance that a project of any length ever says so wrongly is
then at most ERROR_RATE: by Markov's inequality it is at most stake × ERROR_RATE for one gate, and the chances of all gates add up. The sum
needs no independence. So it holds for new rows at each gate, for the same rows again and again, and for commits that are undone and redone.
A product of the e-values would need new rows at each gate: with the same rows, the same luck would be multiplied again and again.

A stake on a candidate that is found to be worse is returned (V. Tian, A. Ramdas, Online control of the familywise error rate, 2021). This
keeps the bound: the most that can be staked on candidates that are not worse is what would be staked if all others were found, and
this is at most 1.

What is assumed: the models were not chosen by looking at these rows, and the row differences are independent (or the sums over clusters
are). An e-value is then exact, for any number of rows and any tails, where the differences are symmetric about the allowed difference, as
they are where two models are equally good. For a mean of skewed differences it holds for many rows: what is missing is the part of their
tail of improvements that lies far beyond the largest improvement in the sample. No test of a mean can do without such an assumption (R.
Bahadur, L. Savage, 1956). `python -m tests.tools simulate ledger` shows what remains of it for skewed differences and few rows.
"""

from __future__ import annotations

import math

from losscli.numeric.lazy import Array, np

__all__ = ["ERROR_RATE", "alarming_mean", "can_alarm", "is_alarm", "log_e_value", "stake", "units_of"]

ERROR_RATE = 0.05  # the chance that a project of any length ever sees a false alarm
ROUNDING = 2.0**-40  # differences are 0 if they are so small beside the largest: the rest of a sum that should be 0
FEW_ROWS = 100  # with n rows, one row loses at most n / (n + FEW_ROWS) of the wealth: the fewer rows, the less is known of the tails


def stake(unspent: float) -> float:
    """The part of the unspent capital that the next gate stakes. Gate t without an alarm before it stakes 1/lg(t + 9) − 1/lg(t + 10).

    So 90 gates stake half of the capital, 990 two thirds and 9,990 three quarters. The unspent capital u is 1/lg s for a number s, which
    each gate increases by 1: the stake is 1/lg s − 1/lg(s + 1).

    >>> f"{stake(1.0):.4f}"
    '0.0397'
    """
    step = math.log1p(10.0 ** (-1 / unspent)) / math.log(10) if unspent > 0 else 0.0  # lg(s + 1) − lg s, also where s overflows
    return unspent * step / (1 / unspent + step) if step else 0.0


def log_e_value(excess: Array, level: float) -> float:
    """The logarithm of Π (1 + b_i), the e-value of bets that the mean of x is above 0.

    `excess` is (n,): the differences of the rows, or of clusters of rows, less the difference that is allowed. The rows are bet on from the
    largest |x| to the smallest: b_i = λ x_i, with λ = √(2 ln(1/level) / Σ x²), the best bet where the sum of x is just large enough to be
    noticed at `level`. No row may lose more than c = n / (n + 100), where n counts the rows with a difference: |b_i| ≤ c, and after the
    largest improvement M, λ is at most c / M. Since each bet depends on the sizes of all x and the signs of larger ones, it is fair for
    symmetric x: then E Π (1 + b_i) = 1. The logarithm is about λ Σ x − λ² Σ x² / 2 + λ³ Σ x³ / 3 …: unlike Student's t, it corrects for
    skewed differences, which over many gates raise false alarms. Source: I. Waudby-Smith, A. Ramdas, Estimating means of bounded random
    variables by betting, 2024. nan for no rows, and for differences that are nan or infinite.
    """
    largest = _largest(excess)
    if not math.isfinite(largest) or largest == 0:
        return 0.0 if largest == 0 else math.nan
    x = excess / largest  # so that squares neither overflow nor underflow
    most = _most_to_lose(units_of(x))
    improvement, bet = _bet(x, level)
    later = bet if improvement * bet <= most else most / improvement
    bets = np.where(np.abs(x) > improvement, np.minimum(bet * x, most), later * x)
    return math.fsum(np.log1p(bets).tolist())


def units_of(x: Array) -> int:
    """How many of the numbers are not 0, but for rounding: all, if one is nan or infinite."""
    largest = _largest(x)
    return int(np.count_nonzero(np.abs(x) > ROUNDING * largest)) if math.isfinite(largest) else len(x)


def is_alarm(log_e: float, level: float) -> bool:
    """Whether an e-value reaches 1 / level. nan never does."""
    return log_e >= -math.log(level) if level > 0 else False


def can_alarm(rows: int, level: float) -> bool:
    """Whether so many rows with a difference could give an alarm, however large the differences are."""
    return is_alarm(rows * math.log1p(_most_to_lose(rows)), level)


def alarming_mean(excess: Array, level: float) -> float:
    """About how large the mean of x must be for an alarm: (ln(1/level) / λ + λ Σ (x − x̄)² / 2) / n. nan where there is no scale."""
    if not len(excess) or not math.isfinite(_largest(excess)):
        return math.nan
    deviations = excess - excess.mean()
    largest = _largest(deviations)
    if largest == 0:
        return math.nan
    x = deviations / largest
    most = _most_to_lose(len(x))
    improvement, bet = _bet(x, level)
    bet = min(bet, most / improvement)
    return largest * (-math.log(level) / bet + bet * float(x @ x) / 2) / len(x)


def _largest(x: Array) -> float:
    return float(np.abs(x).max()) if len(x) else math.nan


def _most_to_lose(rows: int) -> float:
    return rows / (rows + FEW_ROWS)


def _bet(x: Array, level: float) -> tuple[float, float]:
    """The largest improvement, 0 for none, and the bet λ."""
    return max(float(-x.min()), 0.0), math.sqrt(-2 * math.log(level) / float(x @ x))
