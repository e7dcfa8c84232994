"""A plugin of pytest that collects tests once, and runs them in forks: first as they are, and then with one mutant each.

The first run notes how long each test takes and which functions it calls. A mutant changes the code of a function that is imported
already: its `__code__` is replaced. Then only the tests that call this function are run, and the first that fails ends it.
"""

from __future__ import annotations

import gc
import importlib
import math
import os
import pickle
import resource
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from itertools import accumulate
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import NamedTuple

import pytest

from tests.mutation.mutants import Mutant
from tests.mutation.pool import CRASHED, Ended, run_all

__all__ = ["Known", "Outcome", "Warm", "Work", "compiled"]

MEMORY = 6 << 30  # more than a test may need; a mutant must not take that of the machine
PATIENCE = 2.0  # seconds of processor time that a test may take with a mutant, beside ten times what it takes without
UNPATCHED, REFUSED = 4, 5  # exit codes beside those of a mutant that survives (0) or is killed (1)
Place = tuple[str, int]  # the file of a function, and the line in which its code begins


class Known(NamedTuple):
    """What is known of a test: whether it passes without a mutant, its seconds of processor time, and the functions that it calls."""

    passes: bool
    seconds: float
    calls: frozenset[Place]


class Outcome(NamedTuple):
    """What became of a mutant: killed (by a test), timed out, survived.

    Or it was 'not patched', so that it must be imported afresh; or 'not compiled', so that it is none.
    """

    mutant: Mutant
    state: str
    by: str = ""
    tests: int = 0


@dataclass(frozen=True)
class Work:
    """What is to be done: the mutants; the files whose calls are noted for each test, which are those of the area; and the tests."""

    mutants: Sequence[Mutant]
    files: Sequence[Path]
    workers: int = 2
    needs: Callable[[pytest.Item], bool] = lambda _: True
    seconds: float = math.inf  # of processor time that the tests of one mutant take without it: the fast ones are taken
    callers: Mapping[Path, Sequence[Path]] = field(default_factory=dict)  # the Python files that call a compiled one


class Warm:
    """The plugin. `report` is called with each outcome, and says whether to go on; `learned` when more is known of the tests."""

    def __init__(
        self, work: Work, kept: dict[str, Known], report: Callable[[Outcome], bool], learned: Callable[[], None] = lambda: None
    ) -> None:
        self.work, self.known, self.report, self.learned = work, kept, report, learned
        self.stopped = False
        self.sources = {m.file: m.file.read_text(encoding="utf-8") for m in work.mutants}
        self.items: dict[str, pytest.Item] = {}
        self.failed: str | None = None
        self.killers: dict[str, Counter[str]] = defaultdict(
            Counter
        )  # of each file and of each function, the tests that killed a mutant of it

    def pytest_sessionstart(self) -> None:
        """Examples of hypothesis are the same in each run, and those that fail with a mutant are not kept."""
        from hypothesis import settings

        settings.register_profile("mutation", database=None, derandomize=True)
        settings.load_profile("mutation")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted("some tests cannot be collected")
        self.items = {item.nodeid: item for item in session.items if self.work.needs(item)}
        for file in self.work.files:
            importlib.import_module(module_of(file))
        self.machine_codes = {file: machine_code(file) for file in self.work.callers}
        self.live = live_functions({str(m.file) for m in self.work.mutants})
        gc.collect()
        gc.freeze()
        self.learn({str(file) for file in self.work.files})
        self.learned()
        for ended in run_all(self.pending(), self.work.workers, self.try_mutant, self.limit):
            self.stopped |= not self.report(self.outcome(ended))
        return True

    def pending(self) -> Iterator[Mutant]:
        for mutant in self.work.mutants:
            if self.stopped:
                return
            yield mutant

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid

    # --- tests as they are -------------------------------------------------------------------------------------------------

    def learn(self, files: set[str]) -> None:
        """Run the tests of which nothing is known."""
        new = [name for name in self.items if name not in self.known]
        parts = [new[i :: self.work.workers] for i in range(self.work.workers)]
        for ended in run_all(
            [p for p in parts if p], self.work.workers, lambda names, folder: self.observe(names, folder, files), lambda _: 3600
        ):
            if ended.code:
                raise RuntimeError(f"the tests cannot be run without a mutant: {ended.code} {ended.report.decode(errors='replace')}")
            self.known.update(pickle.loads(ended.report))

    def observe(self, names: Sequence[str], folder: Path, files: set[str]) -> int:
        calls: set[Place] = set()

        def trace(frame: FrameType, event: str, arg: object) -> None:
            if frame.f_code.co_filename in files:
                calls.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

        found = {}
        settle(folder)
        for name, following in zip(names, [*names[1:], None], strict=True):
            calls.clear()
            began = time.process_time()
            threading.settrace(trace)
            sys.settrace(trace)
            passes = self.run(name, following)
            sys.settrace(None)
            found[name] = Known(passes, time.process_time() - began, frozenset(calls))
        (folder / "report").write_bytes(pickle.dumps(found))
        return 0

    def run(self, name: str, following: str | None) -> bool:
        """Run a test; whether it passed."""
        self.failed = None
        item = self.items[name]
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None if following is None else self.items[following])
        return self.failed is None

    # --- tests with a mutant -----------------------------------------------------------------------------------------------

    def chosen(self, mutant: Mutant) -> list[str]:
        """The tests that call the function of a mutant: first those that killed one near it, then one case of each."""
        callers = {str(file) for file in self.work.callers.get(mutant.file, ())}
        place = (str(mutant.file), mutant.function_line)
        near, far = self.killers[f"{mutant.file}:{mutant.function}"], self.killers[str(mutant.file)]
        passing = [n for n in self.items if self.known[n].passes]
        calling = [n for n in passing if place in (calls := self.known[n].calls) or (callers and any(file in callers for file, _ in calls))]
        cases: Counter[str] = Counter()
        rank = {}
        for name in sorted(calling, key=lambda n: self.known[n].seconds):
            function = name.partition("[")[0]
            rank[name] = cases[function]
            cases[function] += 1
        ordered = sorted(calling, key=lambda n: (-near[n], -far[n], rank[n], self.known[n].seconds))
        spent = accumulate(self.known[n].seconds for n in ordered)
        return [n for n, seconds in zip(ordered, spent, strict=True) if n == ordered[0] or seconds <= self.work.seconds]

    def limit(self, mutant: Mutant) -> float:
        return 60 + 30 * sum(self.known[n].seconds for n in self.chosen(mutant))

    def try_mutant(self, mutant: Mutant, folder: Path) -> int:
        """Patch the code, and run tests until one fails. Only a function that is alive can be patched."""
        settle(folder)
        if mutant.file.suffix == ".c":
            if not swapped(mutant, folder, self.machine_codes[mutant.file]):
                return REFUSED
        elif not self.patch(mutant):
            return UNPATCHED
        names = self.chosen(mutant)
        for name, following in zip(names, [*names[1:], None], strict=False):
            (folder / "report").write_text(name, encoding="utf-8")
            signal.setitimer(signal.ITIMER_PROF, PATIENCE + 10 * self.known[name].seconds)
            if not self.run(name, following):
                return 1
        return 0

    def patch(self, mutant: Mutant) -> bool:
        return patched_functions(mutant, self.sources[mutant.file], self.live)

    def outcome(self, ended: Ended[Mutant]) -> Outcome:
        mutant = ended.job
        if ended.code == 0:
            return Outcome(mutant, "survived", tests=len(self.chosen(mutant)))
        if ended.code in (UNPATCHED, REFUSED):
            return Outcome(mutant, "not patched" if ended.code == UNPATCHED else "not compiled")
        test = ended.report.decode(errors="replace")
        if ended.code == CRASHED and "KeyboardInterrupt" not in test:
            raise RuntimeError(f"a test was not run to its end: {test}")
        self.killers[str(mutant.file)][test] += 1
        self.killers[f"{mutant.file}:{mutant.function}"][test] += 1
        return Outcome(mutant, "timed out" if ended.is_late else "killed", test)


def module_of(file: Path) -> str:
    """The name of a module of a file under the current folder, or under a folder of the path."""
    root = next(Path(p).resolve() for p in sys.path if file.is_relative_to(Path(p or ".").resolve()))
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def compiled(source: Path, target: Path) -> bool:
    """Compile a C part; whether the compiler takes it."""
    include = sysconfig.get_paths()["include"]
    command = ["cc", "-O1", "-shared", "-fPIC", "-w", "-s", "-Wl,--build-id=none", f"-I{include}", source.name, "-o", str(target)]
    return subprocess.run(command, cwd=source.parent, check=False, capture_output=True).returncode == 0


def machine_code(file: Path) -> bytes:
    """What the compiler makes of a C file as it is."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "as_it_is.so"
        assert compiled(file, target)
        return target.read_bytes()


def swapped(mutant: Mutant, folder: Path, before: bytes) -> bool:
    """Put a compiled mutant in place of the module, wherever it has been imported.

    False where it cannot be compiled, and where the compiler makes the same of it as `before`: the change is in lines that are not
    compiled here.
    """
    source, target = folder / mutant.file.name, folder / f"{mutant.file.stem}.abi3.so"
    source.write_text(mutant.applied(mutant.file.read_text(encoding="utf-8")), encoding="utf-8")
    if not compiled(source, target) or target.read_bytes() == before:
        return False
    name = module_of(mutant.file)
    old = importlib.import_module(name)
    spec = spec_from_file_location(name, target, loader=ExtensionFileLoader(name, str(target)))
    assert spec is not None and spec.loader is not None
    new = module_from_spec(spec)
    spec.loader.exec_module(new)
    sys.modules[name] = new
    for module in [m for n, m in sys.modules.items() if n.startswith(name.partition(".")[0])]:
        for attribute in [k for k, x in vars(module).items() if x is old]:
            setattr(module, attribute, new)
    return True


def settle(folder: Path) -> None:
    """Give a child folders of its own, and a bound on its memory."""
    os.environ["PYTEST_DEBUG_TEMPROOT"] = os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# --- code ------------------------------------------------------------------------------------------------------------------

Key = tuple[str, str, int, bytes, bytes]


def key_of(code: CodeType) -> Key:
    return code.co_filename, code.co_qualname, code.co_firstlineno, code.co_code, code.co_linetable


def live_functions(files: Iterable[str]) -> dict[Key, list[FunctionType]]:
    """All functions of some files, wherever they are: in modules, in classes, within decorators."""
    wanted, found = set(files), defaultdict(list)
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__code__.co_filename in wanted:
            found[key_of(one.__code__)].append(one)
    return dict(found)


def patched_functions(mutant: Mutant, source: str, live: Mapping[Key, Sequence[FunctionType]]) -> bool:
    """Replace the code of all functions that the mutant changes; whether that could be done."""
    name = str(mutant.file)
    old, new = (compile(text, name, "exec", dont_inherit=True) for text in (source, mutant.applied(source)))
    pairs = [*code_pairs(old, new)]
    changed = [(a, b) for a, b in pairs if key_of(a) != key_of(b) or a.co_consts != b.co_consts or a.co_names != b.co_names]
    patched = 0
    try:
        for a, b in changed:
            for function in live.get(key_of(a), ()):
                function.__code__ = b
                patched += 1
    except ValueError:  # it has other variables of an outer function now
        return False
    return patched > 0


def code_pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The code of each function, with that which takes its place."""
    yield old, new
    parts = [[c for c in code.co_consts if isinstance(c, CodeType)] for code in (old, new)]
    named: list[dict[tuple[str, int], list[CodeType]]] = [defaultdict(list), defaultdict(list)]
    for one, codes in zip(named, parts, strict=True):
        for code in codes:
            one[code.co_name, 0].append(code)
    for key, codes in named[0].items():
        others = named[1].get(key, [])
        if len(codes) == len(others):
            for a, b in zip(codes, others, strict=True):
                yield from code_pairs(a, b)
