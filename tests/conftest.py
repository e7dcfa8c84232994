"""What all tests share."""

from __future__ import annotations

from typing import Any

import numpy
import pytest


@pytest.fixture(autouse=True)
def _np_in_docstrings(doctest_namespace: dict[str, Any]) -> None:
    doctest_namespace["np"] = numpy
