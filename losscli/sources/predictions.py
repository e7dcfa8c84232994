"""The predictions of a comparison: each -p is NAME=SOURCE, a SOURCE, or several columns that are a prediction each."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.errors import UsageError
from losscli.sources.inputs import Inputs
from losscli.sources.roles import column_names_of_role

__all__ = ["named_predictions", "target_is_one_column"]


def named_predictions(texts: Sequence[str], inputs: Inputs, one_column_each: bool) -> dict[str, str]:
    """The SOURCE of each prediction, by its name. Raises UsageError for two of one name."""
    found = [p for name, source in (_named(inputs, t) for t in texts) for p in _predictions(inputs, name, source, one_column_each)]
    names = [name for name, _ in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"two predictions are called {twice!r}: tell them apart with -p NAME=SOURCE")
    return dict(found)


def _named(inputs: Inputs, text: str) -> tuple[str, str]:
    """NAME=SOURCE, or a SOURCE that is its own name: also one with an = in it, if there is such a file or column."""
    name, equals, source = text.partition("=")
    return (name, source) if equals and name and not inputs.is_source(text) else (text, text)


def _predictions(inputs: Inputs, name: str, source: str, one_column_each: bool) -> list[tuple[str, str]]:
    """A prediction; or one for each of the columns that a SOURCE without a name of its own stands for."""
    columns = inputs.column_names(source) if one_column_each and name == source else None
    if columns is None:
        return [(name, source)]
    file = source.partition("::")[0] if "::" in source else ""
    return [(f"{file}::{c}" if file else c, f"{file}::{c}") for c in columns]


def target_is_one_column(inputs: Inputs, target: str | None) -> bool:
    """Whether the target is a number a row. Where it has several columns, those of a prediction belong together."""
    return (column_names_of_role(inputs, "target") if target is None else inputs.column_names(target)) is None
