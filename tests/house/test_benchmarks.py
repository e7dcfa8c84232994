"""The benchmarks' ratios, means, tables and their section in README. No test here measures time."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests import ROOT
from tests.benchmarks import kernels, peers
from tests.benchmarks.measure import Command, Failed, Worker, in_turn, loads, output, peak_mb, seconds
from tests.benchmarks.report import (
    BEGIN,
    END,
    Cell,
    Report,
    Row,
    Spread,
    against,
    amount,
    as_json,
    as_markdown,
    geometric_mean,
    headlines,
    peak,
    placed,
    spread,
)
from tests.benchmarks.sections import _difference
from tests.benchmarks.sides import Setup


def test_a_ratio_is_that_of_the_medians_and_its_spread_that_of_the_pairs() -> None:
    assert spread([1.0, 6.0, 2.0], [4.0, 2.0, 8.0]) == Spread(ratio=0.5, low=0.25, high=3.0, best=0.5)
    with pytest.raises(ValueError, match="zip"):
        spread([1.0], [1.0, 2.0])


@pytest.mark.parametrize(("ratios", "mean"), [([0.25, 4.0], 1.0), ([0.5], 0.5), ([2.0, 4.0, 8.0], 4.0), ([], math.nan)])
def test_geometric_mean(ratios: list[float], mean: float) -> None:
    assert geometric_mean(ratios) == pytest.approx(mean, rel=1e-15, nan_ok=True)


@pytest.mark.parametrize(("most", "goal", "met"), [(2.0, "≤ 2", True), (1.9, "≤ 1.9", False), (None, "", None)])
def test_the_bound_itself_meets_a_goal(most: float | None, goal: str, met: bool | None) -> None:
    row = against("csv", "a file", "awk", [2.0, 2.0], [1.0, 1.0], most=most)
    assert (row.goal, row.met, row.ours, row.theirs) == (goal, met, 2.0, 1.0)


@pytest.mark.parametrize(
    ("found", "met"),
    [
        ({10**6: 100.0, 5 * 10**6: 120.0}, True),
        ({10**6: 100.0, 5 * 10**6: 130.0}, False),
        ({10**6: 249.0, 5 * 10**6: 251.0}, False),
        ({10**6: 100.0, 5 * 10**6: 140.0, 5 * 10**7: 150.0}, True),  # a small file does not fill the blocks under way
        ({10**6: 100.0, 5 * 10**6: 110.0, 5 * 10**7: 150.0}, False),
    ],
)
def test_peak_memory_is_small_and_flat(found: dict[int, float], met: bool) -> None:
    row = peak("NPY", found)
    assert row.met is met
    assert row.note.startswith("(1M: ")


@pytest.mark.parametrize(("n", "said"), [(10_000_000, "10M"), (3_000_000, "3M"), (200_000, "0.2M"), (5000, "5,000")])
def test_amount(n: int, said: str) -> None:
    assert amount(n) == said


REPORT = Report(
    date="2026-01-02",
    machine={"cpu": "A processor", "cores": 2, "os": "An OS"},
    versions={"losscli": {"python": "3.11.7"}, "peers": {"torch": "2.13.0"}},
    missing=["duckdb"],
    runs=7,
    loads=[0.5, 2.0, 1.0],
    rows=[
        against("start", "`losscli list` | cat", "a peer", [0.3, 0.3], [0.1, 0.2], most=2.5),
        Row("csv", "a file", "awk", goal="≤ 3", met=False, note="failed: no such file"),
    ],
    cells=[
        Cell("gradient", "mse", 10_000_000, 3.0, 1.5, Spread(2.0, 1.9, 2.1, 2.0)),
        Cell("value", "mse", 10_000_000, 0.01, 0.02, Spread(0.5, 0.4, 0.6, 0.5)),
        Cell("value", "mse", 1_000_000, note="torch is not installed"),
        Cell("value", "mae", 1_000_000, 0.001, 0.002, Spread(0.5, 0.4, 0.6, 0.5)),
    ],
)


def test_markdown() -> None:
    machine, goals, losses, missing = as_markdown(REPORT).strip().split("\n\n")
    assert machine.startswith(
        "Measured on 2026-01-02: A processor, 2 cores, An OS. losscli: python 3.11.7. peers: torch 2.13.0. Medians of"
    )
    assert goals.splitlines()[2:] == [
        "| `losscli list` ∣ cat | 300 ms | 150 ms a peer | 2.00 (1.50 to 3.00, best 3.00) | ≤ 2.5 | met |",
        "| a file |  | awk |  | ≤ 3 | **not met** failed: no such file |",
    ]
    assert losses.splitlines() == [
        "| over torch's time | value, 1M | value, 10M | gradient, 10M |",
        "| --- | --- | --- | --- |",
        "| mse | torch is not installed | 0.50 (10.0 ms / 20.0 ms) | 2.00 (3.00 s / 1.50 s) |",
        "| mae | 0.50 (1.00 ms / 2.00 ms) |  |  |",
    ]
    assert missing == "Not installed, and so not measured: duckdb."


def test_readme_has_a_few_rows_and_where_they_were_measured() -> None:
    start = against("start", "`losscli compute mse -p 1,2,4 -t 1,2,3 -f value`", "`python -c 'import numpy'`", [0.2], [0.1])
    header, _, row, _, where = headlines(replace(REPORT, rows=[*REPORT.rows, start])).splitlines()
    assert (header, row) == ("| what | losscli | peer | ratio |", f"| {start.what} | 200 ms | 100 ms {start.peer} | 2.00 |")
    assert where.startswith(f"Measured on {REPORT.date}: {REPORT.machine['cpu']}")


def test_json_holds_all_of_it() -> None:
    found = json.loads(as_json(REPORT))
    assert (found["rows"][0]["spread"]["ratio"], found["rows"][1]["met"]) == (pytest.approx(2.0), False)
    assert [c["loss"] for c in found["cells"]] == ["mse", "mse", "mse", "mae"]


def test_the_section_of_a_readme_is_replaced_in_place() -> None:
    readme = f"# A\n\n{BEGIN}\nold\n{END}\n\n## B\n"
    once = placed(readme, "new \\1\n\ntext\n")
    assert once == f"# A\n\n{BEGIN}\n\nnew \\1\n\ntext\n\n{END}\n\n## B\n"
    assert placed(once, "new \\1\n\ntext\n") == once


@pytest.mark.parametrize("text", ["", BEGIN, f"{END}\n{BEGIN}\n", f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n"])
def test_a_readme_without_the_markers_is_left_alone(text: str) -> None:
    with pytest.raises(ValueError, match="once each"):
        placed(text, "new")


def test_our_readme_has_the_markers() -> None:
    assert "new" in placed((ROOT / "README.md").read_text(encoding="utf-8"), "new")


def test_sides_run_in_turn() -> None:
    log: list[str] = []

    def side(name: str) -> float:
        log.append(name)
        return float(len(log))

    assert in_turn([lambda: side("a"), lambda: side("b")], 2) == [[1.0, 3.0], [2.0, 4.0]]
    assert log == ["a", "b", "a", "b"]


def test_a_process_is_measured_or_says_why_not(tmp_path: Path) -> None:
    good = Command((sys.executable, "-c", "import json; print(7)"), tmp_path)
    assert output(good) == "7"
    assert seconds(good) > 0
    assert peak_mb(good) > 1  # no upper bound: Linux counts the memory of this process too, from which it is forked
    assert "json" in loads(sys.executable, good)
    bad = Command((sys.executable, "-c", "raise SystemExit('no data')"), tmp_path)
    for measure in (output, seconds, peak_mb):
        with pytest.raises(Failed):
            measure(bad)
    with pytest.raises(Failed, match="no data"), Worker(bad) as worker:
        worker.ask("time value")


@pytest.mark.parametrize("case", list(kernels.CASES))
def test_a_worker_answers(case: str, tmp_path: Path) -> None:
    with Worker(Command((sys.executable, "-P", kernels.__file__, "losscli", case, "1280", "1"), tmp_path)) as worker:
        assert len(json.loads(worker.ask("check value"))) == 1
        assert len(json.loads(worker.ask("check gradient"))) == 3
        assert float(worker.ask("time value")) > 0


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ("row,loss\n0,0.25\n1,1e-3\n", ""),
        ("row,loss\n0,0.25\n1,0.002\n", "line 3"),
        ("row,loss\n0,0.25\n2,0.001\n", "line 3"),
        ("row,loss\n0,0.25\n", "line 3"),
    ],
)
def test_two_files_of_losses_are_compared(theirs: str, said: str, tmp_path: Path) -> None:
    ours, other = tmp_path / "ours.csv", tmp_path / "theirs.csv"
    ours.write_text("row,loss\n0,0.25\n1,0.001\n", encoding="utf-8")
    other.write_text(theirs, encoding="utf-8")
    found = _difference(ours, other)
    assert found.startswith(said) and bool(found) == bool(said)


def test_polars_can_be_kept_from_losscli(tmp_path: Path) -> None:
    versions = peers.versions(sys.executable, ("numpy", "no-such-package"))
    assert set(versions) == {"python", "numpy"}
    setup = Setup(sys.executable, None, sys.executable, {"losscli": versions, "peers": versions}, tmp_path, 1, False, 1)
    assert output(setup.base("compute", "mse", "-p", "1", "-t", "3", "-f", "value")) == "4.0"


@pytest.mark.parametrize(("words", "said"), [(["strat"], "no section strat"), (["start", "--readme"], "all sections")])
def test_a_benchmark_that_cannot_run_is_an_error(words: list[str], said: str) -> None:
    argv = [sys.executable, "-m", "tests.tools", "benchmarks", *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, said in done.stderr) == (2, True)
