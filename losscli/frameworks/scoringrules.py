"""scoringrules: a score for each forecast."""

from __future__ import annotations

from collections.abc import Iterator

from losscli.frameworks import Row, Table, row

__all__ = ["TABLES"]

_LOG_WORDS = {"mulog": "it is --mu here", "sigmalog": "it is --sigma here"}
_QUANTILE = "give the median and both bounds of all intervals as the columns of --pred, with --quantiles"
_ALL_QUANTILES = dict.fromkeys(("median", "lower", "upper", "alpha", "w_median", "w_alpha"), _QUANTILE)
_UNIT = "move target to 0 to 1, (t − lower) / (upper − lower), and multiply the score by upper − lower"
_ESTIMATOR = {"estimator": "--fair is its fair and pwm; nrg, qd and int give the default"}
_LOG_PLACE = {"locationlog": "it is --mu here", "scalelog": "it is --sigma here"}

_NO_MASSES = dict.fromkeys(("lmass", "umass"), "its name with gtc before the distribution takes the probability of a bound")
_V_FUNC = {"v_func": "only a clip to the bounds --a and --b; apply another function to pred and target first"}
_W_FUNC = {"w_func": "give its values as --target-weight and --member-weights, or only the bounds --a and --b"}
_VECTORS_W = {"w": "only equal weights are available"} | _W_FUNC
_CLASSES = {"onehot": "a label is a class index from 0, or a vector of a number for each class", "k_axis": "it is --class-axis here"}
_KERNEL = {"estimator": "--fair is its fair; only nrg is available beside it"}


def _kernel(loss: str, short: str) -> Iterator[Row]:
    kinds = {"tw": ("threshold", _V_FUNC | _KERNEL), "ow": ("outcome", _W_FUNC), "vr": ("vertical", _W_FUNC)}
    yield row(loss, f"{short}_ensemble", instead=_KERNEL)
    yield from (row(loss, f"{kind}{short}_ensemble", options={"weighting": to}, instead=says) for kind, (to, says) in kinds.items())


TABLES = (
    Table(
        "scoringrules",
        shared={"reduction": "none"},
        rows=(
            row("interval_score", "interval_score"),
            row("quantile", "quantile_score", renames={"alpha": "tau"}),
            row("crps_gaussian", "crps_normal", instead={"mu": "it is --pred here"}),
            row("crps_ensemble", "crps_ensemble", instead=_ESTIMATOR),
            row("energy_score", "es_ensemble", "energy_score", instead={"estimator": "only nrg is available"}),
            row(
                "threshold_weighted_crps",
                "twcrps_ensemble",
                instead={"v_func": "only the thresholds --a and --b are available"} | _ESTIMATOR,
            ),
            row("variogram_score", "vs_ensemble", "variogram_score", instead={"w": "only equal weights are available"}),
            row("brier", "brier_score"),
            row("bce", "log_score", options={"floor": -1e100}),
            row("laplace_nll", "logs_laplace"),
            row("student_t_nll", "logs_t"),
            row("negative_binomial_nll", "logs_negbinom", instead={"prob": "give the mean, total_count (1 − prob) / prob, as pred"}),
        ),
    ),
    # Weighted scores of ensembles, and those by a kernel.
    Table(
        "scoringrules",
        shared={"reduction": "none"},
        rows=(
            row("weighted_crps", "owcrps_ensemble", instead=_W_FUNC),
            row("weighted_crps", "vrcrps_ensemble", options={"weighting": "vertical"}, instead=_W_FUNC),
            row("weighted_energy_score", "owes_ensemble", instead=_W_FUNC),
            row("weighted_energy_score", "twes_ensemble", options={"weighting": "threshold"}, instead=_V_FUNC),
            row("weighted_energy_score", "vres_ensemble", options={"weighting": "vertical"}, instead=_W_FUNC),
            row("weighted_variogram_score", "owvs_ensemble", instead=_VECTORS_W),
            row("weighted_variogram_score", "twvs_ensemble", options={"weighting": "threshold"}, instead=_V_FUNC),
            row("weighted_variogram_score", "vrvs_ensemble", options={"weighting": "vertical"}, instead=_VECTORS_W),
            *_kernel("kernel_score", "gksuv"),
            *_kernel("multivariate_kernel_score", "gksmv"),
            row("dawid_sebastiani", "dssuv_ensemble"),
            row("multivariate_dawid_sebastiani", "dssmv_ensemble"),
            row("error_spread", "error_spread_score"),
            row("ensemble_nll", "logs_ensemble"),
            row("ensemble_nll", "clogs_ensemble"),
            row("ranked_log_score", "rls_score", instead=_CLASSES),
            row("ranked_probability_score", "rps_score", instead=_CLASSES),
        ),
    ),
    # Distributions, in closed form.
    Table(
        "scoringrules",
        shared={"reduction": "none"},
        rows=(
            row("wis", "weighted_interval_score", instead=_ALL_QUANTILES),
            row("crps_laplace", "crps_laplace"),
            row("crps_logistic", "crps_logistic"),
            row("crps_uniform", "crps_uniform", instead={"lmass": "only 0 is available", "umass": "only 0 is available"}),
            row("crps_exponential", "crps_exponential"),
            row("crps_lognormal", "crps_lognormal", instead=_LOG_WORDS),
            row("crps_loglaplace", "crps_loglaplace", instead=_LOG_PLACE),
            row("crps_gpd", "crps_gpd"),
            row("crps_gamma", "crps_gamma", instead={"scale": "give its inverse as --rate"}),
            row("crps_t", "crps_t"),
            row("crps_beta", "crps_beta", instead={"lower": _UNIT, "upper": _UNIT}),
            row("crps_loglogistic", "crps_loglogistic", instead=_LOG_WORDS),
            row("crps_exponential_mass", "crps_exponentialM"),
            row("crps_csg0", "crps_csg0"),
            row("crps_binomial", "crps_binomial"),
            row("shifted_exponential_nll", "logs_exponential2"),
            row("crps_poisson", "crps_poisson"),
            row("crps_mixnorm", "crps_mixnorm", instead={"m": "it is --mu here", "s": "it is --sigma here", "w": "it is --weights here"}),
            row("crps_2pexponential", "crps_2pexponential"),
            row("crps_2pnormal", "crps_2pnormal"),
            row("crps_cnormal", "crps_cnormal"),
            row("crps_clogistic", "crps_clogistic"),
            row("normal_nll", "logs_normal", instead={"negative": "give the factor -1 to the term of an objective"}),
            row("logistic_nll", "logs_logistic"),
            row("uniform_nll", "logs_uniform"),
            row("exponential_nll", "logs_exponential"),
            row("gamma_nll", "logs_gamma", instead={"scale": "give its inverse as --rate"}),
            row("beta_nll", "logs_beta"),
            row("lognormal_nll", "logs_lognormal", instead=_LOG_WORDS),
            row("loglogistic_nll", "logs_loglogistic", instead=_LOG_WORDS),
            row("loglaplace_nll", "logs_loglaplace", instead=_LOG_PLACE),
            row("gpd_nll", "logs_gpd"),
            row("gev_nll", "logs_gev"),
            row("two_piece_exponential_nll", "logs_2pexponential"),
            row("two_piece_normal_nll", "logs_2pnormal"),
            row("crps_gev", "crps_gev"),
            row("crps_tnormal", "crps_tnormal", instead=_NO_MASSES),
            row("crps_tnormal", "crps_gtcnormal"),
            row("crps_tlogistic", "crps_tlogistic", instead=_NO_MASSES),
            row("crps_tlogistic", "crps_gtclogistic"),
            row("crps_tt", "crps_tt", instead=_NO_MASSES),
            row("crps_tt", "crps_gtct"),
            row("crps_ct", "crps_ct"),
            row("crps_hypergeometric", "crps_hypergeometric"),
            row("crps_negbinom", "crps_negbinom", instead={"mu": "give --prob, n / (n + mu)"}),
            row("truncated_t_nll", "logs_tt"),
            row("tnormal_nll", "logs_tnormal"),
            row("tlogistic_nll", "logs_tlogistic"),
            row("poisson_count_nll", "logs_poisson"),
            row("binomial_nll", "logs_binomial"),
            row("hypergeometric_nll", "logs_hypergeometric"),
        ),
    ),
)
