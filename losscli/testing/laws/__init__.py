"""The laws: statements that hold for every loss, or for every loss with a property. A law that fails raises AssertionError."""

from __future__ import annotations

from losscli.testing.laws import derivatives, rows, values  # noqa: F401 - each registers its laws
from losscli.testing.laws.law import LAWS, Law

__all__ = ["LAWS", "Law"]
