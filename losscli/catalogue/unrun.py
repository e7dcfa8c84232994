"""The signature of a user's function, read from the text of its file, which is not run: completion must not run code."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, Literal

from losscli.catalogue.custom import CustomLoss, of_function

__all__ = ["loss_in_text"]

_IN_ANNOTATIONS = (ast.Name, ast.Load, ast.Constant, ast.Subscript, ast.Tuple, ast.BinOp, ast.BitOr)


def loss_in_text(name: str) -> CustomLoss:
    """The loss of FILE.py::FUNCTION with its roles and options. It cannot be computed. Raises LookupError for a file without the function.

    Only the definition is run, without its decorators. Of its defaults those that are literals are kept, of its annotations those that
    have names of `losscli.domains` and of Python's types alone.
    """
    from losscli import domains

    file, _, word = name.partition("::")
    tree = ast.parse(Path(file).read_bytes())
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == word]
    if not found:
        raise LookupError(f"{file} has no function {word!r}")
    namespace: dict[str, Any] = {**vars(domains), **{t.__name__: t for t in (bool, int, float, str)}, "Literal": Literal}
    body: list[ast.stmt] = [ast.Pass()] if not _yields(found[-1]) else [ast.Expr(ast.Yield())]
    bare = ast.FunctionDef(word, _bare(found[-1].args, namespace), body, [])
    module = ast.fix_missing_locations(ast.Module([bare], []))
    exec(compile(module, file, "exec", dont_inherit=True), namespace)  # noqa: S102 - a definition of nothing but names and literals
    return of_function(namespace[word], file, word)


def _yields(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function))


def _bare(arguments: ast.arguments, known: dict[str, Any]) -> ast.arguments:
    """The arguments with defaults and annotations that are safe to compute."""
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
        if argument is not None and argument.annotation is not None and not _is_plain(argument.annotation, known):
            argument.annotation = None
    arguments.defaults = [_literal(x) for x in arguments.defaults]
    arguments.kw_defaults = [None if x is None else _literal(x) for x in arguments.kw_defaults]
    return arguments


def _is_plain(annotation: ast.expr, known: dict[str, Any]) -> bool:
    nodes = list(ast.walk(annotation))
    return all(isinstance(n, _IN_ANNOTATIONS) and (not isinstance(n, ast.Name) or n.id in known) for n in nodes)


def _literal(default: ast.expr) -> ast.expr:
    """The default, or None for one that is no literal."""
    try:
        ast.literal_eval(default)
    except ValueError:
        return ast.Constant(None)
    return default
