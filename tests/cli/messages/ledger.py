"""The ledger of --fail-if-worse."""

from __future__ import annotations

import re

from tests.cli.messages.rows import AB, INPUT, OUTPUT, USAGE, Row, compare

GATE = ("-l", "mse", "-p", "a", "-p", "b", "-t", "t", "--fail-if-worse", "0", "--ledger")
SIGNATURE = "mse mean; worse by more than 0"
LINE = (
    '{"ledger": "losscli-ledger/1", "time": "", "signature": "' + SIGNATURE + '", "stake": 0.9, "bets": [{"prediction": "x", "loss": "mse",'
    ' "units": 3, "difference": 1.0, "e_value": 1.0, "alarm": false, "needed": 9.0}], "wealth": 1.0, "verdict": "pass"}\n'
)


def holding(content: str, err: str | re.Pattern[str]) -> Row:
    """A ledger with this content."""
    return Row(compare(*GATE, "l.jsonl"), INPUT, err, {**AB, "l.jsonl": content})


NO_LINE = "): --ledger takes a file that only --ledger has written"

ROWS: dict[str, Row] = {
    "ledger: no gate": Row(
        compare("-l", "mse", "-p", "a", "-p", "b", "-t", "t", "--ledger", "l.jsonl"),
        USAGE,
        "error: --ledger holds the runs of --fail-if-worse, and there is no --fail-if-worse: add it",
        AB,
    ),
    "ledger: an earlier result": Row(
        compare(*GATE, "l.jsonl", "--against", "r.json"),
        USAGE,
        "error: --ledger bets on the differences of rows, and --against is the file of a result: give both predictions with -p",
        AB,
    ),
    "ledger: rows near each other": Row(
        compare(*GATE, "l.jsonl", "--lag", "2"),
        USAGE,
        "error: --ledger bets on rows, or on the clusters of one --cluster, and knows no bets with --lag: leave out one of the two",
        AB,
    ),
    "ledger: slices": Row(
        compare(*GATE, "l.jsonl", "--by", "a"),
        USAGE,
        "error: --ledger bets on rows, or on the clusters of one --cluster, and knows no bets with --by: leave out one of the two",
        AB,
    ),
    "ledger: a folder": Row(compare(*GATE, "."), USAGE, "error: --ledger . is a folder: give the name of a file", AB),
    "ledger: in no folder": Row(compare(*GATE, "d.csv/l"), INPUT, "error: --ledger d.csv/l: cannot be read: not a directory", AB),
    "ledger: a new file in no folder": Row(compare(*GATE, "no/l"), OUTPUT, "error: cannot write no/l: no such file or directory", AB),
    "ledger: also the output": Row(
        compare(*GATE, "l.json", "-o", "l.json"), USAGE, "error: -o l.json is also the ledger: write the result to another file", AB
    ),
    "ledger: words": holding("hello\n", "error: l.jsonl:1: not a line of a ledger (Expecting value: line 1 column 1 (char 0)" + NO_LINE),
    "ledger: another JSON": holding("{}\n", "error: l.jsonl:1: not a line of a ledger (it does not name its format" + NO_LINE),
    "ledger: without a key": holding(
        LINE.replace('"stake": 0.9, ', ""), "error: l.jsonl:1: not a line of a ledger (it has no 'stake'" + NO_LINE
    ),
    "ledger: a later version": holding(
        LINE.replace("ledger/1", "ledger/2"),
        "error: l.jsonl:1: its format is 'losscli-ledger/2', and this version of losscli reads losscli-ledger/1",
    ),
    "ledger: a line that is cut": holding(
        LINE + LINE[:99],
        "error: l.jsonl:2: the last line is cut off: a run was stopped while it wrote. Delete the line, and run its gate again",
    ),
    "ledger: a merge conflict": holding(
        "<<<<<<< HEAD\n" + LINE,
        "error: l.jsonl:1: a merge conflict: keep the lines of both branches, and delete this line and the others of its kind",
    ),
    "ledger: another gate": holding(
        LINE.replace("mse mean", "mae mean"),
        "error: l.jsonl:1: the ledger is of another gate, 'mae mean; worse by more than 0', and this one is 'mse mean; worse by more"
        " than 0': give each gate a ledger of its own",
    ),
    "ledger: more than all": holding(
        LINE + LINE, "error: l.jsonl: its stakes add up to 1.8, and all that there is to stake is 1: the file was edited"
    ),
}
