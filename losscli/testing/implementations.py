"""Functions of the user's in NumPy, PyTorch, JAX or TensorFlow: how each is found, called with arrays, and differentiated."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from losscli.catalogue.custom import module_of_file
from losscli.errors import UsageError, suggest
from losscli.introspect import names_in
from losscli.numeric.arrays import as_array
from losscli.numeric.lazy import Array
from losscli.record import Record

__all__ = ["FRAMEWORKS", "Implementation", "function_of_file", "implementation"]

FRAMEWORKS = ("numpy", "torch", "jax", "tensorflow")
_ROOTS = {"torch": "torch", "jax": "jax", "jaxlib": "jax", "optax": "jax", "flax": "jax", "tensorflow": "tensorflow"}
_WANTED = "it has to return a value for each row, or one number"


class Implementation(Record):
    """A function with its framework. `make` calls a class, or returns the function itself; `takes` are the options that it takes."""

    make: Callable[[Mapping[str, Any]], Callable[..., Any]]
    framework: str
    positional: tuple[str, ...]  # the names of its arrays
    takes: frozenset[str] | None  # None: any

    def __call__(self, roles: Mapping[str, Array], options: Mapping[str, Any], wrt: str | None) -> tuple[Array, Array | None]:
        """What it returns, and the derivative of its sum with respect to a role."""
        given = {name: _option(x, self.framework) for name, x in options.items()}
        called = _returning(self.make(given))
        value, slope = _CALLS[self.framework](called, list(roles.values()), None if wrt is None else list(roles).index(wrt))
        if value.dtype.kind not in "biuf":
            raise TypeError(f"it returned {value.dtype}, not numbers: {_WANTED}")
        return value, slope


def function_of_file(text: str) -> Any:
    """What FILE::NAME names: a function, a class or an object that can be called. Raises UsageError for anything else."""
    file, _, word = text.partition("::")
    if not word or not file.endswith(".py"):
        raise UsageError(f"a function to check is written FILE.py::FUNCTION, not {text!r}")
    found = vars(module_of_file(file))
    known = [n for n, x in found.items() if callable(x) and not n.startswith("_")]
    if not callable(found.get(word)):
        raise UsageError(f"{file} has nothing to call of the name {word!r}{suggest(word, known)}; it has {', '.join(known[:12])}")
    return found[word]


def implementation(value: Any, framework: str | None) -> Implementation:
    """A function, a class of modules (torch.nn.Module, keras.losses.Loss) or an object that can be called.

    Raises UsageError for another framework.
    """
    if framework is not None and framework not in FRAMEWORKS:
        raise UsageError(f"a framework is {', '.join(FRAMEWORKS)}, not {framework!r}{suggest(framework, FRAMEWORKS)}")
    is_class = isinstance(value, type)
    called = getattr(value, "forward", None) or getattr(value, "call", None) or value.__call__ if _is_object(value) else value
    arrays = [p for p in _parameters(called) if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    names = tuple(p.name for p in arrays if p.name != "self")
    options = _options(value if is_class else called, () if is_class else names)
    chosen = framework or _framework_of(value, called)

    def make(given: Mapping[str, Any]) -> Callable[..., Any]:
        if is_class:
            return value(**given)
        return lambda *xs: value(*xs, **given)

    return Implementation(make, chosen, names, options)


def _is_object(value: Any) -> bool:
    """Whether a value is no plain function: a class, or an object that can be called."""
    return not (inspect.isfunction(value) or inspect.isbuiltin(value)) and not hasattr(value, "__wrapped__")


def _parameters(called: Any) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(called).parameters.values())
    except (TypeError, ValueError):  # of compiled code
        return []


def _options(made: Any, arrays: tuple[str, ...]) -> frozenset[str] | None:
    parameters = _parameters(made)
    if not parameters or any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None if parameters else frozenset()
    return frozenset(p.name for p in parameters) - {*arrays, "self"}


def _framework_of(value: Any, called: Any) -> str:
    """The framework that the code mentions, or that a base class is of; NumPy where there is none."""
    bases = value.__mro__ if isinstance(value, type) else type(value).__mro__
    roots = [b.__module__.partition(".")[0] for b in bases]
    code = inspect.unwrap(called)
    code = getattr(code, "__func__", code)
    if inspect.isfunction(code):
        mentioned = (code.__globals__.get(n) for n in names_in(code))
        roots += [n.partition(".")[0] for n in names_in(code)]  # an import in the function
        named = (x.__name__ if inspect.ismodule(x) else getattr(x, "__module__", None) or "" for x in mentioned if x is not None)
        roots += [str(n).partition(".")[0] for n in named]
    return next((_ROOTS[r] for r in roots if r in _ROOTS), "numpy")


# --- calls -----------------------------------------------------------------------------------------------------------------


def _option(x: Any, framework: str) -> Any:
    """An option as the framework takes it: several numbers as its array, and infinity as a number."""
    if isinstance(x, str) and x in ("inf", "-inf"):
        return float(x)
    if not isinstance(x, list | np.ndarray):
        return x
    array = np.asarray(x, np.float64)
    if framework == "torch":
        import torch

        return torch.from_numpy(array)
    return array


def _returning(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with a TypeError where it returns nothing."""

    def called(*arrays: Any) -> Any:
        if (out := fn(*arrays)) is None:
            raise TypeError(f"it returned None: {_WANTED}")
        return out

    return called


def _with_numpy(fn: Callable[..., Any], arrays: list[Array], wrt: int | None) -> tuple[Array, Array | None]:
    with np.errstate(all="ignore"):
        return np.asarray(as_array("the value", fn(*(x.copy() for x in arrays)))), None


def _with_torch(fn: Callable[..., Any], arrays: list[Array], wrt: int | None) -> tuple[Array, Array | None]:
    import torch

    tensors = [torch.from_numpy(x.copy()) for x in arrays]
    if wrt is None:
        return as_array("the value", fn(*tensors)), None
    tensors[wrt].requires_grad_()
    out = fn(*tensors)
    (slope,) = torch.autograd.grad(out.sum(), tensors[wrt])
    return as_array("the value", out), as_array("the gradient", slope)


def _with_jax(fn: Callable[..., Any], arrays: list[Array], wrt: int | None) -> tuple[Array, Array | None]:
    import jax

    with _float64_of_jax(jax):
        given = [jax.numpy.asarray(x) for x in arrays]
        if wrt is None:
            return as_array("the value", fn(*given)), None

        def total(*xs: Any) -> tuple[Any, Any]:
            out = fn(*xs)
            return jax.numpy.sum(out), out

        (_, out), slope = jax.value_and_grad(total, argnums=wrt, has_aux=True)(*given)
        return as_array("the value", out), as_array("the gradient", slope)


@contextmanager
def _float64_of_jax(jax: Any) -> Iterator[None]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)


def _with_tensorflow(fn: Callable[..., Any], arrays: list[Array], wrt: int | None) -> tuple[Array, Array | None]:
    import tensorflow as tf

    given = [tf.constant(x) for x in arrays]
    if wrt is None:
        return as_array("the value", fn(*given)), None
    with tf.GradientTape() as tape:
        tape.watch(given[wrt])
        out = fn(*given)
        total = tf.reduce_sum(out)
    return as_array("the value", out), as_array("the gradient", tf.convert_to_tensor(tape.gradient(total, given[wrt])))


_CALLS: dict[str, Callable[..., tuple[Array, Array | None]]] = {
    "numpy": _with_numpy,
    "torch": _with_torch,
    "jax": _with_jax,
    "tensorflow": _with_tensorflow,
}
