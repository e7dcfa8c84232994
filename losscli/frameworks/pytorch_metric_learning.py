"""PyTorch Metric Learning: the mean of no rows is 0."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "SHORT", "TABLES"]

SHORT = {"pml.": "pytorch_metric_learning."}

_REDUCED = {"reducer": "it has no effect on this loss, which is one number"}
_CENTERS = "it is the length of the second axis of proxies: (classes, vectors of a class, numbers)"
_ANGLE = {"distance": "it takes only the cosine", "p": "only the cosine of 2-norms is an angle", "power": "a power of a cosine is no angle"}
_OF_ROWS_ONLY = {"miner": "it takes no miner", "weight_regularizer": "it takes none: it makes each vector of the classes one of length 1"}
_NOT_CLASS_WEIGHTED = {"weights": "in version 2.9.0 --reducer class_weighted takes the labels of the first rows for the classes, a mistake"}

TABLES = (
    Table(
        "pytorch_metric_learning.losses",
        shared={"empty_mean": {"rows": 0.0}, "renames": {"normalize_embeddings": "normalize"}},
        rows=(
            row("contrastive_all", "ContrastiveLoss"),
            row("contrastive_all", "SignalToNoiseRatioContrastiveLoss", options={"distance": "snr"}),
            row("generalized_lifted_structure", "GeneralizedLiftedStructureLoss"),
            row("beta_margin", "MarginLoss"),
            row("triplet_all", "TripletMarginLoss", options={"swap_from": "batch"}, renames={"smooth_loss": "smooth"}),
            row("multi_similarity", "MultiSimilarityLoss"),
            row("lifted_structure", "LiftedStructureLoss"),
            row("nca", "NCALoss"),
            row("intra_pair_variance", "IntraPairVarianceLoss"),
            row("circle", "CircleLoss", options={"slope": "torch"}, renames={"m": "margin"}),
            row("n_pairs", "NPairsLoss"),
            row("nt_xent_labels", "NTXentLoss", options={"eps": 2.0**-1022}),
            row("sup_con", "SupConLoss"),
            row(
                "ranked_list",
                "RankedListLoss",
                options={"eps": 1e-5, "coincident": False},
                renames={"Tp": "pos_temperature", "Tn": "neg_temperature"},
            ),
        ),
    ),
    Table(
        "pytorch_metric_learning.losses",
        shared={"empty_mean": {"rows": 0.0}},
        rows=(
            row("angular", "AngularLoss"),
            row("tuplet_margin", "TupletMarginLoss"),
            row("fast_ap", "FastAPLoss"),
            row("pnp", "PNPLoss", options={"limit": 50.0}, instead=_REDUCED),
            row("histogram_loss", "HistogramLoss", instead=_REDUCED | {"delta": "--n-bins is 2 / delta"}),
            row("threshold_consistent_margin", "ThresholdConsistentMarginLoss", instead=_REDUCED),
        ),
    ),
    # Their vectors of the classes are the role proxies.
    Table(
        "pytorch_metric_learning.losses",
        shared={"renames": {"normalize_embeddings": "normalize"}},
        rows=(
            row("normalized_softmax", "NormalizedSoftmaxLoss"),
            row("proxy_nca", "ProxyNCALoss"),
            row("proxy_anchor", "ProxyAnchorLoss", instead=_NOT_CLASS_WEIGHTED),
            row("soft_triple", "SoftTripleLoss", instead={"centers_per_class": _CENTERS}),
        ),
    ),
    Table(
        "pytorch_metric_learning.losses",
        shared={"instead": _ANGLE},
        rows=(
            row("proxy_arcface", "ArcFaceLoss"),
            row("proxy_cosface", "CosFaceLoss"),
            row("large_margin_softmax", "LargeMarginSoftmaxLoss"),
            row("large_margin_softmax", "SphereFaceLoss", options={"unit_proxies": True}),
            row("sub_center_arcface", "SubCenterArcFaceLoss", instead={"sub_centers": _CENTERS}),
            row("p2s_grad", "P2SGradLoss", options={"eps": 1e-7}, instead=_REDUCED | _OF_ROWS_ONLY),
        ),
    ),
    Table(
        "pytorch_metric_learning.losses",
        rows=(
            row(
                "vicreg",
                "VICRegLoss",
                renames={"invariance_lambda": "lambda_param", "variance_mu": "mu_param", "covariance_v": "nu_param"},
            ),
        ),
    ),
)

# Names that need more than arrays -> why, and what to use.
REFUSED = {
    "DynamicSoftMarginLoss": "its margins come from a histogram that each batch changes; triplet_all has a fixed margin",
    "ManifoldLoss": "it draws the rows of each proxy, and its proxies, at random; proxy_nca and proxy_anchor take proxies that you give",
    "SmoothAPLoss": (
        "version 2.9.0 forms groups of a wrong size, unless a batch has as many classes as rows of each, and computes in single precision;"
        " smooth_ap is the loss of the paper"
    ),
    "InstanceLoss": (
        "it compares with the row whose number is the label, whatever that row is; clip is the loss of images and texts, and"
        " normalized_softmax that of vectors of the classes"
    ),
    "CrossBatchMemory": "it keeps earlier batches; give them with --ref-emb and --ref-labels to the loss that it wraps",
    "SelfSupervisedLoss": "it wraps a loss; give both views as rows to that loss, with the number of the pair as the label of each",
    "MultipleLosses": "it adds losses; an objective, a YAML file with a term for each, does that",
    "GenericPairLoss BaseMetricLossFunction BaseLossWrapper EmbeddingRegularizerMixin WeightRegularizerMixin": "it is a base of losses",
}
