"""The ledger of a gate: its lines, what it stakes, and files that are no ledger."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from losscli.cli.ledger import append
from losscli.errors import InputError, OutputError, UsageError
from losscli.results.ledger import Ledger, Question, entry_of, read_ledger
from losscli.statistics.betting import ERROR_RATE, log_e_value, stake

SIGNATURE = "mse; fail if worse by 0"
WORSE = np.tile([1.0, 2.0, -0.5], 200)
BETTER = -WORSE[:300]


def question(x: np.ndarray, prediction: str = "new") -> Question:
    return Question(prediction, "mse", float(x.mean()) if len(x) else float("nan"), int(np.count_nonzero(x)), x)


def run(path: Path, *questions: Question) -> tuple[Ledger, int | None]:
    """One run of a gate: read, judge, append unless it was judged before."""
    ledger = read_ledger(str(path), SIGNATURE)
    entry, known = entry_of(ledger, questions, "2026-01-02T03:04:05Z")
    if known is None:
        append(ledger, entry, "fail" if any(bet.alarm for bet in entry.bets) else "pass")
    return read_ledger(str(path), SIGNATURE), known


def test_a_line_holds_what_was_staked_and_paid(tmp_path: Path) -> None:
    run(tmp_path / "ledger.jsonl", question(BETTER))
    (line,) = (tmp_path / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    found = json.loads(line)
    level = ERROR_RATE * stake(1.0)
    e = np.exp(log_e_value(BETTER, level))
    assert found == {
        "ledger": "losscli-ledger/1",
        "time": "2026-01-02T03:04:05Z",
        "signature": SIGNATURE,
        "stake": stake(1.0),
        "bets": [
            {
                "prediction": "new",
                "loss": "mse",
                "units": 300,
                "difference": BETTER.mean(),
                "e_value": pytest.approx(e),
                "alarm": False,
                "needed": pytest.approx(1 / level),
            }
        ],
        "wealth": pytest.approx(1 - stake(1.0) + stake(1.0) * e),
        "verdict": "pass",
    }


def test_each_gate_stakes_a_part_of_what_is_left_and_an_alarm_returns_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    first, _ = run(path, question(BETTER))
    second, _ = run(path, question(WORSE))
    third, _ = run(path, question(2 * BETTER))
    assert first.unspent == second.unspent == 1 - stake(1.0)
    assert [entry.bets[0].alarm for entry in third.entries] == [False, True, False]
    assert [entry.stake for entry in third.entries] == [stake(1.0), stake(first.unspent), stake(first.unspent)]
    assert second.wealth == first.wealth  # an alarm is not paid: the wealth would be above 20 for ever


def test_several_predictions_share_a_stake(tmp_path: Path) -> None:
    ledger, _ = run(tmp_path / "ledger.jsonl", question(BETTER, "a"), question(WORSE, "b"), question(np.zeros(10), "same"))
    (entry,) = ledger.entries
    assert [bet.alarm for bet in entry.bets] == [False, True, False]
    needed = pytest.approx(2 / (ERROR_RATE * stake(1.0)))
    assert [bet.needed for bet in entry.bets] == [needed, needed, None]  # the third has no difference, so there is no bet on it
    assert entry.spent == stake(1.0) / 2


def test_no_difference_costs_nothing(tmp_path: Path) -> None:
    """Also where some is allowed: then the excess of each row is below 0."""
    ledger, _ = run(tmp_path / "ledger.jsonl", Question("new", "mse", 0.0, 0, np.full(50, -0.1)))
    assert ledger.unspent == ledger.wealth == 1
    assert ledger.entries[0].bets[0].e_value == 1


def test_the_same_differences_again_are_the_same_gate(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    assert [run(path, question(x))[1] for x in (BETTER, WORSE, BETTER, WORSE)] == [None, None, 1, 2]
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2
    assert run(path, question(BETTER, "another"))[1] is None


def test_nothing_and_nan_are_no_alarm(tmp_path: Path) -> None:
    nan = np.array([1.0, np.nan])
    ledger, _ = run(tmp_path / "ledger.jsonl", question(np.zeros(0)), question(nan, "nan"))
    assert [(bet.e_value, bet.alarm) for bet in ledger.entries[0].bets] == [(None, False), (None, False)]


def test_two_runs_at_once_do_not_both_write(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    run(path, question(BETTER))
    early = read_ledger(str(path), SIGNATURE)
    run(path, question(2 * BETTER))
    before = path.read_bytes()
    with pytest.raises(OutputError, match=r"another run has written to .*ledger.jsonl meanwhile: run this gate again"):
        append(early, entry_of(early, [question(3 * BETTER)], "")[0], "pass")
    assert path.read_bytes() == before


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger, _ = run(path, question(BETTER))
    before, write = path.read_bytes(), os.write
    monkeypatch.setattr(os, "write", lambda file, line: write(file, line[:20]))
    with pytest.raises(OutputError, match="no space left on device"):
        append(ledger, entry_of(ledger, [question(WORSE)], "")[0], "fail")
    assert path.read_bytes() == before


@pytest.mark.parametrize("change", [lambda b: b.replace(b"\n", b"\r\n"), lambda b: b.rstrip(b"\n"), lambda b: b + b"\n\n"])
def test_line_breaks_do_not_matter(tmp_path: Path, change: object) -> None:
    path = tmp_path / "ledger.jsonl"
    expected, _ = run(path, question(BETTER))
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    ledger, _ = run(path, question(WORSE))
    assert ledger.entries[0] == expected.entries[0]
    assert len(ledger.entries) == 2


def test_lines_of_two_branches_can_be_merged(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    run(path, question(BETTER))
    run(path, question(2 * BETTER))
    one = path.read_text(encoding="utf-8")
    path.write_text(one + one.splitlines(keepends=True)[1].replace('"new"', '"other"'), encoding="utf-8")
    ledger, _ = run(path, question(3 * BETTER))
    assert ledger.entries[1].stake == ledger.entries[2].stake > ledger.entries[3].stake


GOOD = (
    '{"ledger": "losscli-ledger/1", "time": "", "signature": "mse; fail if worse by 0", "stake": 0.5, "bets": [{"prediction": "a", "loss":'
    ' "mse", "units": 3, "difference": 1.0, "e_value": 1.0, "alarm": false, "needed": 9.0}], "wealth": 1.0, "verdict": "pass"}\n'
)
BAD = {
    "cut": (GOOD + GOOD[:50], ":2: the last line is cut off: .* Delete the line"),
    "words": ("hello\n", ":1: not a line of a ledger"),
    "another JSON": ('{"schema": "losscli/1"}\n', ":1: not a line of a ledger .it does not name its format"),
    "a list": ("[1, 2]\n", ":1: not a line of a ledger"),
    "a later version": (GOOD.replace("ledger/1", "ledger/2"), ":1: its format is 'losscli-ledger/2'"),
    "another gate": (GOOD.replace("mse; fail", "mae; fail"), ":1: the ledger is of another gate, 'mae; fail if worse by 0', and this one"),
    "no stake": (GOOD.replace('"stake": 0.5, ', ""), ":1: .*it has no 'stake'"),
    "a stake below 0": (GOOD.replace("0.5", "-0.5"), ":1: .*stake must be 0 or more"),
    "a stake in words": (GOOD.replace("0.5", '"0.5"'), ":1: .*stake must be a number"),
    "nan": (GOOD.replace('"difference": 1.0', '"difference": NaN'), ":1: .*difference must be a number"),
    "units": (GOOD.replace('"units": 3', '"units": 3.5'), ":1: .*units must be a whole number"),
    "alarm": (GOOD.replace("false", "0"), ":1: .*alarm true or false"),
    "time": (GOOD.replace('"time": ""', '"time": 3'), ":1: .*time must be a text"),
    "overdrawn": (GOOD * 3, "its stakes add up to 1.5"),
    "conflict": (GOOD + "<<<<<<< HEAD\n", ":2: a merge conflict: keep the lines of both branches"),
    "binary": ("\x00\x01\xff", ":1: not a line of a ledger"),
    "deep": ("[" * 100_000 + "\n", ":1: not a line of a ledger"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_no_ledger_of_this_gate(tmp_path: Path, name: str) -> None:
    content, message = BAD[name]
    path = tmp_path / "ledger.jsonl"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match=message):
        read_ledger(str(path), SIGNATURE)


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        read_ledger(str(tmp_path), SIGNATURE)
