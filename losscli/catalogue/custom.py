"""A user's function as a loss: from a file, from an installed package, or handed over."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Generator, Iterable, Mapping
from functools import cached_property
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any, Literal, get_args, get_origin

from losscli.aggregation import AllRows, CrossProduct
from losscli.catalogue.guard import FunctionError, SingleNumber, error_text, guarded, kind_of, place_of
from losscli.catalogue.introspect import declared_aggregations, mentioned, mentions_random_numbers
from losscli.domains import AnyOrInfinite, Domain, Range, Real, Whole
from losscli.errors import InputError, UsageError, suggest
from losscli.numeric.arrays import is_masked, masked_to_nan, read_only
from losscli.numeric.lazy import np
from losscli.registry import Loss
from losscli.signature import Option, Role, countable

__all__ = ["RESERVED", "CustomLoss", "installed", "is_file", "of_file", "of_function", "of_package"]

GROUP = "losscli.losses"  # of entry points: the name is the loss's, the value its function
# The options that all losses have, on the command line and in Python: an option of the user's cannot have the same name.
RESERVED = frozenset({
    "atol", "broadcast", "chunk", "class_axis", "classes", "color", "comment", "data", "debug", "decimal", "delimiter", "dtype", "expect",
    "format", "grad", "gradcheck", "header", "help", "id", "input_format", "max", "max_bytes", "min", "name", "nan", "output", "per",
    "precision", "quiet", "reduction", "rows", "rtol", "sample_weight", "strict", "threads", "top", "wrt",
})  # fmt: skip


class CustomLoss(Loss):
    """A loss that is a function of the user's; `fn` is that function, guarded."""

    takes: Mapping[str, Role]
    settings: Mapping[str, Option]
    file: str = ""
    marks: frozenset[str] | None = None  # the types of what it was seen to yield; None before it was called
    reuses_memory: bool = False  # it gave the same memory at every call, so that two threads would be in each other's way
    needs_all_rows: bool = False  # what it gives for a row depends on others, so that it is given all rows at once

    @cached_property
    def roles(self) -> dict[str, Role]:
        return dict(self.takes)

    @cached_property
    def options(self) -> dict[str, Option]:
        return countable(self.settings, self.labels)

    @property
    def kind_is_certain(self) -> bool:
        return self.marks is not None

    @property
    def declared(self) -> frozenset[str]:
        """What its code says that it yields."""
        return declared_aggregations(self.fn)

    @property
    def uses_random_numbers(self) -> bool:
        """Whether its code mentions random numbers, or anything that holds some."""
        return mentions_random_numbers(self.fn)

    def random_state(self) -> Any:
        """Where the random numbers stand that it can draw without seeding them."""
        import random

        own = [g.bit_generator.state for g in mentioned(inspect.unwrap(self.fn)) if hasattr(g, "bit_generator")]
        return repr(own), [x.tolist() if hasattr(x, "tolist") else x for x in np.random.get_state()], random.getstate()

    @cached_property
    def kind(self) -> str:
        """As what it yields says; before it was called, as its code says."""
        marks = self.declared if self.marks is None else self.marks
        if AllRows.__name__ in marks:
            return "batch"
        return "statistic" if marks else "batch" if self.needs_all_rows else "pointwise"

    @cached_property
    def allows_per(self) -> bool:
        marks = self.declared if self.marks is None else self.marks
        return self.kind == "statistic" and CrossProduct.__name__ not in marks

    @property
    def summary(self) -> str:
        return super().summary or f"A function in {self.file}."

    @property
    def example(self) -> str:
        return ""  # it is theirs, and not to be run

    def of_all_rows(self, first: int, value: Any) -> CustomLoss:
        """The same as a loss of all rows together; of the first ones, which may be all there are, the value is known.

        Raises InputError where a role is shared: it may have no rows to gather.
        """
        if shared := next((r.name for r in self.takes.values() if r.domain.shared), None):
            raise InputError(f"{self.reference}: {self.name} returns one number, but {shared} is shared: return a value for each row")
        call, known = self.fn, [value]

        def whole(**given: Any) -> Generator[Any, Any, Any]:
            rows = {n: given[n] for n in self.takes if given.get(n) is not None}
            merged = tuple(map(read_only, (yield tuple(AllRows(x) for x in rows.values()))))
            if known and len(merged[0]) == first and not hasattr(merged[0], "record"):
                return known.pop()  # once: the next time it may be of other rows
            try:
                out = call(**(given | dict(zip(rows, merged, strict=True))))
            except SingleNumber as of_all:
                return masked_to_nan(of_all.value) if is_masked(of_all.value) else of_all.value
            raise FunctionError(f"{self.reference}: {self.name} returned one number for the first rows, and {kind_of(out)} for all")

        whole.__name__, whole.__doc__ = call.__name__, call.__doc__
        return self.but(fn=whole, marks=frozenset({AllRows.__name__}))


# --- where it comes from ---------------------------------------------------------------------------------------------------


def is_file(name: str) -> bool:
    """Whether a name means a function of a file: `my_losses.py::asymmetric`, or (which is an error) `my_losses.py`."""
    file, _, _ = name.partition("::")
    return file.casefold().endswith(".py")


def of_file(name: str) -> CustomLoss:
    """The loss that `FILE::FUNCTION` names. The file is run when it is named first, and once.

    Raises UsageError for a name that the file does not have, InputError for a file that does not run and a function that is no loss.
    """
    file, _, word = name.partition("::")
    module = _module(file)
    functions = [n for n, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module.__name__ and not n.startswith("_")]
    if not word:
        raise UsageError(f"{file} is a file: name a function of it, {file}::{functions[0] if functions else 'FUNCTION'}")
    if word not in vars(module):
        has = f"; it has {', '.join(functions)}" if functions else ""
        raise UsageError(f"{file} has no function {word!r}{suggest(word, functions)}{has}")
    found = vars(module)[word]
    if not inspect.isfunction(found):
        raise UsageError(f"{file}: {word} is {'a class' if isinstance(found, type) else f'of type {type(found).__name__}'}, not a function")
    return of_function(found, file, word)


_RUN: dict[Path, ModuleType] = {}
_RUNNING = RLock()  # one thread runs a file; it may name another


def _module(file: str) -> ModuleType:
    """The file as a module of its own, run once."""
    path = Path(file).resolve()
    with _RUNNING:
        if path not in _RUN:
            _RUN[path] = _executed(path, file)
    return _RUN[path]


def _executed(path: Path, file: str) -> ModuleType:
    """What running the file gives. Its folder comes first on the path meanwhile, as that of a script does, and last from then on."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"there is no file {file}") from None
    except OSError as error:
        raise InputError(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from None
    name = f"{path.stem}@{path}"  # no other module's, so that a file may be called json.py
    spec = spec_from_loader(name, None, origin=str(path))
    if spec is None:
        raise AssertionError("a module without a loader has a spec")
    module = module_from_spec(spec)
    module.__file__ = str(path)
    sys.modules[name] = module
    sys.path.insert(0, str(path.parent))
    try:
        exec(compile(text, str(path), "exec", dont_inherit=True), vars(module))  # noqa: S102 - the user's own code is what is asked for
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, SyntaxError):
            raise InputError(f"{_shown(error.filename, path, file)}:{error.lineno or 1}: {error.msg}") from error
        if isinstance(error, Exception | SystemExit):
            raise InputError(f"{place_of(error, str(path), file, 1)}: {error_text(error)}") from error
        raise
    finally:
        if str(path.parent) in sys.path:
            sys.path.remove(str(path.parent))
            sys.path.append(str(path.parent))  # so that its json.py is not taken for ours
    return module


def _shown(filename: str | None, path: Path, file: str) -> str:
    return file if filename in (None, str(path)) else str(filename)


def installed() -> Iterable[Any]:
    """The entry points of installed packages that name losses."""
    from importlib.metadata import entry_points  # 30 ms

    return entry_points(group=GROUP)


def of_package(point: Any) -> CustomLoss:
    """The loss of an entry point. Raises InputError where its package is broken, or names no function."""
    try:
        found = point.load()
    except Exception as error:
        raise InputError(f"{point.name}, of {_package(point)}, cannot be loaded: {error_text(error)}") from error
    if not inspect.isfunction(found):
        raise InputError(f"{point.name}, of {_package(point)}, is of type {type(found).__name__}, not a function")
    return of_function(found, found.__code__.co_filename, point.name)


def _package(point: Any) -> str:
    return f"{point.dist.name} ({point.value})" if point.dist is not None else point.value


def of_function(fn: Callable[..., Any], file: str | None = None, name: str | None = None) -> CustomLoss:
    """The loss that a function is. Raises UsageError for what is no plain function, InputError for a signature that is no loss's."""
    if not inspect.isfunction(fn) or inspect.iscoroutinefunction(fn) or inspect.isasyncgenfunction(fn):
        raise UsageError(f"a loss is a name or a plain function, not {fn!r}")
    code = inspect.unwrap(fn).__code__
    file = file or code.co_filename
    place, name = f"{file}:{code.co_firstlineno}", name or fn.__name__
    takes, settings = {}, {}
    for p, hint in _parameters(fn, place, name):
        if p.kind is p.POSITIONAL_OR_KEYWORD and (p.default is p.empty or p.default is None):
            takes[p.name] = Role(p.name, _domain(hint), p.default is None)
        else:
            settings[p.name] = _option(p, hint, place, name)
    if not takes:
        raise InputError(f"{place}: {name} has no role: its first parameters, without defaults, are the arrays that it takes")
    first = next(iter(takes.values()))
    if first.optional:
        raise InputError(f"{place}: {name} needs a first role without a default, not {first.name}=None")
    return CustomLoss(
        fn=guarded(fn, code, file, place, name, takes), task="own", aliases=(), reference=place, properties=frozenset(), units="", use="",
        reduction="mean", mean="ratio of sums", per="all", presets=(), see={}, hints=(), takes=takes, settings=settings, file=file,
    )  # fmt: skip


# --- what its signature says -----------------------------------------------------------------------------------------------


def _parameters(fn: Callable[..., Any], place: str, name: str) -> Iterable[tuple[inspect.Parameter, Any]]:
    """Each parameter with its annotation, None for one that says nothing to us."""
    for p in inspect.signature(fn).parameters.values():
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD, p.POSITIONAL_ONLY):
            star = "*" if p.kind is p.VAR_POSITIONAL else "**" if p.kind is p.VAR_KEYWORD else ""
            how = "name each role and option" if star else "take the / out of its parameters"
            raise InputError(f"{place}: {name} cannot be given its {star}{p.name}: {how}")
        if p.name in RESERVED:
            raise InputError(f"{place}: {name} has a parameter {p.name!r}, which is an option of losscli itself: call it something else")
        hint = p.annotation
        if isinstance(hint, str):
            try:
                hint = eval(hint, inspect.unwrap(fn).__globals__)  # noqa: S307 - as typing.get_type_hints does
            except Exception:  # an annotation that does not evaluate says nothing
                hint = None
        yield p, None if hint is p.empty else hint


def _bare(hint: Any) -> tuple[Any, bool]:
    args = get_args(hint)
    if type(None) in args:
        return next((a for a in args if a is not type(None)), None), True
    return hint, False


def _domain(hint: Any, otherwise: Any = Real) -> Any:
    """The domain of an annotation, as `losscli.domains` has them."""
    found = next((m for m in getattr(_bare(hint)[0], "__metadata__", ()) if isinstance(m, Domain)), None)
    return found or (otherwise.__metadata__[0] if otherwise is not None else None)


def _option(p: inspect.Parameter, hint: Any, place: str, name: str) -> Option:
    """Of its annotation, or else of its default: true or false, a number, a word, some numbers; None is a number or nothing."""
    if p.default is p.empty:
        raise InputError(f"{place}: {name} has an option {p.name!r} without a default: give it one")
    hint, optional = _bare(hint)
    optional |= p.default is None
    domain = _domain(hint, None)
    if isinstance(domain, Range):
        kind = "array" if domain.ndim else "int" if isinstance(domain, Whole) else "float"
        return Option(p.name, kind, p.default, domain, optional=optional)
    if get_origin(hint) is Literal and all(isinstance(a, str) for a in get_args(hint)):
        return Option(p.name, "choice", p.default, choices=get_args(hint), optional=optional)
    of = hint if hint in (bool, int, float, str) else float if p.default is None else type(p.default)
    if of is float:
        return Option(p.name, "float", p.default, AnyOrInfinite.__metadata__[0] if p.default in (INF, -INF) else None, optional=optional)
    if of in (bool, int, str):
        return Option(p.name, "text" if of is str else of.__name__, p.default, optional=optional)
    try:
        numbers = np.asarray(p.default, np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"{place}: {name} has an option {p.name!r} whose default is {kind_of(p.default)}, not a number or a word"
        ) from None
    return Option(p.name, "array", numbers.tolist(), optional=optional)


INF = float("inf")
