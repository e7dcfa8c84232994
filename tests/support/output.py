"""The command in an empty folder, with both of its streams captured; and commands whose numbers are plain by hand."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from losscli.cli.app import run


class Said(NamedTuple):
    code: int
    out: str
    err: str


Cli = Callable[..., Said]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Runs a command in an empty folder; a plain terminal's environment."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def call(*argv: str, stdin: str = "") -> Said:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = run(list(argv))
        return Said(code, *capsys.readouterr())

    return call


PAIR = ("compute", "mse", "-p", "1,2,3", "-t", "1,2,5")
DEEP = ("compute", "mse", "-p", "[[[1,2],[3,4]]]", "-t", "[[[1,2],[3,5]]]")
TWO = ("compare", "-l", "mse", "-l", "mae", "-p", "a=1,2", "-p", "b=1,3", "-t", "1,4")  # a: 0,4 and 0,2; b: 0,1 and 0,1
