"""MLX: most losses are not reduced, classes and distributions are on the last axis, and weights are not in the denominator."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

_AXIS = {"axis": "class_axis"}
_WEIGHTS = {"weights": "sample_weight"}

TABLES = (
    Table(
        "mlx.nn.losses",
        shared={"reduction": "none", "class_axis": -1, "weighted": "elements"},
        rows=(
            row("cross_entropy", "cross_entropy", general=_AXIS | _WEIGHTS),
            row("nll", "nll_loss", general=_AXIS),
            row("kl_div", "kl_div_loss", options={"log_target": True}, last_axis="sum", general=_AXIS),
            row("triplet_margin", "triplet_loss", options={"eps_in_root": True}, general=_AXIS),
            row("hinge", "hinge_loss"),
            row("huber", "huber_loss"),
            row("log_cosh", "log_cosh_loss"),
            row("cosine_similarity", "cosine_similarity_loss", options={"eps_of": "product"}, general=_AXIS),
            row("margin_ranking", "margin_ranking_loss"),
        ),
    ),
    Table(
        "mlx.nn.losses",
        shared={"weighted": "elements"},
        rows=(
            row("bce", "binary_cross_entropy", options={"from_logits": True}, renames={"with_logits": "from_logits"}, general=_WEIGHTS),
            row("mae", "l1_loss"),
            row("mse", "mse_loss"),
            row("gaussian_nll", "gaussian_nll_loss"),
            row("smooth_l1", "smooth_l1_loss"),
        ),
    ),
)
