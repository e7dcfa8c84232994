"""index.json says what the registry says, and is not believed when it cannot know; a name is found wherever it is declared."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from losscli import LOSSES
from losscli.catalogue import index
from losscli.catalogue.index import described, facts
from losscli.catalogue.lookup import known_names
from losscli.losses import FAMILIES, mentioning
from losscli.record import Record
from losscli.registry import normalized


def family(name: str) -> str:
    return LOSSES[name].fn.__module__.rpartition(".")[2]


@pytest.mark.every_loss
def test_the_file_is_current() -> None:
    kept = json.loads(index._FILE.read_text(encoding="utf-8"))
    assert kept == {"of": index._checksum(), "losses": [described(known) for known in LOSSES.values()]}, "run python -m tests.tools index"


@pytest.mark.every_loss
def test_losses_stand_in_the_order_of_their_families() -> None:
    order = [FAMILIES.index(family(name)) for name in LOSSES]
    assert order == sorted(order) and set(order) == set(range(len(FAMILIES)))
    code = "import losscli; losscli.find('ctc'); losscli.find('SmoothL1Loss'); print(*losscli.LOSSES)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == list(LOSSES)


@pytest.mark.parametrize("content", [None, "", "[]", "{", '{"of": null, "losses": []}', '{"of": 1, "losses": []}'])
def test_a_file_that_is_not_of_these_losses_is_not_believed(content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "index.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    monkeypatch.setattr(index, "_FILE", file)
    assert facts() == [described(known) for known in LOSSES.values()]
    index.write()
    assert json.loads(file.read_text(encoding="utf-8"))["losses"] == facts()


@pytest.mark.parametrize("changed", [{}, {"regression": b"def other(pred): ..."}])
def test_losses_that_changed_are_looked_at_anew(changed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    kept = json.loads(index._FILE.read_text(encoding="utf-8"))["of"]
    monkeypatch.setattr(index, "sources", lambda: changed)
    assert index._checksum() != kept
    assert facts() == [described(known) for known in LOSSES.values()]


def test_a_name_is_found_in_its_family() -> None:
    """At most two families are loaded for any name, so that none waits for all."""
    for known in LOSSES.values():
        for name in (known.name, *known.aliases, *(n for p in known.presets for n in p.names)):
            assert family(known.name) in mentioning(normalized(name))[:2], name


def test_a_name_that_no_text_mentions_is_found() -> None:
    code = "import losscli.losses as l; l.sources = dict; import losscli; print(losscli.find('torch.nn.HuberLoss').name)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "huber\n"
    assert len(set(known_names())) == len(known_names())


class Point(Record):
    x: float
    y: float = 0.0


class Named(Point):
    name: str = ""


def test_records() -> None:
    one = Named(1, name="a")
    assert (one.x, one.y, one.name) == (1, 0.0, "a") and repr(one) == "Named(x=1, y=0.0, name='a')"
    assert vars(Named(name="a", x=1)) == vars(one) == {"x": 1, "y": 0.0, "name": "a"} and [*vars(Named(name="a", x=1))] == [
        "x",
        "y",
        "name",
    ]
    assert one == Named(x=1, name="a") != Named(2, name="a") and hash(one) == hash(Named(1, 0.0, "a")) and Point(1) != Named(1)
    for make in (lambda: Point(), lambda: Point(1, 2, 3), lambda: Point(1, z=2), lambda: Point(1, x=2)):  # type: ignore[call-arg, misc]
        with pytest.raises(TypeError, match="Point takes x, y, not"):
            make()
    with pytest.raises(AttributeError, match="x stays as it is"):
        one.x = 2  # type: ignore[misc]
