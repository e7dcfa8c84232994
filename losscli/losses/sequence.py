"""Losses of sequences of labels that stand, in order, somewhere in a longer sequence."""

from __future__ import annotations

from losscli.diagnostics import Diagnostic, any_of_row
from losscli.domains import FrameCount, Frames, LabelCount, Labels, Slope
from losscli.frameworks import keras, optax, torch
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_infinite, primitive
from losscli.numeric.softmax import neg_log_softmax
from losscli.registry import loss

__all__ = ["ctc"]


def lattice(target, labels, blank):
    """The states of a labelling, a blank, a label, a blank … a blank; between which a blank may be leapt over; which may come last."""
    size = target.shape[-1]
    states = np.full((*target.shape[:-1], 2 * size + 1), blank)
    states[..., 1::2] = np.where(np.arange(size) < labels[..., None], target, blank)  # what pads a labelling may be no class
    behind = np.arange(2 * size + 1) - 2 * labels[..., None]
    return states, states[..., 2:] != states[..., :-2], (behind == 0) | (behind == -1)


def onwards(a, leaps):
    """The log of what reaches each state within a frame: from itself, from the one before, and by a leap from that before it."""
    out = a.copy()
    out[..., 1:] = np.logaddexp(out[..., 1:], a[..., :-1])
    out[..., 2:] = np.logaddexp(out[..., 2:], np.where(leaps, a[..., :-2], -np.inf))
    return out


def forwards(emitted, frames, leaps):
    """The log-probability of each state after each frame, and before the first: in the first blank, having emitted nothing."""
    a = np.full_like(emitted[..., 0, :], -np.inf)
    a[..., 0] = 0
    after = [a]
    for t in range(emitted.shape[-2]):
        after.append(np.where(t < frames[..., None], onwards(after[-1], leaps) + emitted[..., t, :], after[-1]))
    return after


def _alignments_nll_by_emitted(g, out, emitted, frames, leaps, last):
    """Minus the probability of each state in each frame, given the labels; 0 where there is no alignment."""
    after, share = forwards(emitted, frames, leaps), np.zeros_like(emitted)
    ahead = np.where(last, 0.0, -np.inf)  # the log-probability of what is still to come
    nll = np.where(np.isfinite(out), out, -np.inf)[..., None]
    for t in reversed(range(emitted.shape[-2])):
        on = t < frames[..., None]
        share[..., t, :] = np.where(on, np.exp(after[t + 1] + ahead + nll), 0.0)
        ahead = np.where(on, onwards((ahead + emitted[..., t, :])[..., ::-1], leaps[..., ::-1])[..., ::-1], ahead)
    return -g[..., None, None] * share


@primitive(_alignments_nll_by_emitted, None, None, None)
def alignments_nll(emitted, frames, leaps, last):
    """Minus the log of the summed probabilities of all ways through the states, from the log-probability of each in each frame."""
    return -np.logaddexp.reduce(np.where(last, forwards(emitted, frames, leaps)[-1], -np.inf), -1)


@primitive(lambda g, out, x: g - np.exp(x) * g.sum(-1)[..., None])
def as_logits(x):
    """Log-probabilities, whose derivative is that of logits which log_softmax leaves as they are."""
    return x


def _above_zero(context):
    x = context["pred"]
    return any_of_row(x > 1e-6) & (not context["from_logits"])


def counted(target, target_lengths, padding):
    """How many labels each row has."""
    if target_lengths is not None:
        return target_lengths
    return np.ones(target.shape, int).sum(-1) if padding is None else (target != padding).sum(-1)


@loss(
    "sequence",
    aliases=("ctc_loss", "CTCLoss", "connectionist_temporal_classification", "ctc_loss_with_forward_probs"),
    reference="torch.nn.functional.ctc_loss",
    properties="differentiable",
    units="nats",
    use="labels are in order but not aligned to frames, as in speech or handwriting",
    mean="mean of ratios",
    presets=(
        torch("CTCLoss", "functional.ctc_loss", options={"slope": "torch"}, turned="pred"),
        keras("CTC", "ctc", options={"from_logits": True, "padding": 0}, last_axis=None),
        optax("ctc_loss", "ctc_loss_with_forward_probs", options={"from_logits": True}, renames={"blank_id": "blank"}),
    ),
    see={
        "nll": "one label a frame, where it is known which",
        "torch.nn.CTCLoss": "has time first, (T, N, C); here rows come first, (N, T, C), under every name",
        "slope": "exact is the derivative of the value; torch's adds e^pred, as if pred were logits that log_softmax leaves as they are",
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
    """Minus the log of the probability that the frames, blanks and repeats taken out, read as the labels; a mean is one a label.

    −log Σ_π Π_t p_t(π_t), over all π of as many frames that collapse to the labels; ∞, or 0 if zero_infinity, where there is none

    >>> ctc(np.log([[[0.5, 0.5], [0.5, 0.5]]]), np.array([[1]]))
    (array([0.28768207]), array([1]), array([2]))
    """
    labels = counted(target, target_lengths, padding)
    frames = np.full(pred.shape[:-2], pred.shape[-2]) if input_lengths is None else input_lengths
    states, leaps, last = lattice(target, labels, blank)
    every = np.broadcast_to(states[..., None, :], (*pred.shape[:-1], states.shape[-1]))
    logs = -neg_log_softmax(pred) if from_logits else pred if slope == "exact" else as_logits(pred)
    emitted = np.take_along_axis(logs, every, -1)
    value = explain_infinite(
        alignments_nll(emitted, frames, leaps, last), "no way to align the labels with so many frames has a probability"
    )
    lost = zero_infinity & np.isinf(value)
    return np.where(lost, 0.0, value), labels, np.where(lost, 0, frames)
