"""Every row of the tables of known values: the peer's value and gradient, from losscli."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import losscli
from losscli.registry import LOSSES, find

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
ROWS: dict[str, dict[str, Any]] = {
    f"{file.stem}-{i}-{row['loss']}": row
    for file in sorted(Path(__file__).parent.joinpath("known").glob("*.yaml"))
    for i, row in enumerate(yaml.load(file.read_text(encoding="utf-8"), LOADER))
}
WITH_GRADIENT = {name: row for name, row in ROWS.items() if row.get("gradient")}
RTOL = 1e-12


def arrays(roles: dict[str, Any]) -> dict[str, Any]:
    """Lists of integers as they are, all else as float64; "inf" and "nan" are words in YAML."""
    found = {}
    for name, value in roles.items():
        array = np.asarray(value)
        found[name] = array if array.dtype.kind == "i" else np.asarray(value, np.float64)
    return found


def given(row: dict[str, Any]) -> dict[str, Any]:
    """The arguments of losscli.compute that a row spells."""
    said = {k: row[k] for k in ("reduction", "per", "class_axis") if k in row}
    weight = {} if "sample_weight" not in row else {"sample_weight": np.asarray(row["sample_weight"], np.float64)}
    return arrays(row["roles"]) | row.get("options", {}) | said | weight


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_value(row: dict[str, Any]) -> None:
    result = losscli.compute(row["loss"], **given(row))
    found = result.value if result.values is None else result.values
    rtol = row.get("rtol", RTOL)
    np.testing.assert_allclose(found, np.asarray(row["expected"], np.float64), rtol=rtol, atol=0 if rtol > RTOL else 1e-15)


@pytest.mark.parametrize("row", WITH_GRADIENT.values(), ids=WITH_GRADIENT)
def test_gradient(row: dict[str, Any]) -> None:
    for role, expected in row["gradient"].items():
        found = losscli.gradient(row["loss"], wrt=role, **given(row))
        rtol = max(row.get("rtol", 1e-9), 1e-9)
        np.testing.assert_allclose(found, np.asarray(expected, np.float64), rtol=rtol, atol=1e-14, err_msg=role)


def test_every_loss_has_rows() -> None:
    assert {find(row["loss"])[0].name for row in ROWS.values()} == set(LOSSES)
    assert {find(row["loss"])[0].name for row in WITH_GRADIENT.values()} == set(LOSSES)


def test_every_row_says_where_it_comes_from() -> None:
    for name, row in ROWS.items():
        assert row["peer"] and row["version"] and row["origin"], name
        assert ("rtol" in row) == ("why" in row), name
