"""What `python -m build` makes: a wheel with the compiled parts, which needs no compiler where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from tests import ROOT

PARTS = ("losscli/fusion/_tiles", "losscli/numeric/_sorts", "losscli/sources/delimited/_fields")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
COMPILERS = [found for name in ("gcc", "clang") if (found := shutil.which(name))]
WARNINGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror")


def environment(folder: Path) -> Path:
    """The Python of a new and empty environment."""
    venv.create(folder)
    return folder / "bin" / "python"


def built(folder: Path) -> Path:
    """The wheel that is made from the archive of the sources, as `python -m build` does."""
    source, python = folder / "source", environment(folder / "builder")
    shutil.copytree(ROOT / "losscli", source / "losscli", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "tests/packaging/commands.py"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    subprocess.run([*PIP, "--python", str(python), "install", *needed], check=True)
    code = f"import setuptools.build_meta as b; b.build_sdist({str(folder)!r})"
    subprocess.run([str(python), "-c", code], cwd=source, check=True, capture_output=True)
    (archive,) = folder.glob("*.tar.gz")
    words = ("wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", str(folder), str(archive))
    subprocess.run([*PIP, "--python", str(python), *words], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.mark.slow
@pytest.mark.skipif(not COMPILERS, reason="the parts are compiled by GCC or Clang")
def test_a_wheel_brings_the_compiled_parts_to_where_no_compiler_is(tmp_path: Path) -> None:
    wheel = built(tmp_path)
    assert "-cp311-abi3-" in wheel.name  # one for all versions of Python
    names = zipfile.ZipFile(wheel).namelist()
    assert sorted(name for name in names if name.endswith(".so")) == [f"{part}.abi3.so" for part in PARTS]
    assert not [name for name in names if name.endswith((".c", ".h")) or name.startswith("tests")]

    python = environment(tmp_path / "fresh")
    without = {"PATH": str(python.parent), "CC": "/bin/false"}
    subprocess.run([*PIP, "--python", str(python), "install", "--no-index", "--no-deps", str(wheel)], env=without, check=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(tmp_path / "fresh")})
    (Path(packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    check = ROOT / "tests" / "packaging" / "installed.py"
    done = subprocess.run([str(python), str(check)], env=without, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = subprocess.run(["losscli", "--version"], env=without, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said == done.stdout


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("compiler", COMPILERS, ids=os.path.basename)
def test_no_compiler_warns_of_the_parts(compiler: str, part: str, tmp_path: Path) -> None:
    words = (*WARNINGS, "-isystem", sysconfig.get_path("include"), "-c", str(ROOT / f"{part}.c"), "-o", str(tmp_path / "part.o"))
    done = subprocess.run([compiler, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
