"""The texts of all messages in the code, and those that no transcript and no other test has.

`python -m tests.tools literals` lists the texts without a test.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests import PACKAGE, ROOT
from tests.support.transcripts import ANY, transcripts

# What makes a message: our errors, the warnings about data, and lines on standard error.
MAKERS = {"UsageError", "InputError", "OutputError", "SignatureError", "DataWarning", "Diagnostic", "FunctionError", "say"}
SHORTEST = 10  # letters and blanks of a text that says something by itself


def texts() -> Iterator[tuple[str, int, str]]:
    """The file, the line and the text of each literal part of a message."""
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node.func) in MAKERS:
                for text in _parts(node):
                    yield file.relative_to(PACKAGE).as_posix(), node.lineno, text


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""


def _parts(node: ast.AST) -> Iterator[str]:
    """The strings in an expression that are long enough; a conditional expression has each of its texts."""
    for child in ast.walk(node):
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            text = child.value.strip()
            if len(re.sub(r"[^A-Za-z ]", "", text)) >= SHORTEST and " " in text:
                yield text


def corpus() -> str:
    """What the tests expect: the transcripts, and all strings in the code of the tests."""
    shown = [step.out + step.err for t in transcripts().values() for case in t.cases for step in case.steps]
    strings = [
        text
        for file in sorted((ROOT / "tests").rglob("*.py"))
        if file.name not in (Path(__file__).name, "test_complete.py")
        for text in _strings(file)
    ]
    return "\n".join([*shown, *strings]).replace(ANY, "")


def _strings(file: Path) -> Iterator[str]:
    """The strings of a file; a pattern also without its backslashes, and an f-string with its parts side by side."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
            if "\\" in node.value:
                yield re.sub(r"\\(.)", r"\1", node.value)


def without_a_test() -> list[tuple[str, int, str]]:
    """The literal parts that occur nowhere in the tests, with their places."""
    known = corpus()
    return [(file, line, text) for file, line, text in dict.fromkeys(texts()) if text not in known]


if __name__ == "__main__":
    left = without_a_test()
    print("\n".join(f"{file}:{line} {text!r}" for file, line, text in left))
    print(f"{len(left)} of {len(set(texts()))} texts have no test")
    sys.exit(bool(left))
