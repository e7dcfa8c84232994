"""Sources, several files, columnar files, and rows that are matched by an id."""

from __future__ import annotations

import re
from datetime import date

from tests.cli.messages.rows import (
    AB,
    INPUT,
    PT,
    USAGE,
    D,
    Row,
    compare,
    mse,
    objective,
    reading,
)
from tests.support.command import npy, parquet

ROWS: dict[str, Row] = {
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
        "error: inline numbers '[1 2; 3 4]': ';' does not separate rows here: write '[[1,2],[3,4]]' for two rows of two numbers",
    ),
    "inline cut": Row(
        mse("-p", "[1, ..., 3]", "-t", "1"),
        INPUT,
        "error: inline numbers '[1, ..., 3]': the printed array leaves numbers out ('...'): write the array to a file instead",
    ),
    "inline JSON": Row(
        mse("-p", "[1,2", "-t", "1"), INPUT, "error: inline numbers '[1,2':1: not JSON: Expecting ',' delimiter at column 5"
    ),
    "inline word": Row(mse("-p", '[1,"a"]', "-t", "1,2"), INPUT, "error: inline: row 1: 'a' is not a number"),
    "column and file": Row(
        mse("d.csv", "-p", "a", "-t", "b"),
        USAGE,
        "error: 'a' is a column of d.csv and a file: write ::a for the column, ./a for the file",
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
        "error: no role uses d.csv (1, 0 was read as numbers; for a column by its position write ::1, ::0)",
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
    "equals sign": Row(mse("-p", "1,2", "-t=-1,2"), USAGE, "error: -t=-1,2: write a space after a short option, and no '=': -t -1,2"),
    "two equals signs": Row(mse("--pred==1,2", "-t", "1,2"), USAGE, "error: '=1,2' begins with '=': write 1,2"),
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
        "error: d.parquet::v holds Date: dates and times are not numbers; only --id takes them",
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
        "error: b.csv has no column 'id' (--id id), so its rows cannot be paired: it has name, target; "
        "if one of these has the ids use --id id=NAME",
        {"a.csv": "id,pred\nx,1\n", "b.csv": "name,target\nx,1\n"},
    ),
    "id in a file without names": Row(
        mse("d.npy", "-t", "1,2", "--id", "d.npy::0"),
        INPUT,
        "error: d.npy::0 is no column, so it cannot hold ids",
        {"d.npy": npy([[1.0, 2.0], [3.0, 4.0]])},
    ),
    "id without a name": Row(
        mse("d.csv", "--id", "id,"),
        USAGE,
        "error: --id id,: a name is empty; it takes NAME, several as A,B, and A=B where another file calls A B",
        D,
    ),
    "id of one column twice": Row(
        mse("d.csv", "--id", "id,id"), USAGE, "error: --id id,id names the column 'id' twice", {"d.csv": "id,pred,target\n1,1,2\n"}
    ),
    "id of two not there": Row(
        mse("a.csv", "-t", "b.csv::target", "--id", "id,ds"),
        INPUT,
        "error: b.csv has no column 'ds' (--id id,ds), so its rows cannot be paired: it has id, target; "
        "if one of these has the ids use --id id,ds=NAME",
        {"a.csv": "id,ds,pred\nx,1,1\n", "b.csv": "id,target\nx,1\n"},
    ),
    "id of two of no file": Row(
        mse("d.csv", "--id", "id=Id,dss"),
        INPUT,
        "error: --id id=Id,dss: no file has all of these columns, id or Id, dss (did you mean ds?): d.csv has id, ds, pred, target",
        {"d.csv": "id,ds,pred,target\nx,1,1,1\n"},
    ),
    "id of two of other lengths": Row(
        mse("d.json", "--id", "id,ds"),
        INPUT,
        "error: d.json::id,ds: the columns have 1 row and 2 rows",
        {"d.json": '{"id": [1], "ds": [1, 2], "pred": [1], "target": [1]}'},
    ),
    "id twice without another column": Row(
        mse("a.csv", "-t", "b.csv::target", "--id", "id"),
        INPUT,
        "error: b.csv::id: the id 'x' is used twice: row 0 (line 2) and row 1 (line 3), and 1 more id too; "
        "id and ds together are unique: add ds to --id",
        {"a.csv": "id,ds,pred\nx,1,1\ny,1,1\nx,2,1\ny,2,1\n", "b.csv": "id,ds,target\nx,1,1\nx,2,1\ny,1,1\ny,2,1\n"},
    ),
    "ids of an expected result": Row(
        mse("d.csv", "--id", "id,ds", "-r", "none", "--expect", "e.json"),
        INPUT,
        "error: e.json::ids is no list of 2 ids: row 0 holds x",
        {"d.csv": "id,ds,pred,target\nx,1,1,1\n", "e.json": '{"loss": "mse", "values": [0], "ids": ["x"]}'},
    ),
    "join without id": Row(mse(*PT, "--join", "inner"), USAGE, "error: --join inner leaves out rows by their ids: add --id NAME"),
    "join of no id": Row(
        mse("a.csv", "-t", "b.csv::target", "--id", "id", "--join", "inner", "-f", "value"),
        0,
        "warning: W105 no id is in every file, so --join inner left out all rows: a.csv::id has x; b.csv::id has y\n"
        "warning: W105 mse is nan: there are no rows",
        {"a.csv": "id,pred\nx,1\n", "b.csv": "id,target\ny,1\n"},
    ),
    "ids of which none fits": Row(
        mse("a.csv", "-t", "b.csv::target", "--id", "id"),
        INPUT,
        "error: no id of a.csv::id is in b.csv::id: a.csv::id has 007; b.csv::id has 7",
        {"a.csv": "id,pred\n007,1\n", "b.csv": "id,target\n7,1\n"},
    ),
    "id twice": Row(
        mse("d.csv", "-t", "b.csv::target", "--id", "id"),
        INPUT,
        "error: d.csv::id: the id 'x' is used twice: row 0 (line 2) and row 1 (line 3)",
        {"d.csv": "id,pred\nx,1\nx,1\n", "b.csv": "id,target\nx,1\nx,1\n"},
    ),
    "id of no file": Row(
        mse("-p", "a.csv::pred", "-t", "b.csv::target", "--id", "idd"),
        INPUT,
        "error: --id idd: no file has a column 'idd' (did you mean id?): a.csv has id, pred; b.csv has id, target",
        {"a.csv": "id,pred\nx,1\n", "b.csv": "id,target\nx,1\n"},
    ),
    "id without files": Row(
        mse(*PT, "--id", "id"), INPUT, "error: --id id: no role is a column of a file, so there is no column 'id' of ids"
    ),
    "id that is a float": Row(
        mse("d.json", "--id", "id"),
        INPUT,
        "error: d.json::id: row 0 is the float 1e+18, to which several ids are rounded: write ids as text",
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
        "error: W115 a.csv and b.csv both have the column 'id', but in another order: 2 rows of 2 differ (row 0 is x and y), "
        "and rows were paired by position; to match the rows by it add --id id (an error because of --strict)",
        {"a.csv": "id,pred\nx,1\ny,2\n", "b.csv": "id,target\ny,1\nx,2\n"},
    ),
    "parts that do not go together": Row(
        mse("-p", "p-*.csv", "-t", "t-*.csv", "-f", "value"),
        0,
        "warning: W115 the names of the files of p-*.csv and t-*.csv do not match: p-2.csv is paired with t-3.csv; "
        "rows are numbered on from file to file",
        {"p-1.csv": "p\n1\n", "p-2.csv": "p\n1\n", "t-1.csv": "t\n1\n", "t-3.csv": "t\n1\n"},
    ),
    "a role beside itself": Row(
        compare("-l", "mse", "-p", "a", "-p", "t", "-t", "t", "-f", "value"),
        0,
        "warning: W116 t: pred and target are the same column, d.csv::t: this compares it with itself",
        AB,
    ),
    "a role within another": Row(
        mse("d.csv", "-p", "a,b", "-t", "t,b", "-f", "value"),
        0,
        "warning: W116 pred (d.csv::a,b) and target (d.csv::t,b) have the column b in common: it is compared with itself",
        AB,
    ),
    "values without their rows": Row(
        mse("-p", "1,nan,3", "-t", "1,2,4", "-r", "none", "--nan", "omit", "-f", "value"),
        0,
        "warning: W117 1 row of 3 left out for nan, and -f value does not say which: the values after them "
        "are at the positions of other rows; "
        "-f csv or jsonl writes the number or id of each row; --nan propagate leaves none out",
    ),
    "expected rows": Row(
        mse("-p", "1,2,3", "-t", "1,2,4", "-r", "none", "-f", "value", "--expect", "e.csv"),
        INPUT,
        "error: --expect: mse has a row 1 that the expected array does not have",
        {"e.csv": "row,loss\n2,1\n0,0\n"},
    ),
    "option twice": Row(
        mse("-p", "1", "-p", "2", "-t", "1"),
        USAGE,
        "error: -p is given twice: compute takes one prediction; to compare several: losscli compare -l LOSS -p A -p B -t TARGET",
    ),
    "losses with a comma": Row(
        compare("-l", "rmse,mae", "-p", "a"),
        USAGE,
        "error: -l rmse,mae: one -l takes one loss: repeat -l for each, -l rmse -l mae",
        AB,
    ),
    "id missing": Row(
        mse("a.csv", "-t", "b.csv::target", "--id", "id"),
        INPUT,
        "error: 1 id of a.csv::id not in b.csv::id: y; 1 id of b.csv::id not in a.csv::id: z; --join inner leaves them out",
        {"a.csv": "id,pred\nx,1\ny,2\n", "b.csv": "id,target\nz,1\nx,2\n"},
    ),
    "id count as they come": Row(
        mse("-p", "1,2,3", "-t", "1,2,3", "--id", "d.csv::pred", "-r", "none", "-f", "csv"),
        INPUT,
        "error: pred names 2 rows, but there are more",
        D,
    ),
    "id count": Row(mse("-p", "1,2,3", "-t", "1,2,3", "--id", "d.csv::pred"), INPUT, "error: d.csv::pred names 2 rows, but there are 3", D),
    "id is a number": Row(mse(*PT, "--id", "7"), USAGE, "error: --id 7 was read as numbers: for a column by its position write ::7"),
    "where without DATA": Row(
        mse("-p", "d.csv::pred", "-t", "d.csv::target", "--where", "target=2"),
        INPUT,
        "error: --where target=2: no file target, and no DATA: for the column target of d.csv write --where d.csv::target=2",
        D,
    ),
    "where a word without DATA": Row(
        mse("-p", "d.csv::pred", "-t", "d.csv::target", "--where", "target>'2 3'"),
        INPUT,
        "error: --where target>'2 3': no file target, and no DATA: for the column target of d.csv write "
        """--where 'd.csv::target>'"'"'2 3'"'"''""",
        D,
    ),
    "by without DATA": Row(
        mse("-p", "d.csv::pred", "-t", "d.csv::target", "--by", "pred,target"),
        INPUT,
        "error: no file pred,target, and no DATA: for the column pred,target of d.csv write --by d.csv::pred,target",
        D,
    ),
    "by bins without DATA": Row(
        mse("-p", "d.csv::pred", "-t", "d.csv::target", "--by-bins", "pred:2"),
        INPUT,
        "error: no file pred, and no DATA: for the column pred of d.csv write --by-bins d.csv::pred:2",
        D,
    ),
    "id taken as data": Row(
        mse("-p", "x.csv", "-t", "1,2"),
        USAGE,
        "error: x.csv: the column 'ImageId' seems to hold ids, and a whole file would be taken with it as data: "
        "name the columns of data, x.csv::a,b, or match the rows by it with --id ImageId",
        {"x.csv": "ImageId,a,b\n7,1,2\n3,2,3\n"},
    ),
    "another id taken as data": Row(
        mse("-p", "x.csv", "-t", "y.csv::y", "--id", "id"),
        USAGE,
        "error: x.csv: the column 'user_id' seems to hold ids, and a whole file would be taken with it as data: "
        "name the columns of data, x.csv::a",
        {"x.csv": "id,user_id,a\n7,1,2\n3,2,3\n", "y.csv": "id,y\n3,2\n7,3\n"},
    ),
}
