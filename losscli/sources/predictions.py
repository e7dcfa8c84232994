"""The predictions of a comparison. Each -p is NAME=SOURCE, a SOURCE, or several columns; then each column is a prediction."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.errors import UsageError
from losscli.sources.inputs import Inputs
from losscli.sources.roles import column_names_of_role

__all__ = ["named_predictions", "target_is_one_column"]


def named_predictions(texts: Sequence[str], inputs: Inputs, one_column_each: bool) -> dict[str, str]:
    """The SOURCE of each prediction, by its name. Raises UsageError for two with the same name."""
    predictions = [p for name, source in (_named(inputs, t) for t in texts) for p in _predictions(inputs, name, source, one_column_each)]
    names = [name for name, _ in predictions]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"two predictions are called {twice!r}: name them with -p NAME=SOURCE")
    return dict(predictions)


def _named(inputs: Inputs, text: str) -> tuple[str, str]:
    """The name and the SOURCE in a text. A SOURCE without NAME= is also the name; a file or a column may have an = in its name."""
    name, equals, source = text.partition("=")
    return (name, source) if equals and name and not inputs.is_source(text) else (text, text)


def _predictions(inputs: Inputs, name: str, source: str, one_column_each: bool) -> list[tuple[str, str]]:
    """One prediction; or one for each column, if a SOURCE without NAME= selects several columns."""
    columns = inputs.column_names(source) if one_column_each and name == source else None
    if columns is None:
        return [(name, source)]
    file = source.partition("::")[0] if "::" in source else ""
    return [(f"{file}::{c}" if file else c, f"{file}::{c}") for c in columns]


def target_is_one_column(inputs: Inputs, target: str | None) -> bool:
    """Whether the target has one number for each row. If it has several columns, each prediction has several columns too."""
    return (column_names_of_role(inputs, "target") if target is None else inputs.column_names(target)) is None
