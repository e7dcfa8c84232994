"""A user's function as a loss: from a file, from an installed package, or passed to the Python interface."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Generator, Iterable
from functools import cached_property
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from threading import RLock
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from losscli.aggregation import Aggregation, AllRows
from losscli.catalogue.guard import FunctionError, SingleNumber, error_text, guarded, line_of
from losscli.errors import InputError, UsageError, shape_or_type, suggest
from losscli.forms import FormOption
from losscli.introspect import aggregations_in, mentioned_values, mentions_random_numbers
from losscli.numeric.arrays import is_masked, masked_to_nan, read_only
from losscli.numeric.lazy import np
from losscli.registry import Kind, Loss, Preset
from losscli.signature import Signature, SignatureError, read_signature

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["RESERVED", "CustomLoss", "installed", "is_file", "module_of_file", "of_file", "of_function", "of_package"]

GROUP = "losscli.losses"  # of entry points: the name of each is a loss, its value the function
# Options of every loss, on the command line and in Python: a user's function cannot have a parameter of the same name.
RESERVED = frozenset({
    "atol", "baseline", "broadcast", "by", "by_bins", "calibration", "chunk", "ci", "class_axis", "classes", "cluster", "color",
    "comment", "confidence", "data", "debug", "decimal", "delimiter", "digest", "dtype", "expect", "fail_if_worse",
    "fail_if_worse_point", "folds", "format", "grad", "gradcheck", "header", "help", "hist", "id", "independent", "input_format",
    "join", "lag", "max", "max_bytes", "min", "name", "nan", "output", "per", "precision", "quiet", "reduction", "resamples", "rows",
    "rtol", "sample_weight", "seed", "strict", "test_share", "threads", "top", "where", "wrt",
})  # fmt: skip


class CustomLoss(Loss):
    """A loss that is a user's function; `fn` is that function, guarded."""

    takes: Signature
    file: str = ""
    # The types of the columns that it yielded in its first calls; None before these.
    yielded: frozenset[type] | None = None
    reuses_memory: bool = False  # it returns the same array at every call, so only one thread may call it
    needs_all_rows: bool = False  # its value for a row depends on other rows, so all rows are one block

    @property
    def presets(self) -> tuple[Preset, ...]:  # no framework's, even where a loss of ours has the same name
        return ()

    @property
    def form_options(self) -> dict[str, FormOption]:  # it says itself what it takes
        return {}

    @property
    def signature(self) -> Signature:  # read from the function itself, since its wrapper has no signature
        return self.takes

    @cached_property
    def yields(self) -> frozenset[type[Aggregation]]:
        """The types of the columns that it yielded; before its first call, those that its code mentions."""
        return aggregations_in(self.fn) if self.yielded is None else self.yielded

    @property
    def kind_is_certain(self) -> bool:
        return self.yielded is not None

    @cached_property
    def kind(self) -> Kind:
        kind = super().kind
        return "batch" if kind == "pointwise" and self.needs_all_rows else kind

    @property
    def uses_random_numbers(self) -> bool:
        """Whether its code mentions random numbers or clocks."""
        return mentions_random_numbers(self.fn)

    def random_state(self) -> object:
        """The states of the random generators that it can use without a seed: equal before and after a call that used none."""
        import random

        generators = [g.bit_generator.state for g in mentioned_values(inspect.unwrap(self.fn)) if hasattr(g, "bit_generator")]
        return repr(generators), [x.tolist() if isinstance(x, np.ndarray) else x for x in np.random.get_state()], random.getstate()

    @property
    def summary(self) -> str:
        return super().summary or f"A function in {self.file}."

    @property
    def example(self) -> str:
        return ""  # the user's examples are not run

    def of_all_rows(self, first: int, value: Any) -> CustomLoss:
        """This function, which returns one number, as a batch loss: it gets all rows in one call.

        `value` is its result for the `first` rows, which may be all rows. Raises InputError where a role is shared.
        """
        if shared := next((r.name for r in self.roles.values() if r.domain.shared), None):
            raise InputError(f"{self.reference}: {self.name} returns one number, but {shared} is shared: return a value for each row")
        call, results = self.fn, [value]

        def whole(**given: Any) -> Generator[Any, Any, Any]:
            rows = {n: given[n] for n in self.roles if given.get(n) is not None}
            merged = tuple(map(read_only, (yield tuple(AllRows(x) for x in rows.values()))))
            if results and len(merged[0]) == first and not hasattr(merged[0], "record"):
                return results.pop()  # only once: the next call may have other rows
            try:
                out = call(**(given | dict(zip(rows, merged, strict=True))))
            except SingleNumber as one:
                return masked_to_nan(one.value) if is_masked(one.value) else one.value
            raise FunctionError(f"{self.reference}: {self.name} returned one number for the first rows, and {shape_or_type(out)} for all")

        whole.__name__, whole.__doc__ = call.__name__, call.__doc__
        return self.but(fn=whole, yielded=frozenset({AllRows}))


# --- files and packages ----------------------------------------------------------------------------------------------------


def is_file(name: str) -> bool:
    """Whether a name is that of a function in a file: `my_losses.py::asymmetric`; or `my_losses.py`, which `of_file` refuses."""
    file, _, _ = name.partition("::")
    return file.casefold().endswith(".py")


def of_file(name: str) -> CustomLoss:
    """The loss that `FILE::FUNCTION` names. The file is run once, on first use.

    Raises UsageError for an unknown function, InputError for a file that does not run and for a function that is no loss.
    """
    file, _, word = name.partition("::")
    module = module_of_file(file)
    functions = [n for n, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module.__name__ and not n.startswith("_")]
    if not word:
        raise UsageError(f"{file} is a file: name a function of it, {file}::{functions[0] if functions else 'FUNCTION'}")
    if word not in vars(module):
        has = f"; it has {', '.join(functions)}" if functions else ""
        raise UsageError(f"{file} has no function {word!r}{suggest(word, functions)}{has}")
    value = vars(module)[word]
    if not inspect.isfunction(value):
        raise UsageError(f"{file}: {word} is {'a class' if isinstance(value, type) else f'of type {type(value).__name__}'}, not a function")
    return of_function(value, file, word)


_RUN: dict[Path, ModuleType] = {}
_RUNNING = RLock()  # only one thread runs files; a file may use a loss of another file, so the lock is reentrant


def module_of_file(file: str) -> ModuleType:
    """The file as a module, run once."""
    path = Path(file).resolve()
    with _RUNNING:
        if path not in _RUN:
            _RUN[path] = _executed(path, file)
    return _RUN[path]


def _executed(path: Path, file: str) -> ModuleType:
    """Run the file as a module. Its folder is first on sys.path while it runs, as for a script; afterwards it is last."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"there is no file {file}") from None
    except OSError as error:
        raise InputError(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from None
    name = f"{path.stem}@{path}"  # no other module has this name, so a file may be called json.py
    spec = spec_from_loader(name, None, origin=str(path))
    if spec is None:
        raise AssertionError("a module without a loader has a spec")
    module = module_from_spec(spec)
    module.__file__ = str(path)
    sys.modules[name] = module
    sys.path.insert(0, str(path.parent))
    try:
        exec(compile(text, str(path), "exec", dont_inherit=True), vars(module))  # noqa: S102 - the user asks for this code
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, SyntaxError):
            raise InputError(f"{_shown(error.filename, path, file)}:{error.lineno or 1}: {error.msg}") from error
        if isinstance(error, Exception | SystemExit):
            raise InputError(f"{line_of(error, str(path), file, 1)}: {error_text(error)}") from error
        raise
    finally:
        if str(path.parent) in sys.path:
            sys.path.remove(str(path.parent))
            sys.path.append(str(path.parent))  # last, so that its json.py does not hide the library's
    return module


def _shown(filename: str | None, path: Path, file: str) -> str:
    return file if filename in (None, str(path)) else str(filename)


def installed() -> Iterable[EntryPoint]:
    """The entry points of installed packages that are losses."""
    from importlib.metadata import entry_points  # 30 ms

    return entry_points(group=GROUP)


def of_package(point: EntryPoint) -> CustomLoss:
    """The loss of an entry point. Raises InputError where it cannot be imported, and where it is no function."""
    try:
        found = point.load()
    except Exception as error:
        raise InputError(f"{point.name}, of {_package(point)}, cannot be loaded: {error_text(error)}") from error
    if not inspect.isfunction(found):
        raise InputError(f"{point.name}, of {_package(point)}, is of type {type(found).__name__}, not a function")
    return of_function(found, found.__code__.co_filename, point.name)


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} ({point.value})" if point.dist is not None else point.value


def of_function(fn: Callable[..., Any], file: str | None = None, name: str | None = None) -> CustomLoss:
    """A function as a loss. Raises UsageError for anything but a plain function, InputError for a signature that no loss can have."""
    if not inspect.isfunction(fn) or inspect.iscoroutinefunction(fn) or inspect.isasyncgenfunction(fn):
        fix = ": call it in a function, def my_loss(pred, target): …" if callable(fn) else ""
        raise UsageError(f"a loss is a name or a plain function, not {fn!r}{fix}")
    code: CodeType = inspect.unwrap(fn).__code__
    file = file or code.co_filename
    name = name or fn.__name__
    place = f"{file}:{code.co_firstlineno}"
    if reserved := next((n for n in inspect.signature(fn).parameters if n in RESERVED), None):
        raise InputError(f"{place}: {name} has a parameter {reserved!r}, which is an option of losscli itself: call it something else")
    try:
        takes = read_signature(fn)
    except SignatureError as wrong:
        raise InputError(f"{place}: {name} {wrong}") from None
    return CustomLoss(
        fn=guarded(fn, file, name, takes.roles), task="own", aliases=(), reference=place, properties=frozenset(), units="", use="",
        words=(),
        reduction="mean", mean="ratio of sums", per="all", own_presets=(), see={}, own_hints=(), score="", takes=takes, file=file,
    )  # fmt: skip
