"""The output of every command in every format: exact text where the numbers are plain by hand, and what is read back.

The numbers behind the tables here: mse of 1,2,3 and 1,2,5 is 0,0,4: sum 4, mean 4/3, median 0, std √(Σ(v − 4/3)²/3) = √(32/9) = 1.8856….
"""

from __future__ import annotations

import csv
import io
import json
import math
import random
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import yaml

from losscli import LOSSES, __version__
from losscli.render.formats import FORMATS, SUFFIXES, Format, Report, Style
from tests.support.output import DEEP, PAIR, TWO, Cli

V = f"losscli {__version__}"
STD = math.sqrt(32 / 9)


REDUCED = "\n".join(
    [
        "mean    1.33333  sum / 3 (elements)",
        "sum           4",
        "min           0",
        "median        0",
        "max           4",
        "std     1.88562",
    ]
)
ROWS = "row  pred  target  loss\n  0     1       1     0\n  1     2       2     0\n  2     3       5     4\n"
SIGNED = f"mse|reduction=mean|elements=3|float64|{V}\n"

# --- exact text ------------------------------------------------------------------------------------------------------------

EXACT: dict[str, tuple[tuple[str, ...], str]] = {
    "table": (PAIR, f"{ROWS}\n{REDUCED}\n\n3 rows read, 3 used\n{SIGNED}"),
    "table, 2 rows": (
        (*PAIR, "--rows", "2"),
        f"row       pred  target  loss\n0            1       1     0\n… 1 more\n2            3       5     4\n\n{REDUCED}\n\n"
        f"3 rows read, 3 used\n{SIGNED}",
    ),
    "table, 1 row": (
        (*PAIR, "--rows", "1"),
        f"row       pred  target  loss\n0            1       1     0\n… 2 more\n\n{REDUCED}\n\n3 rows read, 3 used\n{SIGNED}",
    ),
    "table, 0 rows": ((*PAIR, "--rows", "0"), f"{REDUCED}\n\n3 rows read, 3 used\n{SIGNED}"),
    "table, all rows": ((*PAIR, "--rows", "all"), f"{ROWS}\n{REDUCED}\n\n3 rows read, 3 used\n{SIGNED}"),
    "table, top": (
        (*PAIR, "--top", "1", "--rows", "0"),
        f"the largest\nrow  pred  target  loss\n  2     3       5     4\n\n{REDUCED}\n\n3 rows read, 3 used\n{SIGNED}",
    ),
    "value": ((*PAIR, "-f", "value"), "1.3333333333333333\n"),
    "value of a sum": ((*PAIR, "-f", "value", "-r", "sum"), "4.0\n"),
    "value, none": ((*PAIR, "-f", "value", "-r", "none"), "0.0\n0.0\n4.0\n"),
    "value, 3 digits": ((*PAIR, "-f", "value", "--precision", "3"), "1.33\n"),
    "value, 17 digits": ((*PAIR, "-f", "value", "--precision", "17"), "1.3333333333333333\n"),
    "value, 3 digits, none": ((*PAIR, "-f", "value", "--precision", "3", "-r", "none"), "0\n0\n4\n"),
    "value of no rows": (("compute", "mse", "-p", "[]", "-t", "[]", "-f", "value", "-q"), "nan\n"),
    "values of no rows": (("compute", "mse", "-p", "[]", "-t", "[]", "-f", "value", "-r", "none", "-q"), ""),
    "csv": ((*PAIR, "-f", "csv"), "loss,reduction,value,denominator,rows\nmse,mean,1.3333333333333333,3.0,3\n"),
    "csv of a sum": ((*PAIR, "-f", "csv", "-r", "sum"), "loss,reduction,value,denominator,rows\nmse,sum,4.0,,3\n"),
    "csv, none": ((*PAIR, "-f", "csv", "-r", "none"), "row,loss\n0,0.0\n1,0.0\n2,4.0\n"),
    "csv, none, no rows": (("compute", "mse", "-p", "[]", "-t", "[]", "-f", "csv", "-r", "none", "-q"), "row,loss\n"),
    "csv, none, three axes": ((*DEEP, "-f", "csv", "-r", "none"), "row,index_1,index_2,loss\n0,0,0,0.0\n0,0,1,0.0\n0,1,0,0.0\n0,1,1,1.0\n"),
    "csv, nan": (
        ("compute", "mae", "-p", "nan,inf,1", "-t", "1,2,3", "--nan", "propagate", "-r", "none", "-f", "csv", "-q"),
        "row,loss\n0,nan\n1,inf\n2,2.0\n",
    ),
    "tsv": ((*PAIR, "-f", "tsv"), "loss\treduction\tvalue\tdenominator\trows\nmse\tmean\t1.3333333333333333\t3.0\t3\n"),
    "tsv, none": ((*PAIR, "-f", "tsv", "-r", "none"), "row\tloss\n0\t0.0\n1\t0.0\n2\t4.0\n"),
    "jsonl, none": ((*PAIR, "-f", "jsonl", "-r", "none"), '{"row": 0, "loss": 0.0}\n{"row": 1, "loss": 0.0}\n{"row": 2, "loss": 4.0}\n'),
    "jsonl, nan": (
        ("compute", "mae", "-p", "nan,-inf", "-t", "1,2", "--nan", "propagate", "-r", "none", "-f", "jsonl", "-q"),
        '{"row": 0, "loss": "nan"}\n{"row": 1, "loss": "inf"}\n',
    ),
    "statistic by channel": (
        ("compute", "rmse", "-p", "[[1,2],[3,4]]", "-t", "[[1,2],[3,6]]", "-r", "none", "-f", "csv"),
        f"channel,loss\n0,0.0\n1,{math.sqrt(2)!r}\n",
    ),
    "statistic by row": (
        ("compute", "rmse", "-p", "[[1,2],[3,4]]", "-t", "[[1,2],[3,6]]", "--per", "row", "-r", "none", "-f", "csv"),
        f"row,loss\n0,0.0\n1,{math.sqrt(2)!r}\n",
    ),
    "statistic": (
        ("compute", "rmse", "-p", "1,2", "-t", "1,4", "-f", "csv"),
        f"loss,reduction,value,denominator,rows\nrmse,mean,{math.sqrt(2)!r},,2\n",
    ),
    "float32": (("compute", "mse", "-p", "0.5", "-t", "0", "--dtype", "float32", "-f", "value"), "0.25\n"),
    "markdown": (
        (*PAIR, "-f", "markdown"),
        "## mse\n\n"
        "| row | pred | target | loss |\n| ---: | ---: | ---: | ---: |\n| 0 | 1 | 1 | 0 |\n| 1 | 2 | 2 | 0 |\n| 2 | 3 | 5 | 4 |\n\n"
        "|  |  |  |\n| --- | ---: | --- |\n| mean | 1.33333 | sum / 3 (elements) |\n| sum | 4 |  |\n| min | 0 |  |\n| median | 0 |  |\n"
        f"| max | 4 |  |\n| std | 1.88562 |  |\n\n3 rows read, 3 used\n\n{SIGNED}".replace(
            "mse|reduction=mean|elements=3|float64|", "mse\\|reduction=mean\\|elements=3\\|float64\\|"
        ),
    ),
    "compare": (
        (*TWO, "--ci", "none"),
        "prediction    mse  difference  ratio    mae  difference  ratio\n"
        "a             2                         1\n"
        "b           0.5 *        -1.5   0.25  0.5 *        -0.5    0.5\n\n"
        "* best (lowest); difference and ratio to a\n2 rows read, 2 used\n",
    ),
    "compare, value": ((*TWO, "-f", "value"), "2.0\n1.0\n0.5\n0.5\n"),
    "compare, csv": (
        (*TWO, "--ci", "none", "-f", "csv"),
        "prediction,loss,reduction,value,denominator,best,difference,ratio\n"
        "a,mse,mean,2.0,2.0,false,0.0,1.0\na,mae,mean,1.0,2.0,false,0.0,1.0\n"
        "b,mse,mean,0.5,2.0,true,-1.5,0.25\nb,mae,mean,0.5,2.0,true,-0.5,0.5\n",
    ),
    "compare, jsonl": (
        ("compare", "-l", "mse", "-p", "a=1,2", "-t", "1,4", "--ci", "none", "-f", "jsonl"),
        '{"prediction": "a", "loss": "mse", "reduction": "mean", "value": 2.0, "denominator": 2.0, "best": true, "difference": 0.0, '
        '"ratio": 1.0}\n',
    ),
    "compare, one prediction": (
        ("compare", "-l", "mse", "-p", "a=1,2", "-t", "1,4", "--ci", "none"),
        "prediction  mse\na             2\n\n2 rows read, 2 used\n",
    ),
    "compare, markdown": (
        ("compare", "-l", "mse", "-p", "a|b=1,2", "-p", "b=1,3", "-t", "1,4", "--ci", "none", "-f", "markdown"),
        "## mse\n\n"
        "| prediction | mse | difference | ratio |\n| --- | ---: | ---: | ---: |\n| a\\|b | 2 |  |  |\n| b | 0.5 \\* | -1.5 | 0.25 |\n\n"
        "\\* best (lowest); difference and ratio to a\\|b\n\n2 rows read, 2 used\n",
    ),
}


@pytest.mark.parametrize(("argv", "expected"), EXACT.values(), ids=EXACT)
def test_exact(cli: Cli, argv: tuple[str, ...], expected: str) -> None:
    said = cli(*argv)
    bare = "\n".join(line.rstrip() for line in said.out.split("\n") if " = inline" not in line)  # where inline numbers came from is no news
    assert (said.code, bare, said.err) == (0, expected, "")


def test_json(cli: Cli) -> None:
    said = cli(*PAIR, "-f", "json", "--top", "2", "--max", "2")
    assert json.loads(said.out) == {
        "schema": "losscli/1",
        "loss": "mse",
        "params": {},
        "reduction": "mean",
        "value": 4 / 3,
        "bindings": {"pred": "inline", "target": "inline"},
        "denominator": {"kind": "elements", "value": 3.0},
        "rows": {"read": 3, "used": 3, "omitted": 0, "ignored": 0},
        "summary": {"mean": 4 / 3, "sum": 4.0, "min": 0.0, "median": 0.0, "max": 4.0, "std": pytest.approx(STD, rel=1e-15), "count": 3},
        "top": [{"row": 2, "loss": 4.0}, {"row": 0, "loss": 0.0}],
        "gate": {"passed": True, "checks": [{"kind": "max", "limit": 2.0, "passed": True}]},
        "warnings": [],
        "signature": SIGNED.strip(),
        "version": __version__,
    }


def test_json_of_a_comparison(cli: Cli) -> None:
    found = json.loads(cli(*TWO, "-f", "json").out)
    assert found["baseline"] == "a" and found["rows"] == {"read": 2, "used": 2, "omitted": 0, "ignored": 0}
    keys = ("prediction", "loss", "value", "best", "difference", "ratio")
    assert [tuple(r[k] for k in keys) for r in found["results"]] == [
        ("a", "mse", 2.0, False, 0.0, 1.0),
        ("a", "mae", 1.0, False, 0.0, 1.0),
        ("b", "mse", 0.5, True, -1.5, 0.25),
        ("b", "mae", 0.5, True, -0.5, 0.5),
    ]
    assert {json.dumps(r["denominator"]) for r in found["results"]} == {'{"kind": "elements", "value": 2.0}'}


@pytest.mark.parametrize("command", [PAIR, (*PAIR, "-r", "none"), TWO, ("list", "huber")], ids=lambda c: c[0])
def test_yaml_says_what_json_says(cli: Cli, command: tuple[str, ...]) -> None:
    assert yaml.safe_load(cli(*command, "-f", "yaml").out) == json.loads(cli(*command, "-f", "json").out)


def test_a_name_of_a_prediction_hides_no_binding(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("y,ridge\n1,2\n")
    found = json.loads(cli("compare", "d.csv", "-l", "mse", "-p", "target=ridge", "-t", "y", "-f", "json").out)
    assert "d.csv::y" in json.dumps(found["bindings"])


def test_markdown_begins_with_the_losses_and_the_gates(cli: Cli) -> None:
    two = ("compare", "-l", "mse", "-p", "a=1,2", "-p", "b=1,3", "-t", "1,4", "--ci", "none", "--max", "1")
    assert cli(*two, "-f", "markdown").out.split("\n\n")[:2] == ["## mse", "- ✅ passed: mse of b 0.5, must be at most 1.0"]
    assert cli(*PAIR, "-f", "markdown", "--max", "1").out.startswith(
        "## mse\n\n- ❌ failed: mse 1.3333333333333333, must be at most 1.0\n\n|"
    )


# --- the list --------------------------------------------------------------------------------------------------------------


def test_list_names_every_loss_once(cli: Cli) -> None:
    lines = cli("list").out.splitlines()
    assert sorted(line.split()[0] for line in lines if line and line.split()[0] in LOSSES) == sorted(LOSSES)
    table = list(csv.DictReader(io.StringIO(cli("list", "-f", "csv").out)))
    assert sorted(row["name"] for row in table) == sorted(LOSSES)
    assert [row["name"] for row in table] == [known["name"] for known in json.loads(cli("list", "-f", "json").out)["losses"]]
    assert len(cli("list", "-f", "jsonl").out.splitlines()) == len(LOSSES)
    assert cli("list", "-f", "tsv").out.count("\n") == len(LOSSES) + 1
    assert cli("list", "-f", "value").out.splitlines() == list(dict.fromkeys(row["name"] for row in table))
    assert cli("list", "torch.nn.HuberLoss", "-f", "value").out == "huber\n"
    assert f"{len(LOSSES)} losses. losscli list NAME" in lines[-2] and "conventions" in lines[-1]


@pytest.mark.parametrize("name", list(LOSSES))
def test_card(cli: Cli, name: str) -> None:
    said, known = cli("list", name), LOSSES[name]
    assert said.code == 0 and said.out.startswith(f"{name}: {known.summary}\n")
    for fact in (*known.aliases, *(n for p in known.presets for n in p.names), known.reference, known.units, *known.formula.splitlines()):
        assert fact in said.out
    for flag in (*known.roles, *known.all_options):
        assert f"--{flag.replace('_', '-')} " in said.out


LISTED = {
    "an alias": (("HuberLoss",), ["huber"]),
    "any case": (("CROSS-entropy",), ["cross_entropy"]),
    "a framework's": (("torch.nn.HuberLoss",), ["huber"]),
    "all words": (("boxes", "overlap"), ["giou"]),
    "a task": (("--task", "segmentation"), ["dice", "iou", "tversky"]),
    "task and property": (("--task", "regression", "--robust", "--differentiable"), ["huber", "smooth_l1", "log_cosh"]),
    "a kind": (("--kind", "batch"), ["info_nce", "nt_xent"]),
}


@pytest.mark.parametrize(("argv", "expected"), LISTED.values(), ids=LISTED)
def test_list_finds(cli: Cli, argv: tuple[str, ...], expected: list[str]) -> None:
    found = [known["name"] for known in json.loads(cli("list", *argv, "-f", "json").out)["losses"]]
    assert set(expected) <= set(found) and (len(found) == len(expected) or len(argv) > 1)


# --- round trips -----------------------------------------------------------------------------------------------------------

HARD = [0.1, 1 / 3, 1e-300, 5e-324, 1.2345678901234567e150, 123456789.12345678, 2.0**53 + 2, 1e16, 1e22, 0.0, -1.5, 4.35]


def hard() -> list[float]:
    """Numbers whose text is easily got wrong, and some at random."""
    chance = random.Random(1)
    return HARD + [chance.uniform(-1, 1) * 10 ** chance.randint(-20, 20) for _ in range(50)]


def bits(numbers: Sequence[float]) -> bytes:
    return struct.pack(f"{len(numbers)}d", *numbers)


READ: dict[str, Callable[[str], list[float]]] = {
    "value": lambda text: [float(line) for line in text.splitlines()],
    "csv": lambda text: [float(row["loss"]) for row in csv.DictReader(io.StringIO(text))],
    "tsv": lambda text: [float(row["loss"]) for row in csv.DictReader(io.StringIO(text), delimiter="\t")],
    "json": lambda text: [float(x) for x in json.loads(text)["values"]],
    "jsonl": lambda text: [float(json.loads(line)["loss"]) for line in text.splitlines()],
    "yaml": lambda text: [float(x) for x in yaml.safe_load(text)["values"]],
}


@pytest.mark.parametrize("format", READ)
def test_round_trip(cli: Cli, format: str) -> None:
    """mae of x and 0 is |x|: the numbers themselves come back, to the bit."""
    x = hard()
    said = cli("compute", "mae", "-p", ",".join(map(repr, x)), "-t", ",".join("0" * len(x)), "-r", "none", "-f", format)
    assert said.code == 0
    assert bits(READ[format](said.out)) == bits([abs(v) for v in x])


@pytest.mark.parametrize("suffix", ["json", "jsonl", "ndjson", "csv", "tsv", "yaml", "yml", "npy", "CSV"])
def test_output_file_reads_back(cli: Cli, tmp_path: Path, suffix: str) -> None:
    """What -o writes, another command takes; stdout stays empty."""
    x = hard()
    said = cli("compute", "mae", "-p", ",".join(map(repr, x)), "-t", ",".join("0" * len(x)), "-r", "none", "-o", f"o.{suffix}")
    assert said == (0, "", "")
    part = {"json": "::values", "yaml": "::values", "yml": "::values", "npy": ""}.get(suffix, "::loss")
    again = cli("compute", "mae", "-p", f"o.{suffix}{part}", "-t", ",".join("0" * len(x)), "-r", "none", "-f", "value")
    assert bits([float(line) for line in again.out.splitlines()]) == bits([abs(v) for v in x])
    assert [p.name for p in tmp_path.iterdir()] == [f"o.{suffix}"]


@pytest.mark.parametrize(
    ("argv", "file"),
    [
        (PAIR, "o.json"),
        (PAIR, "o.csv"),
        (PAIR, "o.md"),
        (PAIR, "o.txt"),
        ((*PAIR, "-f", "value"), "plain"),
        ((*PAIR, "-f", "json"), "o.csv"),
        (TWO, "o.csv"),
        (TWO, "o.yaml"),
        (("list",), "o.csv"),
        (("list", "huber"), "o.md"),
    ],
)
def test_output_file_holds_what_stdout_would(cli: Cli, tmp_path: Path, argv: tuple[str, ...], file: str) -> None:
    format = {".json": "json", ".csv": "csv", ".md": "markdown", ".txt": "table", ".yaml": "yaml"}.get(Path(file).suffix, "value")
    assert cli(*argv, "-o", file) == (0, "", "")
    assert (tmp_path / file).read_text(encoding="utf-8") == cli(*(argv if "-f" in argv else (*argv, "-f", format))).out


@pytest.mark.parametrize("people", [True, False])
def test_a_new_format_is_one_entry(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, people: bool) -> None:
    """It writes every element, whether it is made from the tables or from the document."""

    def write(report: Report, style: Style) -> str:
        return repr([grid.rows for grid in report.grids(style)] if people else report.document())

    new = Format("new", (".new",), write, for_people=people)
    monkeypatch.setitem(FORMATS, "new", new)
    monkeypatch.setitem(SUFFIXES, ".new", new)
    values = {str(k): k * k for k in range(30)}
    said = cli("compute", "mse", "-p", ",".join(values), "-t", ",".join(["0"] * 30), "-r", "none", "--rows", "all", "-f", "new")
    assert said.code == 0 and all(str(v) in said.out for v in values.values())
    assert cli(*PAIR, "-o", "o.new") == (0, "", "") and (tmp_path / "o.new").read_text() == cli(*PAIR, "-f", "new").out
    assert "1.33333" in cli(*PAIR, "-f", "new").out and "median" in cli(*PAIR, "-f", "new").out


def test_npy(cli: Cli, tmp_path: Path) -> None:
    assert cli(*DEEP, "-r", "none", "-o", "o.npy") == (0, "", "")
    found = np.load(tmp_path / "o.npy", allow_pickle=False)
    assert found.shape == (1, 2, 2) and found.dtype == np.float64 and found.tolist() == [[[0.0, 0.0], [0.0, 1.0]]]
    assert cli(*DEEP, "-r", "none", "-o", "o.npy", "--dtype", "float32").code == 0
    assert np.load(tmp_path / "o.npy").dtype == np.float32


WRONG_OUTPUTS = {
    "npy of one number": (2, (*PAIR, "-o", "o.npy"), "-r none"),
    "npy of a comparison": (2, (*TWO, "-o", "o.npy"), "array"),
    "npy of a list": (2, ("list", "-o", "o.npy"), "list"),
    "value of a page": (2, ("list", "sources", "-f", "value"), "-f json"),
    "no suffix": (2, (*PAIR, "-o", "o"), "-f"),
    "another suffix": (2, (*PAIR, "-o", "o.xlsx"), ".xlsx"),
    "no folder": (4, (*PAIR, "-o", "no/o.json"), "no/o.json"),
    "a folder": (4, (*PAIR, "-o", ".", "-f", "json"), "folder"),
    "an unknown format": (2, (*PAIR, "-f", "jason"), "did you mean json"),
    "0 digits": (2, (*PAIR, "--precision", "0"), "--precision"),
    "18 digits": (2, (*PAIR, "--precision", "18"), "--precision"),
    "rows": (2, (*PAIR, "--rows", "-1"), "--rows"),
    "rows in words": (2, (*PAIR, "--rows", "some"), "--rows"),
    "rows as a power": (2, (*PAIR, "--rows", "²"), "--rows"),
    "top": (2, (*PAIR, "--top", "-1"), "--top"),
    "threads": (2, (*PAIR, "--threads", "-1"), "--threads"),
    "colour": (2, (*PAIR, "--color", "yes"), "--color"),
    "class weights in words": (
        2, ("compare", "-l", "cross_entropy:class_weight=[a,b]", "-p", "[[1,2]]", "-t", "0"), "class_weight",
    ),
    "a role compare has none of": (2, ("compare", "-l", "gaussian_nll", "-p", "1", "-t", "1", "--role", "vat=1"), "did you mean var"),
    "a role that compare needs": (2, ("compare", "-l", "gaussian_nll", "-p", "1", "-t", "1"), "--role var=SOURCE"),
    "an id of no column": (3, (*PAIR, "--id", "nope"), "nope"),
}  # fmt: skip


@pytest.mark.parametrize(("code", "argv", "says"), WRONG_OUTPUTS.values(), ids=WRONG_OUTPUTS)
def test_a_wrong_command_line_is_an_error(cli: Cli, tmp_path: Path, code: int, argv: tuple[str, ...], says: str) -> None:
    said = cli(*argv)
    assert (said.code, said.out) == (code, "")
    assert said.err.startswith("error: ") and says in said.err and said.err.count("\n") <= 2
    assert list(tmp_path.iterdir()) == []


def test_roles_with_different_numbers_of_rows_are_named(cli: Cli) -> None:
    said = cli("compare", "-l", "mse", "-p", "a=1,2", "-p", "b=1,3", "-t", "1,2,4")
    assert said.code == 3 and "2 rows" in said.err and "3 rows" in said.err
    assert "0.0." not in said.err


# --- comparisons -----------------------------------------------------------------------------------------------------------


def test_best(cli: Cli) -> None:
    """Ties are all best, nan never; nothing is the best of nothing."""

    def best(*values: str) -> list[bool]:
        argv = [a for i, v in enumerate(values) for a in ("-p", f"p{i}={v}")]
        found = json.loads(cli("compare", "-l", "mae", *argv, "-t", "0", "--nan", "propagate", "-q", "-f", "json").out)
        return [r["best"] for r in found["results"]]

    assert best("1", "2", "-1") == [True, False, True]
    assert best("nan", "2") == [False, True]
    assert best("nan", "nan") == [False, False]
    assert best("inf", "inf") == [True, True]


def test_ratio_to_nothing(cli: Cli) -> None:
    argv = ("compare", "-l", "mse", "-p", "a=1,2", "-p", "b=1,4", "-t", "1,4", "--baseline", "b", "--ci", "none")
    found = json.loads(cli(*argv, "-f", "json").out)["results"]
    assert ["ratio" in r for r in found] == [False, False] and [r["difference"] for r in found] == [2.0, 0.0]
    assert cli(*argv, "-f", "csv").out.splitlines()[1].endswith(",2.0,")
    assert [line.split() for line in cli(*argv).out.splitlines()[1:3]] == [["a", "2", "+2"], ["b", "0", "*"]]


def test_compare_is_compute(cli: Cli) -> None:
    """One pass over the data for all gives the bits of each alone."""
    x = hard()
    p, t = ",".join(map(repr, x)), ",".join(map(repr, reversed(x)))
    losses = ["mae", "huber", "log_cosh", "smooth_l1"]
    both = cli("compare", *(a for name in losses for a in ("-l", name)), "-p", f"x={p}", "-t", t, "-f", "value")
    assert both.out == "".join(cli("compute", name, "-p", p, "-t", t, "-f", "value").out for name in losses)
