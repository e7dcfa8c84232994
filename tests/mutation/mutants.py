"""Mutants of a Python file: small changes of its code, each of which some test should notice.

No mutant is made of docstrings, annotations, `__all__`, imports, the words of messages and the facts in decorators, which select tests.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Mutant", "mutants_of", "python_mutants"]

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
PAIRS = (
    ("min", "max"),
    ("sum", "mean"),
    ("any", "all"),
    ("minimum", "maximum"),
    ("argmin", "argmax"),
    ("floor", "ceil"),
    ("zeros", "ones"),
    ("exp", "expm1"),
    ("log", "log1p"),
    ("less", "less_equal"),
    ("greater", "greater_equal"),
    ("logical_and", "logical_or"),
    ("isnan", "isinf"),
    ("startswith", "endswith"),
)
NAMES = {a: b for pair in PAIRS for a, b in (pair, pair[::-1])}
PASSING = ("abs", "absolute", "sorted", "reversed", "sqrt", "square", "unique", "cumsum", "strip", "rstrip", "lstrip", "ravel")
SYMMETRIC = {*NAMES, "array_equal", "hypot", "multiply", "add", "full", "reshape", "broadcast_to", "moveaxis"}  # no change, or an error
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Mutant:
    """One change of a file: the text between two places is replaced."""

    file: Path
    function: str  # its qualified name; '' for a change outside all functions
    line: int
    begin: int
    end: int
    text: str
    in_body: bool = False  # whether only the code of a function changes, so that a module that is imported already can be patched
    function_line: int = 0  # where the code of the innermost function begins

    def applied(self, source: str) -> str:
        """The text of the file with the change."""
        return source[: self.begin] + self.text + source[self.end :]

    def mutated_line(self, source: str) -> str:
        """The line in which the change begins, as the mutant has it."""
        start = source.rfind("\n", 0, self.begin) + 1
        return (source[start : self.begin] + self.text + source[self.end :].partition("\n")[0]).strip()


def mutants_of(file: Path) -> list[Mutant]:
    """The mutants of a Python file or of a C file, in the order of its lines."""
    source = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        return python_mutants(file, source)
    from tests.mutation.c_mutants import c_mutants

    return c_mutants(file, source)


def python_mutants(file: Path, source: str) -> list[Mutant]:
    """The mutants of a Python text, each of which can be compiled."""
    found = [*_Finder(file, source).mutants()]
    unique = {(m.begin, m.end, m.text): m for m in found if m.applied(source) != source}
    return sorted((m for m in unique.values() if _compiles(m.applied(source))), key=lambda m: (m.begin, m.end))


def _compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


class _Finder:
    def __init__(self, file: Path, source: str) -> None:
        self.file, self.source = file, source
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.lines = source.splitlines()

    def place(self, line: int, column: int) -> int:
        """The place in the text of a column that counts bytes."""
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

    def mutants(self) -> Iterator[Mutant]:
        yield from self.walk(ast.parse(self.source), (), False, 0)

    def walk(self, node: ast.AST, names: tuple[str, ...], in_body: bool, first: int) -> Iterator[Mutant]:
        """The mutants of a node and of what it holds."""
        if isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom) or _is_unchanged(node):
            return
        for new, replaced in _changes(node):
            begin, end = (
                self.place(replaced.lineno, replaced.col_offset),
                self.place(replaced.end_lineno or 0, replaced.end_col_offset or 0),
            )
            yield Mutant(self.file, ".".join(names), replaced.lineno, begin, end, new, in_body, first)
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "decorator_list", "ops", "op", "ctx", "exc", "cause", "bases"):
                continue
            if field == "args" and isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
                value = value[:1]
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    inside, line = in_body, first
                    deeper = names
                    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                        deeper = (*names, node.name)
                    if isinstance(node, FUNCTIONS) and field == "body":
                        inside = True
                        decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
                        line = min([node.lineno, *(d.lineno for d in decorators)])
                    yield from self.walk(child, deeper, inside, line)


def _is_unchanged(node: ast.AST) -> bool:
    """Whether a statement is no code that a test could notice: a docstring, `__all__`, or what only type checkers see."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return True
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets)


Change = tuple[str, ast.expr | ast.stmt]  # the new text, and the node that it replaces


def _changes(node: ast.AST) -> Iterator[Change]:
    """The changes of one node."""
    if isinstance(node, ast.expr):
        for new in _expressions(node):
            yield f"({ast.unparse(new)})", node
    if isinstance(node, ast.Call):
        yield from _calls(node)
    if isinstance(node, ast.If) and not node.orelse and _leaves(node.body[-1]):
        yield "(False)", node.test
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield "None", node.value
    if isinstance(node, ast.AugAssign | ast.Raise) or (
        isinstance(node, ast.Expr) and not isinstance(node.value, ast.Yield | ast.YieldFrom)
    ):
        yield "pass", node
    if isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name | ast.Tuple):
        yield "pass", node
    if isinstance(node, ast.AugAssign):
        for op in (ARITHMETIC.get(type(node.op)),):
            if op is not None and not _is_text(node.value):
                yield ast.unparse(ast.AugAssign(node.target, op(), node.value)), node
    if isinstance(node, ast.Continue | ast.Break):
        yield "break" if isinstance(node, ast.Continue) else "continue", node


def _leaves(node: ast.stmt) -> bool:
    return isinstance(node, ast.Return | ast.Continue | ast.Break)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr | ast.List | ast.Tuple) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _expressions(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions that take the place of one."""
    match node:
        case ast.Compare():
            for i, op in enumerate(node.ops):
                new = copy.copy(node)
                new.ops = [*node.ops[:i], COMPARISONS[type(op)](), *node.ops[i + 1 :]]
                yield new
        case ast.BinOp() if type(node.op) in ARITHMETIC and not _is_text(node.left) and not _is_text(node.right):
            yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp():
            yield node.operand
        case ast.IfExp():
            yield ast.IfExp(node.test, node.orelse, node.body)
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as number):
            yield ast.Constant(0 if number == 1 else number + 1)


def _calls(node: ast.Call) -> Iterator[Change]:
    """Another function, swapped arguments, an argument left out, or no call at all."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
    if name in NAMES:
        yield re.sub(r"\w+\Z", NAMES[name], ast.unparse(node.func)), node.func
    if name in PASSING:
        kept = node.args[0] if node.args else node.func.value if isinstance(node.func, ast.Attribute) else None
        if kept is not None:
            yield f"({ast.unparse(kept)})", node
    if _says(node):
        return
    of_numpy = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id == "np"
    if of_numpy and len(node.args) > 1 and name not in SYMMETRIC and not any(isinstance(a, ast.Starred) for a in node.args[:2]):
        first, second, *rest = node.args
        yield _call(node.func, [second, first, *rest], node.keywords), node
    for i, keyword in enumerate(node.keywords):
        if keyword.arg not in (None, "strict"):
            yield _call(node.func, node.args, [*node.keywords[:i], *node.keywords[i + 1 :]]), node


def _says(node: ast.Call) -> bool:
    """Whether a call only makes a message."""
    return isinstance(node.func, ast.Name) and (node.func.id.endswith(("Error", "Warning")) or node.func.id in ("warn", "counted"))


def _call(func: ast.expr, args: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> str:
    return ast.unparse(ast.Call(func, [*args], [*keywords]))
