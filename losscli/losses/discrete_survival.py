"""Losses of survival models in discrete time: an output for each time interval, and for each row the interval of its event or censoring."""

from __future__ import annotations

from losscli.aggregation import AllRows, RowIndex
from losscli.domains import Cause, CauseLogits, Flag, Interval, IntervalLogits, NonNegative, Positive, Probability, Share0To1
from losscli.numeric.later_risks import largest_later, later_sums
from losscli.numeric.lazy import np
from losscli.numeric.softmax import logsumexp, softmax
from losscli.numeric.steps import log_softplus, nll_with_eps, sigmoid_cross_entropy, softplus
from losscli.pairs.terms import values_of
from losscli.registry import loss

__all__ = [
    "bce_surv", "deephit", "deephit_single", "nll_logistic_hazard", "nll_mtlr", "nll_pc_hazard", "nll_pmf", "nll_pmf_cr",
    "rank_loss_deephit_cr", "rank_loss_deephit_single",
]  # fmt: skip


def places(pred, interval):
    """The number of each interval minus the row's own: 0 at its event or censoring, below 0 before it."""
    return np.arange(pred.shape[-1]) - interval[..., None]


@loss(
    "survival",
    aliases=("logistic_hazard", "nnet_survival", "discrete_hazard_nll", "NLLLogistiHazardLoss"),
    reference="pycox.models.loss.nll_logistic_hazard",
    properties="convex differentiable",
    units="nats",
    use="a model gives the hazard of each time interval, and some rows are censored",
    words=("survival analysis", "discrete time survival", "time to event", "censored data", "hazard", "churn"),
    see={
        "nll_pmf": "a softmax over the intervals",
        "cox_ph": "relative risks only, in continuous time",
        "bce_surv": "survival, not hazards",
    },
)
def nll_logistic_hazard(pred: IntervalLogits, interval: Interval, event: Flag):
    """Negative log-likelihood of discrete hazards: a row has survived every interval before its own, and has its event in its own, or not.

    Σ_{j ≤ k} (log (1 + e^x_j) − [j = k] d x_j), k = interval, d = event; the hazard of interval j is σ(x_j)

    >>> nll_logistic_hazard(np.array([[0.0, 0.0, 5.0]]), np.array([1]), np.array([1]))
    array([1.38629436])
    """
    step = places(pred, interval)
    value = sigmoid_cross_entropy(pred, ((step == 0) & (event[..., None] == 1)).astype(pred.dtype))
    return np.where(step <= 0, value, 0.0).sum(-1)


def _with_survival(x):
    """The logits with one more, 0, of the event that comes after all intervals."""
    return np.concatenate([x, np.zeros((*x.shape[:-1], 1), x.dtype)], -1)


def _nll_of(x, inside, more_inside=None, log_eps=None):
    """−log (Σ e^x over `inside` / Σ e^x), from the sums inside and outside, so that nothing cancels; ε counts as inside or outside."""
    if log_eps is not None and more_inside is not None:
        x = np.concatenate([x, x.max(-1)[..., None] + log_eps], -1)
        inside = np.concatenate([inside, more_inside[..., None]], -1)
    x = x - x.max(-1)[..., None]
    return softplus(logsumexp(np.where(inside, -np.inf, x)) - logsumexp(np.where(inside, x, -np.inf)))


@loss(
    "survival",
    aliases=("pmf_nll", "NLLPMFLoss"),
    reference="pycox.models.loss.nll_pmf",
    properties="differentiable",
    units="nats",
    use="a softmax gives the probability of an event in each interval; some rows are censored",
    words=("survival analysis", "discrete time survival", "time to event", "censored data", "deephit"),
    see={"nll_logistic_hazard": "a hazard for each interval", "nll_mtlr": "the same, of sums of the outputs"},
)
def nll_pmf(pred: IntervalLogits, interval: Interval, event: Flag, *, eps: NonNegative = 0.0):
    """Negative log-likelihood of the interval of an event, or of an event after the interval; the last class, of no event, has logit 0.

    −log p_k for an event, −log (Σ_{j > k} p_j + ε) for a censored row, p = softmax(x, 0), k = interval; ε is in units of e^max x

    >>> nll_pmf(np.array([[0.0, 0.0, 0.0]]), np.array([1]), np.array([0]))
    array([0.69314718])
    """
    x, d = _with_survival(pred), event == 1
    step = places(x, interval)
    inside = np.where(d[..., None], step == 0, step > 0)
    return _nll_of(x, inside, ~d, float(np.log(eps)) if eps else None)


@loss(
    "survival",
    aliases=("mtlr", "NLLMTLRLoss"),
    reference="pycox.models.loss.nll_mtlr",
    properties="differentiable",
    units="nats",
    use="multi-task logistic regression gives survival curves that change smoothly with time",
    words=("survival analysis", "discrete time survival", "multi-task logistic regression", "time to event", "censored data"),
    see={"nll_pmf": "the same without the sums of the outputs"},
)
def nll_mtlr(pred: IntervalLogits, interval: Interval, event: Flag, *, eps: NonNegative = 0.0):
    """nll_pmf of the sums of each output and all later ones.

    nll_pmf of z_j = Σ_{l ≥ j} x_l

    >>> nll_mtlr(np.array([[0.0, 0.0, 0.0]]), np.array([1]), np.array([0]))
    array([0.69314718])
    """
    return nll_pmf(pred[..., ::-1].cumsum(-1)[..., ::-1], interval, event, eps=eps)


@loss(
    "survival",
    aliases=("pc_hazard", "nll_pc_hazard_loss", "NLLPCHazardLoss", "piecewise_exponential"),
    reference="pycox.models.loss.nll_pc_hazard_loss",
    properties="differentiable",
    units="nats",
    use="the hazard is constant within each time interval, and the exact time within it is known",
    words=("survival analysis", "piecewise exponential", "piecewise constant hazard", "time to event", "censored data"),
    see={"nll_logistic_hazard": "where only the interval of an event is known"},
)
def nll_pc_hazard(pred: IntervalLogits, interval: Interval, event: Flag, interval_frac: Probability):
    """Negative log-likelihood of hazards that are constant within an interval; interval_frac is the part of the last one that has passed.

    −d log h_k + f h_k + Σ_{j < k} h_j, h = log (1 + e^x), k = interval, d = event, f = interval_frac

    >>> nll_pc_hazard(np.array([[0.0, 0.0]]), np.array([1]), np.array([0]), np.array([0.5]))
    array([1.03972077])
    """
    step = places(pred, interval)
    passed = np.where(step < 0, 1.0, np.where(step == 0, interval_frac[..., None], 0.0)).astype(pred.dtype)
    now = np.where((step == 0) & (event[..., None] == 1), log_softplus(pred), 0.0)
    return (passed * softplus(pred)).sum(-1) - now.sum(-1)


@loss(
    "survival",
    aliases=("bce_surv_loss", "BCESurvLoss"),
    reference="pycox.models.loss.bce_surv_loss",
    properties="convex differentiable",
    units="nats",
    use="a network gives the probability of survival at each time, as so many yes-or-no questions",
    words=("survival analysis", "survival classification", "time to event", "censored data", "churn"),
    see={"nll_logistic_hazard": "a likelihood, which uses censored rows fully"},
)
def bce_surv(pred: IntervalLogits, interval: Interval, event: Flag):
    """Binary cross-entropy of survival at each time; times after a censoring, at which nothing is known, cost 0.

    log (1 + e^−x_j) for j < k; log (1 + e^x_j) for j ≥ k and an event, else 0; k = interval. A mean is over all times

    >>> bce_surv(np.array([[0.0, 0.0]]), np.array([1]), np.array([0]))[0]
    array([[0.69314718, 0.        ]])
    """
    alive = places(pred, interval) < 0
    known = alive | (event[..., None] == 1)
    return np.where(known, sigmoid_cross_entropy(pred, alive.astype(pred.dtype)), 0.0), None, known


# --- DeepHit: a likelihood and a loss of ranks, also of several causes ---------------------------------------------------------


@loss(
    "survival",
    aliases=("pmf_nll_competing_risks",),
    reference="pycox.models.loss.nll_pmf_cr",
    properties="differentiable",
    units="nats",
    use="one of several causes ends the time of a row (competing risks), and some rows are censored",
    words=("competing risks", "survival analysis", "time to event", "censored data"),
    see={"nll_pmf": "for a single cause"},
)
def nll_pmf_cr(pred: CauseLogits, interval: Interval, event: Cause, *, eps: NonNegative = 0.0):
    """Negative log-likelihood of the cause and the interval of an event (1, 2, …), or of any event after the interval (0).

    −log (p_ck + ε) for cause c, −log (Σ_c Σ_{j > k} p_cj + ε) for a censored row, p = softmax over all, with a logit 0 of no event

    >>> nll_pmf_cr(np.zeros((1, 2, 3)), np.array([1]), np.array([2]))
    array([1.94591015])
    """
    causes, step = np.arange(1, pred.shape[-2] + 1)[:, None], places(pred, interval)[..., None, :]
    c = event[..., None, None]
    inside = np.where(c > 0, (causes == c) & (step == 0), step > 0)
    flat = (*pred.shape[:-2], -1)
    chosen = np.concatenate([inside.reshape(flat), event[..., None] == 0], -1)
    return nll_with_eps(_nll_of(_with_survival(pred.reshape(flat)), chosen), eps)


@loss(
    "survival",
    aliases=("deephit_rank_cr",),
    reference="pycox.models.loss.rank_loss_deephit_cr",
    properties="differentiable",
    units="1",
    use="of several causes, rows with an earlier event of a cause should have a higher risk of it",
    words=("competing risks", "survival analysis", "time to event", "ranking"),
    see={"rank_loss_deephit_single": "for a single cause"},
)
def rank_loss_deephit_cr(pred: CauseLogits, interval: Interval, event: Cause, *, sigma: Positive = 0.1):
    """Mean over all rows of an exponential of the difference of two risks up to the row's interval; the other row had no event by then.

    1/N Σ_j [k_i < k_j, or k_i = k_j and j is censored] e^−(F_i(k_i) − F_j(k_i))/σ for an event, else 0; F is the risk of the row's cause

    >>> next(rank_loss_deephit_cr(np.zeros((1, 1, 1)), np.array([0]), np.array([1])))[1].column
    array([0])
    """
    mass = softmax(_with_survival(pred.reshape(len(pred), -1)))[..., :-1].reshape(pred.shape)
    risk, cause = mass.cumsum(-1), np.maximum(event, 1) - 1
    all_risks, intervals, events, _ = yield *(AllRows(x, paired=False) for x in (risk, interval, event)), RowIndex
    ended = values_of(intervals), values_of(events)
    top = largest_later(values_of(all_risks), ended)
    sums, own = later_sums(all_risks, ended, top, sigma)[cause, interval], risk[np.arange(len(pred)), cause, interval]
    value = np.exp(np.where(event > 0, top[cause, interval] - own, -np.inf) / sigma) * sums
    return value / len(ended[0]), None, (event > 0) & (values_of(sums) != 0)


@loss(
    "survival",
    aliases=("deephit_rank", "deephit_rank_loss"),
    reference="pycox.models.loss.rank_loss_deephit_single",
    properties="differentiable",
    units="1",
    use="rows with an earlier event should have a higher risk up to then, as concordance asks",
    words=("survival analysis", "concordance", "time to event", "ranking"),
    see={"deephit_single": "with the likelihood", "nll_pmf": "the likelihood alone"},
)
def rank_loss_deephit_single(pred: IntervalLogits, interval: Interval, event: Flag, *, sigma: Positive = 0.1):
    """Mean over all rows of an exponential of the difference of two risks up to the row's interval; the other row had no event by then.

    1/N Σ_j [k_i < k_j, or k_i = k_j and j is censored] e^−(F_i(k_i) − F_j(k_i))/σ for an event, else 0; F_i(k) = Σ_{l ≤ k} p_il

    >>> next(rank_loss_deephit_single(np.zeros((1, 1)), np.array([0]), np.array([1])))[1].column
    array([0])
    """
    return (yield from rank_loss_deephit_cr(pred[:, None, :], interval, event, sigma=sigma))


@loss(
    "survival",
    aliases=("DeepHitSingleLoss",),
    reference="pycox.models.loss.DeepHitSingleLoss",
    properties="differentiable",
    units="nats",
    use="survival curves should fit and also rank the rows by their risk",
    words=("survival analysis", "discrete time survival", "time to event", "censored data"),
    see={"nll_pmf": "equal for alpha 1", "rank_loss_deephit_single": "equal for alpha 0", "deephit": "for competing risks"},
)
def deephit_single(
    pred: IntervalLogits, interval: Interval, event: Flag, *, alpha: Share0To1 = 0.2, sigma: Positive = 0.1, eps: NonNegative = 0.0
):
    """The likelihood of nll_pmf and the ranks of rank_loss_deephit_single in a weighted sum.

    α nll_pmf + (1 − α) rank_loss_deephit_single

    >>> next(deephit_single(np.zeros((1, 1)), np.array([0]), np.array([1])))[1].column
    array([0])
    """
    rank, _, ranked = yield from rank_loss_deephit_single(pred, interval, event, sigma=sigma)
    return alpha * nll_pmf(pred, interval, event, eps=eps) + (1 - alpha) * rank, None, None if alpha else ranked


@loss(
    "survival",
    aliases=("DeepHitLoss",),
    reference="pycox.models.loss.DeepHitLoss",
    properties="differentiable",
    units="nats",
    use="competing risks should be fitted, and rows ranked by their risk of each cause",
    words=("competing risks", "survival analysis", "time to event", "censored data"),
    see={"nll_pmf_cr": "equal for alpha 1", "deephit_single": "for a single cause"},
)
def deephit(pred: CauseLogits, interval: Interval, event: Cause, *, alpha: Share0To1 = 0.2, sigma: Positive = 0.1, eps: NonNegative = 0.0):
    """The likelihood of nll_pmf_cr and the ranks of rank_loss_deephit_cr in a weighted sum.

    α nll_pmf_cr + (1 − α) rank_loss_deephit_cr

    >>> next(deephit(np.zeros((1, 1, 1)), np.array([0]), np.array([1])))[1].column
    array([0])
    """
    rank, _, ranked = yield from rank_loss_deephit_cr(pred, interval, event, sigma=sigma)
    return alpha * nll_pmf_cr(pred, interval, event, eps=eps) + (1 - alpha) * rank, None, None if alpha else ranked
