"""Imports point one way, and each command loads only what it uses."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "losscli"
# What a loss is; the losses; arrays to results; files to arrays; results to text; the command. A module imports from its own line or above.
LAYERS = [
    ["record", "meter", "cells", "metrics", "ending", "workers"], ["errors", "names"], ["numeric", "agreement"], ["given"],
    ["special", "domains", "hints", "marks", "balance"], ["registry"], ["binding"],
    ["losses"], ["index", "own", "vectors"], ["tape", "tracing", "blocks"], ["job", "naming"], ["broadcasting"], ["samples"],
    ["labels", "levels", "order"], ["gate", "shapes", "chain", "census"], ["memory"], ["fused", "trial", "reasons"], ["evaluate"],
    ["seen"], ["backward"], ["differences", "result"],
    ["objective", "together"], ["comparison", "api"], ["sources"], ["render"], ["cli"], ["__main__"],
]  # fmt: skip
LEVEL = {name: i for i, names in enumerate(LAYERS) for name in names}
# A name is looked up in all families, in files and in packages; the package's own names are found on first use.
UPWARDS = {("registry", "losses"), ("registry", "own")}


def imports(file: Path) -> set[str]:
    """The parts of the package that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "losscli":
            found |= {node.module.split(".")[1]} if "." in node.module else {a.name for a in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("losscli.")}
    return found & LEVEL.keys()


@pytest.mark.parametrize("file", sorted(ROOT.rglob("*.py")), ids=lambda f: str(f.relative_to(ROOT)))
def test_imports_go_down_the_list_only(file: Path) -> None:
    own = file.relative_to(ROOT).parts[0].removesuffix(".py")
    if own == "__init__":
        return
    assert own in LEVEL, f"{own} has no place in the list"
    for other in imports(file):
        assert LEVEL[other] < LEVEL[own] or other == own or (own, other) in UPWARDS, f"{own} imports {other}"


@pytest.mark.parametrize("word", ["print", "sys.exit", "sys.argv", "typer"])
def test_only_the_command_prints_exits_and_knows_typer(word: str) -> None:
    for file in ROOT.rglob("*.py"):
        if file.relative_to(ROOT).parts[0] in ("cli", "__main__.py"):
            continue
        names = {ast.unparse(n.func) for n in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)}
        assert word not in names, file
        assert "typer" not in file.read_text(encoding="utf-8").lower() or word != "typer", file


ONE = {
    "importlib.metadata",
    "rich",
    "yaml",
    "csv",
    "logging",
    "concurrent.futures",
    "losscli.tape",
    "losscli.losses.contrastive",
    "losscli.index",
}
NO_LOSS = {"importlib.metadata", "numpy", "rich", "yaml", "losscli.losses.regression", "losscli.evaluate"}
LOADS = [
    (["list"], {*NO_LOSS, "losscli.cli.compute"}),
    (["list", "outlier", "-f", "csv"], NO_LOSS),
    (["list", "huber", "-f", "json"], {"numpy", "rich", "yaml", "losscli.losses.contrastive", "losscli.vectors"}),
    (["list", "mse", "--vectors", "-f", "jsonl"], {"numpy", "rich", "losscli.losses.contrastive", "losscli.evaluate"}),
    (["--version"], {*NO_LOSS, "losscli.losses", "losscli.registry", "losscli.cli.listing", "losscli.cli.compare"}),
    (["compute", "mse", "-p", "1,2,4", "-t", "1,2,3", "-f", "value"], {*ONE, "json", "losscli.cli.compare", "losscli.cli.listing"}),
    (["compute", "mse", "-p", "1,2,4", "-t", "1,2,3"], ONE),
    (["compare", "-l", "mse", "-l", "huber", "-p", "1,2,4", "-t", "1,2,3"], {*ONE, "losscli.cli.compute"}),
    (["compute", "mse", str(ROOT.parent / "sample_inputs" / "diabetes.csv"), "-p", "ridge", "-f", "value"], {"rich", "yaml", "polars"}),
]
COMPLETIONS = [
    ("losscli comp", ["compute", "compare"], NO_LOSS),
    ("losscli compute hub", ["huber"], NO_LOSS),
    ("losscli compute huber --de", ["--delta", "--delimiter", "--decimal", "--debug"], {"numpy", "rich", "losscli.losses.contrastive"}),
    ("losscli compute bce --he", ["--header", "--help"], {"numpy", "rich", "losscli.losses.contrastive"}),
    ("losscli compute --he", ["--help"], NO_LOSS),
]  # fmt: skip


@pytest.mark.parametrize(("argv", "absent"), LOADS, ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_a_command_loads_only_what_it_uses(argv: list[str], absent: set[str]) -> None:
    code = f"import sys; from losscli.cli import run; print(run({argv!r}), *sorted({absent!r} & set(sys.modules)), file=sys.stderr)"
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
