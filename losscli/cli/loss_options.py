"""The options of `losscli compute LOSS`, made from the signature of the loss."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from losscli.catalogue.binding import options_of
from losscli.choices import Choice
from losscli.cli.options import COMPUTE, CONTEXT, Row, argument, parameter, rows_of
from losscli.domains import Domain, Images, Signals
from losscli.presets import Made
from losscli.registry import Loss, Preset
from losscli.signature import Option

__all__ = ["DATA", "SHORT", "rows_of_loss", "signature_of"]

DATA = "A file whose columns are the roles: by name, or by the options of the roles."
SHORT = {"pred": "-p", "target": "-t"}
_KINDS: dict[str, Any] = {"float": float, "int": int, "bool": bool, "text": str, "array": str, "choice": str}


def signature_of(loss: Loss, preset: Preset) -> inspect.Signature:
    """The parameters of the command: DATA, the roles, the options of the loss under its framework's names, and the shared options."""
    data = argument("data", str | None, "[DATA]", DATA)
    return inspect.Signature([CONTEXT, data, *map(parameter, rows_of_loss(loss, preset))])


def rows_of_loss(loss: Loss, preset: Preset) -> list[Row]:
    """The options for the roles of a loss, those that are its own, and the shared ones whose names it leaves free."""
    options = {**options_of(loss, preset), **dict(_of_names(preset))}
    own = [*_roles(loss, preset), *(_option(word, o, loss, preset) for word, o in options.items())]
    named = {row.name for row in own}  # the classes of segmentation_models_pytorch are an option of the loss
    return [*own, *(r for r in rows_of(COMPUTE) if r.name not in named and (r.applies is None or r.applies(loss)))]


def _of_names(preset: Preset) -> Iterator[tuple[str, Option]]:
    """The options that choose another name, for the help and the completion: the command line is read under the name that they choose."""
    for word, names in preset.by_option.items():
        if set(names) <= {"true", "false"}:
            yield word, Option(word, "bool", False, about=f"As {names.get('true', names.get('false'))}.")
        else:
            default = next((value for value, name in names.items() if name in preset.names), None)
            yield word, Option(word, "choice", default, choices=tuple(names))


def _roles(loss: Loss, preset: Preset) -> Iterator[Row]:
    taken = {*loss.roles, *(row.name for row in rows_of(COMPUTE))}  # --min and --max are gates, under every name
    words = {word: role for word, role in preset.role_words.items() if word not in taken}
    for role in loss.roles.values():
        default = preset.role_defaults.get(role.name)
        left_out = " (optional)" if role.optional else "" if default is None else f" [default: {default:g}]"
        about = f"{preset.in_words(_values(role.domain))}{left_out}"
        names = [role.name, *(w for w, r in words.items() if r == role.name and not isinstance(r, Made))]
        flags = tuple(f"--{name.replace('_', '-')}" for name in names)
        yield Row(role.name, str | None, about, "Roles", flags=flags, short=SHORT.get(role.name, ""), metavar="SOURCE")
    for word, made in words.items():
        if isinstance(made, Made):
            yield Row(word, str | None, f"Instead of --{made.replace('_', '-')}, which is {made.phrase}.", "Roles", metavar="SOURCE")


def _values(domain: Domain) -> str:
    """The values of a role, in words."""
    if isinstance(domain, Images | Signals):
        return f"{domain.says_rows}, {domain.says}"
    if domain.only_with and domain.shared:
        return f"{'reference rows, a vector each' if domain.ndim else 'their labels'}, {domain.says}"
    shape = "" if not domain.ndim else "one vector for all rows, " if domain.shared else "a vector per row, "
    return shape + domain.says


def _option(word: str, option: Option, loss: Loss, preset: Preset) -> Row:
    kind = _KINDS[option.kind]
    default = preset.default(option)
    if option.kind == "array" and default is not None:
        default = ",".join(f"{x:g}" for x in (default if isinstance(default, list) else [default]))
    return Row(
        word,
        kind | None if default is None else kind,
        option.about or ("One for each class, or one number for all." if option.kind == "array" and option.domain is not None else ""),
        f"Options of {loss.name}",
        flags=tuple(_flag(w, option, loss) for w in (word, *_second_word(option.name, preset))),
        default=default,
        metavar=_metavar(option),
        choice=Choice(option.choices) if option.kind == "choice" else None,
    )


def _flag(word: str, option: Option, loss: Loss) -> str:
    name = word.replace("_", "-")
    return f"--{name}/--no-{name}" if option.kind == "bool" and word not in loss.form_options else f"--{name}"


def _metavar(option: Option) -> str | None:
    """The text that the help shows after the flag, where it is no list of words."""
    if option.kind in ("choice", "bool"):
        return None
    return "|".join(("NUMBERS", "SOURCE", *option.words)) if option.kind == "array" else option.says


def _second_word(name: str, preset: Preset) -> list[str]:
    """Our name of an option that the framework calls otherwise, unless the framework uses our name for another option or in other units."""
    word = preset.word(name)
    if name in preset.settings:
        return []
    return [name] if word != name and name not in preset.renames and preset.converted(word) is None else []
