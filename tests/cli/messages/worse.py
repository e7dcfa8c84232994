"""Gates on a difference: to another prediction, or to an earlier result."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.cli.messages.rows import AB, INPUT, PT, USAGE, Row, compare, mse

MSE = {"loss": "mse", "params": {}, "reduction": "mean", "denominator": {"kind": "elements", "value": 2}, "rows": {"used": 2}}
THEN: dict[str, Any] = {**MSE, "value": 2.5, "signature": "mse|reduction=mean|elements=2|float64|losscli 0.1.0"}
ROWS_THEN = {k: v for k, v in THEN.items() if k not in ("value", "denominator")} | {
    "reduction": "none",
    "values": [1.0, 4.0],
    "signature": "mse|reduction=none|float64|losscli 0.1.0",
}
COMPARED = {"results": [{**MSE, "prediction": name, "value": 2.5} for name in ("a", "b")], "rows": {"used": 2}}


def since(then: Any, err: str | re.Pattern[str], *argv: str, code: int = INPUT) -> Row:
    """The mse of two rows, against an earlier result."""
    text = then if isinstance(then, str) else json.dumps(then)
    return Row(mse(*(argv or PT), "--baseline", "r.json", "--fail-if-worse", "0", "-f", "value"), code, err, {"r.json": text})


def against(then: Any, err: str, *argv: str) -> Row:
    files = {**AB, "r.json": json.dumps(then)}
    return Row(compare("-t", "t", *argv, "--against", "r.json", "--fail-if-worse-point", "0"), INPUT, err, files)


ANEW = "rows are paired only where both have the same: write the earlier result anew on the rows of the data"
OTHER_ROWS = f"the data has 1 row that this file does not have (1) and this file has 1 row that the data does not have (7); {ANEW}"
PLAIN = "stand for a plain mean, and this is a {}: write the earlier result without -r none"

ROWS: dict[str, Row] = {
    # options
    "worse of words": Row(
        mse(*PT, "--fail-if-worse", "much"),
        USAGE,
        "error: --fail-if-worse takes how much worse is allowed, such as 0, 0.01 or 1%, not 'much'",
    ),
    "worse by less than nothing": Row(mse(*PT, "--fail-if-worse-point", "-1%"), USAGE, re.compile("^error: --fail-if-worse-point takes")),
    "worse by nan": Row(mse(*PT, "--fail-if-worse", "nan"), USAGE, re.compile("^error: --fail-if-worse takes")),
    "worse by infinitely much": Row(mse(*PT, "--fail-if-worse", "inf"), USAGE, re.compile("^error: --fail-if-worse takes")),
    "worse by 1_0": Row(mse(*PT, "--fail-if-worse", "1_0"), USAGE, re.compile("^error: --fail-if-worse takes")),
    "confidence as a share": Row(
        compare("-l", "mse", "-p", "a", "-p", "b", "-t", "t", "--fail-if-worse", "0", "--confidence", "0.95"),
        USAGE,
        "error: --confidence takes percent from 50 to below 100, such as 95, not 0.95: write 95",
        AB,
    ),
    "confidence of 100": Row(
        mse(*PT, "--fail-if-worse", "0", "--confidence", "100"),
        USAGE,
        "error: --confidence takes percent from 50 to below 100, such as 95, not 100",
    ),
    "confidence of nothing": Row(
        mse(*PT, "--confidence", "90"),
        USAGE,
        "error: --confidence is how sure --fail-if-worse has to be, and there is no --fail-if-worse",
    ),
    "worse than nothing": Row(
        mse(*PT, "--fail-if-worse", "0"), USAGE, "error: --fail-if-worse needs an earlier result to compare with: add --baseline FILE"
    ),
    "worse point than nothing": Row(
        mse(*PT, "--fail-if-worse-point", "0"),
        USAGE,
        "error: --fail-if-worse-point needs an earlier result to compare with: add --baseline FILE",
    ),
    "baseline of no gate": Row(
        mse(*PT, "--baseline", "r.json"),
        USAGE,
        "error: --baseline is the baseline of --fail-if-worse or --fail-if-worse-point: add one of them",
    ),
    "against for no gate": Row(
        compare("-l", "mse", "-p", "a", "-t", "t", "--against", "r.json"),
        USAGE,
        "error: --against is the baseline of --fail-if-worse or --fail-if-worse-point: add one of them",
        AB,
    ),
    "worse with derivatives": Row(
        mse(*PT, "--grad", "pred", "--baseline", "r.json", "--fail-if-worse", "0"),
        USAGE,
        "error: --baseline compares losses, --grad shows derivatives: run them apart",
    ),
    "worse of values": Row(
        mse(*PT, "-r", "none", "--baseline", "r.json", "--fail-if-worse", "0"),
        USAGE,
        "error: a gate needs one number: give -r mean (or sum, …), not -r none",
    ),
    "worse than oneself": Row(
        compare("-l", "mse", "-p", "a", "-t", "t", "--fail-if-worse", "0"),
        USAGE,
        "error: a gate on a difference needs a baseline, and there is one prediction: add another -p, or --against FILE",
        AB,
    ),
    "worse without intervals": Row(
        compare("-l", "mse", "-p", "a", "-p", "b", "-t", "t", "--fail-if-worse", "0", "--ci", "none"),
        USAGE,
        "error: --fail-if-worse needs the standard errors that --ci none leaves out: give --fail-if-worse-point, or no --ci none",
        AB,
    ),
    "independent of no gate": Row(
        mse(*PT, "--independent"),
        USAGE,
        "error: --independent is about the interval: add --ci 95",
    ),
    "worse by slices": Row(
        ["compute", "mse", "d.csv", "-p", "a", "-t", "t", "--by", "b", "--baseline", "r.json", "--fail-if-worse", "0"],
        USAGE,
        "error: --baseline judges all rows, not each slice of --by: run them apart, or compare two predictions with losscli compare --by,"
        " whose --fail-if-worse judges each slice",
        AB,
    ),
    "against other rows": against(
        {**ROWS_THEN, "values_rows": [0, 7]},
        f"error: --against r.json: {OTHER_ROWS}",
        *("-l", "mse", "-p", "a"),
    ),
    "against slices": Row(
        compare("-l", "mse", "-p", "a", "-t", "t", "--by", "b", "--against", "r.json", "--fail-if-worse", "0"),
        USAGE,
        "error: --against judges all rows, not each slice of --by: run them apart, or give both predictions with -p",
        AB,
    ),
    "bound of two losses": Row(
        compare("-l", "mse", "-l", "mae", "-p", "a", "-t", "t", "--min", "0"),
        USAGE,
        "error: --min bounds the values of one loss, and there are 2: run compare for each, or write an objective, whose terms have"
        " bounds of their own",
        AB,
    ),
    "list for CI": Row(
        ["list", "-f", "junit"], USAGE, "error: --format takes table, value, json, jsonl, csv, tsv, yaml or markdown, not 'junit'"
    ),
    "list as a file for CI": Row(["list", "-o", "o.xml"], USAGE, "error: a list has no values and no gates: -f junit does not apply"),
    # the file of an earlier result
    "baseline without a file": Row(
        mse(*PT, "--baseline", "r.json", "--fail-if-worse", "0"),
        USAGE,
        "error: --baseline takes the file of an earlier result, and there is no file r.json",
    ),
    "baseline of a number": since(
        "2.5", "error: --baseline r.json: not a result with its loss and options; write one with losscli compute … -o FILE.json"
    ),
    "baseline without options": since(
        {"loss": "mse", "value": 2.5},
        "error: --baseline r.json: not a result with its loss and options; write one with losscli compute … -o FILE.json",
    ),
    "baseline of no JSON": since("x", re.compile("^error: --baseline r.json: not a JSON result")),
    "baseline without a value": since(
        {k: v for k, v in THEN.items() if k != "value"},
        "error: --baseline r.json: it holds no single value; write one with losscli compute … -o FILE.json",
    ),
    "baseline of another loss": since({**THEN, "loss": "mae"}, "error: --baseline: r.json is of mae, not mse"),
    "baseline of comparison": since(
        COMPARED,
        "error: --baseline r.json: it compares a, b: write the earlier result with losscli compute, or use losscli compare --against",
    ),
    "against another name": against(
        COMPARED,
        "error: --against r.json: it has no prediction 'c'; its predictions: a, b; -p NAME=SOURCE names one",
        *("-l", "mse", "-p", "c=a"),
    ),
    "against another reduction": against(
        COMPARED, "error: --against: r.json is of mse with reduction mean, not sum", *("-l", "mse", "-p", "a", "-r", "sum")
    ),
    "against two other losses": against(
        {"results": [{**e, "loss": x} for x in ("mae", "huber") for e in COMPARED["results"]]},  # type: ignore[dict-item]
        "error: --against r.json: it is of mae, huber, not mse",
        *("-l", "mse", "-p", "a"),
    ),
    # pairs of rows
    "paired of other shapes": since(
        {**ROWS_THEN, "values": [[1.0, 2.0], [3.0, 4.0]]}, "error: --baseline r.json: its values have shape (2, 2), those of now (2,)"
    ),
    "paired of words": since({**ROWS_THEN, "values": ["a", "b"]}, "error: --baseline r.json: its values are no array of numbers"),
    "paired of other numbers": since({**ROWS_THEN, "values_rows": [0]}, "error: --baseline r.json: its values are not one for each row"),
    "paired with ignored labels": since(
        {**ROWS_THEN, "rows": {"used": 2, "ignored": 1}},
        "error: --baseline r.json: it has ignored labels, so its values stand for no plain mean over rows: write the earlier result"
        " without -r none",
    ),
    "paired with one row twice": since(
        {**ROWS_THEN, "values_rows": [0, 0]}, "error: --baseline r.json: it has an id more than once, so rows cannot be paired"
    ),
    "paired with other rows": since(
        {**ROWS_THEN, "values_rows": [0, 7]},
        f"error: --baseline r.json: {OTHER_ROWS}",
    ),
    "paired with more rows": since(
        {**ROWS_THEN, "values": [1.0, 4.0, 9.0]},
        f"error: --baseline r.json: this file has 1 row that the data does not have (2); {ANEW}",
    ),
    "reduction none of a statistic": Row(
        ["compute", "rmse", *PT, "--baseline", "r.json", "--fail-if-worse-point", "0"],
        INPUT,
        "error: --baseline: r.json is of rmse with reduction none, not mean; rmse has no value for each row: "
        "write the earlier result without -r none, with --ci 95 -o FILE",
        {"r.json": json.dumps({"loss": "rmse", "params": {}, "reduction": "none", "value": 1.0, "signature": "rmse|reduction=none"})},
    ),
    "paired sum": since(ROWS_THEN, f"error: --baseline r.json: its values of rows {PLAIN.format('sum')}", *PT, "-r", "sum"),
    "paired weights": since(
        ROWS_THEN, f"error: --baseline r.json: its values of rows {PLAIN.format('mean over weights')}", *PT, "-w", "1,2"
    ),
    # outcomes
    "worse, paired": since(
        ROWS_THEN,
        "gate inconclusive: mse is worse by 1.5 than r.json (95 % bounds -1.657 and 4.657), allowed 0; paired by row; about 14 rows would"
        " decide, with 80 % power, if the difference stays",
        *("-p", "1,2", "-t", "2.4142135623730951,4.449489742783178"),
        code=0,
    ),
    "worse, unpaired without a standard error": since(
        THEN,
        "gate failed: mse is 0 away from r.json, allowed 0; unpaired, as the file has no values of rows (-r none); r.json has no"
        " standard error: write it with -r none, or with --ci 95; --fail-if-worse-point compares the values alone",
        code=1,
    ),
    "worse of one row": since(
        {**ROWS_THEN, "values": [1.0]},
        "gate failed: mse is 0 away from r.json, allowed 0; paired by row; 1 row cannot show how certain the difference is: it takes 2"
        " or more",
        *("-p", "1", "-t", "2"),
        code=1,
    ),
    "worse in compare": Row(
        compare("-l", "mae", "-p", "a", "-p", "b", "-t", "t", "--baseline", "b", "--fail-if-worse-point", "50%", "--max", "1"),
        1,
        "gate failed: mae of a 1.5, must be at most 1.0\ngate failed: mae of a is worse by 1 than b, allowed 0.25 (50% of 0.5)",
        AB,
    ),
}
