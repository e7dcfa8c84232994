"""The mutation tester on a small package: which mutants it makes, and which of them the tests of the package notice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import PACKAGE, ROOT
from tests.mutation.mutants import mutants_of, python_mutants
from tests.mutation.run import AREAS, equivalents, name_of

PLACE = Path("toy.py")

LINES = [  # a line, and all that is made of it
    ("a < b", {"(a <= b)"}),
    ("a >= b", {"(a > b)"}),
    ("a == 0", {"(a != 0)", "a == (1)"}),
    ("a is None", {"(a is not None)"}),
    ("a in b", {"(a not in b)"}),
    ("a and b", {"(a or b)"}),
    ("not a", {"(a)"}),
    ("a + b", {"(a - b)"}),
    ("a & b", {"(a | b)"}),
    ("a // b", {"(a / b)"}),
    ("-a", {"(a)"}),
    ("a[-1]", {"a[(1)]", "a[-(0)]"}),
    ("0.5", {"(1.5)"}),
    ("True", {"(False)"}),
    ("a if b else c", {"(c if b else a)"}),
    ("a.sum()", {"a.mean()"}),
    ("max(a)", {"min(a)"}),
    ("np.any(a, axis=k)", {"np.all(a, axis=k)", "np.any(a)"}),
    ("np.subtract(a, b)", {"np.subtract(b, a)"}),
    ("sorted(a)", {"(a)"}),
    ("f(a, b, c=d)", {"f(a, b)"}),
    ("zip(a, b, strict=True)", {"zip(a, b, strict=(False))"}),
    ("'a' + b", set()),
    ("f'{a + 1}'", set()),
]


@pytest.mark.parametrize(("line", "made"), LINES, ids=[line for line, _ in LINES])
def test_the_mutants_of_an_expression(line: str, made: set[str]) -> None:
    source = f"def f(é, a):\n    x = 'é', {line}\n"  # a letter of two bytes stands before
    assert {m.mutated_line(source).removeprefix("x = 'é', ") for m in python_mutants(PLACE, source)} == made


STATEMENTS = [
    ("if a:\n        return b", {"if (False):", "return None"}),
    ("a += b", {"pass", "a -= b"}),
    ("a.b = c", {"pass"}),
    ("f(a)", {"pass"}),
    ("raise ValueError(a + 1)", {"pass"}),
    ("for x in a:\n        continue", {"break"}),
    ("return None", set()),
    ("x: Literal[1] = a", set()),
    ("import a", set()),
    ("'''A text with 1 + 1.'''", set()),
]


@pytest.mark.parametrize(("text", "made"), STATEMENTS, ids=[text for text, _ in STATEMENTS])
def test_the_mutants_of_a_statement(text: str, made: set[str]) -> None:
    source = f"def f(a):\n    {text}\n"
    assert {m.mutated_line(source) for m in python_mutants(PLACE, source)} == made


def test_what_is_outside_functions_is_mutated_too_but_no_decorators_and_no_names_of_the_module() -> None:
    source = "__all__ = ['f'][:1]\nN = 1\n@g(flag=True)\ndef f(a=2):\n    return h(lambda x: -x)\n"
    found = [(m.mutated_line(source), m.function, m.in_body, m.function_line) for m in python_mutants(PLACE, source)]
    assert found == [
        ("N = (0)", "", False, 0),
        ("def f(a=(3)):", "f", False, 0),
        ("return None", "f", True, 3),
        ("return h(lambda x: (x))", "f", True, 5),
    ]


C = """/* a < b */
#define N 1 + 1
static int f(const char *p, int n)
{
    int x = n << 2; // 1 + 1
    p->size = -n;
    if (n >= 0x06FF && *p == ':') break;
    return g(&x, "1 + 1");
}
"""


def test_the_mutants_of_c(tmp_path: Path) -> None:
    file = tmp_path / "toy.c"
    file.write_text(C, encoding="utf-8")
    assert {m.mutated_line(C) for m in mutants_of(file)} == {
        "int x = n >> 2; // 1 + 1",
        "int x = n << 3; // 1 + 1",
        ";",
        "if (n > 0x06FF && *p == ':') break;",
        "if (n >= 0x05FF && *p == ':') break;",
        "if (n >= 0x06FF || *p == ':') break;",
        "if (n >= 0x06FF && *p != ':') break;",
        "if (n >= 0x06FF && *p == ';') break;",
        "if (n >= 0x06FF && *p == ':') ;",
    }


TOY = """
from functools import wraps

def twice(f):
    @wraps(f)
    def wrapped(x):
        return 2 * f(x)
    return wrapped

@twice
def clipped(x):
    return x if x > 0 else 0

def count(n):
    i = 0
    while i < n:
        i += 1
    return i

def forgotten(x):
    return x + 1
"""
TESTS = """
from toy import clipped, count

def test_clipped():
    assert clipped(3) == 6 and clipped(-1) == 0

def test_count():
    assert count(0) == 0

def test_that_fails_already():
    assert count(3) == 4
"""
RUN = """
import json, sys
from pathlib import Path
import pytest
from tests.mutation import warm
from tests.mutation.mutants import mutants_of
warm.PATIENCE = 0.3
found = []
file = Path("toy.py").resolve()
mutants = [m for m in mutants_of(file) if m.in_body]
def note(outcome):
    found.append((outcome.mutant.mutated_line(file.read_text()), outcome.state, outcome.by))
    return True
plugin = warm.Warm(warm.Work(mutants, [file]), {}, note)
code = pytest.main(["-q", "-p", "no:cacheprovider", "--capture=sys", "test_toy.py"], plugins=[plugin])
print("\\n" + json.dumps(found))
"""


def test_the_mutants_that_the_tests_of_a_package_notice(tmp_path: Path) -> None:
    (tmp_path / "toy.py").write_text(TOY, encoding="utf-8")
    (tmp_path / "test_toy.py").write_text(TESTS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = {line: (state, by.rpartition("::")[2]) for line, state, by in json.loads(done.stdout.splitlines()[-1])}
    assert found["return (2 / f(x))"] == found["return (0 if x > 0 else x)"] == ("killed", "test_clipped")
    assert found["return x if (x >= 0) else 0"] == ("survived", "")  # equivalent
    assert found["while (i <= n):"] == ("killed", "test_count")
    assert found["i -= 1"] == ("survived", "")  # the one test that would notice fails without a mutant too
    assert found["i = (1)"] == ("killed", "test_count")
    assert found["return (x - 1)"] == ("survived", "")  # no test calls it


def test_a_mutant_without_end_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "toy.py").write_text("def count(n):\n    i = 0\n    while i < n:\n        i += 1\n    return i\n", encoding="utf-8")
    (tmp_path / "test_toy.py").write_text("from toy import count\ndef test_count():\n    assert count(3) == 3\n", encoding="utf-8")
    environment = {"PYTHONPATH": f"{tmp_path}:{ROOT}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", RUN], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    found = {line: state for line, state, _ in json.loads(done.stdout.splitlines()[-1])}
    assert found["i -= 1"] == "timed out" and found["pass"] == "timed out" and found["i = (1)"] != "timed out", done.stderr


def test_each_equivalent_mutant_is_one_of_today_and_has_a_reason() -> None:
    rows = equivalents()
    for file in {row.file for row in rows.values()}:
        source = (PACKAGE / file).read_text(encoding="utf-8")
        made = {name_of(m, source) for m in mutants_of(PACKAGE / file)}
        assert {key for key in rows if key[0] == file} <= made
    assert all(len(row.reason.split()) > 3 for row in rows.values())


def test_each_area_has_files_and_tests() -> None:
    for area in AREAS.values():
        assert list(PACKAGE.glob(area.files)) and all((ROOT / t).exists() for t in area.tests)
