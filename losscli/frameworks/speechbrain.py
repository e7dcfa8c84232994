"""SpeechBrain: minus ratios of signals. It has time before the sources; here time is the last axis under every name."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

TABLES = (
    Table(
        "speechbrain.nnet.losses",
        shared={"reduction": "none"},
        rows=(
            row("si_sdr", "cal_si_snr"),
            row("snr", "cal_snr"),
            row("si_sdr", "get_si_snr_with_pitwrapper", options={"permute": True}),
            row("snr", "get_snr_with_pitwrapper", options={"permute": True}),
        ),
    ),
)

# Names that cannot be computed from arrays, and what to use instead.
REFUSED = {
    "PitWrapper": (
        "it takes another loss: give several sources a row to si_sdr, sd_sdr or snr with --permute, or"
        " speechbrain.get_si_snr_with_pitwrapper"
    ),
}
