"""Which tests run: those of some losses (--of-loss, --of-family), or a few cases of each table (--quick)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from _pytest.doctest import DoctestItem
from _pytest.mark.structures import ParameterSet

import losscli
from losscli.catalogue.lookup import find
from losscli.errors import LossError
from losscli.registry import Loss
from tests import PACKAGE

FEW = 6  # cases of a table that a quick run takes
WORD = re.compile(r"[\w.]+")
CHOSEN = pytest.StashKey[dict[str, Loss]]()


def names_of_losses(words: Iterable[str], families: Iterable[str]) -> dict[str, Loss]:
    """Every name of the losses that have these names or are of these families. Raises LossError for a name that no loss has."""
    losses = [find(word)[0] for word in words]
    losses += [loss for loss in losscli.LOSSES.values() if loss.fn.__module__.rpartition(".")[2] in families]
    return {name: loss for loss in losses for name in (loss.name, *loss.aliases, *(n for p in loss.presets for n in p.names))}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("losscli")
    group.addoption("--of-loss", action="append", default=[], metavar="NAME", help="only the tests of this loss")
    group.addoption("--of-family", action="append", default=[], metavar="NAME", help="only the tests of the losses of this family")
    group.addoption("--quick", action="store_true", help="a few cases of each table, and no test that is marked slow")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes seconds, and is left out of a quick run")
    config.addinivalue_line("markers", "every_loss: looks at all losses in one test, and so belongs to the tests of each")
    words, families = config.getoption("of_loss"), config.getoption("of_family")
    if words or families:
        try:
            config.stash[CHOSEN] = names_of_losses(words, families)
        except LossError as error:
            raise pytest.UsageError(str(error)) from None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With chosen losses, the examples in docstrings are those of the modules of these losses alone."""
    chosen = config.stash.get(CHOSEN, None)
    if chosen is None or collection_path.suffix != ".py" or not collection_path.is_relative_to(PACKAGE):
        return None
    return None if collection_path in {Path(loss.fn.__code__.co_filename) for loss in chosen.values()} else True


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tables are cut before tests are made of them: to make all tests and to leave most of them out would take seconds."""
    chosen = metafunc.config.stash.get(CHOSEN, None)
    if chosen is None and not metafunc.config.getoption("quick"):
        return
    parametrize = metafunc.parametrize
    tables = [mark for mark in metafunc.definition.iter_markers("parametrize") if not isinstance(mark.args[1], Iterator)]
    of_one = chosen is not None and not any(of_losses([*mark.args[1]], mark.kwargs.get("ids"), chosen) for mark in tables)

    def cut(argnames: Any, argvalues: Any, *, indirect: Any = False, ids: Any = None, **more: Any) -> None:
        table = list(argvalues)
        names = None if ids is None or callable(ids) else list(ids)
        kept: Sequence[int] = range(len(table))
        if chosen is None and not indirect:  # a fixture's cases are ways to do the same: all of them
            kept = spread(len(table))
        elif of_one:  # no case concerns a loss: one is enough to be left out below
            kept = kept[:1]
        elif chosen is not None and not indirect:
            kept = of_losses(table, names, chosen) or kept
        parametrize(argnames, [table[i] for i in kept], indirect=indirect, ids=(names and [names[i] for i in kept]) or ids, **more)

    metafunc.parametrize = cut  # type: ignore[method-assign]


def spread(size: int) -> Sequence[int]:
    """Places of a few cases, far apart: the first, the last, and some between."""
    return range(size) if size <= FEW else [round(i * (size - 1) / (FEW - 1)) for i in range(FEW)]


def of_losses(table: Sequence[Any], ids: Any, chosen: Mapping[str, Loss]) -> list[int]:
    """Places of the cases that name one of the losses."""
    names = [None] * len(table) if ids is None or callable(ids) else list(ids)
    return [i for i, (case, name) in enumerate(zip(table, names, strict=True)) if concerns(case, chosen) or concerns(name, chosen)]


def concerns(value: Any, chosen: Mapping[str, Loss]) -> bool:
    """Whether a value is one of the losses, or holds one of their names."""
    if isinstance(value, Loss):
        return value.name in chosen
    if isinstance(value, str):
        return any(word in chosen for word in WORD.findall(value))
    if isinstance(value, ParameterSet):
        return concerns(value.id, chosen) or concerns(value.values, chosen)
    if isinstance(value, Mapping):
        return concerns(value["loss"], chosen) if "loss" in value else any(concerns(x, chosen) for x in value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return any(concerns(x, chosen) for x in value)
    if is_dataclass(value) and not isinstance(value, type):
        return any(concerns(getattr(value, f.name), chosen) for f in fields(value))
    return False


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen = config.stash.get(CHOSEN, None)
    if chosen is not None:
        keep = [item for item in items if item_concerns(item, chosen)]
    elif config.getoption("quick"):
        keep = [item for item in items if item.get_closest_marker("slow") is None]
    else:
        return
    kept = set(keep)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = keep


def item_concerns(item: pytest.Item, chosen: Mapping[str, Loss]) -> bool:
    """Whether a test is of one of the losses: its example, a case of a table that names it, or a test of all losses at once."""
    if isinstance(item, DoctestItem):
        return item.name.rpartition(".")[2] in {loss.fn.__name__ for loss in chosen.values()}
    if item.get_closest_marker("every_loss"):
        return True
    callspec = getattr(item, "callspec", None)
    return callspec is not None and (concerns(callspec.id, chosen) or concerns(callspec.params, chosen))


def main(words: Sequence[str]) -> int:
    """Whether every word names a loss; if not, one message says which does not."""
    for word in words:
        try:
            find(word)
        except LossError as error:
            print(f"error: '{word}' is no file or folder here, and {error}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
