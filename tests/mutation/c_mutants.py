"""Mutants of a C file, made of its tokens: comments, strings and the lines of the preprocessor stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.mutation.mutants import Mutant

__all__ = ["c_mutants"]

TOKEN = re.compile(
    r"""(?P<skip>/\*.*?\*/|//[^\n]*|^[ \t]*\#(?:[^\n\\]|\\.|\\\n)*|"(?:[^"\\]|\\.)*"|\s+)
    |(?P<char>'(?:[^'\\]|\\.)')
    |(?P<number>0[xX][0-9a-fA-F]+\w*|\d+(?:\.\d+)?\w*)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign>->|<<=|>>=|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[^\w\s])""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
SIGNS = {
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "==": "!=",
    "!=": "==",
    "&&": "||",
    "||": "&&",
    "+": "-",
    "-": "+",
    "|": "&",
    "<<": ">>",
    ">>": "<<",
    "+=": "-=",
    "-=": "+=",
    "++": "--",
    "--": "++",
    "/": "*",
    "%": "/",
    "^": "|",
    "!": "",
}
BINARY = {"+", "-", "&", "/", "%"}  # these need a number before them: else they are signs, or addresses
STATEMENT = re.compile(
    r"^[ \t]++((?!return\b|else\b|case\b|goto\b|for\b|do\b|switch\b|default\b)[^\n{}#/]+;)[ \t]*(?:/[/*][^\n]*)?$", re.MULTILINE
)
DECLARATION = re.compile(r"(?:const |static |unsigned |struct )*\w+(?: |\s*\*+\s*)\w+(?:\[[^\]]*\])?\s*(?:=|;|,)")
FUNCTION = re.compile(r"^(?:[A-Za-z_][\w *]*?[ *])?(\w+)\([^;]*$", re.MULTILINE)


class Token(NamedTuple):
    kind: str
    text: str
    begin: int
    end: int


def c_mutants(file: Path, source: str) -> list[Mutant]:
    """The mutants of a C text."""
    functions = [(m.start(), m[1]) for m in FUNCTION.finditer(source) if m[1] not in ("if", "for", "while", "switch")]
    found = []
    for begin, end, text in {*_tokens(source), *_statements(source)}:
        function = next((name for start, name in reversed(functions) if start <= begin), "")
        if function:
            found.append(Mutant(file, function, source.count("\n", 0, begin) + 1, begin, end, text))
    return sorted(found, key=lambda m: (m.begin, m.end, m.text))


def _tokens(source: str) -> Iterator[tuple[int, int, str]]:
    before = Token("", "", 0, 0)
    for match in TOKEN.finditer(source):
        token = Token(match.lastgroup or "", match[0], *match.span())
        if token.kind == "skip":
            continue
        new = _changed(token, before)
        if new is not None:
            yield token.begin, token.end, new
        before = token


def _changed(token: Token, before: Token) -> str | None:
    """The text that takes the place of a token, or None."""
    if token.kind == "sign":
        is_binary = before.kind in ("number", "char") or before.text in (")", "]") or (before.kind == "word" and before.text != "return")
        return SIGNS.get(token.text) if is_binary or token.text not in BINARY else None
    if token.kind == "char" and len(token.text) == 3:
        return f"'{chr(ord(token.text[1]) + 1)}'"
    if token.kind == "number" and "." not in token.text:
        hexadecimal = re.fullmatch(r"(0[xX]0*)([1-9a-fA-F])(\w*)", token.text)
        if hexadecimal:  # the first digit that is not 0, less one
            return f"{hexadecimal[1]}{int(hexadecimal[2], 16) - 1:x}{hexadecimal[3]}"
        digits, suffix = re.fullmatch(r"(0[xX]0+|\d+)(\w*)", token.text).groups()  # type: ignore[union-attr]
        return f"{0 if int(digits, 0) == 1 else int(digits, 0) + 1}{suffix}"
    return {"break": "", "continue": "break"}.get(token.text) if token.kind == "word" else None


def _statements(source: str) -> Iterator[tuple[int, int, str]]:
    """Statements of one line that are left out: assignments, calls, and what is done on a condition, but no declarations."""
    for match in STATEMENT.finditer(source):
        text = match[1]
        if text.count("(") == text.count(")") and not DECLARATION.match(text) and "for (" not in text:
            yield match.start(1), match.end(1), ";"
