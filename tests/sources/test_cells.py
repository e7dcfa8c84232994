"""Headers, cells and tables of text: what every reader makes of a first line, of a field and of a label."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

import losscli
from losscli.catalogue.lookup import load_all
from losscli.registry import LOSSES, Loss
from losscli.sources import files
from losscli.sources.delimited import table as delimited
from losscli.sources.delimited import with_polars
from losscli.sources.delimited.table import Delimited
from losscli.sources.files import file_of_bytes
from losscli.sources.formats import FORMATS
from losscli.testing.samples import example
from tests.support.command import cli, npy, npz
from tests.support.readers import READERS, forget_polars, read_by

load_all()
USAGE, INPUT = 2, 3
Files = Mapping[str, str | bytes]


@dataclass(frozen=True)
class Fault:
    """A command, and the value that is right, or what is said in place of one; `warned` is the code of a warning."""

    argv: Sequence[str]
    files: Files
    value: float | None = None
    code: int = 0
    said: Sequence[str] = ()
    warned: str = ""
    stdin: str | None = field(default=None)

    def check(self) -> None:
        got = cli(["compute", *self.argv, "-f", "value"], dict(self.files), self.stdin)
        assert got.code == self.code, got.err
        if self.value is not None:
            assert float(got.out) == pytest.approx(self.value, rel=1e-14)
        assert all(part in got.err for part in self.said), got.err
        if self.value is not None:
            assert (f"warning: {self.warned}" in got.err) if self.warned else "warning" not in got.err


# pandas: DataFrame(…).to_csv(index=False) of an array without names, and to_csv() with its index; R: write.table(…)
P, T = "0\n2.5\n0.0\n2.0\n8.0\n", "0\n3.0\n-0.5\n2.0\n7.0\n"
EITHER = ("--header", "--no-header")
OTHER = "is of another kind than the rows below it"
HEADERS: dict[str, Fault] = {
    "nameless column over fractions (P5)": Fault(
        ["mse", "-p", "p.csv", "-t", "t.csv"], {"p.csv": P, "t.csv": T}, None, USAGE, [OTHER, *EITHER]
    ),
    "the same, said to be a name": Fault(["mse", "-p", "p.csv", "-t", "t.csv", "--header"], {"p.csv": P, "t.csv": T}, 1.5 / 4),
    "the same, said to be data": Fault(["mse", "-p", "p.csv", "-t", "t.csv", "--no-header"], {"p.csv": P, "t.csv": T}, 1.5 / 5),
    "nameless columns over fractions": Fault(
        ["mse", "d.csv", "-p", "::0", "-t", "::1"], {"d.csv": "0,1,2\n1.5,2.5,0\n1,3,2\n"}, None, USAGE, [OTHER, *EITHER]
    ),
    "nameless columns over whole numbers": Fault(
        ["mse", "d.csv", "-p", "::0", "-t", "::1"], {"d.csv": "0,1\n1,1\n3,1\n"}, (1 + 0 + 4) / 3, warned="W122", said=EITHER
    ),
    "nameless column of labels": Fault(["mse", "-p", "a.csv", "-t", "a.csv"], {"a.csv": "0\n1\n1\n"}, 0.0, warned="W122"),
    "the number of rows settles it": Fault(["mse", "-p", "a.csv", "-t", "0,1,3"], {"a.csv": "0\n1\n1\n"}, 4 / 3),
    "the number of rows tells that it is a name": Fault(
        ["mse", "-p", "a.csv", "-t", "1,3"], {"a.csv": "0\n1\n1\n"}, None, INPUT, ["the numbers of rows differ", *EITHER]
    ),
    "one row repeated settles nothing": Fault(["mse", "-p", "a.csv", "-t", "1", "--broadcast"], {"a.csv": "0\n1\n"}, 0.5, warned="W122"),
    "a name over fractions that the number of rows makes a value": Fault(
        ["mse", "-p", "a.csv", "-t", "0,1,1.5"], {"a.csv": "0\n0.5\n1.5\n"}, 0.25 / 3, warned="W122", said=EITHER
    ),
    "a name over fractions that the number of rows makes a name": Fault(
        ["mse", "-p", "a.csv", "-t", "1,1.5"], {"a.csv": "0\n0.5\n1.5\n"}, None, INPUT, ["rows differ", OTHER, *EITHER]
    ),
    "a year that is named": Fault(["mse", "-p", "d.csv::2021", "-t", "3,4"], {"d.csv": "2020,2021\n1.5,2.5\n3.5,4.5\n"}, 0.25),
    "years over fractions": Fault(
        ["mse", "d.csv", "-p", "::0", "-t", "::1"], {"d.csv": "2020,2021\n1.5,2.5\n3.5,4.5\n"}, None, USAGE, [OTHER, *EITHER]
    ),
    "a year over fractions": Fault(["mse", "-p", "d.csv", "-t", "d.csv"], {"d.csv": "2020\n1.5\n2.5\n"}, 0.0, warned="W122"),
    "years over words": Fault(["zero_one", "d.csv", "-p", "::0", "-t", "::1"], {"d.csv": "1,2\na,b\n"}, None, USAGE, [OTHER]),
    "classes False and True over probabilities": Fault(
        ["bce", "d.csv", "-p", "::1", "-t", "::0"], {"d.csv": "False,True\n0.3,0.7\n"}, None, USAGE, [OTHER, *EITHER]
    ),
    "truths without a header": Fault(["zero_one", "d.csv", "-p", "::0", "-t", "::1"], {"d.csv": "True,False\nFalse,False\n"}, 0.5),
    "words without a header": Fault(["zero_one", "-p", "a.csv", "-t", "b.csv"], {"a.csv": "cat\ndog\ncat\n", "b.csv": "cat\ncat\ncat\n"},
                                    0.5, warned="W122", said=EITHER),
    "words without a header, said": Fault(
        ["zero_one", "-p", "a.csv", "-t", "b.csv", "--no-header"], {"a.csv": "cat\ndog\ncat\n", "b.csv": "cat\ncat\ncat\n"}, 1 / 3
    ),
    "plain data": Fault(["mse", "d.csv", "-p", "::0", "-t", "::1"], {"d.csv": "5,6\n7,9\n"}, 2.5),
    "fractions over whole numbers": Fault(["mse", "d.csv", "-p", "::0", "-t", "::1"], {"d.csv": "0.5,1.5\n1,2\n"}, 1.0),
    "pandas' index and nameless columns": Fault(
        ["mse", "-p", "p.csv", "-t", "p.csv"], {"p.csv": ",0\n0,2.5\n1,0.5\n"}, None, USAGE, ["empty fields", *EITHER]
    ),
    "pandas' index before a named column": Fault(
        ["mse", "-p", "p.csv", "-t", "t.csv"], {"p.csv": ",pred\n0,2.5\n1,0.5\n", "t.csv": ",y\n0,3.5\n1,0.5\n"}, None, USAGE,
        ["the first column has no name", "p.csv::pred"],
    ),
    "an index called Unnamed: 0": Fault(
        ["mse", "-p", "p.csv", "-t", "p.csv"], {"p.csv": "Unnamed: 0,pred\n0,2.5\n"}, None, USAGE, ["is called Unnamed: 0", "p.csv::pred"]
    ),
    "the column named": Fault(
        ["mse", "-p", "p.csv::pred", "-t", "t.csv::y"], {"p.csv": ",pred\n0,2.5\n1,0.5\n", "t.csv": ",y\n0,3.5\n1,0.5\n"}, 0.5
    ),
    "R's names of rows": Fault(
        ["mse", "r.csv", "--delimiter", " "], {"r.csv": '"pred" "target"\n"1" 2.5 3\n"2" 0 -0.5\n'}, 0.25, warned="W123"
    ),
    "R's names of rows without quotes": Fault(
        ["mse", "r.csv", "--delimiter", " "], {"r.csv": "pred target\n1 2.5 3\n2 0 -0.5\n"}, None, INPUT,
        ["3 fields", "has 2", "row.names=FALSE"]
    ),
    "rows that end with a delimiter": Fault(
        ["mse", "r.csv"], {"r.csv": "pred,target\n1,2,\n"}, None, INPUT, ["3 fields", "ends with a delimiter"]
    ),
    "all lines end with a delimiter": Fault(["mse", "r.csv"], {"r.csv": "pred,target,\n1,2,\n"}, 1.0),
    "one file with a header, one without (F22)": Fault(
        ["mae", "-p", "sub.csv::1", "-t", "exp.csv::logP mean", "--no-header"],
        {"sub.csv": "SM02,4.2\nSM03,3\n", "exp.csv": "ID,logP mean\nSM02,4\nSM03,3.5\n"}, 0.35,
    ),
    "a column of DATA says that DATA has a header": Fault(
        ["mae", "exp.csv", "-p", "sub.csv::1", "-t", "logP mean", "--no-header"],
        {"sub.csv": "SM02,4.2\nSM03,3\n", "exp.csv": "ID,logP mean\nSM02,4\nSM03,3.5\n"}, 0.35,
    ),
    "numbers beside words": Fault(
        ["mae", "d.csv", "-p", "::1", "-t", "::2"], {"d.csv": "SM02,4.2,4\nSM03,3,3\n"}, None, USAGE, [*EITHER, "(4.2)", "(SM02)"]
    ),
    "the same, all of it": Fault(["mae", "-p", "d.csv", "-t", "1,2"], {"d.csv": "SM02,4.2\nSM03,3\n"}, None, USAGE, EITHER),
    "the same, as weights": Fault(
        ["mae", "-p", "1,2", "-t", "1,3", "-w", "d.csv::1"], {"d.csv": "SM02,4.2\nSM03,3\n"}, None, USAGE, EITHER
    ),
    "the same, in several files": Fault(
        ["mae", "d*.csv", "-p", "::1", "-t", "::2"], {"d1.csv": "SM02,4.2,4\n", "d2.csv": "SM03,3,3\n"}, None, USAGE, EITHER
    ),
    "numbers that may be places": Fault(["mae", "d.csv", "-p", "::1", "-t", "::0"], {"d.csv": "a,1,0\nb,2,3\n"}, None, USAGE, EITHER),
    "levels beside a word that is named": Fault(
        ["weighted_quantile", "d.csv", "-p", "0.*", "-t", "y"], {"d.csv": "0.25,0.75,y\n1,3,2\n"}, 0.25
    ),
    "by position beside a word that is named": Fault(
        ["weighted_quantile", "d.csv", "-p", "::0,1", "-t", "y"], {"d.csv": "0.25,0.75,y\n1,3,2\n"}, 0.25
    ),
    "a year beside roles that are named": Fault(["mae", "d.csv"], {"d.csv": "y_pred,y_true,2019\n1,2,3\n3,3,3\n"}, 0.5),
    "a year that is no position": Fault(["mae", "-p", "d.csv::2019", "-t", "d.csv::2020"], {"d.csv": "id,2019,2020\na,1,2\n"}, 1.0),
    "classes False and True beside a label": Fault(
        ["logloss", "d.csv", "-p", "False,True", "-t", "label"], {"d.csv": "False,True,label\n0.75,0.25,True\n0.25,0.75,False\n"},
        math.log(4)
    ),
    "names where none are wanted": Fault(
        ["mae", "-p", "a.csv::0", "-t", "a.csv::1", "--no-header"], {"a.csv": "p,t\n1,2\n"}, None, INPUT, ["'p' is not a number"]
    ),
}  # fmt: skip

CAT = "p,t\ncat,dog\ndog,dog\n"
SAMPL = "# made by x\n# version 2\np,y\n1,2\n#p,y\n3,3\n"
TABLES: dict[str, Fault] = {
    "comments (F19)": Fault(["mae", "d.csv", "--comment", "#"], {"d.csv": SAMPL}, 0.5),
    "comments unsaid (F19)": Fault(["mae", "d.csv"], {"d.csv": SAMPL}, None, INPUT, ["--comment '#'"]),
    "comment of two characters": Fault(["mae", "d.csv", "--comment", "//"], {"d.csv": "//a,b,c\np,y\n1,2\n  // z\n3,3\n"}, 0.5),
    "a comment in a quoted field": Fault(
        ["mae", "d.csv", "--comment", "#"], {"d.csv": 'p,y,note\n1,2,"a\n#b"\n3,3,"c"\n'}, 0.5
    ),
    "comments at the end": Fault(["mae", "d.csv", "--comment", "#"], {"d.csv": "p,y\n1,2\n3,3\n\n# end\n"}, 0.5),
    "the line of an error behind comments": Fault(
        ["mae", "d.csv", "--comment", "#"], {"d.csv": "# a\np,y\n# b\n1,2\n# c\nx,3\n"}, None, INPUT, ["row 1 (line 6)", "'x'"]
    ),
    "runs of blanks (F23)": Fault(
        ["mae", "d.txt", "--input-format", "csv", "--delimiter", " ", "-p", "::0", "-t", "::1"],
        {"d.txt": "  1.0   2.0\n 3.0 \t 3.0 \n"}, 0.5
    ),
    "runs of blanks as pandas has them": Fault(["mae", "d.csv", "--delimiter", r"\s+"], {"d.csv": "p  y\n1   2\n3 3\n"}, 0.5),
    "runs of blanks unsaid (F23)": Fault(
        ["mae", "d.txt", "--input-format", "csv", "-p", "::0", "-t", "::1"], {"d.txt": "  1.0   2.0\n  3.0   3.0\n"}, None, INPUT,
        ["--delimiter ' '"],
    ),
    "quoted blanks": Fault(["mae", "d.csv", "--delimiter", " "], {"d.csv": 'p  y note\n1 2  "a  b"\n3   3 "c"\n'}, 0.5),
    "a line that lacks a field": Fault(
        ["mae", "d.csv", "--delimiter", " "], {"d.csv": "p y\n1  2\n3\n"}, None, INPUT, ["d.csv:3: 1 field, but the header has 2"]
    ),
    "decimal commas": Fault(["mae", "d.csv", "--delimiter", ";", "--decimal", ","], {"d.csv": "p;y\n1,5;2\n-0,5;-1e0\n"}, 0.5),
    "decimal commas, quoted": Fault(["mae", "d.csv", "--decimal", ","], {"d.csv": 'p,y\n"1,5",2\n"-0,5",-1\n'}, 0.5),
    "decimal commas unsaid": Fault(["mae", "d.csv", "--delimiter", ";"], {"d.csv": "p;y\n1,5;2\n"}, None, INPUT, ["'1,5'", "--decimal ,"]),
    "decimal commas divide fields": Fault(["mae", "-p", "d.csv", "-t", "1"], {"d.csv": "p\n1,5\n"}, None, INPUT, ["--decimal ,"]),
    "a point among decimal commas": Fault(
        ["mae", "d.csv", "--delimiter", ";", "--decimal", ","], {"d.csv": "p;y\n1.500;2\n"}, None, INPUT,
        ["'1.500' is not a number", "point"]
    ),
    "a comma that may be either": Fault(
        ["mae", "d.csv", "--delimiter", ";"], {"d.csv": "p;y\n1,234;2\n"}, None, INPUT, ["thousands (write 1234)", "--decimal ,"]
    ),
    "words of labels with decimal commas": Fault(
        ["zero_one", "d.csv", "--delimiter", ";", "--decimal", ","], {"d.csv": "p;y\na,b;a,b\nc;a.b\n"}, 0.5
    ),
    "decimal commas on standard input": Fault(
        ["mae", "-p", "-", "-t", "2", "--decimal", ",", "--delimiter", ";", "--no-header"], {}, 0.5, stdin="1,5\n"
    ),
    "an option of text alone": Fault(["mse", "-p", "1", "-t", "2", "--decimal", ","], {}, None, USAGE, ["--decimal is for CSV and TSV"]),
    "words, the error rate (F14)": Fault(["zero_one", "d.csv", "-p", "p", "-t", "t"], {"d.csv": CAT}, 0.5),
    "words with classes (F14)": Fault(["zero_one", "d.csv", "-p", "p", "-t", "t", "--classes", "cat,dog"], {"d.csv": CAT}, 0.5),
    "words under scikit-learn's name (F14)": Fault(["sklearn.metrics.zero_one_loss", "d.csv", "-p", "p", "-t", "t"], {"d.csv": CAT}, 0.5),
    "words, each label (F14)": Fault(
        ["hamming", "d.csv", "-p", "a,b", "-t", "c,d"], {"d.csv": "a,b,c,d\nx,y,x,z\nx,1,x,1.0\n"}, 0.25
    ),
    "a word that is no class": Fault(
        ["zero_one", "d.csv", "-p", "p", "-t", "t", "--classes", "cat,cow"], {"d.csv": CAT}, None, INPUT, ["'dog' is none of the classes"]
    ),
    "words beside numbers": Fault(
        ["zero_one", "d.csv", "-p", "p", "-t", "t"], {"d.csv": "p,t\n0,cat\n1,dog\n"}, None, INPUT, ["--classes", "words", "numbers"]
    ),
    "words beside numbers, said": Fault(
        ["zero_one", "d.csv", "-p", "p", "-t", "t", "--classes", "cat,dog"], {"d.csv": "p,t\n0,cat\n0,dog\n"}, 0.5
    ),
    "a dash among numbers is no word": Fault(
        ["zero_one", "d.csv", "-p", "p", "-t", "t"], {"d.csv": "p,t\n1,1\n-,-\n"}, None, INPUT, ["row 1", "'-' is not a number", "missing"]
    ),
    "a dash among words": Fault(["zero_one", "d.csv", "-p", "p", "-t", "t"], {"d.csv": "p,t\npos,-\n-,-\n-,neg\n-,-\n"}, 0.5),
    "no label": Fault(["zero_one", "d.csv", "-p", "p", "-t", "t"], {"d.csv": "p,t\ncat,cat\nNA,dog\n"}, None, INPUT,
        ["row 1", "--nan omit"]),
    "True and False (F17)": Fault(
        ["bce", "d.csv", "-p", "p", "-t", "y"], {"d.csv": "p,y\n0.5,True\n0.5,False\n0.25,TRUE\n"},
        (2 * math.log(2) + math.log(4)) / 3
    ),
    "True and False with classes": Fault(
        ["bce", "d.csv", "-p", "p", "-t", "y", "--classes", "False,True"], {"d.csv": "p,y\n0.25,True\n0.75,False\n"}, math.log(4)
    ),
    "yes and no": Fault(
        ["bce", "d.csv", "-p", "p", "-t", "y", "--classes", "no,yes"], {"d.csv": "p,y\n0.25,yes\n0.75,no\n"}, math.log(4)
    ),
    "yes and no unsaid": Fault(["bce", "d.csv", "-p", "p", "-t", "y"], {"d.csv": "p,y\n0.5,yes\n"}, None, INPUT, ["--classes A,B"]),
    "yes and no in columns of several labels": Fault(
        ["bce", "d.csv", "-p", "p,q", "-t", "a,b", "--classes", "no,yes"], {"d.csv": "p,q,a,b\n0.25,0.75,yes,no\n"}, math.log(4)
    ),
    "three words for two classes": Fault(
        ["bce", "d.csv", "-p", "p", "-t", "y", "--classes", "a,b,c"], {"d.csv": "p,y\n0.5,a\n"}, None, USAGE, ["two classes"]
    ),
    "words for -1 and 1": Fault(
        ["hinge", "d.csv", "-p", "p", "-t", "y", "--classes", "no,yes"], {"d.csv": "p,y\n0.25,yes\n0.25,no\n"}, (0.75 + 1.25) / 2
    ),
    "1_0 of a loss": Fault(["huber", "-p", "1", "-t", "2", "--delta", "1_0"], {}, None, USAGE, ["delta", "'1_0'"]),
    "1_0 of a gate": Fault(["mse", "-p", "1", "-t", "2", "--max", "1_0"], {}, None, USAGE, ["--max", "'1_0'"]),
    "1_0 of a count": Fault(["mse", "-p", "1", "-t", "2", "--threads", "1_0"], {}, None, USAGE, ["--threads", "'1_0'"]),
    "1_0 that is expected": Fault(["mse", "-p", "1", "-t", "2", "--expect", "1_0"], {}, None, USAGE, ["1_0"]),
}  # fmt: skip
FAULTS = HEADERS | TABLES


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("name", FAULTS)
def test_a_cell_gives_the_right_value_or_an_error(name: str) -> None:
    FAULTS[name].check()


def test_an_underscore_is_in_no_option() -> None:
    got = cli(["compare", "-p", "1", "-t", "2", "-l", "huber:delta=1_0"])
    assert got.code == USAGE and "'1_0'" in got.err
    for known, options in (("cross_entropy", {"class_weight": ["1_0", "1"]}), ("bootstrapped_ce", {"top_k": "1_0"})):
        with pytest.raises(ValueError, match="'1_0'"):
            losscli.compute(known, pred=[[1.0, 2.0]], target=[0], **options)


# --- the law of cells: the same in every format ------------------------------------------------------------------------------

CELLS: dict[str, float | str] = {  # what a text is, or what is said of it
    "1.5": 1.5, " 2 ": 2.0, "+1e-3": 1e-3, "-.5": -0.5, "true": 1.0, "True": 1.0, "TRUE": 1.0, "false": 0.0, "FALSE": 0.0,
    "": math.nan, "NA": math.nan, "n/a": math.nan, "#N/A": math.nan, "<NA>": math.nan, "nan": math.nan, "NaN": math.nan,
    "NaT": math.nan, "null": math.nan, "NULL": math.nan, "None": math.nan,
    "#N/A N/A": math.nan, "-1.#IND": math.nan, "1.#QNAN": math.nan, "#DIV/0!": "a spreadsheet", "#NAME?": "a spreadsheet",
    "-": "missing", "--": "missing", ".": "missing", "?": "missing", "1,5": "--decimal ,", "1,234": "thousands", "1,234,567": "thousands",
    "1.234,5": "--decimal ,", "1 234": "thousands", "1\u00a0234": "thousands", "1.234.567": "thousands", "1'234": "thousands",
    "12 %": "a percentage", "12%": "a percentage", "2020-01-01": "a date", "01/02/2020": "a date", "2020-01-01 10:00:00": "a date",
    "12:30": "a time", "0x10": "hexadecimal: write 16", "1_000": "write 1000", "1.5D+02": "write 1.5e+02", "\u22121": "another character",
    "(5)": "in brackets", "$5": "a unit", "5 kg": "a unit", "20°C": "a unit", "1.5k": "1500", "1e": "'1e' is not a number\n",
    "1.0  2.0": "--delimiter ' '", "1;2": "--delimiter ';'",
    "yes": "'yes' is not a number", "cat": "'cat' is not a number",
}  # fmt: skip


def csv_of(cells: Sequence[str]) -> bytes:
    return ("pred,x\n" + "".join(f'"{c}",0\n' for c in cells)).encode()


def parquet_of(cells: Sequence[str]) -> bytes:
    pl.DataFrame({"pred": cells}).write_parquet(out := io.BytesIO())
    return out.getvalue()


def arrow_of(cells: Sequence[str]) -> bytes:
    pl.DataFrame({"pred": cells}).write_ipc(out := io.BytesIO())
    return out.getvalue()


WRITTEN: dict[str, Callable[[Sequence[str]], bytes]] = {
    "csv": csv_of,
    "tsv": lambda cells: csv_of(cells).replace(b",x\n", b"\tx\n").replace(b'",0\n', b'"\t0\n'),
    "json": lambda cells: json.dumps({"pred": list(cells)}).encode(),
    "jsonl": lambda cells: "".join(json.dumps({"pred": c}) + "\n" for c in cells).encode(),
    "yaml": lambda cells: json.dumps({"pred": list(cells)}).encode(),
    "npy": lambda cells: npy(np.array([(c,) for c in cells], [("pred", "U30")])),
    "npz": lambda cells: npz(pred=np.array(cells)),
    "parquet": parquet_of,
    "arrow": arrow_of,
}


def test_every_format_is_written_here() -> None:
    assert WRITTEN.keys() == FORMATS.keys() - {"safetensors"}  # which holds no text


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("source", ["d.{}::pred", "d*.{}::pred", "-::pred"])
def test_a_cell_is_the_same_in_every_format(source: str, cell: str) -> None:
    wanted = CELLS[cell]
    for kind, write in WRITTEN.items():
        content = write(["1", cell])
        argv = ["compute", "mae", "-p", source.format(kind), "-t", "0,0", "-r", "none", "--nan", "propagate", "-f", "value", "-q"]
        argv += ["--input-format", kind] if source[0] == "-" else []
        got = cli(argv, {f"d.{kind}": content}, content)
        if isinstance(wanted, str):
            assert got.code == INPUT and wanted in got.err and "row 1" in got.err and got.out == "", (kind, got)
        else:
            assert got.code == 0, (kind, got)
            np.testing.assert_array_equal([float(x) for x in got.out.split()], [1, abs(wanted)], err_msg=kind)


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("cell", [c for c in CELLS if "," not in c])
def test_every_reader_reads_a_cell_without_quotes_alike(cell: str) -> None:
    wanted = CELLS[cell]
    text = "pred,x\n" + "3,0\n" * 100 + f"{cell},0\n"
    got = cli(
        ["compute", "mae", "-p", "d.csv::pred", "-t", f"[{'0,' * 100}0]", "-r", "none", "--nan", "propagate", "-f", "value", "-q"],
        {"d.csv": text},
    )
    if isinstance(wanted, str):
        assert got.code == INPUT and wanted in got.err and "row 100 (line 102)" in got.err, got
    else:
        np.testing.assert_array_equal([float(x) for x in got.out.split()], [3] * 100 + [abs(wanted)])


def test_typed_booleans_and_nulls_are_read() -> None:
    pl.DataFrame({"pred": [True, None, False]}).write_parquet(file := io.BytesIO())
    lines = [{"pred": True}, {"pred": None}, {"pred": False}]
    files: Files = {
        "d.json": json.dumps({"pred": [True, None, False]}),
        "d.jsonl": "".join(json.dumps(x) + "\n" for x in lines),
        "d.yaml": "pred: [true, ~, False]\n",
        "d.parquet": file.getvalue(),
        "d.csv": "pred,x\nTrue,0\n,0\nFalse,0\n",
    }
    for name in files:
        got = cli(
            ["compute", "mae", "-p", f"{name}::pred", "-t", "0,0,0", "-r", "none", "--nan", "propagate", "-f", "value", "-q"], dict(files)
        )
        assert got.out.split() == ["1.0", "nan", "0.0"], (name, got)
    assert losscli.compute("mae", pred=np.array([True, False]), target=[0, 0]).value == 0.5


@pytest.mark.parametrize("order", ["False,True", "True,False"])
def test_truths_as_classes_are_the_same_as_words_and_with_a_type(order: str) -> None:
    """The order of --classes holds, whether the label is the word True or a bit."""
    first = 1.0 if order.startswith("True") else 0.0
    for name, content in (("d.csv", b"t,x\nTrue,0\n"), ("d.json", b'{"t": [true]}'), ("d.npz", npz(t=np.array([True])))):
        got = cli(["compute", "cross_entropy", "-p", "[[0,1000]]", "-t", f"{name}::t", "--classes", order, "-f", "value"], {name: content})
        assert float(got.out) == (1000.0 if first else 0.0), (name, got)


def test_the_name_of_a_class_may_be_a_word_for_missing_in_every_format() -> None:
    for kind, write in WRITTEN.items():
        argv = ["-p", "[[1000,0],[1000,0]]", "-t", f"d.{kind}::pred", "--classes", "EU,NA", "-r", "none", "-f", "value"]
        got = cli(["compute", "cross_entropy", *argv], {f"d.{kind}": write(["NA", "EU"])})
        assert got.out.split() == ["1000.0", "0.0"], (kind, got)


@pytest.mark.parametrize("names", [("__index_level_0__", "pred"), ("pred", "__index_level_0__")])  # pandas writes it last
def test_an_index_in_parquet_is_no_prediction(names: tuple[str, str]) -> None:
    pl.DataFrame({name: [0, 1] for name in names}).write_parquet(file := io.BytesIO())
    got = cli(["compute", "mae", "-p", "d.parquet", "-t", "d.parquet"], {"d.parquet": file.getvalue()})
    assert got.code == USAGE and "d.parquet::pred" in got.err


def test_dates_with_a_type_are_no_numbers() -> None:
    pl.DataFrame({"pred": [date(2020, 1, 1)]}).write_parquet(file := io.BytesIO())
    for name, content in (("d.parquet", file.getvalue()), ("d.npz", npz(pred=np.array(["2020-01-01"], "datetime64[D]")))):
        got = cli(["compute", "mae", "-p", f"{name}::pred", "-t", "1"], {name: content})
        assert got.code == INPUT and "date" in got.err.casefold() and "numbers" in got.err


# --- the law of roads: comments, blanks and decimal commas read as the csv module does ------------------------------------------

HOW: dict[str, tuple[str, str | None, str]] = {  # delimiter, comment, decimal
    "comments": (",", "#", "."), "blanks": (" ", None, "."), "blanks and comments": (" ", "#", "."), "decimal commas": (";", None, ","),
    "all": (" ", "#", ","), "commas in commas": (",", None, ","),
}  # fmt: skip
PIECES = {
    ",": ["1,2\n", "3.5,\n", "#4,5\n", " # x\n", "x,1\n", '"1,5",2\n', "1,2#\n", "\n", "1,2\r\n", '"a\n#b",2\n', "1\n"],
    " ": ["1 2\n", "  3.5   4 \n", "5\t6\t\n", "#7 8\n", "x 1\n", '"a  b"  2\n', "1,5 2\n", "  \n", "\n", " 1  2\r\n", "1\n", "1 2 3\n"],
    ";": ["1,5;2\n", "1.5;2\n", "x,y;2\n", "x.y;2\n", '"1,5";2\n', ";\n", "1,2,3;4\n", "-,5e1;+1,\n", "1;2\r\n"],
}


def read(text: bytes, how: tuple[str, str | None, str], reader: str, first: int) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        read_by(reader, patch)
        for module, name in ((files, "FIRST_BYTES"), (files, "PIECE"), (delimited, "PIECE"), (with_polars, "PIECE")):
            patch.setattr(module, name, first)
        try:
            delimiter, comment, decimal = how
            table = Delimited(file_of_bytes(text), delimiter, False, comment, decimal)
            column = table.columns(table.names, True, "d")
            found = column.whole()
            return [[None if (n := column.number(c)) is None else repr(n) for c in row] for row in found.tolist()]
        except ValueError as error:
            return str(error)
        finally:
            forget_polars()


@pytest.mark.parametrize("how", HOW)
def test_every_reader_reads_a_table_alike(how: str) -> None:
    rng = np.random.default_rng(5)
    pieces = PIECES[HOW[how][0]]
    for _ in range(60):
        lines = [pieces[k] for k in rng.integers(0, len(pieces) if rng.random() < 0.5 else 3, rng.integers(1, 7))]
        text = (pieces[0] + "".join(lines)).encode()
        wanted = read(text, HOW[how], "csv", 2**16)
        for reader in READERS:
            for first in (int(rng.integers(1, 30)), 2**16):
                assert read(text, HOW[how], reader, first) == wanted, (text, reader, first)


PLAIN = {"comments": "#a\np,y\n1.5,2\n3,4\n", "blanks": " p y \n 1.5   2 \n3\t4\n", "decimal commas": "p;y\n1,5;2\n3;4\n"}


@pytest.mark.parametrize("reader", READERS[:-1])
@pytest.mark.parametrize("how", PLAIN)
def test_a_plain_table_is_read_by_the_fast_reader(how: str, reader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The law above would say little if every text went to the csv module."""
    read_by(reader, monkeypatch)
    delimiter, comment, decimal = HOW[how]
    table = Delimited(file_of_bytes(PLAIN[how].encode()), delimiter, None, comment, decimal)
    monkeypatch.setattr(Delimited, "_rows", lambda self, text: pytest.fail("read by the csv module"))
    assert [x.tolist() for x in next(table.chunks(table.names)).values()] == [[1.5, 3.0], [2.0, 4.0]]
    forget_polars()


# --- the law of labels: words for every loss that takes labels -----------------------------------------------------------------

PAIRED = [n for n, k in LOSSES.items() if any(r.domain.pair and r.name != k.first and not r.optional for r in k.roles.values())]
NAMED = [n for n, k in LOSSES.items() if any(r.domain.takes_words and not r.domain.ndim for r in k.roles.values())]


def value(known: Loss, data: Mapping[str, Any], *argv: str) -> str:
    roles = [x for r in data for x in (f"--{r.replace('_', '-')}", f"d.json::{r}")]
    content = json.dumps({r: x.tolist() if hasattr(x, "tolist") else x for r, x in data.items()})
    got = cli(["compute", known.name, *roles, *argv, "-f", "value", "-q"], {"d.json": content})
    assert got.code == 0, got.err
    return got.out


def spelled(x: Any, words: Mapping[float, str]) -> Any:
    return [spelled(y, words) for y in x] if isinstance(x, list) else words[x]


@pytest.mark.parametrize("name", PAIRED)
def test_two_words_for_every_loss_of_two_classes(name: str) -> None:
    known, rng = LOSSES[name], np.random.default_rng(3)
    data = example(known, rng, 6)
    labels = [r.name for r in known.roles.values() if r.domain.pair and r.name != known.first and r.name in data]
    for role in labels:
        pair = known.roles[role].domain.pair
        assert pair is not None
        data[role] = rng.choice(pair, data[role].shape)
        data[role].flat[:2] = pair
    words = {r: spelled(data[r].tolist(), dict(zip(known.roles[r].domain.pair or (), ("no", "yes"), strict=True))) for r in labels}
    assert value(known, data | words, "--classes", "no,yes") == value(known, data)


@pytest.mark.parametrize("name", NAMED)
def test_words_where_only_equality_counts(name: str) -> None:
    known, rng = LOSSES[name], np.random.default_rng(3)
    data = example(known, rng, 8)
    names = [r.name for r in known.roles.values() if r.domain.takes_words and r.name in data]
    data |= {r: np.arange(8) // 2 if known.kind == "batch" else rng.integers(0, 3, 8) for r in names}
    words = {r: spelled(data[r].tolist(), {0: "ann", 1: "bob", 2: "eve", 3: "zoë"}) for r in names}
    assert value(known, data | words) == value(known, data)
    assert losscli.compute(name, **{r: np.array(x) for r, x in (data | words).items()}).value == float(value(known, data))


# --- the result says whether a header was found --------------------------------------------------------------------------------


def document(*argv: str, files: Files, stdin: str | None = None) -> Any:
    got = cli([*argv, "-f", "json", "-q"], dict(files), stdin)
    assert got.code == 0, got.err
    return json.loads(got.out)


def test_the_result_says_whether_a_header_was_found() -> None:
    files: Files = {"h.csv": "p,q\n1,2\n", "n.csv": "5,6\n", "n.json": "[5]", "a-1.csv": "p\n1\n", "a-2.csv": "p\n1\n",
                    "o.yaml": "terms:\n  x: {loss: mse, pred: 'h.csv::p', target: 'n.csv::0'}\n"}  # fmt: skip
    mse = ("compute", "mse")
    assert document(*mse, "-p", "h.csv::p", "-t", "n.csv::0", files=files)["header"] == {"h.csv": True, "n.csv": False}
    assert document(*mse, "-p", "a-*.csv::p", "-t", "1,2", files=files)["header"] == {"a-*.csv": True}
    assert document(*mse, "-p", "-::p", "-t", "1", files=files, stdin="p\n1\n")["header"] == {"-": True}
    assert "header" not in document(*mse, "-p", "n.json", "-t", "1", files=files)
    assert document("compare", "-l", "mse", "-p", "h.csv::p", "-t", "n.csv::0", files=files)["header"] == {"h.csv": True, "n.csv": False}
    assert document("compute", "o.yaml", files=files)["header"] == {"h.csv": True, "n.csv": False}


@pytest.mark.parametrize("command", ["compute", "compare", "objective"])
def test_every_command_warns_of_an_unclear_first_line(command: str) -> None:
    files = {"a.csv": "0\n1\n", "o.yaml": "terms:\n  x: {loss: mse, pred: a.csv, target: a.csv}\n"}
    argv = {"compute": ["compute", "mse"], "compare": ["compare", "-l", "mse"], "objective": ["compute", "o.yaml"]}[command]
    both = [] if command == "objective" else ["-p", "a.csv", "-t", "a.csv"]
    got = cli([*argv, *both, "-f", "json"], files)
    assert [w["code"] for w in json.loads(got.out)["warnings"]].count("W122") == 1 and "W122 a.csv" in got.err
    assert cli([*argv, *both, "--strict"], files).code == INPUT
    assert "W122" not in cli([*argv, *both, "--no-header"], files).err
