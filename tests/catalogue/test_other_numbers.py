"""Bare names under which a framework gives another number: the table is current, and the numbers truly differ."""

from __future__ import annotations

import json
import zlib
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.catalogue.lookup import find
from losscli.catalogue.other_numbers import FILE, name_note, others_of
from losscli.domains import Images, LabelIn, Signals, Signed
from losscli.errors import LossError
from losscli.registry import Loss
from losscli.testing.samples import example
from tests.support.command import cli
from tests.support.index import other_names

NAMES = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.every_loss
def test_the_table_is_current() -> None:
    assert FILE.read_text(encoding="utf-8") == other_names(), "run python -m tests.tools index"


def reached(loss: Loss, data: dict[str, Any]) -> dict[str, Any]:
    """The data with the cases in which some options matter: ties, edges of bins, a row whose label no other row has."""
    if "closed" in loss.options:  # some probabilities at the edges of bins, others within them
        data["pred"][::2] = np.rint(loss.options["bins"].default * data["pred"][::2]) / loss.options["bins"].default
    if "alone" in loss.options:
        data["target"][0] = data["target"].max() + 1
    if "empty" in loss.options:  # a sequence without tokens
        data["mask"] = np.ones(len(data[loss.first]), int)
        data["mask"][:4] = 0
    if "count" in loss.options and "ignore_index" in loss.options:
        data["target"][0] = loss.options["ignore_index"].default
    if loss.task == "survival":  # tied times, at which the curve is given
        data["time"] = np.ceil(np.abs(data["time"]))
    return data


def data_for(loss: Loss, rng: np.random.Generator) -> dict[str, Any]:
    """Data for any loss: elements as rows of four, and images of three channels in which every window fits."""
    domain = loss.roles[loss.first].domain
    if isinstance(domain, Images):
        return {role: rng.random((2, 3, 180, 180)) for role, r in loss.roles.items() if not r.optional}
    if isinstance(domain, Signals):
        return {role: rng.normal(size=(2, 2000)) for role in ("pred", "target")}
    data = reached(loss, example(loss, rng, 24))
    if loss.kind == "batch" or any(r.domain.ndim or isinstance(r.domain, LabelIn) for r in loss.roles.values() if r.name in data):
        return data
    if loss.task == "segmentation" and "target" in data and not isinstance(loss.roles["target"].domain, Signed):
        data["target"] = np.rint(data["target"])
    return {role: x.reshape(6, 4) for role, x in data.items()}


@pytest.mark.parametrize("name", NAMES)
def test_the_numbers_differ(name: str) -> None:
    """On the data of our loss the other name has another number, or refuses them."""
    loss, _ = find(name)
    for other in others_of(name):
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        data: dict[str, Any] = data_for(loss, rng)
        ours = losscli.compute(name, **data)
        try:
            theirs = losscli.compute(other.name, **data)
        except (LossError, TypeError):
            continue
        a, b = (r.value if r.values is None else np.mean(r.values) for r in (ours, theirs))
        assert not np.isclose(a, b, rtol=1e-6), other.name


@pytest.mark.parametrize("name", ["mse", "mae", "huber", "cross_entropy", "bce", "hinge", "torch.nn.functional.kl_div", "logloss", "nll"])
def test_a_name_with_one_meaning_has_no_note(name: str) -> None:
    assert not name_note(name, find(name)[0].name)


@pytest.mark.parametrize("name", ["l2_loss", "binary_cross_entropy", "dice_loss", "kl_div", "mape", "smape", "focal_loss", "perplexity"])
def test_a_name_with_several_meanings_has_one(name: str) -> None:
    assert name_note(name, find(name)[0].name)


def test_the_note_is_left_out_where_the_user_chose() -> None:
    assert name_note("kl_div", "kl_div", {"log_target": False}, "batchmean")
    assert not name_note("kl_div", "kl_div", {"log_target": False}, "mean")
    assert not name_note("mape", "mape", {"percent": True})


def test_the_note_is_one_line_on_stderr_and_a_key_of_the_json() -> None:
    argv = ["compute", "l2_loss", "-p", "1", "-t", "3", "-f", "json"]
    got = cli(argv)
    assert got.err.startswith("note: l2_loss is half_squared_error here") and got.err.count("\n") == 1
    assert json.loads(got.out)["name_note"] == got.err.removeprefix("note: ").strip()
    assert not cli([*argv, "-q"]).err
    compared = cli(["compare", "-l", "l2_loss", "-p", "1,2", "-p", "2,3", "-t", "3,1", "-f", "json"])
    assert compared.err == got.err
    assert {r["name_note"] for r in json.loads(compared.out)["results"]} == {json.loads(got.out)["name_note"]}


def test_no_bare_name_means_what_it_is_not() -> None:
    assert cli(["compute", "coverage", "-p", "1", "-t", "1"]).code == 2
    targets = np.log([[0.4, 0.6]])
    value = losscli.compute("kl_divergence_with_log_targets", pred=targets, target=targets).value
    assert value == 0
