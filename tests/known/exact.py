"""Losses as textbooks write them, in numbers of 1600 digits: the true values, also where a peer's rounding errors are large.

    python -m tests.tools exact [TABLE.yaml ...]

computes the rows whose `peer` uses these functions ("exact.mse(pred, target)"). It needs only mpmath and PyYAML. With so many digits
the plain formula is accurate: 1 + e^-1000 is not rounded to 1. A gradient is a central difference with a relative step of 10^-340,
which is exact to many more digits than a float has.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mpmath

DIGITS = 1600
STEP = 340
TINY = 9.999999960041972e-13  # 1e-12 rounded to single precision, as torch stores it
VERSION = f"mpmath {mpmath.__version__} at {DIGITS} digits"

mp = mpmath.MPContext()  # its own precision, whatever other users of mpmath in this process set
mp.dps = DIGITS
inf = mp.inf
exact = SimpleNamespace()


def known(f: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function available to `peer` expressions."""
    setattr(exact, f.__name__, f)
    return f


def each(f: Callable[..., Any]) -> Callable[..., Any]:
    """Turn a function of numbers into one of nested lists, applied to each element."""

    @wraps(f)
    def of(*roles: Any, **options: Any) -> Any:
        if not isinstance(roles[0], list):
            return f(*roles, **options)
        return [of(*x, **options) for x in zip(*roles, strict=True)]

    return known(of)


def rows(f: Callable[..., Any]) -> Callable[..., Any]:
    """Turn a function of one row into one of lists of rows."""

    @wraps(f)
    def of(*roles: Any, **options: Any) -> list[Any]:
        return [f(*x, **options) for x in zip(*roles, strict=True)]

    return known(of)


def flat(x: Any) -> Iterator[Any]:
    if isinstance(x, list):
        for y in x:
            yield from flat(y)
    else:
        yield x


@known
def elementwise(formula: Callable[..., Any], *roles: Any) -> Any:
    """formula(numbers) for each element: a row can bring its own formula, exact.elementwise(lambda p, t: abs(p - t), pred, target)."""
    if not isinstance(roles[0], list):
        return formula(*roles)
    return [elementwise(formula, *x) for x in zip(*roles, strict=True)]


@known
def rowwise(formula: Callable[..., Any], *roles: Any) -> list[Any]:
    """formula(lists or labels) for each row."""
    return [formula(*x) for x in zip(*roles, strict=True)]


@known
def statistic(formula: Callable[..., Any], *roles: Any) -> Any:
    """formula(all rows) once: for a loss that is one number of all rows."""
    return formula(*roles)


@known
def mean(values: Any, w: Any = None) -> Any:
    """Σ w v / Σ w"""
    v = list(flat(values))
    s = list(flat(w)) if w is not None else [mp.mpf(1)] * len(v)
    return mp.fsum(a * b for a, b in zip(s, v, strict=True)) / mp.fsum(s)


@known
def weighted(values: Any, w: Any) -> Any:
    """s v"""
    return [s * v for s, v in zip(w, values, strict=True)]


@known
def root(x: Any) -> Any:
    return mp.sqrt(x)


def dot(x: Sequence[Any], y: Sequence[Any]) -> Any:
    return mp.fsum(a * b for a, b in zip(x, y, strict=True))


def length(x: Sequence[Any]) -> Any:
    return mp.sqrt(dot(x, x))


def log(x: Any) -> Any:
    return mp.log(x) if x > 0 else -inf


def share_log(t: Any, x: Any) -> Any:
    """t x, and 0 where t is 0"""
    return t * x if t else mp.mpf(0)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def log_softmax(x: Sequence[Any]) -> list[Any]:
    total = mp.fsum(mp.exp(c) for c in x)
    return [c - mp.log(total) for c in x]


# --- a number against a number ---------------------------------------------------------------------------------------------


@each
def mse(p: Any, t: Any) -> Any:
    return (p - t) ** 2


@each
def half_squared_error(p: Any, t: Any) -> Any:
    return (p - t) ** 2 / 2


@each
def mae(p: Any, t: Any) -> Any:
    return abs(p - t)


@each
def huber(p: Any, t: Any, *, delta: Any = 1.0) -> Any:
    e, d = abs(p - t), mp.mpf(delta)
    return e**2 / 2 if e <= d else d * (e - d / 2)


@each
def smooth_l1(p: Any, t: Any, *, beta: Any = 1.0) -> Any:
    e, b = abs(p - t), mp.mpf(beta)
    return e**2 / (2 * b) if e < b else e - b / 2


@each
def log_cosh(p: Any, t: Any) -> Any:
    return mp.log((mp.exp(p - t) + mp.exp(t - p)) / 2)


@each
def quantile(p: Any, t: Any, *, tau: Any = 0.5) -> Any:
    return mp.mpf(tau) * (t - p) if t >= p else (1 - mp.mpf(tau)) * (p - t)


@each
def mape(p: Any, t: Any, *, epsilon: Any = 2.0**-52) -> Any:
    return abs(p - t) / max(abs(t), mp.mpf(epsilon))


@each
def msle(p: Any, t: Any) -> Any:
    return mp.log((1 + p) / (1 + t)) ** 2


@each
def poisson_nll(p: Any, t: Any, *, log_input: bool = True, eps: Any = 1e-8) -> Any:
    return mp.exp(p) - t * p if log_input else p - share_log(t, mp.log(p + mp.mpf(eps)))


@each
def gaussian_nll(p: Any, t: Any, v: Any, *, full: bool = False, eps: Any = 1e-6) -> Any:
    v = max(v, mp.mpf(eps))
    return (mp.log(v) + (p - t) ** 2 / v + (mp.log(2 * mp.pi) if full else 0)) / 2


@each
def laplace_nll(p: Any, t: Any, scale: Any) -> Any:
    return mp.log(2 * scale) + abs(p - t) / scale


@each
def smape(p: Any, t: Any, *, epsilon: Any = 1.17e-6) -> Any:
    return 2 * abs(p - t) / max(abs(p) + abs(t), mp.mpf(epsilon))


@each
def epsilon_insensitive(p: Any, t: Any, *, epsilon: Any = 0.1) -> Any:
    return max(mp.mpf(0), abs(p - t) - mp.mpf(epsilon))


@each
def linex(p: Any, t: Any, *, a: Any = 1.0) -> Any:
    x = mp.mpf(a) * (p - t)
    return mp.exp(x) - x - 1


@each
def wing(p: Any, t: Any, *, width: Any = 5.0, curvature: Any = 0.5) -> Any:
    e, w, c = abs(p - t), mp.mpf(width), mp.mpf(curvature)
    return w * mp.log(1 + e / c) if e < w else e - w + w * mp.log(1 + w / c)


@each
def barron(p: Any, t: Any, *, alpha: Any = 1.0, c: Any = 1.0) -> Any:
    """Anywhere but at 0, 2 and the infinities, which are limits."""
    a, x = mp.mpf(alpha), ((p - t) / mp.mpf(c)) ** 2
    b = abs(a - 2)
    return b / a * ((x / b + 1) ** (a / 2) - 1)


@each
def tweedie_deviance(p: Any, t: Any, *, power: Any = 0.0) -> Any:
    """At powers between 1 and 2."""
    k = mp.mpf(power)
    return 2 * (t ** (2 - k) / ((1 - k) * (2 - k)) - t * p ** (1 - k) / (1 - k) + p ** (2 - k) / (2 - k))


@known
def rmse(p: Any, t: Any) -> Any:
    return mp.sqrt(mean(mse(p, t)))


@known
def rmsle(p: Any, t: Any) -> Any:
    return mp.sqrt(mean(msle(p, t)))


@each
def cauchy(p: Any, t: Any, *, c: Any = 1.0) -> Any:
    return mp.log(1 + ((p - t) / mp.mpf(c)) ** 2 / 2)


@each
def welsch(p: Any, t: Any, *, c: Any = 1.0) -> Any:
    return 1 - mp.exp(-(((p - t) / mp.mpf(c)) ** 2) / 2)


@each
def charbonnier(p: Any, t: Any, *, c: Any = 1.0) -> Any:
    return mp.sqrt(((p - t) / mp.mpf(c)) ** 2 + 1) - 1


@each
def geman_mcclure(p: Any, t: Any, *, c: Any = 1.0) -> Any:
    x = ((p - t) / mp.mpf(c)) ** 2
    return 2 * x / (x + 4)


# --- labels ----------------------------------------------------------------------------------------------------------------


@each
def bce(p: Any, t: Any, *, floor: Any = -100.0) -> Any:
    return -share_log(t, max(log(p), mp.mpf(floor))) - share_log(1 - t, max(log(1 - p), mp.mpf(floor)))


@each
def bce_with_logits(x: Any, t: Any, *, pos_weight: Any = 1.0) -> Any:
    return mp.mpf(pos_weight) * t * mp.log(1 + mp.exp(-x)) + (1 - t) * mp.log(1 + mp.exp(x))


@each
def focal(x: Any, t: Any, *, alpha: Any = 0.25, gamma: Any = 2.0) -> Any:
    a, p = mp.mpf(alpha), sigmoid(x)
    balance = a * t + (1 - a) * (1 - t) if alpha >= 0 else 1
    miss = p * (1 - t) + (1 - p) * t
    return balance * miss ** mp.mpf(gamma) * (-t * mp.log(p) - (1 - t) * mp.log(1 - p))


@each
def focal_from_probs(p: Any, t: Any, *, gamma: Any = 2.0, clip: Any = 1e-7) -> Any:
    c = min(max(p, mp.mpf(clip)), mp.mpf(1 - clip))  # a float, as the bound of every peer is
    return (p * (1 - t) + (1 - p) * t) ** mp.mpf(gamma) * (-t * mp.log(c) - (1 - t) * mp.log(1 - c))


@each
def hinge(x: Any, y: Any, *, margin: Any = 1.0) -> Any:
    return max(mp.mpf(0), mp.mpf(margin) - y * x)


@each
def squared_hinge(x: Any, y: Any) -> Any:
    return max(mp.mpf(0), 1 - y * x) ** 2


@each
def perceptron(x: Any, y: Any) -> Any:
    return max(mp.mpf(0), -y * x)


@each
def soft_margin(x: Any, y: Any) -> Any:
    return mp.log(1 + mp.exp(-y * x))


@rows
def cross_entropy(x: Any, y: Any, *, class_weight: Any = None, ignore_index: int = -100, label_smoothing: Any = 0.0) -> Any:
    """Of a label, or of a distribution over labels."""
    if y == ignore_index:
        return mp.mpf(0)
    n, s = len(x), mp.mpf(label_smoothing)
    w = class_weight or [mp.mpf(1)] * n
    q = [(1 - s) * (t if isinstance(y, list) else int(c == y)) + s / n for c, t in enumerate(y if isinstance(y, list) else x)]
    return -mp.fsum(w_c * share_log(q_c, logp) for w_c, q_c, logp in zip(w, q, log_softmax(x), strict=True))


def tempered_softmax(x: Any, t: Any) -> list[Any]:
    """exp_t(x − n) with n from Newton's steps, which rise from the largest x to where the sum is 1."""

    def power(z: Any, p: Any) -> Any:
        return max(1 + (1 - t) * z, mp.mpf(0)) ** (p / (1 - t)) if t != 1 else mp.exp(p * z)

    n, t, step = max(x), mp.mpf(t), mp.mpf(1)
    while abs(step) > mp.mpf(10) ** -(DIGITS // 2):  # the next step is accurate to twice as many digits
        step = (mp.fsum(power(z - n, 1) for z in x) - 1) / mp.fsum(power(z - n, t) for z in x)
        n += step
    return [power(z - n, 1) for z in x]


@rows
def bi_tempered(x: Any, y: Any, *, t1: Any = 0.8, t2: Any = 1.2, label_smoothing: Any = 0.0) -> Any:
    """The formula of arXiv:1906.03361, and the smoothing of its code."""
    t, s, others = mp.mpf(t1), mp.mpf(label_smoothing), len(x) - 1

    def log(p: Any) -> Any:
        return mp.log(p) if t == 1 else (p ** (1 - t) - 1) / (1 - t)

    q = [(1 - s * len(x) / others) * (y[c] if isinstance(y, list) else int(c == y)) + s / others for c in range(len(x))]
    pairs = list(zip(q, tempered_softmax(x, t2), strict=True))
    own = mp.fsum(a * (log(a) - log(p)) for a, p in pairs if a)
    return own - mp.fsum(a ** (2 - t) - p ** (2 - t) for a, p in pairs) / (2 - t)


@rows
def nll(x: Any, y: int, *, class_weight: Any = None, ignore_index: int = -100) -> Any:
    return mp.mpf(0) if y == ignore_index else -(class_weight[y] if class_weight else 1) * x[y]


@known
def of_labels(y: list[int], *, class_weight: Any = None, ignore_index: int = -100) -> list[Any]:
    """What each label counts for in a mean."""
    return [mp.mpf(0) if c == ignore_index else class_weight[c] if class_weight else mp.mpf(1) for c in y]


@rows
def softmax_focal(x: Any, y: int, *, alpha: Any = 0.25, gamma: Any = 2.0) -> Any:
    logp = log_softmax(x)[y]
    return -mp.mpf(alpha) * (1 - mp.exp(logp)) ** mp.mpf(gamma) * logp


@rows
def zlpr(x: Any, y: Any) -> Any:
    over = mp.fsum(mp.exp(c) for c, t in zip(x, y, strict=True) if not t)
    under = mp.fsum(mp.exp(-c) for c, t in zip(x, y, strict=True) if t)
    return mp.log(1 + over) + mp.log(1 + under)


@rows
def logloss(p: Any, y: int, *, clip: Any = 2.0**-52) -> Any:
    return -mp.log(min(max(p[y], mp.mpf(clip)), mp.mpf(1 - clip)))


@rows
def entropy_min(x: Any, *, eps: Any = 1e-8) -> Any:
    return -mp.fsum(share_log(mp.exp(c), mp.log(mp.exp(c) + mp.mpf(eps))) for c in log_softmax(x))


@rows
def multi_margin(x: Any, y: int, *, p: Any = 1.0, margin: Any = 1.0) -> Any:
    behind = (max(mp.mpf(0), mp.mpf(margin) - x[y] + c) ** mp.mpf(p) for i, c in enumerate(x) if i != y)
    return mp.fsum(behind) / len(x)


@rows
def multiclass_hinge(x: Any, y: int) -> Any:
    return max(mp.mpf(0), 1 + max(c for i, c in enumerate(x) if i != y) - x[y])


# --- preferences -----------------------------------------------------------------------------------------------------------


@each
def bpr(p: Any, n: Any, *, gamma: Any = 1e-10) -> Any:
    return -mp.log(mp.mpf(gamma) + sigmoid(p - n))


@each
def margin_ranking(a: Any, b: Any, y: Any, *, margin: Any = 0.0) -> Any:
    return max(mp.mpf(0), -y * (a - b) + mp.mpf(margin))


@each
def dpo(chosen: Any, rejected: Any, ref_chosen: Any, ref_rejected: Any, *, beta: Any = 0.1, label_smoothing: Any = 0.0) -> Any:
    x, s = mp.mpf(beta) * (chosen - ref_chosen - rejected + ref_rejected), mp.mpf(label_smoothing)
    return -(1 - s) * mp.log(sigmoid(x)) - s * mp.log(sigmoid(-x))


@each
def reward_bradley_terry(chosen: Any, rejected: Any, margin: Any) -> Any:
    return -mp.log(sigmoid(chosen - rejected - margin))


@rows
def wasserstein_1d(p: Any, t: Any) -> Any:
    return mp.fsum(abs(mp.fsum(a - b for a, b in list(zip(p, t, strict=True))[: k + 1])) for k in range(len(p)))


# --- distributions ---------------------------------------------------------------------------------------------------------


def divergence(p: Sequence[Any], q: Sequence[Any]) -> Any:
    """Σ p log (p / q)"""
    return mp.fsum(share_log(a, log(a) - log(b)) for a, b in zip(p, q, strict=True))


@each
def kl_div(x: Any, t: Any) -> Any:
    return share_log(t, log(t) - x)


@rows
def kl_div_probs(p: Any, t: Any, *, epsilon: Any = 1e-7) -> Any:
    least = mp.mpf(epsilon)
    return divergence([max(x, least) for x in t], [max(x, least) for x in p])


@rows
def reverse_kl(p: Any, t: Any) -> Any:
    return divergence(p, t)


@rows
def generalized_kl(x: Any, t: Any) -> Any:
    return mp.fsum(share_log(b, log(b) - a) + mp.exp(a) - b for a, b in zip(x, t, strict=True))


@rows
def js_divergence(p: Any, t: Any) -> Any:
    m = [(a + b) / 2 for a, b in zip(p, t, strict=True)]
    return (divergence(p, m) + divergence(t, m)) / 2


@rows
def hellinger(p: Any, t: Any) -> Any:
    return mp.sqrt(mp.fsum((mp.sqrt(a) - mp.sqrt(b)) ** 2 for a, b in zip(p, t, strict=True)) / 2)


@rows
def bhattacharyya(p: Any, t: Any) -> Any:
    return -log(mp.fsum(mp.sqrt(a * b) for a, b in zip(p, t, strict=True)))


@rows
def total_variation_distance(p: Any, t: Any) -> Any:
    return mp.fsum(abs(a - b) for a, b in zip(p, t, strict=True)) / 2


@rows
def gaussian_kl(mu: Any, logvar: Any) -> Any:
    return mp.fsum(m**2 + mp.exp(v) - 1 - v for m, v in zip(mu, logvar, strict=True)) / 2


@rows
def distillation(x: Any, z: Any, *, temperature: Any = 1.0) -> Any:
    T = mp.mpf(temperature)
    student, teacher = (log_softmax([c / T for c in logits]) for logits in (x, z))
    return T**2 * mp.fsum(mp.exp(b) * (b - a) for a, b in zip(student, teacher, strict=True))


@rows
def gkd(x: Any, z: Any, *, beta: Any = 0.5, temperature: Any = 1.0) -> Any:
    b, T = mp.mpf(beta), mp.mpf(temperature)
    student, teacher = ([mp.exp(v) for v in log_softmax([c / T for c in logits])] for logits in (x, z))
    pairs = [(p, q, b * q + (1 - b) * p) for p, q in zip(student, teacher, strict=True)]
    return mp.fsum(b * q * mp.log(q / m) + (1 - b) * p * mp.log(p / m) for p, q, m in pairs)


# --- vectors ---------------------------------------------------------------------------------------------------------------


def cosine(x: Sequence[Any], y: Sequence[Any], eps: Any = 0.0) -> Any:
    return dot(x, y) / (max(length(x), mp.mpf(eps)) * max(length(y), mp.mpf(eps)))


def distance(x: Sequence[Any], y: Sequence[Any], p: Any, eps: Any) -> Any:
    return mp.fsum(abs(a - b + mp.mpf(eps)) ** mp.mpf(p) for a, b in zip(x, y, strict=True)) ** (1 / mp.mpf(p))


@rows
def cosine_similarity(x: Any, y: Any, *, eps: Any = 1e-8) -> Any:
    return cosine(x, y, eps)


@rows
def cosine_distance(x: Any, y: Any, *, eps: Any = 1e-8) -> Any:
    return 1 - cosine(x, y, eps)


@rows
def cosine_embedding(a: Any, b: Any, y: Any, *, margin: Any = 0.0) -> Any:
    tiny = mp.mpf(TINY)
    cos = dot(a, b) / mp.sqrt((dot(a, a) + tiny) * (dot(b, b) + tiny))
    return 1 - cos if y > 0 else max(mp.mpf(0), cos - mp.mpf(margin))


@rows
def triplet_margin(a: Any, p: Any, n: Any, *, margin: Any = 1.0, p_norm: Any = 2.0, eps: Any = 1e-6, swap: bool = False) -> Any:
    far = distance(a, n, p_norm, eps)
    far = min(far, distance(p, n, p_norm, eps)) if swap else far
    return max(mp.mpf(0), distance(a, p, p_norm, eps) - far + mp.mpf(margin))


@each
def hinge_embedding(x: Any, y: Any, *, margin: Any = 1.0) -> Any:
    return x if y > 0 else max(mp.mpf(0), mp.mpf(margin) - x)


@rows
def contrastive(a: Any, b: Any, y: Any, *, margin: Any = 1.0, eps: Any = 1e-6) -> Any:
    d = distance(a, b, 2, eps)
    return y * d**2 + (1 - y) * max(mp.mpf(0), mp.mpf(margin) - d) ** 2


@known
def info_nce(anchor: Any, positive: Any, negative: Any = None, *, temperature: Any = 0.1) -> list[Any]:
    """Each anchor's own positive against the negatives, or against the other positives."""
    found = []
    for i, a in enumerate(anchor):
        others = negative if negative is not None else positive[:i] + positive[i + 1 :]
        scores = [cosine(a, v) / mp.mpf(temperature) for v in (positive[i], *others)]
        found.append(-log_softmax(scores)[0])
    return found


@known
def nt_xent(z_a: Any, z_b: Any, *, temperature: Any = 0.5) -> list[Any]:
    """Both halves of each pair, against all views but itself."""
    views, n = [*z_a, *z_b], len(z_a)

    def of(i: int) -> Any:
        order = [(i + n) % (2 * n), *(k for k in range(2 * n) if k not in (i, (i + n) % (2 * n)))]
        return -log_softmax([cosine(views[i], views[k]) / mp.mpf(temperature) for k in order])[0]

    return [[of(i), of(i + n)] for i in range(n)]


# --- masks -----------------------------------------------------------------------------------------------------------------


@known
def dice(p: Any, t: Any, *, eps: Any = 1e-6) -> Any:
    e = mp.mpf(eps)
    return 1 - (2 * dot([*flat(p)], [*flat(t)]) + e) / (mp.fsum(flat(p)) + mp.fsum(flat(t)) + e)


@known
def iou(p: Any, t: Any, *, eps: Any = 1e-6) -> Any:
    e, both = mp.mpf(eps), dot([*flat(p)], [*flat(t)])
    return 1 - (both + e) / (mp.fsum(flat(p)) + mp.fsum(flat(t)) - both + e)


@known
def tversky(p: Any, t: Any, *, alpha: Any = 0.3, beta: Any = 0.7, eps: Any = 1e-6) -> Any:
    pairs, e = list(zip(flat(p), flat(t), strict=True)), mp.mpf(eps)
    tp, fp, fn = (mp.fsum(f(a, b) for a, b in pairs) for f in (lambda a, b: a * b, lambda a, b: a * (1 - b), lambda a, b: (1 - a) * b))
    return 1 - (tp + e) / (tp + mp.mpf(alpha) * fp + mp.mpf(beta) * fn + e)


@known
def focal_tversky(p: Any, t: Any, *, alpha: Any = 0.5, beta: Any = 0.5, gamma: Any = 1.0, eps: Any = 1e-6) -> Any:
    return tversky(p, t, alpha=alpha, beta=beta, eps=eps) ** mp.mpf(gamma)


# --- rows ------------------------------------------------------------------------------------------------------------------


def exactly(x: Any) -> Any:
    """Convert nested floats, and the words "inf" and "nan", to mpmath numbers; integers stay integers."""
    if isinstance(x, list):
        return [exactly(y) for y in x]
    return x if isinstance(x, int) else mp.mpf(x)


def nearest(x: Any) -> Any:
    """Round nested numbers to floats; "inf" and "nan" become words."""
    if isinstance(x, list):
        return [nearest(y) for y in x]
    number = float(x)
    return number if math.isfinite(number) else str(number)


def slope(f: Callable[[Any], Any], x: Any) -> Any:
    """f' at x"""
    step = mp.mpf(10) ** -STEP * abs(x) if x and mp.isfinite(x) else mp.mpf(10) ** -STEP
    return (f(x + step) - f(x - step)) / (2 * step)


def slopes(f: Callable[[Any], Any], x: Any) -> Any:
    """d f / d every number of a nested list"""
    if not isinstance(x, list):
        return slope(f, x)
    return [slopes(lambda y, i=i: f([*x[:i], y, *x[i + 1 :]]), x[i]) for i in range(len(x))]  # type: ignore[misc]


# --- survival --------------------------------------------------------------------------------------------------------------


def uncensored(time: Any, event: Any, at: Any, before: bool) -> Any:
    """The Kaplan-Meier estimate of the probability of no censoring up to a time, or before it; events come before censorings."""
    share = mp.mpf(1)
    for s in sorted(set(time)):
        if s < at or (s == at and not before):
            at_risk = sum(t >= s for t in time) - sum(t == s and d == 1 for t, d in zip(time, event, strict=True))
            share *= 1 - mp.mpf(sum(t == s and d == 0 for t, d in zip(time, event, strict=True))) / max(1, at_risk)
    return share


@known
def survival_weights(time: Any, event: Any, times: Any) -> list[Any]:
    """1 / G of each row at each time, where it is known whether the row is alive; else 0."""
    return [
        [1 / uncensored(time, event, s, False) if t > s else 1 / uncensored(time, event, t, True) if d == 1 else mp.mpf(0) for s in times]
        for t, d in zip(time, event, strict=True)
    ]


@known
def survival_brier(pred: Any, time: Any, event: Any, times: Any) -> list[Any]:
    """The squared error of the probability of survival of each row at each time, times its weight."""
    weights = survival_weights(time, event, times)
    return [
        [w * ((t > s) - x) ** 2 for w, x, s in zip(of_row, row, times, strict=True)]
        for row, t, of_row in zip(pred, time, weights, strict=True)
    ]


@known
def area(rows: Any, times: Any) -> list[Any]:
    """The area under each row over time, by trapezoids, divided by the length of time."""
    steps = [(b - a) / 2 / (times[-1] - times[0]) for a, b in pairwise(times)]
    return [mp.fsum(w * (a + b) for w, (a, b) in zip(steps, pairwise(row), strict=True)) for row in rows]


@known
def concordance(pred: Any, time: Any, event: Any) -> Any:
    """The share of the comparable pairs in which the row with the earlier event has the higher risk; a tie counts a half."""
    rows = [*zip(pred, time, event, strict=True)]
    pairs = [(p, q) for p, t, d in rows for q, s, e in rows if d == 1 and (t < s or (t == s and e == 0))]
    return mp.fsum((p > q) + mp.mpf(p == q) / 2 for p, q in pairs) / len(pairs)


def generated(row: dict[str, Any]) -> dict[str, Any]:
    """Evaluate the `peer` expression of a row. Returns the generated fields, empty if the peer is not one of these functions."""
    if not row["peer"].startswith("exact."):
        return {}
    roles = {name: exactly(values) for name, values in row["roles"].items()}
    given = {name: exactly(x) if isinstance(x, list) else x for name, x in row.get("options", {}).items()}
    weight = {"w": exactly(row["sample_weight"])} if "sample_weight" in row else {}

    def value(**changed: Any) -> Any:
        return eval(row["peer"], {"exact": exact, "mp": mp} | roles | given | weight | changed)  # the tables are ours and reviewed

    fields = {"version": VERSION, "expected": nearest(value())}
    wrt = row.get("wrt", list(roles)[:1])
    gradient = {r: nearest(slopes(lambda x, r=r: mp.fsum(flat(value(**{r: x}))), roles[r])) for r in wrt}  # type: ignore[misc]
    return fields | ({"gradient": gradient} if gradient else {})


if __name__ == "__main__":
    from tables import TABLES, rewrite  # type: ignore[import-not-found] # in the same folder

    for path in map(Path, sys.argv[1:] or sorted(TABLES.glob("*.yaml"))):
        rows_of_table = rewrite(path, generated)
        print(f"{path.name}: {len(rows_of_table)} rows")
        for row in rows_of_table:
            if "expected" not in row:
                print(f"  {row['loss']}: no expected value yet: its peer is no expression of exact, so regenerate.py computes it")
