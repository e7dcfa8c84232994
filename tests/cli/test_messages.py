"""Every message there is: what is typed, what comes back on stderr, the exit code; and a check that no message is left out."""

from __future__ import annotations

import ast
import errno
import io
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import yaml

import losscli
from losscli.catalogue import custom
from losscli.catalogue.binding import bind
from losscli.catalogue.lookup import find
from losscli.cli import listing
from losscli.cli.app import _reading_errors
from losscli.cli.destination import destination
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.passes import run as evaluate
from losscli.engine.plan import prepare
from losscli.errors import InputError, LossError, OutputError, UsageError, Warned
from losscli.registry import LOSSES, OURS, Loss
from losscli.signature import SignatureError
from losscli.sources.columnar import read_parquet
from losscli.sources.files import InputFile
from losscli.sources.inputs import Inputs
from losscli.sources.numpy_files import Archive
from losscli.sources.open_files import OpenFiles
from losscli.sources.roles import columns_of_roles
from losscli.sources.yaml_files import read_yaml
from losscli.testing import assert_loss, check_loss
from losscli.testing.samples import example
from losscli.vectors import _row
from tests import PACKAGE
from tests.support.command import SOCKET, Full, Outcome, Stdin, cli, npy, npz, parquet, pickled, zipped
from tests.support.readers import forget_polars

losscli.LOSSES  # noqa: B018 - registers them
Site = tuple[str, int]


# --- the table -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """stderr is the text of its lines, or a pattern that is found in it."""

    argv: list[str]
    code: int
    err: str | re.Pattern[str]
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    stdin: str | bytes | None = None
    stdout: Callable[[], io.StringIO] = io.StringIO
    closed: bool = False


USAGE, INPUT, OUTPUT = 2, 3, 4
MSE = ["compute", "mse"]
PT = ["-p", "1,2", "-t", "2,4"]
AB = {"d.csv": "a,b,t\n1,2,3\n2,3,3\n"}
D = {"d.csv": "pred,target\n1,2\n3,5\n"}


def mse(*argv: str) -> list[str]:
    return [*MSE, *argv]


def compare(*argv: str) -> list[str]:
    return ["compare", "d.csv", *argv]


def expecting(content: str | bytes, err: str | re.Pattern[str], code: int = INPUT) -> Row:
    return Row(mse(*PT, "--expect", "r.json"), code, err, {"r.json": content})


def reading(name: str, content: str | bytes, err: str | re.Pattern[str], *argv: str, code: int = INPUT) -> Row:
    return Row(mse(*(argv or ("-p", name, "-t", "1,2"))), code, err, {name: content})


def tensors(header: bytes, numbers: bytes = b"") -> bytes:
    """A safetensors file with this header."""
    return len(header).to_bytes(8, "little") + header + numbers


def objective(text: str, err: str | re.Pattern[str], *argv: str, code: int = INPUT, **files: str) -> Row:
    """An objective as o.yaml, beside D as d.csv; other files by their names without .yaml."""
    more = {f"{name}.yaml": content for name, content in files.items()}
    return Row(["compute", "o.yaml", *(argv or ("d.csv",))], code, err, {"o.yaml": text, **D, **more})


ONE = "terms: {a: {loss: mse}}"
OPTIONS_OF_A_TERM = "loss, weight, data, id, max, min, expect, rtol, atol"
ONE_NUMBER = "error: a gate needs one number: give -r mean (or sum, …), not -r none"
GIVEN = "; its options: delta"
REDUCTIONS = "none, mean, sum, batchmean or sum_over_batch_size"
FORMATS = "table, value, json, jsonl, csv, tsv, yaml or markdown"
SUFFIXES = ".txt, .json, .jsonl, .ndjson, .csv, .tsv, .yaml, .yml, .md, .npy"

OWN = """import sys, numpy as np
from losscli.domains import SharedVector
from losscli.aggregation import CrossProduct

def fails(pred):
    return pred[7]
def late(pred):
    s, = yield (pred,)
    return 1 / 0
def shape(pred): return pred[1:]
def nothing(pred): pass
def words(pred): return ["a", "b"]
def weights(pred): return pred, 1.0
def columns(pred): s = yield pred[1:]
def products(pred): s = yield CrossProduct(pred, pred)
def one(pred, target): return np.mean(pred - target)
def other(pred): return pred.max() if len(pred) < 2**16 else pred
def shared(pred, target: SharedVector): return pred.sum()
def star(*pred): ...
def stars(pred, **more): ...
def slash(pred, /): ...
def none(*, delta=1): ...
def first(pred=None): ...
def bare(pred, *, delta): ...
def odd(pred, *, delta=object): ...
def clash(pred, *, rows=1): ...
def weighs(pred, *, weight=1): ...
leaving = lambda pred: sys.exit("bye")
limit = 3
class Kind: ...
"""


def mine(function: str, code: int, err: str, *argv: str, roles: tuple[str, ...] = ("-p", "1,2")) -> Row:
    return Row(["compute", f"m.py::{function}", *roles, *argv], code, f"error: {err}", {"m.py": OWN})


def running(content: str | bytes, err: str | re.Pattern[str]) -> Row:
    return Row(["compute", "m.py::f", "-p", "1"], INPUT, err, {"m.py": content})


HAS = ", ".join(re.findall(r"^def (\w+)", OWN, re.MULTILINE))
A_VALUE = "it has to return a value for each row, or one number (rows 0 to 1)"
A_COLUMN = "each column is a number, has 2 rows first here, or is one of losscli.aggregation (rows 0 to 1)"
VECTORS_OF_ONE = "error: --vectors shows those of one loss, which is all it takes: losscli list huber --vectors"

ROWS: dict[str, Row] = {
    # vectors
    "vectors of all": Row(["list", "--vectors"], USAGE, VECTORS_OF_ONE),
    "vectors of two": Row(["list", "huber", "mse", "--vectors"], USAGE, VECTORS_OF_ONE),
    "vectors of a task": Row(["list", "huber", "--vectors", "--task", "regression"], USAGE, VECTORS_OF_ONE),
    "vectors of no loss": Row(
        ["list", "hubr", "--vectors"], USAGE, "error: no loss is called 'hubr' (did you mean huber?); `losscli list` shows them all"
    ),
    "vectors of an objective": Row(
        ["list", "o.yaml", "--vectors"], USAGE, "error: o.yaml is an objective, which has no vectors: the losses of its terms have"
    ),
    "vectors of one's own": Row(
        ["list", "regression.py::mine", "--vectors"],
        USAGE,
        "error: mine has no vectors: only the losses of losscli have them",
        {"regression.py": "def mine(pred, target): return pred - target"},
    ),
    "vectors as a number": Row(["list", "huber", "--vectors", "-f", "value"], USAGE, "error: a list is no number: -f value does not apply"),
    # objectives
    "objective: no file": Row(["compute", "o.yaml"], INPUT, "error: no file o.yaml"),
    "objective: no YAML": objective("terms:\n  a: {loss: mse\n", re.compile(r"^error: o.yaml:3: not YAML: ")),
    "objective: empty": objective(
        "", "error: o.yaml: an objective is a file with terms: {name: {loss: mse, weight: 1, pred: …, target: …}, …}"
    ),
    "objective: key": objective(
        f"{ONE}\ntotl: sum", "error: o.yaml:2: an objective has no key 'totl' (did you mean total?): it has data, id, total, terms"
    ),
    "objective: no terms": objective("total: sum", "error: o.yaml: an objective needs terms: {name: {loss: mse, …}, …}"),
    "objective: terms": objective(
        "terms: [mse]", "error: o.yaml:1: terms takes one or more names, each with a loss, as class: {loss: cross_entropy, weight: 1}"
    ),
    "objective: total": objective(f"{ONE}\ntotal: all", "error: o.yaml:2: total takes sum, mean or none, not 'all'"),
    "objective: a name twice": objective(
        "terms:\n  a: {loss: mse}\n  b: {loss: mse}\n  a: {loss: mae}", "error: o.yaml:4: not YAML: the key 'a' stands twice"
    ),
    "objective: no loss": objective(
        "terms:\n  a: {weight: 2}",
        "error: o.yaml:2: the term a has no loss: write a: {loss: mse, weight: 1, pred: …, target: …}",
    ),
    "objective: a loss that is none": objective(
        "terms:\n  a:\n    weight: 1\n    loss: mze",
        re.compile(r"^error: o.yaml:4: a: no loss is called 'mze' \(did you mean mse.*; `losscli list` shows them all$"),
        code=USAGE,
    ),
    "objective: a number for a loss": objective(
        "terms: {a: {loss: 3}}", "error: o.yaml:1: a: loss takes the name of a loss, or of another objective, not 3"
    ),
    "objective: weight": objective(
        "terms:\n  a:\n    loss: mse\n    weight: a", "error: o.yaml:4: a: weight takes a number, which is what the term counts, not 'a'"
    ),
    "objective: weight infinite": objective(
        "terms: {a: {loss: mse, weight: .inf}}", "error: o.yaml:1: a: weight takes a number, which is what the term counts, not inf"
    ),
    "objective: class weights": objective(
        "terms: {a: {loss: torch.nn.CrossEntropyLoss, weight: [1, 2]}}",
        "error: o.yaml:1: a: the option weight of this loss is class_weight here; "
        "weight takes a number, which is what the term counts, not [1, 2]",
    ),
    "objective: weight without total": objective(
        "total: none\nterms: {a: {loss: mse, weight: 2}}", "error: o.yaml:2: a: total: none adds nothing up, so a term has no weight"
    ),
    "objective: weights of 0": objective(
        "total: mean\nterms: {a: {loss: mse}, b: {loss: mae, weight: -1}}",
        "error: o.yaml:1: the weights of the terms add up to 0, so they have no mean",
    ),
    "objective: key of a term": objective(
        "terms:\n  a:\n    loss: huber\n    dleta: 2",
        "error: o.yaml:4: a: huber has no role or option 'dleta' (did you mean delta?): it has pred, target, delta",
        code=USAGE,
    ),
    "objective: role of another loss": objective(
        "terms: {a: {loss: mse, var: 1}}", "error: o.yaml:1: a: mse has no role or option 'var': it has pred, target", code=USAGE
    ),
    "objective: option outside": objective(
        "terms:\n  a: {loss: huber,\n    delta: -1}", "error: o.yaml:3: a: huber: delta must be above 0, not -1.0", code=USAGE
    ),
    "objective: option of another kind": objective(
        "terms: {a: {loss: huber, delta: [1, 2]}}", "error: o.yaml:1: a: huber: delta takes FLOAT above 0, not [1, 2]", code=USAGE
    ),
    "objective: option too large": objective(
        "terms: {a: {loss: cross_entropy, ignore_index: .inf}}",
        "error: o.yaml:1: a: cross_entropy: ignore_index takes INTEGER, not inf",
        code=USAGE,
    ),
    "objective: reduction": objective(
        "terms: {a: {loss: mse, reduction: none}}",
        "error: o.yaml:1: a: reduction takes mean, sum, batchmean or sum_over_batch_size, not 'none'",
    ),
    "objective: role": objective(
        "terms: {a: {loss: mse, pred: true}}", "error: o.yaml:1: a: pred takes a SOURCE (a column, a file, file::part, numbers), not True"
    ),
    "objective: classes": objective(
        "terms: {a: {loss: cross_entropy, classes: 3}}", "error: o.yaml:1: a: classes takes names, as [cat, dog], not 3"
    ),
    "objective: class axis": objective(
        "terms: {a: {loss: nll, class_axis: x}}", "error: o.yaml:1: a: class_axis takes a whole number, not 'x'"
    ),
    "objective: broadcast": objective(
        "terms: {a: {loss: mse, broadcast: yes}}", "error: o.yaml:1: a: broadcast takes true or false, not 'yes'"
    ),
    "objective: max": objective("terms: {a: {loss: mse, max: .nan}}", "error: o.yaml:1: a: max takes a number, not nan"),
    "objective: rtol": objective("terms: {a: {loss: mse, rtol: -1}}", "error: o.yaml:1: a: rtol takes a number, 0 or more, not -1"),
    "objective: rtol of nothing": objective(
        "terms: {a: {loss: mse, rtol: 0.1}}",
        "error: o.yaml:1: a: rtol is how far from expect the value may be, and there is no expect",
    ),
    "objective: expect": objective(
        "terms: {a: {loss: mse,\n expect: r.json}}",
        "error: o.yaml:2: a: --expect takes a number or a JSON result, and there is no file r.json",
        code=USAGE,
    ),
    "objective: column": objective(
        "terms:\n  a:\n    loss: mse\n    pred: prd",
        "error: o.yaml:4: a: no column or file 'prd' (did you mean pred?); d.csv has pred, target",
    ),
    "objective: no column": objective(
        "terms:\n  a: {loss: gaussian_nll}",
        "error: o.yaml:2: a: d.csv has no column for var: name it with var: SOURCE; d.csv has pred, target",
    ),
    "objective: no source": objective(
        "terms:\n  a: {loss: mse, pred: 1}", "error: o.yaml:2: a: mse needs target: give target: SOURCE", "-q", code=USAGE
    ),
    "objective: shapes": objective(
        "terms:\n  a: {loss: mse}\n  b: {loss: mae, pred: [[1, 2], [3, 4]]}",
        re.compile(r"^error: o.yaml:3: b: mae: pred \(2, 2\) and target "),
    ),
    "objective: rows": objective(
        "terms:\n  a: {loss: mse}\n  b: {loss: mae, pred: [1, 2, 3]}",
        re.compile(r"^error: o.yaml:3: b: the numbers of rows differ: .*2 rows.*3 rows|3 rows.*2 rows"),
    ),
    "objective: a value": objective(
        "terms:\n  a: {loss: mse}\n  b: {loss: bce}",
        re.compile(r"^error: o.yaml:3: b: pred = d.csv::pred: row 1 \(line 3\) is 3, which is not from 0 to 1"),
    ),
    "objective: DATA that no term uses": objective("terms: {a: {loss: mse, pred: 1, target: 2}}", "error: no role uses d.csv", code=USAGE),
    "objective: a circle": objective(
        "terms:\n  a: {loss: mse}\n  b: {loss: p.yaml}",
        "error: o.yaml:3: b: p.yaml:1: c: o.yaml → p.yaml → o.yaml goes in a circle",
        p="terms: {c: {loss: o.yaml}}",
    ),
    "objective: no file for a term": objective("terms: {a: {loss: p.yaml}}", "error: o.yaml:1: a: no file p.yaml (did you mean o.yaml?)"),
    "objective: a term without total": objective(
        "terms: {a: {loss: p.yaml}}",
        "error: o.yaml:1: a: p.yaml has no total (total: none), so it can be no term",
        p="{total: none, terms: {c: {loss: mse}}}",
    ),
    "objective: key of an objective": objective(
        "terms: {a: {loss: p.yaml, nan: omit}}",
        f"error: o.yaml:1: a: a term that is an objective has no key 'nan': it takes pred, target, {OPTIONS_OF_A_TERM}",
        code=USAGE,
        p=ONE,
    ),
    "objective: role that none leaves open": objective(
        "terms: {a: {loss: mse, pred: pred}}",
        "error: o.yaml: no term leaves pred open; the roles left open: target",
        "d.csv",
        "-p",
        "pred",
        code=USAGE,
    ),
    "objective: --role": objective(ONE, "error: --role takes ROLE=SOURCE, not 'var'", "d.csv", "--role", "var", code=USAGE),
    "objective: -r": objective(ONE, "error: no such option: -r\nsee `losscli compute o.yaml --help`", "d.csv", "-r", "none", code=USAGE),
    "objective: npy": objective(ONE, "error: an objective is no array: write .csv or .json", "d.csv", "-o", "x.npy", code=USAGE),
    "objective: threads": objective(ONE, "error: --threads takes 0 or more, not -1", "d.csv", "--threads", "-1", code=USAGE),
    "objective: nan": objective(
        ONE, "error: --nan takes error, omit or propagate, not 'omitt' (did you mean omit?)", "d.csv", "--nan", "omitt", code=USAGE
    ),
    "objective: over itself": objective(
        ONE, "error: -o o.yaml is read as well: write the result to another file", "d.csv", "-o", "o.yaml", code=USAGE
    ),
    "objective: a gate without total": objective(
        "{total: none, terms: {a: {loss: mse}}}",
        "error: o.yaml has no total (total: none) that --max, --min or --expect could judge: its terms have gates of their own",
        "d.csv",
        "--max",
        "1",
        code=USAGE,
    ),
    "objective: no term counts": objective(
        "terms: {a: {loss: mse, weight: 0}}", "warning: W105 o.yaml is 0.0: the weight of every term is 0", code=0
    ),
    "objective: a gate that fails": objective("terms: {a: {loss: mse, max: 2}}", "gate failed: a 2.5, must be at most 2.0", code=1),
    "objective: a warning": objective(
        "terms:\n  a: {loss: mse, max: 2}\n  b: {loss: mae}",
        re.compile(r"^warning: W105 a: mse is nan: .*\nwarning: W105 b: mae is nan: .*\ngate failed: a nan, must be at most 2.0$"),
        "-p",
        "[]",
        "-t",
        "[]",
        code=1,
    ),
    "objective: too large": objective(
        "terms: {a: {loss: mae, weight: 1.0e+308, pred: 3, target: 1}, b: {loss: mae, weight: 2, pred: 1, target: 1}}",
        "warning: W110 o.yaml is inf: the terms add up to something too large for float64",
        "-f",
        "value",
        code=0,
    ),
    "objective: list": Row(
        ["list", "o.yaml", "--convex"], USAGE, "error: --convex chooses among the losses there are, and o.yaml is an objective"
    ),
    "objective: compare without total": Row(
        compare("-l", "o.yaml", "-p", "pred"),
        USAGE,
        "error: o.yaml has no total (total: none), so there is no number to compare",
        {"o.yaml": "{total: none, terms: {a: {loss: mse}}}", **D},
    ),
    "objective: compare without pred": Row(
        compare("-l", "o.yaml", "-p", "pred"),
        USAGE,
        "error: o.yaml: every term gives its pred itself, so there is nothing to compare: leave pred out of one",
        {"o.yaml": "terms: {a: {loss: mse, pred: pred}}", **D},
    ),
    "objective: compare with options": Row(
        compare("-l", "o.yaml:delta=1", "-p", "pred"),
        USAGE,
        "error: -l o.yaml:delta=1: an objective has no options here: write them into o.yaml",
        {"o.yaml": ONE, **D},
    ),
    "objective: compare with a reduction": Row(
        compare("-l", "o.yaml", "-p", "pred", "-r", "sum"),
        USAGE,
        "error: --reduction does not reach the terms of o.yaml: say reduction in the file",
        {"o.yaml": ONE, **D},
    ),
    # a loss of one's own
    "own: no file": Row(["compute", "m.py::f", "-p", "1"], INPUT, "error: there is no file m.py"),
    "own: a folder": Row(["compute", "m.py::f", "-p", "1"], INPUT, "error: cannot read m.py: is a directory", {"m.py/x": ""}),
    "own: no function named": Row(
        ["compute", "m.py", "-p", "1"], USAGE, "error: m.py is a file: name a function of it, m.py::fails", {"m.py": OWN}
    ),
    "own: no functions": Row(["compute", "m.py"], USAGE, "error: m.py is a file: name a function of it, m.py::FUNCTION", {"m.py": ""}),
    "own: no such function": mine("fail", USAGE, f"m.py has no function 'fail' (did you mean fails?); it has {HAS}, leaving"),
    "own: a number": mine("limit", USAGE, "m.py: limit is of type int, not a function"),
    "own: a class": mine("Kind", USAGE, "m.py: Kind is a class, not a function"),
    "own: syntax": running("def f(x):\n  return (\n", "error: m.py:2: '(' was never closed"),
    "own: a null byte": running(b"x\0", re.compile("^error: m.py:1: .*null bytes")),
    "own: raises when run": running("x = 1\nx / 0\n", "error: m.py:2: ZeroDivisionError: division by zero"),
    "own: leaves when run": running("import sys\n\nsys.exit('bye')", "error: m.py:3: SystemExit: bye"),
    "own: raises": mine("fails", INPUT, "m.py:6: fails: IndexError: index 7 is out of bounds for axis 0 with size 2 (rows 0 to 1)"),
    "own: raises for a row": mine(
        "fails", INPUT, "m.py:6: fails: IndexError: index 7 is out of bounds for axis 0 with size 1 (row 0)", roles=("-p", "1")
    ),
    "own: raises after a yield": mine("late", INPUT, "m.py:9: late: ZeroDivisionError: division by zero"),
    "own: leaves": mine("leaving", INPUT, "m.py:28: leaving: SystemExit: bye (rows 0 to 1)"),
    "own: shape": mine("shape", INPUT, f"m.py:10: shape returned shape (1,) for 2 rows: {A_VALUE}"),
    "own: nothing": mine("nothing", INPUT, f"m.py:11: nothing returned None: {A_VALUE}"),
    "own: words": mine("words", INPUT, f"m.py:12: words returned a value of type list: {A_VALUE}"),
    "own: weights": mine("weights", INPUT, "m.py:13: weights returned weights of shape () with values of shape (2,) (rows 0 to 1)"),
    "own: a column": mine("columns", INPUT, f"m.py:14: columns yielded shape (1,) of float64: {A_COLUMN}"),
    "own: a column of a mark": mine("products", INPUT, f"m.py:15: products yielded a value of type CrossProduct: {A_COLUMN}"),
    "own: one number, weights": mine(
        "one", USAGE, "one returns one number for all rows, which takes no sample weights", "-w", "1,2", roles=tuple(PT)
    ),
    "own: one number, reduction": mine(
        "one", USAGE, "one returns one number for all rows: -r none has nothing to reduce", "-r", "none", roles=tuple(PT)
    ),
    "own: one number, shared": mine(
        "shared", INPUT, "m.py:18: shared returns one number, but target is shared: return a value for each row", roles=tuple(PT)
    ),
    "own: one number, then not": Row(
        ["compute", "m.py::other", "-p", "x.npy"],
        INPUT,
        "error: m.py:17: other returned one number for the first rows, and shape (300000,) of float64 for all",
        {"m.py": OWN.replace("2**16", "300000"), "x.npy": npy(np.ones(300000))},
    ),
    "own: *": mine("star", INPUT, "m.py:19: star cannot be given its *pred: name each role and option"),
    "own: **": mine("stars", INPUT, "m.py:20: stars cannot be given its **more: name each role and option"),
    "own: /": mine("slash", INPUT, "m.py:21: slash cannot be given its pred: take the / out of its parameters"),
    "own: no role": mine("none", INPUT, "m.py:22: none has no role: its first parameters, without defaults, are the arrays that it takes"),
    "own: no role that is needed": mine("first", INPUT, "m.py:23: first needs a first role without a default, not pred=None"),
    "own: no default": mine("bare", INPUT, "m.py:24: bare has an option 'delta' without a default: give it one"),
    "own: odd default": mine(
        "odd", INPUT, "m.py:25: odd has an option 'delta' whose default is a value of type type, not a number or a word"
    ),
    "own: raises in an objective": Row(
        ["compute", "f/o.yaml", "-p", "1,2"],
        INPUT,
        "error: f/o.yaml:2: b: f/m.py:6: fails: IndexError: index 7 is out of bounds for axis 0 with size 2 (rows 0 to 1)",
        {"f/o.yaml": "terms: {a: {loss: mse, target: [1, 2]},\n b: {loss: m.py::fails}}", "f/m.py": OWN},
    ),
    "own: a name of an objective": Row(
        ["compute", "o.yaml", "-p", "1,2"],
        INPUT,
        "error: o.yaml:1: a: weight is for the term, and m.py::weighs has an option weight: call that something else",
        {"o.yaml": "terms: {a: {loss: m.py::weighs, weight: 2}}", "m.py": OWN},
    ),
    "own: a name of ours": mine(
        "clash", INPUT, "m.py:26: clash has a parameter 'rows', which is an option of losscli itself: call it something else"
    ),
    # names and options
    "no command": Row(["foo"], USAGE, "error: no command 'foo'\nsee `losscli --help`"),
    "mistyped command": Row(["copmute", "mse"], USAGE, "error: no command 'copmute' (did you mean compute?)\nsee `losscli --help`"),
    "loss for a command": Row(["huber"], USAGE, "error: no command 'huber': did you mean `losscli compute huber`?\nsee `losscli --help`"),
    "no loss": Row(["compute", "xyzzy"], USAGE, "error: no loss is called 'xyzzy'; `losscli list` shows them all"),
    "mistyped loss": Row(["compute", "hubr", *PT], USAGE, re.compile(r"no loss is called 'hubr' \(did you mean huber")),
    "no option": Row(mse("--prd", "1"), USAGE, re.compile(r"^error: no such option --prd \(did you mean --pred")),
    "no value": Row(mse("-p"), USAGE, "error: option '-p' requires an argument\nsee `losscli compute mse --help`"),
    "two DATA": Row(
        mse("a", "b"),
        USAGE,
        "error: nothing takes b: DATA is one file, an option takes one word; "
        "where the shell wrote out a pattern, quote it: -p 'p-*.csv'\nsee `losscli compute mse --help`",
    ),
    "no number": Row(
        ["compute", "huber", "--delta", "x"], USAGE, re.compile("^error: invalid value for '--delta': 'x' is not a valid float")
    ),
    "option of another loss": Row(
        compare("-l", "huber:dlta=1", "-p", "a"), USAGE, f"error: huber has no option 'dlta' (did you mean delta?){GIVEN}", AB
    ),
    "option is no number": Row(compare("-l", "huber:delta=x", "-p", "a"), USAGE, "error: huber: delta takes FLOAT above 0, not 'x'", AB),
    "option outside": Row(["compute", "huber", *PT, "--delta", "-1"], USAGE, "error: huber: delta must be above 0, not -1.0"),
    "option infinite": Row(["compute", "huber", *PT, "--delta", "inf"], USAGE, re.compile("delta must be .*(finite|below inf).*, not inf")),
    "class weight outside": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--class-weight", "-1,2"],
        USAGE,
        re.compile(r"class_weight must be 0 or more, not \[?-1"),
    ),
    "class weight words": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--class-weight", "w.csv"],
        USAGE,
        re.compile("class_weight takes NUMBERS 0 or more, or balanced, not (?!array)"),
        {"w.csv": "w\na\nb\n"},
    ),
    "class weight count": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--class-weight", "1,2,3"],
        USAGE,
        "error: cross_entropy: class_weight has 3 numbers, but the last axis of pred has 2",
    ),
    "class weights said twice": Row(
        ["compute", "nn.CrossEntropyLoss", "-p", "[[1,2]]", "-t", "0", "--weight", "balanced", "--class-counts", "3,1"],
        USAGE,
        "error: cross_entropy: weight and class_counts both set the weights of the classes: leave one of them out",
    ),
    "class weights given, and counts": Row(
        ["compute", "softmax_focal", "-p", "[[1,2]]", "-t", "0", "--alpha", "0.5", "--class-counts", "3,1"],
        USAGE,
        "error: softmax_focal: alpha and class_counts both set the weights of the classes: leave one of them out",
    ),
    "beta without counts": Row(
        compare("-l", "cross_entropy:beta=0.9", "-p", "a,b"),
        USAGE,
        "error: cross_entropy: beta makes class weights from counts: give class_counts, or class_weight balanced",
        AB,
    ),
    "beta outside": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--class-counts", "3,1", "--beta", "1.5"],
        USAGE,
        "error: cross_entropy: beta must be from 0 to 1, not 1.5",
    ),
    "class counts: none": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--class-counts", "3,-1"],
        USAGE,
        "error: cross_entropy: class_counts must be 0 or more, not [3.0, -1.0]",
    ),
    "class counts: too few": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--class-counts", "3"],
        USAGE,
        "error: cross_entropy: class_counts needs 2 numbers, one for each class, not 1",
    ),
    "counting soft labels": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "[[0.5,0.5]]", "--class-weight", "balanced"],
        USAGE,
        "error: cross_entropy: class_weight balanced counts class indices, but target holds a probability for each class: "
        "give class_counts",
    ),
    "counting several labels a row": Row(
        ["compute", "multilabel_soft_margin", "-p", "[[1,2]]", "-t", "[[0,1]]", "--class-weight", "balanced"],
        USAGE,
        "error: multilabel_soft_margin: class_weight takes NUMBERS 0 or more, not 'balanced'",
    ),
    "objective: beta without counts": objective(
        "terms:\n  a: {loss: cross_entropy, pred: '[[1,2]]', target: '0',\n    beta: 0.5}",
        "error: o.yaml:2: a: cross_entropy: beta makes class weights from counts: give class_counts, or class_weight balanced",
        code=USAGE,
    ),
    "missing roles": Row(MSE, USAGE, "error: mse needs pred and target: give --pred SOURCE --target SOURCE"),
    "reduction": Row(mse(*PT, "-r", "foo"), USAGE, f"error: --reduction takes {REDUCTIONS}, not 'foo'"),
    "per": Row(
        ["compute", "dice", "-p", "1", "-t", "1", "--per", "foo"], USAGE, "error: --per takes all, row, channel or row,channel, not 'foo'"
    ),
    "nan": Row(mse(*PT, "--nan", "foo"), USAGE, "error: --nan takes error, omit or propagate, not 'foo'"),
    "blank": Row(
        ["compute", "ctc", "-p", "[[[-0.5,-1]]]", "-t", "[[1]]", "--blank", "9"],
        USAGE,
        "error: blank is 9, but class indices go from 0 to 1",
    ),
    "dtype": Row(mse(*PT, "--dtype", "int8"), USAGE, "error: --dtype takes float64 or float32, not 'int8'"),
    "threads": Row(mse(*PT, "--threads", "-1"), USAGE, re.compile("^error: --threads takes 0 or more, not -1")),
    "statistic by rows": Row(
        ["compute", "dice", "-p", "1", "-t", "1", "-r", "batchmean"],
        USAGE,
        "error: dice is one number over all rows: -r batchmean needs --per row",
    ),
    "class axis": Row(
        ["compute", "cross_entropy", "-p", "[[[1,2],[3,4]]]", "-t", "[[0,1]]", "--class-axis", "7"],
        USAGE,
        "error: --class-axis 7 is no axis of a row of pred, shape (1, 2, 2)",
    ),
    # showing
    "format": Row(mse(*PT, "-f", "jsn"), USAGE, f"error: --format takes {FORMATS}, not 'jsn' (did you mean json or jsonl?)"),
    "colour": Row(mse(*PT, "--color", "x"), USAGE, "error: --color takes auto, always or never, not 'x'"),
    "precision": Row(mse(*PT, "--precision", "0"), USAGE, "error: --precision takes 1 to 17 significant digits, not 0"),
    "shown rows": Row(mse(*PT, "--rows", "x"), USAGE, "error: --rows takes a number or all, not 'x'"),
    "shown rows superscript": Row(mse(*PT, "--rows", "²"), USAGE, "error: --rows takes a number or all, not '²'"),
    "top of a number alone": Row(
        mse(*PT, "--top", "2", "-f", "csv"),
        USAGE,
        "error: -f csv holds one number: add -r none for the 2 largest, or -f json for both",
    ),
    "top": Row(mse(*PT, "--top", "-1"), USAGE, "error: --top takes 0 or more, not -1"),
    "top, and derivatives": Row(
        mse(*PT, "--top", "2", "--grad", "pred", "-r", "none", "-f", "csv"),
        USAGE,
        "error: -f csv holds the 2 largest losses or derivatives: leave out --top or --grad, or write json",
    ),
    "top of one number": Row(
        ["compute", "rmse", *PT, "--top", "1"], USAGE, "error: rmse is one number over all rows: --top needs --per row"
    ),
    "output suffix": Row(
        mse(*PT, "-o", "x.foo"),
        USAGE,
        f"error: -o x.foo: the suffix '.foo' says no format: add -f {FORMATS.replace(' or ', ', ').replace(', ', '|')}, or use {SUFFIXES}",
    ),
    "output folder missing": Row(mse(*PT, "-o", "no/x.csv"), OUTPUT, "error: cannot write no/x.csv: there is no folder no"),
    "output is a folder": Row(mse(*PT, "-o", "f", "-f", "csv"), OUTPUT, "error: cannot write f: it is a folder", {"f/x": ""}),
    "output full": Row(mse(*PT, "-o", "/dev/full", "-f", "csv"), OUTPUT, "error: cannot write /dev/full: no space left on device"),
    "output is the input": Row(mse("d.csv", "-o", "d.csv"), USAGE, "error: -o d.csv is read as well: write the result to another file", D),
    "output npy": Row(
        mse(*PT, "-o", "x.npy"),
        USAGE,
        "error: an NPY file holds the values of the elements: add -r none, or --grad ROLE for derivatives",
    ),
    # derivatives
    "grad of no role": Row(
        mse(*PT, "--grad", "prad"),
        USAGE,
        "error: --grad takes a role of mse, or all: it has no 'prad' here (did you mean pred?); its roles: pred, target",
    ),
    "grad of labels": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--grad", "target"],
        USAGE,
        "error: --grad target: target holds class indices, which have no derivative",
    ),
    "grad of two in one array": Row(
        mse(*PT, "--grad", "all", "-o", "x.npy"), USAGE, "error: -f npy holds one array: --grad with one role that has rows, or write json"
    ),
    "grad of what is shared": Row(
        ["compute", "info_nce", "--anchor", "[[1,0]]", "--positive", "[[1,0]]", "--negative", "[[0,1]]", "--grad", "all", "-f", "csv"],
        USAGE,
        "error: --grad negative: all rows share negative, so its derivative has no place in rows of csv: write json",
    ),
    "gradcheck of float32": Row(
        mse(*PT, "--gradcheck", "--dtype", "float32"),
        USAGE,
        "error: --gradcheck needs float64: differences of float32 have hardly a digit",
    ),
    "gradcheck without derivative": Row(
        ["compute", "f.py::f", *PT, "--gradcheck"],
        USAGE,
        "error: --gradcheck: f has no derivative to check: f.py:3: f: NoDerivative: no derivative is known for np.sinc",
        {"f.py": "import numpy as np\ndef f(pred, target):\n    return np.sinc(pred - target)\n"},
    ),
    "differences of too many": Row(
        ["compute", "f.py::f", "-p", "d.npy", "-t", "d.npy", "--grad", "pred"],
        USAGE,
        "error: f is a loss over all rows: differences need values of the whole loss for each number of pred, which has 10,001; "
        "give it up to 10,000",
        {"f.py": "import numpy as np\ndef f(pred, target):\n    return float(np.mean(pred))\n", "d.npy": npy(np.ones(10_001))},
    ),
    "expected of another shape": Row(
        mse(*PT, "-r", "none", "--expect", "e.npy"),
        INPUT,
        "error: --expect: loss has shape (rows), what is expected (2, 2)",
        {"e.npy": npy(np.ones((2, 2)))},
    ),
    "expected words": Row(
        mse(*PT, "-r", "none", "--expect", "e.csv::x"),
        INPUT,
        "error: e.csv::x: row 1 (line 3): 'cat' is not a number",
        {"e.csv": "x\n1\ncat\n"},
    ),
    "expected of more rows": Row(
        mse(*PT, "-r", "none", "--expect", "e.npy"),
        INPUT,
        "error: --expect has 5 rows of loss, but 2 were read",
        {"e.npy": npy(np.ones(5))},
    ),
    "expected of two roles": Row(
        mse(*PT, "--grad", "all", "--expect", "e.npy"),
        USAGE,
        "error: --expect e.npy holds one array, and --grad asks for 2: name one role, or a file with grad_pred and grad_target",
        {"e.npy": npy(np.ones(3))},
    ),
    "expected under another name": Row(
        mse(*PT, "-r", "none", "--expect", "e.npz"),
        USAGE,
        "error: --expect e.npz has x, but no values or loss: name a part with ::",
        {"e.npz": npz(x=np.ones(3))},
    ),
    "output npy of one number": Row(
        ["compute", "rmse", *PT, "-r", "none", "-o", "x.npy"],
        USAGE,
        "error: an NPY file holds the values of the elements, and rmse is one number over all of them",
    ),
    "result for a closed stdout": Row(mse(*PT), OUTPUT, "error: standard output is closed", closed=True),
    "stdout full": Row(mse(*PT), OUTPUT, "error: cannot write to standard output: no space left on device", stdout=Full),
    "stdout closed": Row(["--version"], OUTPUT, "error: standard output is closed", closed=True),
    # gates
    "gate of many": Row(mse(*PT, "-r", "none", "--max", "1"), USAGE, ONE_NUMBER),
    "gate of optax": Row(["compute", "optax.losses.huber_loss", *PT, "--max", "1"], USAGE, ONE_NUMBER),
    "gate nan": Row(mse(*PT, "--max", "nan"), USAGE, "error: --max nan is no bound"),
    "gate rtol": Row(mse(*PT, "--expect", "1", "--rtol", "-1"), USAGE, "error: --rtol and --atol must be 0 or more, and finite"),
    "gate rtol nan": Row(mse(*PT, "--expect", "99", "--rtol", "nan"), USAGE, re.compile("^error: --rtol")),
    "gate rtol of nothing": Row(
        mse(*PT, "--rtol", "1"), USAGE, "error: --rtol is how far from --expect the value may be, and there is no --expect"
    ),
    "gate expects another loss": expecting('{"loss": "mae", "value": 2.5}', "error: --expect: r.json is of mae, not mse"),
    "gate rtol infinite": Row(mse(*PT, "--expect", "99", "--rtol", "inf"), USAGE, re.compile("^error: --rtol")),
    "gate inf": Row(mse(*PT, "--expect", "inf", "-f", "value"), 1, re.compile("^gate failed: mse 2.5, must be near inf")),
    "gate expects nan": Row(mse(*PT, "--expect", "nan"), USAGE, "error: --expect nan is never met: nothing computed is never a pass"),
    "gate no file": Row(
        mse(*PT, "--expect", "r.json"), USAGE, "error: --expect takes a number or a JSON result, and there is no file r.json"
    ),
    "gate no JSON": expecting("x", re.compile("^error: --expect r.json: not a JSON result")),
    "gate expects a nan": expecting('{"value": "nan"}', "error: --expect r.json: its value is nan, which nothing meets"),
    "gate expects NaN": expecting('{"value": NaN}', re.compile("^error: --expect r.json")),
    "gate expects 1e999": expecting('{"value": 1e999}', re.compile("^error: --expect r.json")),
    "gate expects a long int": expecting('{"value": 1' + "0" * 400 + "}", re.compile("^error: --expect r.json")),
    "gate expects the deep": expecting("[" * 100_000, re.compile("^error: --expect r.json: not a JSON result")),
    "gate expects values": expecting(
        '{"values": [1]}', "error: --expect r.json: it holds no single value; write one with losscli compute … -o r.json"
    ),
    "gate failed": Row(mse(*PT, "--max", "2", "--min", "1"), 1, "gate failed: mse 2.5, must be at most 2.0 and at least 1.0"),
    "gate passed": Row(mse(*PT, "--max", "2.5"), 0, "gate passed: mse 2.5, must be at most 2.5"),
    "gate near": Row(mse(*PT, "--expect", "2"), 1, "gate failed: mse 2.5, must be near 2.0 (rtol 1e-06, atol 1e-12)"),
    # compare
    "compare without a loss": Row(["compare"], USAGE, "error: compare needs a loss: -l mse, -l huber:delta=2, …"),
    "compare without predictions": Row(
        compare("-l", "mse"), USAGE, "error: compare needs predictions: -p COLUMN or -p NAME=SOURCE, one or more", AB
    ),
    "compare a loss twice": Row(compare("-l", "mse", "-l", "mse", "-p", "a"), USAGE, "error: -l mse stands twice", AB),
    "compare a name twice": Row(
        compare("-l", "mse", "-p", "a", "-p", "a"), USAGE, "error: two predictions are called 'a': tell them apart with -p NAME=SOURCE", AB
    ),
    "compare baseline": Row(
        compare("-l", "mse", "-p", "ab=a", "--baseline", "abc"),
        USAGE,
        "error: --baseline 'abc' is none of the predictions (did you mean ab?): ab",
        AB,
    ),
    "compare dtype": Row(compare("-l", "mse", "-p", "a", "--dtype", "x"), USAGE, "error: --dtype takes float64 or float32, not 'x'", AB),
    "compare none": Row(
        compare("-l", "mse", "-p", "a", "-r", "none"), USAGE, "error: compare sets one number beside another: -r none has none", AB
    ),
    "compare npy": Row(compare("-l", "mse", "-p", "a", "-o", "x.npy"), USAGE, "error: a comparison is no array: write .csv or .json", AB),
    "compare no pred": Row(
        compare("-l", "cosine_embedding", "-p", "a", "-t", "t"),
        USAGE,
        "error: compare sets predictions beside each other, and cosine_embedding has none: its roles are input1, input2, target",
        AB,
    ),
    "compare option": Row(compare("-l", "huber:delta", "-p", "a"), USAGE, "error: -l huber:delta: 'delta' is no KEY=VALUE", AB),
    "compare list option": Row(
        compare("-l", "cross_entropy:class_weight=[1,x]", "-p", "a,b"), USAGE, re.compile(r"^error: .*class_weight.*x"), AB
    ),
    "compare empty option": Row(
        compare("-l", "cross_entropy:class_weight=[]", "-p", "a,b"), USAGE, re.compile("^error: .*class_weight"), AB
    ),
    "compare a role without DATA": Row(
        ["compare", "-l", "gaussian_nll", "-p", "1", "-t", "1"], USAGE, "error: gaussian_nll needs var: give --role var=SOURCE"
    ),
    "compare role": Row(compare("-l", "mse", "-p", "a", "--role", "var"), USAGE, "error: --role takes ROLE=SOURCE, not 'var'", AB),
    "compare role of none": Row(
        compare("-l", "mse", "-p", "a", "-t", "t", "--role", "var=b"),
        USAGE,
        "error: --role var: none of the losses has such a role; they have pred, target",
        AB,
    ),
    "compare rows": Row(
        ["compare", "-l", "mse", "-p", "1,2", "-t", "1,2,3"],
        INPUT,
        "error: the numbers of rows differ: pred has 2 rows (inline); target has 3 rows (inline)",
    ),
    "compare positions": Row(
        compare("-l", "mse", "-p", "1", "-p", "2", "-t", "0"),
        USAGE,
        "error: no role uses d.csv (1, 0, 2 was read as numbers; for a column by its position say ::1, ::0, ::2)",
        AB,
    ),
    "compare classes": Row(
        compare("-l", "mse", "-p", "a", "-t", "t", "--classes", "a,a"), USAGE, "error: --classes names one class twice", AB
    ),
    # list
    "list value": Row(["list", "-f", "value"], USAGE, "error: a list is no number: -f value does not apply"),
    "list task": Row(["list", "--task", "regresion"], USAGE, re.compile(r", not 'regresion' \(did you mean regression\?\)$")),
    "one weight below 0": Row(
        ["compute", "mse", "-p", "1,2", "-t", "1,3", "-w", "-1"],
        INPUT,
        "error: sample_weight is -1: one number is the weight of every row, and has to be 0 or more",
    ),
    "list metric": Row(
        ["list", "auc"], USAGE, "error: auc is a metric, not a loss: scikit-learn computes it (sklearn.metrics.roc_auc_score)"
    ),
    "list none": Row(["list", "hubr"], USAGE, re.compile(r"^error: no loss matches 'hubr' \(did you mean huber.*list` shows them all$")),
    # files
    "no file": Row(mse("dd.csv"), INPUT, "error: no file dd.csv (did you mean d.csv?)", D),
    "folder": Row(mse("f"), INPUT, "error: f is a folder, not a file", {"f/x": ""}),
    "unopened": Row(mse("s.csv"), INPUT, re.compile("^error: s.csv: no such device or address"), {"s.csv": SOCKET}),
    "long name": Row(mse("x" * 300), INPUT, re.compile("^error: (no file x|x+: file name too long)")),
    "suffix": reading(
        "d.foo",
        "1",
        "error: d.foo: the suffix '.foo' is not known: "
        "say what it is with --input-format csv|tsv|json|jsonl|yaml|npy|npz|safetensors|parquet|arrow",
    ),
    "suffix of another program": reading("d.xlsx", "1", "error: d.xlsx: a spreadsheet is not read here; save its sheet as CSV"),
    "safetensors cut": reading("d.safetensors", b"\1", "error: d.safetensors: not a whole safetensors file: its header does not fit in it"),
    "safetensors no text": reading(
        "d.safetensors", tensors(b"\xff\xff"), "error: d.safetensors: not a safetensors file: its header is no text"
    ),
    "safetensors no object": reading(
        "d.safetensors", tensors(b"[]"), "error: d.safetensors: not a safetensors file: its header is no object"
    ),
    "safetensors longer": reading(
        "d.safetensors",
        tensors(b"{}", b"12"),
        "error: d.safetensors: not a whole safetensors file: its header describes 0 bytes of numbers, and it has 2",
    ),
    "safetensors entry": reading("d.safetensors", tensors(b'{"a":{}}'), "error: d.safetensors::a: its entry in the header is damaged"),
    "safetensors sizes": reading(
        "d.safetensors",
        tensors(b'{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}', bytes(8)),
        "error: d.safetensors::a: its entry in the header does not fit its numbers",
    ),
    "safetensors type": reading(
        "d.safetensors",
        tensors(b'{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}', bytes(2)),
        "error: d.safetensors::a holds F8_E4M3, which is not read here: save it as float32",
        "-p",
        "d.safetensors::a",
        "-t",
        "1,2",
    ),
    "rows and columns": reading(
        "d.json",
        '{"a":{"y":1,"z":2},"b":{"y":3,"z":4}}',
        "error: d.json: 'y' is the key of a row where the other names are columns: name columns, or rows, not both",
        "d.json",
        "-p",
        "a",
        "-t",
        "y",
    ),
    "split twice": reading("d.json", '{"columns":["y","y"],"data":[[1,2]]}', "error: d.json::columns names a column twice"),
    "split row": reading(
        "d.json", '{"columns":["y","p"],"data":[[1,2],[3]]}', "error: d.json::data: row 1 has 1 value, but there are 2 columns"
    ),
    "input format": Row(mse("d.csv", "--input-format", "foo"), USAGE, re.compile("^error: --input-format takes csv, .*, not 'foo'"), D),
    "no UTF-8": reading("d.csv", b"v\n1\n\xff\n", "error: d.csv:3: not UTF-8 text: convert the file to UTF-8"),
    "no UTF-8 JSON": reading("d.json", b'["\xff"]', "error: d.json: not UTF-8 text (byte 2): convert the file to UTF-8"),
    "cut gzip": reading("d.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\xff", re.compile("^error: d.csv.gz: compressed file ended before")),
    "cut gzip JSON": reading("d.json.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\xff", re.compile("^error: d.json.gz: compressed file ended before")),
    "cut gzip on stdin": Row(mse("-"), INPUT, re.compile("^error: standard input: compressed file ended before"), stdin=b"\x1f\x8b\x08\0"),
    "stdin is a terminal": Row(
        mse("-"), INPUT, "error: nothing comes in on standard input: pipe a file into it, or name one instead of '-'"
    ),
    "stdin empty": Row(mse("-"), INPUT, "error: standard input is empty", stdin=" \n"),
    "npy": reading("d.npy", npy([1.0, 2.0])[:-1], re.compile("^error: d.npy: not a readable NPY file: ")),
    "npy empty": reading("d.npy", b"", "error: d.npy does not begin as an NPY file does"),
    "npy of something else": reading("d.npy", b"hello", "error: d.npy does not begin as an NPY file does"),
    "npy objects": reading(
        "d.npy", pickled([None]), "error: d.npy: not a readable NPY file: it holds Python objects, which are never unpickled"
    ),
    "npy bytes": reading("d.npy", npy(np.array([b"\xff"])), "error: d.npy holds bytes that are no text"),
    "cut gzip NPY": reading(
        "d.npy.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\xff", re.compile("^error: d.npy.gz: compressed file ended before", re.I)
    ),
    "npz member of objects": reading(
        "d.npz",
        zipped({"x.npy": pickled([None])}),
        "error: d.npz::x: not readable: it holds Python objects, which are never unpickled",
        "-p",
        "d.npz::x",
        "-t",
        "1",
    ),
    "npz member": reading(
        "d.npz", zipped({"readme.txt": b"hello"}), "error: d.npz::readme.txt is no array", "-p", "d.npz::readme.txt", "-t", "1"
    ),
    "npy complex": reading("d.npy", npy([1j]), "error: d.npy holds complex128, not numbers"),
    "npz": reading("d.npz", b"PK", re.compile("^error: d.npz: not a readable NPZ file: ")),
    "csv": reading("d.csv", 'v\n"1\n2\n', re.compile("^error: d.csv:3: not CSV: unexpected end of data")),
    "tsv": reading("d.tsv", 'v\n"1"2\n', re.compile("^error: d.tsv:2: not TSV: ")),
    "csv empty": reading("d.csv", "", "error: d.csv is empty"),
    "csv empty as DATA": reading("d.csv", "", "error: d.csv is empty", "d.csv"),
    "csv ragged": reading("d.csv", "a,b\n1\n", "error: d.csv:2: 1 field, but the header has 2", "d.csv", "-p", "a", "-t", "b"),
    "csv ragged without header": reading(
        "d.csv", "1,2\n1,2,3\n", "error: d.csv:2: 3 fields, but the first line has 2", "d.csv", "-p", "::0", "-t", "::1"
    ),
    "csv header": reading(
        "d.csv",
        "1,a\n2,3\n",
        "error: d.csv: the first line holds numbers (1) and words (a): say --header if it names the columns, --no-header if it is data",
        code=USAGE,
    ),
    "csv column twice": reading(
        "d.csv",
        "a,a\n1,2\n",
        "error: d.csv has 2 columns called 'a': choose one by its position, ::0 or ::1",
        "d.csv",
        "-p",
        "a",
        "-t",
        "1",
    ),
    "csv word": reading("d.csv", "v\n1\nx\n", "error: d.csv: row 1 (line 3): 'x' is not a number"),
    "csv word among columns": reading(
        "d.csv", "a,b\n1,x\n", "error: d.csv: row 0 (line 2) in column 'b': 'x' is not a number", "-p", "d.csv", "-t", "[[1,2]]"
    ),
    "csv blank line first": reading("d.csv", "\npred,target\n1,2\n", "error: d.csv:1: the first line is empty", "d.csv"),
    "csv word in a nameless column": reading(
        "d.csv",
        "a,a\n1,x\n",
        re.compile(r"row 0 \(line 2\) in column '::1': 'x' is not a number"),
        "d.csv",
        "-p",
        "::0,1",
        "-t",
        "[[1,2]]",
    ),
    "delimiter": Row(
        mse("d.csv", "--delimiter", "||"), USAGE, "error: --delimiter takes one character, \\t, or ' ' for runs of blanks, not '||'", D
    ),
    "one number and two expected": Row(
        ("compute", "rmse", "-p", "1,2", "-t", "1,4", "-r", "none", "--expect", "[1,2]"),
        INPUT,
        "error: --expect: rmse gives 1 number, and 2 are expected",
    ),
    "source of blanks": Row(mse("-p", " ", "-t", "1"), USAGE, "error: an empty text is no SOURCE: give numbers, a column or a file"),
    "option given nothing": Row(mse("d.csv", "--grad", ""), USAGE, "error: --grad is an empty text: say what it is, or leave it out", D),
    "class without a name": Row(
        ("compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--classes", "a,,b"),
        USAGE,
        "error: --classes takes names with commas between them, and one is empty",
    ),
    "lines with an index": Row(
        mse("-p", "0 1.5\n1 2.5", "-t", "1,2"),
        INPUT,
        "error: inline numbers '0 1.5\\n1 2.5': the lines begin with 0, 1 …, as an index does: "
        "paste the numbers alone (x.tolist()), or '[[1,2],[3,4]]' for rows",
    ),
    "part of a Series": Row(
        mse("-p", "0 1.5\n..\n9 2.5\ndtype: int64", "-t", "1,2"),
        INPUT,
        "error: inline numbers '0 1.5\\n..\\n9 2.5\\ndtype: int64': the print leaves numbers out, so it is not the whole Series: "
        "write it to a file",
    ),
    "both keys are numbers": Row(
        mse("d.json", "-p", "::0", "-t", "::1", "-f", "value"),
        0,
        "warning: W127 d.json: both keys are numbers, and the 2 outer ones were taken for rows, not for columns: "
        "give the columns names, or write records (orient='records')",
        {"d.json": '{"0": {"0": 1, "1": 2}, "1": {"0": 3, "1": 3}}'},
    ),
    "delimiter empty": Row(
        mse("d.csv", "--delimiter", ""), USAGE, "error: --delimiter takes one character, \\t, or ' ' for runs of blanks, not ''", D
    ),
    "decimal": Row(mse("d.csv", "--decimal", ";"), USAGE, "error: --decimal takes '.' or ',', not ';'", D),
    "comment": Row(
        mse("d.csv", "--comment", "-"),
        USAGE,
        "error: --comment takes what begins a comment, such as '#', and neither a number nor a field: not '-'",
        D,
    ),
    "options of text without text": Row(mse(*PT, "--comment", "#"), USAGE, "error: --comment is for CSV and TSV, and none was read"),
    "index without a name": Row(
        mse("-p", "d.csv", "-t", "1"),
        USAGE,
        "error: d.csv: the first column has no name, as an index that pandas or R writes: name a column, d.csv::v",
        {"d.csv": ",v\n0,1\n"},
    ),
    "names of rows": Row(
        mse("d.csv", "--delimiter", " ", "-f", "value"),
        0,
        "warning: W123 d.csv: the rows have one field more than the header: the first was taken for a row's name, as R writes it",
        {"d.csv": '"pred" "target"\n"1" 1 2\n'},
    ),
    "header of a file and none": Row(
        mse("-p", "d.csv::0", "-t", "d.csv::b", "--no-header"),
        USAGE,
        "error: d.csv has a header, as 'b' names a column of it, or none: name all its columns",
        {"d.csv": "a,b\n1,2\n"},
    ),
    "first line as data": Row(
        mse("d.csv", "-p", "::0", "-t", "::1", "-f", "value"),
        0,
        "warning: W122 d.csv: the first line (0,1) was taken for data: say --header if it names the columns, --no-header if not",
        {"d.csv": "0,1\n1,1\n"},
    ),
    "first line of another kind": Row(
        mse("-p", "d.csv", "-t", "d.csv"),
        USAGE,
        "error: d.csv: the first line (0) is of another kind than the rows below it (2.5): "
        "say --header if it names the columns, --no-header if it is data",
        {"d.csv": "0\n2.5\n"},
    ),
    "first line as names": Row(
        ["compute", "zero_one", "-p", "d.csv", "-t", "d.csv", "-f", "value"],
        0,
        "warning: W122 d.csv: the first line was taken for the names of columns, but 'cat' stands below it, too: "
        "say --no-header if it is data, --header if not\n"
        "warning: W116 pred and target are the same column, d.csv: this compares it with itself",
        {"d.csv": "cat\ncat\n"},
    ),
    "two classes": Row(
        ["compute", "bce", "-p", "0.5", "-t", "1", "--classes", "a,b,c"],
        USAGE,
        "error: bce has two classes: --classes takes the words for 0 and 1, not 3",
    ),
    "words beside numbers": Row(
        ["compute", "zero_one", "d.csv", "-p", "p", "-t", "t"],
        INPUT,
        "error: zero_one: target (d.csv::t) holds words, pred (d.csv::p) numbers alone: "
        "name the classes with --classes (the word for 0, then for 1, …)",
        {"d.csv": "p,t\n0,cat\n1,dog\n"},
    ),
    "delimiter quote": Row(mse("d.csv", "--delimiter", '"'), USAGE, re.compile("^error: --delimiter"), D),
    "delimiter line end": Row(mse("d.csv", "--delimiter", "\n"), USAGE, re.compile("^error: --delimiter"), D),
    "other delimiter": reading(
        "d.csv",
        "pred;target\n1;2\n",
        "error: d.csv has no column for pred and target: name it with --pred SOURCE --target SOURCE; d.csv has pred;target; "
        "if its fields are divided by ';', say --delimiter ';'",
        "d.csv",
    ),
    "json": reading("d.json", "[1,\n2,]", "error: d.json:2: not JSON: Expecting value at column 3"),
    "json deep": reading("d.json", "[" * 100_000, "error: d.json: nested too deep"),
    "json 40 axes": reading("d.json", "[" * 40 + "]" * 40, "error: d.json is nested too deep: an array has at most 32 axes"),
    "json huge": reading("d.json", "[1" + "0" * 400 + "]", "error: d.json holds a number of 401 digits, too large for float64"),
    "json key twice": reading("d.json", '{"a": 1, "a": 2}', "error: d.json: the key 'a' stands twice in one object"),
    "json object": reading("d.json", '{"a": [1], "b": [2]}', "error: d.json is an object with a, b: name a key with ::"),
    "json empty object": reading("d.json", "{}", re.compile("^error: d.json is an empty object")),
    "json ragged": reading("d.json", "[[1,2],[3]]", "error: d.json is ragged: 1 value at [1], but 2 values at [0]"),
    "json shapes": reading(
        "d.json",
        '{"a": [1], "b": [2,3]}',
        "error: d.json::a,b: these do not have the same shape: a (1,), b (2,)",
        "-p",
        "d.json::a,b",
        "-t",
        "1",
    ),
    "json record": reading(
        "d.json", '[{"a": 1}, 5]', "error: d.json: [1] is 5, not a record as the first one", "-p", "d.json::a", "-t", "1,2"
    ),
    "json key missing": reading(
        "d.json",
        '[{"a": 1}, {"b": 1}]',
        re.compile(r"^error: d.json: \[1\] has no 'a'.*; the first record has$"),
        "-p",
        "d.json::a",
        "-t",
        "1,2",
    ),
    "json records": reading("d.json", '[{"a": 1}, {"b": 1}]', "error: d.json[0] is an object with a: name a key with ::"),
    "jsonl": reading("d.jsonl", '{"a": 1}\n{"a": 1\n', re.compile("^error: d.jsonl:2: not JSON: "), "-p", "d.jsonl::a", "-t", "1,2"),
    "jsonl record": reading(
        "d.jsonl", '{"a": 1}\n5\n', re.compile("^error: d.jsonl.*line 2 is 5, not a record"), "-p", "d.jsonl::a", "-t", "1,2"
    ),
    "jsonl object": reading("d.jsonl", '{"a": 1}\n', "error: d.jsonl holds records with a: name a key with ::"),
    "jsonl empty": reading("d.jsonl", "\n", "error: d.jsonl is empty"),
    "jsonl lists": reading(
        "d.jsonl",
        "[1,2]\n[2]\n",
        "error: d.jsonl:2: [2] is no list of 2 as the first line",
        "d.jsonl",
        "-p",
        "::0",
        "-t",
        "::1",
    ),
    "yaml": reading("d.yaml", "a:\n\t- 1\n", re.compile("^error: d.yaml:2: not YAML: ")),
    "yaml bytes": reading("d.yaml", b"a: [1, \0]\n", re.compile("^error: d.yaml: not YAML: ")),
    "yaml tag": reading("d.yaml", "!!python/object/apply:os.getcwd []\n", re.compile("^error: d.yaml:1: not YAML: .*not !!python")),
    "yaml deep": reading("d.yaml", "[" * 3000 + "]" * 3000, re.compile(r"^error: d\.yaml[^\n]*nest[^\n]*$")),
    "yaml date": reading(
        "d.yaml", "[1, 2020-01-01]\n", "error: d.yaml: row 1: '2020-01-01' is not a number: a date; only --id takes dates"
    ),
    "NUL in the header": reading(
        "d.csv",
        "\x001,b\n1,2\n",
        "error: d.csv:1: the first line holds a NUL, so it is no CSV in UTF-8: convert the file to UTF-8",
        "d.csv",
    ),
    "words of no letters": reading(
        "d.npy", npy(np.zeros(3, "<U1")).replace(b"<U1", b"<U0")[:-12], "error: d.npy holds <U0, which is nothing"
    ),
    "a limit that is none": reading(
        "d.csv", "pred\n1\n", "error: --max-bytes takes 0 or more, not -1", "d.csv", "--max-bytes", "-1", code=USAGE
    ),
    "more than the limit": reading(
        "d.json",
        "[1, 2, 3]",
        "error: d.json has more than 8 bytes, which have to be in memory at once: --max-bytes N allows more, 0 any number",
        "d.json",
        "--max-bytes",
        "8",
    ),
    "an Arrow stream that is cut short": reading(
        "d.arrow",
        b"\xff\xff\xff\xff",
        "error: d.arrow: not a readable Arrow file: it is cut short, or no Arrow stream (its end marker is missing)",
    ),
    "too many terms": objective(
        "terms: {" + ", ".join(f"t{i}: {{loss: m.yaml}}" for i in range(101)) + "}",
        "error: o.yaml: an objective has at most 10,000 terms, those of the objectives in it among them",
        m="terms: {" + ", ".join(f"t{i}: {{loss: mse}}" for i in range(100)) + "}",
    ),
    "objectives without end": objective(
        "terms: {a: {loss: n0.yaml}}",
        re.compile("n31.yaml: objectives are nested too deep: at most 32 stand in each other$"),
        **{f"n{i}": f"terms: {{a: {{loss: n{i + 1}.yaml}}}}" for i in range(32)},
    ),
    "compare with threads below none": Row(
        compare("-l", "mse", "-p", "a", "-t", "t", "--threads", "-1"), USAGE, "error: --threads takes 0 or more, not -1", AB
    ),
    "rows of no numbers": reading(
        "d.npy", npy(np.zeros((3, 0))), "error: mse: the rows of pred hold no numbers: its shape is (3, 0)", "-p", "d.npy", "-t", "d.npy"
    ),
    "rows of several numbers": Row(
        ["compute", "cox_ph", "-p", "d.npy", "--time", "d.npy", "--event", "d.npy"],
        INPUT,
        "error: cox_ph: pred needs one number for each row, but its shape is (3, 2)",
        {"d.npy": npy(np.ones((3, 2)))},
    ),
    "yaml bytes for a number": reading(
        "d.yaml",
        "[!!binary aGVsbG8=]\n",
        "error: d.yaml:1: not YAML: a value is a number, a word, true, false, null, a list or a mapping, not !!binary",
    ),
    # sources
    "inline": Row(
        mse("-p", "1,,2", "-t", "1"), INPUT, "error: inline numbers '1,,2': a number is missing between two commas or at the start"
    ),
    "inline divided twice": Row(
        mse("-p", "1,5;2,5", "-t", "1"),
        INPUT,
        "error: inline numbers '1,5;2,5': commas and semicolons are mixed: "
        "write 1.5,2.5 for two numbers, '[[1,5],[2,5]]' for two rows of numbers",
    ),
    "inline rows": Row(
        mse("-p", "[1 2; 3 4]", "-t", "1"),
        INPUT,
        "error: inline numbers '[1 2; 3 4]': rows are not divided by ';' here: write '[[1,2],[3,4]]' for two rows of two numbers",
    ),
    "inline cut": Row(
        mse("-p", "[1, ..., 3]", "-t", "1"),
        INPUT,
        "error: inline numbers '[1, ..., 3]': the print leaves numbers out ('...'), so it is not the whole array: "
        "write the array to a file instead",
    ),
    "inline JSON": Row(
        mse("-p", "[1,2", "-t", "1"), INPUT, "error: inline numbers '[1,2':1: not JSON: Expecting ',' delimiter at column 5"
    ),
    "inline word": Row(mse("-p", '[1,"a"]', "-t", "1,2"), INPUT, "error: inline: row 1: 'a' is not a number"),
    "column and file": Row(
        mse("d.csv", "-p", "a", "-t", "b"),
        USAGE,
        "error: 'a' is a column of d.csv and a file: say ::a for the column, ./a for the file",
        AB | {"a": "1\n"},
    ),
    "no column or file": Row(
        mse("d.csv", "-p", "prd"), INPUT, "error: no column or file 'prd' (did you mean pred?); d.csv has pred, target", D
    ),
    "no DATA": Row(
        mse("-p", "::a"), USAGE, "error: ::a is a part of DATA, but no DATA is given: losscli compute LOSS DATA … ::a, or FILE::a"
    ),
    "no column": Row(mse("-p", "d.csv::prd"), INPUT, "error: d.csv has no column 'prd' (did you mean pred?); d.csv has pred, target", D),
    "no position": Row(mse("-p", "d.npy::2"), INPUT, re.compile(r"has no column '2'; .* 2 columns, ::0 to ::1$"), {"d.npy": npy([[1, 2]])}),
    "DATA unused": Row(
        mse("d.csv", "-p", "1", "-t", "0"),
        USAGE,
        "error: no role uses d.csv (1, 0 was read as numbers; for a column by its position say ::1, ::0)",
        D,
    ),
    "no column for a role": Row(
        mse("d.csv"),
        INPUT,
        "error: d.csv has no column for target: name it with --target SOURCE; d.csv has pred, x",
        {"d.csv": "pred,x\n1,2\n"},
    ),
    "two columns for a role": Row(
        mse("d.csv"),
        INPUT,
        "error: d.csv has more than one column for pred: y_pred, output: choose with --pred SOURCE",
        {"d.csv": "y_pred,output,target\n1,2,3\n"},
    ),
    "empty source": Row(mse("-p", "", "-t", "1"), USAGE, re.compile("^error: .*(empty|no source)")),
    "equals sign": Row(mse("-p=1,2", "-t", "1,2"), USAGE, "error: '=1,2' begins with '=': after a short option goes a space, -p 1,2"),
    # several files
    "no file for a pattern": Row(mse("p-*.csv"), INPUT, "error: no file matches p-*.csv"),
    "files that differ": Row(
        mse("p-*.csv"),
        INPUT,
        "error: the files of p-*.csv differ: p-1.csv has pred, target, but p-2.csv pred, label",
        {"p-1.csv": "pred,target\n1,2\n", "p-2.csv": "pred,label\n1,2\n"},
    ),
    "a file whose columns differ": Row(
        mse("p-*.json"),
        INPUT,
        "error: p-1.json: the columns differ in length: pred 1 row, target 2 rows",
        {"p-1.json": '{"pred": [1], "target": [1, 2]}'},
    ),
    "rows that differ": reading(
        "d.jsonl",
        '{"a": [1, 2]}\n' * 64 + '{"a": [1]}\n',
        "error: d.jsonl::a: row 64 (line 65) has the shape (1,), but the rows before it have (2,)",
        "-p",
        "d.jsonl::a",
        "-t",
        "d.jsonl::a",
    ),
    # Parquet and Arrow
    "parquet dates": reading(
        "d.parquet",
        parquet({"v": [date(2020, 1, 1)]}),
        "error: d.parquet::v holds Date: dates and times are no numbers; only --id takes them",
    ),
    "parquet records": reading(
        "d.parquet", parquet({"v": [{"a": 1}]}), re.compile("^error: d.parquet::v holds Struct.*, not numbers: cast")
    ),
    "parquet ragged": reading("d.parquet", parquet({"v": [[1], [1, 2]]}), "error: d.parquet::v is ragged: its lists have lengths 1, 2"),
    "parquet damaged": reading("d.parquet", b"PAR1", re.compile("^error: d.parquet: not a readable Parquet file: ")),
    "arrow damaged": reading("d.arrow", b"ARROW1", re.compile("^error: d.arrow: not a readable Arrow file: ")),
    # ids
    "id without one": Row(
        mse("d.csv", "--id", "id"), INPUT, "error: d.csv::id: row 0 (line 2) has no id", {"d.csv": "id,pred,target\n,1,2\n"}
    ),
    "id of lists": Row(
        mse("d.json", "--id", "id"),
        INPUT,
        "error: d.json::id is no id: row 0 holds [1]",
        {"d.json": '{"id": [[1], [2]], "pred": [1, 2], "target": [1, 2]}'},
    ),
    "id not there": Row(
        mse("a.csv", "-t", "b.csv::target", "--id", "id"),
        INPUT,
        "error: b.csv has no column 'id' to match its rows by (--id id): it has name, target",
        {"a.csv": "id,pred\nx,1\n", "b.csv": "name,target\nx,1\n"},
    ),
    "id is two": Row(mse("d.csv", "--id", "::0,1"), INPUT, "error: d.csv::0,1 is no column, so it cannot name the rows", D),
    "id twice": Row(
        mse("d.csv", "-t", "b.csv::target", "--id", "id"),
        INPUT,
        "error: d.csv::id: the id 'x' stands twice: row 0 (line 2) and row 1 (line 3)",
        {"d.csv": "id,pred\nx,1\nx,1\n", "b.csv": "id,target\nx,1\nx,1\n"},
    ),
    "id of no file": Row(
        mse("-p", "a.csv::pred", "-t", "b.csv::target", "--id", "idd"),
        INPUT,
        "error: --id idd: no file has a column 'idd' (did you mean id?): a.csv has id, pred; b.csv has id, target",
        {"a.csv": "id,pred\nx,1\n", "b.csv": "id,target\nx,1\n"},
    ),
    "id without files": Row(
        mse(*PT, "--id", "id"), INPUT, "error: --id id: no role is a column of a file, so there is no column 'id' to name the rows"
    ),
    "id that is a float": Row(
        mse("d.json", "--id", "id"),
        INPUT,
        "error: d.json::id: row 0 is the float 1e+18, which stands for several ids: write ids as text",
        {"d.json": '{"id": [1e18], "pred": [1], "target": [1]}'},
    ),
    "id of fewer rows": Row(
        mse("-p", "a.json::pred", "-t", "b.json::target", "--id", "id"),
        INPUT,
        "error: b.json::target has 1 row, but 2 ids",
        {"a.json": '{"id": [1, 2], "pred": [1, 2]}', "b.json": '{"id": [2, 1], "target": [1]}'},
    ),
    "id of no term": objective(
        "terms: {a: {loss: mse}}", "error: --id idd: no file of o.yaml has a column 'idd'", "d.csv", "--id", "idd", code=USAGE
    ),
    "ids in another order": Row(
        mse("-p", "a.csv::pred", "-t", "b.csv::target", "--strict"),
        INPUT,
        "error: W115 a.csv and b.csv both have the column 'id', but in another order: 2 rows of 2 stand elsewhere (row 0 is x and y), "
        "and rows were paired as they stand; to match the rows by it add --id id (an error because of --strict)",
        {"a.csv": "id,pred\nx,1\ny,2\n", "b.csv": "id,target\ny,1\nx,2\n"},
    ),
    "parts that do not go together": Row(
        mse("-p", "p-*.csv", "-t", "t-*.csv", "-f", "value"),
        0,
        "warning: W115 the files of p-*.csv and t-*.csv do not go together by their names: p-2.csv stands beside t-3.csv; "
        "rows run on from file to file",
        {"p-1.csv": "p\n1\n", "p-2.csv": "p\n1\n", "t-1.csv": "t\n1\n", "t-3.csv": "t\n1\n"},
    ),
    "a role beside itself": Row(
        compare("-l", "mse", "-p", "a", "-p", "t", "-t", "t", "-f", "value"),
        0,
        "warning: W116 t: pred and target are the same column, d.csv::t: this compares it with itself",
        AB,
    ),
    "a role within another": Row(
        mse("d.csv", "-p", "a,b", "-t", "b,t", "-f", "value"),
        0,
        "warning: W116 pred (d.csv::a,b) and target (d.csv::b,t) have the column b in common: it is compared with itself",
        AB,
    ),
    "values without their rows": Row(
        mse("-p", "1,nan,3", "-t", "1,2,4", "-r", "none", "--nan", "omit", "-f", "value"),
        0,
        "warning: W117 1 row of 3 left out for nan, and -f value does not say which: from there on its values stand for other rows; "
        "-f csv or jsonl writes the number or id of each row; --nan propagate leaves none out",
    ),
    "expected rows": Row(
        mse("-p", "1,2,3", "-t", "1,2,4", "-r", "none", "-f", "value", "--expect", "e.csv"),
        INPUT,
        "error: --expect: mse has a row 1 that what is expected has not",
        {"e.csv": "row,loss\n2,1\n0,0\n"},
    ),
    "option twice": Row(
        mse("-p", "1", "-p", "2", "-t", "1"),
        USAGE,
        "error: -p is given twice: compute takes one prediction; "
        "to set several beside each other: losscli compare -l LOSS -p A -p B -t TARGET",
    ),
    "losses with a comma": Row(
        compare("-l", "rmse,mae", "-p", "a"),
        USAGE,
        "error: -l rmse,mae: one -l takes one loss: say -l again for each, -l rmse -l mae",
        AB,
    ),
    "id missing": Row(
        mse("a.csv", "-t", "b.csv::target", "--id", "id"),
        INPUT,
        "error: 1 id of a.csv::id not in b.csv::id: y",
        {"a.csv": "id,pred\nx,1\ny,2\n", "b.csv": "id,target\nz,1\nx,2\n"},
    ),
    "id count as they come": Row(
        mse("-p", "1,2,3", "-t", "1,2,3", "--id", "d.csv::pred", "-r", "none", "-f", "csv"),
        INPUT,
        "error: pred names 2 rows, but there are more",
        D,
    ),
    "id count": Row(mse("-p", "1,2,3", "-t", "1,2,3", "--id", "d.csv::pred"), INPUT, "error: d.csv::pred names 2 rows, but there are 3", D),
    "id is a number": Row(mse(*PT, "--id", "7"), USAGE, "error: --id 7 was read as numbers: for a column by its position say ::7"),
    # labels
    "classes twice": Row(mse(*PT, "--classes", "a,a"), USAGE, "error: --classes names one class twice"),
    "classes of no labels": Row(
        mse(*PT, "--classes", "a,b"),
        USAGE,
        "error: mse has no labels: --classes names the classes of losses that have, such as cross_entropy",
    ),
    "classes that are too many": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--classes", "a,b,c"],
        INPUT,
        "error: --classes names 3, but pred has 2 columns",
    ),
    "classes of other columns": Row(
        ["compute", "cross_entropy", "d.csv", "--classes", "a,b"],
        INPUT,
        "error: --classes a,b does not agree with the columns of pred, which are cat, dog: leave it out",
        {"d.csv": "logit_cat,logit_dog,target\n1,2,cat\n"},
    ),
    "label of no class": Row(
        ["compute", "cross_entropy", "d.csv"],
        INPUT,
        "error: d.csv::target: row 0 (line 2): label 'cta' is none of the classes (did you mean cat?): cat, dog; name them with --classes",
        {"d.csv": "logit_cat,logit_dog,target\n1,2,cta\n"},
    ),
    # shapes
    "rows": Row(
        mse("-p", "1,2", "-t", "1,2,3"), INPUT, "error: the numbers of rows differ: pred has 2 rows (inline); target has 3 rows (inline)"
    ),
    "rows of files": Row(
        mse("-p", "a.csv", "-t", "b.csv"),
        INPUT,
        "error: the numbers of rows differ: pred has 1 row (a.csv); target has 2 rows (b.csv)",
        {"a.csv": "v\n1\n", "b.csv": "v\n1\n2\n"},
    ),
    "shapes": Row(
        mse("-p", "[[1,2],[3,4]]", "-t", "[[1],[2]]"),
        INPUT,
        re.compile(r"^error: mse: pred \(2, 2\) and target \(2, 1\) do not match: "),
    ),
    "shapes transposed": Row(
        mse("-p", "[[1,2,3],[4,5,6]]", "-t", "[[1,2],[3,4],[5,6]]"),
        INPUT,
        "error: mse: pred (2, 3) and target (3, 2) do not match: transpose one of them",
    ),
    "shapes of one column": Row(
        mse("-p", "[[1,2],[3,4]]", "-t", "1,2"),
        INPUT,
        "error: mse: pred (2, 2) and target (2,) do not match: choose one column of pred (inline), "
        "or, for one number of target a row, give it as (2, 1) (from a table: COLUMN:COLUMN) and say --broadcast",
    ),
    "shapes of labels": Row(
        ["compute", "cross_entropy", "-p", "[[1,2,3]]", "-t", "[[1,2]]"],
        INPUT,
        "error: cross_entropy: pred (1, 3) and target (1, 2) do not match: "
        "target needs one label for each row of pred, or a probability for each class",
    ),
    "shapes of vectors": Row(
        ["compute", "info_nce", "--anchor", "[[1,0]]", "--positive", "[[1,0]]", "--negative", "[[1,0,3]]"],
        INPUT,
        re.compile(r"^error: info_nce: .*negative \(1, 3\)"),
    ),
    "shapes of one vector": Row(
        ["compute", "info_nce", "--anchor", "[[[1,0]]]", "--positive", "[[[1,0]]]"],
        INPUT,
        "error: info_nce: a row of anchor must be one vector, but its shape is (1, 1, 2)",
    ),
    "rows of a shared role": Row(
        ["compute", "linear_cross_entropy", "-p", "[[1,2]]", "--linear-weight", "[[1,2],[3,4]]", "-t", "0", "--linear-bias", "1,2,3"],
        INPUT,
        "error: linear_cross_entropy: linear_bias has 3 numbers, but linear_weight has 2 rows",
    ),
    "broadcast": Row(
        mse("-p", "[[1,2],[3,4]]", "-t", "[[1,2,3],[4,5,6]]", "--broadcast"),
        INPUT,
        "error: the shapes do not broadcast: pred (2, 2), target (2, 3)",
    ),
    "no vectors": Row(
        ["compute", "cross_entropy", "-p", "d.csv::a", "-t", "0,1"],
        INPUT,
        "error: cross_entropy: pred needs rows of classes, but d.csv::a has one number a row, shape (rows,); "
        "bce_with_logits takes one logit a row",
        AB,
    ),
    "no boxes": Row(
        ["compute", "giou", "-p", "[[3,1,1]]", "-t", "[[1,1,2]]"], INPUT, "error: giou: pred needs 4 numbers a row, but has shape (1, 3)"
    ),
    "weights": Row(
        mse("-p", "[[1,2,3]]", "-t", "[[1,2,3]]", "-w", "[[1,2]]"),
        INPUT,
        "error: sample_weight (1, 2) fits neither the values (rows, 3) nor their leading axes",
    ),
    "weights of rows that are reduced": Row(
        [
            "compute",
            "ppo_clip",
            "--logp",
            "[[1,2]]",
            "--old-logp",
            "[[1,2]]",
            "--advantage",
            "[[1,2]]",
            "--average",
            "sequences",
            "-w",
            "[[1,2]]",
        ],
        INPUT,
        "error: each value is computed from a whole row here, so sample_weight needs one number for each row",
    ),
    "weights of one sample": Row(
        ["compute", "keras.losses.MeanSquaredError", "-p", "1,2", "-t", "1,3", "-w", "1,2"],
        INPUT,
        "error: keras.losses.MeanSquaredError treats vectors as one sample, which has one weight, but sample_weight has 2: "
        "for samples of one number give roles of the shape (N, 1) (from a table: COLUMN:COLUMN)",
    ),
    "labels of one sample": Row(
        ["compute", "logloss", "-p", "0.2,0.9,0.4", "-t", "0,1,1"],
        INPUT,
        "error: logloss: pred (3,) is one sample, but target (3,) has 3 numbers: give one label, or a probability for each class "
        "(they sum to 1); bce takes one probability a row",
    ),
    "more axes than a shared role has": Row(
        ["compute", "mase", "-p", "1,2", "-t", "1,3", "--history", "[[[1,2],[3,4]]]"],
        INPUT,
        "error: mase: history (1, 2, 2) has too many axes: give (time,), one series for all rows, or (series, time), one for each row",
    ),
    "series that are not those of the rows": Row(
        ["compute", "mase", "-p", "[[1,2],[2,3]]", "-t", "[[1,3],[2,4]]", "--history", "[[1,2],[3,5],[4,4]]"],
        INPUT,
        "error: mase: history (3, 2) has 3 rows, a series each, but pred has 2 rows: transpose it",
    ),
    "series of the rows in one": Row(
        ["compute", "rmsse", "-p", "[[1,2],[2,3]]", "-t", "[[1,3],[2,4]]", "--history", "[[1,2,3],[3,5,4]]", "--per", "all"],
        USAGE,
        "error: history has a row for each row of pred, so rmsse is a number a row: leave out --per all",
    ),
    "rows of numbers in a loss over the batch": Row(
        ["compute", "cox_ph", "-p", "[[0.1,0.2]]", "--time", "1,2", "--event", "1,1"],
        INPUT,
        "error: cox_ph: pred needs one number for each row, but its shape is (1, 2)",
    ),
    "one row or two": Row(
        ["compute", "rmse", "-p", "[[1,2]]", "-t", "1,4", "-f", "value"],
        0,
        "warning: W127 pred (1, 2) and target (2,) are read as (1, 2); rmse depends on which are rows: give both one shape",
    ),
    "weights along the last axis": Row(
        [
            "compute",
            "keras.losses.MeanSquaredError",
            "-p",
            "[[[1],[2]],[[3],[4]]]",
            "-t",
            "[[[1],[2]],[[3],[4]]]",
            "-w",
            "[1,2]",
            "-f",
            "value",
        ],
        0,
        "warning: W127 sample_weight (2,) weighs rows, but keras.losses.MeanSquaredError applies it along the last axes of the losses "
        "(2, 2): (2, 1) weighs rows in both",
    ),
    "weights of one number": Row(
        ["compute", "keras.losses.Dice", "-p", "0.5,1", "-t", "1,1", "-w", "1,2", "-f", "value"],
        0,
        "warning: W127 sample_weight weighs elements; keras.losses.Dice multiplies its one number by the weights",
    ),
    "a framework's word for another thing": Row(
        compare("-l", "monai.losses.DiceLoss:batch=true", "-p", "a"),
        USAGE,
        "error: dice has no option 'batch': --per channel takes each channel over all images",
        AB,
    ),
    "objective: a framework's word for another thing": objective(
        "terms: {a: {loss: monai.losses.DiceLoss, batch: true}}",
        re.compile(r"has no option 'batch': --per channel takes each channel over all images$"),
        code=USAGE,
    ),
    "a vector along the last axis": Row(
        mse("-p", "[[1,2],[3,4]]", "-t", "1,2", "--broadcast", "-f", "value"),
        0,
        "warning: W127 target (2,) lies along the last axis of (2, 2), as in NumPy; "
        "for one number a row give (2, 1) (from a table: COLUMN:COLUMN)",
    ),
    "time or rows first": Row(
        ["compute", "torch.nn.CTCLoss", "-p", "[[[-1,-1],[-1,-1]],[[-1,-1],[-1,-1]]]", "-t", "[[1],[1]]", "-f", "value"],
        0,
        "warning: W127 pred (2, 2, 2): rows come first here, (N, T, C), and not time, (T, N, C), as in torch.nn.CTCLoss; "
        "its shape fits both: transpose it if time is first",
    ),
    "boxes of COCO": Row(
        ["compute", "giou", "-p", "b.json::bbox", "-t", "[[1,1,2,2]]", "-f", "value"],
        0,
        "warning: W128 pred: bbox is read as corners, x1, y1, x2, y2; COCO's bbox is x, y, width, height: --box-format xywh "
        "(xyxy says that they are corners)",
        {"b.json": '[{"bbox": [1, 1, 2, 2]}]'},
    ),
    "time first": Row(
        ["compute", "torch.nn.CTCLoss", "-p", "[[[-1,-1],[-1,-1],[-1,-1]],[[-1,-1],[-1,-1],[-1,-1]]]", "-t", "[[1],[1],[1]]"],
        INPUT,
        "error: pred (2, 3, 2): rows come first here, (N, T, C), and not time, (T, N, C), as in torch.nn.CTCLoss: transpose it",
    ),
    "a reduction that a framework has not": Row(
        ["compute", "monai.losses.DiceCELoss", "-p", "[[[1,2],[2,1]]]", "-t", "[[0,1]]", "-r", "none"],
        USAGE,
        "error: monai.losses.DiceCELoss takes -r mean, sum here, not none; dice_ce -r none is ours, a number a row",
    ),
    "an option by two words": Row(
        ["compare", "-l", "torch.nn.CrossEntropyLoss:weight=[1,2],class_weight=[2,1]", "-p", "[[1,2]]", "-t", "0"],
        USAGE,
        "error: cross_entropy: weight and class_weight are one option here: give one of them",
    ),
    "weights of a whole row": Row(
        ["compute", "keras.losses.MeanSquaredError", "-p", "[[1,2]]", "-t", "[[1,2]]", "-w", "[[1,2]]"],
        INPUT,
        "error: sample_weight (1, 2) fits neither the values (rows,) nor their leading axes",
    ),
    # values
    "value nan": Row(
        mse("d.csv"),
        INPUT,
        "error: target = d.csv::target: row 0 (line 2) is nan or empty; --nan omit leaves such rows out, --nan propagate computes with "
        "them (1 more value like it)",
        {"d.csv": "pred,target\n1,\n2,\n3,1\n"},
    ),
    "value infinite": Row(mse("-p", "1,inf", "-t", "1,2"), INPUT, "error: pred: row 1 is inf; --nan propagate computes with it"),
    "value beyond float32": Row(
        mse("-p", "1e200", "-t", "1", "--dtype", "float32"),
        INPUT,
        "error: pred: row 0 is inf, or too large for float32; --nan propagate computes with it",
    ),
    "value outside": Row(["compute", "gaussian_nll", *PT, "--var", "1,-1"], INPUT, "error: var: row 1 is -1, which is not 0 or more"),
    "value of an element": Row(
        mse("-p", '[[1,2],[3,"nan"]]', "-t", "[[1,2],[3,4]]"), INPUT, re.compile(r"^error: pred: row 1, element 1 is nan or empty; ")
    ),
    "probability": Row(
        ["compute", "bce", "-p", "1.2", "-t", "1"],
        INPUT,
        "error: pred: row 0 is 1.2, which is not from 0 to 1; for logits use bce_with_logits",
    ),
    "value as written": Row(["compute", "bce", "-p", "-0.1", "-t", "1"], INPUT, re.compile("row 0 is -0.1, which is not from 0 to 1")),
    "probability or logit": Row(
        ["compute", "dice", "-p", "1.2", "-t", "1"],
        INPUT,
        "error: pred: row 0 is 1.2, which is not from 0 to 1; --from-logits takes logits",
    ),
    "sign": Row(
        ["compute", "hinge", "-p", "1", "-t", "0"],
        INPUT,
        "error: target: row 0 is 0, which is not -1 or 1; keras.losses.Hinge maps 0 to -1",
    ),
    "sign without a preset": Row(
        ["compute", "cosine_embedding", "--input1", "[[1,2]]", "--input2", "[[1,2]]", "-t", "0"],
        INPUT,
        "error: target: row 0 is 0, which is not -1 or 1; write -1 for 0",
    ),
    "label": Row(
        ["compute", "cross_entropy", "-p", "[[1,2,3]]", "-t", "3"],
        INPUT,
        "error: target: row 0 is 3, but class indices go from 0 to 2; if the labels count from 1, say --classes 1,2,3",
    ),
    "label of two classes": Row(
        ["compute", "cross_entropy", "d.csv", "-p", "x_*", "-t", "t"],
        INPUT,
        "error: d.csv::t: row 0 (line 2): label 'x_1' could be one of two classes: name the columns so that no name is the end of another",
        {"d.csv": "x_1,x_x_1,t\n1,2,x_1\n"},
    ),
    "label nan": Row(
        ["compute", "cross_entropy", "-p", "[[1,2,3]]", "-t", "nan"],
        INPUT,
        "error: target: row 0 has no label (nan or an empty field); --nan omit leaves such rows out",
    ),
    "box": Row(
        ["compute", "giou", "-p", "[[3,1,1,3]]", "-t", "[[1,1,2,2]]"],
        INPUT,
        re.compile(r"^error: pred: row 0, element 0 is 3, which is not x1, y1, x2, y2 with x1 ≤ x2 and y1 ≤ y2"),
    ),
    "weight": Row(mse(*PT, "-w", "1,-1"), INPUT, "error: sample_weight: row 1 is -1, which is not 0 or more"),
    # warnings
    "strict": Row(
        mse("-p", "[]", "-t", "[]", "--strict"),
        INPUT,
        "error: W105 mse is nan: there are no rows (an error because of --strict)",
    ),
    "W101 vectors": Row(
        ["compute", "cross_entropy", "-p", "[[0.2,0.8],[0.5,0.5]]", "-t", "0,1"],
        0,
        "warning: W101 pred looks like probabilities (all from 0 to 1, and each row sums to 1), but this loss takes logits: "
        "use logloss for probabilities",
    ),
    "W101": Row(
        ["compute", "bce_with_logits", "-p", "0.2,0.8", "-t", "0,1"],
        0,
        "warning: W101 pred looks like probabilities (all from 0 to 1), but this loss takes logits: use bce for probabilities",
    ),
    "W101 focal": Row(
        ["compute", "focal", "-p", "0.2,0.8", "-t", "0,1"],
        0,
        "warning: W101 pred looks like probabilities (all from 0 to 1), but this loss takes logits: use focal_from_probs for probabilities",
    ),
    "W102": Row(
        ["compute", "nll", "-p", "[[0.2,0.8]]", "-t", "0"],
        0,
        "warning: W102 1 row: pred is above 0, so it holds no log-probabilities: give log_softmax(logits), or the logits to cross_entropy, "
        "or probabilities to logloss\n"
        "warning: W103 1 row: pred does not sum to 1 over the last axis: give log-probabilities, log_softmax(logits)",
    ),
    "W103 labels": Row(
        ["compute", "cross_entropy", "-p", "[[3,4]]", "-t", "[[0.5,0.6]]"],
        0,
        "warning: W103 1 row: target does not sum to 1 over the last axis: soft labels are probabilities",
    ),
    "W103 and W106": Row(
        ["compute", "kl_div", "-p", "[[-0.1,-0.1]]", "-t", "[[0.2,0.2]]"],
        0,
        "warning: W103 1 row: pred does not sum to 1 over the last axis: give log-probabilities, log_softmax(logits)\n"
        "warning: W103 1 row: target does not sum to 1 over the last axis: give probabilities\n"
        "warning: W106 kl_div is negative, which no divergence is: pred or target is not normalised",
    ),
    "W104 bce": Row(
        ["compute", "bce", "-p", "0,1", "-t", "1,0"],
        0,
        "warning: W104 2 rows: pred gives the label the probability 0, so its logarithm is bounded by --floor or --clip",
    ),
    "W104 mape": Row(
        ["compute", "mape", "-p", "1,2", "-t", "0,2"],
        0,
        "warning: W104 1 row: target is smaller than epsilon in size, so epsilon replaces it and the result is huge: "
        "consider wape, smape or mae",
    ),
    "W104 msle": Row(
        ["compute", "msle", "-p", "-0.5", "-t", "1", "--clip", "0"],
        0,
        "warning: W104 1 row: pred or target is below --clip, so it is replaced by it",
    ),
    "W105 rows": Row(mse("-p", "[]", "-t", "[]"), 0, "warning: W105 mse is nan: there are no rows"),
    "W105 weights": Row(mse(*PT, "-w", "0,0"), 0, "warning: W105 mse is nan: nothing is left to average (all ignored, or all weights 0)"),
    "W107": Row(
        ["compute", "cross_entropy", "-p", "[[[1,2],[3,4]]]", "-t", "[[0,1]]"],
        0,
        "warning: W107 pred (1, 2, 2) could have its classes on axis 1 or last: took axis 1; --class-axis -1 takes the last",
    ),
    "W113 words": Row(
        ["compute", "cross_entropy", "d.csv", "-p", "x_*", "-t", "t"],
        0,
        "warning: W113 target holds numbers, and the columns of pred are named by words, so they are taken in their order: "
        "0 is x_b, 1 is x_a; --classes says another order, or this one without a warning",
        {"d.csv": "x_b,x_a,t\n1,2,1\n"},
    ),
    "W113 from 1": Row(
        ["compute", "cross_entropy", "-p", "[[1,2,4],[1,2,4]]", "-t", "1,2"],
        0,
        "warning: W113 no target is 0, so none is of the first of 3 classes: if the labels count from 1, say --classes 1,2,3",
    ),
    "W113 pairs": Row(
        ["compute", "mse", "d.csv", "-p", "x_*", "-t", "y_*"],
        0,
        "warning: W113 pred and target have their columns in different orders, and are paired by position: x_b with y_a",
        {"d.csv": "x_b,x_a,y_a,y_b\n1,2,1,2\n"},
    ),
    "W113 weights": Row(
        ["compute", "cross_entropy", "d.csv", "-p", "x_*", "-t", "t", "--classes", "a,b", "--class-weight", "1,2"],
        0,
        "warning: W113 class-weight follows the order of the columns (b, a), not that of --classes",
        {"d.csv": "x_b,x_a,t\n1,2,a\n"},
    ),
    "W114 levels": Row(
        ["compute", "quantile", "d.csv", "-p", "q0.9", "-t", "y"],
        0,
        "warning: W114 tau 0.5 is not what the names of the columns say (q0.9): should it be 0.9?",
        {"d.csv": "q0.9,y\n1,2\n"},
    ),
    "W114 per cent": Row(
        ["compute", "weighted_quantile", "d.csv", "-p", "x*", "-t", "y"],
        0,
        "warning: W114 the columns x10, x90 are read as per cent, levels 0.1, 0.9: if that is wrong, give the levels with --quantiles",
        {"d.csv": "x10,x90,y\n1,2,2\n"},
    ),
    "weights of classes by key": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--class-weight", "w.json"],
        INPUT,
        "error: w.json has its numbers by key: write them as a list, in the order of the classes",
        {"w.json": '{"1": 2, "0": 1}'},
    ),
    "W114 no levels": Row(
        ["compute", "weighted_quantile", "d.csv", "-p", "q*", "-t", "y"],
        0,
        "warning: W114 quantiles 0.333333333333, 0.666666666667: spread evenly, as none are given, and the names of the columns "
        "(q100, q900) give none: give them with --quantiles",
        {"d.csv": "q100,q900,y\n1,2,2\n"},
    ),
    "levels in another order": Row(
        ["compute", "weighted_quantile", "d.csv", "-p", "q*", "-t", "y", "--quantiles", "0.9,0.1"],
        USAGE,
        "error: weighted_quantile: quantiles 0.9, 0.1 are not in the order of the columns q0.1, q0.9: "
        "leave --quantiles out, or say 0.1, 0.9",
        {"d.csv": "q0.1,q0.9,y\n1,2,2\n"},
    ),
    "twice in several files": Row(
        mse("p*.csv", "-p", "::0", "-t", "1,1"),
        INPUT,
        "error: ::0 of p*.csv: p1.csv and p2.csv have their columns in another order, and several are called 'a'",
        {"p1.csv": "a,a,b\n1,2,3\n", "p2.csv": "a,b,a\n1,2,3\n"},
    ),
    "W108": Row(
        mse("-p", "nan", "-t", "1", "--nan", "propagate"), 0, "warning: W108 mse is nan: nan or an infinity came through the input"
    ),
    "overflow": Row(mse("-p", "1e300", "-t", "1"), 0, re.compile("^warning: W1[0-9]{2} mse is inf")),
    "huge weights": Row(mse("-p", "1,2", "-t", "1,4", "-w", "1e308,1e308"), 0, ""),
    "a scale of 0": Row(
        ["compute", "mase", "-p", "1", "-t", "1", "--history", "2,2"],
        0,
        "warning: W110 mase is nan: the history does not vary, so the scale is 0",
    ),
    "quiet": Row(mse("-p", "[]", "-t", "[]", "-q"), 0, ""),
}


def _cross_entropy(**said: Any) -> Any:
    return losscli.compute("cross_entropy", pred=np.eye(2), target=np.array([0, 1]), **said)


def _deep_yaml() -> Any:
    with patch.object(yaml, "CSafeLoader", yaml.SafeLoader):
        return read_yaml(InputFile("d.yaml", None, b"- " * 3000))


def _changing() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        origin = InputFile("d.csv", Path(folder, "d.csv"))
        Path(folder, "d.csv").write_text("a\n", encoding="utf-8")
        origin.read()
        Path(folder, "d.csv").write_text("a\n1\n", encoding="utf-8")
        origin.read()


def _read_only() -> Any:
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        os.chmod(file.name, 0o444)
        destination(format=None, output=file.name, precision=None, color="auto", rows=None)


def _refused() -> Any:
    with _reading_errors():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def _write_only() -> Any:
    def read(most: int) -> bytes:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    with patch.object(sys, "stdin", Stdin(b"", terminal=False)):
        OpenFiles(stdin=read).table("-")


def _shrinking() -> Any:
    """info_nce reads the rows again; then there is one less."""

    class Shrinks:
        passes = 0

        def chunks(self, keys: Any) -> Iterator[dict[str, Any]]:
            self.passes += 1
            yield dict.fromkeys(keys, np.ones(40 if self.passes < 3 else 39))  # the first pass is a look at the shapes

        def place(self, row: int) -> str:
            return ""

    stream = Shrinks()
    known, preset = find("info_nce")
    vectors = {r: Column("x.csv", stream=stream, keys=("a", "b"), stacked=True) for r in ("anchor", "positive")}
    job, needed = prepare(bind(known, preset, {}), vectors)
    return evaluate([job], Data(needed))


def _of_package(value: str, *more: str) -> Any:
    """A loss of a package that is installed: listed, then looked for."""
    points = [EntryPoint("tilted", v, custom.GROUP) for v in (value, *more)]
    with patch.object(custom, "installed", lambda: points), patch.object(listing, "installed", lambda: points):
        with redirect_stderr(io.StringIO()):
            list(listing._installed())
        return find("tilted")


def of_too_many_rows() -> None:
    def centred(pred: Any, target: Any) -> Any:
        return pred - target.mean()

    with patch("losscli.engine.custom.decide.MAX_BYTES", 8):
        losscli.compute(centred, pred=[1.0, 2.0, 4.0], target=[1.0, 2.0, 3.0])


def piped() -> None:
    with patch("losscli.sources.open_files._stdin_has_data", return_value=True):
        columns_of_roles(Inputs(), find("mse")[0], {})


def without_polars() -> None:
    with patch.dict(sys.modules, {"polars": None}):
        forget_polars()
        try:
            read_parquet(InputFile("d.parquet"))
        finally:
            forget_polars()


# What the command line cannot bring about: the same messages from the functions of the package.
CALLS: dict[str, tuple[Callable[[], Any], type[LossError], str]] = {
    "no law": (lambda: check_loss("mse", skip={"chord": "why"}), UsageError, "there is no law 'chord' (did you mean chords?): chunking, "),
    "no property": (lambda: check_loss("mse", properties="convx"), UsageError, "there is no property 'convx' (did you mean convex?)"),
    "no tolerance": (
        lambda: assert_loss(1.0, "mse", rtol=-1.0, pred=[1], target=[2]), UsageError, "rtol and atol must be 0 or more, and finite"
    ),
    "own: too much at once": (of_too_many_rows, InputError, "needs all rows at once, and they take more than"),
    "no array": (lambda: losscli.compute("mse", pred=[[1], [1, 2]], target=[1]), UsageError, "pred is of type list, which cannot be"),
    "file gone": (InputFile("d.csv", Path("nowhere.csv")).read, InputError, "d.csv: no such file or directory"),
    "a file that changes": (_changing, InputError, "changed while it was read: run it again when nothing writes to that file"),
    "a read-only output": (_read_only, OutputError, ": it is read-only"),
    "a folder that is gone": (_refused, InputError, "the input cannot be read: no such file or directory"),
    "standard input for writing": (_write_only, InputError, "standard input cannot be read: Bad file descriptor"),
    "a row of vectors that is no YAML": (lambda: _row("- loss: [", "x.yaml: mse"), InputError, "x.yaml: mse: not YAML: "),
    "half a row of vectors": (
        lambda: _row("- loss: mse\n  expected: 1\n", "x.yaml: mse"),
        InputError,
        "x.yaml: mse: a row of vectors needs loss, roles, expected, peer, version, origin: it has no roles and no peer and no version",
    ),
    "piped": (piped, UsageError, "--target SOURCE; '-' is the data that comes in on standard input"),
    "parquet without polars": (without_polars, InputError, "d.parquet needs the fast extra: pip install 'losscli[fast]'"),
    "package broken": (lambda: _of_package("nowhere:f"), InputError, "tilted, of nowhere:f, cannot be loaded: ModuleNotFoundError"),
    "package of no function": (lambda: _of_package("math:pi"), InputError, "tilted, of math:pi, is of type float, not a function"),
    "two packages": (lambda: _of_package("a:f", "b:f"), UsageError, "'tilted' is a loss of several packages: a:f and b:f; name one as"),
    "own: no function": (lambda: find(len), UsageError, "a loss is a name or a plain function, not <built-in function len>"),
    "per of elements": (lambda: losscli.compute("mse", pred=1.0, target=1.0, per="row"), UsageError, "gives a value for each row already"),
    "per of all features": (
        lambda: losscli.compute("barlow_twins", z_a=np.eye(2), z_b=np.eye(2), per="row"), UsageError, "it takes no --per",
    ),
    "per of all classes": (
        lambda: losscli.compute("dice_ce", pred=np.eye(2), target=np.array([0, 1]), per="channel"), UsageError, "--per takes all or row",
    ),
    "class axis of none": (lambda: losscli.compute("mse", pred=[1.0], target=[1.0], class_axis=0), UsageError, "mse has no class axis"),
    "words": (lambda: losscli.compute("mse", pred=["a"], target=[1.0]), UsageError, "pred holds <U1, not numbers"),
    "gradient of no role": (lambda: losscli.gradient("mse", pred=[1.0], target=[1.0], wrt="prd"), UsageError, "no role 'prd' here"),
    "gradient of labels": (
        lambda: losscli.gradient("cross_entropy", pred=np.eye(2), target=np.array([0, 1]), wrt="target"), UsageError, "class indices",
    ),
    "gradient of what is left": (
        lambda: losscli.gradient("mse", pred=[1.0, np.nan], target=[1.0, 1.0], nan="omit"), UsageError, "rows with nan were omitted",
    ),
    "an archive that is none any more": (
        lambda: Archive(InputFile("d.npz", None, b"no archive"), ["a"]).opened().__enter__(), InputError, "d.npz: not a readable NPZ file",
    ),
    "counts that are none": (lambda: losscli.class_weights([1, -1]), UsageError, "one number for each class, 0 or more, not [1, -1]"),
    "beta that is none": (lambda: losscli.class_weights([1, 2], beta=1.5), UsageError, "beta must be from 0 to 1, not 1.5"),
    "unknown option": (lambda: _cross_entropy(smoothing=1), UsageError, "has no option 'smoothing'"),
    "deep YAML without libyaml": (_deep_yaml, InputError, "d.yaml: nested too deep"),
    "input that changes": (_shrinking, InputError, "the input changed while it was read: 40 rows, then 39"),
}  # fmt: skip

# Second locks on doors that are locked already: no input reaches them.
BEHIND = (
    "is nested too deep')",
    "have the same index",  # takes a Series: tests/sources/test_rows.py
    "the data that comes in on standard input is",  # takes a pipe: tests/sources/test_pasted_inputs.py
)


@contextmanager
def recorded() -> Iterator[set[Site]]:
    """The places that made a message meanwhile."""
    seen: set[Site] = set()

    def recording(kind: type) -> Any:
        init = kind.__init__  # type: ignore[misc]

        def made(self: Any, *args: Any, **said: Any) -> None:
            caller = sys._getframe(1)
            if (file := Path(caller.f_code.co_filename)).is_relative_to(PACKAGE):
                seen.add((file.relative_to(PACKAGE).as_posix(), caller.f_lineno))
            init(self, *args, **said)

        return patch.object(kind, "__init__", made)

    with recording(LossError), recording(SignatureError), recording(Warned):
        yield seen


@cache
def outcome(name: str) -> tuple[Outcome, set[Site]]:
    row = ROWS[name]
    with recorded() as seen:
        return cli(row.argv, row.files, row.stdin, row.stdout(), row.closed), seen


@pytest.mark.parametrize("name", ROWS)
def test_message(name: str) -> None:
    row, (got, _) = ROWS[name], outcome(name)
    said = got.err.rstrip("\n")
    if isinstance(row.err, str):
        assert said == row.err
    elif not row.err.search(said):
        pytest.fail(f"{row.err.pattern}\nis not in\n{said}")
    assert got.code == row.code
    assert "Traceback" not in got.err
    assert got.err.startswith("error: ") == (row.code > 1)
    if row.code > 1:
        assert got.out == ""


@pytest.mark.parametrize("name", CALLS)
def test_message_of_a_call(name: str) -> None:
    call, kind, text = CALLS[name]
    with pytest.raises(kind, match=re.escape(text)):
        call()


# --- none is left out ------------------------------------------------------------------------------------------------------

MESSAGES = {"UsageError", "InputError", "OutputError", "SignatureError", "Warned"}


def sites() -> dict[Site, str]:
    """Every place of the package that makes a message, and its code."""
    found: dict[Site, str] = {}
    for file in PACKAGE.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MESSAGES:
                found[file.relative_to(PACKAGE).as_posix(), node.lineno] = ast.unparse(node)
    return found


def test_every_message_has_a_row() -> None:
    seen = {site for name in ROWS for site in outcome(name)[1]}
    with recorded() as more:
        for call, kind, _ in CALLS.values():
            with pytest.raises(kind):
                call()
    left = {site: code for site, code in sites().items() if site not in seen | more}
    without = [f"{file}:{line} {code}" for (file, line), code in left.items() if not any(b in code for b in BEHIND)]
    assert not without, "a message without a row in this table:\n" + "\n".join(without)
    assert [b for b in BEHIND if not any(b in code for code in left.values())] == []


# --- the hints of losses ---------------------------------------------------------------------------------------------------

HINTING = [known for known in LOSSES.values() if known.hints]


def context(known: Loss, data: dict[str, Any]) -> dict[str, Any]:
    """What a hint sees of a block: options and roles."""
    job, needed = prepare(bind(known, OURS, {}), {role: Column(role, x) for role, x in data.items()})
    (block,) = Data(needed).blocks(job.block_rows)
    return job.options | job.view(block).roles


@pytest.mark.parametrize("known", HINTING, ids=lambda known: known.name)
def test_hints_of(known: Loss) -> None:
    """Any loss's, without a row of its own: one line, a code, one truth for each row, and only names that there are."""
    data = example(known, np.random.default_rng(0), 5)
    seen = context(known, data)
    for hint in known.hints:
        assert re.fullmatch("W1[0-9]{2}", hint.code)
        assert hint.message.isprintable() and hint.message == hint.message.strip().rstrip(".")
        rows = hint.rows(seen)
        assert (rows.dtype, rows.shape) == (np.dtype(bool), (5,)), hint
        for flag in re.findall(r"--([a-z-]+)", hint.message):
            assert flag.replace("-", "_") in known.options, hint
        for name in re.findall(r"\buse (\w+)", hint.message):
            find(name)
