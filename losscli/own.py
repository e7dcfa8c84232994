"""A user's function as a loss: from a file, from an installed package, or handed over; whatever goes wrong in it is said with its line."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Generator, Iterable, Mapping
from functools import cached_property, wraps
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from threading import RLock
from types import CodeType, ModuleType
from typing import Any, Literal, get_args, get_origin

from losscli.domains import AnyOrInfinite, Domain, Range, Real, Whole
from losscli.errors import InputError, UsageError, suggest
from losscli.given import array_of, is_masked, lent, missing
from losscli.marks import Aligned, ByClass, Gathered, Largest, Mark, Pooled, Products, Summed
from losscli.numeric import np
from losscli.registry import Loss, Option, Role, countable

__all__ = [
    "RESERVED",
    "Failed",
    "Misshapen",
    "OneNumber",
    "Own",
    "Refused",
    "installed",
    "is_file",
    "names_in",
    "of_file",
    "of_function",
    "of_package",
]

GROUP = "losscli.losses"  # of entry points: the name is the loss's, the value its function
# The options that all losses have, on the command line and in Python: an option of the user's cannot have the same name.
RESERVED = frozenset({
    "atol", "broadcast", "chunk", "class_axis", "classes", "color", "comment", "data", "debug", "decimal", "delimiter", "dtype", "expect",
    "format", "grad", "gradcheck", "header", "help", "id", "input_format", "max", "max_bytes", "min", "name", "nan", "output", "per",
    "precision", "quiet", "reduction", "rows", "rtol", "sample_weight", "strict", "threads", "top", "wrt",
})  # fmt: skip


class Failed(InputError):
    """A function of the user's raised, or returned what is no loss; the cause, if any, has the traceback."""

    def among(self, first: int, last: int) -> Failed:
        """The same with the rows that the function was called with."""
        return Failed(f"{self} (rows {first} to {last})" if first != last else f"{self} (row {first})")


class Refused(Failed):
    """A function of the user's can't be taken as it is, whatever the rows."""

    def among(self, first: int, last: int) -> Failed:
        return self


class Misshapen(Failed):
    """It returned an array that has not a value for each row."""

    shape: tuple[int, ...] = ()


class OneNumber(Exception):
    """No error: a function without a yield returned one number for the rows it was called with."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Own(Loss):
    """A loss that is a function of the user's; `fn` is that function, guarded."""

    takes: Mapping[str, Role]
    settings: Mapping[str, Option]
    file: str = ""
    marks: frozenset[str] | None = None  # the types of what it was seen to yield; None before it was called
    reuses: bool = False  # it gave the same memory at every call, so that two threads would be in each other's way
    together: bool = False  # what it gives for a row depends on others, so that it is given all rows at once

    @cached_property
    def roles(self) -> dict[str, Role]:
        return dict(self.takes)

    @cached_property
    def options(self) -> dict[str, Option]:
        return countable(self.settings, self.labels)

    @property
    def settled(self) -> bool:
        return self.marks is not None

    @property
    def declared(self) -> frozenset[str]:
        """What its code says that it yields."""
        return _declared(self.fn)

    @property
    def draws(self) -> bool:
        """Whether its code mentions random numbers, or anything that holds some."""
        return _draws(self.fn)

    def chance(self) -> Any:
        """Where the random numbers stand that it can draw without seeding them."""
        import random

        own = [g.bit_generator.state for g in _mentioned(inspect.unwrap(self.fn)) if hasattr(g, "bit_generator")]
        return repr(own), [x.tolist() if hasattr(x, "tolist") else x for x in np.random.get_state()], random.getstate()

    @cached_property
    def kind(self) -> str:
        """As what it yields says; before it was called, as its code says."""
        marks = self.declared if self.marks is None else self.marks
        if Gathered.__name__ in marks:
            return "batch"
        return "statistic" if marks else "batch" if self.together else "pointwise"

    @cached_property
    def divides(self) -> bool:
        marks = self.declared if self.marks is None else self.marks
        return self.kind == "statistic" and Products.__name__ not in marks

    @property
    def summary(self) -> str:
        return super().summary or f"A function in {self.file}."

    @property
    def example(self) -> str:
        return ""  # it is theirs, and not to be run

    def of_all_rows(self, first: int, value: Any) -> Own:
        """The same as a loss of all rows together; of the first ones, which may be all there are, the value is known.

        Raises InputError where a role is shared: it may have no rows to gather.
        """
        if shared := next((r.name for r in self.takes.values() if r.domain.shared), None):
            raise InputError(f"{self.reference}: {self.name} returns one number, but {shared} is shared: return a value for each row")
        call, known = self.fn, [value]

        def whole(**given: Any) -> Generator[Any, Any, Any]:
            rows = {n: given[n] for n in self.takes if given.get(n) is not None}
            merged = tuple(map(lent, (yield tuple(Gathered(x) for x in rows.values()))))
            if known and len(merged[0]) == first and not hasattr(merged[0], "record"):
                return known.pop()  # once: the next time it may be of other rows
            try:
                out = call(**(given | dict(zip(rows, merged, strict=True))))
            except OneNumber as of_all:
                return missing(of_all.value) if is_masked(of_all.value) else of_all.value
            raise Failed(f"{self.reference}: {self.name} returned one number for the first rows, and {_kind(out)} for all")

        whole.__name__, whole.__doc__ = call.__name__, call.__doc__
        return self.but(fn=whole, marks=frozenset({Gathered.__name__}))


# --- where it comes from ---------------------------------------------------------------------------------------------------


def is_file(name: str) -> bool:
    """Whether a name means a function of a file: `my_losses.py::asymmetric`, or (which is an error) `my_losses.py`."""
    file, _, _ = name.partition("::")
    return file.casefold().endswith(".py")


def of_file(name: str) -> Own:
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
            raise InputError(f"{_place(error, str(path), file, 1)}: {_said(error)}") from error
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


def of_package(point: Any) -> Own:
    """The loss of an entry point. Raises InputError where its package is broken, or names no function."""
    try:
        found = point.load()
    except Exception as error:
        raise InputError(f"{point.name}, of {_package(point)}, cannot be loaded: {_said(error)}") from error
    if not inspect.isfunction(found):
        raise InputError(f"{point.name}, of {_package(point)}, is of type {type(found).__name__}, not a function")
    return of_function(found, found.__code__.co_filename, point.name)


def _package(point: Any) -> str:
    return f"{point.dist.name} ({point.value})" if point.dist is not None else point.value


def of_function(fn: Callable[..., Any], file: str | None = None, name: str | None = None) -> Own:
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
    return Own(
        fn=_guarded(fn, code, file, place, name, takes), task="own", aliases=(), reference=place, properties=frozenset(), units="", use="",
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
        raise InputError(f"{place}: {name} has an option {p.name!r} whose default is {_kind(p.default)}, not a number or a word") from None
    return Option(p.name, "array", numbers.tolist(), optional=optional)


INF = float("inf")


# --- what its code says, before it is called -------------------------------------------------------------------------------


def _declared(fn: Callable[..., Any], seen: frozenset[Any] = frozenset()) -> frozenset[str]:
    """What it yields: the marks that its code mentions, by any name, and those of the functions that it hands over to."""
    fn = inspect.unwrap(fn)
    if fn in seen:
        return frozenset()
    found = {Summed.__name__} if inspect.isgeneratorfunction(fn) else set()
    for value in _mentioned(fn):
        if isinstance(value, type) and issubclass(value, Mark):
            found.add(value.__name__)
        elif inspect.isfunction(value):
            deeper = _declared(value, seen | {fn})
            found |= deeper if inspect.isgeneratorfunction(value) else set()
    return frozenset(found) if inspect.isgeneratorfunction(fn) or _returns_steps(fn) else frozenset()


_CHANCE = re.compile(r"rand|rng|default_rng|choice|shuffle|permut|urandom|uuid|secrets|normal|time|perf_counter|now")


def _draws(fn: Callable[..., Any], seen: frozenset[Any] = frozenset()) -> bool:
    fn = inspect.unwrap(fn)
    if fn in seen:
        return False
    values = _mentioned(fn)
    generator = any(type(getattr(x, "__self__", x)).__module__.startswith(("numpy.random", "random")) for x in values)
    return generator or any(map(_CHANCE.search, names_in(fn))) or any(_draws(x, seen | {fn}) for x in values if inspect.isfunction(x))


def _returns_steps(fn: Callable[..., Any]) -> bool:
    """Whether it may return what a generator function makes."""
    return any(inspect.isgeneratorfunction(value) for value in _mentioned(fn))


def names_in(fn: Callable[..., Any]) -> list[str]:
    """Those in its code, and in that of functions within it."""
    names: list[str] = []
    todo = [fn.__code__]
    while todo:
        code = todo.pop()
        names += [*code.co_names, *code.co_freevars]
        todo += [c for c in code.co_consts if isinstance(c, CodeType)]
    return names


def _mentioned(fn: Callable[..., Any]) -> list[Any]:
    """What the names in its code stand for, also behind a dot of a module."""
    names = names_in(fn)
    cells = dict(zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=False))
    found = []
    for name in names:
        try:
            found.append(cells[name].cell_contents if name in cells else fn.__globals__[name])
        except (KeyError, ValueError):  # no global, or a cell that is still empty
            continue
    modules = [x for x in found if isinstance(x, ModuleType)]
    return found + [getattr(m, n) for m in modules for n in names if isinstance(getattr(m, n, None), type)]


# --- calling it ------------------------------------------------------------------------------------------------------------


def _guarded(fn: Callable[..., Any], code: CodeType, file: str, place: str, name: str, takes: Mapping[str, Role]) -> Callable[..., Any]:
    """The function, with whatever it raises or returns wrongly as an error of the user's."""

    def rows(given: Mapping[str, Any]) -> int:
        return next(len(given[r.name]) for r in takes.values() if not r.domain.shared and given.get(r.name) is not None)

    def failed(error: BaseException) -> Failed:
        fix = f": {_COPY}" if isinstance(error, ValueError) and "read-only" in str(error) else ""
        return Failed(f"{_place(error, code.co_filename, file, code.co_firstlineno)}: {name}: {_said(error)}{fix}")

    def wrong(what: str) -> Failed:
        return Failed(f"{place}: {name} {what}")

    @wraps(fn)
    def call(**given: Any) -> Any:
        given = {n: lent(x) for n, x in given.items()}
        try:
            out = fn(**given)
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:
            raise failed(error) from error
        if inspect.isgenerator(out):
            return steps(out, rows(given))
        out = checked(out, rows(given))
        if np.ndim(out[0] if isinstance(out, tuple) else out) == 0:
            raise OneNumber(out)
        return out

    def checked(out: Any, n: int, lengths: tuple[int, ...] = ()) -> Any:
        """Numbers with the rows first (or as many as there are channels), with weights or without; or one number."""
        parts = [_numbers(x) for x in (out if isinstance(out, tuple) else (out,))]
        if len(parts) > 2 or any(x is None for x in parts):
            raise wrong(f"returned {_kind(out)}: it has to return a value for each row, or one number")
        shape = np.shape(parts[0])
        if shape and shape[0] not in (n, *lengths):
            short = Misshapen(f"{place}: {name} returned shape {shape} for {n} rows: it has to return a value for each row, or one number")
            short.shape = shape
            raise short
        if len(parts) == 2 and (np.shape(parts[1]) != shape or not shape):
            raise wrong(f"returned weights of shape {np.shape(parts[1])} with values of shape {shape}")
        return tuple(parts) if len(parts) == 2 else parts[0]

    def steps(run: Generator[Any, Any, Any], n: int) -> Generator[Any, Any, Any]:
        """What it yields, checked; what is merged of that goes back into it."""
        back: Any = None
        lengths: tuple[int, ...] = ()
        while True:
            try:
                columns = run.send(back)
            except StopIteration as done:
                return checked(done.value, n, lengths)
            except MemoryError:
                raise
            except (Exception, SystemExit) as error:
                raise failed(error) from error
            together = isinstance(columns, tuple)
            parts = [_column(c, n) for c in (columns if together else (columns,))]
            if any(is_masked(getattr(c, "of", c)) for c in parts):
                raise wrong("yielded masked values: yield what is there and how many there are, np.where(mask, 0, x) and ~mask")
            if any(c is None for c in parts):
                raise wrong(f"yielded {_kind(columns)}: each column is a number, has {n} rows first here, or is one of losscli.marks")
            lengths += tuple(np.shape(getattr(c, "of", c))[1] for c in parts if np.ndim(getattr(c, "of", c)) > 1)
            back = tuple(map(lent, (yield tuple(parts))))

    call.__name__ = name
    return call


_COPY = "arrays are lent to read: work on a copy, as in pred = pred.copy()"


def _numbers(x: Any) -> Any:
    """An array of floats, masked if it was, or what stands for one while a derivative is taken; None for what is neither."""
    if hasattr(x, "record"):
        return x
    try:
        array = x if is_masked(x) else array_of("", x)
    except UsageError:  # ragged
        return None
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    return array if array.dtype.kind == "f" else None


def _column(c: Any, rows: int) -> Any:
    """A column that can be merged, or None."""
    if isinstance(c, Summed):
        return c if _numbers(c.of) is not None else None
    if isinstance(c, Products):
        return c if all(np.ndim(x) > 1 and len(x) == rows for x in (c.of, c.by)) else None
    if isinstance(c, Aligned):
        return c if _column(c.of, rows) is not None else None
    if isinstance(c, ByClass | Gathered | Largest | Pooled):
        number = _numbers(c.of)
        alone = isinstance(c, Pooled) and np.ndim(c.of) == 0
        return c if number is not None and (alone or np.shape(number)[:1] == (rows,)) else None
    if isinstance(c, Mark):
        return c
    number = _numbers(c)
    return number if number is not None and np.shape(number)[:1] in ((), (rows,)) else None


def _kind(x: Any) -> str:
    """What something is, in few words."""
    if isinstance(x, tuple):
        return "(" + ", ".join(map(_kind, x)) + ")"
    if hasattr(x, "shape") and hasattr(x, "dtype"):
        return f"shape {x.shape} of {x.dtype}"
    return "None" if x is None else f"a value of type {type(x).__name__}"


def _said(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(error: BaseException, filename: str, file: str, line: int) -> str:
    """FILE:LINE of the innermost step of an error within a file."""
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == filename:
            line = step.tb_lineno
        step = step.tb_next
    return f"{file}:{line}"
