"""What `--expect` names: a number, or an earlier result, which has to be of what is computed now."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from losscli.catalogue.lookup import find
from losscli.errors import InputError, UsageError
from losscli.record import Record
from losscli.registry import OURS
from losscli.results.objective import Total, Valued
from losscli.results.result import Result

__all__ = ["Expectation", "expected", "refuse_another"]

_CONVENTIONS = ("last_axis", "signs", "weighted")  # how a framework comes to a number, beside its options


class Expectation(Record):
    """A number; where it was read from a result, the name of the file and all that the result says of itself."""

    number: float
    path: str = ""
    said: Mapping[str, Any] | None = None


def expected(text: str, folder: str = "") -> Expectation:
    """The number that is meant: itself, or the value in the file of an earlier run (named relative to a folder).

    Raises UsageError for nan and where there is no file, InputError for a file that does not hold one finite value.
    """
    try:
        number = float(text.replace("_", "x"))  # 1_0 is 10 to Python alone
    except ValueError:
        return _from_file(os.path.join(folder, text))
    if math.isnan(number):
        raise UsageError("--expect nan is never met: nothing computed is never a pass")
    return Expectation(number)


# --- reading it ------------------------------------------------------------------------------------------------------------


def _from_file(path: str) -> Expectation:
    said = _document(path)
    value = said.get("total", said) if isinstance(said, dict) else said  # of an objective, of a loss, a number alone
    value = value.get("value") if isinstance(value, dict) else value
    if isinstance(value, str):
        raise InputError(f"--expect {path}: its value is {value}, which nothing meets")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"--expect {path}: it holds no single value; write one with losscli compute … -o {path}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"--expect {path}: its value is {number}, which nothing meets")
    return Expectation(number, path, said if isinstance(said, dict) else None)


def _document(path: str) -> Any:
    """What a file holds, by its suffix; JSON where that says nothing."""
    if not Path(path).exists():
        raise UsageError(f"--expect takes a number or a JSON result, and there is no file {path}")
    suffix = Path(path).suffix.casefold()
    try:
        if suffix in (".yaml", ".yml"):
            from losscli.sources.files import file_at
            from losscli.sources.yaml_files import read_yaml

            return _numbers(read_yaml(file_at(path)).value)
        if suffix == ".npy":
            import numpy as np

            held = np.load(path, allow_pickle=False)
            return held.item() if held.size == 1 and held.dtype.kind in "fiu" else None
        text = Path(path).read_text(encoding="utf-8-sig")
        if suffix in (".csv", ".tsv"):
            return _row(text, "," if suffix == ".csv" else "\t")
        if suffix in (".jsonl", ".ndjson"):
            records = [json.loads(line) for line in text.splitlines() if line.strip()]
            return records[0] if len(records) == 1 else _objective(records)
        return json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        kind = suffix[1:].upper() if suffix in (".csv", ".tsv", ".npy") else "JSON"
        said = f"not a {kind} result ({str(error).partition(chr(10))[0]}); write one with losscli compute … -o FILE.json"
        raise InputError(f"--expect {path}: {said}") from None


def _row(text: str, delimiter: str) -> Any:
    """The only record of a table, the only number in it, or the total of the terms of an objective; None for more."""
    head = text.split("\n", 3)
    if len([line for line in head if line.strip()]) > 2 and not text.startswith(f"term{delimiter}"):
        return None
    import csv

    header, *rows = csv.reader([line for line in text.splitlines() if line.strip()], delimiter=delimiter)
    if not rows:
        return _number(header[0]) if len(header) == 1 else None
    records = [{k: _number(v) if k in ("value", "weight") else v for k, v in zip(header, row, strict=False)} for row in rows]
    if header[0] == "term":
        return _objective(records)
    return records[0] if "value" in header else None


def _objective(records: Sequence[Any]) -> Any:
    """The document of an objective of which a table has a line for each term, and one for the total; None for another table."""
    if not all(isinstance(r, dict) and "term" in r for r in records) or records[-1]["term"] != "total" or records[-1].get("loss"):
        return None
    *terms, total = records
    named = [{**term, "name": term["term"]} for term in terms]
    return {
        "objective": ", ".join(str(t["name"]) for t in named),
        "total": {"kind": total.get("reduction"), "value": total.get("value")},
        "terms": named,
    }


def _numbers(value: Any) -> Any:
    """YAML takes 1e-06 for text: the value of a result, or of a total, is a number all the same."""
    if isinstance(value, dict):
        return {k: _numbers(v) if k in ("value", "total") else v for k, v in value.items()}
    return _number(value) if isinstance(value, str) else value


def _number(text: str) -> Any:
    """A finite number, or the text."""
    try:
        found = float(text)
    except ValueError:
        return text
    return found if math.isfinite(found) else text


# --- comparing it ----------------------------------------------------------------------------------------------------------


def refuse_another(path: str, said: Mapping[str, Any] | None, result: Result | Total) -> None:
    """Raise InputError for a file whose result is of something else than what was computed, with the first difference."""
    if said is not None and (how := next(_differences(said, result), None)):
        raise InputError(f"--expect: {path} {how}")


def _differences(said: Mapping[str, Any], result: Result | Total) -> Iterator[str]:
    of = f"the objective {said['objective']}" if "objective" in said else said.get("loss")
    if isinstance(result, Total):
        if "objective" in said:
            yield from _of_totals(said, result)
        elif of is not None:
            yield f"is of {of}, not of an objective"
    elif "objective" in said:
        yield f"is of {of}, not {result.loss}"
    else:
        yield from _of_losses(said, result)


def _of_losses(said: Mapping[str, Any], result: Result, about: str = "") -> Iterator[str]:
    if said.get("loss", result.loss) != result.loss:
        yield f"is of {about}{said['loss']}, not {result.loss}"
    under, named = f"{about}{result.loss}", said.get("named")
    for name, theirs in _mapping(said.get("params")).items():
        ours = result.params.get(name)
        if _plain(theirs) != _plain(ours):
            yield f"is of {under} with {name} {_shown(theirs)}, not {_shown(ours)}"
    if (named or "signature" in said) and named != result.named and _convention(named) != _convention(result.named):
        yield f"is of {named or under}, not {result.named or under}"
    for what, ours in (("reduction", result.reduction), ("dtype", result.dtype), ("per", result.per)):
        theirs = _from_signature(said, what) if what != "reduction" else said.get(what)
        if theirs not in (None, ours):
            yield f"is of {under} with {what} {theirs}, not {ours}"
    theirs, ours = _mapping(said.get("denominator")).get("kind"), None if result.denominator is None else result.denominator.kind
    if theirs not in (None, ours):
        yield f"is of {under} over its {theirs}, not over its {ours or 'sum'}"


def _of_totals(said: Mapping[str, Any], result: Total) -> Iterator[str]:
    theirs = _mapping(said.get("total")).get("kind")
    if theirs not in (None, result.reduction):
        yield f"is of a total that is a {theirs}, not a {result.reduction}"
    yield from _of_terms(said.get("terms"), result.terms)


def _of_terms(said: Any, terms: Sequence[Valued], outer: str = "") -> Iterator[str]:
    if not isinstance(said, list):
        return
    named = {t["name"]: t for t in said if isinstance(t, dict) and "name" in t}
    if list(named) != [t.name for t in terms]:
        yield f"is of the terms {', '.join(map(str, named))}, not {', '.join(t.name for t in terms)}"
        return
    for term in terms:
        theirs = named[term.name]
        if theirs.get("weight", term.weight) != term.weight:
            yield f"has the term {outer}{term.name} with weight {theirs['weight']}, not {term.weight}"
        if isinstance(term.result, Total):
            yield from _of_terms(theirs.get("terms"), term.result.terms, f"{outer}{term.name}.")
        elif theirs.get("loss", term.loss) != term.loss:
            yield f"has the term {outer}{term.name} of {theirs['loss']}, not {term.loss}"
        else:
            yield from _of_losses({**theirs, "loss": term.result.loss}, term.result, f"{outer}{term.name}: ")


def _mapping(x: Any) -> Mapping[str, Any]:
    return x if isinstance(x, Mapping) else {}


def _from_signature(said: Mapping[str, Any], what: str) -> str | None:
    """The dtype or `per` of a result, which its signature alone says."""
    parts = str(said.get("signature", "")).split("|")
    if len(parts) < 3:
        return None
    return parts[-2] if what == "dtype" else next((p.removeprefix("per=") for p in parts if p.startswith("per=")), "all")


def _convention(name: Any) -> tuple[Any, ...]:
    if not isinstance(name, str):
        return tuple(getattr(OURS, c) for c in _CONVENTIONS)
    try:
        if ".py" in name:  # no file's code is run for it; wherever it lies
            return (Path(name).name,)
        return tuple(getattr(find(name)[1], c) for c in _CONVENTIONS)
    except UsageError:
        return (name,)


def _plain(x: Any) -> Any:
    """A parameter as it is compared, whichever format wrote it."""
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
