"""Losses of the tokens of a language model: the next token, from logits, and the distillation of one model into another."""

from __future__ import annotations

from losscli.aggregation import MeanOver
from losscli.diagnostics import looks_like_probabilities
from losscli.domains import Flag, FreeLogits, LastLogits, NonNegative, Positive, Probability, Slope, TokenLogits, Tokens
from losscli.numeric.lazy import np
from losscli.numeric.softmax import logsumexp, softmax_cross_entropy, softmax_jsd, softmax_kl
from losscli.numeric.steps import multiply_no_nan, stop_gradient
from losscli.registry import loss

__all__ = ["causal_lm", "dft", "gkd", "perplexity", "z_loss"]

_PROBABILITIES = looks_like_probabilities(vector=True)


def token_losses(pred, target, ignore_index, shift):
    """−log softmax(x)_y of each label, from the logits before it (of its own position without shift); and which labels count.

    The first label of a shifted sequence has no logits before it, so that it does not count.
    """
    kept = target != ignore_index
    if shift:
        pred = np.concatenate([pred[..., :1, :], pred[..., :-1, :]], -2)
        kept = kept & (np.arange(target.shape[-1]) > 0)
    losses = softmax_cross_entropy(pred, np.where(kept, target, 0))
    return pred, np.where(kept, losses, 0.0), kept


def over_tokens(kept, num_items):
    """The mean over the tokens that count, or their sum divided by a given number of tokens."""
    return MeanOver("tokens", kept) if num_items is None else MeanOver("num_items", kept, num_items)


@loss(
    "sequence",
    aliases=("causal_language_modeling", "next_token", "next_token_prediction", "language_model_loss", "lm_loss", "sft"),
    reference="transformers.loss.loss_utils.ForCausalLMLoss",
    properties="convex differentiable",
    units="nats a token",
    use="a language model predicts each token from the tokens before it",
    words=("language model", "next token", "fine-tuning"),
    see={
        "cross_entropy": "without the shift: its labels belong to the logits of the same position",
        "shift": "--no-shift for labels that are shifted already",
        "num_items": "the tokens of all batches of a step: without it, batches with few tokens count too much",
        "perplexity": "its exponential",
        "z_loss": "in PaLM 1e-4; also a loss of its own",
    },
    hints=(_PROBABILITIES,),
)
def causal_lm(
    pred: TokenLogits,
    target: Tokens,
    *,
    ignore_index: int = -100,
    shift: bool = True,
    num_items: Positive | None = None,
    z_loss: NonNegative = 0.0,
):
    """Cross-entropy of each token with the softmax of the logits at the token before it, averaged over the tokens that are not ignored.

    −log softmax(x_{t−1})_{y_t} + z (log Σ e^x)², z = z_loss; a mean is Σ / tokens, or Σ / num_items

    >>> causal_lm(np.array([[[0.0, 0.0], [5.0, 5.0]]]), np.array([[0, 1]]))[0]
    array([[0.        , 0.69314718]])
    """
    pred, losses, kept = token_losses(pred, target, ignore_index, shift)
    losses = losses + z_loss * np.where(kept, logsumexp(pred), 0.0) ** 2 if z_loss else losses
    return losses, over_tokens(kept.astype(losses.dtype), num_items)


def _needs_logits(options, framework):
    named = next((n for n in ("from_probs", "from_log_probs") if options.get(n)), "")
    return f"z_loss needs the logits, whose sum {named} does not say: leave out --z-loss" if named and options["z_loss"] else ""


causal_lm.refusal = _needs_logits  # type: ignore[attr-defined]


@loss(
    "sequence",
    aliases=("ppl", "token_perplexity"),
    reference="exp of transformers.loss.loss_utils.ForCausalLMLoss",
    properties="differentiable",
    units="tokens",
    use="the mean loss of a language model should be read as a number of equally likely tokens",
    words=("language model",),
    see={
        "causal_lm": "its logarithm",
        "torchmetrics.Perplexity": "without the shift: its labels belong to the logits of the same position",
        "per": "row: the perplexity of each sequence",
    },
    hints=(_PROBABILITIES,),
)
def perplexity(pred: TokenLogits, target: Tokens, *, ignore_index: int = -100, shift: bool = True):
    """Exponential of the mean causal_lm loss over all tokens that are not ignored.

    exp(Σ −log softmax(x_{t−1})_{y_t} / tokens)

    >>> next(perplexity(np.array([[[0.0, 0.0], [5.0, 5.0]]]), np.array([[0, 1]])))
    (array([[0.        , 0.69314718]]), array([[0., 1.]]))
    """
    _, losses, kept = token_losses(pred, target, ignore_index, shift)
    total, tokens = yield losses, kept.astype(losses.dtype)
    return np.exp(total / tokens)


@loss(
    "sequence",
    aliases=("router_z_loss", "log_z_squared"),
    reference="the formula; arXiv:2204.02311, arXiv:2202.08906",
    properties="convex differentiable",
    units="squared nats",
    use="logits should not drift: the softmax does not see a number that is added to all of them",
    see={"causal_lm": "--z-loss adds it to the cross-entropy of the same tokens", "coefficient": "1e-4 in PaLM, 1e-3 in ST-MoE"},
)
def z_loss(pred: FreeLogits, mask: Flag = None, *, coefficient: NonNegative = 1.0):
    """Square of the logarithm of the softmax's denominator, which keeps logits near their normalised values.

    c (log Σ_c e^{x_c})², c = coefficient

    >>> z_loss(np.array([[0.0, 0.0]]))
    array([0.48045301])
    """
    value = coefficient * logsumexp(pred) ** 2
    return value if mask is None else (np.where(mask == 1, value, 0.0), MeanOver("tokens", mask.astype(value.dtype)))


@loss(
    "sequence",
    aliases=("dynamic_fine_tuning", "dft_loss"),
    reference="trl.SFTTrainer, loss_type dft",
    properties="differentiable robust",
    units="nats a token",
    use="fine-tuning should not be driven by tokens that the model finds unlikely",
    see={"causal_lm": "without the factor", "slope": "exact is the derivative of the value; trl treats the probability as a constant"},
    hints=(_PROBABILITIES,),
)
def dft(
    pred: TokenLogits,
    target: Tokens,
    *,
    ignore_index: int = -100,
    shift: bool = True,
    num_items: Positive | None = None,
    slope: Slope = "exact",
):
    """Cross-entropy of each token as in causal_lm, times the probability of the token.

    −p log p, p = softmax(x_{t−1})_{y_t}; a mean is Σ / tokens, or Σ / num_items

    >>> dft(np.array([[[0.0, 0.0], [5.0, 5.0]]]), np.array([[0, 1]]))[0]
    array([[0.        , 0.34657359]])
    """
    _, losses, kept = token_losses(pred, target, ignore_index, shift)
    p = np.exp(-losses)
    return multiply_no_nan(p if slope == "exact" else stop_gradient(p), losses), over_tokens(kept.astype(losses.dtype), num_items)


@loss(
    "divergence",
    aliases=("generalized_jsd", "generalized_js_divergence", "generalized_knowledge_distillation", "skew_divergence"),
    reference="trl.experimental.gkd.GKDTrainer.generalized_jsd_loss; arXiv:2306.13649",
    properties="differentiable zero",
    units="nats a token",
    use="a language model should learn the distributions of a teacher's next tokens, as in GKD",
    words=("knowledge distillation", "teacher and student", "language model", "on-policy distillation"),
    see={
        "distillation": "KL(teacher ‖ student) times T², with labels",
        "js_divergence": "the same of probabilities for beta ½ and temperature 1",
        "beta": "0 is KL(teacher ‖ student), 1 is KL(student ‖ teacher)",
        "mask": "without one every row counts the same; with tokens on a second axis every token",
    },
    hints=(_PROBABILITIES, looks_like_probabilities("--teacher-from-probs takes probabilities", "teacher", vector=True)),
)
def gkd(
    pred: LastLogits,
    teacher: LastLogits,
    mask: Flag = None,
    *,
    beta: Probability = 0.5,
    temperature: Positive = 1.0,
    num_items: Positive | None = None,
):
    """Generalised Jensen-Shannon divergence of the student's and the teacher's softmax: that of both from their mixture.

    β KL(q ‖ m) + (1 − β) KL(p ‖ m), m = β q + (1 − β) p, p = softmax(x/T), q = softmax(z/T); x the student's logits, z the teacher's

    >>> gkd(np.array([[0.0, 0.0]]), np.array([[1000.0, 0.0]]), beta=0.0)[0]
    array([0.69314718])
    """
    x, z = pred / temperature, teacher / temperature
    value = softmax_jsd(x, z, beta) if 0 < beta < 1 else softmax_kl(z, x) if beta else softmax_kl(x, z)
    counted = np.ones(value.shape, value.dtype) if mask is None else mask.astype(value.dtype)
    return np.where(counted == 1, value, 0.0), over_tokens(counted, num_items)
