"""Inputs as people have them: printed arrays, pipes, files without a suffix, JSON by id, files of other programs."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from losscli.errors import InputError
from losscli.sources.inline import inline
from tests.support.command import cli

NAN, INF = float("nan"), float("inf")
PRINTS: dict[str, Any] = {
    # Python
    "[.5, .7]": [0.5, 0.7],
    "[2., 1.]": [2, 1],
    "(1, 2)": [1, 2],
    "(1,)": [1],
    "1,2,": [1, 2],
    "1, 2, ": [1, 2],
    "True,False": [1, 0],
    "true, 0.5": [1, 0.5],
    "[True, None, False]": [1, NAN, 0],
    "[nan, -inf, +1, 007, 1E+05]": [NAN, -INF, 1, 7, 1e5],
    "((1, 2), (3, 4))": [[1, 2], [3, 4]],
    # NumPy
    "[1. 2. 3.]": [1, 2, 3],
    "[[1. 2.]\n [3. 4.]]": [[1, 2], [3, 4]],
    "[ 1. -2.]": [1, -2],
    "array([1., 2.])": [1, 2],
    "array([[1, 2],\n       [3, 4]], dtype=int8)": [[1, 2], [3, 4]],
    "np.array([1.e-03, 2.])": [1e-3, 2],
    "np.float64(0.5)": [0.5],
    "[np.float64(0.5), np.float64(1.5)]": [0.5, 1.5],
    "array(3)": [3],
    "matrix([[1, 2],\n        [3, 4]])": [[1, 2], [3, 4]],
    "[array([1., 2.]), array([3., 4.])]": [[1, 2], [3, 4]],
    "(array([1., 2.], dtype=float32), array([3., 4.], dtype=float32))": [[1, 2], [3, 4]],
    "[np.True_, np.False_]": [1, 0],
    "array('d', [1.0, 2.0])": [1, 2],
    "deque([1.0, 2.0], maxlen=9)": [1, 2],
    "dict_values([1.0, 2.0])": [1, 2],
    "[Decimal('1.5'), Decimal('2')]": [1.5, 2],
    # torch, JAX, TensorFlow
    "tensor([0.1, 0.2])": [0.1, 0.2],
    "tensor([[1.0000e+00, 2.], [3., 4.]], device='cuda:0', grad_fn=<AddBackward0>)": [[1, 2], [3, 4]],
    "tensor(0.5, requires_grad=True)": [0.5],
    "tensor([1., 2.], dtype=torch.float64)": [1, 2],
    "Array([1., 2.], dtype=float32)": [1, 2],
    "<tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>": [1, 2],
    "<tf.Tensor: shape=(), dtype=float32, numpy=1.5>": [1.5],
    "<tf.Variable 'v:0' shape=(2,) dtype=float32, numpy=array([1., 2.], dtype=float32)>": [1, 2],
    "tf.Tensor([1. 2.], shape=(2,), dtype=float32)": [1, 2],
    "[tensor(1.5000), tensor(2.5000, grad_fn=<MeanBackward0>)]": [1.5, 2.5],
    "(tensor([1., 2.]), tensor([3., 4.]))": [[1, 2], [3, 4]],
    "Parameter containing:\ntensor([1., 2.], requires_grad=True)": [1, 2],
    "[Array(1., dtype=float32, weak_type=True), Array(2., dtype=float32, weak_type=True)]": [1, 2],
    # pandas: a Series without its index; R: a vector without its places
    "0    1.5\n1   -2.5\ndtype: float64": [1.5, -2.5],
    "a b    1\nc      2\nName: p, dtype: int64": [1, 2],
    "0       1\n1    <NA>\ndtype: Int64": [1, NAN],
    "[1]  1.5 -2.0    NA": [1.5, -2, NAN],
    " [1] 1 2 3\n [4] 4 5": [1, 2, 3, 4, 5],
    # others
    "1;2;3": [1, 2, 3],
    "1 2 3": [1, 2, 3],
}
WORDS = {"['cat', 'dog']": ["cat", "dog"], "array(['cat', 'dog'], dtype='<U3')": ["cat", "dog"]}
NO_NUMBERS = ["yhat", "yhat,y", "true", "a;b", "(old) preds.csv", "x1", "1_000", "2020-01-01", "1e", ""]
REFUSED = {
    "1,,2": "a number is missing between two commas or at the start",
    ",1": "a number is missing between two commas or at the start",
    "1,5;2,5": "commas and semicolons are mixed: write 1.5,2.5 for two numbers, '[[1,5],[2,5]]' for two rows of numbers",
    "[0.1, 0.2, ..., 0.9]": "the printed array leaves numbers out ('...'): write the array to a file instead",
    "tensor([0.1, ..., 0.9])": "the printed array leaves numbers out",
    "[1,2": "not JSON",
    "[1 2; 3 4]": "';' does not separate rows here: write '[[1,2],[3,4]]' for two rows of two numbers",
    "0    1.5\n1    2.5": "the lines begin with 0, 1 …, as an index does: paste the numbers alone",
    "1  1.5\n2  2.5": "the lines begin with 1, 2 …, as an index does",
    "0    1.5\n    ... \n9    2.5\nLength: 10, dtype: float64": "the printed Series leaves numbers out",
    "0    cat\n1    dog\ndtype: object": "not JSON",
    "[1] 1 2\n[4] 4 5": "not JSON",
    "[1] [2]": "not JSON",
    "[[1][2]]": "not JSON",
    "[array([1, 2])[0, 1], array([1, 2])]": "not JSON",
    "array([1, 2], [3, 4])": "not JSON",
    "[array([1], [2])]": "not JSON",
    "[tensor(1.5), tensor(2.5]": "not JSON",
    "tensor([1, 2]": "not JSON",
    "[1)": "not JSON",
    "[tensor()]": "not JSON",
    "[1, tensor()]": "not JSON",
    "[tensor([1] [2])]": "not JSON",
    "array([1, 2]) + 1": "not JSON",
    "[1_0]": "not JSON",
    "[[1],[2,3]]": "is ragged",
}


@pytest.mark.parametrize("text", PRINTS)
def test_a_printed_array_can_be_pasted(text: str) -> None:
    np.testing.assert_array_equal(inline(text), np.array(PRINTS[text], float))
    np.testing.assert_array_equal(inline(f"  {text}\n"), np.array(PRINTS[text], float))


@pytest.mark.parametrize("text", WORDS)
def test_words_can_be_pasted(text: str) -> None:
    found = inline(text)
    assert found is not None and found.tolist() == WORDS[text]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_a_text_that_may_be_a_name_is_not_read_as_numbers(text: str) -> None:
    assert inline(text) is None


@pytest.mark.parametrize("text", REFUSED)
def test_a_text_that_only_begins_like_numbers_is_refused(text: str) -> None:
    with pytest.raises(InputError) as error:
        inline(text)
    assert REFUSED[text] in str(error.value)


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 1, 3)])
def test_what_numpy_prints_is_read_back(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=shape)
    with np.printoptions(precision=17, floatmode="unique"):
        for text in (repr(x), str(x), repr(x.tolist()), repr(x.astype(np.float32))):
            np.testing.assert_allclose(inline(text), x, rtol=1e-6)
        np.testing.assert_array_equal(inline(repr(x)), x)


LONG = [
    "1" + "," * 20_000 + "x",
    "1" + " ," * 20_000 + "x",
    "[" * 20_000,
    "tensor(" * 20_000,
    "array([1]" + ", dtype=a" * 20_000,
    "1 " * 20_000 + "x",
]


@pytest.mark.parametrize("text", LONG, ids=lambda t: t[:8])
def test_a_long_text_is_read_or_refused_quickly(text: str) -> None:
    start = time.process_time()
    with suppress(InputError):
        inline(text)
    assert time.process_time() - start < 3  # a hundredth of it is usual; a pattern that goes back and forth takes years


# --- JSON by id, by index, with the columns named apart ---------------------------------------------------------------------

# |1 - 1.5| and |2.5 - 2|: the mean is 0.5. FreeSolv's database.json and what DataFrame.to_json writes by its orients
FRAMES = {
    "columns": '{"y":{"0":1.5,"1":2},"yhat":{"0":1,"1":2.5}}',
    "columns in another order": '{"y":{"0":1.5,"1":2},"yhat":{"1":2.5,"0":1}}',
    "index": '{"0":{"y":1.5,"yhat":1},"1":{"y":2,"yhat":2.5}}',
    "split": '{"columns":["y","yhat"],"index":["a","b"],"data":[[1.5,1],[2,2.5]]}',
    "split without index": '{"columns":["y","yhat"],"data":[[1.5,1],[2,2.5]]}',
    "table": '{"schema":{"fields":[]},"data":[{"index":0,"y":1.5,"yhat":1},{"index":1,"y":2,"yhat":2.5}]}',
    "records": '[{"y":1.5,"yhat":1},{"y":2,"yhat":2.5}]',
    "by id": '{"mol_a":{"y":1.5,"yhat":1,"note":["x"]},"mol_b":{"y":2,"yhat":2.5}}',
    "columns by id": '{"y":{"a":1.5,"b":2,"c":0},"yhat":{"a":1,"b":2.5,"c":0.5}}',
}


@pytest.mark.parametrize("suffix", ["json", "yaml"])
@pytest.mark.parametrize("case", FRAMES)
def test_a_json_table_is_read_by_rows_and_by_columns(case: str, suffix: str) -> None:
    files = {f"d.{suffix}": FRAMES[case]}
    for argv in (["-p", "yhat", "-t", "y"], []):
        got = cli(["compute", "mae", f"d.{suffix}", *argv, "-f", "value"], files)
        assert (got.code, got.out) == (0, "0.5\n"), got.err
    got = cli(["compute", "mae", "-p", f"d.{suffix}::yhat", "-t", f"d.{suffix}::y", "-f", "value"], files)
    assert (got.code, got.out) == (0, "0.5\n"), got.err


def test_rows_named_by_keys_have_ids() -> None:
    got = cli(["compute", "mae", "d.json", "--id", "index", "-r", "none", "-f", "csv"], {"d.json": FRAMES["by id"]})
    assert got.out == "index,loss\nmol_a,0.5\nmol_b,0.5\n"
    got = cli(["compute", "mae", "d.json", "--id", "index", "-r", "none", "-f", "csv"], {"d.json": FRAMES["split"]})
    assert got.out == "index,loss\na,0.5\nb,0.5\n"


def test_a_table_is_not_read_both_ways_at_once() -> None:
    got = cli(["compute", "mae", "d.json", "-p", "mol_a", "-t", "y"], {"d.json": '{"mol_a":{"y":1,"z":2},"mol_b":{"y":3,"z":4}}'})
    assert (got.code, got.err) == (
        3,
        "error: d.json: 'y' is the key of a row, but the other names are columns: name only columns, or only rows\n",
    )


def test_objects_of_arrays_are_read_as_before() -> None:
    files = {"run.json": '{"train":{"logits":[1,2],"y":[1,1]},"val":{"logits":[3,5],"y":[3,4]}}'}
    got = cli(["compute", "mae", "run.json", "-p", "val.logits", "-t", "val.y", "-f", "value"], files)
    assert (got.code, got.out) == (0, "0.5\n"), got.err
    got = cli(["compute", "mae", "run.json", "-p", "logits", "-t", "y"], files)  # not the rows of train and val, one below the other
    assert got.code == 3


def test_split_rows_are_as_wide_as_their_names() -> None:
    got = cli(["compute", "mae", "d.json"], {"d.json": '{"columns":["y","yhat"],"data":[[1.5,1],[2]]}'})
    assert (got.code, got.err) == (3, "error: d.json::data: row 1 has 1 value, but there are 2 columns\n")


# --- pipes, suffixes ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def pipes(tmp_path: Path) -> Iterator[Any]:
    """Named pipes that give some bytes once."""
    threads = []

    def made(name: str, data: bytes) -> str:
        path = tmp_path / name
        os.mkfifo(path)
        threads.append(threading.Thread(target=path.write_bytes, args=(data,), daemon=True))
        threads[-1].start()
        return str(path)

    yield made
    for thread in threads:
        thread.join(10)


def _npy(x: Any) -> bytes:
    import io

    out = io.BytesIO()
    np.save(out, x)
    return out.getvalue()


PIPED = {
    "csv": b"pred,target\n1,1.5\n2.5,2\n",
    "tsv": b"pred\ttarget\n1\t1.5\n2.5\t2\n",
    "json": b'{"pred": [1, 2.5], "target": [1.5, 2]}',
    "jsonl": b'{"pred": 1, "target": 1.5}\n{"pred": 2.5, "target": 2}\n',
}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("kind", PIPED)
def test_a_pipe_is_read_like_standard_input(kind: str, pipes: Any) -> None:
    got = cli(["compute", "mae", pipes("p", PIPED[kind]), "-f", "value"])
    assert (got.code, got.out) == (0, "0.5\n"), got.err
    # a statistic of two passes, and each role from a pipe of its own
    got = cli(["compute", "rse", "-p", pipes("a", _npy(np.array([1.0, 2.5]))), "-t", pipes("b", b"1.5\n2\n"), "-f", "value"])
    assert (got.code, got.out) == (0, "4.0\n"), got.err  # (0.25 + 0.25) / (0.0625 + 0.0625)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_an_empty_pipe_is_an_error() -> None:
    got = cli(["compute", "mae", os.devnull, "-p", "a"])
    assert (got.code, got.err) == (3, f"error: {os.devnull} is empty\n")


@pytest.mark.parametrize("name", ["d.txt", "d.dat", "d.data", "d"])
@pytest.mark.parametrize("kind", PIPED)
def test_the_format_of_a_file_without_a_known_suffix_is_found_from_its_content(name: str, kind: str) -> None:
    got = cli(["compute", "mae", name, "-f", "value"], {name: PIPED[kind]})
    assert (got.code, got.out) == (0, "0.5\n"), got.err


CONVERTED = {
    "m.pt": "import numpy, torch; numpy.save('x.npy', torch.load('m.pt', map_location='cpu').detach().numpy())\"",
    "m.pkl": "import numpy, pickle; numpy.save('x.npy', pickle.load(open('m.pkl', 'rb')))\"",
    "it's.pkl": "pickle.load(open('FILE', 'rb'))",
    "m.xlsx": "save its sheet as CSV",
    "m.h5": "h5py.File('m.h5')",
    "m.mat": "scipy.io.loadmat('m.mat')",
    "m.rds": "write.csv(x, 'x.csv', row.names = FALSE)",
}


@pytest.mark.parametrize("name", CONVERTED)
def test_the_error_about_a_file_of_another_program_has_a_command_that_converts_it(name: str) -> None:
    got = cli(["compute", "mae", "-p", name, "-t", "1"], {name: b"\x80\x04x"})
    assert got.code == 3 and got.err.count("\n") == 1
    assert CONVERTED[name] in got.err


def test_the_command_that_converts_a_pickle_works(tmp_path: Path) -> None:
    import pickle

    (tmp_path / "m.pkl").write_bytes(pickle.dumps([1.0, 2.5]))
    line = CONVERTED["m.pkl"].rstrip('"')
    subprocess.run([sys.executable, "-c", line], cwd=tmp_path, check=True)
    assert np.load(tmp_path / "x.npy").tolist() == [1.0, 2.5]


def test_data_on_standard_input_that_nothing_reads_is_named() -> None:
    argv = [sys.executable, "-m", "losscli", "compute", "mae", "-t", "1,3"]
    got = subprocess.run(argv, input=b"1,2\n", capture_output=True, check=False)
    assert (got.returncode, got.stdout) == (2, b"")
    assert got.stderr == b"error: mae needs pred: give --pred SOURCE; '-' reads standard input\n"
    got = subprocess.run([*argv, "-p", "yhat"], input=b"yhat\n1\n3\n", capture_output=True, check=False)
    assert got.stderr == b"error: no file yhat; for a column of standard input write -::yhat\n"


def test_a_table_whose_keys_are_all_numbers_says_how_it_was_taken() -> None:
    """pandas' default for columns without names: two of {0: 1, 1: 2} and {0: 3, 1: 3} are (1, 2) and (3, 3), or (1, 3) and (2, 3)."""
    got = cli(["compute", "mse", "d.json", "-p", "::0", "-t", "::1"], {"d.json": '{"0": {"0": 1, "1": 2}, "1": {"0": 3, "1": 3}}'})
    assert (
        got.code == 0 and "W127 d.json: both levels of keys are numbers, and the 2 outer keys were read as rows, not as columns" in got.err
    )
    assert not cli(["compute", "mse", "d.json"], {"d.json": '{"pred": {"0": 1}, "target": {"0": 3}}'}).err


@pytest.mark.parametrize("name", ["d.json", "d.npy", "d.csv", "d.jsonl"])
def test_two_places_of_an_array_are_two_columns(name: str) -> None:
    """It was said that they are one, and --strict refused them."""
    out = io.BytesIO()
    np.save(out, [[1.0, 2.0], [3.0, 3.0]])
    files: dict[str, str | bytes] = {"d.json": "[[1,2],[3,3]]", "d.npy": out.getvalue(), "d.csv": "1,2\n3,3\n", "d.jsonl": "[1,2]\n[3,3]\n"}
    argv = ["compute", "mse", name, "-f", "value", "-p"]
    got = cli([*argv, "::0", "-t", "::1", "--strict"], {name: files[name]})
    assert (got.out, got.err) == ("0.5\n", "")
    assert "W116" in cli([*argv, "::1", "-t", "::-1"], {name: files[name]}).err


@pytest.mark.parametrize("name", ["d.csv", "d.txt", "d.json", "d.npy", "d"])
def test_a_gzipped_file_is_unpacked_whatever_it_is_called(name: str) -> None:
    """As a browser leaves it: data.csv, and gzipped."""
    out = io.BytesIO()
    np.save(out, [1.0, 3.0])
    text = {"d.json": b"[1,3]", "d.npy": out.getvalue()}.get(name, b"x\n1\n3\n")
    assert cli(["compute", "mse", "-p", name, "-t", "1,2", "-f", "value"], {name: gzip.compress(text)}).out == "0.5\n"


@pytest.mark.parametrize("name", ["[x].csv", "{x}.csv", "array(1).csv", "(1).csv", "1.csv"])
def test_a_path_that_exists_is_a_path(name: str) -> None:
    files = {name: "pred,target\n1,2\n", "t.csv": "target\n2\n"}
    assert cli(["compute", "mse", name, "-f", "value"], files).out == "1.0\n"
    assert cli(["compute", "mse", "-p", f"{name}::pred", "-t", "t.csv::target", "-f", "value"], files).out == "1.0\n"
    assert cli(["compare", "-l", "mse", "-p", f"{name}::pred", "-t", "2", "-f", "csv"], files).code == 0


def test_a_comment_in_the_first_line_is_reported_also_without_a_header() -> None:
    """FreeSolv's database.txt."""
    said = "d.txt has 0, 1; if lines that begin with # are comments, add --comment '#'\n"
    argv = ["compute", "mae", "d.txt", "--delimiter", ";", "--no-header", "-p", "::2", "-t", "::1", "-f", "value"]
    files = {"d.txt": "# names; of columns\na; 1.0; 2.0\n"}
    assert cli(argv, files).err.endswith(said)
    assert cli([*argv, "--comment", "#"], files).out == "1.0\n"


@pytest.mark.parametrize("option", ["-p", "-w", "-r", "--grad", "--classes", "--expect", "-o", "--nan", "--delimiter", "--decimal", "DATA"])
def test_an_option_with_an_empty_value_is_refused(option: str) -> None:
    """A variable of the shell that is not set: `--grad "$ROLE"` printed no derivatives, and no word."""
    argv = ["compute", "zero_one", *([""] if option == "DATA" else ["d.csv", option, ""])]
    got = cli(argv, {"d.csv": "pred,target\n1,1\n"})
    assert got.code == 2 and got.err.startswith(f"error: {option} ")


# --- safetensors, decimals ---------------------------------------------------------------------------------------------------


def _safetensors(tensors: dict[str, tuple[str, list[int], bytes]], more: bytes = b"") -> bytes:
    """By the format's description: a length, a JSON header, the numbers one behind the other."""
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(data)]}  # type: ignore[dict-item]
        at += len(data)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(data for _, _, data in tensors.values()) + more


HALVES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8"}
TENSORS = {
    **{name: ("F64", [2], np.array([1.0, 2.0]).tobytes()) for name in ("pred",)},
    "target": ("BF16", [2], (np.array([1.5, 2.0], "<f4").view("<u4") >> 16).astype("<u2").tobytes()),  # both are exact in bfloat16
}


@pytest.mark.parametrize("dtype", HALVES)
def test_safetensors_are_read(dtype: str) -> None:
    tensors = TENSORS | {"pred": (dtype, [2], np.array([1, 3], HALVES[dtype]).tobytes())}
    got = cli(["compute", "mae", "m.safetensors", "-f", "value"], {"m.safetensors": _safetensors(tensors)})
    assert (got.code, got.out) == (0, "0.75\n"), got.err  # (0.5 + 1) / 2


def test_a_damaged_safetensors_is_refused() -> None:
    whole = _safetensors(TENSORS)
    for at in range(len(whole)):
        got = cli(["compute", "mae", "m.safetensors"], {"m.safetensors": whole[:at]})
        assert got.code == 3 and got.err.count("\n") == 1, (at, got.err)
    assert cli(["compute", "mae", "m.safetensors"], {"m.safetensors": whole + b"x"}).code == 3
    for wrong in ({"pred": ("F64", [3], b"\0" * 16)}, {"pred": ("F8_E4M3", [2], b"\0\0")}, {"pred": ("F64", [-2], b"\0" * 16)}):
        assert cli(["compute", "mae", "m.safetensors"], {"m.safetensors": _safetensors(TENSORS | wrong)}).code == 3


def test_decimals_of_a_parquet_are_the_nearest_numbers(tmp_path: Path) -> None:
    cells = ["0.1", "12345678901234567.123", "-0.003", "99999999999999999.999"]
    pl.DataFrame({"pred": [Decimal(c) for c in cells], "target": [0.0] * 4}).write_parquet(tmp_path / "d.parquet")
    got = cli(["compute", "mae", str(tmp_path / "d.parquet"), "-r", "none", "-f", "value"])
    assert got.code == 0, got.err
    assert [float(x) for x in got.out.split()] == [abs(float(c)) for c in cells]
