"""Columns as other conventions give them: probabilities of logits, logarithms, labels as -1 and 1 or as one-hot vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from losscli.data.columns import Column
from losscli.domains import Domain, LabelIn, Range, Signed
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.registry import Loss

__all__ = ["UNCHANGED", "Prepared", "Transform"]

USUAL, UNUSUAL, MISTAKE = 2.0, 2.5, 3.0  # bits for a transform, which no option of a command does
SMALL_SUM = 1e-3  # how far from 1 the sum of probabilities may be


class Transform(Record):
    """A change of the columns before the loss. `bits` says how much there is to say about it."""

    words: str = ""  # 'softmax(pred)'
    role: str = ""  # the role that is changed; '' for an exchange of the roles
    bits: float = 0.0

    @property
    def file(self) -> str:
        """A name for a file with the result: softmax_of_pred.npy."""
        return self.words.replace("(", "_of_").replace(")", ".npy")


UNCHANGED = Transform()
SWAPPED = Transform("pred and target exchanged", "", MISTAKE)


class Prepared:
    """The columns of pred and target in memory, and the same after each transform, which is computed once."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self.columns = dict(columns)
        self._done: dict[str, Column] = {}

    def after(self, transforms: tuple[Transform, ...]) -> dict[str, Column]:
        """The columns after some transforms."""
        columns = dict(self.columns)
        for t in transforms:
            if t is SWAPPED and "target" in columns:
                columns["pred"], columns["target"] = columns["target"], columns["pred"]
            elif t.role:
                if t.words not in self._done:
                    self._done[t.words] = self._changed(t)
                columns[t.role] = self._done[t.words]
        return columns

    def _changed(self, t: Transform) -> Column:
        column, name = self.columns[t.role], t.words.partition("(")[0]
        with np.errstate(all="ignore"):
            return column.but(array=np.ascontiguousarray(_APPLY[name](self.array(t.role), self)), labels=None)

    def array(self, role: str) -> Array:
        """The numbers of a role."""
        return np.asarray(self.columns[role].array, np.float64)

    @cached_property
    def axis(self) -> int:
        """The axis of the classes: the second as in torch, where there are more than two."""
        return 1 if self.array("pred").ndim > 2 else -1

    @property
    def classes(self) -> int:
        """The length of the axis of the classes; 0 for one number a row."""
        x = self.array("pred")
        return x.shape[self.axis] if x.ndim > 1 else 0

    @cached_property
    def kind(self) -> str:
        """What pred looks like: probability, distribution, log_distribution or number."""
        x = self.array("pred")
        if not x.size or np.isnan(x).any():
            return "number"
        if x.min() >= 0 and x.max() <= 1:
            return "distribution" if x.ndim > 1 and self._sums_to_1(x) else "probability"
        return "log_distribution" if x.ndim > 1 and x.max() <= SMALL_SUM and self._sums_to_1(np.exp(x)) else "number"

    def _sums_to_1(self, x: Array) -> bool:
        return bool((np.abs(x.sum(self.axis) - 1) < SMALL_SUM).all())

    @cached_property
    def labels(self) -> frozenset[float]:
        """The different values of target, if they are few whole numbers; else nothing."""
        if "target" not in self.columns:
            return frozenset()
        x = self.array("target")
        found = np.unique(x) if x.size and np.isfinite(x).all() and (x == np.rint(x)).all() else x[:0]
        return frozenset(found.ravel().tolist()) if found.size <= 1000 else frozenset()

    @property
    def has_class_indices(self) -> bool:
        """Whether target holds a class of pred for each row."""
        return (
            self.array("pred").ndim == 2 and self.array("target").ndim == 1 and bool(self.labels) and self.labels <= {*range(self.classes)}
        )

    # --- which transforms a loss may need ------------------------------------------------------------------------------------

    def transforms(self, loss: Loss, options: Mapping[str, Any]) -> Iterator[tuple[Transform, ...]]:
        """The transforms after which a loss with these options may take the columns; first none."""
        pred = loss.roles["pred"].domain.of(options)
        predictions = [UNCHANGED, *self._of_pred(loss, pred)]
        targets = [UNCHANGED, *(self._of_target(pred, loss.roles["target"].domain.of(options)) if "target" in loss.roles else ())]
        yield from (tuple(t for t in (p, q) if t is not UNCHANGED) for q in targets for p in predictions)
        if "target" in loss.roles and "symmetric" not in loss.properties:
            yield (SWAPPED,)

    def _of_pred(self, loss: Loss, domain: Domain) -> Iterator[Transform]:
        takes, vector, several = _takes(domain), domain.ndim > 0, self.array("pred").ndim > 1
        if domain.takes_words:
            yield Transform("argmax(pred)" if several else "threshold(pred)", "pred", USUAL)
            return
        bits = {"number": USUAL, "log_distribution": USUAL}.get(self.kind, MISTAKE) if takes == "probability" else MISTAKE
        if takes == "number":
            bits = UNUSUAL if self.kind == "number" and (self.labels <= {0.0, 1.0} and self.labels) else 0.0
        if bits and self.kind != "log_distribution":
            if several:
                yield Transform("softmax(pred)", "pred", bits)
            if not vector:
                yield Transform("sigmoid(pred)", "pred", bits)
        if takes != "number":
            yield from self._logarithms(takes, vector or loss.task == "divergence")

    def _logarithms(self, takes: str, of_classes: bool) -> Iterator[Transform]:
        if self.kind == "log_distribution":
            yield Transform("exp(pred)", "pred", USUAL if takes == "probability" else MISTAKE)
        elif takes == "logit" and self.kind == "number":
            if self.array("pred").ndim > 1:
                yield Transform("log_softmax(pred)", "pred", USUAL)
        elif takes == "logit":
            yield Transform("log(pred)" if of_classes else "logit(pred)", "pred", USUAL)

    def _of_target(self, pred: Domain, target: Domain) -> Iterator[Transform]:
        if isinstance(target, Signed):
            if self.labels and self.labels <= {0.0, 1.0}:
                yield Transform("signs(target)", "target", USUAL)
        elif isinstance(target, LabelIn) or target.takes_words:
            return
        elif self.has_class_indices and pred.ndim == target.ndim:
            yield Transform("one_hot(target)", "target", UNUSUAL)
        elif target.pair is not None and -1.0 in self.labels and self.labels <= {-1.0, 1.0}:
            yield Transform("binary(target)", "target", USUAL)


def _takes(domain: Domain) -> str:
    """Whether a domain is that of probabilities, of logits or log-probabilities, or of other numbers."""
    if not isinstance(domain, Range):
        return "number"
    if (domain.least, domain.most) == (0, 1):
        return "probability"
    return "logit" if domain.above is domain.least is None and domain.below is not None else "number"


def _log_softmax(x: Array, axis: int) -> Array:
    shifted = x - x.max(axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


def _one_hot(x: Array, data: Prepared) -> Array:
    return _unless_missing(x[:, None] == np.arange(data.classes), np.isnan(x)[:, None])


def _unless_missing(x: Array, missing: Any) -> Array:
    """Numbers, with nan where the numbers that they come from are missing."""
    return np.where(missing, np.nan, np.asarray(x, np.float64))


_APPLY: dict[str, Callable[[Array, Prepared], Array]] = {
    "softmax": lambda x, data: np.exp(_log_softmax(x, data.axis)),
    "log_softmax": lambda x, data: _log_softmax(x, data.axis),
    "sigmoid": lambda x, _: 1 / (1 + np.exp(-x)),
    "log": lambda x, _: np.log(x),
    "logit": lambda x, _: np.log(x / (1 - x)),
    "exp": lambda x, _: np.exp(x),
    "argmax": lambda x, data: _unless_missing(np.argmax(x, data.axis), np.isnan(x).any(data.axis)),
    "threshold": lambda x, data: _unless_missing(x > (0.5 if data.kind == "probability" else 0), np.isnan(x)),
    "one_hot": _one_hot,
    "signs": lambda x, _: 2 * x - 1,
    "binary": lambda x, _: (x + 1) / 2,
}
