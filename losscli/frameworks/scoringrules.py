"""scoringrules: a score for each forecast."""

from __future__ import annotations

from collections.abc import Iterator

from losscli.frameworks import Row, Table, row
from losscli.presets import Made, Setting

__all__ = ["REFUSED", "TABLES"]

_QUANTILE = "give the median and both bounds of all intervals as the columns of --pred, with --quantiles"
_ALL_QUANTILES = dict.fromkeys(("median", "lower", "upper", "alpha", "w_median", "w_alpha"), _QUANTILE)
_UNIT = "move target to 0 to 1, (t − lower) / (upper − lower), and add log(upper − lower) to the score"
_NO_MASSES = dict.fromkeys(("lmass", "umass"), "its name with gtc before the distribution takes the probability of a bound")
_V_FUNC = {"v_func": "only a clip to the bounds --a and --b; apply another function to pred and target first"}
_W_FUNC = {"w_func": "give its values as --target-weight and --member-weights, or only the bounds --a and --b"}
_EQUAL = {"ens_w": "only members of equal weight are available"}
_SORTED = {"sorted_ensemble": "leave it out: the members may have any order"}
_VECTORS_W = {"w": "only equal weights are available"} | _W_FUNC | _EQUAL
_ONE_HOT = "leave it out: obs is a label that counts from 1, or a vector with a number for each class"
_CLASSES = {"onehot": _ONE_HOT, "k_axis": "it is --class-axis here"}

# Its names of roles, and the numbers that it takes where we take others.
_OBS, _FORECAST = {"obs": "target"}, {"obs": "target", "fct": "pred"}
_FROM_1 = {"obs": Made.of("target", lambda y: y if y.ndim > 1 else y - 1, "its obs, which counts from 1, less 1")}
_LOG, _LOG_PLACE = {"mulog": "mu", "sigmalog": "sigma"}, {"locationlog": "mu", "scalelog": "sigma"}
_PLACE = {"mu": "location", "sigma": "scale"}
_SCALE = {"scale": Made.of("rate", lambda scale: 1 / scale, "1 / its scale")}
_MEAN = {"mu": Made.of("prob", lambda mu, n: n / (n + mu), "n / (n + its mu)", "n")}
_PROB = {"prob": Made.of("pred", lambda p, n: n * (1 - p) / p, "n (1 − p) / p, p its prob", "total_count")}
_STANDARD = {"location": 0.0, "scale": 1.0}

_FAIR = {"options": {"fair": True}}
_ABOUT = "How the distances of the members are averaged: fair and pwm for members that are samples."
_QD = {"estimator": Setting("qd", {"qd": {}, "nrg": {}, "int": {}, "pwm": _FAIR, "fair": _FAIR}, _ABOUT)}
_NRG = {"estimator": Setting("nrg", {"nrg": {}, "fair": _FAIR}, _ABOUT)}


def _kernel(loss: str, short: str) -> Iterator[Row]:
    kinds = {"tw": ("threshold", _V_FUNC), "ow": ("outcome", _W_FUNC), "vr": ("vertical", _W_FUNC)}
    yield row(loss, f"{short}_ensemble", settings=_NRG)
    for kind, (weighting, says) in kinds.items():
        settings = _NRG if kind == "tw" else {}
        yield row(loss, f"{kind}{short}_ensemble", options={"weighting": weighting}, instead=says, settings=settings)


TABLES = (
    Table(
        "scoringrules",
        shared={"reduction": "none", "role_words": _FORECAST, "one_for_all": True},
        rows=(
            row("quantile", "quantile_score", renames={"alpha": "tau"}),
            row("crps_gaussian", "crps_normal", role_words={"mu": "pred"}),
            row("multi_quantile", "crps_quantile", factor=2.0, renames={"alpha": "quantiles"}),
            row("brier", "brier_score"),
            row("bce", "log_score", options={"floor": -1e100}),
            row("laplace_nll", "logs_laplace", role_words={"location": "pred"}, role_defaults={"pred": 0.0, "scale": 1.0}),
            row("student_t_nll", "logs_t", role_words={"location": "pred"}, role_defaults={"pred": 0.0, "scale": 1.0}),
            row("negative_binomial_nll", "logs_negbinom", role_words={"n": "total_count", "mu": "pred"} | _PROB),
            row("ranked_log_score", "rls_score", instead=_CLASSES, role_words=_FROM_1),
            row("ranked_probability_score", "rps_score", instead=_CLASSES, role_words=_FROM_1),
        ),
    ),
    # Ensembles, some with weights, and those by a kernel.
    Table(
        "scoringrules",
        shared={"reduction": "none", "role_words": _FORECAST, "instead": _EQUAL},
        rows=(
            row("crps_ensemble", "crps_ensemble", settings=_QD, instead=_SORTED),
            row("energy_score", "es_ensemble", "energy_score", instead={"estimator": "only nrg is available"}),
            row("threshold_weighted_crps", "twcrps_ensemble", settings=_QD, instead=_SORTED | _V_FUNC),
            row("variogram_score", "vs_ensemble", "variogram_score", instead={"w": "only equal weights are available"}),
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
        ),
    ),
    # Distributions, in closed form.
    Table(
        "scoringrules",
        shared={"reduction": "none", "role_words": _OBS, "one_for_all": True},
        rows=(
            row("interval_score", "interval_score"),
            row("wis", "weighted_interval_score", instead=_ALL_QUANTILES),
            row("crps_laplace", "crps_laplace", role_defaults=_STANDARD),
            row("crps_logistic", "crps_logistic", role_words=_PLACE),
            row("crps_uniform", "crps_uniform", role_words={"min": "lower", "max": "upper"}),
            row("crps_exponential", "crps_exponential"),
            row("crps_lognormal", "crps_lognormal", role_words=_LOG),
            row("crps_loglaplace", "crps_loglaplace", role_words=_LOG_PLACE),
            row("crps_gpd", "crps_gpd", role_defaults=_STANDARD),
            row("crps_gamma", "crps_gamma", role_words=_SCALE),
            row("crps_t", "crps_t", role_defaults=_STANDARD),
            row("crps_beta", "crps_beta"),
            row("crps_loglogistic", "crps_loglogistic", role_words=_LOG),
            row("crps_exponential_mass", "crps_exponentialM", role_defaults=_STANDARD),
            row("crps_csg0", "crps_csg0", role_words=_SCALE, role_defaults={"shift": 0.0}),
            row("crps_binomial", "crps_binomial"),
            row("shifted_exponential_nll", "logs_exponential2", role_defaults=_STANDARD),
            row("crps_poisson", "crps_poisson"),
            row("crps_mixnorm", "crps_mixnorm", role_words={"m": "mu", "s": "sigma", "w": "weights"}),
            row("crps_2pexponential", "crps_2pexponential"),
            row("crps_2pnormal", "crps_2pnormal"),
            row("crps_cnormal", "crps_cnormal"),
            row("crps_clogistic", "crps_clogistic"),
            row("normal_mixture_nll", "logs_mixnorm", role_words={"m": "mu", "s": "sigma", "w": "weights"}),
            row("normal_nll", "logs_normal", instead={"negative": "give the factor -1 to the term of an objective"}),
            row("logistic_nll", "logs_logistic", role_words=_PLACE),
            row("uniform_nll", "logs_uniform", role_words={"min": "lower", "max": "upper"}),
            row("exponential_nll", "logs_exponential"),
            row("gamma_nll", "logs_gamma", role_words=_SCALE),
            row("beta_nll", "logs_beta", instead={"lower": _UNIT, "upper": _UNIT}),
            row("lognormal_nll", "logs_lognormal", role_words=_LOG),
            row("loglogistic_nll", "logs_loglogistic", role_words=_LOG),
            row("loglaplace_nll", "logs_loglaplace", role_words=_LOG_PLACE),
            row("gpd_nll", "logs_gpd", role_defaults=_STANDARD),
            row("gev_nll", "logs_gev", role_defaults=_STANDARD),
            row("two_piece_exponential_nll", "logs_2pexponential"),
            row("two_piece_normal_nll", "logs_2pnormal"),
            row("crps_gev", "crps_gev", role_defaults=_STANDARD),
            row("crps_tnormal", "crps_tnormal", instead=_NO_MASSES),
            row("crps_tnormal", "crps_gtcnormal"),
            row("crps_tlogistic", "crps_tlogistic", instead=_NO_MASSES),
            row("crps_tlogistic", "crps_gtclogistic"),
            row("crps_tt", "crps_tt", instead=_NO_MASSES, role_defaults=_STANDARD),
            row("crps_tt", "crps_gtct", role_defaults=_STANDARD),
            row("crps_ct", "crps_ct", role_defaults=_STANDARD),
            row("crps_hypergeometric", "crps_hypergeometric"),
            row("crps_negbinom", "crps_negbinom", role_words=_MEAN),
            row("truncated_t_nll", "logs_tt", role_defaults=_STANDARD),
            row("tnormal_nll", "logs_tnormal"),
            row("tlogistic_nll", "logs_tlogistic"),
            row("poisson_count_nll", "logs_poisson"),
            row("binomial_nll", "logs_binomial"),
            row("hypergeometric_nll", "logs_hypergeometric"),
        ),
    ),
)

REFUSED = {
    "backends register_backend": "it chooses a library for arrays, and is no score",
}
