"""A user's function as a loss."""

from __future__ import annotations

import re

import numpy as np

from tests.cli.messages.rows import (
    A_COLUMN,
    A_VALUE,
    HAS,
    INPUT,
    OWN,
    PT,
    USAGE,
    Row,
    mine,
    running,
)
from tests.support.command import npy

ROWS: dict[str, Row] = {
    "own: conforms to nothing": Row(
        ["compute", "m.py::f", "--conforms", "mse", "--conforms="], USAGE, re.compile("--conforms is (given twice|an empty text)")
    ),
    "own: to check, is not there": Row(
        ["compute", "m.py::fail", "--conforms", "mse"],
        USAGE,
        re.compile("m.py has nothing to call of the name 'fail'"),
        {"m.py": OWN},
    ),
    "own: numbers of --conforms": Row(
        ["compute", "m.py::one", "--conforms", "mse", "-f", "metrics"],
        USAGE,
        "error: --format takes table, value, json, jsonl, csv, tsv, yaml, markdown, github or junit, not 'metrics'",
        {"m.py": OWN},
    ),
    "own: --conforms of compare": Row(
        ["compare", "m.py::one", "--conforms", "mse"],
        USAGE,
        "error: no such option --conforms: it is an option of `losscli compute`: losscli compute FILE.py::FUNCTION --conforms LOSS\n"
        "see `losscli compare --help`",
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
    "own: *": mine("star", INPUT, "m.py:19: star has the parameter *pred, which cannot be passed by name: name each role and option"),
    "own: **": mine("stars", INPUT, "m.py:20: stars has the parameter **more, which cannot be passed by name: name each role and option"),
    "own: /": mine(
        "slash", INPUT, "m.py:21: slash has the parameter pred, which cannot be passed by name: remove the / from its parameters"
    ),
    "own: no role": mine("none", INPUT, "m.py:22: none has no role: its first parameters, without defaults, are the arrays that it takes"),
    "own: no role that is needed": mine("first", INPUT, "m.py:23: first needs a first role without a default, not pred=None"),
    "own: no default": mine("bare", INPUT, "m.py:24: bare has an option 'delta' without a default: give it one"),
    "own: odd default": mine(
        "odd", INPUT, "m.py:25: odd has an option 'delta' whose default is a value of type type, not a number or a word"
    ),
    "own: raises in an objective": Row(
        ["compute", "f/o.yaml", "-p", "1,2", "--allow-code"],
        INPUT,
        "error: f/o.yaml:2: b: f/m.py:6: fails: IndexError: index 7 is out of bounds for axis 0 with size 2 (rows 0 to 1)",
        {"f/o.yaml": "terms: {a: {loss: mse, target: [1, 2]},\n b: {loss: m.py::fails}}", "f/m.py": OWN},
    ),
    "own: in an objective": Row(
        ["compute", "o.yaml", "-p", "1,2"],
        USAGE,
        "error: o.yaml:1: a: m.py::weighs would run the code of a file:"
        " an objective does that only with --allow-code, if you trust the file",
        {"o.yaml": "terms: {a: {loss: m.py::weighs, weight: 2}}", "m.py": OWN},
    ),
    "own: a name of an objective": Row(
        ["compute", "o.yaml", "-p", "1,2", "--allow-code"],
        INPUT,
        "error: o.yaml:1: a: weight is a key of the term, and also an option of m.py::weighs: rename the option",
        {"o.yaml": "terms: {a: {loss: m.py::weighs, weight: 2}}", "m.py": OWN},
    ),
    "own: a name of ours": mine(
        "clash", INPUT, "m.py:26: clash has a parameter 'rows', which is an option of losscli itself: call it something else"
    ),
}
