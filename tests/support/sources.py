"""What a file makes of a loss, or why it is refused."""

from __future__ import annotations

import random

import pytest

from tests.support.command import Outcome, cli

_random = random.Random(7)
INPUT, USAGE = 3, 2
by_any_reader = pytest.mark.usefixtures("reader")
Files = dict[str, str | bytes]
NUMBERS = {
    "pred": [0.1, -1e-300, 1 / 3, 1e22, -0.0, 123456789.123456789, 2**53 + 0.0, *(_random.uniform(-1e3, 1e3) for _ in range(993))],
    "target": [0.2, 1e-300, 2 / 3, 1e22 + 2**21, 0.0, 123456789.5, 1.0, *(_random.uniform(-1e3, 1e3) for _ in range(993))],
}


def losses(got: Outcome) -> list[float]:
    assert got.code == 0, got.err
    return [float(x) for x in got.out.split()]


def refused(got: Outcome, *parts: str, code: int | tuple[int, ...] = (USAGE, INPUT)) -> None:
    assert got.code in (code if isinstance(code, tuple) else (code,)), f"exit {got.code}\n{got.out}{got.err}"
    assert got.err.startswith("error: ") and got.out == ""
    for part in parts:
        assert part in got.err


def each(loss: str, *argv: str, files: Files | None = None, stdin: str | bytes | None = None) -> Outcome:
    return cli(["compute", loss, *argv, "-r", "none", "-f", "value"], files, stdin)


def minus(pred: str, *argv: str, files: Files | None = None, stdin: str | bytes | None = None, data: str | None = None) -> list[float]:
    """The values of a source: mae against as many zeros would need their number, so each is taken against 0 by broadcasting."""
    before = [] if data is None else [data]
    got = cli(
        ["compute", "quantile", *before, "-p", "0", "-t", pred, "--tau", "1", "--broadcast", "-r", "none", "-f", "value", *argv],
        files,
        stdin,
    )
    assert got.err == ""
    return losses(got)  # max(τ e, (τ − 1) e) with τ = 1 and e = target − 0, for targets of 0 or more
