"""The pytest plugin: the fixture `assert_loss`, and `pytest --losscli FILE.py::FUNCTION --as LOSS`. It loads nothing until it is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

__all__ = ["assert_loss", "pytest_addoption", "pytest_collection"]


@pytest.fixture
def assert_loss() -> Callable[..., None]:
    """`losscli.testing.assert_loss`: assert_loss(my_value, "torch.nn.HuberLoss", pred=p, target=t, delta=2.0)."""
    from losscli.testing import assert_loss as check

    return check


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a conformance."""
    group = parser.getgroup("losscli", "losses")
    group.addoption(
        "--losscli",
        action="append",
        default=[],
        metavar="FILE.py::FUNCTION",
        help="Check that a function (NumPy, PyTorch, JAX, TensorFlow) gives the values and gradients of the loss of --as.",
    )
    group.addoption("--as", action="append", default=[], dest="losscli_as", metavar="LOSS", help="The loss that --losscli implements.")
    group.addoption("--losscli-rtol", type=float, default=1e-6, metavar="R", help="The relative tolerance of --losscli [1e-6].")


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> object | None:
    """With --losscli and without a path, collect its checks alone; tests that are named are collected as ever."""
    functions, names = session.config.option.losscli, session.config.option.losscli_as
    if len(functions) != len(names):
        raise pytest.UsageError(f"--losscli FILE.py::FUNCTION needs --as LOSS: there are {len(functions)} and {len(names)}")
    if not functions:
        return None
    rtol = session.config.option.losscli_rtol
    items: list[pytest.Item] = [
        ConformanceItem.from_parent(session, name=f"{f} as {name}", function=f, loss=name, rtol=rtol)
        for f, name in zip(functions, names, strict=True)
    ]
    if session.config.args_source is pytest.Config.ArgsSource.ARGS:
        session.perform_collect()
        items = [*session.items, *items]
    session.items = items
    session.testscollected = len(items)
    session.config.hook.pytest_collection_finish(session=session)
    return True


class Differs(Exception):
    """The function does not conform; the text says where."""


class ConformanceItem(pytest.Item):
    """The check of one function."""

    def __init__(self, *, function: str, loss: str, rtol: float, **more: Any) -> None:
        super().__init__(**more)
        self.function, self.loss, self.rtol = function, loss, rtol

    def runtest(self) -> None:
        from losscli.testing import check_conformance

        result = check_conformance(self.function, self.loss, rtol=self.rtol)
        self.add_report_section("call", "losscli", result.verdict)
        if not result.passed:
            raise Differs("\n".join([result.verdict, *result.lines(10)]))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The text alone: the traceback is of this package."""
        from losscli.errors import LossError

        if isinstance(excinfo.value, Differs | LossError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        return self.path, None, f"{self.function} as {self.loss}"
