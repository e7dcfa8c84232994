"""A row of the tables of messages, and the rows that are made alike."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from losscli.choices import Choice
from losscli.render import formats


@dataclass(frozen=True)
class Row:
    """stderr is the text of its lines, or a pattern that is found in it."""

    argv: list[str]
    code: int
    err: str | re.Pattern[str]
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    stdin: str | bytes | None = None
    stdout: Callable[[], io.StringIO] = io.StringIO
    closed: bool = False


USAGE, INPUT, OUTPUT = 2, 3, 4
MSE = ["compute", "mse"]
PT = ["-p", "1,2", "-t", "2,4"]
AB = {"d.csv": "a,b,t\n1,2,3\n2,3,3\n"}
D = {"d.csv": "pred,target\n1,2\n3,5\n"}


def mse(*argv: str) -> list[str]:
    return [*MSE, *argv]


def compare(*argv: str) -> list[str]:
    return ["compare", "d.csv", *argv]


def expecting(content: str | bytes, err: str | re.Pattern[str], code: int = INPUT) -> Row:
    return Row(mse(*PT, "--expect", "r.json"), code, err, {"r.json": content})


def reading(name: str, content: str | bytes, err: str | re.Pattern[str], *argv: str, code: int = INPUT) -> Row:
    return Row(mse(*(argv or ("-p", name, "-t", "1,2"))), code, err, {name: content})


def tensors(header: bytes, numbers: bytes = b"") -> bytes:
    """A safetensors file with this header."""
    return len(header).to_bytes(8, "little") + header + numbers


def objective(text: str, err: str | re.Pattern[str], *argv: str, code: int = INPUT, **files: str) -> Row:
    """An objective as o.yaml, beside D as d.csv; other files by their names without .yaml."""
    more = {f"{name}.yaml": content for name, content in files.items()}
    return Row(["compute", "o.yaml", *(argv or ("d.csv",))], code, err, {"o.yaml": text, **D, **more})


ONE = "terms: {a: {loss: mse}}"
OPTIONS_OF_A_TERM = "loss, weight, log_variance, data, id, max, min, expect, rtol, atol"
ONE_NUMBER = "error: a gate needs one number: give -r mean (or sum, …), not -r none"
GIVEN = "; its options: delta"
REDUCTIONS = "none, mean, sum, batchmean or sum_over_batch_size"
FORMATS = Choice(tuple(f.name for f in formats.FORMATS.values() if not f.binary)).takes
SUFFIXES = ", ".join(formats.SUFFIXES)

OWN = """import sys, numpy as np
from losscli.domains import SharedVector
from losscli.aggregation import CrossProduct

def fails(pred):
    return pred[7]
def late(pred):
    s, = yield (pred,)
    return 1 / 0
def shape(pred): return pred[1:]
def nothing(pred): pass
def words(pred): return ["a", "b"]
def weights(pred): return pred, 1.0
def columns(pred): s = yield pred[1:]
def products(pred): s = yield CrossProduct(pred, pred)
def one(pred, target): return np.mean(pred - target)
def other(pred): return pred.max() if len(pred) < 2**16 else pred
def shared(pred, target: SharedVector): return pred.sum()
def star(*pred): ...
def stars(pred, **more): ...
def slash(pred, /): ...
def none(*, delta=1): ...
def first(pred=None): ...
def bare(pred, *, delta): ...
def odd(pred, *, delta=object): ...
def clash(pred, *, rows=1): ...
def weighs(pred, *, weight=1): ...
leaving = lambda pred: sys.exit("bye")
limit = 3
class Kind: ...
"""


def mine(function: str, code: int, err: str, *argv: str, roles: tuple[str, ...] = ("-p", "1,2")) -> Row:
    return Row(["compute", f"m.py::{function}", *roles, *argv], code, f"error: {err}", {"m.py": OWN})


def running(content: str | bytes, err: str | re.Pattern[str]) -> Row:
    return Row(["compute", "m.py::f", "-p", "1"], INPUT, err, {"m.py": content})


HAS = ", ".join(re.findall(r"^def (\w+)", OWN, re.MULTILINE))
A_VALUE = "it has to return a value for each row, or one number (rows 0 to 1)"
A_COLUMN = "each column is a number, has 2 rows first here, or is one of losscli.aggregation (rows 0 to 1)"
VECTORS_OF_ONE = "error: --vectors takes the name of one loss and nothing else: losscli list huber --vectors"
