"""Hostile input: damaged files, files that change, wrong tags, impossible shapes, names that forge messages. A file is whole or refused."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import losscli
from losscli.data.blocks import Data
from losscli.errors import InputError, LossError
from losscli.sources import numpy_files, safetensors_files
from losscli.sources.files import file_at
from losscli.sources.formats import FORMATS, Reading, format_of
from losscli.text import LONGEST
from losscli.vectors import _row
from tests.support.command import Outcome, cli, npy, npz, parquet
from tests.support.process import LOSSCLI, environment

USAGE, INPUT, OUTPUT = 2, 3, 4
PRED, TARGET = [1.0, 2.0, 4.0, 9.0], [1.0, 2.0, 3.0, 3.0]
CSV = "pred,target\n1,2\n3,5\n"
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


# --- no exit 70 --------------------------------------------------------------------------------------------------------------


def test_negative_numbers_of_threads_are_refused_everywhere() -> None:
    files = {"d.csv": CSV, "o.yaml": "data: d.csv\nterms: {a: {loss: mse}}\n"}
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
    "a column": (["compute", "mse", "-p", f"d.csv::{EVIL}", "-t", "1"], {"d.csv": CSV}),
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
    assert got.code == INPUT and got.err.count("\n") == 1 and len(got.err) < LONGEST + 20 and "…" in got.err
