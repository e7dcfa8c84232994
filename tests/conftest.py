"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy
import polars  # noqa: F401 - without it half of the tests of sources would be skipped, and nobody would notice
import pytest

from losscli.registry import Loss
from tests.support.large import LARGE
from tests.support.readers import READERS, forget_polars, read_by
from tests.support.selection import (  # noqa: F401 - the hooks of pytest that choose tests
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_generate_tests,
    pytest_ignore_collect,
)


@pytest.fixture(autouse=True)
def _np_in_docstrings(doctest_namespace: dict[str, Any]) -> None:
    doctest_namespace["np"] = numpy


@pytest.fixture(autouse=True)
def _small_rows(request: pytest.FixtureRequest) -> None:
    """Skip tests that would need large rows; the losses' own tests are in tests/losses/test_large_rows.py."""
    params = getattr(getattr(request.node, "callspec", None), "params", {})
    if "declaration" not in request.node.name and any(isinstance(x, Loss) and x.name in LARGE for x in params.values()):
        pytest.skip("its rows are large under the default options: see test_large_rows.py")


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Every test that uses this runs once for each way to read a text."""
    read_by(request.param, monkeypatch)
    yield request.param
    forget_polars()
