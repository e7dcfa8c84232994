"""The filter that brings a signal nearest to another one: the energies of the filtered signal and of the rest, with derivatives."""

from __future__ import annotations

from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive

__all__ = ["filtered_energies"]


def _correlations(x: Array, y: Array, taps: int) -> Array:
    """Σ_n x[n] y[n + k] for each delay k, on the last axis."""
    time = x.shape[-1]
    return np.stack([(x[..., : time - k] * y[..., k:]).sum(-1) for k in range(taps)], -1)


def _nearest(p: Array, t: Array, taps: int, load: float) -> tuple[Array, Array]:
    """The filter h with the least ‖p − h * t‖² + load ‖h‖², and h * t, which is longer than p."""
    delays = np.abs(np.arange(taps)[:, None] - np.arange(taps))
    own = _correlations(t, t, taps)
    own[..., 0] = np.where(own[..., 0] + load > 0, own[..., 0] + load, 1.0)  # a target of zeros has the filter 0
    h = np.linalg.solve(own[..., delays], _correlations(t, p, taps)[..., None])[..., 0]
    filtered = np.zeros((*t.shape[:-1], t.shape[-1] + taps - 1), t.dtype)
    for k in range(taps):
        filtered[..., k : k + t.shape[-1]] += h[..., k : k + 1] * t
    return h, filtered


def _rest(p: Array, filtered: Array) -> Array:
    rest = -filtered
    rest[..., : p.shape[-1]] += p
    return rest


# The filter is that of the least energy, so that a change of it changes nothing at first: only p and t count in the derivatives.


def _by_p(g, out, p, t, taps, load):
    _, filtered = _nearest(p, t, taps, load)
    rest = _rest(p, filtered)[..., : p.shape[-1]]
    of_signal, of_noise = g[..., 0:1], g[..., 1:2]
    return 2 * (of_signal * p + (of_noise - of_signal) * rest)


def _by_t(g, out, p, t, taps, load):
    h, filtered = _nearest(p, t, taps, load)
    rest, total = _rest(p, filtered), np.zeros_like(t)
    for k in range(taps):
        total += h[..., k : k + 1] * rest[..., k : k + t.shape[-1]]
    return 2 * (g[..., 0:1] - g[..., 1:2]) * total


@primitive(_by_p, _by_t, None, None)
def filtered_energies(p: Array, t: Array, taps: int, load: float) -> Array:
    """‖p‖² − N and N = min ‖p − h * t‖² + load ‖h‖² over the filters h of some taps, on a last axis of two numbers."""
    h, filtered = _nearest(p, t, taps, load)
    of_filter = load * (h**2).sum(-1)
    return np.stack([(filtered**2).sum(-1) + of_filter, (_rest(p, filtered) ** 2).sum(-1) + of_filter], -1)
