"""Mutation testing: `python -m tests.tools mutate AREA` changes the code in small ways, and tells which changes no test notices.

A mutant within a function is put in place of the function in a fork of a process that has collected the tests of the area already, and
the tests that call the function are run until one fails. A mutant outside functions, and one of a C file, is put in a copy of the
repository, in which pytest starts afresh. Equivalent mutants, which change nothing that can be noticed, are in equivalent.yaml,
each with the reason.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import os
import pickle
import random
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests import PACKAGE, ROOT
from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.pool import Ended, run_all
from tests.mutation.warm import Known, Outcome, Warm, Work

if TYPE_CHECKING:
    from losscli.registry import Loss

__all__ = ["AREAS", "EQUIVALENT", "Equivalent", "equivalents", "main"]

EQUIVALENT = Path(__file__).with_name("equivalent.yaml")
HOME = ROOT / ".venv-test" / "mutants"
QUIET = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:faulthandler", "--capture=sys")
A_FILE = 15  # mutants that a sample takes of one file, where the tests of each file are its own
SECONDS = 600  # of processor time that a copy's tests may take


@dataclass(frozen=True)
class Area:
    """Files of the package, and the tests that are nearest to them."""

    files: str  # a pattern below the package
    tests: tuple[str, ...]
    by_family: bool = False  # whether only the tests of the losses of the files are run
    losses: tuple[
        str, ...
    ] = ()  # the losses whose vectors and laws are run too: one for each way to merge columns, and for each kind of mean

    def arguments(self, files: Sequence[Path]) -> list[str]:
        """The words for pytest that choose the tests of some files."""
        of_files = [str(f) for f in files if f.suffix == ".py"]
        families = [word for f in files if self.by_family for word in ("--of-family", f.stem)]
        return [*self.tests, *OF_LOSSES[: 2 * (self.losses == MERGED)], *of_files, *families]


OF_LOSSES = ("tests/vectors", "tests/losses/test_laws.py")
MERGED = (
    "barlow_twins",
    "max_error",
    "median_ae",
    "r2",
    "dice",
    "cross_entropy",
    "cox_ph",
    "ctc",
    "triplet_semihard",
    "mase",
    "mae",
    "smape",
    "categorical_cross_entropy",
)
FUSED = ("mse", "bce_with_logits", "cross_entropy")
OF_ENGINE = ("tests/engine", "tests/catalogue/test_custom_inputs.py", "tests/catalogue/test_custom_safety.py")
AREAS = {
    "engine": Area("engine/**/*.py", OF_ENGINE, losses=MERGED),
    "losses": Area("losses/*.py", ("tests/vectors", "tests/losses"), by_family=True),
    "numeric": Area("numeric/*.py", ("tests/numeric",)),
    "statistics": Area("statistics/*.py", ("tests/statistics",)),
    "results": Area("results/*.py", ("tests/results",)),
    "fusion": Area("fusion/*.py", ("tests/fusion",)),
    "autodiff": Area("autodiff/*.py", ("tests/autodiff",)),
    "sources": Area("sources/**/*.py", ("tests/sources",)),
    "c": Area(
        "**/*.c",
        ("tests/sources/test_readers.py", "tests/sources/test_json_records.py", "tests/numeric/test_ordering.py", "tests/fusion"),
        losses=FUSED,
    ),
}
CALLERS = {
    "_fields": ("sources/delimited/compiled.py",),
    "_sorts": ("numeric/ordering.py",),
    "_tiles": ("fusion/kernel.py", "fusion/graph.py", "fusion/tracing.py"),
}


@dataclass(frozen=True)
class Equivalent:
    """A mutant that no test can notice, and why."""

    file: str
    function: str
    line: str  # as the mutant has it
    reason: str


def equivalents() -> dict[tuple[str, str, str], Equivalent]:
    rows = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or []
    return {(r["file"], r["function"], r["line"]): Equivalent(**r) for r in rows}


def name_of(mutant: Mutant, source: str) -> tuple[str, str, str]:
    """By what a mutant is known in the table: its file, its function and its line."""
    file = mutant.file.relative_to(PACKAGE) if mutant.file.is_relative_to(PACKAGE) else mutant.file
    return file.as_posix(), mutant.function, mutant.mutated_line(source)


def diff_of(mutant: Mutant, source: str) -> str:
    name = name_of(mutant, source)[0]
    old, new = (text.splitlines(keepends=True) for text in (source, mutant.applied(source)))
    return "".join(difflib.unified_diff(old, new, name, f"{name} ({mutant.function})", n=1))


# --- the choice of mutants -------------------------------------------------------------------------------------------------


def chosen_mutants(area: Area, only: str, sample: int | None, seed: int) -> list[Mutant]:
    """The mutants of an area whose file, function or change holds `only`, without the equivalent ones; a sample of them."""
    chance = random.Random(seed)
    known = equivalents()
    files = [f for f in sorted(PACKAGE.glob(area.files)) if not f.name.startswith("__")]
    if area.by_family and sample is not None and not only:
        files = sorted(chance.sample(files, min(len(files), -(-sample // A_FILE))))
    found = []
    for file in files:
        source = file.read_text(encoding="utf-8")
        of_file = [m for m in mutants_of(file) if name_of(m, source) not in known]
        found += [m for m in of_file if not only or only in "\n".join((*name_of(m, source), diff_of(m, source)))]
    if sample is None or sample >= len(found):
        return found
    return sorted(chance.sample(found, sample), key=lambda m: (m.file, m.begin))


def needs(area: Area, item: pytest.Item) -> bool:
    """Whether an area needs a collected test."""
    from tests.support.selection import item_concerns  # pytest has to load losscli first

    of_a_loss = item.nodeid.startswith(OF_LOSSES) or "known" in getattr(getattr(item, "callspec", None), "params", {})
    return not area.losses or not of_a_loss or item_concerns(item, _named(area.losses))


@cache
def _named(losses: tuple[str, ...]) -> dict[str, Loss]:
    from tests.support.selection import names_of_losses

    return names_of_losses(losses, ())


def work_of(area: Area, mutants: Sequence[Mutant], options: argparse.Namespace) -> Work:
    callers = {f: [PACKAGE / c for c in CALLERS[f.stem]] for f in PACKAGE.glob(area.files) if f.suffix == ".c"}
    mutated = sorted({m.file for m in mutants} if area.by_family else PACKAGE.glob(area.files))
    files = [c for found in callers.values() for c in found] or [f for f in mutated if not f.name.startswith("__")]
    return Work(mutants, files, options.workers, lambda item: needs(area, item), options.tests, callers)


# --- mutants in a copy -----------------------------------------------------------------------------------------------------


class Copies:
    """Copies of the repository, one for each worker. Each job takes one, puts its mutant in it, and runs pytest there."""

    def __init__(self, area: Area, workers: int, failing: Sequence[str]) -> None:
        self.area, self.workers = area, workers
        self.deselected = [word for name in failing for word in ("--deselect", name)]

    def run(self, mutants: Sequence[Mutant]) -> Iterator[Outcome]:
        blank = {tuple(self.tests(m)): Mutant(m.file, "", 0, 0, 0, "") for m in mutants}
        for ended in run_all(blank.values(), self.workers, self.work, lambda _: 20 * SECONDS):
            if ended.code:
                raise RuntimeError(f"tests fail in a copy without a mutant: {ended.report.decode(errors='replace')}")
        for ended in run_all(mutants, self.workers, self.work, lambda _: 20 * SECONDS):
            yield self.outcome(ended)

    def work(self, mutant: Mutant, folder: Path) -> int:
        copy = folder / "copy"
        ignored = shutil.ignore_patterns("__pycache__", ".git", ".venv*", ".*_cache", "build", "*.egg-info")
        shutil.copytree(ROOT, copy, ignore=ignored, symlinks=True)
        file = copy / mutant.file.relative_to(ROOT)
        file.write_text(mutant.applied(file.read_text(encoding="utf-8")), encoding="utf-8")
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"PYTHONPATH": str(copy)}
        environment |= {"TMPDIR": str(folder), "PYTEST_DEBUG_TEMPROOT": str(folder)}
        command = [sys.executable, "-m", "pytest", "-x", *QUIET, *self.tests(mutant), *self.deselected]
        done = subprocess.run(command, cwd=copy, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        (folder / "report").write_bytes(done.stdout[-3000:])
        return done.returncode if done.returncode >= 0 else 1

    def tests(self, mutant: Mutant) -> Sequence[str]:
        return [w.replace(f"{ROOT}{os.sep}", "") for w in self.area.arguments([mutant.file])]

    def outcome(self, ended: Ended[Mutant]) -> Outcome:
        lines = ended.report.decode(errors="replace").splitlines()
        by = next((line for line in reversed(lines) if line.startswith(("FAILED", "ERROR"))), "") or (lines or [""])[-1]
        state = "timed out" if ended.is_late else "killed" if ended.code else "survived"
        return Outcome(ended.job, state, by)


# --- what is known of tests is kept ----------------------------------------------------------------------------------------


class Kept:
    """What is known of the tests of an area, from an earlier run on the same package. It is forgotten where a file of tests changed."""

    def __init__(self, name: str, traced: Sequence[Path]) -> None:
        self.path = HOME / f"{name}.pickle"
        package = hashlib.sha256(repr(traced).encode())
        for file in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.c"), *(ROOT / "tests" / "support").glob("*.py")]):
            package.update(file.read_bytes())
        self.package = package.hexdigest()
        self.files = {file.relative_to(ROOT).as_posix(): _digest(file) for file in ROOT.rglob("*.py") if ".venv-test" not in file.parts}
        self.known: dict[str, Known] = {}
        if self.path.exists():
            package_then, files, known = pickle.loads(self.path.read_bytes())
            if package_then == self.package:
                self.known = {n: k for n, k in known.items() if files.get(file_of(n)) == self.files.get(file_of(n), "")}

    def save(self) -> None:
        HOME.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(pickle.dumps((self.package, self.files, self.known)))


def file_of(test: str) -> str:
    return test.partition("::")[0]


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


# --- the run ---------------------------------------------------------------------------------------------------------------


@dataclass
class Score:
    """The outcomes, as they come: survivors are written to a file, and counted by file."""

    out: Path
    until: float
    states: Counter[str] = field(default_factory=Counter)
    again: list[Mutant] = field(default_factory=list)  # those that must be imported afresh

    def add(self, outcome: Outcome) -> bool:
        """Note an outcome; whether there is time for more."""
        if outcome.state == "not patched":
            self.again.append(outcome.mutant)
            return time.monotonic() < self.until
        if outcome.state == "not compiled":
            return time.monotonic() < self.until
        self.states[outcome.state] += 1
        source = outcome.mutant.file.read_text(encoding="utf-8")
        file, function, line = name_of(outcome.mutant, source)
        if outcome.state == "survived":
            with self.out.open("a", encoding="utf-8") as out:
                out.write(diff_of(outcome.mutant, source) + "\n")
        _say(
            f"{outcome.state}: {file}:{outcome.mutant.line} {function}: {line}"
            + (f"  [{outcome.by}]" if outcome.by else f"  [{outcome.tests} tests]")
        )
        return time.monotonic() < self.until

    def line(self, name: str) -> str:
        total = self.states.total()
        noticed = total - self.states["survived"]
        parts = ", ".join(f"{n} {state}" for state, n in self.states.most_common())
        return f"{name}: {noticed} of {total} mutants noticed ({noticed / max(total, 1):.1%}): {parts}; survivors are in {self.out}"


def _say(line: str) -> None:
    print(line, file=sys.__stdout__, flush=True)


def main(argv: Sequence[str]) -> int:
    options = _options(argv)
    area: Area = AREAS[options.area]
    mutants = chosen_mutants(area, options.only, options.sample, options.seed)
    HOME.mkdir(parents=True, exist_ok=True)
    score = Score(options.out or HOME / f"{options.area}.diff", time.monotonic() + options.time)
    score.out.unlink(missing_ok=True)
    warm = [m for m in mutants if m.in_body or m.file.suffix == ".c"]
    random.Random(options.seed).shuffle(warm)  # so that a run that is short of time has seen a bit of everything
    work = work_of(area, warm, options)
    kept = Kept(options.area, work.files)
    if warm:
        plugin = Warm(work, kept.known, score.add, kept.save)
        code = pytest.main([*QUIET, *area.arguments(sorted({m.file for m in warm}))], plugins=[plugin])
        if code not in (0, 5):
            return 1
    failing = [name for name, known in kept.known.items() if not known.passes]
    cold = [m for m in mutants if m not in warm] + score.again
    for outcome in Copies(area, options.workers, failing).run(cold if time.monotonic() < score.until else []):
        if not score.add(outcome):
            break
    _say(score.line(options.area))
    return 0


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.tools mutate", description=(__doc__ or "").strip())
    parser.add_argument("area", choices=AREAS)
    parser.add_argument("--sample", type=int, help="try so many mutants, chosen by chance (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="of the choice (default: %(default)s)")
    parser.add_argument("--time", type=float, default=float("inf"), metavar="SECONDS", help="begin no mutant after this time")
    parser.add_argument(
        "--tests", type=float, default=float("inf"), metavar="SECONDS", help="run the fastest tests of a mutant, of so much processor time"
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="only mutants whose file, function or change holds this text")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes beside each other (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where the survivors are written, as diffs (default: .venv-test/mutants/AREA.diff)"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
