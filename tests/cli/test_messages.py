"""A table of all messages: the command line, stderr and the exit code; and a check that no message is missing from the table."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

import losscli
from losscli.catalogue.binding import bind
from losscli.catalogue.lookup import find
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.plan import prepare
from losscli.errors import DataWarning, LossError
from losscli.registry import LOSSES, OURS, Loss
from losscli.signature import SignatureError
from losscli.testing.samples import example
from tests import PACKAGE
from tests.cli.messages import ROWS, calls, frames
from tests.support.command import Outcome, cli

losscli.LOSSES  # noqa: B018 - registers them
Site = tuple[str, int]
CALLS = {**calls.CALLS, **frames.CALLS}


# Second locks on doors that are locked already: no input reaches them.
BEHIND = (
    "is nested too deep')",
    "have the same index",  # takes a Series: tests/sources/test_rows.py
    "for a column of standard input write",  # takes a pipe: tests/sources/test_pasted_inputs.py
    "not enough memory for",  # takes a limit of memory: tests/cli/test_memory.py
    "{where}: {reason[:1].lower() + reason[1:]}",  # takes a full disk: tests/render/test_json_text.py
    "polars, which reads {kind}, needs",  # takes a limit of memory: tests/cli/test_memory.py
    "was removed while it was read",  # takes a file that is removed: tests/sources/test_changing_files.py
    "InputError(f'{self.label}: {_reason(error)}')",
)


@contextmanager
def recorded() -> Iterator[set[Site]]:
    """The places that made a message meanwhile."""
    seen: set[Site] = set()

    def recording(kind: type) -> Any:
        init = kind.__init__  # type: ignore[misc]

        def made(self: Any, *args: Any, **said: Any) -> None:
            caller = sys._getframe(1)
            if (file := Path(caller.f_code.co_filename)).is_relative_to(PACKAGE):
                seen.add((file.relative_to(PACKAGE).as_posix(), caller.f_lineno))
            init(self, *args, **said)

        return patch.object(kind, "__init__", made)

    with recording(LossError), recording(SignatureError), recording(DataWarning):
        yield seen


@cache
def outcome(name: str) -> tuple[Outcome, set[Site]]:
    row = ROWS[name]
    with recorded() as seen:
        return cli(row.argv, row.files, row.stdin, row.stdout(), row.closed), seen


@pytest.mark.parametrize("name", ROWS)
def test_message(name: str) -> None:
    row, (got, _) = ROWS[name], outcome(name)
    said = got.err.rstrip("\n")
    if isinstance(row.err, str):
        assert said == row.err
    elif not row.err.search(said):
        pytest.fail(f"{row.err.pattern}\nis not in\n{said}")
    assert got.code == row.code
    assert "Traceback" not in got.err
    assert got.err.startswith("error: ") == (row.code > 1)
    if row.code > 1 and not {"github", "junit"} & {*row.argv}:  # those report the error: tests/render/test_ci.py
        assert got.out == ""


@pytest.mark.parametrize("name", CALLS)
def test_message_of_a_call(name: str) -> None:
    call, kind, text = CALLS[name]
    with pytest.raises(kind, match=re.escape(text)):
        call()


# --- none is left out ------------------------------------------------------------------------------------------------------

MESSAGES = {"UsageError", "InputError", "OutputError", "SignatureError", "DataWarning"}


def sites() -> dict[Site, str]:
    """Every place of the package that makes a message, and its code."""
    found: dict[Site, str] = {}
    for file in PACKAGE.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MESSAGES:
                found[file.relative_to(PACKAGE).as_posix(), node.lineno] = ast.unparse(node)
    return found


def test_every_message_has_a_row() -> None:
    seen = {site for name in ROWS for site in outcome(name)[1]}
    with recorded() as more:
        for call, kind, _ in CALLS.values():
            with pytest.raises(kind):
                call()
    left = {site: code for site, code in sites().items() if site not in seen | more}
    without = [f"{file}:{line} {code}" for (file, line), code in left.items() if not any(b in code for b in BEHIND)]
    assert not without, "a message without a row in this table:\n" + "\n".join(without)
    assert [b for b in BEHIND if not any(b in code for code in left.values())] == []


# --- the hints of losses ---------------------------------------------------------------------------------------------------

HINTING = [known for known in LOSSES.values() if known.hints]


def context(known: Loss, data: dict[str, Any]) -> dict[str, Any]:
    """What a hint sees of a block: options and roles."""
    job, needed = prepare(bind(known, OURS, {}), {role: Column(role, x) for role, x in data.items()})
    (block,) = Data(needed).blocks(job.block_rows)
    return job.options | job.view(block).roles


@pytest.mark.parametrize("known", HINTING, ids=lambda known: known.name)
def test_hints_of(known: Loss) -> None:
    """Any loss's, without a row of its own: one line, a code, one truth for each row, and only names that there are."""
    data = example(known, np.random.default_rng(0), 5)
    seen = context(known, data)
    for hint in known.hints:
        assert re.fullmatch("W1[0-9]{2}", hint.code)
        assert hint.message.isprintable() and hint.message == hint.message.strip().rstrip(".")
        rows = hint.rows(seen)
        assert (rows.dtype, rows.shape) == (np.dtype(bool), (5,)), hint
        for flag in re.findall(r"--([a-z0-9-]+)", hint.message):
            assert flag.replace("-", "_") in {*known.all_options, *known.roles}, hint
        for name in re.findall(r"\buse (\w+)", hint.message):
            find(name)
