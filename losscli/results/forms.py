"""What may have been done to a loss before it was printed: a factor, a root, another logarithm; and the number that was printed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation

from losscli.errors import UsageError
from losscli.record import Record
from losscli.results.candidates import Candidate

__all__ = ["AS_IT_IS", "Form", "Given", "forms", "read_given"]

FLOAT32 = 5e-7  # relative: the rounding errors of a framework's float32
ROUNDED = {1: 6.0, 2: 3.0}  # bits for a value that is rounded to so few digits, which is seldom printed; 1 for more digits
EXACT = 1e-6  # relative: a value that is the number itself, not only rounded to it


# --- the number ------------------------------------------------------------------------------------------------------------


class Given(Record):
    """The number that is looked for, as it was printed, and how far from it a value may be."""

    text: str
    number: float
    digits: int  # significant ones
    half_unit: float  # in the last digit
    tolerance: float  # absolute
    rounded: bool  # whether the tolerance is that of the digits, so that digits may also have been cut off

    @property
    def width(self) -> float:
        """How wide the interval is that values may lie in."""
        return 2 * self.tolerance + self.half_unit * self.rounded

    def holds(self, value: float) -> bool:
        """Whether a value is near enough: it rounds to the number, or its digits are those of the number."""
        return abs(value - self.number) <= self.tolerance or self.cuts(value)

    def cuts(self, value: float) -> bool:
        """Whether the number is the value with its last digits cut off, not rounded."""
        beyond = abs(value) - abs(self.number)
        return self.rounded and value * self.number > 0 and self.tolerance < beyond < 2 * self.half_unit

    def bits(self, value: float) -> float:
        """How much a value takes to explain: the number itself nothing, one that is rounded to it a little, the less digits the more."""
        error = abs(value - self.number)
        if error <= EXACT * abs(self.number):
            return 0.0
        return ROUNDED.get(self.digits, 1.0) if error <= self.half_unit else 4.0


def read_given(text: str, rtol: float | None, name: str = "--match") -> Given:
    """The number in a text. Without `rtol` the tolerance is half a unit in its last digit. Raises UsageError for another text.

    `name` is what takes the text, for messages.
    """
    try:
        decimal = Decimal(text.strip())
    except InvalidOperation:
        raise UsageError(f"{name} takes one number as it was printed, such as 0.2675, not {text!r}") from None
    exponent = decimal.as_tuple().exponent
    if not isinstance(exponent, int) or not math.isfinite(float(decimal)):
        raise UsageError(f"{name} takes a finite number, not {text}")
    number, half_unit = float(decimal), float(Decimal(5).scaleb(exponent - 1)) if decimal or exponent < 0 else 0.0
    tolerance = max((half_unit if rtol is None else rtol * abs(number)) * (1 + 1e-9), FLOAT32 * abs(number))
    return Given(text.strip(), number, len(str(int(abs(decimal.scaleb(-exponent))))), half_unit, tolerance, rtol is None)


# --- what was done to it -----------------------------------------------------------------------------------------------------


class Form(Record):
    """What is done to the value of a loss. `bits` says how much there is to say about it."""

    words: str = ""  # '× 2'
    factor: float | None = 1.0  # None where it is no factor
    apply: Callable[[float], float] = lambda value: value
    bits: float = 0.0


def _times(words: str, factor: float, bits: float) -> Form:
    return Form(words, factor, lambda value: value * factor, bits)


AS_IT_IS = Form()
_ALWAYS = (
    AS_IT_IS,
    _times("× ½", 0.5, 4.0),
    _times("× 2", 2.0, 4.0),
    _times("× −1", -1.0, 3.0),
    _times("× 100 (percent)", 100.0, 4.0),
    _times("÷ 100", 0.01, 5.0),
)
_OF_NATS = (
    _times("÷ ln 2 (bits)", 1 / math.log(2), 3.0),
    _times("× ln 2", math.log(2), 5.0),
    _times("÷ ln 10", 1 / math.log(10), 5.0),
)
_PERPLEXITY = Form("exp (perplexity)", None, math.exp, 3.0)
_ROOT = Form("√", None, math.sqrt, 3.0)
_COMPLEMENT = Form("1 −", None, lambda value: 1 - value, 3.0)


def forms(candidate: Candidate) -> Iterator[Form]:
    """The forms in which the value of a candidate may have been printed; first as it is."""
    units, n, columns = candidate.loss.units, candidate.rows, candidate.classes
    yield from _ALWAYS
    if candidate.value >= 0 and "squared" in units:
        yield _ROOT
    if "nats" in units:
        yield from (*_OF_NATS, *([_PERPLEXITY] if 0 <= candidate.value < 700 else []))
    if units.startswith("1"):
        yield _COMPLEMENT
    if n > 1:
        yield from (_times(f"÷ {n} (rows)", 1 / n, 4.0), _times(f"× {n} (rows)", float(n), 5.0))
        yield _times(f"× {n}/{n - 1} (rows less one)", n / (n - 1), 5.0)
    if columns > 1:
        yield from (_times(f"÷ {columns} (columns)", 1 / columns, 4.0), _times(f"× {columns} (columns)", float(columns), 4.0))
