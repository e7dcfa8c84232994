"""Imports point one way, and each command loads only what it uses."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import PACKAGE, SAMPLES

# The rooms, from what knows least to what knows most: a file imports from its own room or from one above it.
# A file that is named here stands apart from the others of its room.
FLOORS = [
    ["record", "text", "version"], ["errors"], ["choices", "numeric"], ["fusion"], ["autodiff.rules"], ["statistics"],
    ["autodiff.tape", "aggregation", "diagnostics", "parallel"], ["domains", "data", "introspect"], ["signature"],
    ["forms", "presets"], ["registry", "pairs"], ["frameworks"], ["losses"], ["catalogue"], ["engine", "vectors"], ["sources"], ["results"],
    ["autodiff", "render"], ["experiment"], ["api"], ["testing"], ["cli"], ["__main__", "pytest_plugin", ""],
]  # fmt: skip
FLOOR = {name: i for i, names in enumerate(FLOORS) for name in names}


def module_of(file: Path) -> str:
    """The dotted name of a file, as the package sees it: 'engine.plan', '' for the package itself."""
    return ".".join(file.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")


MODULES = {module_of(file): file for file in sorted(PACKAGE.rglob("*.py"))}


def room_of(module: str) -> str:
    return module if module in FLOOR else module.partition(".")[0]


def imports(module: str) -> set[str]:
    """The files of the package that a file imports, wherever in it, also for its types alone."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == "losscli":
            base = node.module.partition(".")[2]
            found |= {inner if (inner := f"{base}.{a.name}".lstrip(".")) in MODULES else base for a in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.partition(".")[2] for a in node.names if a.name.partition(".")[0] == "losscli"}
    return found - {module}


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down_the_list_only(module: str) -> None:
    assert room_of(module) in FLOOR, f"{module} has no place in the list"
    for other in imports(module):
        lower = FLOOR[room_of(other)] < FLOOR[room_of(module)]
        assert lower or room_of(other) == room_of(module), f"{module} imports {other}"


def test_no_circle() -> None:
    """Each file can be imported before every file that imports it."""
    todo = {module: imports(module) for module in MODULES}
    while ready := [module for module, needs in todo.items() if not needs & todo.keys()]:
        for module in ready:
            del todo[module]
    assert todo == {}


@pytest.mark.parametrize("word", ["print", "sys.exit", "sys.argv", "typer"])
def test_only_the_command_prints_exits_and_knows_typer(word: str) -> None:
    for file in PACKAGE.rglob("*.py"):
        if file.relative_to(PACKAGE).parts[0] in ("cli", "__main__.py"):
            continue
        names = {ast.unparse(n.func) for n in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)}
        assert word not in names, file
        assert "typer" not in file.read_text(encoding="utf-8").lower() or word != "typer", file


# The files that import a package of others. Each imports it where it is used, but for Typer.
IMPORTERS = {
    "typer": {"cli.app", "cli.command", "cli.options"},
    "rich": {"cli.progress_bar", "render.grid", "render.markdown"},
    "yaml": {"render.formats", "sources.yaml_files", "vectors"},
    "matplotlib": {"render.pictures.files"},
    "polars": {"render.elements", "sources.delimited.with_polars"},
}


def packages(module: str) -> set[str]:
    """The packages that a file imports, by their first name."""
    nodes = list(ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))))
    plain = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    named = {n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module}
    return {name.partition(".")[0] for name in plain | named}


@pytest.mark.parametrize("package", IMPORTERS)
def test_few_files_import_a_package_of_others(package: str) -> None:
    assert {module for module in MODULES if package in packages(module)} == IMPORTERS[package]


ONE = {
    "importlib.metadata",
    "rich",
    "yaml",
    "csv",
    "logging",
    "concurrent.futures",
    "losscli.autodiff.tape",
    "losscli.losses.contrastive",
    "losscli.catalogue.index",
    "losscli.frameworks.optax",
}
NO_LOSS = {"importlib.metadata", "numpy", "rich", "yaml", "losscli.losses.regression", "losscli.engine.passes", "losscli.frameworks.torch"}
LOADS = [
    (["list"], {*NO_LOSS, "losscli.cli.compute"}),
    (["list", "outlier", "-f", "csv"], NO_LOSS),
    (["list", "huber", "-f", "json"], {"numpy", "rich", "yaml", "losscli.losses.contrastive", "losscli.vectors"}),
    (["list", "log_cosh", "--vectors", "-f", "jsonl"], {"numpy", "rich", "losscli.losses.contrastive", "losscli.engine.passes"}),
    (
        ["--version"],
        {*NO_LOSS - {"importlib.metadata"}, "losscli.losses", "losscli.registry", "losscli.cli.listing"},
    ),
    (["compute", "mse", "-p", "1,2,4", "-t", "1,2,3", "-f", "value"], {*ONE, "json", "losscli.cli.compare", "losscli.cli.listing"}),
    (["compute", "mse", "-p", "1,2,4", "-t", "1,2,3"], {*ONE, "losscli.frameworks.torch", "pkgutil"}),
    (["compute", "torch.nn.MSELoss", "-p", "1,2,4", "-t", "1,2,3"], {*ONE, "losscli.frameworks.keras"}),
    (["compute", "F.mse_loss", "-p", "1,2,4", "-t", "1,2,3"], {*ONE, "losscli.frameworks.keras"}),
    (["compare", "-l", "mse", "-l", "huber", "-p", "1,2,4", "-t", "1,2,3"], {*ONE, "json", "losscli.cli.compute"}),
    (["compute", "mse", str(SAMPLES / "diabetes.csv"), "-p", "ridge", "-f", "value"], {"rich", "yaml", "polars"}),
]
COMPLETIONS = [
    ("losscli comp", ["compute", "compare"], NO_LOSS),
    ("losscli compute cauch", ["cauchy"], NO_LOSS),
    ("losscli compute huber --de", ["--delta", "--delimiter", "--decimal", "--debug"], {"numpy", "rich", "losscli.losses.contrastive"}),
    ("losscli compute bce --he", ["--header", "--help"], {"numpy", "rich", "losscli.losses.contrastive"}),
    ("losscli compute --he", ["--help"], NO_LOSS),
    ("losscli compute mse --nan o", ["omit"], {"numpy", "rich", "losscli.losses.contrastive"}),
    ("losscli list --task seg", ["segmentation"], {*NO_LOSS, "losscli.cli.compute"}),
]  # fmt: skip


@pytest.mark.parametrize(("argv", "absent"), LOADS, ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_a_command_loads_only_what_it_uses(argv: list[str], absent: set[str]) -> None:
    code = f"import sys; from losscli.cli.app import run; print(run({argv!r}), *sorted({absent!r} & set(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.split() == ["0"]


@pytest.mark.parametrize(("typed", "offered", "absent"), COMPLETIONS, ids=lambda x: x if isinstance(x, str) else "")
def test_completion_offers_what_there_is_and_loads_little(typed: str, offered: list[str], absent: set[str]) -> None:
    code = f"import atexit, sys; atexit.register(lambda: print(*sorted({absent!r} & set(sys.modules)), file=sys.stderr))"
    run = f"{code}; from losscli.__main__ import main; main()"
    words = {"_LOSSCLI_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    done = subprocess.run([sys.executable, "-c", run], env=os.environ | words, capture_output=True, text=True, check=True)
    assert (done.stdout.split(), done.stderr.split()) == (offered, [])


def test_the_package_alone_loads_nothing() -> None:
    code = "import losscli, sys; assert losscli.__version__; print(*({'numpy', 'typer', 'yaml', 'rich'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == []
