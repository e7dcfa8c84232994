"""Losses of a sequence of labels that is not aligned with a longer sequence of frames."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import MeanOver
from losscli.diagnostics import Diagnostic, any_in_row
from losscli.domains import (
    Durations,
    FrameCount,
    Frames,
    LabelCount,
    Labels,
    Lattice,
    LatticeDurations,
    LatticeFrames,
    LatticeLabels,
    Real,
    Slope,
)
from losscli.numeric.alignments import durations_nll, lattice_nll
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_infinite, primitive
from losscli.numeric.softmax import neg_log_softmax
from losscli.registry import loss

__all__ = ["ctc", "rnnt", "tdt"]

NO_ALIGNMENT = "every alignment of the labels with the frames has the probability 0"


def ctc_states(target, labels, blank):
    """The states (blank, label, blank, …, blank) of each row; where a blank may be skipped next; and which states may be last."""
    size = target.shape[-1]
    states = np.full((*target.shape[:-1], 2 * size + 1), blank)
    states[..., 1::2] = np.where(np.arange(size) < labels[..., None], target, blank)  # padding need not be a valid class
    from_end = np.arange(2 * size + 1) - 2 * labels[..., None]
    return states, states[..., 2:] != states[..., :-2], (from_end == 0) | (from_end == -1)


def transition(alpha, skips):
    """The log-probability of reaching each state in one frame: from itself, from the state before, or with a skip from two before."""
    out = alpha.copy()
    out[..., 1:] = np.logaddexp(out[..., 1:], alpha[..., :-1])
    out[..., 2:] = np.logaddexp(out[..., 2:], np.where(skips, alpha[..., :-2], -np.inf))
    return out


def forward(emitted, frames, skips):
    """The forward variables α: the log-probability of each state before the first frame and after each frame."""
    start = np.full_like(emitted[..., 0, :], -np.inf)
    start[..., 0] = 0
    alphas = [start]
    for t in range(emitted.shape[-2]):
        alphas.append(np.where(t < frames[..., None], transition(alphas[-1], skips) + emitted[..., t, :], alphas[-1]))
    return alphas


def _ctc_nll_by_emitted(g, out, emitted, frames, skips, last):
    """Minus the posterior probability of each state in each frame; 0 where no alignment exists."""
    alphas, posterior = forward(emitted, frames, skips), np.zeros_like(emitted)
    beta = np.where(last, 0.0, -np.inf)  # the backward variable: the log-probability of the remaining frames
    nll = np.where(np.isfinite(out), out, -np.inf)[..., None]
    for t in reversed(range(emitted.shape[-2])):
        valid = t < frames[..., None]
        posterior[..., t, :] = np.where(valid, np.exp(alphas[t + 1] + beta + nll), 0.0)
        beta = np.where(valid, transition((beta + emitted[..., t, :])[..., ::-1], skips[..., ::-1])[..., ::-1], beta)
    return -g[..., None, None] * posterior


@primitive(_ctc_nll_by_emitted, None, None, None)
def ctc_nll(emitted, frames, skips, last):
    """−log Σ of the probabilities of all paths through the states; `emitted` holds the log-probability of each state in each frame."""
    return -np.logaddexp.reduce(np.where(last, forward(emitted, frames, skips)[-1], -np.inf), -1)


@primitive(lambda g, out, x: g - np.exp(x) * g.sum(-1)[..., None])
def as_logits(x):
    """x, with the gradient of log_softmax(x): log-probabilities treated as logits that log_softmax does not change."""
    return x


def _above_zero(context):
    x = context["pred"]
    return any_in_row(x > 1e-6) & (not context["from_logits"])


def label_counts(target, target_lengths, padding):
    """The number of labels of each row."""
    if target_lengths is not None:
        return target_lengths
    return np.ones(target.shape, int).sum(-1) if padding is None else (target != padding).sum(-1)


@loss(
    "sequence",
    aliases=("ctc_loss", "CTCLoss", "connectionist_temporal_classification", "ctc_loss_with_forward_probs"),
    reference="torch.nn.functional.ctc_loss",
    properties="differentiable",
    units="nats",
    use="labels have an order but are not aligned to frames, as in speech or handwriting",
    words=("speech recognition", "handwriting", "unaligned labels", "ocr"),
    mean="mean of ratios",
    see={
        "nll": "for labels that are aligned: one for each frame",
        "torch.nn.CTCLoss": "takes time first, (T, N, C), and labels one row after the other; under our name rows come first, (N, T, C)",
        "slope": "exact is the derivative of the value; torch's is that of log_softmax(pred), so it adds e^pred",
        "optax.losses.ctc_loss": "gives about 1e5 where no alignment is possible",
    },
    hints=(
        Diagnostic("W102", "pred is above 0, so it holds no log-probabilities: give log_softmax(logits), or --from-logits", _above_zero),
    ),
)
def ctc(
    pred: Frames,
    target: Labels,
    input_lengths: FrameCount = None,
    target_lengths: LabelCount = None,
    *,
    blank: int = 0,
    zero_infinity: bool = False,
    from_logits: bool = False,
    padding: int | None = None,
    slope: Slope = "exact",
):
    """Negative log-probability that the frames, without repeats and blanks, give the labels; a mean divides each row by its labels.

    −log Σ_π Π_t p_t(π_t), over all alignments π that collapse to the labels; if there is none ∞, or 0 with zero_infinity

    >>> ctc(np.log([[[0.5, 0.5], [0.5, 0.5]]]), np.array([[1]]))
    (array([0.28768207]), array([1]), array([2]))
    """
    labels = label_counts(target, target_lengths, padding)
    frames = np.full(pred.shape[:-2], pred.shape[-2]) if input_lengths is None else input_lengths
    states, skips, last = ctc_states(target, labels, blank)
    state_of_frame = np.broadcast_to(states[..., None, :], (*pred.shape[:-1], states.shape[-1]))
    logs = -neg_log_softmax(pred) if from_logits else pred if slope == "exact" else as_logits(pred)
    emitted = np.take_along_axis(logs, state_of_frame, -1)
    value = explain_infinite(ctc_nll(emitted, frames, skips, last), NO_ALIGNMENT)
    excluded = zero_infinity & np.isinf(value)
    return np.where(excluded, 0.0, value), labels, np.where(excluded, 0, frames)


@loss(
    "sequence",
    aliases=("rnnt_loss", "RNNTLoss", "rnn_t", "transducer", "transducer_loss", "rnn_transducer"),
    reference="torchaudio.functional.rnnt_loss (Graves 2012)",
    properties="differentiable",
    units="nats",
    use="labels are emitted while the frames go by, as in streaming speech recognition (RNN-T)",
    words=("speech recognition", "streaming", "unaligned labels", "asr"),
    see={
        "ctc": "the labels do not depend on each other, and each frame has one label or a blank",
        "pred": "(rows, frames, labels + 1, classes): for each frame and number of labels before it, the logits of what comes next",
        "blank": "-1 is the last class, as in torchaudio",
        "average": "label: a mean is the sum over all rows divided by their labels, as NeMo's mean_volume",
    },
    hints=(
        Diagnostic("W102", "pred is above 0, so it holds no log-probabilities: give log_softmax(logits), or --from-logits", _above_zero),
    ),
)
def rnnt(
    pred: Lattice,
    target: LatticeLabels,
    input_lengths: LatticeFrames = None,
    target_lengths: LabelCount = None,
    *,
    blank: int = 0,
    from_logits: bool = True,
    average: Literal["row", "label"] = "row",
):
    """Negative log-probability of the labels: each step emits a label, or a blank that goes on to the next frame.

    −log Σ_π Π p(step | t, u), over all paths π of T blanks and U labels in any order that ends with a blank

    >>> rnnt(np.zeros((1, 1, 2, 2)), np.array([[1]]))
    array([1.38629436])
    """
    labels = label_counts(target, target_lengths, None)
    frames = np.full(pred.shape[:-3], pred.shape[-3]) if input_lengths is None else input_lengths
    logs = -neg_log_softmax(pred) if from_logits else pred
    value = lattice_nll(logs[..., blank], next_labels(logs, target, labels), frames, labels)
    value = explain_infinite(value, NO_ALIGNMENT)
    return value if average == "row" else (value, MeanOver("labels", labels.astype(value.dtype)))


@loss(
    "sequence",
    aliases=("tdt_loss", "TDTLoss", "token_and_duration_transducer", "ParakeetForTDTLoss"),
    reference="transformers.loss.loss_tdt.tdt_loss; arXiv:2304.06795",
    properties="differentiable",
    units="nats",
    use="labels are emitted while the frames go by, several frames at once (TDT, Parakeet)",
    words=("speech recognition", "streaming", "unaligned labels", "asr", "transducer"),
    mean="mean of ratios",
    see={
        "rnnt": "one frame at a time, without durations",
        "pred": "(rows, frames, labels + 1, classes): for each frame and number of labels before it, the logits of what comes next",
        "duration_logits": "(rows, frames, labels + 1, durations): the logits of how many frames this takes",
        "sigma": "is subtracted from the log-probability of each label and blank, so that long durations are preferred",
    },
)
def tdt(
    pred: Lattice,
    duration_logits: LatticeDurations,
    target: LatticeLabels,
    input_lengths: LatticeFrames = None,
    target_lengths: LabelCount = None,
    *,
    durations: Durations = (0.0, 1.0, 2.0, 3.0, 4.0),
    blank: int = -1,
    sigma: Real = 0.0,
):
    """Negative log-probability of the labels, where each step also tells how many frames it takes; a mean divides each row by its labels.

    −log Σ_π Π p(step | t, u) p(d | t, u) e^−σ, over all paths π of labels and blanks (with d > 0) that end with a blank after T frames

    >>> tdt(np.zeros((1, 1, 2, 2)), np.zeros((1, 1, 2, 2)), np.array([[0]]), durations=np.array([0.0, 1.0]))[0]
    array([2.77258872])
    """
    labels = label_counts(target, target_lengths, None)
    frames = np.full(pred.shape[:-3], pred.shape[-3]) if input_lengths is None else input_lengths
    logs, of_duration = -neg_log_softmax(pred) - sigma, -neg_log_softmax(duration_logits)
    emitted, blanks = next_labels(logs, target, labels), logs[..., blank]
    value = durations_nll(blanks[..., None] + of_duration, emitted[..., None] + of_duration, frames, labels, tuple(map(int, durations)))
    return explain_infinite(value, NO_ALIGNMENT), labels, frames


def next_labels(logs, target, labels):
    """The log-probability of the next label of each node of a lattice, of a row with so many labels."""
    known = np.arange(target.shape[-1]) < labels[..., None]
    next_label = np.zeros(logs.shape[:-3] + logs.shape[-2:-1], int)  # of each number of labels before it
    width = min(target.shape[-1], logs.shape[-2])
    next_label[..., :width] = np.where(known, target, 0)[..., :width]
    return np.take_along_axis(logs, np.broadcast_to(next_label[..., None, :, None], (*logs.shape[:-1], 1)), -1)[..., 0]
