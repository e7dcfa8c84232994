"""verl: policy losses with the mean that loss_agg_mode names. Its clamps of log-ratios at ±20 (of the divergence at 10) are left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from losscli.frameworks import Table, row
from losscli.presets import Setting

__all__ = ["REFUSED", "TABLES"]

_BOUNDS = {"clip_ratio_low": "epsilon", "clip_ratio_high": "epsilon_high"}
_COUNTS = {"batch_num_tokens": "num_items", "loss_scale_factor": "max_length"}
_CLIP = _BOUNDS | {"loss_agg_mode": "average", "batch_num_tokens": "num_items"}
_SKIP = {"empty": "skip"}  # sequences without tokens are left out of its means
_SEQUENCES = ("seq-mean-token-mean", "seq-mean-token-sum", "seq-mean-token-sum-norm")
_TOKENS: dict[str, Mapping[str, Any]] = {"token-mean": {}}
_MODES = {"loss_agg_mode": Setting("token-mean", _TOKENS | {m: {"options": _SKIP | {"average": m}} for m in _SEQUENCES})}
_NO_MODE = {"loss_agg_mode": "it has one value for each sequence, so that it is not used"}
_TAU = {"tau_pos": "temperature_pos", "tau_neg": "temperature_neg", "global_batch_size": "num_items"}

TABLES = (
    Table(
        "verl.trainer.ppo.core_algos",
        rows=(
            row("ppo_value_clip", "compute_value_loss", instead={"loss_agg_mode": "only token-mean is available"}),
            row(
                "grpo",
                "compute_policy_loss_vanilla",
                "vanilla",
                options={"average": "token-mean", "delta": 3.0, "beta": 0.0},
                settings=_MODES,
                renames=_BOUNDS | _COUNTS | {"clip_ratio_c": "delta"},
            ),
            row("grpo", "compute_policy_loss_gspo", "gspo", options=_SKIP | {"level": "sequence", "beta": 0.0}, renames=_CLIP),
            row("cispo", "compute_policy_loss_cispo", "cispo", options={"slope": "torch"}, settings=_MODES, renames=_BOUNDS | _COUNTS),
            row("sapo", "compute_policy_loss_sapo", "sapo", options=_SKIP, renames=_TAU),
            row("gmpo", "compute_policy_loss_geo_mean", "geo_mean", renames=_BOUNDS, instead=_NO_MODE),
            row("kl_cov", "compute_policy_loss_kl_cov", "kl_cov", settings=_MODES, renames=_COUNTS),
            row("kl_penalty", "kl_penalty", renames={"kl_penalty": "estimator"}),
        ),
    ),
)

REFUSED = {
    "clip_cov compute_policy_loss_clip_cov": "it drops tokens that are drawn at random, so that it has no one number; kl_cov has",
    "bypass_mode compute_policy_loss_bypass_mode": (
        "it calls another policy loss with weights for rejected tokens: name that loss, and give the weights as --sample-weight"
    ),
}
