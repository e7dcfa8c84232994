"""Asteroid: minus ratios of signals. Those of one source have no reduction; those of pairs are as PITLossWrapper takes them."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

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
)
