"""Alignments of frames and labels as paths through a lattice: the log of the sum of their probabilities, with its derivative."""

from __future__ import annotations

from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive

__all__ = ["lattice_nll"]

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
