"""Logits and probabilities that were given in another form: a step of a formula that would round them takes them from the given numbers.

A loss of logits that gets probabilities p computes softplus(x) as −log(1 − p), not from x = log(p / (1 − p)), whose rounding the
exponential would enlarge. A loss of probabilities that gets logits computes 1 − p as the probability of the opposite. All other steps
see an array of the logits, or of the probabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from losscli.numeric.lazy import Array, np
from losscli.numeric.log_probabilities import log_odds, neg_log, neg_log1m, neg_log1m_exp
from losscli.numeric.primitive import primitive
from losscli.numeric.softmax import complement, neg_log_softmax, normalized_nll, softmax
from losscli.numeric.steps import expit, multiply_no_nan, softplus
from losscli.record import Record

__all__ = ["FORMS", "Given", "against_other_side", "taken_from"]

FORMS = ("logits", "probs", "log_probs")


def _divided_by_sum(p: Array) -> Array:
    """p / Σ p, and 0 for a row of zeros, which is the padding of an ignored row."""
    total = p.sum(-1)[..., None]
    return p / np.where(total == 0, 1.0, total)


class Parts(Record):
    """The functions of the given numbers that a formula may need, each without cancellation; q is 1 − p."""

    logit: Callable[[Any], Any]
    p: Callable[[Any], Any]
    q: Callable[[Any], Any]
    neg_log_p: Callable[[Any], Any]
    neg_log_q: Callable[[Any], Any]


_ELEMENT = {
    "logits": Parts(lambda x: x, expit, lambda x: expit(-x), lambda x: softplus(-x), softplus),
    "probs": Parts(log_odds, lambda p: p, lambda p: 1 - p, neg_log, neg_log1m),
    "log_probs": Parts(lambda x: x + neg_log1m_exp(x), lambda x: np.exp(x), lambda x: -np.expm1(x), lambda x: 0.0 - x, neg_log1m_exp),
}
# Of the numbers of a distribution. Probabilities that logits are wanted of are divided by their sum, as the softmax does.
_DISTRIBUTION = {
    "logits": Parts(lambda x: x, softmax, lambda x: complement(softmax(x)), neg_log_softmax, lambda x: neg_log(complement(softmax(x)))),
    "probs": Parts(lambda p: np.log(p), _divided_by_sum, lambda p: 1 - p, normalized_nll, neg_log1m),
    "log_probs": Parts(lambda x: x, lambda x: np.exp(x), lambda x: -np.expm1(x), lambda x: 0.0 - x, neg_log1m_exp),
}


def taken_from(x: Any, given: str, takes: str, together: bool) -> Any:
    """What a loss that takes one form gets for numbers in another: an array, or a Given; together: the last axis is one distribution."""
    if given == takes or (together and (given, takes) == ("log_probs", "logits")):  # log p are logits
        return x
    if takes == "log_probs":
        return -neg_log_softmax(x) if given == "logits" else -neg_log(x)
    return Given(x, (_DISTRIBUTION if together else _ELEMENT)[given], takes, together)


def against_other_side(x: Any, axis: int) -> Any:
    """Each logit less that of the other side, where an axis, counted from the end, has two: a sigmoid of it is the softmax of both."""
    if x.shape[axis] != 2:
        return x
    rest = (slice(None),) * (-axis - 1)
    less = x[(..., slice(0, 1), *rest)] - x[(..., slice(1, 2), *rest)]
    return np.concatenate([less, -less], axis)


class Given(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of the logits or the probabilities that a loss takes, from given numbers in another form."""

    precedence = 2  # of several arguments of a step, that of the highest number records it: Given, then Var, then Traced

    def __init__(self, x: Any, parts: Parts, takes: str, together: bool, opposite: bool = False) -> None:
        self.x, self.parts, self.takes, self.together, self.opposite = x, parts, takes, together, opposite

    def part(self, name: str) -> Any:
        """One of the parts; of the opposite, p and q are exchanged."""
        if self.opposite:
            if name == "logit":
                return -self.parts.logit(self.x)
            name = name[:-1] + ("q" if name[-1] == "p" else "p")
        return getattr(self.parts, name)(self.x)

    def plain(self) -> Any:
        """The array of the logits or probabilities themselves."""
        return self.part("logit" if self.takes == "logits" else "p")

    def inverted(self) -> Given:
        """−x of logits, 1 − p of probabilities."""
        return Given(self.x, self.parts, self.takes, self.together, not self.opposite)

    def _joins(self, arrays: Any, axis: int = 0) -> bool:
        """Whether arrays that are joined along an axis are all of this form; of distributions the last axis stays whole."""
        return all(type(a) is Given and a.parts is self.parts for a in arrays) and (not self.together or axis == -2)

    def clipped(self, least: float, most: float) -> Given:
        """Probabilities from a least to a most one."""
        logs = float(0.0 - np.log(most)), float(0.0 - np.log(least)) if least else np.inf
        opposite_logs = float(0.0 - np.log1p(-least)), float(0.0 - np.log1p(-most)) if most < 1 else np.inf
        return Given(self, Parts(
            lambda x: log_odds(np.clip(x.plain(), least, most)),
            lambda x: np.clip(x.part("p"), least, most), lambda x: np.clip(x.part("q"), 1 - most, 1 - least),
            lambda x: np.clip(x.part("neg_log_p"), *logs), lambda x: np.clip(x.part("neg_log_q"), *opposite_logs),
        ), self.takes, self.together)  # fmt: skip

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.plain(), name)

    def __getitem__(self, index: Any) -> Any:
        """Some of the numbers; of distributions they stay such only where the last axis stays whole."""
        whole = (
            isinstance(index, tuple)
            and len(index) > 1
            and index[0] is Ellipsis
            and isinstance(index[-1], slice)
            and index[-1] == slice(None)
        )
        return self.of(self.x[index]) if whole or not self.together else self.plain()[index]

    def of(self, x: Any) -> Given:
        """Other numbers of the same form."""
        return Given(x, self.parts, self.takes, self.together, self.opposite)

    def __len__(self) -> int:
        return len(self.x)

    def record(self, fn: Callable[..., Any], derivatives: Any, args: Any) -> Any:
        """fn(*args), a function with derivatives of its own, from the given numbers where it has a form of them."""
        own = _FUNCTIONS.get((self.takes, self.together, fn.__name__))
        if own is not None and args[0] is self:
            return own(self, *map(_plain, args[1:]))
        return primitive(*derivatives)(fn)(*map(_plain, args))

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kw: Any) -> Any:
        if method == "__call__" and not kw and (found := _of_ufunc(ufunc.__name__, args)) is not None:
            return found
        return getattr(ufunc, method)(*map(_plain, args), **kw)

    def __array_function__(self, func: Any, types: Any, args: Any, kw: Any) -> Any:
        if func.__name__ == "clip" and self.takes == "probs" and args[0] is self and not kw and len(args) == 3:
            return self.clipped(*args[1:])
        if func.__name__ == "concatenate" and self._joins(*args, **kw):
            return self.of(np.concatenate([a.x for a in args[0]], *args[1:], **kw))
        return func(*map(_plain, args), **{k: _plain(v) for k, v in kw.items()})


def _plain(x: Any) -> Any:
    if isinstance(x, list | tuple):
        return type(x)(map(_plain, x))
    return x.plain() if isinstance(x, Given) else x


def _of_ufunc(name: str, args: Any) -> Any:
    """A step that needs no rounded number; None for any other."""
    x, y = args[0], args[-1]
    if name == "negative" and x.takes == "logits" and not x.together:
        return x.inverted()
    if name == "log" and x.takes == "probs":
        return -x.part("neg_log_p")
    if name != "subtract" or (isinstance(x, Given) and isinstance(y, Given)):
        return None
    if isinstance(y, Given):
        if y.takes != "probs":
            return None
        return y.inverted() if isinstance(x, int | float) and x == 1 else -_less(y, x)
    return _less(x, y) if x.takes == "probs" else None


def _less(p: Given, t: Any) -> Any:
    """p − t, as (1 − t) − q where p is above ½."""
    near = p.plain()
    return np.where(near > 0.5, (1 - t) - p.part("q"), near - t)


def _weighted(x: Given, w1: Any, w0: Any) -> Any:
    return multiply_no_nan(w1, x.part("neg_log_p")) + multiply_no_nan(w0, x.part("neg_log_q"))


def _binary_nll(p: Given, t: Any, floor: float) -> Any:
    return _weighted_least(p.part("neg_log_p"), t, floor) + _weighted_least(p.part("neg_log_q"), 1 - t, floor)


def _weighted_least(nll: Any, t: Any, floor: float) -> Any:
    return t * np.minimum(nll, -floor)


def _signed(x: Given, s: Any) -> Any:
    return np.where(s == 1, x.part("p"), np.where(s == -1, x.part("q"), expit(s * x.plain())))


def _at_label(x: Given, y: Any) -> Any:
    return np.take_along_axis(x.part("neg_log_p"), y[..., None], -1)[..., 0]


# What a loss takes, whether of a distribution, and the function -> the same from the parts.
_FUNCTIONS: dict[tuple[str, bool, str], Callable[..., Any]] = {
    ("logits", False, "expit"): lambda x: x.part("p"),
    ("logits", False, "signed_expit"): _signed,
    ("logits", False, "softplus"): lambda x: x.part("neg_log_q"),
    ("logits", False, "sigmoid_cross_entropy"): lambda x, t: _weighted(x, t, 1 - t),
    ("logits", False, "weighted_sigmoid_cross_entropy"): _weighted,
    ("logits", True, "softmax"): lambda x: x.part("p"),
    ("logits", True, "neg_log_softmax"): lambda x: x.part("neg_log_p"),
    ("logits", True, "softmax_cross_entropy"): _at_label,
    ("probs", False, "binary_nll"): _binary_nll,
    ("probs", False, "neg_log1m"): lambda x: x.part("neg_log_q"),
    ("probs", True, "complement"): lambda x: x.part("q"),
}
