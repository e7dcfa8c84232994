"""No function is long or takes many parameters, but for those that are named here with the reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import PACKAGE, ROOT

LINES, PARAMETERS = 40, 6
# Losses are formulas with their documentation, and are not counted here.
ALLOWED = {
    "registry.loss": "a declaration: each keyword is one fact about a loss",
    "api.compare.compare": "the public function: each keyword is an option of the command",
    "api.match.match": "the public function: each keyword is an option of the command",
    "api.compute.compute": "the public function: each keyword is an option of the command",
    "api.compute.gradient": "the public function: each keyword is an option of the command",
}


def functions(file: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions of a file with their names, methods behind their class."""

    def walk(node: ast.AST, name: str) -> Iterator[tuple[str, ast.FunctionDef]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                yield f"{name}.{child.name}", child
            inner = f"{name}.{child.name}" if isinstance(child, ast.ClassDef | ast.FunctionDef) else name
            yield from walk(child, inner)

    module = ".".join(file.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
    yield from walk(ast.parse(file.read_text(encoding="utf-8")), module)


def too_much(node: ast.FunctionDef) -> str:
    """What is too much of a function; '' where nothing is."""
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    wide = len([a for a in arguments if a.arg not in ("self", "cls")])
    lines = (node.end_lineno or 0) - node.lineno + 1
    return f"{lines} lines" if lines > LINES else f"{wide} parameters" if wide > PARAMETERS else ""


FILES = [f for f in sorted(PACKAGE.rglob("*.py")) if f.parent.name != "losses"]


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_no_function_is_long_or_takes_many_parameters(file: Path) -> None:
    found = {name: said for name, node in functions(file) if (said := too_much(node)) and name not in ALLOWED}
    assert found == {}


def test_each_exception_is_one() -> None:
    found = {name for file in FILES for name, node in functions(file) if too_much(node)}
    assert set(ALLOWED) <= found


def test_no_file_of_tests_is_long() -> None:
    lines = {file: file.read_text(encoding="utf-8").count("\n") for file in (ROOT / "tests").rglob("*.py")}
    assert {str(file): n for file, n in lines.items() if n > 800} == {}, "split it by subject"
