"""Turn the example in the docstring of a loss into a command line."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Mapping
from typing import Any

from losscli.registry import Loss
from losscli.render.cells import option_flag

__all__ = ["command_line"]


def command_line(loss: Loss, short: Mapping[str, str]) -> str:
    """The roles and options of the example's call: -p 3 -t 0 --delta 2. `short` are the flags of one letter."""
    statement = ast.parse(_first_statement(loss.example))
    call = next(n for n in ast.walk(statement) if isinstance(n, ast.Call) and ast.unparse(n.func) == loss.name)
    arrays = dict(zip(loss.roles, call.args, strict=False)) | {k.arg: k.value for k in call.keywords if k.arg in loss.roles}
    words = [f"{short.get(role, option_flag(role))} {_typed(_value(node))}" for role, node in arrays.items()]
    words += [_option(str(k.arg), _value(k.value)) for k in call.keywords if k.arg in loss.options]
    return " ".join(words)


def _first_statement(example: str) -> str:
    first, *rest = example.splitlines()
    more = itertools.takewhile(lambda line: line.startswith("..."), rest)
    return "\n".join([first.removeprefix(">>> "), *(line.removeprefix("... ") for line in more)])


def _option(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return option_flag(name) if value else option_flag(f"no_{name}")
    return f"{option_flag(name)} {_typed(value)}"


def _value(node: ast.expr) -> Any:
    """The value of an argument: a literal, the list in np.array(…), or what NumPy computes."""
    try:
        return ast.literal_eval(node.args[0] if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.array" else node)
    except ValueError:  # np.log([0.5]) and the like
        from losscli.numeric.lazy import np

        value = eval(ast.unparse(node), {"np": np})  # noqa: S307 - our own docstring
        return value.tolist() if hasattr(value, "tolist") else value


def _typed(value: Any) -> str:
    """Numbers as a shell takes them: 1,2 or '[[1,2],[3,4]]'."""
    if isinstance(value, list) and value and not isinstance(value[0], list):
        return ",".join(map(_typed, value))
    if isinstance(value, list):
        return f"'{_nested(value)}'"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _nested(value: Any) -> str:
    return "[" + ",".join(map(_nested, value)) + "]" if isinstance(value, list) else _typed(value)
