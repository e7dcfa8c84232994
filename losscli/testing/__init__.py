"""Checks for test suites: laws that hold for every loss, and the comparison of a value with a loss.

`check_loss` runs the laws on a loss or on a function of yours, `assert_loss` compares a number, an array or an implementation with a loss,
and `check_conformance` calls a function with the inputs of our vectors and compares its values and gradients with a loss.
"""

from __future__ import annotations

from losscli.testing.agreement import assert_loss
from losscli.testing.check import Report, check_loss
from losscli.testing.conformance import check_conformance

__all__ = ["Report", "assert_loss", "check_conformance", "check_loss"]
