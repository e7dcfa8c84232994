"""What the tests of output share."""

from tests.support.output import cli

__all__ = ["cli"]
