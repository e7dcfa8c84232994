"""Columns of groups: the same codes and names from every format and any chunking, in the order of the rows."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from contextlib import chdir
from typing import Any

import numpy as np
import pytest

from losscli.catalogue.lookup import find
from losscli.data.blocks import Data
from losscli.data.groups import Groups, cell_text
from losscli.errors import InputError, LossError, UsageError
from losscli.numeric.lazy import Array
from losscli.sources.cell_columns import group_column
from losscli.sources.inputs import Inputs
from losscli.sources.join import Joining, pairing
from tests.support.command import npy, npz, parquet, write

WORDS = ["north", "south", "north", "", "east", "south"]
YEARS = [2024, 2023, 2024, 2023, 2023, 2024]
FILES: dict[str, str | bytes] = {
    "t.csv": "region,year,y\n" + "".join(f"{w},{n},{i}\n" for i, (w, n) in enumerate(zip(WORDS, YEARS, strict=True))),
    "t.json": json.dumps([{"region": w or None, "year": n, "y": i} for i, (w, n) in enumerate(zip(WORDS, YEARS, strict=True))]),
    "t.npz": npz(region=np.array(WORDS), year=np.array(YEARS), y=np.arange(6)),
    "t.parquet": parquet({"region": [w or None for w in WORDS], "year": YEARS, "y": list(range(6))}),
}
COLUMNS: dict[str, tuple[list[int], list[tuple[str, ...]]]] = {
    "region": ([0, 1, 0, 2, 3, 1], [("north",), ("south",), ("",), ("east",)]),
    "year": ([0, 1, 0, 1, 1, 0], [("2024",), ("2023",)]),
    "region,year": ([0, 1, 0, 2, 3, 4], [("north", "2024"), ("south", "2023"), ("", "2023"), ("east", "2023"), ("south", "2024")]),
}


def groups_of(
    data: str | None, text: str, files: Mapping[str, str | bytes] = FILES, id: str | None = None, chunk: int | None = None, **options: Any
) -> tuple[Array, Groups]:
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        write(files)
        inputs = Inputs(data)
        rows = pairing(inputs, None if id is None else Joining(id))
        if id is not None:
            rows.align(inputs.column("y"))  # DATA sets the order
        column = group_column(inputs, rows, text, "--by", **options)
        assert column.groups is not None
        codes = Data({"": column}, chunk=chunk).all()[""]
        assert np.array_equal(codes, Data({"": column}).all()[""])  # a second pass has the same codes
        return codes, column.groups


@pytest.mark.parametrize("chunk", [None, 1, 4])
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(("text", "codes", "names"), [(text, *expected) for text, expected in COLUMNS.items()], ids=COLUMNS)
def test_codes(file: str, text: str, codes: list[int], names: list[tuple[str, ...]], chunk: int | None) -> None:
    found, groups = groups_of(file, text, chunk=chunk)
    assert found.dtype == np.int64 and found.tolist() == codes
    assert [tuple(map(cell_text, key)) for key in groups.keys] == names
    assert groups.names == tuple(text.split(",")) and len(groups) == len(names)


def test_numbers_and_words_in_one_column() -> None:
    """Numbers in pieces of numbers alone are those among words: 7 is 7.0, and NA and true are words."""
    cells = ["7", "7.0", " a ", "a", "NA", "true", "nan", "", "7"]
    codes, groups = groups_of("t.csv", "g", {"t.csv": "g,y\n" + "".join(f"{c},0\n" for c in cells)})
    assert codes.tolist() == [0, 0, 1, 1, 2, 3, 4, 4, 0]
    assert groups.keys == [(7.0,), ("a",), ("NA",), ("true",), (None,)]


def test_many_rows_in_pieces() -> None:
    """A large file is read in pieces, some of which hold numbers alone; the order is that of the first rows."""
    rng = np.random.default_rng(0)
    cells = [*map(str, rng.integers(0, 50, 40_000)), *(f"g{n}" if n % 3 else str(n) for n in rng.integers(0, 50, 40_000))]
    codes, groups = groups_of("t.csv", "g", {"t.csv": "g,y\n" + "".join(f"{c},0\n" for c in cells)})
    order = {cell: i for i, cell in enumerate(dict.fromkeys(cells))}
    assert codes.tolist() == [order[c] for c in cells]
    assert [cell_text(key[0]) for key in groups.keys] == list(order)


def test_rows_by_id() -> None:
    """The groups of another file have the order of DATA."""
    files = {"t.csv": "id,y\na,0\nb,1\nc,2\n", "g.csv": "id,g,h\nc,x,1\na,y,1\nb,x,2\n"}
    codes, groups = groups_of("t.csv", "g.csv::g", files, id="id")
    assert codes.tolist() == [0, 1, 1] and groups.keys == [("y",), ("x",)]
    codes, groups = groups_of("t.csv", "g.csv::g,h", files, id="id")
    assert codes.tolist() == [0, 1, 2] and groups.keys == [("y", 1.0), ("x", 2.0), ("x", 1.0)]


def test_other_order_without_id() -> None:
    files = {"t.csv": "id,y\na,0\nb,1\n", "g.csv": "id,g\nb,x\na,y\n"}
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        write(files)
        inputs = Inputs("t.csv")
        rows = pairing(inputs, None)
        loss, _ = find("mse")
        rows.match(loss, {"pred": inputs.column("y"), "target": inputs.column("y")}, None)
        group_column(inputs, rows, "g.csv::g", "--by")
        assert any(w.code == "W115" for w in inputs.files.warnings)


BAD: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown": ("regoin", {}, "did you mean region?"),
    "number": ("3", {}, "--by 3 was read as numbers: for a column by its position write ::3"),
    "too many": (
        "y",
        {"limit": 5},
        "--by: t.csv::y: row 5 (line 7): more than 5 different values, so the column seems to name single rows",
    ),
    "missing": ("region", {"missing": "each row needs a cluster"}, "t.csv::region: row 3 (line 5) is missing: each row needs a cluster"),
}


@pytest.mark.parametrize(("text", "options", "said"), BAD.values(), ids=BAD)
def test_refused(text: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(LossError) as refused:
        groups_of("t.csv", text, **options)
    assert said in str(refused.value) and isinstance(refused.value, InputError | UsageError)


def test_rounded_numbers_are_refused() -> None:
    """Two ids of 17 digits may be one float; int64 is exact."""
    with pytest.raises(InputError, match=r"row 1 .line 3.: 9007199254740992 is too large"):
        groups_of("t.csv", "g", {"t.csv": "g,y\n1,0\n9007199254740993,0\n"})
    codes, groups = groups_of("t.npz", "g", {"t.npz": npz(g=np.array([2**60, 2**60 + 1, 2**60]), y=np.arange(3))})
    assert codes.tolist() == [0, 1, 0] and groups.keys == [(2**60,), (2**60 + 1,)]


def test_vectors_name_no_group() -> None:
    with pytest.raises(InputError, match="2 values, where a group is named by one"):
        groups_of(None, "g.npy", {"g.npy": npy(np.zeros((3, 2)))})
