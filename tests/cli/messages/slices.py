"""Rows that are wanted alone (--where), and groups of rows."""

from __future__ import annotations

import re

from tests.cli.messages.rows import INPUT, USAGE, Row
from tests.support.command import npy

TABLE = {"d.csv": "region,score,pred,target\nnorth,1,1,0\nsouth,unknown,2,0\n", "o.npy": npy([1, 2, 3]), "v.npy": npy([[1, 2], [3, 4]])}
A_CONDITION = "--where takes a column, an operator and a value, such as 'region=north' or 'year>=2020'"


def where(code: int, err: str | re.Pattern[str], *conditions: str, roles: tuple[str, ...] = ("d.csv",)) -> Row:
    return Row(["compute", "mae", *roles, *(x for c in conditions for x in ("--where", c))], code, err, TABLE)


def by(code: int, err: str, *argv: str) -> Row:
    return Row(["compute", "mae", "d.csv", *argv], code, err, TABLE)


ROWS: dict[str, Row] = {
    "where without an operator": where(USAGE, f"error: {A_CONDITION}, not 'north'", "north"),
    "where ==": where(
        USAGE, "error: --where region==north: == is no operator: write =; a value that begins with one is in quotes", "region==north"
    ),
    "where with another operator": where(
        USAGE,
        "error: --where region~n: ~ is no operator: the operators are = != < <= > >=; a value that begins with one is in quotes",
        "region~n",
    ),
    "where with an open quote": where(USAGE, "error: --where region='north: the quote before 'north' is not closed", "region='north"),
    "where without a column": where(
        INPUT,
        "error: --where regoin=north: no column or file 'regoin' (did you mean region?); d.csv has region, score, pred, target",
        "regoin=north",
    ),
    "where a number": where(
        USAGE, "error: --where 1=north: --where 1 was read as numbers: for a column by its position write ::1", "1=north"
    ),
    "where a column of another file": Row(
        ["compute", "mse", "d.csv", "-p", "a", "-t", "e.csv::y", "--where", "part=a"],
        INPUT,
        "error: --where part=a: d.csv has no column part: for the column part of e.csv write --where e.csv::part=a",
        {"d.csv": "a\n1\n", "e.csv": "y,part\n1,a\n"},
    ),
    "where several columns": where(
        INPUT, "error: --where region,score=1: --where region,score names 2 columns: give one", "region,score=1"
    ),
    "where a vector": where(INPUT, "error: --where v.npy=1: v.npy has 2 values in a row: a condition takes one", "v.npy=1"),
    "where words have an order": where(
        INPUT,
        "error: --where score>0: d.csv::score: row 1 (line 3): 'unknown' and '0' are a number and a word, which have no order; "
        "for the order of words write the value in quotes: >'0'",
        "score>0",
    ),
    "where another number of rows": where(INPUT, "error: the numbers of rows differ: --where has 3 rows, d.csv has 2 rows", "o.npy=1"),
    "where another number of rows than an array": where(
        INPUT,
        "error: the numbers of rows differ: --where has 3 rows, v.npy has 2 rows",
        "o.npy=1",
        roles=("-p", "v.npy", "-t", "v.npy"),
    ),
    "where of two lengths": where(
        INPUT,
        "error: the numbers of rows differ in the columns of --where: d.csv::pred has 2 rows; o.npy has 3 rows",
        "pred=1",
        "o.npy=1",
    ),
    "where nothing is left": Row(
        ["compute", "mae", "d.csv", "--where", "region=North", "--max", "5", "-f", "value"],
        1,
        "warning: W105 mae is nan: no row of 2 meets region=North (did you mean north or south?)\ngate failed: mae nan, must be at most 5.0",  # noqa: E501
        TABLE,
    ),
    "by the elements": by(USAGE, "error: a slice has one number: give -r mean (or sum, …), not -r none", "--by", "region", "-r", "none"),
    "by with derivatives": by(
        USAGE,
        "error: --by shows values: for the derivatives in one slice give --grad with --where 'COL=value'",
        "--by",
        "region",
        "--grad",
        "pred",
    ),
    "by of another length": by(INPUT, "error: the numbers of rows differ: --by has 3 rows, the roles have 2 rows", "--by", "o.npy"),
    "by columns of two lengths": by(
        INPUT,
        "error: the numbers of rows differ: d.csv::region has 2 rows; o.npy has 3 rows",
        "--by",
        "region",
        "--by-bins",
        "o.npy:2",
    ),
    "by a column twice": by(USAGE, "error: --by and --by-bins name 'pred' twice", "--by", "pred", "--by-bins", "pred:2"),
    "bins without a number": by(
        USAGE, "error: --by-bins takes a column and a number of bins, such as age:10, not 'pred'", "--by-bins", "pred"
    ),
    "one bin": by(USAGE, "error: --by-bins pred:1: the number of bins is from 2 to 10,000", "--by-bins", "pred:1"),
    "bins of vectors": by(INPUT, "error: --by-bins v.npy: v.npy has 2 numbers in a row: bins take one", "--by-bins", "v.npy:2"),
    "bins of an infinity": Row(
        ["compute", "mae", "d.csv", "--by-bins", "x:2"],
        INPUT,
        "error: --by-bins x: d.csv::x holds an infinity, which no bin has",
        {"d.csv": "x,pred,target\n1,1,1\ninf,2,1\n"},
    ),
    "too many slices": Row(
        ["compute", "mae", "d.csv", "--by", "a", "--by-bins", "b:200"],
        INPUT,
        "error: --by and --by-bins: 40,000 slices, more than 10,000: leave out a column, or take fewer bins",
        {"d.csv": "a,b,pred,target\n" + "".join(f"{i},{j},1,0\n" for i in range(200) for j in range(200))},
    ),
    "by channels": Row(
        ["compute", "rmse", "-p", "v.npy", "-t", "v.npy", "--per", "channel", "-r", "none", "--by", "o.npy"],
        USAGE,
        "error: a slice has one number: give -r mean (or sum, …), not -r none",
        TABLE,
    ),
    "a slice of nothing": Row(
        ["compute", "mae", "d.csv", "--by", "g", "--nan", "omit", "-f", "value"],
        0,
        "warning: W105 g=b: mae is nan: there are no rows",
        {"d.csv": "g,pred,target\na,1,0\na,3,0\nb,,0\n"},
    ),
}
