"""What comes out: every format of every command, exact where the numbers are plain by hand; gates, exit codes, and pipes into itself.

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
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml

from losscli import LOSSES, __version__
from losscli.cli.app import run
from losscli.engine.plan import BLOCK
from losscli.render.formats import FORMATS, SUFFIXES, Format, Report, Style

V = f"losscli {__version__}"
STD = math.sqrt(32 / 9)


class Said(NamedTuple):
    code: int
    out: str
    err: str


Cli = Callable[..., Said]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Runs a command in an empty folder; a plain terminal's environment."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def call(*argv: str, stdin: str = "") -> Said:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = run(list(argv))
        return Said(code, *capsys.readouterr())

    return call


PAIR = ("compute", "mse", "-p", "1,2,3", "-t", "1,2,5")
DEEP = ("compute", "mse", "-p", "[[[1,2],[3,4]]]", "-t", "[[[1,2],[3,5]]]")
TWO = ("compare", "-l", "mse", "-l", "mae", "-p", "a=1,2", "-p", "b=1,3", "-t", "1,4")  # a: 0,4 and 0,2; b: 0,1 and 0,1

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
        "| row | pred | target | loss |\n| ---: | ---: | ---: | ---: |\n| 0 | 1 | 1 | 0 |\n| 1 | 2 | 2 | 0 |\n| 2 | 3 | 5 | 4 |\n\n"
        "|  |  |  |\n| --- | ---: | --- |\n| mean | 1.33333 | sum / 3 (elements) |\n| sum | 4 |  |\n| min | 0 |  |\n| median | 0 |  |\n"
        f"| max | 4 |  |\n| std | 1.88562 |  |\n\n3 rows read, 3 used\n\n{SIGNED}".replace(
            "mse|reduction=mean|elements=3|float64|", "mse\\|reduction=mean\\|elements=3\\|float64\\|"
        ),
    ),
    "compare": (
        TWO,
        "prediction    mse  difference  ratio    mae  difference  ratio\n"
        "a             2                         1\n"
        "b           0.5 *        -1.5   0.25  0.5 *        -0.5    0.5\n\n"
        "* best (lowest); difference and ratio to a\n2 rows read, 2 used\n",
    ),
    "compare, value": ((*TWO, "-f", "value"), "2.0\n1.0\n0.5\n0.5\n"),
    "compare, csv": (
        (*TWO, "-f", "csv"),
        "prediction,loss,reduction,value,denominator,best,difference,ratio\n"
        "a,mse,mean,2.0,2.0,false,0.0,1.0\na,mae,mean,1.0,2.0,false,0.0,1.0\n"
        "b,mse,mean,0.5,2.0,true,-1.5,0.25\nb,mae,mean,0.5,2.0,true,-0.5,0.5\n",
    ),
    "compare, jsonl": (
        ("compare", "-l", "mse", "-p", "a=1,2", "-t", "1,4", "-f", "jsonl"),
        '{"prediction": "a", "loss": "mse", "reduction": "mean", "value": 2.0, "denominator": 2.0, "best": true, "difference": 0.0, '
        '"ratio": 1.0}\n',
    ),
    "compare, one prediction": (
        ("compare", "-l", "mse", "-p", "a=1,2", "-t", "1,4"),
        "prediction  mse\na             2\n\n2 rows read, 2 used\n",
    ),
    "compare, markdown": (
        ("compare", "-l", "mse", "-p", "a|b=1,2", "-p", "b=1,3", "-t", "1,4", "-f", "markdown"),
        "| prediction | mse | difference | ratio |\n| --- | ---: | ---: | ---: |\n| a\\|b | 2 |  |  |\n| b | 0.5 \\* | -1.5 | 0.25 |\n\n"
        "\\* best (lowest); difference and ratio to a\\|b\n\n2 rows read, 2 used\n",
    ),
    "version": (("--version",), f"{V}\n"),
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


# --- the list --------------------------------------------------------------------------------------------------------------


def test_list_names_every_loss_once(cli: Cli) -> None:
    lines = cli("list").out.splitlines()
    assert sorted(line.split()[0] for line in lines if line and line.split()[0] in LOSSES) == sorted(LOSSES)
    table = list(csv.DictReader(io.StringIO(cli("list", "-f", "csv").out)))
    assert sorted(row["name"] for row in table) == sorted(LOSSES)
    assert [row["name"] for row in table] == [known["name"] for known in json.loads(cli("list", "-f", "json").out)["losses"]]
    assert len(cli("list", "-f", "jsonl").out.splitlines()) == len(LOSSES)
    assert cli("list", "-f", "tsv").out.count("\n") == len(LOSSES) + 1


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
    "value of a list": (2, ("list", "-f", "value"), "list"),
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


# --- what a table shows ----------------------------------------------------------------------------------------------------


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
    assert lines[:5] == [
        "| id | pred | target | loss |", "| --- | ---: | ---: | ---: |", "| ä\\|b | 2 | 1 | 1 |", "| two lines | 2 | 2 | 0 |",
        "| 日本 | 5 | 3 | 4 |",
    ]  # fmt: skip


MARKUP = {"a\\|b": "a\\\\\\|b", "*bold*": "\\*bold\\*", "<b>": "\\<b>", "`code`": "\\`code\\`"}


@pytest.mark.parametrize(("word", "expected"), MARKUP.items())
def test_markdown_shows_the_word_itself(cli: Cli, tmp_path: Path, word: str, expected: str) -> None:
    (tmp_path / "m.csv").write_text(f"id,y,yhat\n{word},1,2\n")
    out = cli("compute", "mse", "m.csv", "--id", "id", "-f", "markdown").out
    assert out.splitlines()[2] == f"| {expected} | 2 | 1 | 1 |"


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
    "bounds that cross": (("--min", "2", "--max", "1"), 1),
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
    assert cli(*PAIR, "-f", "value", *gate, "-q") == (code, said.out, "")
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
    argv = ("compare", "-l", "mse", "-p", "a=1,2", "-p", "b=1,4", "-t", "1,4", "--baseline", "b")
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
