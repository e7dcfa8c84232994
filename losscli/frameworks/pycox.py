"""pycox: a mean over the rows, and of Cox's likelihood over the events. Ties come in the order of the rows, which its sort keeps."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

_CLAMP = "our most is the upper one of its two bounds"

TABLES = (
    Table(
        "pycox.models.loss",
        rows=(
            row("cox_ph", "CoxPHLoss", "cox_ph_loss", options={"eps": 1e-7, "ties": "order"}, empty_mean={"terms": float("nan")}),
            row("cox_cc", "CoxCCLoss", "cox_cc_loss", options={"most": 80.0}, instead={"clamp": _CLAMP}),
            row("cox_cc", "cox_cc_loss_single_ctrl"),
            row("nll_logistic_hazard", "nll_logistic_hazard", "NLLLogistiHazardLoss"),
            row("nll_pmf", "nll_pmf", "NLLPMFLoss", options={"eps": 1e-7}, renames={"epsilon": "eps"}),
            row("nll_mtlr", "nll_mtlr", "NLLMTLRLoss", options={"eps": 1e-7}, renames={"epsilon": "eps"}),
            row("nll_pc_hazard", "nll_pc_hazard_loss", "NLLPCHazardLoss"),
            row("bce_surv", "bce_surv_loss", "BCESurvLoss"),
            row("nll_pmf_cr", "nll_pmf_cr", options={"eps": 1e-7}, renames={"epsilon": "eps"}),
            row("rank_loss_deephit_single", "rank_loss_deephit_single"),
            row("rank_loss_deephit_cr", "rank_loss_deephit_cr"),
            row("deephit_single", "DeepHitSingleLoss", options={"eps": 1e-7}),
            row("deephit", "DeepHitLoss", options={"eps": 1e-7}),
        ),
    ),
)

_SIMPSON = (
    "it integrates by a function that SciPy took out (simps), and whose number for an even number of times depended on its version;"
    " brier_survival_integrated takes trapezoids"
)
_ADMIN = (
    "it needs a time of censoring for rows with an event too: leave out the rows that are censored by a time, and score the others with"
    " brier or bce"
)
REFUSED = {
    "EvalSurv": "it has several scores; brier_survival and concordance_survival are the nearest here",
    "brier_score": "it is brier_survival --divide weights, but for times at which some have the event and others are censored",
    "integrated_brier_score integrated_nbll integrated_binomial_log_likelihood": _SIMPSON,
    "nbll binomial_log_likelihood": "it is the likelihood in place of the square in brier_survival, which pycox computes",
    "cox_ph_loss_sorted CoxPHLossSorted": "its rows are sorted by time already: give the times, or falling numbers, to CoxPHLoss",
    "brier_score_admin nbll_admin integrated_brier_score_admin integrated_nbll_admin": _ADMIN,
    "concordance_td": "it compares whole curves of survival, which pycox computes; concordance_survival compares one risk for each row",
}
