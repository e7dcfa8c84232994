"""The words that options and keys allow. The help, the checks, the completion and the messages all use these lists."""

from __future__ import annotations

from losscli.errors import UsageError, suggest
from losscli.record import Record

__all__ = ["ADJUST", "AXES", "COLOR", "CRPS_OF", "DTYPE", "JOIN", "KIND", "NAN", "NLL_OF", "PER", "REDUCTION", "TOTAL", "Choice"]

# The distributions of `crps --dist` and `nll --dist`, each with the name of its loss.
CRPS_OF = {
    "ensemble": "crps", "normal": "crps_normal", "logistic": "crps_logistic", "laplace": "crps_laplace", "t": "crps_t",
    "uniform": "crps_uniform", "exponential": "crps_exponential", "gamma": "crps_gamma", "lognormal": "crps_lognormal",
    "loglaplace": "crps_loglaplace", "gpd": "crps_gpd", "2pexponential": "crps_2pexponential", "2pnormal": "crps_2pnormal",
    "mixnorm": "crps_mixnorm", "cnormal": "crps_cnormal", "clogistic": "crps_clogistic", "poisson": "crps_poisson",
    "beta": "crps_beta", "loglogistic": "crps_loglogistic", "exponentialm": "crps_exponential_mass", "csg0": "crps_csg0",
    "binomial": "crps_binomial", "gev": "crps_gev", "tnormal": "crps_tnormal", "tlogistic": "crps_tlogistic", "tt": "crps_tt",
    "ct": "crps_ct", "negbinom": "crps_negbinom", "hypergeometric": "crps_hypergeometric",
}  # fmt: skip
NLL_OF = {
    "class": "nll", "normal": "normal_nll", "logistic": "logistic_nll", "laplace": "laplace_nll", "t": "student_t_nll",
    "uniform": "uniform_nll", "exponential": "exponential_nll", "gamma": "gamma_nll", "beta": "beta_nll", "lognormal": "lognormal_nll",
    "loglogistic": "loglogistic_nll", "loglaplace": "loglaplace_nll", "gpd": "gpd_nll", "gev": "gev_nll",
    "2pexponential": "two_piece_exponential_nll", "2pnormal": "two_piece_normal_nll", "mixnorm": "mixture_gaussian_nll",
    "tnormal": "tnormal_nll", "tlogistic": "tlogistic_nll", "poisson": "poisson_count_nll", "negbinom": "negative_binomial_nll",
    "binomial": "binomial_nll", "hypergeometric": "hypergeometric_nll",
    "exponential2": "shifted_exponential_nll", "tt": "truncated_t_nll",
}  # fmt: skip


class Choice(Record):
    """The words that an option, or a key of a file, allows."""

    words: tuple[str, ...]

    @property
    def metavar(self) -> str:
        """The words as the help shows them: error|omit|propagate."""
        return "|".join(self.words)

    @property
    def takes(self) -> str:
        """The words as a message lists them: error, omit or propagate."""
        return ", ".join(self.words[:-1]) + f" or {self.words[-1]}"

    def check(self, word: object, option: str) -> None:
        """Raise UsageError unless `word` is one of the words. `option` is the name that the user typed: --nan."""
        if word not in self.words:
            raise UsageError(f"{option} takes {self.takes}, not {word!r}{suggest(str(word), self.words)}")

    def without(self, *words: str) -> Choice:
        """The same choice with some words removed."""
        return Choice(tuple(word for word in self.words if word not in words))


REDUCTION = Choice(("none", "mean", "sum", "batchmean", "sum_over_batch_size"))
# --per -> the axes that are kept: the rows, the axis after them, the last axis.
AXES: dict[str, tuple[int, ...]] = {
    "all": (), "row": (0,), "channel": (1,), "class": (1,), "output": (-1,),
    "row,channel": (0, 1), "row,class": (0, 1), "row,output": (0, -1),
}  # fmt: skip
PER = Choice(tuple(AXES))
NAN = Choice(("error", "omit", "propagate"))
DTYPE = Choice(("float64", "float32"))
JOIN = Choice(("exact", "inner"))
COLOR = Choice(("auto", "always", "never"))
ADJUST = Choice(("holm", "bh", "none"))  # p-values for their number
KIND = Choice(("pointwise", "statistic", "batch"))  # how the rows of the data enter a loss
TOTAL = Choice(("sum", "mean", "none"))  # how the terms of an objective are combined
