"""Gates and exit codes, and one losscli that reads what another writes."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.support.output import PAIR, Cli

# --- gates -----------------------------------------------------------------------------------------------------------------

MEAN = "1.3333333333333333"
GATES: dict[str, tuple[tuple[str, ...], int]] = {
    "max": (("--max", "2"), 0),
    "max: the bound passes": (("--max", MEAN), 0),
    "max: the float below does not": (("--max", repr(math.nextafter(4 / 3, 0))), 1),
    "min": (("--min", "1"), 0),
    "min: the bound passes": (("--min", MEAN), 0),
    "min: the float above does not": (("--min", repr(math.nextafter(4 / 3, 2))), 1),
    "both": (("--min", "1", "--max", "2"), 0),
    "one of both": (("--min", "1", "--max", "1.2"), 1),
    "bounds that cross": (("--min", "2", "--max", "1"), 2),
    "below 0": (("--max", "-1"), 1),
    "no bound at all": (("--max", "inf", "--min", "-inf"), 0),
    "expect": (("--expect", MEAN), 0),
    "expect: near": (("--expect", "1.333333"), 0),  # 3.3e-7 away, 1.3e-6 allowed
    "expect: not near": (("--expect", "1.3333"), 1),  # 3.3e-5 away
    "expect: rtol": (("--expect", "1.3", "--rtol", "0.03"), 0),  # 0.033 away, 0.039 allowed
    "expect: atol": (("--expect", "1.3", "--atol", "0.04"), 0),
    "expect: neither": (("--expect", "1.3", "--atol", "0.03", "--rtol", "0"), 1),
    "expect: exactly": (("--expect", MEAN, "--atol", "0", "--rtol", "0"), 0),
    "expect: 0 is far": (("--expect", "0"), 1),
    "expect: infinity is not near": (("--expect", "inf"), 1),
    "expect: minus infinity": (("--expect", "-inf"), 1),
    "nan is no bound": (("--max", "nan"), 2),
    "nan is never expected": (("--expect", "nan"), 2),
    "a tolerance below 0": (("--expect", "1", "--rtol", "-1"), 2),
    "a tolerance of nan": (("--expect", "1", "--atol", "nan"), 2),
    "an infinite tolerance": (("--expect", "1", "--atol", "inf"), 2),
    "no gate without a number": (("--max", "1", "-r", "none"), 2),
    "no such file": (("--expect", "old.json"), 2),
    "no number": (("--max", "low"), 2),
}


@pytest.mark.parametrize(("gate", "code"), GATES.values(), ids=GATES)
def test_gate(cli: Cli, gate: tuple[str, ...], code: int) -> None:
    said = cli(*PAIR, "-f", "value", *gate)
    assert said.code == code
    if code == 2:
        assert said.out == "" and said.err.startswith("error: ")
        return
    assert said.out == f"{MEAN}\n"
    assert said.err.startswith(f"gate {'failed' if code else 'passed'}: mse {MEAN}, ") and said.err.count("\n") == 1
    assert cli(*PAIR, "-f", "value", *gate, "-q") == (code, said.out, said.err if code else "")
    document = json.loads(cli(*PAIR, "-f", "json", *gate).out)
    assert document["gate"]["passed"] is (code == 0)
    assert all(c["passed"] for c in document["gate"]["checks"]) is (code == 0)
    assert cli(*PAIR, *gate, "-o", "o.csv").code == code  # what was asked for is written all the same


NEVER = {
    "nan": ("compute", "mse", "-p", "nan", "-t", "1", "--nan", "propagate"),
    "no rows": ("compute", "mse", "-p", "[]", "-t", "[]"),
    "all left out": ("compute", "mse", "-p", "nan", "-t", "1", "--nan", "omit"),
    "no weight": ("compute", "mse", "-p", "1", "-t", "1", "-w", "0"),
}


@pytest.mark.parametrize("argv", NEVER.values(), ids=NEVER)
@pytest.mark.parametrize("gate", [("--max", "inf"), ("--min", "-inf"), ("--expect", "0", "--rtol", "1e9")], ids=lambda g: g[0])
def test_nan_never_passes(cli: Cli, argv: tuple[str, ...], gate: tuple[str, ...]) -> None:
    said = cli(*argv, *gate, "-f", "value", "-q")
    assert (said.code, said.out) == (1, "nan\n")


EARLIER: dict[str, tuple[str, int]] = {
    '{"value": 1.3333333333333333}': ("a result", 0),
    "1.3333333333333333": ("a bare number", 0),
    '{"value": 1.4}': ("another value", 1),
    '{"value": "nan"}': ("nan", 3),
    '{"value": "inf"}': ("inf", 3),
    '{"values": [1.3]}': ("values", 3),
    '{"value": true}': ("a truth", 3),
    '{"value": [1.3333333333333333]}': ("an array", 3),
    "{": ("no JSON", 3),
    "": ("empty", 3),
}


@pytest.mark.parametrize(("text", "code"), [(t, c) for t, (_, c) in EARLIER.items()], ids=[n for n, _ in EARLIER.values()])
def test_expect_a_file(cli: Cli, tmp_path: Path, text: str, code: int) -> None:
    (tmp_path / "old.json").write_text(text)
    said = cli(*PAIR, "-f", "value", "--expect", "old.json")
    assert said.code == code
    assert code != 3 or (said.out == "" and "old.json" in said.err)


def test_expect_what_was_written(cli: Cli) -> None:
    assert cli(*PAIR, "-o", "old.json").code == 0
    assert cli(*PAIR, "--expect", "old.json", "--rtol", "0", "--atol", "0").code == 0
    assert cli(*PAIR[:-1], "1,2,6", "--expect", "old.json").code == 1


# --- into another losscli --------------------------------------------------------------------------------------------------

NONE = (*PAIR, "-r", "none")
PIPES: dict[str, tuple[tuple[str, ...], str]] = {
    "value": ((*NONE, "-f", "value"), "-"),
    "one value": ((*PAIR, "-r", "sum", "-f", "value"), "-"),
    "json": ((*NONE, "-f", "json"), "-::values"),
    "json, its value": ((*PAIR, "-r", "sum", "-f", "json"), "-::value"),
    "json, deeper": ((*PAIR, "-r", "sum", "-f", "json"), "-::summary.sum"),
    "jsonl": ((*NONE, "-f", "jsonl"), "-::loss"),
    "csv": ((*NONE, "-f", "csv"), "-::loss"),
    "csv, reduced": ((*PAIR, "-r", "sum", "-f", "csv"), "-::value"),
    "tsv": ((*NONE, "-f", "tsv"), "-::loss"),
    "yaml": ((*NONE, "-f", "yaml"), "-::values"),
}


@pytest.mark.parametrize(("first", "source"), PIPES.values(), ids=PIPES)
def test_pipes(cli: Cli, first: tuple[str, ...], source: str) -> None:
    """Σ |v| of 0,0,4 and of their sum is 4."""
    piped = cli(*first).out
    zeros = ",".join("0" * (1 if "sum" in first else 3))
    more = ("--input-format", "yaml") if "yaml" in first else ()
    assert cli("compute", "mae", "-p", source, "-t", zeros, "-r", "sum", "-f", "value", *more, stdin=piped) == (0, "4.0\n", "")


@pytest.mark.parametrize(("format", "source"), [("value", "-"), ("json", "-::values"), ("csv", "-::loss"), ("jsonl", "-::loss")])
def test_what_is_no_number_goes_through_a_pipe(cli: Cli, format: str, source: str) -> None:
    piped = cli("compute", "mae", "-p", "nan,inf,1", "-t", "1,1,1", "--nan", "propagate", "-r", "none", "-f", format, "-q").out
    argv = ("compute", "mae", "-p", source, "-t", "0,0,0", "--nan", "propagate", "-r", "none", "-f", "value", "-q")
    assert cli(*argv, stdin=piped).out == "nan\ninf\n0.0\n"
