"""Derivatives, gates and comparisons."""

from __future__ import annotations

import re

import numpy as np

from tests.cli.messages.rows import (
    AB,
    INPUT,
    ONE_NUMBER,
    OUTPUT,
    PT,
    USAGE,
    Row,
    compare,
    expecting,
    mse,
)
from tests.support.command import Full, npy, npz

ROWS: dict[str, Row] = {
    # derivatives
    "grad of no role": Row(
        mse(*PT, "--grad", "prad"),
        USAGE,
        "error: --grad takes a role or a numeric option of mse, or all: it has no 'prad' here (did you mean pred?); "
        "its roles: pred, target",
    ),
    "grad of no option": Row(
        ["compute", "huber", *PT, "--grad", "delte"],
        USAGE,
        "error: --grad takes a role or a numeric option of huber, or all: it has no 'delte' here (did you mean delta?); "
        "its roles: pred, target; its numeric options: delta",
    ),
    "grad of an infinite option": Row(
        ["compute", "barron", *PT, "--alpha=-inf", "--grad", "alpha"],
        USAGE,
        "error: --grad alpha: alpha is infinite here, where there is no derivative: give a finite number",
    ),
    "grad where it is infinite": Row(
        ["compute", "barron", *PT, "--alpha", "2", "--grad", "alpha"],
        USAGE,
        "error: --grad alpha: at alpha 2 the derivative of barron by alpha is infinite, as log |alpha − 2| is",
    ),
    "grad of a word": Row(
        ["compute", "tversky", *PT, "--grad", "absent"],
        USAGE,
        "error: --grad absent: only numbers have derivatives, and absent takes count|zero|agree",
    ),
    "grad of an option without a value": Row(
        ["compute", "cross_entropy", "-p", "[[1,2],[2,1]]", "-t", "0,1", "--grad", "class-weight"],
        USAGE,
        "error: --grad class_weight: class_weight has no value here, so there is no number to differentiate by: give --class-weight",
    ),
    "grad of counted weights": Row(
        ["compute", "cross_entropy", "-p", "[[1,2],[2,1]]", "-t", "0,1", "--class-weight", "balanced", "--grad", "class_weight"],
        USAGE,
        "error: --grad class_weight: class_weight is computed from the counts of the classes, so there is no number to differentiate by: "
        "give --class-weight",
    ),
    "grad of an option in rows": Row(
        ["compute", "huber", *PT, "--grad", "pred,delta", "-f", "csv"],
        USAGE,
        "error: --grad delta: all rows share delta, so its derivative has no place in rows of csv: write json",
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
    "gate of bounds that exclude each other": Row(
        mse(*PT, "--max", "1", "--min", "2"), USAGE, "error: no number is at most 1.0 (--max) and at least 2.0 (--min)"
    ),
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
    "gate failed, quiet": Row(mse(*PT, "--max", "2", "-q"), 1, "gate failed: mse 2.5, must be at most 2.0"),
    "gate passed, quiet": Row(mse(*PT, "--max", "2.5", "-q"), 0, ""),
    "gate passed": Row(mse(*PT, "--max", "2.5"), 0, "gate passed: mse 2.5, must be at most 2.5"),
    "gate near": Row(mse(*PT, "--expect", "2"), 1, "gate failed: mse 2.5, must be near 2.0 (rtol 1e-06, atol 1e-12)"),
    # compare
    "compare without a loss": Row(["compare", "-p", "1", "-t", "1"], USAGE, "error: compare needs a loss: -l mse, -l huber:delta=2, …"),
    "match by group": Row(
        compare("-p", "a", "-t", "t", "--match", "0.5", "--by", "b"),
        USAGE,
        "error: --match looks for the convention of one number: it takes no --by",
        AB,
    ),
    "match of what overflows": Row(
        ["compare", "-l", "mse", "-p", "a=1e200", "-p", "b=2e200", "-t", "3e200", "--match", "0.5"],
        INPUT,
        "error: no loss has a finite value on these data, so no convention can give the number",
    ),
    "match of words": Row(
        compare("-p", "a", "-t", "t", "--match", "0.5x"),
        USAGE,
        "error: --match takes one number as it was printed, such as 0.2675, not '0.5x'",
        AB,
    ),
    "match of nan": Row(compare("-p", "a", "-t", "t", "--match", "nan"), USAGE, "error: --match takes a finite number, not nan", AB),
    "match of a large number": Row(
        compare("-p", "a", "-t", "t", "--match", "1e999"), USAGE, "error: --match takes a finite number, not 1e999", AB
    ),
    "match with a baseline": Row(
        compare("-p", "a", "-t", "t", "--match", "1", "--baseline", "a"),
        USAGE,
        "error: --match looks for a number, and compares nothing with a --baseline: leave one of them out",
        AB,
    ),
    "match of an objective": Row(
        compare("-l", "o.yaml", "-p", "a", "-t", "t", "--match", "1"),
        USAGE,
        "error: --match looks for a single loss, and o.yaml is an objective: name its losses with -l",
        AB | {"o.yaml": "terms: {x: {loss: mse}}"},
    ),
    "rtol without match": Row(
        compare("-l", "mse", "-p", "a", "-t", "t", "--rtol", "0.1"),
        USAGE,
        "error: --rtol is how far from --match a value may be, and there is no --match",
        AB,
    ),
    "match of vectors": Row(
        compare("-l", "cosine_distance", "-p", "a", "-t", "t", "--match", "1"),
        INPUT,
        "error: no loss takes these data; cosine_distance: it takes more than one number a row",
        AB,
    ),
    "match of words in the data": Row(
        compare("-p", "a", "-t", "t", "--match", "1"),
        INPUT,
        "error: no loss takes these data; mse: d.csv::a: row 0 (line 2): 'x' is not a number",
        {"d.csv": "a,t\nx,1\ny,2\n"},
    ),
    "match of nan in the data": Row(
        compare("-p", "a", "-t", "t", "--match", "1"),
        INPUT,
        "error: no loss takes these data; mse: pred = d.csv::a: row 1 (line 3) is nan or empty; --nan omit leaves such rows out,"
        " --nan propagate computes with them",
        {"d.csv": "a,t\n1,1\n,2\n"},
    ),
    "match without a target": Row(
        compare("-p", "a", "--match", "1"),
        INPUT,
        re.compile("no loss takes these data; mse: d.csv has no column for target"),
        AB | {"d.csv": "a,b\n1,2\n"},
    ),
    "match of no rows": Row(
        compare("-p", "a", "-t", "t", "--match", "1"),
        INPUT,
        "error: no loss takes these data; mse: nothing is left to average",
        {"d.csv": "a,t\n"},
    ),
    "no match": Row(
        compare("-l", "mse", "-p", "a", "-t", "t", "--match", "77.7"), 1, "no match: none of 12 numbers is within 0.05 of 77.7", AB
    ),
    "compare without predictions": Row(
        compare("-l", "mse"), USAGE, "error: compare needs predictions: -p COLUMN or -p NAME=SOURCE, one or more", AB
    ),
    "compare a loss twice": Row(compare("-l", "mse", "-l", "mse", "-p", "a"), USAGE, "error: -l mse is given twice", AB),
    "compare a name twice": Row(
        compare("-l", "mse", "-p", "a", "-p", "a"), USAGE, "error: two predictions are called 'a': name them with -p NAME=SOURCE", AB
    ),
    "compare baseline": Row(
        compare("-l", "mse", "-p", "ab=a", "--baseline", "abc"),
        USAGE,
        "error: --baseline 'abc' is not one of the predictions (did you mean ab?): ab",
        AB,
    ),
    "compare dtype": Row(compare("-l", "mse", "-p", "a", "--dtype", "x"), USAGE, "error: --dtype takes float64 or float32, not 'x'", AB),
    "compare none": Row(
        compare("-l", "mse", "-p", "a", "-r", "none"), USAGE, "error: compare needs one number from each loss: -r none gives none", AB
    ),
    "compare npy": Row(compare("-l", "mse", "-p", "a", "-o", "x.npy"), USAGE, "error: a comparison is no array: write .csv or .json", AB),
    "compare no pred": Row(
        compare("-l", "cosine_embedding", "-p", "a", "-t", "t"),
        USAGE,
        "error: compare needs a loss with predictions, and cosine_embedding has none: its roles are input1, input2, target",
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
        "error: no role uses d.csv (1, 0, 2 was read as numbers; for a column by its position write ::1, ::0, ::2)",
        AB,
    ),
    "compare classes": Row(
        compare("-l", "mse", "-p", "a", "-t", "t", "--classes", "a,a"), USAGE, "error: --classes names one class twice", AB
    ),
}
