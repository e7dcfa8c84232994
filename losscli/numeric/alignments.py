"""Alignments of frames and labels as paths through a lattice: the log of the sum of their probabilities, with its derivative."""

from __future__ import annotations

from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive

__all__ = ["durations_nll", "lattice_nll"]

# A node (t, u) is t frames and u labels. A blank leads to (t + 1, u), a label to (t, u + 1); the path ends at (frames, labels). The nodes
# with the same t + u are a diagonal: they are computed at once, from those of the diagonal before.


def _diagonals(steps, frames, labels, emits):
    """The steps from each diagonal, (…, diagonals, frames + 1); −inf where there is no step."""
    rows, columns = steps.shape[-2:]
    d, t = np.ogrid[: rows + columns, : rows + 1]
    u, last = d - t, labels[..., None, None] - emits  # a label is emitted up to the last one, a blank after any number
    inside = (t < frames[..., None, None]) & (u >= 0) & (u <= last)
    return np.where(inside, steps[..., np.minimum(t, rows - 1), np.clip(u, 0, columns - 1)], -np.inf)


def _forward(blank, emit):
    """The log-probability of reaching each node, diagonal by diagonal."""
    alphas = [np.full_like(blank[..., 0, :], -np.inf)]
    alphas[0][..., 0] = 0
    for k in range(blank.shape[-2]):
        after = alphas[-1] + emit[..., k, :]
        after[..., 1:] = np.logaddexp(after[..., 1:], (alphas[-1] + blank[..., k, :])[..., :-1])
        alphas.append(after)
    return np.stack(alphas, -2)


def _lattice(blank, emit, frames, labels):
    return _diagonals(blank, frames, labels, 0), _diagonals(emit, frames, labels, 1)


def _posteriors(g, out, blank, emit, frames, labels):
    """Minus g times the probability that a path takes each step, for blanks and for labels."""
    b, e = _lattice(blank, emit, frames, labels)
    alphas, end = _forward(b, e), frames + labels
    at_end = np.arange(b.shape[-1]) == frames[..., None]
    beta = np.where(at_end & (end == b.shape[-2])[..., None], 0.0, -np.inf)
    of_blank, of_label = np.zeros_like(b), np.zeros_like(e)
    nll = np.where(np.isfinite(out), out, -np.inf)[..., None]
    for k in reversed(range(b.shape[-2])):
        beyond = np.concatenate([beta[..., 1:], np.full_like(beta[..., :1], -np.inf)], -1)
        of_blank[..., k, :] = np.exp(alphas[..., k, :] + b[..., k, :] + beyond + nll)
        of_label[..., k, :] = np.exp(alphas[..., k, :] + e[..., k, :] + beta + nll)
        beta = np.logaddexp(b[..., k, :] + beyond, e[..., k, :] + beta)
        beta = np.where(at_end & (end == k)[..., None], 0.0, beta)
    t, u = np.ogrid[: blank.shape[-2], : blank.shape[-1]]
    return tuple(-g[..., None, None] * p[..., t + u, t + 0 * u] for p in (of_blank, of_label))


@primitive(lambda g, *args: _posteriors(g, *args)[0], lambda g, *args: _posteriors(g, *args)[1], None, None)
def lattice_nll(blank: Array, emit: Array, frames: Array, labels: Array) -> Array:
    """−log Σ of the probabilities of all paths; `blank` and `emit` are the log-probabilities of the steps from each node, (…, T, U + 1)."""
    alphas = _forward(*_lattice(blank, emit, frames, labels))
    end = np.take_along_axis(alphas, (frames + labels)[..., None, None], -2)[..., 0, :]
    return -np.take_along_axis(end, frames[..., None], -1)[..., 0]


# With durations, a step takes several frames at once, and its probability is also that of its duration d: a blank leads from (t, u) to
# (t + d, u), and has d > 0; a label leads to (t + d, u + 1). The last step is a blank that ends at (frames, labels).


def _reach(blank, emit, durations):
    """The log-probability of reaching each node, (…, T, U + 1): frame by frame, and within a frame label by label."""
    alpha = np.full(blank.shape[:-1], -np.inf, blank.dtype)
    alpha[..., 0, 0] = 0
    for t in range(blank.shape[-3]):
        now = alpha[..., t, :]
        for i, d in enumerate(durations):
            if 0 < d <= t:
                np.logaddexp(now, alpha[..., t - d, :] + blank[..., t - d, :, i], out=now)
                np.logaddexp(now[..., 1:], (alpha[..., t - d, :] + emit[..., t - d, :, i])[..., :-1], out=now[..., 1:])
        for u in range(now.shape[-1] - 1):
            for i in (i for i, d in enumerate(durations) if not d):
                now[..., u + 1] = np.logaddexp(now[..., u + 1], now[..., u] + emit[..., t, u, i])
    return alpha


def _last(blank, frames, labels, durations):
    """Which steps are the last one: blanks that end at (frames, labels), (…, T, U + 1, D)."""
    t, u, d = np.arange(blank.shape[-3])[:, None, None], np.arange(blank.shape[-2])[:, None], np.array(durations)
    return (t + d == frames[..., None, None, None]) & (u == labels[..., None, None, None]) & (d > 0)


def _remaining(blank, emit, frames, labels, durations):
    """The log-probability of what follows each step, a blank or a label, (…, T, U + 1, D)."""
    after_blank = np.where(_last(blank, frames, labels, durations), 0.0, -np.inf).astype(blank.dtype)
    after_label = np.full_like(after_blank, -np.inf)
    beta = np.full(blank.shape[:-1], -np.inf, blank.dtype)
    for t in reversed(range(blank.shape[-3])):
        for i, d in enumerate(durations):
            if d and t + d < blank.shape[-3]:
                after_blank[..., t, :, i] = np.maximum(after_blank[..., t, :, i], beta[..., t + d, :])
                after_label[..., t, :-1, i] = beta[..., t + d, 1:]
        steps = np.concatenate([after_blank[..., t, :, :] + blank[..., t, :, :], after_label[..., t, :, :] + emit[..., t, :, :]], -1)
        beta[..., t, :] = np.where(t < frames[..., None], np.logaddexp.reduce(steps, -1), -np.inf)
        for u in reversed(range(beta.shape[-1] - 1)):
            for i in (i for i, d in enumerate(durations) if not d):
                after_label[..., t, u, i] = beta[..., t, u + 1]
                beta[..., t, u] = np.logaddexp(beta[..., t, u], beta[..., t, u + 1] + emit[..., t, u, i])
    return after_blank, after_label


def _durations_by(of_label):
    """Minus g times the probability that a path takes each blank, or each label."""

    def by_step(g, out, *lattice):
        blank, emit, frames, labels, durations = lattice
        alpha, after = _reach(blank, emit, durations)[..., None], _remaining(blank, emit, frames, labels, durations)
        nll = np.where(np.isfinite(out), out, -np.inf)[..., None, None, None]
        return -g[..., None, None, None] * np.exp(alpha + (emit if of_label else blank) + after[of_label] + nll)

    return by_step


@primitive(_durations_by(False), _durations_by(True), None, None, None)
def durations_nll(blank: Array, emit: Array, frames: Array, labels: Array, durations: tuple[int, ...]) -> Array:
    """−log Σ of the probabilities of all paths; `blank` and `emit` are the log-probabilities of the steps, (…, T, U + 1, durations)."""
    ends = np.where(_last(blank, frames, labels, durations), _reach(blank, emit, durations)[..., None] + blank, -np.inf)
    return -np.logaddexp.reduce(ends.reshape(*ends.shape[:-3], -1), -1)
