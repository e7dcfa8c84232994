"""Messages in the words of Python: where a message names an option of the command, a caller from Python reads the keyword.

The layers below the two interfaces write their messages once, with the options as the command has them: `--nan omit`, `-r none`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from losscli.choices import DTYPE, NAN, PER, REDUCTION
from losscli.errors import DataWarning, LossError, UsageError, counted
from losscli.registry import LOSSES

__all__ = ["in_python", "in_python_words"]

P = ParamSpec("P")
R = TypeVar("R")
_OPTION = re.compile(
    r"(?<![\w-])(?:--(?P<no>no-)?(?P<name>[a-z][a-z0-9-]*)|-(?P<short>[rpltw])(?= ))"
    r"(?:(?P<value> [^\s;:()]*[^\s;:(),.])(?P<more>(?:, [a-z_]+)*(?: or [a-z_]+)?))?"
)
_WORD = re.compile(r"\b(?!or\b)[a-z_]+")
_SHORT = {"r": "reduction", "p": "pred", "l": "losses", "t": "target", "w": "sample_weight"}
_NUMBER = re.compile(r"-?\d[\d_]*(\.\d+)?(e-?\d+)?")
_FLAGS = {"broadcast", "independent", "all_pairs", "mcs"}
_WORDS = {"reduction": REDUCTION.words, "nan": NAN.words, "per": PER.words, "dtype": DTYPE.words, "lag": ("auto",)}
_OF_COLUMNS = {"cluster", "folds", "by"}  # the command names a column, Python gives its numbers


def in_python(text: str) -> str:
    """A message with `--nan omit` as nan='omit', `--from-logits` as from_logits=True, and `--floor` alone as floor."""
    text = text.replace("`losscli list` shows them all", "losscli.LOSSES has them all")
    text = text.replace("--join inner leaves them out", "leave such rows out of the frames")
    return _OPTION.sub(_keyword, text) if "-" in text else text


def _keyword(found: re.Match[str]) -> str:
    name = _SHORT.get(found["short"] or "", (found["name"] or "").replace("-", "_"))
    value, more = found["value"] or "", found["more"] or ""
    return _assigned(name, value, found["no"]) + _quoted(more, name)


def _quoted(more: str, name: str) -> str:
    """The words after the first, as in `--miner all, hard or easy`, in quotes if the keyword takes them."""
    words = set(_WORD.findall(more))
    return _WORD.sub(lambda word: repr(word[0]), more) if words and words <= {*_words(name)} else more


def _assigned(name: str, rest: str, no: str | None) -> str:
    """A keyword with its value; without one, where the text after the option is none."""
    if no:
        return f"{name}=False{rest}"
    value = rest.strip()
    if value in _words(name):
        return f"{name}={value!r}"
    if value and all(_NUMBER.fullmatch(x) for x in value.split(",")):
        numbers = ", ".join(value.split(","))
        return f"{name}=[{numbers}]" if "," in value else f"{name}={value}"
    if value.isupper() or name in _OF_COLUMNS:
        return f"{name}={'…' if value.isupper() else value}" if value else name
    return f"{name}=True{rest}" if name in _FLAGS or _is_flag(name) else f"{name}{rest}"


def _words(name: str) -> tuple[str, ...]:
    """The words that a keyword takes, in any loss."""
    of_losses = (w for loss in LOSSES.values() if name in loss.options for w in loss.options[name].choices)
    return (*_WORDS.get(name, ()), *of_losses)


def _is_flag(name: str) -> bool:
    """Whether a keyword is true or false: an option of a loss that was used, or of a framework's name of it."""
    options = [loss.all_options[name] for loss in LOSSES.values() if name in loss.all_options]
    words = {o.kind for o in options} | {"bool" for loss in LOSSES.values() for p in loss.own_presets if name in p.settings}
    return "bool" in words


def in_python_words(fn: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function of the Python interface: its errors, and the warnings of its result, name keywords."""

    positional = fn.__code__.co_argcount

    @wraps(fn)
    def speaking(*args: P.args, **kw: P.kwargs) -> R:
        if len(args) > positional:
            raise UsageError(
                f"{fn.__name__} takes {counted(positional, 'argument')} by position, and arrays and options by name: pred=…, target=…"
            )
        try:
            result = fn(*args, **kw)
        except LossError as error:
            error.args = (in_python(str(error)),)
            raise
        said: dict[str, Any] = {name: _translated(getattr(result, name)) for name in ("warnings", "notes") if getattr(result, name, None)}
        return result.but(**said) if said else result  # type: ignore[attr-defined]

    return speaking


def _translated(lines: Iterable[Any]) -> list[Any]:
    return [x.but(message=in_python(x.message)) if isinstance(x, DataWarning) else in_python(x) for x in lines]
