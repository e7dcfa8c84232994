"""pycox: a mean over the rows, and of Cox's likelihood over the events. Ties come in the order of the rows, which its sort keeps."""

from __future__ import annotations

from typing import Any

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

# A number for each time.
_AT_TIMES: dict[str, Any] = {
    "options": {"at_risk": "all", "average": "none"},
    "renames": {"time_grid": "times"},
    "reduction": "none",
    "instead": {
        "steps": "give pred as the survival at each of the times",
        "censor_surv": "it is km here; brier_survival_weighted takes the weights of another model",
    },
}
_NBLL = _AT_TIMES | {"options": _AT_TIMES["options"] | {"score": "nbll", "eps": 1e-7}}
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
    Table(
        "pycox.evaluation",
        rows=(
            row("survival_score", "EvalSurv.brier_score", "ipcw.brier_score", **_AT_TIMES),
            row("survival_score", "EvalSurv.nbll", **_NBLL),
            row("survival_score", "ipcw.binomial_log_likelihood", factor=-1.0, **_NBLL),
        ),
    ),
)

_SIMPSON = (
    "it integrates by a function that SciPy took out (simps), and whose number for an even number of times depended on its version;"
    " pycox.brier_score and pycox.nbll have the number at each time, brier_survival_integrated an integral by trapezoids"
)
_ADMIN = (
    "it needs a time of censoring for rows with an event too; leave out the rows censored by a time, and score the others with brier or bce"
)
REFUSED = {
    "EvalSurv": "it has several scores: pycox.brier_score, pycox.nbll; concordance_survival is of one risk for each row",
    "integrated_brier_score integrated_nbll integrated_binomial_log_likelihood": _SIMPSON,
    "brier_score_admin nbll_admin integrated_brier_score_admin integrated_nbll_admin": _ADMIN,
    "concordance_td": "it compares whole curves of survival, which pycox computes; concordance_survival compares one risk for each row",
    "cox_ph_loss_sorted CoxPHLossSorted": "its rows are sorted by time already: give the times, or falling numbers, to CoxPHLoss",
}
