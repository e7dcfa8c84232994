"""The schema: every JSON that a transcript makes is valid, and the schema refuses nothing that the released one allows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.transcripts import ANY, LINES, Step, transcripts

SCHEMA: Any = json.loads(files("losscli").joinpath("schema.json").read_text(encoding="utf-8"))
# The schema as it was handed out last. A release puts its own here; between releases it changes only with a reason in CHANGELOG.md.
RELEASED: Any = json.loads(Path(__file__).with_name("schema-0.1.json").read_text(encoding="utf-8"))


def documents() -> Iterator[tuple[str, Any]]:
    """The JSON documents in the transcripts, by their cases. One that is shortened in its transcript is none."""
    for subject, transcript in transcripts().items():
        for case in transcript.cases:
            for number, step in enumerate(case.steps):
                if _makes_json(step) and (found := _read(step.out)) is not None:
                    yield f"{subject}: {case.name} {number}", found


def _makes_json(step: Step) -> bool:
    words = step.words
    return step.out.startswith("{") and (words[:1] == ["cat"] or ("-f", "json") in pairwise(words))


def _read(text: str) -> Any:
    return None if LINES in text else json.loads(text.replace(ANY, "1"))


DOCUMENTS = dict(documents())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_valid(name: str) -> None:
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(SCHEMA).iter_errors(DOCUMENTS[name]))
    assert error is None, f"{error.json_path}: {error.message}"


def test_there_are_documents_of_each_command() -> None:
    keys = {key for found in DOCUMENTS.values() for key in found}
    assert keys >= {"loss", "results", "total", "slices", "conforms_to", "gradient", "values", "top", "calibration"}


# --- additions only --------------------------------------------------------------------------------------------------------


def removed(old: Any, new: Any, path: str = "$") -> Iterator[str]:
    """What readers of the old documents may rely on and the new schema does not promise: a key, a word, a requirement, a type."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            if key not in ("description", "title", "$comment", "examples"):
                yield from removed(value, new[key], f"{path}.{key}") if key in new else iter([f"{path}.{key} is gone"])
    elif isinstance(old, list) and isinstance(new, list):
        if path.endswith((".enum", ".required", ".type")):
            yield from (f"{path}: {word!r} is gone" for word in old if word not in new)
        else:
            yield from (f"{path}: {word!r} is gone" for word in old if word not in new and not _like(word, new))
    elif old != new:
        yield f"{path}: {old!r} has become {new!r}"


def _like(part: Any, others: list[Any]) -> bool:
    """Whether one of the parts of oneOf, anyOf or allOf holds all that this one has."""
    return any(not list(removed(part, other)) for other in others)


def test_the_schema_only_grows() -> None:
    assert list(removed(RELEASED, SCHEMA)) == []


@pytest.mark.parametrize(
    ("old", "new", "gone"),
    [
        ({"properties": {"a": {"type": "number"}}}, {"properties": {"a": {"type": "number"}, "b": {}}}, 0),
        ({"properties": {"a": {"type": "number"}}}, {"properties": {"b": {}}}, 1),
        ({"properties": {"a": {"type": "number"}}}, {"properties": {"a": {"type": "string"}}}, 1),
        ({"required": ["a", "b"]}, {"required": ["b"]}, 1),
        ({"enum": ["mean", "sum"]}, {"enum": ["sum", "mean", "none"]}, 0),
        ({"description": "one"}, {"description": "two"}, 0),
        ({"oneOf": [{"type": "number"}]}, {"oneOf": [{"type": "null"}, {"type": "number", "minimum": 0}]}, 0),
        ({"oneOf": [{"type": "number"}]}, {"oneOf": [{"type": "null"}]}, 1),
    ],
)
def test_what_counts_as_gone(old: Any, new: Any, gone: int) -> None:
    assert len(list(removed(old, new))) == gone
