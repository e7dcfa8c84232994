"""Metrics that are not losses, with advice on what to use instead: for the message where a user names a metric as a loss."""

from __future__ import annotations

__all__ = ["metric"]

_SKLEARN = "scikit-learn computes it (sklearn.metrics.{})"
# The usual names of a metric -> the advice. It names a loss only where the metric follows from it exactly.
_METRICS = {
    "accuracy accuracy_score categorical_accuracy binary_accuracy": "of predicted labels it is 1 - zero_one",
    "balanced_accuracy balanced_accuracy_score": _SKLEARN.format("balanced_accuracy_score"),
    "top_k_accuracy top_k_accuracy_score": _SKLEARN.format("top_k_accuracy_score"),
    "auc auroc roc_auc roc_auc_score rocauc": _SKLEARN.format("roc_auc_score"),
    "auprc pr_auc average_precision average_precision_score": _SKLEARN.format("average_precision_score"),
    "f1 f1_score dice_score dice_coefficient dice_coef": "of predictions 0 and 1 it is 1 - dice with --eps 0; for averages "
    + _SKLEARN.format("f1_score"),
    "fbeta fbeta_score f_score": _SKLEARN.format("fbeta_score"),
    "precision precision_score": _SKLEARN.format("precision_score"),
    "recall recall_score sensitivity specificity": _SKLEARN.format("recall_score"),
    "confusion_matrix": _SKLEARN.format("confusion_matrix"),
    "jaccard_score jaccard_index mean_iou miou": "of predictions 0 and 1 it is 1 - iou with --eps 0; for averages "
    + _SKLEARN.format("jaccard_score"),
    "matthews_corrcoef": "of predictions 0 and 1 it is 1 - mcc with --eps 0",
    "cohen_kappa cohen_kappa_score kappa": _SKLEARN.format("cohen_kappa_score"),
    "r2 r2_score r_squared coefficient_of_determination": "it is 1 - rse",
    "explained_variance explained_variance_score": _SKLEARN.format("explained_variance_score"),
    "pearson pearsonr pearson_corrcoef correlation": "scipy computes it (scipy.stats.pearsonr)",
    "spearman spearmanr spearman_corrcoef": "scipy computes it (scipy.stats.spearmanr)",
    "kendall kendalltau": "scipy computes it (scipy.stats.kendalltau)",
    "ndcg ndcg_score normalized_dcg": _SKLEARN.format("ndcg_score") + "; approx_ndcg is a smooth loss for it",
    "mrr mean_reciprocal_rank": "torchmetrics computes it (torchmetrics.retrieval.RetrievalMRR)",
    "map mean_average_precision": "torchmetrics computes it (torchmetrics.detection.MeanAveragePrecision)",
    "bleu rouge meteor wer cer": "it compares texts; sacrebleu and torchmetrics compute such metrics",
    "fid inception_score": "it needs a trained network; torchmetrics computes it",
    "coverage interval_coverage": "the share of targets inside an interval is 1 - zero_one of whether each is inside; "
    "coverage_error is the loss of the rankings of labels",
    "silhouette silhouette_score": _SKLEARN.format("silhouette_score"),
}
_ADVICE = {name.replace("_", ""): advice for names, advice in _METRICS.items() for name in names.split()}


def metric(name: str) -> str | None:
    """The advice for the name of a metric, alone or with its library: `sklearn.metrics.r2_score`. None for other names."""
    return _ADVICE.get(name.strip().rpartition(".")[2].casefold().replace("-", "").replace("_", "").replace(" ", ""))
