"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy
import polars  # noqa: F401 - without it half of the tests of sources would be skipped, and nobody would notice
import pytest

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


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Every test that uses this runs once for each way to read a text."""
    read_by(request.param, monkeypatch)
    yield request.param
    forget_polars()
