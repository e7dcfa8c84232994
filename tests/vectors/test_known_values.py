"""Every row of the tables of known values: losscli gives the peer's value and gradient; and the same from its printed vectors."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import yaml

import losscli
from losscli import vectors
from losscli.catalogue.lookup import find, name_by_option
from losscli.cli.app import run
from losscli.registry import LOSSES, OURS
from losscli.vectors import CONVENTIONS
from tests.known import exact
from tests.known.tables import TABLES, loaded
from tests.render.test_schema import holds

losscli.LOSSES  # noqa: B018 - registers them
FILES = sorted(TABLES.glob("*.yaml"))
ROWS: dict[str, dict[str, Any]] = {
    f"{file.stem}-{i}-{row['loss']}": row for file in FILES for i, row in enumerate(loaded(file.read_text(encoding="utf-8"), file.name))
}
WITH_GRADIENT = {name: row for name, row in ROWS.items() if row.get("gradient")}
EXACT = {name: row for name, row in ROWS.items() if row["peer"].startswith("exact.")}


def arrays(roles: dict[str, Any]) -> dict[str, Any]:
    """Lists of integers unchanged, all other numbers as float64; "inf" and "nan" are words in YAML and JSON."""
    found = {}
    for name, value in roles.items():
        array = np.asarray(value)
        found[name] = array if array.dtype.kind == "i" else np.asarray(value, np.float64)
    return found


def given(row: dict[str, Any]) -> dict[str, Any]:
    """The arguments of losscli.compute that a row describes."""
    said = {k: row[k] for k in ("reduction", "per", "class_axis") if k in row}
    weight = {} if "sample_weight" not in row else {"sample_weight": np.asarray(row["sample_weight"], np.float64)}
    return arrays(row["roles"]) | row.get("options", {}) | said | weight


def value(name: str, **said: Any) -> Any:
    result = losscli.compute(name, **said)
    return result.value if result.values is None else result.values


def close(row: dict[str, Any], found: Any, expected: Any, of: str, at: str = "") -> None:
    near = vectors.tolerance(row)
    np.testing.assert_allclose(found, np.asarray(expected, np.float64), rtol=near["rtol"][of], atol=near["atol"][of], err_msg=at)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_value_of_a_row(row: dict[str, Any]) -> None:
    close(row, value(row["loss"], **given(row)), row["expected"], "value")


@pytest.mark.parametrize("row", WITH_GRADIENT.values(), ids=WITH_GRADIENT)
def test_gradient_of_a_row(row: dict[str, Any]) -> None:
    for role, expected in row["gradient"].items():
        close(row, losscli.gradient(row["loss"], wrt=role, **given(row)), expected, "gradient", role)


@pytest.mark.parametrize("row", EXACT.values(), ids=EXACT)
def test_formulas_give_the_numbers_of_the_row(row: dict[str, Any]) -> None:
    """The version is not compared, nor the gradient, which takes longer."""
    assert exact.generated(row | {"wrt": []})["expected"] == row["expected"]


@pytest.mark.every_loss
def test_every_loss_has_rows() -> None:
    assert {vectors.loss_of(row).name for row in ROWS.values()} == set(LOSSES)
    with_gradient = {vectors.loss_of(row).name for row in WITH_GRADIENT.values()}
    assert set(LOSSES) - with_gradient == {
        "critical_success_error",
        "crps_hypergeometric",
        "hypergeometric_nll",
        "num_errors",
        "sign_error",
    }  # counts


@pytest.mark.every_loss
def test_every_row_has_its_origin() -> None:
    for name, row in ROWS.items():
        assert row["peer"] and row["version"] and row["origin"], name
        assert ("rtol" in row or "atol" in row) == ("why" in row), name


# --- as vectors ------------------------------------------------------------------------------------------------------------


def listed(capsys: pytest.CaptureFixture[str], name: str, format: str) -> str:
    assert run(["list", name, "--vectors", "-f", format]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", LOSSES)
def test_a_printed_vector_gives_its_value(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the vector is used: losscli's name and its parameters, or the framework's name where the framework has its own conventions."""
    found = json.loads(listed(capsys, name, "json"))
    holds(found)
    of_loss = [row for row in ROWS.values() if vectors.loss_of(row).name == name]
    names = [name_by_option(row["loss"], row.get("options", {}))[0] for row in of_loss]
    assert (found["loss"], [v["name"] for v in found["vectors"]]) == (name, names)
    for vector in found["vectors"]:
        params = vector["params"]
        assert set(LOSSES[name].options) <= set(params)
        asked = name
        if "convention" in vector:
            asked = vector["name"]
            preset = find(asked)[1]
            theirs = preset.words
            params = {theirs.get(k, k): v for k, v in params.items()}
            params |= {k: how.back(v) for k, v in params.items() if (how := preset.converted(k)) is not None}
        seen = value(asked, **arrays(vector["roles"]), **params)
        near = {k: vector[k]["value"] for k in ("rtol", "atol")}
        np.testing.assert_allclose(seen, np.asarray(vector["value"], np.float64), **near, err_msg=str(vector))


@pytest.mark.parametrize("name", ["cross_entropy", "torch.nn.HuberLoss", "keras.losses.Tversky"])
def test_every_format_has_the_same_vectors(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(listed(capsys, name, "json"))
    assert yaml.safe_load(listed(capsys, name, "yaml")) == document
    lines = [json.loads(line) for line in listed(capsys, name, "jsonl").splitlines()]
    assert lines == [{"loss": document["loss"], **vector} for vector in document["vectors"]]
    records = list(csv.DictReader(io.StringIO(listed(capsys, name, "csv"))))
    words = ("name", "why")
    told = [{k: v if k in words else json.loads(v) for k, v in record.items() if v} for record in records]
    assert told == document["vectors"]


SIGMOID_FOCAL = """\
focal: 1 vector, whole with -f json, jsonl, yaml or csv
name                                where it differs  reduction  value  gradient  by                  origin
torchvision.ops.sigmoid_focal_loss                    none       2 × 2  pred      torchvision 0.28.0  its own defaults
"""


def test_the_table_of_vectors(capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(capsys, "torchvision.ops.sigmoid_focal_loss", "table") == SIGMOID_FOCAL
    assert len(listed(capsys, "ctc", "markdown").splitlines()) == 4 + sum(find(row["loss"])[0].name == "ctc" for row in ROWS.values())
    told = listed(capsys, "cross_entropy", "table")
    assert "class_weight=3 " in told and "ignore_index=-100" not in told and "label_smoothing=0.1 " in told


@pytest.mark.every_loss
def test_a_framework_s_name_has_the_vectors_of_its_conventions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name has vectors, and all of them follow its conventions."""
    rows = {known.name: [*vectors.rows(known)] for known in LOSSES.values()}
    monkeypatch.setattr(vectors, "rows", lambda known: rows[known.name])  # parsed once, not for each name
    for known in LOSSES.values():
        by_name: Mapping[str, Any] = {v["name"]: v for v in vectors.vectors(known, OURS)}
        assert all(find(name)[0] is known for name in by_name)
        for preset in known.presets:
            seen = vectors.vectors(known, preset)
            for vector in seen if known.name not in preset.names else ():  # our own name has the vectors of all names
                other = find(vector["name"])[1]
                assert all(getattr(other, k) == getattr(preset, k) for k in (*CONVENTIONS, "options", "renames", "reduction", "per"))
            assert {n for n in by_name if find(n)[1] is preset} <= {v["name"] for v in seen}


def test_a_key_that_a_row_has_twice_is_refused() -> None:
    table = "- loss: mse\n  roles: {pred: [1.0]}\n\n- loss: mae\n  roles: {pred: [1.0], pred: [2.0]}\n"
    with pytest.raises(ValueError, match=r"^t\.yaml: line 5: the row has pred twice$"):
        loaded(table, "t.yaml")
    with pytest.raises(ValueError, match=r"^t\.yaml: line 1: the row has loss, expected twice$"):
        loaded("- loss: mse\n  expected: 1.0\n  loss: mae\n  expected: 2.0\n", "t.yaml")
