"""Every option of a command is read when its request is made: none is taken and ignored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from losscli.catalogue.lookup import find
from losscli.cli import typer_values
from losscli.cli.options import COMPARE, COMPUTE, LIST, OBJECTIVE, rows_of
from losscli.cli.request import Request
from losscli.cli.typer_values import compare_request, compute_request, list_request, objective_request
from losscli.record import Record
from tests import SAMPLES

ELSEWHERE = {"debug"}  # which is looked up in argv, since an error may come before there is a request
OF_OBJECTIVES = {"allow_outside", "allow_code"}  # read for each loss of a comparison, and here there is none


class Recorded(dict[str, Any]):
    """Notes which values are read."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.read: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return super().get(key, default)


REQUESTS: dict[str, Callable[[Mapping[str, Any]], Record]] = {
    COMPUTE: lambda values: compute_request("focal", *find("focal"), values, values),
    COMPARE: compare_request,
    OBJECTIVE: lambda values: objective_request(str(SAMPLES / "half_mse_half_mae.yaml"), values),
    LIST: list_request,
}


@pytest.mark.parametrize("command", REQUESTS)
def test_every_option_of_a_command_is_read(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typer_values, "read_values", lambda command, values: values)  # it reads them all
    loss, _ = find("focal")
    more = {*loss.roles, *loss.options, *loss.all_options} if command == COMPUTE else set()
    names = [row.name for row in rows_of(command)]
    values = Recorded({"data": None, "words": None, **dict.fromkeys(more), **{row.name: row.default for row in rows_of(command)}})
    request = REQUESTS[command](values)
    assert set(names) - values.read == ELSEWHERE | (OF_OBJECTIVES if command == COMPARE else set())
    assert isinstance(request, Request) or command == LIST


def test_an_option_has_one_row_for_each_command() -> None:
    for command in REQUESTS:
        names = [row.name for row in rows_of(command)]
        assert len(names) == len(set(names)), command
