"""Every format says why an interval that was asked for is missing: a column, which is the last, or a key."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.output import Cli, cli

__all__ = ["cli"]

MEDIAN = "median_ae is no smooth function of sums over the rows; --resamples 1000 gives one"
BOTH = ("compare", "d.csv", "-p", "a", "-p", "b", "-t", "t")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_text("a,b,t,g\n1,2,3,x\n2,3,3,y\n4,4,3,y\n")


def table(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


@pytest.mark.parametrize("format", ["csv", "tsv", "jsonl", "json"])
def test_compare(cli: Cli, format: str) -> None:
    out = cli(*BOTH, "-l", "mae", "-l", "median_ae", "-f", format).out
    found: Any
    if format == "json":
        found = json.loads(out)["results"]
    else:
        found = [json.loads(x) for x in out.splitlines()] if format == "jsonl" else table(out, "\t" if format == "tsv" else ",")
    assert [r.get("without_interval") or None for r in found] == [None, MEDIAN, None, MEDIAN]


def test_the_columns_of_intervals_stay_where_they_are(cli: Cli) -> None:
    with_all = cli(*BOTH, "-l", "mae", "-f", "csv").out.splitlines()[0]
    assert "without_interval" not in with_all
    assert cli(*BOTH, "-l", "mae", "-l", "median_ae", "-f", "csv").out.splitlines()[0] == f"{with_all},without_interval"
    assert "without_interval" not in cli(*BOTH, "-l", "median_ae", "--ci", "none", "-f", "csv").out


def test_a_baseline_without_a_number(cli: Cli) -> None:
    Path("d.csv").write_text("a,b,t\n1,2,3\nnan,3,3\n4,4,3\n")
    rows = table(cli(*BOTH, "-l", "mae", "--nan", "propagate", "-f", "csv").out)
    assert [r["without_interval"] for r in rows] == ["the value is nan", "the value of the baseline is nan"]
    assert rows[1]["se"] and not rows[1]["difference_se"]


def test_compute(cli: Cli) -> None:
    argv = ("compute", "median_ae", "d.csv", "-p", "a", "-t", "t", "--ci", "95", "-f")
    (row,) = table(cli(*argv, "csv").out)
    assert row["without_interval"] == json.loads(cli(*argv, "json").out)["without_interval"] == MEDIAN
    assert json.loads(cli(*argv, "jsonl").out)["without_interval"] == MEDIAN
    (one,) = table(cli("compute", "mae", "-p", "1", "-t", "2", "--ci", "95", "-f", "csv").out)
    assert one["without_interval"] == "fewer than 2 rows" and "se" not in one


def test_slices(cli: Cli) -> None:
    rows = table(cli("compute", "mae", "d.csv", "-p", "a", "-t", "t", "--by", "g", "-f", "csv").out)
    assert [(r["g"], r["without_interval"], bool(r["se"])) for r in rows] == [("x", "fewer than 2 rows", False), ("y", "", True)]
    found = json.loads(cli("compute", "mae", "d.csv", "-p", "a", "-t", "t", "--by", "g", "-f", "json").out)["slices"]
    assert [s.get("without_interval") for s in found] == ["fewer than 2 rows", None]
    rows = table(cli(*BOTH, "-l", "mae", "--by", "g", "-f", "csv").out)
    assert {(r["g"], r["without_interval"], bool(r["se"]), r["rows"]) for r in rows} == {
        ("x", "fewer than 2 rows", False, "1"),
        ("y", "", True, "2"),
    }


def test_an_objective(cli: Cli) -> None:
    Path("o.yaml").write_text("terms: {a: {loss: mae, pred: a, target: t}, b: {loss: median_ae, pred: b, target: t}}")
    Path("p.yaml").write_text("terms: {a: {loss: mae, pred: a, target: t}, b: {loss: mse, pred: b, target: t}}")
    *terms, total = table(cli("compute", "o.yaml", "d.csv", "--ci", "95", "-f", "csv").out)
    assert total["without_interval"] == MEDIAN and not any(t["without_interval"] for t in terms)
    assert json.loads(cli("compute", "o.yaml", "d.csv", "--ci", "95", "-f", "json").out)["total"]["without_interval"] == MEDIAN
    *terms, total = table(cli("compute", "p.yaml", "d.csv", "--ci", "95", "-f", "csv").out)
    of_json = json.loads(cli("compute", "p.yaml", "d.csv", "--ci", "95", "-f", "json").out)["total"]
    assert float(total["se"]) == of_json["se"] and float(total["low"]) == of_json["interval"]["low"]
    assert "se" not in table(cli("compute", "p.yaml", "d.csv", "-f", "csv").out)[0]
