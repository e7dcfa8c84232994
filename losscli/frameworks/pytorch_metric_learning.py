"""PyTorch Metric Learning: the mean of no rows is 0."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["SHORT", "TABLES"]

SHORT = {"pml.": "pytorch_metric_learning."}

TABLES = (
    Table(
        "pytorch_metric_learning.losses",
        shared={"empty_mean": {"rows": 0.0}, "renames": {"normalize_embeddings": "normalize"}},
        rows=(
            row("contrastive_all", "ContrastiveLoss"),
            row("contrastive_all", "SignalToNoiseRatioContrastiveLoss", options={"distance": "snr"}),
            row("generalized_lifted_structure", "GeneralizedLiftedStructureLoss"),
            row("beta_margin", "MarginLoss"),
            row("triplet_all", "TripletMarginLoss", renames={"smooth_loss": "smooth"}),
            row("multi_similarity", "MultiSimilarityLoss"),
            row("lifted_structure", "LiftedStructureLoss"),
            row("nca", "NCALoss"),
            row("intra_pair_variance", "IntraPairVarianceLoss"),
            row("circle", "CircleLoss", options={"slope": "torch"}, renames={"m": "margin"}),
            row("n_pairs", "NPairsLoss"),
            row("nt_xent_labels", "NTXentLoss", options={"eps": 2.0**-1022}),
            row("sup_con", "SupConLoss"),
        ),
    ),
    Table(
        "pytorch_metric_learning.losses",
        shared={"empty_mean": {"rows": 0.0}},
        rows=(
            row("angular", "AngularLoss"),
            row("tuplet_margin", "TupletMarginLoss"),
        ),
    ),
    Table(
        "pytorch_metric_learning.losses",
        rows=(
            row("arcface", "ArcFaceLoss"),
            row("cosface", "CosFaceLoss"),
            # Their vectors of the classes are the role proxies.
            row("normalized_softmax", "NormalizedSoftmaxLoss"),
            row("proxy_nca", "ProxyNCALoss"),
            row("proxy_anchor", "ProxyAnchorLoss"),
            row(
                "vicreg",
                "VICRegLoss",
                renames={"invariance_lambda": "lambda_param", "variance_mu": "mu_param", "covariance_v": "nu_param"},
            ),
        ),
    ),
)
