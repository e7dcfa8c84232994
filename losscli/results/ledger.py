"""The ledger of a gate: a line of JSON for each run, so that all runs of a project share one error rate. Lines are only appended."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from losscli.errors import InputError, UsageError
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.statistics.betting import ERROR_RATE, alarming_mean, can_alarm, is_alarm, log_e_value, stake

__all__ = ["Bet", "Entry", "Ledger", "Question", "entry_of", "read_ledger"]

FORMAT = "losscli-ledger/1"
MOST = 1e300  # the largest e-value that is written: JSON has no infinity
OVERDRAWN = 1e-9  # what the stakes may exceed 1 by, through rounding


class Question(Record):
    """Whether a prediction is worse than the baseline under a loss, by more than is allowed."""

    prediction: str
    loss: str
    difference: float  # of the values
    units: int  # the rows, or groups of rows, with a difference
    excess: Array  # (n,): their shares in the difference, less those in what is allowed; as `statistics.betting.log_e_value` takes it


class Bet(Record):
    """The bet that one prediction is worse under one loss, and what came of it."""

    prediction: str
    loss: str
    units: int
    difference: float | None  # None for nan and infinity
    e_value: float | None  # None where it could not be computed
    alarm: bool
    needed: float | None = None  # the e-value that is an alarm; None without a stake
    noticeable: float | None = None  # about the smallest excess that would be an alarm; None where none would be. Not written.

    def is_of(self, question: Question) -> bool:
        """Whether it is the bet on this question: on the same difference of the same rows."""
        ours = (self.prediction, self.loss, self.units, self.difference)
        return ours == (question.prediction, question.loss, question.units, _finite(question.difference))

    def to_dict(self) -> dict[str, Any]:
        """As the ledger has it."""
        return {k: v for k, v in vars(self).items() if k != "noticeable"}


class Entry(Record):
    """One line of a ledger: a run of the gate."""

    time: str
    signature: str
    stake: float  # shared equally by the bets on predictions with a difference
    bets: Sequence[Bet]

    @property
    def _share(self) -> float:
        return self.stake / max(sum(bet.units > 0 for bet in self.bets), 1)

    @property
    def spent(self) -> float:
        """The stakes that were not returned."""
        return self._share * sum(bet.units > 0 and not bet.alarm for bet in self.bets)

    @property
    def paid(self) -> float:
        """What the bets without an alarm paid."""
        return self._share * sum(bet.e_value or 0.0 for bet in self.bets if bet.units and not bet.alarm)


class Ledger(Record):
    """The entries of a ledger, in the order of the file."""

    path: str
    signature: str
    entries: Sequence[Entry]
    size: int  # of the file, in bytes
    ends_open: bool  # whether the last line has no line break

    @property
    def unspent(self) -> float:
        """The capital that no gate has spent."""
        return 1.0 - math.fsum(entry.spent for entry in self.entries)

    @property
    def wealth(self) -> float:
        """The unspent capital and the payments of all bets. Its mean is at most 1 where no commit is worse."""
        return self.unspent + math.fsum(entry.paid for entry in self.entries)

    def line(self, entry: Entry, verdict: str) -> bytes:
        """The line to append for an entry that was not there before."""
        after = self.but(entries=[*self.entries, entry])
        document = {
            "ledger": FORMAT,
            "time": entry.time,
            "signature": entry.signature,
            "stake": entry.stake,
            "bets": [bet.to_dict() for bet in entry.bets],
            "wealth": after.wealth,
            "verdict": verdict,
        }
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
        return ("\n" * self.ends_open + text + "\n").encode()


def entry_of(ledger: Ledger, questions: Sequence[Question], time: str) -> tuple[Entry, int | None]:
    """The entry of a run, and None; where the same differences were judged before, that entry and its number, from 1.

    So a run that is repeated gets the same verdict and stakes nothing. Nor does a commit that changes no prediction.
    """
    for number, entry in enumerate(ledger.entries, start=1):
        if len(entry.bets) == len(questions) and all(bet.is_of(q) for bet, q in zip(entry.bets, questions, strict=True)):
            return entry, number
    active = sum(q.units > 0 for q in questions)
    at_stake = stake(ledger.unspent) if active else 0.0
    level = ERROR_RATE * at_stake / max(active, 1)
    return Entry(time, ledger.signature, at_stake, [_bet(question, level) for question in questions]), None


def _bet(question: Question, level: float) -> Bet:
    units, difference = question.units, _finite(question.difference)
    if not units or not level:  # no bet pays what it staked; no rows pay nothing
        return Bet(question.prediction, question.loss, units, difference, 1.0 if len(question.excess) else None, alarm=False)
    log_e = log_e_value(question.excess, level)
    e = None if math.isnan(log_e) else min(math.exp(min(log_e, 700.0)), MOST)
    noticeable = _finite(alarming_mean(question.excess, level) * len(question.excess)) if can_alarm(units, level) else None
    return Bet(question.prediction, question.loss, units, difference, e, is_alarm(log_e, level), 1 / level, noticeable)


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None


# --- reading ---------------------------------------------------------------------------------------------------------------


def read_ledger(path: str, signature: str) -> Ledger:
    """The ledger in a file; an empty one where there is no file.

    Raises UsageError for a folder, InputError for a file that is no ledger, whose last line is cut off, or that is of another gate.
    """
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        content = b""
    except IsADirectoryError:
        raise UsageError(f"--ledger {path} is a folder: give the name of a file") from None
    except OSError as error:
        raise InputError(f"--ledger {path}: cannot be read: {str(error.strerror).lower()}") from None
    lines = content.split(b"\n")
    entries = [_entry(path, number, line, number == len(lines)) for number, line in enumerate(lines, start=1) if line.strip()]
    for number, entry in enumerate(entries, start=1):
        if entry.signature != signature:
            raise InputError(
                f"{path}:{number}: the ledger is of another gate, {entry.signature!r}, and this one is {signature!r}: give each gate"
                " a ledger of its own"
            )
    ledger = Ledger(path, signature, entries, len(content), bool(lines[-1].strip()))
    if ledger.unspent < -OVERDRAWN:
        raise InputError(f"{path}: its stakes add up to {1 - ledger.unspent:.4g}, and all that there is to stake is 1: the file was edited")
    return ledger


def _entry(path: str, number: int, line: bytes, is_last: bool) -> Entry:
    """The entry in a line. `is_last` says that the line has no line break. Raises InputError."""
    place = f"{path}:{number}"
    if line.startswith((b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")):
        raise InputError(f"{place}: a merge conflict: keep the lines of both branches, and delete this line and the others of its kind")
    try:
        document = json.loads(line)
        if not isinstance(document, dict) or "ledger" not in document:
            raise ValueError("it does not name its format")
        if document["ledger"] != FORMAT:
            raise InputError(f"{place}: its format is {document['ledger']!r}, and this version of losscli reads {FORMAT}")
        return Entry(
            _text(document, "time"), _text(document, "signature"), _number(document, "stake"), list(map(_bet_in, document["bets"]))
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        if is_last and line.lstrip().startswith(b'{"ledger"'):
            raise InputError(
                f"{place}: the last line is cut off: a run was stopped while it wrote. Delete the line, and run its gate again"
            ) from None
        reason = f"it has no {error}" if isinstance(error, KeyError) else str(error).partition("\n")[0]
        raise InputError(f"{place}: not a line of a ledger ({reason}): --ledger takes a file that only --ledger has written") from None


def _bet_in(document: Mapping[str, Any]) -> Bet:
    units, alarm = document["units"], document["alarm"]
    if type(units) is not int or units < 0 or not isinstance(alarm, bool):
        raise ValueError("units must be a whole number, and alarm true or false")
    numbers = [None if document[name] is None else _number(document, name) for name in ("difference", "e_value", "needed")]
    return Bet(_text(document, "prediction"), _text(document, "loss"), units, numbers[0], numbers[1], alarm, numbers[2])


def _text(document: Mapping[str, Any], name: str) -> str:
    if not isinstance(document[name], str):
        raise ValueError(f"{name} must be a text")
    return document[name]


def _number(document: Mapping[str, Any], name: str) -> float:
    value = document[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} must be a number")
    if name != "difference" and value < 0:
        raise ValueError(f"{name} must be 0 or more")
    return float(value)
