"""Files: what cannot be read, and what is in them."""

from __future__ import annotations

import re

import numpy as np

from losscli.sources.formats import FORMATS
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
    tensors,
)
from tests.support.command import SOCKET, npy, pickled, zipped

ROWS: dict[str, Row] = {
    # files
    "no file": Row(mse("dd.csv"), INPUT, "error: no file dd.csv (did you mean d.csv?)", D),
    "folder": Row(mse("f"), INPUT, "error: f is a folder, not a file", {"f/x": ""}),
    "unopened": Row(mse("s.csv"), INPUT, re.compile("^error: s.csv: no such device or address"), {"s.csv": SOCKET}),
    "long name": Row(mse("x" * 300), INPUT, re.compile("^error: (no file x|x+: file name too long)")),
    "suffix": reading(
        "d.foo",
        "1",
        f"error: d.foo: the suffix '.foo' is unknown: set the format with --input-format {'|'.join(FORMATS)}",
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
    "columns of different shapes": reading(
        "d.jsonl",
        '{"a":1,"b":[1,2]}\n{"a":2,"b":[3,4]}\n',
        "error: d.jsonl::a,b: its columns cannot stand side by side: a row of a has the shape (), of b (2,): choose one of them,"
        " or columns of one shape",
        "-p",
        "d.jsonl::a,b",
        "-t",
        "1,2",
    ),
    "safetensors type": reading(
        "d.safetensors",
        tensors(b'{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}', bytes(2)),
        "error: d.safetensors::a holds F8_E4M3, which losscli does not read: save it as float32",
        "-p",
        "d.safetensors::a",
        "-t",
        "1,2",
    ),
    "rows and columns": reading(
        "d.json",
        '{"a":{"y":1,"z":2},"b":{"y":3,"z":4}}',
        "error: d.json: 'y' is the key of a row, but the other names are columns: name only columns, or only rows",
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
    **{
        f"{kind} empty": reading(f"d.{kind}", b"", f"error: d.{kind} is empty")
        for kind in ("npy", "npz", "json", "parquet", "arrow", "feather")
    },
    "json of blanks": reading("d.json", "\n \n", "error: d.json is empty"),
    "safetensors empty": reading("d.safetensors", b"", "error: d.safetensors is empty"),
    "jsonl of no records": reading("d.jsonl", b"", re.compile("^error: d.jsonl has no column for .*; d.jsonl is empty$"), "d.jsonl"),
    "a column without DATA": Row(
        mse("-p", "ridge", "-t", "1"), INPUT, "error: no file ridge, and no DATA: for a column give its file, as DATA or as FILE::ridge"
    ),
    "a part of DATA": reading(
        "d.csv", "a,b\n1,2\n", "error: no file d.csv::a: DATA is the file alone; a part of it belongs to a role, as -p d.csv::a", "d.csv::a"
    ),
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
        "error: d.csv: the first line holds numbers (1) and words (a): use --header if it names the columns, --no-header if it is data",
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
        "d.csv",
        "a,b\n1,x\n",
        "error: d.csv: row 0 (line 2) in column 'b': 'x' is not a number: all columns of the file are taken; d.csv::NAME takes one of a, b",
        "-p",
        "d.csv",
        "-t",
        "[[1,2]]",
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
    "option given nothing": Row(mse("d.csv", "--grad", ""), USAGE, "error: --grad is an empty text: give it a value, or leave it out", D),
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
        "error: inline numbers '0 1.5\\n..\\n9 2.5\\ndtype: int64': the printed Series leaves numbers out ('...'): "
        "write the Series to a file instead",
    ),
    "both keys are numbers": Row(
        mse("d.json", "-p", "::0", "-t", "::1", "-f", "value"),
        0,
        "warning: W127 d.json: both levels of keys are numbers, and the 2 outer keys were read as rows, not as columns: "
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
    "options of text without text": Row(
        mse(*PT, "--comment", "#"), USAGE, "error: --comment is for CSV and TSV, and no such file was read"
    ),
    "index without a name": Row(
        mse("-p", "d.csv", "-t", "1"),
        USAGE,
        "error: d.csv: the first column has no name, like an index that pandas or R writes: name a column, d.csv::v",
        {"d.csv": ",v\n0,1\n"},
    ),
    "names of rows": Row(
        mse("d.csv", "--delimiter", " ", "-f", "value"),
        0,
        "warning: W123 d.csv: the rows have one field more than the header: the first field was read as a row name, as R writes it",
        {"d.csv": '"pred" "target"\n"1" 1 2\n'},
    ),
    "header of a file and none": Row(
        mse("-p", "d.csv::0", "-t", "d.csv::b", "--no-header"),
        USAGE,
        "error: d.csv: the first line was read as data, but 'b' is a name in it: name all its columns",
        {"d.csv": "a,b\n1,2\n"},
    ),
    "first line as data": Row(
        mse("d.csv", "-p", "::0", "-t", "::1", "-f", "value"),
        0,
        "warning: W122 d.csv: the first line (0,1) was read as data: use --header if it names the columns, --no-header if not",
        {"d.csv": "0,1\n1,1\n"},
    ),
    "first line of another kind": Row(
        mse("-p", "d.csv", "-t", "d.csv"),
        USAGE,
        "error: d.csv: the first line (0) is of another kind than the rows below it (2.5): "
        "use --header if it names the columns, --no-header if it is data",
        {"d.csv": "0\n2.5\n"},
    ),
    "first line as names": Row(
        ["compute", "zero_one", "-p", "d.csv", "-t", "d.csv", "-f", "value"],
        0,
        "warning: W122 d.csv: the first line was read as a header, but 'cat' is also in a row below it: "
        "use --no-header if it is data, --header if not\n"
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
        "if ';' separates its fields, add --delimiter ';'",
        "d.csv",
    ),
    "another delimiter for two files": Row(
        mse("--delimiter", ";", "-p", "a.csv::p", "-t", "d.csv::t"),
        INPUT,
        "error: d.csv has no column 't'; d.csv has id,t; if ',' separates its fields, add --delimiter ',':"
        " all CSV files of a command have one delimiter",
        {"a.csv": "id;p\n1;2\n", "d.csv": "id,t\n1,2\n"},
    ),
    "json": reading("d.json", "[1,\n2 3]", "error: d.json:2: not JSON: Expecting ',' delimiter at column 3"),
    "json deep": reading("d.json", "[" * 100_000, "error: d.json: nested too deep"),
    "json 40 axes": reading("d.json", "[" * 40 + "]" * 40, "error: d.json is nested too deep: an array has at most 32 axes"),
    "json huge": reading("d.json", "[1" + "0" * 400 + "]", "error: d.json holds a number of 401 digits, too large for float64"),
    "json key twice": reading("d.json", '{"a": 1, "a": 2}', "error: d.json: the key 'a' is used twice in one object"),
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
        "d.json", '[{"a": 1}, 5]', "error: d.json: [1] is 5, not a record like the first one", "-p", "d.json::a", "-t", "1,2"
    ),
    "json key missing": reading(
        "d.json",
        '[{"a": 1}, {"b": 1}]',
        re.compile(r"^error: d.json: \[1\] has no 'a'.*; the first record has one$"),
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
        "error: d.jsonl:2: [2] is no list of 2 values like the first line",
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
        "d.npy", npy(np.zeros(3, "<U1")).replace(b"<U1", b"<U0")[:-12], "error: d.npy holds <U0, a type whose values take no bytes"
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
        "error: o.yaml: an objective has at most 10,000 terms, including those of nested objectives",
        m="terms: {" + ", ".join(f"t{i}: {{loss: mse}}" for i in range(100)) + "}",
    ),
    "objectives without end": objective(
        "terms: {a: {loss: n0.yaml}}",
        re.compile("n31.yaml: objectives are nested too deep: at most 32 levels$"),
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
}
