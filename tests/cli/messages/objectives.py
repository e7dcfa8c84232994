"""Objectives: a YAML file of losses with weights."""

from __future__ import annotations

import re

from tests.cli.messages.rows import (
    INPUT,
    ONE,
    OPTIONS_OF_A_TERM,
    USAGE,
    D,
    Row,
    compare,
    objective,
)

ROWS: dict[str, Row] = {
    # objectives
    "objective: no file": Row(["compute", "o.yaml"], INPUT, "error: no file o.yaml"),
    "objective: a lag of no interval": objective(ONE, "error: --lag is about the interval: add --ci 95", "d.csv", "--lag", "2", code=USAGE),
    "objective: independent rows that depend": objective(
        ONE,
        "error: --independent says that no rows depend on each other: give it without --lag",
        *("d.csv", "--ci", "95", "--lag", "auto", "--independent"),
        code=USAGE,
    ),
    "objective: grad of no total": objective(
        f"total: none\n{ONE}",
        "error: --grad is of the total, and o.yaml has none (total: none): give --grad to one loss",
        *("d.csv", "--grad", "pred"),
        code=USAGE,
    ),
    "objective: gradcheck of no total": objective(
        f"total: none\n{ONE}",
        "error: --gradcheck is of the total, and o.yaml has none (total: none): give --gradcheck to one loss",
        *("d.csv", "--gradcheck"),
        code=USAGE,
    ),
    "objective: gradcheck of float32": objective(
        ONE,
        "error: --gradcheck needs float64, and a is computed in float32: differences of float32 have hardly a digit",
        *("d.csv", "--gradcheck", "--dtype", "float32"),
        code=USAGE,
    ),
    "objective: a file elsewhere": Row(
        ["compute", "o.yaml"],
        USAGE,
        re.compile(
            r"^error: o.yaml:2: a: /d.csv is outside the folder of the objective \(/.+\): it names such files only with --allow-outside$"
        ),
        {"o.yaml": "terms:\n  a: {loss: mse, pred: /d.csv, target: [1]}"},
    ),
    "list: leave for no objective": Row(
        ["list", "mse", "--allow-code"],
        USAGE,
        "error: --allow-code is about an objective, and no word names one: losscli list FILE.yaml",
    ),
    "objective: gradcheck without derivative": Row(
        ["compute", "o.yaml", "-p", "0.5,1", "-t", "0,0", "--gradcheck", "--allow-code"],
        USAGE,
        "error: --gradcheck: a: f has no derivative to check: f.py:3: f: NoDerivative: no derivative is known for np.sinc",
        {
            "o.yaml": "terms:\n  a: {loss: f.py::f}",
            "f.py": "import numpy as np\ndef f(pred, target):\n    return np.sinc(pred - target)\n",
        },
    ),
    "objective: grad in a test report": objective(
        ONE, "error: -f junit has no place for --grad: -f json has its numbers", "d.csv", "--grad", "pred", "-f", "junit", code=USAGE
    ),
    "objective: grad of two in one array": objective(
        ONE,
        "error: -f value holds one array: --grad with one name, or write json",
        *("d.csv", "--grad", "pred,target", "-f", "value"),
        code=USAGE,
    ),
    "objective: grad of nothing": objective(
        ONE,
        re.compile(
            r"^error: --grad takes a role, a column or an option of a term: none has 'prad' \(did you mean pred\?\); there are pred"
        ),
        *("d.csv", "--grad", "prad"),
        code=USAGE,
    ),
    "objective: grad of several columns": objective(
        "terms:\n  a: {loss: mse, pred: '1,2', target: '0,0'}\n  b: {loss: mae, pred: '3,4', target: '0,0'}",
        "error: --grad pred: the pred of the terms are several columns (a reads inline, b reads inline): name one of the columns",
        *("--grad", "pred"),
        code=USAGE,
    ),
    "objective: grad of a name of two files": Row(
        ["compute", "o.yaml", "--grad", "x"],
        USAGE,
        "error: --grad x: d.csv::x and e.csv::x have this name: name one of them",
        {
            "o.yaml": "terms:\n  a: {loss: mse, data: d.csv, pred: x, target: '0'}\n  b: {loss: mae, data: e.csv, target: x, pred: '0'}",
            "d.csv": "x\n1\n",
            "e.csv": "x\n1\n",
        },
    ),
    "objective: grad of an option of two terms": objective(
        "terms:\n  a: {loss: huber}\n  b: {loss: huber, delta: 2}",
        "error: --grad delta: several terms have it: name a.delta or b.delta",
        *("d.csv", "--grad", "delta"),
        code=USAGE,
    ),
    "objective: grad with and without rows": Row(
        ["compute", "o.yaml", "--grad", "v"],
        USAGE,
        "error: --grad v: the derivatives of the terms have different shapes (a (2, 2) of 1 rows, b (2, 2) of 2 rows), "
        "so they cannot be added",
        {
            "o.yaml": "data: d.json\nterms:\n  a: {loss: info_nce, anchor: '[[1,0]]', positive: '[[1,0]]', negative: v}\n"
            "  b: {loss: mse, pred: v, target: '[[0,1],[1,1]]'}",
            "d.json": '{"v": [[0, 1], [1, 2]]}',
        },
    ),
    "objective: grad of other rows in a table": objective(
        "terms:\n  a: {loss: mse, pred: '1,2', target: '0,0'}\n  b: {loss: bpr, positive: '1,2,3', negative: '0,0,0'}",
        "error: --grad pred,positive: they have other rows: name one of them, or write json",
        *("--grad", "pred,positive", "-f", "csv"),
        code=USAGE,
    ),
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
        "terms:\n  a: {loss: mse}\n  b: {loss: mse}\n  a: {loss: mae}", "error: o.yaml:4: not YAML: the key 'a' is used twice"
    ),
    "objective: no loss": objective(
        "terms:\n  a: {weight: 2}",
        "error: o.yaml:2: the term a has no loss: write a: {loss: mse, weight: 1, pred: …, target: …}, or a: {value: 12.5}",
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
        "terms:\n  a:\n    loss: mse\n    weight: a",
        "error: o.yaml:4: a: weight takes a number, by which the term is multiplied, or "
        "learned, learned_classification or learned_doubled, not 'a'",
    ),
    "objective: weight infinite": objective(
        "terms: {a: {loss: mse, weight: .inf}}",
        "error: o.yaml:1: a: weight takes a number, by which the term is multiplied, or "
        "learned, learned_classification or learned_doubled, not inf",
    ),
    "objective: class weights": objective(
        "terms: {a: {loss: torch.nn.CrossEntropyLoss, weight: [1, 2]}}",
        "error: o.yaml:1: a: the option weight of this loss is class_weight here; "
        "weight takes a number, by which the term is multiplied, or learned, learned_classification or learned_doubled, not [1, 2]",
    ),
    "objective: log_variance": objective(
        "terms: {a: {loss: mse, weight: learned, log_variance: 800}}",
        "error: o.yaml:1: a: log_variance takes a number from -700 to 700, not 800",
    ),
    "objective: learned without log_variance": objective(
        "terms: {a: {loss: mse, weight: learned}}",
        "error: o.yaml:1: a: weight: learned needs log_variance: the logarithm of the variance that was learned",
    ),
    "objective: log_variance without learned": objective(
        "terms: {a: {loss: mse, log_variance: 0.5}}",
        "error: o.yaml:1: a: log_variance belongs to weight: learned, learned_classification or learned_doubled",
    ),
    "objective: learned in a mean": objective(
        "total: mean\nterms: {a: {loss: mse, weight: learned, log_variance: 0.5}}",
        "error: o.yaml:2: a: weight: learned is for total: sum, since the term adds its log_variance to the total",
    ),
    "objective: a value that is none": objective(
        "terms: {a: {value: {b: 1}}}", "error: o.yaml:1: a: value takes a SOURCE (a column, a file, file::part, numbers), not {'b': 1}"
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
        "terms: {a: {loss: huber, delta: [1, 2]}}", "error: o.yaml:1: a: huber: delta takes a number above 0, not [1, 2]", code=USAGE
    ),
    "objective: option too large": objective(
        "terms: {a: {loss: cross_entropy, ignore_index: .inf}}",
        "error: o.yaml:1: a: cross_entropy: ignore_index takes a whole number, not inf",
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
        "error: o.yaml:1: a: rtol is a tolerance of expect, and the term has no expect",
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
        "error: o.yaml:3: b: p.yaml:1: c: o.yaml → p.yaml → o.yaml: these objectives form a circle",
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
        ONE, "error: -o o.yaml is also a file that is read: write the result to another file", "d.csv", "-o", "o.yaml", code=USAGE
    ),
    "objective: a gate without total": objective(
        "{total: none, terms: {a: {loss: mse}}}",
        "error: o.yaml has no total (total: none) that a gate could judge: its terms have gates of their own",
        "d.csv",
        "--max",
        "1",
        code=USAGE,
    ),
    "objective: an interval without total": objective(
        "{total: none, terms: {a: {loss: mse}}}",
        "error: o.yaml has no total (total: none) that could have an interval",
        "d.csv",
        "--ci",
        "95",
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
    "objective: list": Row(["list", "o.yaml", "--convex"], USAGE, "error: --convex filters losses, and o.yaml is an objective"),
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
        "error: --reduction does not apply to the terms of o.yaml: write reduction into the file",
        {"o.yaml": ONE, **D},
    ),
}
