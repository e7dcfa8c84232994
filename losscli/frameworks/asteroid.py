"""Asteroid: minus ratios of signals. Those of one source have no reduction; those of pairs are as PITLossWrapper takes them."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

_KINDS = (("si_sdr", "sisdr"), ("sd_sdr", "sdsdr"), ("snr", "snr"))

TABLES = (
    Table(
        "asteroid.losses",
        shared={"renames": {"EPS": "eps"}, "instead": {"take_log": "esr is a ratio without the logarithm"}},
        rows=(
            *(row(loss, f"singlesrc_neg_{name}", reduction="none") for loss, name in _KINDS),
            *(row(loss, f"multisrc_neg_{name}", reduction="none", last_axis="mean") for loss, name in _KINDS),
            *(row(loss, f"pairwise_neg_{name}", options={"permute": True}) for loss, name in _KINDS),
        ),
    ),
    Table(
        "asteroid.losses",
        rows=(row("mse", "singlesrc_mse", "multisrc_mse", "SingleSrcMSE", "MultiSrcMSE", reduction="none", row_mean=True),),
    ),
    Table(
        "asteroid.losses",
        shared={"reduction": "none", "instead": {"embedding": "it is pred", "tgt_index": "it is target", "binary_mask": "it is weight"}},
        rows=(row("deep_clustering", "deep_clustering_loss"),),
    ),
)

# Names that cannot be computed from arrays, and what to use instead.
REFUSED = {
    "SingleSrcMultiScaleSpectral": "its frames come from filters of Asteroid's own; multi_resolution_stft has torch's frames",
    "pairwise_mse PairwiseMSE": "it is of the best order of the sources; asteroid.multisrc_mse is of sources in order, and si_sdr,"
    " sd_sdr and snr find the order with --permute",
    "PITLossWrapper": (
        "it takes another loss: give several sources a row to si_sdr, sd_sdr or snr with --permute, or asteroid.pairwise_neg_sisdr"
    ),
    "MixITLossWrapper": ("it tries all sums of estimated sources, for a loss of mixtures; si_sdr --permute is the loss of single sources"),
    "SinkPITLossWrapper": (
        "it approximates the best order of many sources; it takes another loss: give several sources a row to si_sdr --permute, which"
        " finds it for up to 8"
    ),
    "SingleSrcPMSQE": "it needs tables of the hearing threshold; auraloss and torchmetrics have other measures of speech",
    "SingleSrcNegSTOI": "it resamples and filters speech; torchmetrics computes STOI",
    "PairwiseNegSDR": "it takes the kind as a word: asteroid.pairwise_neg_sisdr, asteroid.pairwise_neg_snr, …",
}
