"""Search for losses by what people call them: the best match first. NumPy is not loaded."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from losscli.record import Record

__all__ = ["Found", "search"]

Facts = Mapping[str, Any]  # of a loss, as in index.json

# How much a word counts that is found in a field, and in which fields words are looked for.
_FIELDS = {"name": 10.0, "aliases": 8.0, "words": 8.0, "use": 3.0, "task": 3.0, "summary": 2.5, "properties": 2.0, "names": 2.0, "see": 0.5}
_EXACT, _STEM, _BEGINNING = 1.0, 0.8, 0.4  # a word itself, a word with the same stem, the beginning of a word
_WHOLE, _PART = 24.0, 12.0  # added where all words are a phrase that people use for the loss, or a part of one
_FEWEST = 3  # letters of the beginning of a word
_STOP = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "function", "in", "is", "it", "loss", "losses", "of", "on", "one", "or",
    "should", "that", "the", "to", "which", "with",
})  # fmt: skip
# Libraries by their short names: only losses with a name in the library are found.
LIBRARIES = {
    "hf": "transformers", "lgbm": "lightgbm", "nf": "neuralforecast", "pml": "pytorch_metric_learning", "sbert": "sentence_transformers",
    "smp": "segmentation_models_pytorch", "tf": "tensorflow", "tfa": "tensorflow_addons", "tfr": "tensorflow_ranking", "xgb": "xgboost",
}  # fmt: skip
_SAME = {"outlier": "robust", "smooth": "differentiable", "two": "2", "nlp": "language", "cv": "image"}
_SUFFIXES = (
    "ization", "isation", "ational", "ations", "ation", "ments", "ment", "ities", "ings", "ing", "ions", "ion", "ness", "ies", "ied", "als",
    "al", "ers", "er", "ed", "es", "ity", "ive", "ly", "s", "e", "y",
)  # fmt: skip
_SHORTEST = 4  # letters of a stem


class Found(Record):
    """The losses that a search found, the best first. `all_words` is False where no loss matches all words, and these match some."""

    losses: Sequence[Facts]
    all_words: bool = True


def search(losses: Iterable[Facts], words: Sequence[str]) -> Found:
    """The losses that match all words, or where none does, those that match most of several words; the best first."""
    libraries = [LIBRARIES[w.casefold()] for w in words if w.casefold() in LIBRARIES]
    if libraries:
        losses = [loss for loss in losses if all(any(n.startswith(f"{library}.") for n in loss["names"]) for library in libraries)]
        words = [w for w in words if w.casefold() not in LIBRARIES]
        if not words:
            return Found(losses)
    wanted = _wanted(words)
    indexed = [(loss, _indexed(loss)) for loss in losses]
    if not wanted:
        return Found([])
    scores = [[_score(fields, word) for word in wanted] for _, fields in indexed]
    rarity = [math.log(1 + len(indexed) / (1 + sum(s[i] > 0 for s in scores))) for i in range(len(wanted))]
    matched = [sum(x > 0 for x in s) for s in scores]
    most = max(matched, default=0)
    if not most or (most < len(wanted) and (len(words) == 1 or 2 * most <= len(wanted))):
        return Found([])
    totals = [
        sum(x * r for x, r in zip(s, rarity, strict=True)) + _phrase(loss, wanted) for (loss, _), s in zip(indexed, scores, strict=True)
    ]
    order = sorted((i for i, m in enumerate(matched) if m == most), key=lambda i: -totals[i])  # of equal ones the first in the catalogue
    return Found([indexed[i][0] for i in order], most == len(wanted))


def _wanted(words: Sequence[str]) -> list[str]:
    """The words of the question, without those that say nothing."""
    found = [w for word in words for w in _parts(word)]
    return [w for w in dict.fromkeys(found) if w not in _STOP] or found


def _parts(text: str) -> list[str]:
    """The words of a text, also the parts of cross_entropy, CrossEntropyLoss and label-noise."""
    return re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text).casefold())


def _stem(word: str) -> str:
    """The word without its ending: regression, regress and regressing are one."""
    ends = (s for s in _SUFFIXES if word.endswith(s) and len(word) - len(s) >= _SHORTEST)
    return word.removesuffix(next(ends, ""))


class _Words(Record):
    """The words of one field, and their stems."""

    weight: float
    words: frozenset[str]
    stems: frozenset[str]


def _indexed(loss: Facts) -> list[_Words]:
    texts = {**loss, "see": loss["see"].values()}
    found = []
    for field, weight in _FIELDS.items():
        value = texts.get(field, ())
        words = frozenset(_parts(" ".join([value] if isinstance(value, str) else value)))
        found.append(_Words(weight, words, frozenset(map(_stem, words))))
    return found


def _score(fields: Sequence[_Words], word: str) -> float:
    """How well a word matches: in its best field."""
    return max(_score_of(fields, w) for w in {word, _SAME.get(word, _SAME.get(_stem(word), word))})


def _score_of(fields: Sequence[_Words], word: str) -> float:
    stem = _stem(word)
    best = 0.0
    for f in fields:
        if word in f.words:
            best = max(best, f.weight * _EXACT)
        elif stem in f.stems:
            best = max(best, f.weight * _STEM)
        elif len(word) >= _FEWEST and any(w.startswith(word) for w in f.words):
            best = max(best, f.weight * _BEGINNING)
    return best


def _phrase(loss: Facts, wanted: Sequence[str]) -> float:
    """What is added where the words are a phrase that people use for the loss, or a part of one; or its name."""
    stems = {_stem(w) for w in wanted}
    phrases = [{_stem(w) for w in _parts(p) if w not in _STOP} for p in (loss["name"], *loss["aliases"], *loss.get("words", ()))]
    return max((_WHOLE if p == stems else _PART if stems < p else 0.0 for p in phrases), default=0.0)
