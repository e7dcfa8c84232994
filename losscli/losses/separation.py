"""Losses of separated sounds: distortion up to a filter (SDR), vectors of the bins of a spectrogram, and stereo."""

from __future__ import annotations

from typing import Any, Literal

from losscli.domains import BinGroups, BinVectors, BinWeights, NonNegative, Period, Positive, Signal, Stereo
from losscli.losses.spectra import Distance, Shape, stft_columns, stft_value
from losscli.numeric.distances import norm
from losscli.numeric.filters import filtered_energies
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.windows import image_scale
from losscli.registry import loss

__all__ = ["deep_clustering", "sdr", "stereo_stft"]


@loss(
    "audio",
    aliases=("signal_distortion_ratio", "SignalDistortionRatio", "sdr_loss", "bss_eval_sdr"),
    reference="torchmetrics.functional.audio.signal_distortion_ratio",
    units="dB",
    use="separated sound should match up to a filter, as of a room or a microphone",
    words=("source separation", "speech separation", "bss eval", "reverberation"),
    see={
        "si_sdr": "a filter of one tap: only the volume does not count",
        "filter_length": "the taps of the filter; 512 in BSS Eval",
        "load_diag": "what is added to the diagonal of the equations, for a target of energy 1: less noise in long filters",
        "form": "loss is −SDR, score is SDR",
    },
)
def sdr(
    pred: Signal,
    target: Signal,
    *,
    filter_length: Period = 512,
    zero_mean: bool = False,
    load_diag: NonNegative = 0.0,
    form: Literal["loss", "score"] = "loss",
):
    """Minus the signal-to-distortion ratio: the energy of the part of pred that is a filtered target, over that of the rest.

    −10 log₁₀ ((‖p‖² − N) / N), N = min_h ‖p − h * t‖² over the filters h of some taps

    >>> sdr(np.array([[2.0, 0.0, 1.0]]), np.array([[1.0, 0.0, 0.0]]), filter_length=2).round(4)
    array([-6.0206])
    """
    p, t = (x / image_scale(x, x, 1e-300, 1) for x in (pred, target))
    p, t = (x - x.mean(-1, keepdims=True) if zero_mean else x for x in (p, t))
    size = norm(t)[..., None]
    energies = filtered_energies(p, t / np.where(size > 0, size, 1.0), int(filter_length), float(load_diag))
    noise = explain_zero(energies[..., 1], "pred is a filtered target")
    ratio = 10 * np.log10(explain_zero(energies[..., 0], "no filter of target is like pred") / noise)
    return ratio if form == "score" else -ratio


# --- bins of a spectrogram --------------------------------------------------------------------------------------------------


def ranks(groups):
    """The number of each group among those of its row: 0, 1, …"""
    order = np.argsort(groups, -1, kind="stable")
    in_order = np.take_along_axis(groups, order, -1)
    first = np.concatenate([np.zeros_like(groups[..., :1], bool), in_order[..., 1:] != in_order[..., :-1]], -1)
    return np.take_along_axis(np.cumsum(first, -1), np.argsort(order, -1, kind="stable"), -1)


def group_means(v, group, weight):
    """The sum of the weights and the mean vector of each group, and the rest of each vector, of which the sum in a group is 0."""
    rest = v
    sizes: list[Any] = []
    means: list[Any] = []
    for k in range(int(group.max()) + 1):
        w = np.where(group == k, weight, 0.0)
        size = w.sum(-1)
        mean = (w[..., None] * v).sum(-2) / np.where(size > 0, size, 1.0)[..., None]
        rest = rest - (group == k)[..., None] * mean[..., None, :]
        sizes, means = [*sizes, size], [*means, mean]
    return sizes, means, rest


@loss(
    "audio",
    aliases=("deep_clustering_loss", "dpcl"),
    reference="asteroid.losses.deep_clustering_loss",
    units="1",
    use="bins of a spectrogram with the same loudest source should have like vectors",
    words=("source separation", "speech separation", "affinity", "speaker separation"),
    see={
        "target": "the source that is loudest in each bin: which numbers or words does not matter",
        "weight": "0 for bins that are silent",
    },
)
def deep_clustering(pred: BinVectors, target: BinGroups, weight: BinWeights = None):
    """Squared difference of the affinities of each two bins, which are the dot product of their vectors, from 1 or 0; over the bins.

    Σ_ij (v_i·v_j − 1[y_i = y_j])² w_i² w_j² / Σ w

    >>> deep_clustering(np.array([[[1.0, 0.0], [0.0, 1.0]]]), np.array([[0, 0]]))[0]
    array([1.])
    """
    w = np.ones(target.shape, pred.dtype) if weight is None else weight
    sizes, means, rest = group_means(pred, ranks(target), w**2)
    rest, total = rest * w[..., None], 0.0
    spread = np.matmul(np.swapaxes(rest, -1, -2), rest)
    # with v = mean + rest, whose sum in each group is 0, the sum of squares has three parts, in which nothing cancels
    for i, (n, a) in enumerate(zip(sizes, means, strict=True)):
        for j, (m, b) in enumerate(zip(sizes, means, strict=True)):
            total = total + n * m * ((a * b).sum(-1) - (i == j)) ** 2
        total = total + 2 * n * (a * np.matmul(spread, a[..., None])[..., 0]).sum(-1)
    total, bins = total + (spread**2).sum((-2, -1)), w.sum(-1)
    return total / np.where(bins > 0, bins, 1.0), None, bins


# --- stereo -----------------------------------------------------------------------------------------------------------------


@loss(
    "audio",
    aliases=("SumAndDifferenceSTFTLoss", "sum_and_difference_stft", "mid_side_stft"),
    reference="auraloss.freq.SumAndDifferenceSTFTLoss",
    units="1 and nats",
    use="stereo sound should be right in both its middle and its width",
    words=("stereo", "mastering", "audio synthesis"),
    see={
        "multi_resolution_stft": "of each channel, where the weights are explained",
        "w_sum": "of left + right; w_diff that of left − right",
    },
)
def stereo_stft(
    pred: Stereo,
    target: Stereo,
    *,
    fft_sizes=(1024.0, 2048.0, 512.0),
    hop_sizes=(120.0, 240.0, 50.0),
    win_lengths=(600.0, 1200.0, 240.0),
    window: Shape = "hann",
    w_sum: NonNegative = 1.0,
    w_diff: NonNegative = 1.0,
    w_sc: NonNegative = 1.0,
    w_log_mag: NonNegative = 1.0,
    w_lin_mag: NonNegative = 0.0,
    w_phs: NonNegative = 0.0,
    mag_distance: Distance = "L1",
    eps: Positive = 1e-8,
):
    """The mean of two multi-resolution STFT losses: of the sum of left and right, and of their difference.

    ½ (w_sum mrstft(p_l + p_r, t_l + t_r) + w_diff mrstft(p_l − p_r, t_l − t_r))

    >>> len(next(stereo_stft(np.ones((1, 2, 4)), np.ones((1, 2, 4)), fft_sizes=[4], hop_sizes=[2], win_lengths=[4])))
    14
    """
    frames = [(*frame, window) for frame in zip(fft_sizes, hop_sizes, win_lengths, strict=True)]
    (p, r), (t, u) = ((x[..., 0, :], x[..., 1, :]) for x in (pred, target))  # left and right
    mixes = [(p + r, t + u), (p - r, t - u)]
    columns = yield tuple(c for x, y in mixes for frame in frames for c in stft_columns(x, y, frame, (eps, mag_distance, w_phs)))
    values = [stft_value(columns[k : k + 7], (w_sc, w_log_mag, w_lin_mag, w_phs)) for k in range(0, len(columns), 7)]
    of_sum, of_difference = values[: len(frames)], values[len(frames) :]
    return (w_sum * sum(of_sum) + w_diff * sum(of_difference)) / (2 * len(frames))
