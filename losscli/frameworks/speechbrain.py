"""SpeechBrain: minus ratios of signals. It has time before the sources; here time is the last axis under every name."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

TABLES = (
    Table(
        "speechbrain.nnet.losses",
        rows=(
            row(
                "distance_diff", "distance_diff_loss", instead={"length": "--lengths takes numbers of positions, not shares of the longest"}
            ),
            row(
                "laplacian_variance",
                "LaplacianVarianceLoss",
                renames={"kernel_size": "window_size"},
                instead={"length": "cut the images off there", "len_dim": "it is the axis of length"},
            ),
        ),
    ),
    Table(
        "speechbrain.nnet.losses",
        shared={"reduction": "none"},
        rows=(
            row("si_sdr", "cal_si_snr"),
            row("snr", "cal_snr"),
            row("si_sdr", "get_si_snr_with_pitwrapper", options={"permute": True}),
            row("snr", "get_snr_with_pitwrapper", options={"permute": True}),
            # Its lengths are shares of the longest; here they are numbers of frames and of labels.
            row("rnnt", "transducer_loss", renames={"blank_index": "blank"}, reduction="mean"),
        ),
    ),
)

# Names that cannot be computed from arrays, and what to use instead.
REFUSED = {
    "ctc_loss_kd": "it is CTC of labels that it takes from the teacher: the likeliest class of each frame, without repeats, then without"
    " blanks. Give them as target to ctc with --zero-infinity",
    "PitWrapper": (
        "it takes another loss: give several sources a row to si_sdr, sd_sdr or snr with --permute, or"
        " speechbrain.get_si_snr_with_pitwrapper"
    ),
    "Laplacian": "it is a filter, not a loss: speechbrain.LaplacianVarianceLoss is the loss of what it gives",
    "LogSoftmaxWrapper": "it is a log-softmax before a loss that it takes: cross_entropy is log-softmax and nll in one",
    "compute_length_mask get_mask truncate": (
        "it is a helper that masks or cuts sequences, not a loss: leave out times with --sample-weight"
    ),
    "compute_masked_loss reduce_loss": (
        "it is the reduction of a loss that it takes: name that loss, with --reduction and --sample-weight"
    ),
}
