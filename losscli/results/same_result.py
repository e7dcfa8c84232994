"""Check that an earlier result is of the same loss, with the same options, as the result that was computed now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from losscli.catalogue.lookup import find
from losscli.errors import InputError, UsageError
from losscli.registry import OURS
from losscli.results.objective import TermResult, Total
from losscli.results.result import Result

__all__ = ["differences", "refuse_other_result"]

# Of a preset: these change the number, and are no options.
_CONVENTIONS = ("counts_ignored", "factor", "last_axis", "row_mean", "signs", "weighted")


def refuse_other_result(path: str, document: Mapping[str, Any] | None, result: Result | Total, flag: str = "--expect") -> None:
    """Raise InputError, with the first difference, if the earlier result in a file is of another loss or other options."""
    if document is not None and (difference := next(differences(document, result), None)):
        raise InputError(f"{flag}: {path} {difference}")


def differences(document: Mapping[str, Any], result: Result | Total) -> Iterator[str]:
    """What makes a document the result of another loss, or of the same loss with other options, in words."""
    of = f"the objective {document['objective']}" if "objective" in document else document.get("loss")
    if isinstance(result, Total):
        if "objective" in document:
            yield from _of_totals(document, result)
        elif of is not None:
            yield f"is of {of}, not of an objective"
    elif "objective" in document:
        yield f"is of {of}, not {result.loss}"
    else:
        yield from _of_losses(document, result)


def _of_losses(document: Mapping[str, Any], result: Result, about: str = "") -> Iterator[str]:
    if document.get("loss", result.loss) != result.loss:
        yield f"is of {about}{document['loss']}, not {result.loss}"
    under, named = f"{about}{result.loss}", document.get("named")
    for name, theirs in _mapping(document.get("params")).items():
        ours = result.params.get(name)
        if _plain(theirs) != _plain(ours):
            yield f"is of {under} with {name} {_shown(theirs)}, not {_shown(ours)}"
    if (named or "signature" in document) and named != result.named and _convention(named) != _convention(result.named):
        yield f"is of {named or under}, not {result.named or under}"
    for what, ours in (("reduction", result.reduction), ("dtype", result.dtype), ("per", result.per)):
        theirs = _from_signature(document, what) if what != "reduction" else document.get(what)
        if theirs not in (None, ours):
            rowless = theirs == "none" and "values" not in document
            fix = f"; {under} has no value for each row: write the earlier result without -r none, with --ci 95 -o FILE" if rowless else ""
            yield f"is of {under} with {what} {theirs}, not {ours}{fix}"
    theirs, ours = _mapping(document.get("denominator")).get("kind"), None if result.denominator is None else result.denominator.kind
    if theirs not in (None, ours):
        yield f"is of {under} over its {theirs}, not over its {ours or 'sum'}"


def _of_totals(document: Mapping[str, Any], result: Total) -> Iterator[str]:
    theirs = _mapping(document.get("total")).get("kind")
    if theirs not in (None, result.reduction):
        yield f"is of a total that is a {theirs}, not a {result.reduction}"
    yield from _of_terms(document.get("terms"), result.terms)


def _of_terms(theirs: Any, terms: Sequence[TermResult], outer: str = "") -> Iterator[str]:
    if not isinstance(theirs, list):
        return
    named = {t["name"]: t for t in theirs if isinstance(t, dict) and "name" in t}
    if list(named) != [t.name for t in terms]:
        yield f"is of the terms {', '.join(map(str, named))}, not {', '.join(t.name for t in terms)}"
        return
    for term in terms:
        their = named[term.name]
        if their.get("weight", term.weight) != term.weight:
            yield f"has the term {outer}{term.name} with weight {their['weight']}, not {term.weight}"
        if isinstance(term.result, Total):
            yield from _of_terms(their.get("terms"), term.result.terms, f"{outer}{term.name}.")
        elif their.get("loss", term.loss) != term.loss:
            yield f"has the term {outer}{term.name} of {their['loss']}, not {term.loss}"
        else:
            yield from _of_losses({**their, "loss": term.result.loss}, term.result, f"{outer}{term.name}: ")


def _mapping(x: Any) -> Mapping[str, Any]:
    return x if isinstance(x, Mapping) else {}


def _from_signature(document: Mapping[str, Any], key: str) -> str | None:
    """The dtype or `per` of a result, which only its signature names."""
    parts = str(document.get("signature", "")).split("|")
    if len(parts) < 3:
        return None
    return parts[-2] if key == "dtype" else next((p.removeprefix("per=") for p in parts if p.startswith("per=")), "all")


def _convention(name: Any) -> tuple[Any, ...]:
    """The rules of a framework that change the value and are not options. Two names with the same rules mean the same loss."""
    if not isinstance(name, str):
        return tuple(getattr(OURS, c) for c in _CONVENTIONS)
    try:
        if ".py" in name:  # a user's function, by its name alone: its file may have moved, and is not run for this
            return (Path(name).name,)
        return tuple(getattr(find(name)[1], c) for c in _CONVENTIONS)
    except UsageError:
        return (name,)


def _plain(x: Any) -> Any:
    """A parameter in the form in which it is compared: formats write numbers and lists differently."""
    x = x.tolist() if hasattr(x, "tolist") else x
    if isinstance(x, list | tuple):
        return [_plain(v) for v in x]
    if isinstance(x, bool) or x is None:
        return x
    try:
        return float(x)
    except (TypeError, ValueError, OverflowError):
        return x


def _shown(x: Any) -> str:
    x = x.tolist() if hasattr(x, "tolist") else x
    return "none" if x is None else str(x).lower() if isinstance(x, bool) else str(x)
