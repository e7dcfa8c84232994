"""Hostile bytes for the readers: examples of each format, ways to damage them, and all that can be read of a file."""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from losscli.errors import LossError
from losscli.sources.files import InputFile
from losscli.sources.formats import FORMATS, Reading
from losscli.sources.inline import inline
from losscli.sources.objective import read_objective
from losscli.sources.table import Table
from tests.support.command import npy, npz, parquet

PRED, TARGET = [1.0, 2.0, 4.0, 9.0], [1.0, 2.0, 3.0, 3.0]
LARGEST = 2**22  # bytes in memory at once
COLUMNS = 20  # of a table that are read


def safetensors(**arrays: Sequence[float]) -> bytes:
    """A file of safetensors, of float64."""
    header, at = {}, 0
    for name, x in arrays.items():
        header[name] = {"dtype": "F64", "shape": [len(x)], "data_offsets": [at, at := at + 8 * len(x)]}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(np.array(x).tobytes() for x in arrays.values())


def arrow(frame: pl.DataFrame, stream: bool) -> bytes:
    out = io.BytesIO()
    (frame.write_ipc_stream if stream else frame.write_ipc)(out)
    return out.getvalue()


def compressed(**arrays: Sequence[float]) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **{name: np.array(x) for name, x in arrays.items()})
    return out.getvalue()


def structured() -> bytes:
    x = np.zeros(4, [("pred", "<f8"), ("target", "<f8")])
    x["pred"], x["target"] = PRED, TARGET
    return npy(x)


def _frame() -> pl.DataFrame:
    """Columns of every kind, among them one of -1 and 0, whose bytes are those of an end marker."""
    columns = {
        "pred": PRED,
        "other": [-1, 0, -1, 0],
        "word": ["a", None, "b", "a"],
        "v": [[1.0, 2.0]] * 4,
        "yes": [True, False, None, True],
    }
    return pl.DataFrame(columns).with_columns(pl.col("word").cast(pl.Categorical).alias("class"))


def _parquet(frame: pl.DataFrame, compression: str) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out, compression=compression)
    return out.getvalue()


EXAMPLES: dict[str, list[bytes]] = {
    "csv": [b"pred,target\n1,1\n2,2\n4,3\n9,3\n", b'"a b",c\r\n"1","x, ""y"""\r\n,NA\r\n', b"\xef\xbb\xbf1;2\n3;4\n",
            b"0,1\n-1e5,.5\n\n\n"],
    "tsv": [b"pred\ttarget\n1\t1\n2\t2\n"],
    "json": [
        b'{"pred":[1,2,4,9],"target":[1,2,3,3]}', b'[{"a":1,"b":{"c":"x"}},{"a":null,"b":{"c":"nan"}}]', b"[[1,2],[3,4]]",
        b'{"p":{"0":1,"1":2},"t":{"0":1,"1":2}}', b'{"columns":["a"],"index":[0],"data":[[1]]}',
    ],
    "jsonl": [b'{"pred":1,"target":[1,2]}\n{"pred":2.5,"target":[3,4]}\n', b"[1,2]\n[3,4]\n", b"1\n2\n", b'{"a":{"b":"\\ud800"}}\n'],
    "yaml": [b"pred: [1,2,4,9]\ntarget: [1,2,3,3]\n", b"- {a: &x 1, b: *x}\n- {a: !!float 2, b: .nan}\n", b"a:\n  - 1\n  - 'x'\n"],
    "npy": [structured(), npy(np.array([[1, 2], [3, 4]])), npy(np.array(["a", "bc"])), npy(np.array([b"a", b"bc"])), npy(np.float32(3))],
    "npz": [npz(pred=np.array(PRED), target=np.array(TARGET)), compressed(pred=PRED, target=TARGET)],
    "safetensors": [safetensors(pred=PRED, target=TARGET)],
    "parquet": [parquet({"pred": PRED, "target": TARGET}), _parquet(_frame(), "uncompressed"), _parquet(_frame(), "snappy")],
    "arrow": [arrow(_frame(), stream=True), arrow(_frame(), stream=False)],
    "objective": [
        b"terms:\n  a: {loss: mse, weight: 2, pred: [1], target: '1,2', max: 3}\n  b: {loss: huber, delta: 2, nan: omit}\n",
        b"data: d.csv\nid: id\ntotal: none\nterms: {a: {loss: cross_entropy, class_weight: [1, 2], classes: [cat, dog], expect: r.json}}\n",
        b"terms: {a: {loss: mse, weight: learned, log_variance: 1}, b: {value: 12.5}, c: {loss: trl.DPO, loss_type: ipo}}\n",
    ],
    "inline": [b"1,2.5 -3e1", b"[[1,2],[3,4]]", b"tensor([0.1, nan])", b"array([[1., 2.]], dtype=float32)", b"1, 2, true"],
}  # fmt: skip
TOKENS: dict[str, list[bytes]] = {
    "csv": [b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"nan", b"1e999", b"\xef\xbb\xbf", b" ", b"true", b"1_0", "١".encode(), b"0" * 600],
    "json": [b"{", b"}", b"[", b"]", b'"', b":", b",", b"null", b"NaN", b"-Infinity", b"1e999", b"\\ud800", b"[" * 200, b"9" * 400,
             b"\0", b"true"],
    "yaml": [b"- ", b": ", b"? ", b"&a ", b"*a", b"<<: ", b"!!float ", b"!!binary ", b"|\n ", b"{", b"}", b"[", b"]", b"#", b"---\n",
             b"...\n",
             b"%YAML 9.9\n", b"~", b".inf", b"9" * 400, b"\t", b"\0", b"'", b'"\\x1b"', "\u2028".encode(), b"{" * 90],
    "objective": [b"loss: ", b"weight: ", b"data: ", b"terms: ", b"total: mean\n", b"expect: ", b"max: ", b"sample_weight: ",
                  b"per: row", b"{}",
                  b"[]", b"~", b"&a ", b"*a", b"<<: ", b"reduction: sum", b"../o.yaml", b"value: ", b"learned", b"log_variance: ",
                  b".inf", b"-"],
    "npy": [b"'shape': (", b"9" * 30, b"True", b"'descr': '<U0'", b"'|O'", b"'<M8[s]'", b"('a', '<f8')", b"\n", b"\0" * 8, b"\xff" * 8,
            b"("],
    "safetensors": [b'"shape":[', b"9" * 25, b"-1", b"[]", b'"F4"', b'"BF16"', b'"I64"', b'"__metadata__":{}', b"null", b"1e3", b"{"],
    "inline": [b"[", b"]", b",", b" ", b"tensor(", b")", b"array(", b"nan", b"-", b"e", b"_", b"\n", b"dtype=", b"...", b"'",
               b"9" * 400, b"1" + b"," * 50],
}  # fmt: skip
TOKENS |= {"tsv": [*TOKENS["csv"], b"\t"], "jsonl": [*TOKENS["json"], b"\n", b"\r\n"]}


# --- damage ----------------------------------------------------------------------------------------------------------------

Damage = Callable[[bytearray, random.Random, Sequence[bytes]], None]
_NUMBERS = [b"\0", b"\x01", b"\x7f", b"\x80", b"\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\xff" * 4, b"\xff" * 8, b"\0" * 8]


def _flip(data: bytearray, dice: random.Random, tokens: Sequence[bytes]) -> None:
    at = dice.randrange(8 * len(data))
    data[at // 8] ^= 1 << at % 8


def _set(data: bytearray, dice: random.Random, tokens: Sequence[bytes]) -> None:
    number, at = dice.choice(_NUMBERS), dice.randrange(len(data))
    data[at : at + len(number)] = number


def _remove(data: bytearray, dice: random.Random, tokens: Sequence[bytes]) -> None:
    at = dice.randrange(len(data))
    del data[at : at + dice.choice((1, 1, 2, 4, 8, 40))]


def _repeat(data: bytearray, dice: random.Random, tokens: Sequence[bytes]) -> None:
    at, size = dice.randrange(len(data)), dice.choice((1, 2, 4, 8, 40))
    data[at:at] = data[at : at + size] * dice.choice((1, 2, 30))


def _move(data: bytearray, dice: random.Random, tokens: Sequence[bytes]) -> None:
    at, to, size = dice.randrange(len(data)), dice.randrange(len(data)), dice.choice((1, 4, 8, 40))
    data[to : to + size] = data[at : at + size]


def _cut(data: bytearray, dice: random.Random, tokens: Sequence[bytes]) -> None:
    del data[dice.randrange(len(data)) :]


def _token(data: bytearray, dice: random.Random, tokens: Sequence[bytes]) -> None:
    at = dice.randrange(len(data) + 1)
    data[at : at + dice.choice((0, 0, 1, 4))] = dice.choice(tokens or _NUMBERS)


_DAMAGES: Sequence[Damage] = (_flip, _flip, _set, _remove, _repeat, _move, _cut, _token, _token, _token)


def damaged(format: str, data: bytes, dice: random.Random) -> bytes:
    """The bytes with one to four changes. In an archive it is mostly an array that changes, whose checksum is right again."""
    if format == "npz" and dice.random() < 0.7:
        return _damaged_archive(data, dice)
    out = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        if out:
            dice.choice(_DAMAGES)(out, dice, TOKENS.get(format, ()))
    return bytes(out)


def _damaged_archive(data: bytes, dice: random.Random) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # it is damaged already
        return damaged("npy", data, dice)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, content in members.items():
            archive.writestr(name, damaged("npy", content, dice) if dice.random() < 0.6 else content)
    return out.getvalue()


# --- reading ---------------------------------------------------------------------------------------------------------------


def read(format: str, data: bytes, folder: Path) -> str:
    """Read all that is in these bytes; the error of a user, without its numbers and names, or ''.

    Any other exception is a fault, and so are warnings of NumPy, which would go to standard error.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            _READ.get(format, _read_table)(format, data, folder)
        except LossError as error:
            return re.sub(r"'[^']*'|\"[^\"]*\"|[-\d.,]+", "…", str(error))[:200]
        except MemoryError:
            return "not enough memory"
    return ""


def _read_table(format: str, data: bytes, folder: Path) -> None:
    table = FORMATS[format].read(InputFile(f"d.{format}", None, data, LARGEST), Reading())
    table.width()
    for name in table.names[:COLUMNS]:
        _read_column(table, name)
    with_error(lambda: table.all().whole())
    with_error(lambda: table.place(1))


def _read_column(table: Table, name: str) -> None:
    def values() -> None:
        column = table.columns((name,), False, name)
        for start, parts in enumerate(column.cells()):
            column.values(parts, start)

    with_error(values)
    with_error(lambda: table.texts(name))
    with_error(lambda: b"".join(table.cells(name)))


_SEEN: list[LossError] = []


def with_error(step: Callable[[], object]) -> None:
    """Go on after the error of a user."""
    try:
        step()
    except LossError as error:
        _SEEN[:] = [error]


def _read_objective(format: str, data: bytes, folder: Path) -> None:
    file = folder / "o.yaml"
    file.write_bytes(data)
    read_objective(str(file))


def _read_inline(format: str, data: bytes, folder: Path) -> None:
    inline(data.decode("utf-8", "surrogateescape"))


_READ: Mapping[str, Callable[[str, bytes, Path], None]] = {"objective": _read_objective, "inline": _read_inline}


def gzipped(size: int, beginning: bytes = b"", piece: bytes = b"0") -> bytes:
    """A small file that unpacks to `size` bytes: a beginning, then one piece again and again."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6, mtime=0) as file:
        file.write(beginning)
        block = piece * (2**20 // len(piece))
        for _ in range(size // len(block)):
            file.write(block)
    return out.getvalue()
