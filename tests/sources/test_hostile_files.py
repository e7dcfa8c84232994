"""Hostile input, damaged files, outputs that are also inputs, signals: a file is whole or refused, and no data is lost."""

from __future__ import annotations

import gzip
import io
import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest

import losscli
from losscli.aggregation import CrossProduct
from losscli.catalogue import custom
from losscli.cli import atomic, messages
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.job import View
from losscli.engine.summation import _aggregation_of
from losscli.errors import InputError, LossError
from losscli.parallel import Workers
from losscli.sources import numpy_files, safetensors_files
from losscli.sources.delimited import compiled
from losscli.sources.files import file_at
from losscli.sources.formats import FORMATS, Reading, format_of
from losscli.sources.yaml_files import ALIASED
from losscli.vectors import _row
from tests import ROOT
from tests.support.command import Outcome, cli, npy, npz, parquet
from tests.support.process import LOSSCLI, environment

USAGE, INPUT, OUTPUT = 2, 3, 4
PRED, TARGET = [1.0, 2.0, 4.0, 9.0], [1.0, 2.0, 3.0, 3.0]
VALUE = "9.25\n"  # (0 + 0 + 1 + 36) / 4


# --- damaged files ---------------------------------------------------------------------------------------------------------


def structured() -> bytes:
    x = np.zeros(4, [("pred", "<f8"), ("target", "<f8")])
    x["pred"], x["target"] = PRED, TARGET
    return npy(x)


def compressed() -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, pred=PRED, target=TARGET)
    return out.getvalue()


def arrow(stream: bool) -> bytes:
    """With a column of -1 and 0, whose bytes are those of an end marker."""
    out = io.BytesIO()
    frame = pl.DataFrame({"pred": PRED, "target": TARGET, "other": [-1, 0, -1, 0]})
    (frame.write_ipc_stream if stream else frame.write_ipc)(out)
    return out.getvalue()


def safetensors() -> bytes:
    about = {"dtype": "F64", "shape": [4]}
    header = json.dumps({"pred": {**about, "data_offsets": [0, 32]}, "target": {**about, "data_offsets": [32, 64]}}).encode()
    return len(header).to_bytes(8, "little") + header + np.array(PRED + TARGET).tobytes()


PLAIN: dict[str, bytes] = {
    "csv": b"pred,target\n1,1\n2,2\n4,3\n9,3\n",
    "tsv": b"pred\ttarget\n1\t1\n2\t2\n4\t3\n9\t3\n",
    "json": b'{"pred":[1,2,4,9],"target":[1,2,3,3]}',
    "jsonl": b"".join(b'{"pred":%d,"target":%d}\n' % pair for pair in zip(PRED, TARGET, strict=True)),
    "yaml": b"pred: [1,2,4,9]\ntarget: [1,2,3,3]\n",
    "npy": structured(),
    "npz": npz(pred=np.array(PRED), target=np.array(TARGET)),
    "compressed.npz": compressed(),
    "safetensors": safetensors(),
    "parquet": parquet({"pred": PRED, "target": TARGET}),
    "arrow": arrow(stream=True),
    "feather": arrow(stream=False),
}
ALL = {f"d.{name}": data for name, data in PLAIN.items()} | {f"d.{name}.gz": gzip.compress(data, mtime=0) for name, data in PLAIN.items()}
# Lines of text may end after any of them, and a number after any digit: what is cut off there cannot be missed.
ENDLESS = {"d.csv", "d.tsv", "d.jsonl", "d.yaml"}
# These have no checksum of their numbers, so a bit that flips in one makes another number. What holds them is looked at all the same.
UNCHECKED = {*ENDLESS, "d.json", "d.npy", "d.safetensors", "d.parquet", "d.arrow", "d.feather"}


def test_the_law_is_over_all_formats() -> None:
    names = {name for name in PLAIN if "." not in name}
    assert names - {"feather"} == set(FORMATS)


def computed(name: str, data: bytes) -> Outcome:
    return cli(["compute", "mse", name, "-f", "value"], {name: data})


@pytest.mark.parametrize("name", ALL)
def test_a_file_that_is_cut_short_is_refused(name: str) -> None:
    """Or gives the same number; where text can end anywhere, at least nothing worse."""
    data = ALL[name]
    assert computed(name, data) == Outcome(0, VALUE, "")
    for size in {*range(0, len(data), max(1, len(data) // 25)), *range(max(0, len(data) - 12), len(data))}:
        got = computed(name, data[:size])
        assert got.code == INPUT or (name in ENDLESS and got.code in (0, USAGE)) or got.out == VALUE, (size, got)


@pytest.mark.parametrize("name", ALL)
def test_a_flipped_bit_is_refused_in_formats_with_a_checksum(name: str) -> None:
    data, dice = ALL[name], random.Random(0)
    for at in (dice.randrange(8 * len(data)) for _ in range(40)):
        got = computed(name, data[: at // 8] + bytes([data[at // 8] ^ 1 << at % 8]) + data[at // 8 + 1 :])
        assert got.code == INPUT or got.out == VALUE or (name in UNCHECKED and got.code in (0, USAGE)), (at, got)


def test_bytes_after_an_array_are_refused() -> None:
    for name in ("d.npy", "d.npy.gz"):
        more = ALL["d.npy"] + npy([7.0])
        assert computed(name, gzip.compress(more) if name.endswith("gz") else more).code == INPUT


def test_a_panic_of_a_library_is_not_printed(tmp_path: Path) -> None:
    """Native code writes to the file descriptor, past sys.stderr."""
    broken = bytearray(ALL["d.feather"])
    noisy = 0
    for at in range(len(broken) - 300, len(broken) - 10, 29):
        damaged = bytes(broken[:at]) + bytes([broken[at] ^ 0x55]) + bytes(broken[at + 1 :])
        with (tmp_path / "err").open("w+b") as err:
            kept = os.dup(2)
            os.dup2(err.fileno(), 2)
            try:
                computed("d.feather", damaged)
            finally:
                os.dup2(kept, 2)
                os.close(kept)
            noisy += err.tell()
    assert noisy == 0


# --- a file that changes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["cut", "other"])
@pytest.mark.parametrize("name", ALL)
def test_two_passes_see_one_state_of_a_file(name: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers of the first, or an error; a mapped file that was cut would kill the process."""
    monkeypatch.setattr(numpy_files, "MAPPED", 0)
    monkeypatch.setattr(safetensors_files, "MAPPED", 0)
    file = tmp_path / name
    file.write_bytes(ALL[name])
    origin = file_at(str(file))
    table = FORMATS[format_of(origin, None)].read(origin, Reading())
    data = Data({"pred": table.columns(("pred",), False, "pred"), "target": table.columns(("target",), False, "target")})
    first = data.all()
    time.sleep(0.01)  # a file system counts time in ticks
    file.write_bytes(b"" if what == "cut" else ALL[name].replace(b"9", b"8"))
    with suppress(InputError):
        again = data.all()
        assert all(np.array_equal(first[role], again[role]) for role in first)


# --- types, tags and words of YAML and JSON --------------------------------------------------------------------------------


TAGS = {
    "!!bool foo": '"foo" is no !!bool',
    "!!int foo": '"foo" is no !!int',
    "!!int 1.5": '"1.5" is no !!int',
    "!!float foo": '"foo" is no !!float',
    "!!null foo": '"foo" is no !!null',
    "!!timestamp 2001-99-99": "not !!timestamp",
    "!!timestamp 2001-01-01": "not !!timestamp",
    "!!binary aGVsbG8=": "not !!binary",
    "!!set {a}": "not !!set",
    "!!seq a": "expected a sequence",
    "!!map [1]": "a !!map is a mapping, not a list",
    "!own a": "not !own",
    "1" * 5000: "too many digits",
    "&a [*a]": "an alias refers to a value that contains it",
    "{[1]: 2}": "a key has to be a word or a number",
    "{1: 2, '1': 3}": "the key '1' is used twice",
}


@pytest.mark.parametrize("text", TAGS)
def test_tags_of_yaml_mean_what_they_say_or_are_errors_with_the_line(text: str) -> None:
    got = cli(["compute", "mse", "-p", "d.yaml", "-t", "1,2"], {"d.yaml": f"- 1\n- {text}\n"})
    assert got.code == INPUT and got.err.startswith("error: d.yaml:2: not YAML: ") and TAGS[text] in got.err
    got = cli(["compute", "o.yaml"], {"o.yaml": f"terms:\n  a: {{loss: mse, pred: [1], target: [1], max: {text}}}\n"})
    assert got.code in (USAGE, INPUT) and got.err.count("\n") == 1


def test_yaml_tags_that_match_their_values_are_accepted() -> None:
    text = "- !!float 1\n- !!int '2'\n- !!str 3\n- !!bool true\n"
    assert cli(["compute", "mse", "-p", "d.yaml", "-t", "1,2,3,1", "-f", "value"], {"d.yaml": text}).out == "0.0\n"


@pytest.mark.parametrize("format", ["json", "jsonl", "csv", "tsv", "yaml", "table", "markdown"])
def test_half_a_pair_as_an_id_is_written_as_json_escapes_it(format: str) -> None:
    """\\ud800 alone is no letter, and UTF-8 has no bytes for it."""
    files = {"d.json": '{"id": ["\\ud800", "b"], "pred": [1, 2], "target": [1, 3]}'}
    got = cli(["compute", "mse", "d.json", "--id", "id", "-r", "none", "-f", format], files)
    assert got.code == 0 and "\\ud800" in got.out
    if format == "json":
        assert json.loads(got.out)["bindings"]["pred"] == "d.json::pred"


def test_a_name_of_a_file_in_other_bytes_comes_back_from_json(tmp_path: Path) -> None:
    name = os.fsdecode(b"b\xff.csv")
    (tmp_path / name).write_bytes(ALL["d.csv"])
    for format in ("json", "yaml", "csv"):
        done = subprocess.run(
            [*LOSSCLI, "compute", "mse", name, "-f", format], cwd=tmp_path, env=environment(), capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")
        if format == "json":
            assert json.loads(done.stdout)["bindings"]["pred"] == f"{name}::pred"


HALF = os.fsdecode(b"\xff")  # what a byte that is no UTF-8 comes in as
ID = '"\\ud800"'
HALVES: dict[str, tuple[list[str], int, Mapping[str, str]]] = {
    "a loss": (["compute", HALF, "-p", "1", "-t", "1"], USAGE, {}),
    "a command": ([HALF], USAGE, {}),
    "a word": (["list", HALF], USAGE, {}),
    "a loss of compare": (["compare", "-l", HALF, "-p", "1", "-t", "1"], USAGE, {}),
    "a term": (["compute", "o.yaml", "--role", f"{HALF}=1"], USAGE, {"o.yaml": "terms: {a: {loss: mse}}"}),
    "DATA": (["compute", "mse", f'{{"pred": [1], "{HALF}": [2]}}'], INPUT, {}),
    "a delimiter": (["compute", "mse", "d.csv", "--delimiter", HALF], USAGE, {"d.csv": "pred,target\n1,2\n"}),
    "a comment": (["compute", "mse", "d.csv", "--comment", HALF], USAGE, {"d.csv": "pred,target\n1,2\n"}),
    "ids of JSON": (
        ["compute", "mse", "-p", "p.json::pred", "-t", "t.json::target"],
        0,
        {"p.json": f'{{"id": [{ID}, "b"], "pred": [1, 2]}}', "t.json": f'{{"id": ["b", {ID}], "target": [1, 2]}}'},
    ),
    "ids of JSONL": (
        ["compute", "mse", "-p", "p.jsonl::pred", "-t", "t.jsonl::target"],
        0,
        {
            "p.jsonl": f'{{"id": {ID}, "pred": 1}}\n{{"id": "b", "pred": 2}}\n',
            "t.jsonl": f'{{"id": "b", "target": 1}}\n{{"id": {ID}, "target": 2}}\n',
        },
    ),
    "a key of JSONL": (["compute", "mse", "d.jsonl", "-t", "t", "--id", HALF, "-p", "::0"], INPUT, {"d.jsonl": f'{{{ID}: 1, "t": 2}}\n'}),
}


@pytest.mark.parametrize("name", HALVES)
def test_half_a_pair_is_an_error_of_the_user_or_none(name: str) -> None:
    argv, code, files = HALVES[name]
    got = cli(argv, files)
    assert got.code == code and "internal" not in got.err, got
    assert ("W115" in got.err) == name.startswith("ids of")  # which differ in their order


# --- small input ends soon -------------------------------------------------------------------------------------------------


def header(descr: Any, shape: tuple[int, ...]) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": descr, "fortran_order": False, "shape": shape})
    return out.getvalue()


def doubling(name: str, count: int) -> dict[str, str]:
    files = {f"{name}{i}.yaml": f"terms: {{a: {{loss: {name}{i + 1}.yaml}}, b: {{loss: {name}{i + 1}.yaml}}}}" for i in range(count)}
    return files | {f"{name}{count}.yaml": "terms: {a: {loss: mse, pred: [1], target: [2]}}"}


def laughing(last: str, link: Callable[[str], str]) -> str:
    lines = ["a: &a {x: 1}" if "<<" in link("") else "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"{b}: &{b} {link(','.join([f'*{a}'] * 9))}" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    return "\n".join([*lines, last, ""])


MSE = ["compute", "mse"]
PT = ["-p", "pred", "-t", "target"]
SOON: dict[str, tuple[list[str], int, Mapping[str, str | bytes]]] = {
    "commas without numbers": ([*MSE, "-p", "1" + "," * 30 + "x", "-t", "1"], INPUT, {}),
    "digits and a letter": ([*MSE, "-p", "1" * 100_000 + "x", "-t", "1"], INPUT, {}),
    "blanks and a letter": ([*MSE, "-p", "1" + " " * 100_000 + "x", "-t", "1"], INPUT, {}),
    "a print that never ends": ([*MSE, "-p", "array([1]" + ", dtype=" + ", dtype=".join([" " * 9 + "a"] * 40) + "(", "-t", "1"], INPUT, {}),
    "scalars that never end": ([*MSE, "-p", "[" + "np.float64(" * 9_000, "-t", "1"], INPUT, {}),
    "aliases that multiply": ([*MSE, "d.yaml"], INPUT, {"d.yaml": laughing("pred: *i\ntarget: 1", lambda s: f"[{s}]")}),
    "merges that multiply": ([*MSE, "d.yaml"], INPUT, {"d.yaml": laughing("pred: *i\ntarget: 1", lambda s: f"{{<<: [{s}]}}")}),
    "aliases in an objective": (
        ["compute", "o.yaml"],
        INPUT,
        {"o.yaml": laughing("terms: {t: {loss: mse, pred: *i, target: 1}}", lambda s: f"[{s}]")},
    ),
    "files that name the next twice": (["compute", "o0.yaml"], INPUT, doubling("o", 26)),
    "the card of such files": (["list", "o0.yaml"], INPUT, doubling("o", 26)),
    "400 objectives in each other": (
        ["compute", "n0.yaml"],
        INPUT,
        {f"n{i}.yaml": f"terms: {{a: {{loss: n{i + 1}.yaml}}}}" for i in range(400)} | {"n400.yaml": "terms: {a: {loss: mse}}"},
    ),
    "an objective that names itself": (["compute", "o.yaml"], INPUT, {"o.yaml": "terms: {a: {loss: ../x/o.yaml}, b: {loss: o.yaml}}"}),
    "50,000 keys of YAML": (
        [*MSE, "d.yaml"],
        0,
        {"d.yaml": "".join(f"k{i}: 1\n" for i in range(50_000)) + "pred: 1\ntarget: 2\n"},
    ),
    "100,000 keys of JSON, one twice": (
        [*MSE, "d.json"],
        INPUT,
        {"d.json": "{" + "".join(f'"k{i}":1,' for i in range(100_000)) + '"k99999":1}'},
    ),
    "a long word beside many": (
        [*MSE, "-p", "d.json", "-t", "1"],
        INPUT,
        {"d.json": json.dumps(["a" * 1_000_000, *["b"] * 9_000])},
    ),
    "words without letters": ([*MSE, "-p", "d.npy", "-t", "1"], INPUT, {"d.npy": header("<U0", (10**9,))}),
    "bytes without bytes": ([*MSE, "-p", "d.npy", "-t", "1"], INPUT, {"d.npy": header("|S0", (10**9,))}),
    "fields without bytes": ([*MSE, "-p", "d.npy::a", "-t", "1"], INPUT, {"d.npy": header([("a", "<U0")], (10**9,))}),
    "rows without numbers": ([*MSE, "-p", "d.npy", "-t", "d.npy"], INPUT, {"d.npy": header("<f8", (10**9, 0))}),
    "a header that lies": ([*MSE, "-p", "d.npy", "-t", "d.npy"], INPUT, {"d.npy": header("<f8", (10**15,))}),
    "a line that unpacks": (
        [*MSE, "d.csv.gz", "--max-bytes", "1000000"],
        INPUT,
        {"d.csv.gz": gzip.compress(b"pred,target\n1," + b"1" * 10**8, 1)},
    ),
    "a field of many lines": (
        [*MSE, "d.csv", *PT, "--max-bytes", "100000"],
        INPUT,
        {"d.csv": 'pred,target\n"' + "1\n" * 100_000 + '",1\n'},
    ),
    "a document that unpacks": ([*MSE, "d.json.gz", "--max-bytes", "1000000"], INPUT, {"d.json.gz": gzip.compress(b" " * 10**8, 1)}),
    "an archive that unpacks": ([*MSE, "d.npz", "--max-bytes", "1000"], INPUT, {"d.npz": npz(pred=np.zeros(1000), target=np.zeros(1000))}),
    "within the limit": ([*MSE, "d.json", "--max-bytes", "37"], 0, {"d.json": PLAIN["json"]}),
    "one too many": ([*MSE, "d.json", "--max-bytes", "36"], INPUT, {"d.json": PLAIN["json"]}),
    "a limit beyond any machine": ([*MSE, "d.json.gz", "--max-bytes", "9" * 30], 0, {"d.json.gz": gzip.compress(PLAIN["json"])}),
    "more than memory has": ([*MSE, "d.json", "--max-bytes", "1" + "0" * 13], 0, {"d.json": PLAIN["json"]}),
    "a vector of R without end": ([*MSE, "-p", "".join(f"[{i}] 1\n" for i in range(1, 20_000)) + "x", "-t", "1"], INPUT, {}),
    "calls that never end": ([*MSE, "-p", "[" + "tensor(" * 50_000, "-t", "1"], INPUT, {}),
    "no limit": ([*MSE, "d.json", "--max-bytes", "0"], 0, {"d.json": PLAIN["json"]}),
    "a limit that is none": ([*MSE, "d.json", "--max-bytes", "-1"], USAGE, {"d.json": PLAIN["json"]}),
}
ENOUGH = 10  # seconds of CPU; none of them takes one
_ALL_OF_THEM = """
import json, resource, time
resource.setrlimit(resource.RLIMIT_CPU, ({enough}, {enough}))
resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32))
from tests.sources.test_hostile_files import SOON
from tests.support.command import cli
for name, (argv, _, files) in SOON.items():
    began = time.process_time()
    got = cli(argv, files)
    print(json.dumps([name, got.code, got.err[:300], len(got.err), time.process_time() - began]), flush=True)
"""


@pytest.fixture(scope="module")
def soon() -> dict[str, list[Any]]:
    """All rows in one process whose time and memory are bounded; one that has no end is missing with those after it."""
    code = _ALL_OF_THEM.replace("{enough}", str(ENOUGH * 6))
    env = environment(PYTHONPATH=str(ROOT))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env)
    return {row[0]: row[1:] for row in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", SOON)
@pytest.mark.slow
def test_small_input_is_processed_quickly(name: str, soon: Mapping[str, list[Any]]) -> None:
    assert name in soon, "it did not end, or one before it"
    code, err, size, seconds = soon[name]
    assert code == SOON[name][1], err
    assert seconds < ENOUGH
    assert size <= messages.LONGEST + 20
    assert ("aliases add more than" in err) == ("multiply" in name or "aliases" in name)  # and not: no memory left


def test_the_limit_says_how_to_lift_it() -> None:
    got = cli(SOON["one too many"][0], SOON["one too many"][2])
    assert got.err == "error: d.json has more than 36 bytes, which have to be in memory at once: --max-bytes N allows more, 0 any number\n"
    assert "d.csv.gz" in cli(SOON["a line that unpacks"][0], SOON["a line that unpacks"][2]).err


def test_a_moderate_number_of_yaml_aliases_is_accepted() -> None:
    text = f"a: &a [{','.join('1' * 1000)}]\npred: [{','.join(['*a'] * 500)}]\ntarget: [{','.join(['*a'] * 500)}]\n"
    assert ALIASED > 2 * 500 * 1001
    assert cli(["compute", "mse", "d.yaml", "-f", "value"], {"d.yaml": text}).out == "0.0\n"


def test_a_moderate_number_of_nested_objectives_is_accepted() -> None:
    files = doubling("o", 8)
    assert cli(["compute", "o0.yaml", "-f", "value"], files).out == "256.0\n"


def test_objectives_that_are_alike_in_two_folders_have_their_own_data() -> None:
    text = "data: d.csv\nterms: {a: {loss: mse}}\n"
    files = {"a/o.yaml": text, "b/o.yaml": text, "a/d.csv": "pred,target\n1,2\n", "b/d.csv": "pred,target\n1,4\n"}
    files["o.yaml"] = "terms: {a: {loss: a/o.yaml}, b: {loss: b/o.yaml}}\n"
    assert cli(["compute", "o.yaml", "-f", "value"], files).out == "10.0\n"


# --- nothing that was read is written --------------------------------------------------------------------------------------


FILES: dict[str, str] = {
    "d.csv": "pred,target\n1,2\n3,5\n",
    "b.json": '{"value": 2.5}',
    "e.csv": "row,loss\n0,1\n1,4\n",
    "helper.py": "TWO = 2\n",
    "l.py": "import helper\ndef f(pred, target):\n    return (pred - target) ** helper.TWO\n",
    "o.yaml": "data: d.csv\nterms: {a: {loss: mse, expect: b.json}, c: {loss: inner.yaml}}\n",
    "inner.yaml": "terms: {x: {loss: mse, pred: [1], target: [1]}}\n",
}
READ: dict[str, tuple[list[str], list[str]]] = {  # a command, and what it reads
    "data": (["compute", "mse", "d.csv"], ["d.csv"]),
    "a source": (["compute", "mse", "-p", "d.csv::pred", "-t", "e.csv::loss"], ["d.csv", "e.csv"]),
    "weights": (["compute", "mse", "d.csv", "-w", "e.csv::loss"], ["e.csv"]),
    "a baseline that fails": (["compute", "mse", "d.csv", "--expect", "b.json", "--rtol", "0"], ["b.json"]),
    "a baseline that passes": (["compute", "mse", "d.csv", "--expect", "b.json"], ["b.json"]),
    "expected elements": (["compute", "mse", "d.csv", "-r", "none", "--expect", "e.csv::loss"], ["e.csv"]),
    "a loss of one's own": (["compute", "l.py::f", "d.csv"], ["l.py", "helper.py"]),
    "compare": (["compare", "d.csv", "-l", "l.py::f", "-l", "mse", "-p", "pred", "-t", "target"], ["d.csv", "l.py", "helper.py"]),
    "compare objectives": (
        ["compare", "-l", "q.yaml", "-p", "d.csv::pred", "-t", "d.csv::target"],
        ["q.yaml", "d.csv", "b.json"],
    ),
    "objective": (["compute", "o.yaml"], ["o.yaml", "inner.yaml", "d.csv", "b.json"]),
    "list own": (["list", "l.py::f"], ["l.py"]),
    "list objective": (["list", "o.yaml"], ["o.yaml", "inner.yaml"]),
}
SPELLED = ("{}", "./{}", "sub/../{}", "link", "hard")


@pytest.mark.parametrize("name", READ)
def test_no_file_that_was_read_is_written(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also under another name: the file itself is compared, not its name."""
    argv, read = READ[name]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for file, text in (FILES | {"q.yaml": "terms: {a: {loss: mse, expect: b.json}}\n"}).items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    for file in read:
        before = (tmp_path / file).read_bytes()
        (tmp_path / "link").symlink_to(file)
        (tmp_path / "hard").hardlink_to(tmp_path / file)
        for spelled in SPELLED:
            with patch.dict(sys.modules), patch.dict(custom._RUN, clear=True):
                got = _run_here([*argv, "-f", "json", "-o", spelled.format(file)])
            assert (got.code, got.err) == (
                USAGE,
                f"error: -o {spelled.format(file)} is also a file that is read: write the result to another file\n",
            )
            assert (tmp_path / file).read_bytes() == before
        (tmp_path / "link").unlink()
        (tmp_path / "hard").unlink()
    assert not list(tmp_path.glob(".losscli*"))


def _run_here(argv: list[str]) -> Outcome:
    """`losscli ARGV` in the folder that is the current one."""
    from contextlib import redirect_stderr, redirect_stdout

    from losscli.cli.app import run

    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(argv)
    return Outcome(code, out.getvalue(), err.getvalue())


def losscli_at(argv: list[str], cwd: Path, **how: Any) -> tuple[int, str, str]:
    done = subprocess.run([*LOSSCLI, *argv], cwd=cwd, env=environment(), capture_output=True, text=True, check=False, **how)
    return done.returncode, done.stdout, done.stderr


def test_standard_input_is_a_file_that_is_read(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_bytes(PLAIN["csv"])
    with (tmp_path / "d.csv").open("rb") as file:
        code, _, err = losscli_at(["compute", "mse", "-", "-f", "json", "-o", "d.csv"], tmp_path, stdin=file)
    assert (code, err) == (USAGE, "error: -o d.csv is also a file that is read: write the result to another file\n")
    assert (tmp_path / "d.csv").read_bytes() == PLAIN["csv"]


def test_a_read_only_file_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.json").write_text("kept", encoding="utf-8")
    Path("r.json").chmod(0o444)
    got = _run_here(["compute", "mse", "-p", "1", "-t", "2", "-o", "r.json"])
    assert (got.code, got.err, Path("r.json").read_text(encoding="utf-8")) == (
        OUTPUT,
        "error: cannot write r.json: it is read-only\n",
        "kept",
    )


@pytest.mark.parametrize("name", ["a" * 300 + ".json", "o.json/", "none/o.json"], ids=["too long", "a folder", "in no folder"])
def test_an_impossible_output_path_is_an_output_error(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    got = _run_here(["compute", "mse", "-p", "1", "-t", "2", "-o", name])
    assert got.code == OUTPUT and got.err.startswith(f"error: cannot write {name}: ") and not os.listdir()


@pytest.mark.parametrize("size", [249, 255])
def test_the_longest_file_name_of_the_system_works(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "a" * (size - 5) + ".json"
    assert _run_here(["compute", "mse", "-p", "1", "-t", "2", "-o", name]).code == 0
    assert os.listdir() == [name]


@pytest.mark.parametrize("mode", [0o600, 0o640, None])
def test_the_temporary_file_has_the_permissions_of_the_output(mode: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name can't be planted or guessed, and a link in its place would not be followed."""
    monkeypatch.chdir(tmp_path)
    if mode is not None:
        Path("o.json").write_text("old", encoding="utf-8")
        Path("o.json").chmod(mode)
    seen: list[tuple[str, int]] = []
    write = atomic.Pending.write

    def watched(self: atomic.Pending, piece: Any) -> None:
        seen.extend((p.name, p.stat().st_mode & 0o777) for p in tmp_path.glob(".*"))
        write(self, piece)

    with patch.object(atomic.Pending, "write", watched):
        names = []
        for _ in range(2):
            assert _run_here(["compute", "mse", "-p", "1", "-t", "2", "-o", "o.json"]).code == 0
            names.append(seen.pop())
    wanted = mode if mode is not None else Path("o.json").stat().st_mode & 0o777
    assert names[0][0] != names[1][0] and "o.json" not in names[0][0] and f"-{os.getpid()}." not in names[0][0]
    assert {m for _, m in names} == {wanted} == {Path("o.json").stat().st_mode & 0o777}
    assert os.listdir() == ["o.json"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_nothing_behind_and_says_nothing(number: signal.Signals, tmp_path: Path) -> None:
    rows = "1,2\n" * 400_000
    (tmp_path / "d.csv").write_text(f"pred,target\n{rows}", encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    argv = [*LOSSCLI, "compute", "mse", "d.csv", "-r", "none", "-o", "out/o.csv"]
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup ignores it, and a process inherits that
    process = subprocess.Popen(argv, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE)
    signal.signal(signal.SIGHUP, before)
    with process:
        deadline = time.monotonic() + 30
        while not list(out.iterdir()) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130 if number == signal.SIGINT else -number, b"")
    assert list(out.iterdir()) == []


# --- what cannot be read -----------------------------------------------------------------------------------------------------


def test_only_writing_fails_as_writing(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_bytes(PLAIN["csv"])
    gone = tmp_path / "gone"
    gone.mkdir()
    line = " ".join(LOSSCLI)
    rows = {
        "inline": (f"{line} compute mse -p 1 -t 3 -f value", 0),
        "own": (f"{line} compute x.py::f -p 1 -t 2", INPUT),
        "file": (f"{line} compute mse x.csv", INPUT),
        "objective": (f"{line} compute x.yaml", INPUT),
        "output": (f"{line} compute mse -p 1 -t 2 -o x.json", OUTPUT),
    }
    script = f"cd {gone}; rmdir {gone}; " + "".join(f"{command}; echo =$?; " for command, _ in rows.values())
    env = environment(PYTHONPATH=str(ROOT))
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False, env=env)
    assert [int(x) for x in done.stdout.split("=")[1:]] == [code for _, code in rows.values()], done
    assert done.stderr.count("error: ") == 4 and "standard output" not in done.stderr and "Traceback" not in done.stderr


def test_standard_input_that_is_open_for_writing_only(tmp_path: Path) -> None:
    with (tmp_path / "w").open("wb") as file:
        code, _, err = losscli_at(["compute", "mse", "-", "-t", "1"], tmp_path, stdin=file)
    assert code == INPUT and err.startswith("error: standard input cannot be read: ")


def test_help_that_cannot_be_written_fails_as_writing(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        for argv in (["-h"], ["--version"], ["list"], ["compute", "mse", "-p", "1", "-t", "1"]):
            done = subprocess.run([*LOSSCLI, *argv], stdout=full, stderr=subprocess.PIPE, env=environment(), check=False)
            assert done.returncode == OUTPUT and done.stderr.startswith(b"error: cannot write to standard output")


def test_the_number_of_threads_has_an_upper_limit() -> None:
    """10^20 was an internal error, 99,999 took 15 s and held blocks for each."""
    argv = ["compute", "mse", "-p", "x.npy", "-t", "y.npy", "-f", "value", "--threads"]
    files = {"x.npy": npy(np.arange(300_000) % 7.0), "y.npy": npy(np.zeros(300_000))}
    started: list[int] = []
    with patch("losscli.parallel.Thread.start", side_effect=lambda: started.append(1)), patch("losscli.parallel.MAX_THREADS", 1):
        got = cli([*argv, "1" + "0" * 20], files)
        grad = cli([*argv, "1" + "0" * 20, "--grad", "pred"], files)
    assert got == cli([*argv, "1"], files) and got.code == grad.code == 0 and not started


def test_threads_that_cannot_be_started_are_left_out() -> None:
    rows = 300_000
    x = npy(np.arange(rows) % 7.0)
    argv = ["compute", "mse", "-p", "x.npy", "-t", "y.npy", "--threads", "8", "-f", "value"]
    files = {"x.npy": x, "y.npy": npy(np.zeros(rows))}
    whole = cli(argv, files)
    with patch("losscli.parallel.Thread.start", side_effect=RuntimeError("can't start new thread")):
        assert Workers(4).count == 0
        assert cli(argv, files) == whole
    assert whole.code == 0


def test_workers_pass_on_errors_and_continue() -> None:
    found = Workers(3)
    seen = [0] * 100

    def one(i: int) -> None:
        seen[i] += 1
        if i == 50:
            raise ValueError("fifty")

    with pytest.raises(ValueError, match="fifty"):
        found.share(one, 100)
    seen = [0] * 100
    found.share(lambda i: seen.__setitem__(i, seen[i] + 1), 100)
    assert seen == [1] * 100
    found.end()


# --- no exit 70 --------------------------------------------------------------------------------------------------------------


def test_negative_numbers_of_threads_are_refused_everywhere() -> None:
    files = {"d.csv": FILES["d.csv"], "o.yaml": "data: d.csv\nterms: {a: {loss: mse}}\n"}
    for argv in (
        ["compute", "mse", "d.csv"],
        ["compare", "d.csv", "-l", "mse", "-p", "pred", "-t", "target"],
        ["compute", "o.yaml"],
    ):
        got = cli([*argv, "--threads", "-1"], files)
        assert (got.code, got.err) == (USAGE, "error: --threads takes 0 or more, not -1\n")


@pytest.mark.parametrize("shape", [(3, 0), (0,), (0, 3), (2, 3, 4), (2, 1), ()], ids=str)
def test_no_shape_is_an_internal_error(shape: tuple[int, ...]) -> None:
    """Over every loss there is: rows of nothing, one number, and more axes than it wants."""
    for known in losscli.LOSSES.values():
        roles = {r.name: np.zeros(shape) for r in known.roles.values() if not r.optional}
        with suppress(LossError):
            losscli.compute(known.name, **roles)


ROW = "- loss: mse\n  roles: {pred: [1], target: [2]}\n  expected: 1\n  peer: exact.f\n  version: '1'\n  origin: by hand\n"


def test_an_incomplete_row_of_vectors_is_an_error() -> None:
    assert _row(ROW, "regression.yaml: mse")["expected"] == 1
    for at, said in ((ROW.index("  peer"), "no peer and no version and no origin"), (ROW.index("}"), "not YAML"), (7, "it has no loss")):
        with pytest.raises(InputError, match=f"regression.yaml: mse: .*{said}"):
            _row(ROW[:at], "regression.yaml: mse")


# --- a message is one line -----------------------------------------------------------------------------------------------------


EVIL = "a\nwarning: W999 all is well\x1b[31m\r\u202e"
FORGED: dict[str, tuple[list[str], Mapping[str, str | bytes]]] = {
    "a column": (["compute", "mse", "-p", f"d.csv::{EVIL}", "-t", "1"], {"d.csv": FILES["d.csv"]}),
    "a key": (["compute", "mse", "d.json"], {"d.json": json.dumps({EVIL: [1], "b": [2]})}),
    "a header": (["compute", "mse", "d.csv"], {"d.csv": '"a\nb\x1b[31m",c\n1,2\n'}),
    "a file": (["compute", "mse", "-p", f"./{EVIL}.csv", "-t", "1"], {}),
    "a loss": (["compute", EVIL, "-p", "1", "-t", "1"], {}),
    "a term": (["compute", "o.yaml"], {"o.yaml": json.dumps({"terms": {EVIL: {"loss": "mse", "pred": "d.csv", "target": [1]}}})}),
    "a gate": (
        ["compute", "o.yaml"],
        {"o.yaml": json.dumps({"terms": {EVIL: {"loss": "mse", "pred": [1], "target": [1], "max": 2}}})},
    ),
    "an own message": (
        ["compute", "l.py::f", "-p", "1", "-t", "1"],
        {"l.py": f"def f(pred, target):\n    raise ValueError({EVIL!r})\n"},
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_no_name_makes_a_second_line_or_speaks_to_the_terminal(name: str) -> None:
    argv, files = FORGED[name]
    err = cli(argv, files).err
    assert err.endswith("\n") and err.removesuffix("\n").replace("\nsee `", "").isprintable(), err


@pytest.mark.parametrize(
    "files",
    [{"d.csv": "a" * 5_000_000 + ",b\n1,2\n"}, {"d.csv": ",".join(["a"] * 50_000) + "\n" + ",".join(["1"] * 50_000) + "\n"}],
    ids=["one long name", "many equal names"],
)
def test_a_message_is_no_longer_than_a_line(files: Mapping[str, str]) -> None:
    """The end of the message stays, since it says what to do."""
    got = cli(["compute", "mse", "d.csv", "-p", "a", "-t", "1"], files)
    assert got.code == INPUT and got.err.count("\n") == 1 and len(got.err) < messages.LONGEST + 20 and "…" in got.err


# --- what no test noticed ------------------------------------------------------------------------------------------------------


def test_sum_of_channels_is_a_sum() -> None:
    """r.m.s. of (1, 3) and of (2, 4): √5 and √10."""
    argv = ["compute", "rmse", "-p", "[[1,2],[3,4]]", "-t", "[[0,0],[0,0]]", "--per", "channel", "-f", "value", "-r"]
    assert float(cli([*argv, "sum"]).out) == pytest.approx(math.sqrt(5) + math.sqrt(10), rel=1e-15)
    assert float(cli([*argv, "mean"]).out) == pytest.approx((math.sqrt(5) + math.sqrt(10)) / 2, rel=1e-15)


needs_fields = pytest.mark.skipif(not compiled.AVAILABLE, reason="was not compiled here")


@needs_fields
@pytest.mark.parametrize(("size", "read"), [(511, True), (512, False), (513, False)])
def test_a_field_of_512_bytes_is_one_too_long_for_its_place(size: int, read: bool) -> None:
    field = b"0." + b"3" * (size - 2)
    found = compiled.csv_columns(field + b"\n", b",", 1, [0])
    assert (found is not None) == read
    if found is not None:
        assert found[0].tolist() == [float(field)]


@needs_fields
@pytest.mark.parametrize("at", range(8))
def test_ascii_characters_next_to_the_digits_are_not_digits(at: int) -> None:
    for wrong in b"/:;<=>?@":
        eight = bytearray(b"12345678")
        eight[at] = wrong
        assert compiled.csv_columns(b"0." + bytes(eight) + b"12\n", b",", 1, [0]) is None


def test_either_role_below_clip_is_noticed() -> None:
    for pred, target in (("0.1", "2"), ("2", "0.1")):
        assert "W104" in cli(["compute", "msle", "-p", pred, "-t", target, "--clip", "1"]).err
    assert cli(["compute", "msle", "-p", "2", "-t", "2", "--clip", "1"]).err == ""


@pytest.mark.parametrize("row", [0, 299_999])
def test_a_value_outside_is_found_in_every_block(row: int) -> None:
    pred = np.full(300_000, 0.5)
    pred[row] = 1.5
    got = cli(["compute", "bce", "-p", "p.npy", "-t", "t.npy"], {"p.npy": npy(pred), "t.npy": npy(np.ones(300_000))})
    assert got.code == INPUT and f"row {row} is 1.5" in got.err


def test_a_hint_about_signs_is_for_a_sign_that_is_0() -> None:
    hint = ("maps 0 to -1", "write -1 for 0")
    assert any(h in cli(["compute", "hinge", "-p", "1", "-t", "0"]).err for h in hint)
    for argv in (["compute", "hinge", "-p", "1", "-t", "2"], ["compute", "gaussian_nll", "-p", "1", "-t", "1", "--var", "0"]):
        got = cli(argv)
        assert not any(h in got.err for h in hint)
    assert cli(["compute", "hinge", "-p", "1", "-t", "2"]).code == INPUT


def test_products_are_summed_in_float64_over_all_vectors() -> None:
    """4096² + 1² = 16,777,217, which float32 does not have; with weights 2 and 3 it is 2 · 16,777,216 + 3."""
    x = np.array([[[4096.0, 1.0]], [[1.0, 0.0]]], np.float32)  # two rows of one vector each
    alone, weighed = (View(0, 2, {}, w, {}, {}) for w in (None, np.array([2.0, 3.0], np.float32)))
    found: list[Any] = [_aggregation_of(CrossProduct(x, x), (2,), view, ()) for view in (alone, weighed)]
    assert found[0].column.tolist() == [[16777217, 4096], [4096, 1]]
    assert found[1].column[0, 0] == 2 * 16777216 + 3


@pytest.mark.parametrize(
    ("pred", "weight", "value"),
    [
        ("[[1,1,1],[3,3,3]]", "[[1],[3]]", (3 * 1 + 3 * 9 * 3) / (3 * 1 + 3 * 3)),  # one for each row
        ("[[1,2,3],[4,5,6]]", "[[[1,0,0]],[[0,0,1]]]", (1 + 36) / 2),  # one for each value
        ("[[[1],[2]],[[3],[4]]]", "[[1,0],[0,3]]", (1 + 3 * 16) / 4),
    ],
)
def test_weights_whose_shape_differs_by_axes_of_one_fit(pred: str, weight: str, value: float) -> None:
    zeros = json.dumps((np.zeros(np.shape(json.loads(pred)))).tolist())
    got = cli(["compute", "mse", "-p", pred, "-t", zeros, "-w", weight, "-f", "value"])
    assert (got.code, got.err) == (0, "") and float(got.out) == pytest.approx(value, rel=1e-15)


def test_one_ignored_label_of_two_is_counted() -> None:
    got = cli(["compute", "cross_entropy", "-p", "[[1,2],[3,1]]", "-t", "0,-100", "-f", "json"])
    assert json.loads(got.out)["rows"]["ignored"] == 1


def test_mapped_columns_are_read_again_when_nothing_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numpy_files, "MAPPED", 0)
    np.save(tmp_path / "x.npy", [1.0, 2.0, 3.0])
    column: Column = numpy_files.read_npy(file_at(str(tmp_path / "x.npy"))).all()
    assert isinstance(column.array, np.memmap)
    data = Data({"x": column})
    assert data.all()["x"].tolist() == data.all()["x"].tolist() == [1, 2, 3]
