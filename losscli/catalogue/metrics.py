"""Metrics that are not losses, with advice on what to use instead: for the message where a user names a metric as a loss."""

from __future__ import annotations

__all__ = ["metric"]

_SKLEARN = "scikit-learn computes it (sklearn.metrics.{})"
_KERAS = "Keras computes it (keras.metrics.{})"
_TORCHMETRICS = "torchmetrics computes it (torchmetrics.{})"
_YARDSTICK = "the R package yardstick computes it (yardstick::{})"
_TEXTS = "it compares texts; sacrebleu and torchmetrics compute such metrics"
_TRAINED = "it needs a trained network; torchmetrics computes it"
# The usual names of a metric -> the advice. It names a loss only where the metric follows from it exactly.
_METRICS = {
    "balanced_accuracy balanced_accuracy_score bal_accuracy": _SKLEARN.format("balanced_accuracy_score"),
    "auc auroc roc_auc roc_auc_score rocauc": _SKLEARN.format("roc_auc_score"),
    "multiclass_accuracy": "its default is macro, the mean recall of the classes: scikit-learn computes it"
    " (sklearn.metrics.balanced_accuracy_score); the share of all labels is torchmetrics.accuracy with --task multiclass",
    "roc roc_curve det_curve roc_aunp roc_aunu": _SKLEARN.format("roc_curve"),
    "auprc pr_auc average_precision average_precision_score": _SKLEARN.format("average_precision_score"),
    "precision_recall_curve": _SKLEARN.format("precision_recall_curve"),
    "f1 f1_score dice_score dice_coefficient dice_coef": "of predictions 0 and 1 it is 1 - dice with --eps 0; for averages "
    + _SKLEARN.format("f1_score"),
    "fbeta fbeta_score f_score f_meas": _SKLEARN.format("fbeta_score"),
    "precision precision_score ppv positive_predictive_value": _SKLEARN.format("precision_score"),
    "recall recall_score sensitivity sens true_positive_rate tpr": _SKLEARN.format("recall_score"),
    "specificity spec true_negative_rate tnr": _SKLEARN.format("recall_score") + " with pos_label=0",
    "npv negative_predictive_value": _SKLEARN.format("precision_score") + " with pos_label=0",
    "fall_out miss_rate j_index youden markedness detection_prevalence sedi": _YARDSTICK.format("j_index") + ", with its kin",
    "true_positives true_negatives false_positives false_negatives stat_scores": _KERAS.format("TruePositives") + ", and their kin",
    "precision_at_recall precision_at_fixed_recall": _KERAS.format("PrecisionAtRecall"),
    "recall_at_precision recall_at_fixed_precision": _KERAS.format("RecallAtPrecision"),
    "sensitivity_at_specificity specificity_at_sensitivity": _KERAS.format("SensitivityAtSpecificity"),
    "class_likelihood_ratios classification_report precision_recall_fscore_support": _SKLEARN.format("classification_report"),
    "confusion_matrix multilabel_confusion_matrix pair_confusion_matrix conf_mat": _SKLEARN.format("confusion_matrix"),
    "eer equal_error_rate logauc": _TORCHMETRICS.format("classification.EER"),
    "gain_capture gini_coef lift_curve gain_curve": _YARDSTICK.format("gain_capture"),
    "roc_auc_survival roc_curve_survival roc_dist royston": _YARDSTICK.format("roc_auc_survival") + ", with its kin",
    "ks_statistic kolmogorov_smirnov": "scipy computes it (scipy.stats.ks_2samp)",
    "jaccard_score jaccard_index mean_iou miou binary_iou one_hot_iou one_hot_mean_iou": "of predictions 0 and 1 it is 1 - iou with"
    " --eps 0; for averages " + _SKLEARN.format("jaccard_score"),
    "panoptic_quality modified_panoptic_quality": _TORCHMETRICS.format("detection.PanopticQuality"),
    "matthews_corrcoef": "of predictions 0 and 1 it is 1 - mcc with --eps 0",
    "cohen_kappa cohen_kappa_score kappa kap fleiss_kappa": _SKLEARN.format("cohen_kappa_score"),
    "pdist cdist": "it is the distances between all rows, not a number for each: torch computes it (torch.nn.functional.pdist);"
    " pairwise_distance is that of each row to its target",
    "pearson pearsonr pearson_corrcoef pearson_correlation correlation": "scipy computes it (scipy.stats.pearsonr)",
    "rsq": "it is the square of the correlation, which scipy computes (scipy.stats.pearsonr); rsq_trad, 1 - r2, is another number",
    "spearman spearmanr spearman_corrcoef": "scipy computes it (scipy.stats.spearmanr)",
    "kendall kendalltau kendall_rank_corrcoef": "scipy computes it (scipy.stats.kendalltau)",
    "cramers_v tschuprows_t theils_u pearsons_contingency_coefficient cramers_v_matrix tschuprows_t_matrix theils_u_matrix"
    " pearsons_contingency_coefficient_matrix": _TORCHMETRICS.format("nominal") + ", with its kin",
    "rpd rpiq iic msd": _YARDSTICK.format("rpd") + ", with its kin",
    "ndcg ndcg_score normalized_dcg retrieval_normalized_dcg dcg dcg_score": _SKLEARN.format("ndcg_score")
    + "; approx_ndcg is a smooth loss for it",
    "label_ranking_average_precision_score label_ranking_average_precision lrap": _SKLEARN.format("label_ranking_average_precision_score"),
    "mrr mean_reciprocal_rank retrieval_mrr retrieval_reciprocal_rank": "torchmetrics computes it (torchmetrics.retrieval.RetrievalMRR)",
    "retrieval_map retrieval_average_precision retrieval_fall_out retrieval_hit_rate retrieval_precision retrieval_r_precision"
    " retrieval_recall retrieval_precision_recall_curve hit_rate": _TORCHMETRICS.format("retrieval.RetrievalMAP") + ", with its kin",
    "map mean_average_precision": "torchmetrics computes it (torchmetrics.detection.MeanAveragePrecision)",
    "bleu bleu_score sacre_bleu_score rouge rouge_score meteor wer cer word_error_rate char_error_rate match_error_rate chrf_score"
    " translation_edit_rate extended_edit_distance word_information_lost word_information_preserved edit_distance squad": _TEXTS,
    "fid frechet_inception_distance inception_score kernel_inception_distance kid bert_score infolm clip_score": _TRAINED,
    "pesq stoi perceptual_evaluation_speech_quality short_time_objective_intelligibility": "torchmetrics computes it (torchmetrics.audio)",
    "silhouette silhouette_score silhouette_samples": _SKLEARN.format("silhouette_score"),
    "calinski_harabasz_score davies_bouldin_score": _SKLEARN.format("calinski_harabasz_score") + ", with its kin",
    "adjusted_rand_score rand_score adjusted_mutual_info_score mutual_info_score normalized_mutual_info_score fowlkes_mallows_score"
    " homogeneity_score completeness_score v_measure_score homogeneity_completeness_v_measure"
    " consensus_score adjusted_rand_index": _SKLEARN.format("adjusted_rand_score") + ", with its kin",
    "pairwise_distances euclidean_distances nan_euclidean_distances pairwise_kernels pairwise_cosine_similarity"
    " pairwise_euclidean_distance pairwise_linear_similarity pairwise_manhattan_distance": _SKLEARN.format("pairwise_distances"),
}
_ADVICE = {name.replace("_", ""): advice for names, advice in _METRICS.items() for name in names.split()}
_TASKS = ("binary", "multiclass", "multilabel")  # torchmetrics begins names with one of these
_ENDS = ("vec", "score")  # yardstick ends names with the first


def metric(name: str) -> str | None:
    """The advice for the name of a metric, alone or with its library: `sklearn.metrics.roc_auc_score`. None for other names."""
    path, _, last = name.strip().rpartition(".")
    key = last.casefold().replace("-", "").replace("_", "").replace(" ", "")
    if key in _ADVICE or not path:
        return _ADVICE.get(key)
    return next((_ADVICE[k] for k in _without_affixes(key) if k in _ADVICE), None)


def _without_affixes(key: str) -> list[str]:
    """The name without what a library puts before and behind it: multiclassf1score is f1score, and bal_accuracy_vec bal_accuracy."""
    shorter = next((key.removeprefix(task) for task in _TASKS if key.startswith(task)), key)
    return [shorter, *(shorter.removesuffix(end) for end in _ENDS if shorter.endswith(end))]
