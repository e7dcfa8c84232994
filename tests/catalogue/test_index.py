"""index.json agrees with the registry and is not used when it is out of date; a name is found in every family."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from losscli import LOSSES, aggregation
from losscli.aggregation import AllRows as Everything
from losscli.aggregation import CrossProduct as Products
from losscli.aggregation import Sum
from losscli.catalogue import index
from losscli.catalogue.index import describe, loss_facts
from losscli.catalogue.lookup import all_names
from losscli.losses import FAMILIES, mentioning
from losscli.record import Record
from losscli.registry import normalized


def family(name: str) -> str:
    return LOSSES[name].fn.__module__.rpartition(".")[2]


IN_THE_TREE = index._FILE.read_text(encoding="utf-8")  # before a test runs `list`, which makes a stale file again


@pytest.mark.every_loss
def test_the_file_is_current() -> None:
    kept = json.loads(IN_THE_TREE)
    current = {"of": index._checksum(), "losses": [describe(known) for known in LOSSES.values()]}
    assert kept == current, "a loss has changed: run `losscli list` and commit losscli/catalogue/index.json"


@pytest.mark.every_loss
def test_losses_stand_in_the_order_of_their_families() -> None:
    order = [FAMILIES.index(family(name)) for name in LOSSES]
    assert order == sorted(order) and set(order) == set(range(len(FAMILIES)))
    code = "import losscli; losscli.find('ctc'); losscli.find('SmoothL1Loss'); print(*losscli.LOSSES)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == list(LOSSES)


@pytest.mark.parametrize("content", [None, "", "[]", "{", '{"of": null, "losses": []}', '{"of": 1, "losses": []}'])
def test_an_index_of_other_losses_is_not_used(content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "index.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    monkeypatch.setattr(index, "_FILE", file)
    assert loss_facts() == [describe(known) for known in LOSSES.values()]
    assert [f.name for f in tmp_path.iterdir()] == ["index.json"] and file.read_text(encoding="utf-8") == made_again()
    monkeypatch.setattr(index, "load_all", None)  # which the second call does not need
    assert loss_facts() == json.loads(file.read_text(encoding="utf-8"))["losses"]


def made_again() -> str:
    """The text of the file, by its definition: one loss a line, so that a diff shows which changed."""
    lines = ",\n".join(json.dumps(describe(known), ensure_ascii=False) for known in LOSSES.values())
    return f'{{"of": {index._checksum()}, "losses": [\n{lines}\n]}}\n'


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_FILE", tmp_path / "missing" / "index.json")
    assert loss_facts() == [describe(known) for known in LOSSES.values()]
    assert list(tmp_path.iterdir()) == []


def test_a_table_of_a_framework_that_changed_makes_the_file_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = index._checksum()
    monkeypatch.setattr(index, "tables", lambda: {"torch": b"TABLES = ()"})
    assert index._checksum() not in (None, before)


@pytest.mark.parametrize("changed", [{}, {"regression": b"def other(pred): ..."}])
def test_losses_that_changed_make_the_file_again(changed: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "index.json"
    file.write_text(made_again().replace("Squared distance", "Nothing"), encoding="utf-8")
    before = file.read_text(encoding="utf-8")
    monkeypatch.setattr(index, "_FILE", file)
    monkeypatch.setattr(index, "sources", lambda: changed)
    assert loss_facts() == [describe(known) for known in LOSSES.values()]
    # Without the text of the families nobody knows which losses these are, and the file stays as it is.
    assert file.read_text(encoding="utf-8") == (made_again() if changed else before)


def test_a_name_is_found_in_its_family() -> None:
    """At most two families are loaded for any name, so that none waits for all."""
    for known in LOSSES.values():
        for name in (known.name, *known.aliases, *(n for p in known.own_presets for n in p.names)):
            assert family(known.name) in islice(mentioning(normalized(name)), 2), name


def test_a_name_that_no_text_mentions_is_found() -> None:
    code = "import losscli.losses as l; l._texts = tuple; import losscli; print(losscli.find('HuberLoss').name)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "huber\n"
    assert len(set(all_names())) == len(all_names())


def one_row(pred: Any) -> Any:
    return pred


def sums(pred: Any) -> Any:
    total, rows = yield pred, Sum(len(pred))
    return total / rows


def all_rows(pred: Any) -> Any:
    (rows,) = yield (Everything(pred),)
    return pred - rows.mean()


def of_the_module(pred: Any) -> Any:
    (rows,) = yield (aggregation.AllRows(pred),)
    return pred - rows.mean()


def delegating(pred: Any) -> Any:
    return (yield from all_rows(pred))


def products(pred: Any) -> Any:
    (matrix,) = yield (Products(pred, pred),)
    return matrix.sum()


@pytest.mark.parametrize(
    ("fn", "kind", "allows_per"),
    [
        (one_row, "pointwise", False), (sums, "statistic", True), (products, "statistic", False),
        (all_rows, "batch", False), (of_the_module, "batch", False), (delegating, "batch", False),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)  # fmt: skip
def test_what_a_loss_yields_decides_its_kind_under_any_name(fn: Callable[..., Any], kind: str, allows_per: bool) -> None:
    entry = LOSSES["mse"].but(fn=fn)
    assert (entry.kind, entry.allows_per) == (kind, allows_per)


def test_the_kinds_need_no_numpy() -> None:
    code = "import losscli, sys; print(len({entry.kind for entry in losscli.LOSSES.values()}), 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "3 False\n"


class Point(Record):
    x: float
    y: float = 0.0


class Named(Point):
    name: str = ""


def test_records() -> None:
    one = Named(1, name="a")
    assert (one.x, one.y, one.name) == (1, 0.0, "a") and repr(one) == "Named(x=1, name='a')"
    assert vars(Named(name="a", x=1)) == vars(one) == {"x": 1, "y": 0.0, "name": "a"} and [*vars(Named(name="a", x=1))] == [
        "x",
        "y",
        "name",
    ]
    assert one == Named(x=1, name="a") != Named(2, name="a") and hash(one) == hash(Named(1, 0.0, "a")) and Point(1) != Named(1)
    for make in (lambda: Point(), lambda: Point(1, 2, 3), lambda: Point(1, z=2), lambda: Point(1, x=2)):  # type: ignore[call-arg, misc]
        with pytest.raises(TypeError, match="Point takes x, y, not"):
            make()
    with pytest.raises(AttributeError, match="x cannot be changed"):
        one.x = 2  # type: ignore[misc]
