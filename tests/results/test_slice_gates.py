"""--max and --min with --by: the bounds judge all rows and each slice, in `compute` and in `compare`, in every format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.output import Cli, cli

__all__ = ["cli"]

# mae: 2 in g=a, 1 in g=b, 0 in g=c, and 1.25 in all rows
D = "g,pred,other,target\na,1,0,0\na,3,0,0\nb,1,0,0\nc,0,0,0\n"
MAE = ("compute", "mae", "d.csv", "-p", "pred", "-t", "target", "--by", "g")
BOTH = ("compare", "d.csv", "-l", "mae", "-p", "other", "-p", "pred", "-t", "target", "--by", "g")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_text(D)


def of_slices(document: Any) -> dict[str, bool]:
    return {s["slice"]["g"]: s["gate"]["passed"] for s in document["slices"]}


@pytest.mark.parametrize("argv", [MAE, BOTH])
def test_each_slice_is_judged(cli: Cli, argv: tuple[str, ...]) -> None:
    said = cli(*argv, "--max", "1.5", "-f", "json")
    document = json.loads(said.out)
    assert said.code == 1 and document["gate"]["passed"]
    assert of_slices(document) == {"a": False, "b": True, "c": True}
    of = "" if argv is MAE else " of pred"
    assert said.err.splitlines() == [
        f"gate passed: mae{of} 1.25, must be at most 1.5",
        f"gate failed: mae{of} in g=a 2.0, must be at most 1.5",
        f"gate passed: mae{of} in g=b 1.0, must be at most 1.5",
        f"gate passed: mae{of} in g=c 0.0, must be at most 1.5",
    ]
    assert cli(*argv, "--max", "2").code == 0
    both = json.loads(cli(*argv, "--max", "2", "--min", "0.5", "-f", "json").out)
    assert of_slices(both) == {"a": True, "b": True, "c": False}


def test_the_table_names_the_worst_slice(cli: Cli) -> None:
    assert "gate: 1 of 3 slices failed; the worst slice is g=c (0)" in cli(*MAE, "--max", "2", "--min", "0.5").out
    assert "gate: 2 of 3 slices failed; the worst slice is g=a (2)" in cli(*MAE, "--max", "0.5").out
    assert "gate: all 3 slices passed" in cli(*MAE, "--max", "2").out
    assert "gate" not in cli(*MAE).out


def test_an_expected_value_is_one_of_all_rows(cli: Cli) -> None:
    said = cli(*MAE, "--expect", "1.25", "-f", "json")
    assert said.code == 0 and "gate" not in json.loads(said.out)["slices"][0]
    assert said.err == "gate passed: mae 1.25, must be near 1.25 (rtol 1e-06, atol 1e-12)\n"


def test_a_slice_of_nothing_never_passes(cli: Cli) -> None:
    Path("d.csv").write_text("g,pred,other,target\na,1,1,0\nb,,,0\n")
    for argv in (MAE, BOTH):
        said = cli(*argv, "--nan", "omit", "--max", "9", "-f", "json")
        assert (said.code, of_slices(json.loads(said.out))) == (1, {"a": True, "b": False})
    assert "the worst slice is g=b (nan)" in cli(*MAE, "--nan", "omit", "--max", "9").out


def test_bounds_beside_an_earlier_result(cli: Cli) -> None:
    """Its margins judge all rows alone, so --by is refused for them; the bounds need no --against."""
    cli(*BOTH[:5], *BOTH[7:9], "-t", "target", "-o", "r.json")
    assert cli(*BOTH, "--max", "1.5", "--against", "r.json", "--fail-if-worse-point", "9").code == 2


# --- formats ---------------------------------------------------------------------------------------------------------------


def cases(text: str) -> dict[str, str]:
    return {case.attrib["name"]: case[0].tag for case in ElementTree.fromstring(text).iter("testcase")}


def test_junit_has_a_case_for_each_slice(cli: Cli) -> None:
    assert cases(cli(*MAE, "-f", "junit").out) == dict.fromkeys(["mae", "mae in g=a", "mae in g=b", "mae in g=c"], "system-out")
    gated = cases(cli(*MAE, "--max", "1.5", "-f", "junit").out)
    assert gated["mae in g=a: max"] == "failure" and list(gated.values()).count("system-out") == 3
    compared = cases(cli(*BOTH, "-f", "junit").out)
    assert len(compared) == 8 and compared["mae of pred in g=c"] == "system-out"
    judged = cases(cli(*BOTH, "--max", "1.5", "-f", "junit").out)
    assert judged["mae of pred in g=a: max"] == "failure" and judged["mae of other in g=a"] == "system-out"


def test_github_annotates_the_gates_of_slices_and_shows_all_in_the_summary(cli: Cli) -> None:
    gated = cli(*MAE, "--max", "1.5", "-f", "github", "-q").out
    assert "::error title=losscli%3A mae in g=a%3A max::gate failed: mae in g=a 2.0, must be at most 1.5" in gated
    assert "**losscli: 1 failed, 3 passed**" in gated and "**by g**" in gated
    plain = cli(*MAE, "-f", "github", "-q").out
    assert plain.count("::notice ") == 1 and "| b | 1 |" in plain


def test_github_shows_the_derivatives_in_the_summary(cli: Cli) -> None:
    out = cli(*MAE[:-2], "--grad", "pred", "--top", "1", "--hist", "-f", "github", "-q").out
    assert "| row | pred | target | loss | grad pred |" in out and "**the largest**" in out and "**distribution of the losses: mae**" in out


def test_of_many_slices_the_worst_are_printed(cli: Cli) -> None:
    Path("d.csv").write_text("g,pred,target\n" + "".join(f"{i},{i},0\n" for i in range(60)))
    lines = cli(*MAE, "--max", "50", "--min", "1", "--ci", "none", "-f", "value").err.splitlines()
    assert len(lines) == 22 and lines[0].startswith("gate passed: mae 29.5,")
    assert [line.split(":")[0] for line in lines[1:21]] == ["gate failed"] * 10 + ["gate passed"] * 10  # 51 to 59, and 0
    assert lines[21] == "… 40 more gates of slices: 40 passed"
