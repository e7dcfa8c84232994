"""What a table shows: columns, widths, numbers and warnings."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from losscli.engine.plan import BLOCK
from tests import SAMPLES
from tests.support.output import PAIR, Cli

# --- what a table shows ----------------------------------------------------------------------------------------------------


def test_a_zero_has_no_sign(cli: Cli) -> None:
    """But a program gets the number as it is."""
    argv = ("compute", f"{SAMPLES}/my_losses.py::asymmetric", "-p", "1,3", "-t", "1,2")
    out = cli(*argv).out
    assert re.search("^min +0$", out, re.MULTILINE) and not re.search("-0$", out, re.MULTILINE)
    assert cli(*argv, "-r", "none", "-f", "csv").out.splitlines()[1] == "0,-0.0"


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 7, 99, 100])
def test_rows_and_the_gap(cli: Cli, rows: int) -> None:
    """Of 100 rows the first half (and one), the gap, the last half: no row twice, none hidden unsaid."""
    x = ",".join(str(i) for i in range(100))
    lines = cli("compute", "mae", "-p", x, "-t", ",".join("0" * 100), "--rows", str(rows)).out.split("\n\n")[0].splitlines()[1:]
    shown = [int(line.split()[0]) for line in lines if "more" not in line]
    gaps = [int(line.split()[1]) for line in lines if "more" in line]
    assert shown == ([*range((rows + 1) // 2), *range(100 - rows // 2, 100)] if rows < 100 else list(range(100)))
    assert gaps == ([100 - rows] if rows < 100 else [])


def test_many_rows_across_blocks(cli: Cli, tmp_path: Path) -> None:
    x = np.arange(200_000.0)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "z.npy", np.zeros_like(x))
    out = cli("compute", "mae", "-p", "x.npy", "-t", "z.npy", "--rows", "4", "--top", "3").out
    assert "… 199,996 more" in out
    assert [line.split()[0] for line in out.splitlines()[1:6] if "more" not in line] == ["0", "1", "199998", "199999"]
    found = json.loads(cli("compute", "mae", "-p", "x.npy", "-t", "z.npy", "--top", "3", "-f", "json").out)
    assert [t["row"] for t in found["top"]] == [199999, 199998, 199997]
    assert found["value"] == 99999.5 and found["summary"]["median"] == 99999.5  # the mean of 0 … n − 1 is (n − 1)/2
    assert found["summary"]["std"] == pytest.approx(math.sqrt((200_000**2 - 1) / 12), rel=1e-12)  # of 0 … n − 1: √((n² − 1)/12)


NAN = float("nan")
TOPS: dict[str, tuple[list[float], int, list[int]]] = {
    "the largest": ([1, 5, 3], 2, [1, 2]),
    "ties: the first of them": ([1, 5, 5, 5], 2, [1, 2]),
    "all the same": ([5] * 40, 3, [0, 1, 2]),
    "more than there are": ([1, 5], 9, [1, 0]),
    "nan is the worst": ([1, NAN, 5], 2, [1, 2]),
    "nan first, in order": ([NAN, 9, NAN], 3, [0, 2, 1]),
    "inf below nan": ([1, float("inf"), NAN], 2, [2, 1]),
    "nan among many ties": ([5.0] * 9 + [NAN] + [5.0] * 9, 2, [9, 0]),
    "nan among many nans": ([NAN] * 30 + [1], 2, [0, 1]),
}


@pytest.mark.parametrize(("losses", "k", "expected"), TOPS.values(), ids=TOPS)
def test_top(cli: Cli, losses: list[float], k: int, expected: list[int]) -> None:
    argv = (
        "compute",
        "mae",
        "-p",
        ",".join(map(str, losses)),
        "-t",
        ",".join("0" * len(losses)),
        "--nan",
        "propagate",
        "-q",
        "--top",
        str(k),
    )
    found = json.loads(cli(*argv, "-f", "json").out)["top"]
    assert [t["row"] for t in found] == expected
    table = cli(*argv, "--rows", "0").out
    assert [int(line.split()[0]) for line in table.splitlines()[2 : 2 + len(expected)]] == expected


def test_top_has_no_ignored_rows(cli: Cli) -> None:
    argv = ("compute", "cross_entropy", "-p", "[[1,2],[1,2]]", "-t", "-100,0", "--top", "2", "-f", "json")
    assert [t["row"] for t in json.loads(cli(*argv).out)["top"]] == [1]


CHOSEN = [
    ((), ["row", "loss"], [(5, 9.0), (1, 7.0), (3, 7.0)]),
    (("--id", "name"), ["name", "loss"], [("f", 9.0), ("b,", 7.0), ("d", 7.0)]),
    (("-w", "w"), ["row", "loss"], [(3, 14.0), (5, 9.0), (1, 7.0)]),
    (("--nan", "omit"), ["row", "loss"], [(5, 9.0), (3, 7.0), (4, 2.0)]),
]


@pytest.mark.parametrize(("more", "names", "expected"), CHOSEN, ids=lambda x: "".join(map(str, x)) if isinstance(x, tuple) else "")
def test_the_largest_alone(cli: Cli, tmp_path: Path, more: tuple[str, ...], names: list[str], expected: list[tuple[Any, float]]) -> None:
    """In the formats of elements, by row or id, the first of equals first."""
    rows = ["0,0,0,1,a", '7,,0,1,"b,"', "1,1,0,1,c", "7,7,0,2,d", "2,2,0,1,e", "9,9,0,1,f"]
    (tmp_path / "d.csv").write_text("\n".join(["pred,holes,t,w,name", *rows]) + "\n")
    pred = "holes" if "omit" in more else "pred"
    argv = ("compute", "mae", "d.csv", "-p", pred, "-t", "t", "-r", "none", "--top", "3", *more)
    lines = {",": cli(*argv, "-f", "csv"), "\t": cli(*argv, "-f", "tsv")}
    for divider, out in lines.items():
        assert list(csv.reader(io.StringIO(out.out), delimiter=divider)) == [names, *([str(k), str(v)] for k, v in expected)]
    assert [json.loads(line) for line in cli(*argv, "-f", "jsonl").out.splitlines()] == [dict(zip(names, e, strict=True)) for e in expected]
    assert cli(*argv, "-f", "value").out.split() == [str(v) for _, v in expected]
    assert cli(*argv, "-o", "top.npy").code == 0
    assert np.load("top.npy").tolist() == [v for _, v in expected]


def test_the_largest_alone_across_blocks(cli: Cli, tmp_path: Path) -> None:
    """With the places within a row; and more than there are are all, none are none."""
    x = np.random.default_rng(0).permutation(2 * BLOCK).reshape(-1, 2)
    np.savez("d.npz", pred=x, target=np.zeros_like(x))
    argv = ("compute", "mae", "d.npz", "-r", "none", "-f", "csv", "--top")
    at = [np.argwhere(x == 2 * BLOCK - 1 - k)[0].tolist() for k in range(3)]
    assert cli(*argv, "3").out.split() == ["row,index_1,loss", *(f"{r},{i},{2.0 * BLOCK - 1 - k}" for k, (r, i) in enumerate(at))]
    small = ("compute", "mae", "-t", "0,0", "-r", "none", "-f", "csv", "--top", "9")
    assert cli(*small, "-p", "1,2").out == "row,loss\n1,2.0\n0,1.0\n"
    assert cli("compute", "cross_entropy", "-p", "[[1,2]]", "-t", "-100", *small[4:]).out == "row,loss\n"


def test_infinity_in_a_table(cli: Cli) -> None:
    said = cli("compute", "mae", "-p", "inf,nan,1", "-t", "1,1,3", "--nan", "propagate", "-q")
    assert said.code == 0
    assert [line.split() for line in said.out.splitlines()[1:4]] == [
        ["0", "inf", "1", "inf"],
        ["1", "nan", "1", "nan"],
        ["2", "1", "3", "2"],
    ]


def test_minus_infinity_in_a_table(cli: Cli) -> None:
    said = cli("compute", "bce_with_logits", "-p", "-inf,0", "-t", "0,1")
    assert (said.code, said.err) == (0, "")


HUGE = {"square": ("mse", "1e200"), "beside": ("mae", "1.7e308")}


@pytest.mark.parametrize(("loss", "x"), HUGE.values(), ids=HUGE)
def test_huge_numbers_cause_no_numpy_warnings(cli: Cli, loss: str, x: str) -> None:
    said = cli("compute", loss, "-p", f"{x},1", "-t", "0,0")
    assert said.code == 0 and "RuntimeWarning" not in said.err and ".py" not in said.err


def test_vectors_in_a_table_are_the_row_they_say(cli: Cli, tmp_path: Path) -> None:
    """nt_xent gives two values a row; a cell is the row's vector, not one number of it that the index happens to pick."""
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "e.npz", z_a=rng.normal(size=(4, 512)), z_b=rng.normal(size=(4, 512)))
    said = cli("compute", "nt_xent", "e.npz")
    rows = said.out.splitlines()[1:9]
    assert all("…" in row and "512" in row for row in rows)
    assert max(map(len, rows)) < 120


@pytest.fixture
def named(tmp_path: Path) -> str:
    rows = [["id", "y", "yhat"], ["ä|b", 1, 2], ["two\nlines", 2, 2], ["日本", 3, 5]]
    with (tmp_path / "n.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return "n.csv"


def test_ids(cli: Cli, named: str) -> None:
    argv = ("compute", "mse", named, "--id", "id")
    assert list(csv.reader(io.StringIO(cli(*argv, "-r", "none", "-f", "csv").out))) == [
        ["id", "loss"], ["ä|b", "1.0"], ["two\nlines", "0.0"], ["日本", "4.0"],
    ]  # fmt: skip
    lines = cli(*argv, "-r", "none", "-f", "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"id": "ä|b", "loss": 1.0},
        {"id": "two\nlines", "loss": 0.0},
        {"id": "日本", "loss": 4.0},
    ]
    found = json.loads(cli(*argv, "--top", "2", "-f", "json").out)
    assert found["top"] == [{"row": 2, "loss": 4.0, "id": "日本"}, {"row": 0, "loss": 1.0, "id": "ä|b"}]
    assert [line.split()[0] for line in cli(*argv, "--top", "1", "--rows", "0").out.splitlines()[1:3]] == ["id", "日本"]


def test_an_id_in_a_table_stays_on_its_line(cli: Cli, named: str) -> None:
    table = cli("compute", "mse", named, "--id", "id").out.split("\n\n")[0].splitlines()
    assert len(table) == 4


def test_ids_in_markdown(cli: Cli, named: str) -> None:
    lines = cli("compute", "mse", named, "--id", "id", "-f", "markdown").out.splitlines()
    assert lines[2:7] == [
        "| id | pred | target | loss |", "| --- | ---: | ---: | ---: |", "| ä\\|b | 2 | 1 | 1 |", "| two lines | 2 | 2 | 0 |",
        "| 日本 | 5 | 3 | 4 |",
    ]  # fmt: skip


MARKUP = {"a\\|b": "a\\\\\\|b", "*bold*": "\\*bold\\*", "<b>": "\\<b>", "`code`": "\\`code\\`"}


@pytest.mark.parametrize(("word", "expected"), MARKUP.items())
def test_markdown_shows_the_word_itself(cli: Cli, tmp_path: Path, word: str, expected: str) -> None:
    (tmp_path / "m.csv").write_text(f"id,y,yhat\n{word},1,2\n")
    out = cli("compute", "mse", "m.csv", "--id", "id", "-f", "markdown").out
    assert out.splitlines()[4] == f"| {expected} | 2 | 1 | 1 |"


@pytest.mark.parametrize("name", ["loss", "row"])
def test_an_id_column_of_any_name(cli: Cli, tmp_path: Path, name: str) -> None:
    (tmp_path / "l.csv").write_text(f"{name},y,yhat\nA,1,2\nB,2,2\n")
    lines = cli("compute", "mse", "l.csv", "--id", name, "-r", "none", "-f", "jsonl").out.splitlines()
    assert ["A" in line for line in lines] == [True, False]


def test_omitted_rows_keep_their_numbers(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("id,y,yhat\na,1,2\nb,,2\nc,3,5\n")
    argv = ("compute", "mse", "o.csv", "--nan", "omit")
    assert cli(*argv, "-r", "none", "-f", "csv").out == "row,loss\n0,1.0\n2,4.0\n"
    assert cli(*argv, "-r", "none", "-f", "csv", "--id", "id").out == "id,loss\na,1.0\nc,4.0\n"
    assert json.loads(cli(*argv, "--top", "1", "-f", "json").out)["top"] == [{"row": 2, "loss": 4.0}]
    assert "3 rows read, 2 used, 1 omitted for nan" in cli(*argv).out


def test_ids_that_are_missing(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("id,y,yhat\n1,1,2\n,2,2\n3,3,5\n")
    said = cli("compute", "mse", "o.csv", "--id", "id")
    assert "RuntimeWarning" not in said.err and ".py:" not in said.err
    assert said.code == 0 or said.err.startswith("error: ")


def test_classes_as_words(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("animal,logit_cat,logit_dog\ncat,0,0\ndog,0,0\n")
    said = cli("compute", "cross_entropy", "c.csv", "-t", "animal")
    assert [line.split()[-2] for line in said.out.splitlines()[1:3]] == ["cat", "dog"]
    assert cli("compute", "cross_entropy", "c.csv", "-t", "animal", "-f", "value").out == f"{math.log(2)!r}\n"  # two equal logits
    (tmp_path / "d.csv").write_text("y,a,b\nno,0,0\nyes,0,0\n")
    said = cli("compute", "cross_entropy", "d.csv", "-p", "a,b", "-t", "y", "--classes", "no,yes")
    assert [line.split()[-2] for line in said.out.splitlines()[1:3]] == ["no", "yes"]


PRECISION = {1: "1", 2: "1.3", 6: "1.33333", 12: "1.33333333333"}


@pytest.mark.parametrize(("digits", "expected"), PRECISION.items())
def test_precision(cli: Cli, digits: int, expected: str) -> None:
    argv = (*PAIR, "--precision", str(digits))
    assert f" {expected} " in cli(*argv).out
    assert f"| mean | {expected} |" in cli(*argv, "-f", "markdown").out
    assert cli(*argv, "-f", "value").out == f"{expected}\n"
    assert json.loads(cli(*argv, "-f", "json").out)["value"] == 4 / 3
    assert cli(*argv, "-f", "csv").out == cli(*PAIR, "-f", "csv").out


def test_columns_line_up_for_wide_letters(cli: Cli) -> None:
    """A letter of two columns counts two."""
    import unicodedata

    table = cli("compare", "-l", "mse", "-p", "日本語=1,2", "-p", "plain=1,3", "-t", "1,4").out.splitlines()[:3]
    cell = {line: line.split()[1] for line in table}
    at = [sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line[: line.index(cell[line])]) for line in table[1:]]
    ends = [a + len(cell[line]) for a, line in zip(at, table[1:], strict=True)]
    assert len(set(ends)) == 1


# --- warnings and silence --------------------------------------------------------------------------------------------------

DOUBTFUL = ("compute", "bce_with_logits", "-p", "0.2,0.3,0.8", "-t", "1,0,1")


@pytest.mark.parametrize("format", ["table", "value", "json", "jsonl", "csv", "tsv", "yaml", "markdown"])
def test_warnings_go_to_stderr(cli: Cli, format: str) -> None:
    said, quiet = cli(*DOUBTFUL, "-f", format), cli(*DOUBTFUL, "-f", format, "-q")
    assert said.code == quiet.code == 0
    assert said.err.startswith("warning: W101 ") and said.err.count("\n") == 1
    assert quiet.err == "" and quiet.out == said.out
    if format in ("json", "yaml", "jsonl"):
        assert yaml.safe_load(said.out)["warnings"][0]["code"] == "W101"


@pytest.mark.parametrize("more", [(), ("-q",)])
@pytest.mark.parametrize("argv", [DOUBTFUL, ("compare", "-l", "bce_with_logits", *DOUBTFUL[2:])], ids=lambda a: a[0])
def test_strict(cli: Cli, tmp_path: Path, argv: tuple[str, ...], more: tuple[str, ...]) -> None:
    said = cli(*argv, "--strict", "-o", "o.json", *more)
    assert (said.code, said.out, list(tmp_path.iterdir())) == (3, "", [])
    assert said.err.startswith("error: W101 ")


def test_strict_without_a_warning(cli: Cli) -> None:
    assert cli(*PAIR, "--strict", "-f", "value") == (0, "1.3333333333333333\n", "")
