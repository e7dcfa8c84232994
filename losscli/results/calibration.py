"""The calibration of predictions that are probabilities, of an event or of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from losscli.data.blocks import Block, Data
from losscli.domains import LabelIn, Range, Whole
from losscli.engine.groups import Part, run_parts
from losscli.engine.job import Job, View
from losscli.engine.outcome import Outcome
from losscli.engine.passes import run
from losscli.errors import UsageError
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.statistics.calibration import Reliability, reliability

__all__ = ["EVENT", "TOP_CLASS", "Calibration", "Probabilities", "calibrate", "losses_of_probabilities", "probabilities_of"]

EVENT, TOP_CLASS = "target 1", "top class"  # the second: the class with the highest probability is that of the target
MOST_CLASSES = 20  # with more, the classes are not shown one by one


class Calibration(Record):
    """The calibration of the probabilities that one prediction gives to one event; `reliability` is None where there are no rows."""

    prediction: str
    event: str  # target 1, class cat, or the top class
    reliability: Reliability | None

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        document: dict[str, Any] = {"prediction": self.prediction, "event": self.event}
        if (r := self.reliability) is not None:
            document |= {
                "weight": float(r.weight.sum()),
                "event_share": r.event_share,
                "brier": vars(r.brier),
                "log": vars(r.log),
                "curve": {name: getattr(r, name).tolist() for name in ("lower", "upper", "share", "weight")},
            }
        return document


def probabilities_of(part: Part) -> Probabilities:
    """The callback that keeps the probabilities of one loss. Raises UsageError where it takes none."""
    loss = part.job.loss
    if not takes_probabilities(part.job):
        if loss.kind != "pointwise" and "pred" in loss.roles and loss.task == "probabilistic":
            raise UsageError(
                f"--calibration is shown with losses of each row, and {loss.name} is one number for all rows: add --calibration to brier, "
                "or for a column per class to multiclass_brier"
            )
        raise UsageError(
            f"--calibration is of probabilities, and {loss.name} does not take those of a target of two classes, or of labels:"
            " brier, and for a column per class multiclass_brier, do"
        )
    return Probabilities("pred", _classes(part))


def takes_probabilities(job: Job) -> bool:
    """Whether pred is a probability, or one for each class, and target says what happened."""
    roles = job.loss.roles
    if job.loss.kind != "pointwise" or not {"pred", "target"} <= set(roles):
        return False
    pred, target = job.domain("pred"), job.domain("target")
    if not isinstance(pred, Range) or isinstance(pred, Whole) or (pred.least, pred.most) != (0, 1):
        return False
    return isinstance(target, LabelIn) if pred.classes else not pred.ndim and target.pair == (0.0, 1.0)


class Probabilities:
    """A callback that keeps the probabilities of one prediction, what happened, and the weights."""

    def __init__(self, prediction: str, classes: Sequence[str]) -> None:
        self.prediction, self.classes = prediction, classes
        self.parts: dict[str, list[tuple[Array, Array, Array]]] = {}  # event -> parts of p, y, w

    def __call__(self, block: Block, view: View, values: Array | None, ignored: Array | None) -> None:
        p, y = np.asarray(view.roles["pred"], np.float64), np.asarray(view.roles["target"])
        of_classes = view.value_axes["pred"] == 1
        shape = p.shape[:-1] if of_classes else p.shape
        kept = np.ones(shape, bool) if ignored is None or ignored.shape != shape else ~ignored
        w = np.ones(shape) if view.weight is None else view.weight
        w = np.broadcast_to(w.reshape(w.shape + (1,) * (len(shape) - w.ndim)), shape)[kept]
        if of_classes:
            self._add_classes(p[kept], y[kept], w)
        else:
            self._add(EVENT, p[kept], y[kept], w)

    def _add_classes(self, p: Array, y: Array, w: Array) -> None:
        """The most probable class, and each class against the rest. A label is the index of a class, or a share for each class."""
        shares = y if y.ndim == 2 else None
        top = p.argmax(-1)
        rows = np.arange(len(p))
        self._add(TOP_CLASS, p[rows, top], (y == top) if shares is None else shares[rows, top], w)
        if p.shape[1] <= MOST_CLASSES:
            for k in range(p.shape[1]):
                self._add(self._name(k), p[:, k], (y == k) if shares is None else shares[:, k], w)

    def _name(self, k: int) -> str:
        return f"class {self.classes[k] if k < len(self.classes) else k}"

    def _add(self, event: str, p: Array, y: Array, w: Array) -> None:
        self.parts.setdefault(event, []).append((np.array(p), np.asarray(y, np.float64), np.array(w)))

    def calibrations(self) -> list[Calibration]:
        """The calibration of each event, first that which is drawn."""
        events = self.parts or {EVENT: []}
        return [Calibration(self.prediction, event, _reliability(parts)) for event, parts in events.items()]


def _reliability(parts: Sequence[tuple[Array, Array, Array]]) -> Reliability | None:
    if not parts:
        return None
    p, y, w = (np.concatenate(x) for x in zip(*parts, strict=True))
    kept = np.isfinite(p) & np.isfinite(y) & (w > 0)
    return reliability(p[kept], y[kept], w[kept]) if kept.any() else None


# --- of a comparison -------------------------------------------------------------------------------------------------------


def losses_of_probabilities(predictions: Sequence[str], members: Sequence[object]) -> dict[str, Part]:
    """For each prediction the first loss that takes its probabilities. `members` are all losses of the first prediction, then of the next.

    Raises UsageError where no loss takes probabilities.
    """
    each = len(members) // len(predictions)
    return {name: _of_probabilities(members[p * each : (p + 1) * each]) for p, name in enumerate(predictions)}


def _of_probabilities(members: Sequence[object]) -> Part:
    for member in members:
        if isinstance(member, Part) and takes_probabilities(member.job):
            return member
    raise UsageError(
        "--calibration is of probabilities, and none of the losses takes those of a target of two classes, or of labels: add -l brier,"
        " or for a column per class -l multiclass_brier"
    )


def calibrate(parts: Mapping[str, Part], members: Sequence[object], *, threads: int) -> list[Calibration]:
    """The calibration of each prediction, by one more pass over the rows that the comparison uses."""
    collected = [Probabilities(name, _classes(part)) for name, part in parts.items()]

    def runner(places: Sequence[int], jobs: Sequence[Job], data: Data, threads: int) -> Sequence[Outcome]:
        return run(jobs, data, threads=threads, callbacks=[collected[i] for i in places])

    of_members = {name: column for m in members if isinstance(m, Part) for name, column in m.columns.items()}  # --nan omit looks at all
    run_parts(list(parts.values()), threads=threads, runner=runner, extra=of_members)
    return [c for probabilities in collected for c in probabilities.calibrations()]


def _classes(part: Part) -> Sequence[str]:
    """The names of the classes, where the labels are words."""
    target = part.columns.get(part.job.columns.get("target", ""))
    return () if target is None else target.classes
