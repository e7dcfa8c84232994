"""TorchMetrics: each metric is a class under two names, and a function under two names."""

from __future__ import annotations

from typing import Any

from losscli.frameworks import Row, Table, row
from losscli.registry import Form, Setting, switch

__all__ = ["REFUSED", "TABLES"]

_KERNEL = switch(default=True, options={"window": "uniform"}, about="A Gaussian window, not a uniform one.")
_R2 = {
    "multioutput": Setting(
        "uniform_average",
        {
            "uniform_average": {},
            "raw_values": {"per": "output", "reduction": "none"},
            "variance_weighted": {"options": {"average": "variance"}},
        },
        "The mean of the outputs, each, or their mean weighted by the variance of the target.",
    )
}
_TASKS = {
    "task": {
        "binary": "torchmetrics.functional.accuracy",
        "multilabel": "torchmetrics.functional.accuracy",
        "multiclass": "torchmetrics.functional.accuracy.multiclass",
    }
}
_CLASSES = {"num_classes": "count"}
_LABEL_COUNT = {"num_labels": "count"}
_MICRO = {
    "average": "it is micro, the share of all labels; torchmetrics computes the others",
    "multidim_average": "--per row is samplewise",
}
_EXACT = {"multidim_average": "-r none is samplewise", "ignore_index": "leave these rows out with --where"}
_LABELS = {"numbers": Form("hamming"), "flags": Form("hamming")}  # predictions that are labels already
_OF_OUTPUTS = {"num_outputs": "--per output -r none has the value of each output"}
_ROOT = {"squared": {"true": "torchmetrics.functional.mean_squared_error", "false": "torchmetrics.functional.mean_squared_error.root"}}
_HINGE = {
    "ignore_index": "leave these rows out with --where",
    "validate_args": "the input is always checked",
}
_P_AND_Q = {"p": "it is target, the distribution of the data", "q": "it is pred"}
_HINGE_MODES = {
    "multiclass_mode": {
        "crammer-singer": "torchmetrics.functional.classification.multiclass_hinge_loss",
        "one-vs-all": "torchmetrics.functional.classification.multiclass_hinge_loss.one-vs-all",
    }
}
_HINGE_TASKS = {
    "task": {
        "binary": "torchmetrics.functional.classification.binary_hinge_loss",
        "multiclass": "torchmetrics.functional.classification.multiclass_hinge_loss",
    }
}

_PER_SAMPLE = {"multidim_average": "--per row is samplewise"}
_HAMMING_TASKS = {
    "task": {
        "binary": "torchmetrics.functional.binary_hamming_distance",
        "multilabel": "torchmetrics.functional.multilabel_hamming_distance",
        "multiclass": "torchmetrics.functional.hamming_distance.multiclass",
    }
}

_LOG_PROB = {"log_prob": switch(options={"from_log_probs": True, "target_from_log_probs": True}, about="Both hold log-probabilities.")}


def _row(loss: str, name: str, function: str, group: str = "regression", **differs: Any) -> Row:
    return row(loss, name, f"{group}.{name}", f"functional.{function}", f"functional.{group}.{function}", **differs)


def _image(loss: str, name: str, function: str, **differs: Any) -> Row:
    return _row(loss, name, function, "image", **differs)


def _audio(loss: str, name: str, function: str, **differs: Any) -> Row:
    return _row(loss, name, function, "audio", **differs)


_CALIBRATION: dict[str, Any] = {
    "options": {"closed": "left_and_1", "edges": "both_ends"},
    "renames": {"n_bins": "bins"},
    "instead": {"ignore_index": "leave these rows out with --where"},
    "general": _CLASSES,
}

TABLES = (
    Table(
        "torchmetrics",
        rows=(
            _row("mae", "MeanAbsoluteError", "mean_absolute_error", instead=_OF_OUTPUTS),
            _row("mse", "MeanSquaredError", "mean_squared_error", by_option=_ROOT, instead=_OF_OUTPUTS),
            _row("rmse", "MeanSquaredError.root", "mean_squared_error.root", instead=_OF_OUTPUTS),
            _row("msle", "MeanSquaredLogError", "mean_squared_log_error"),
            _row("mape", "MeanAbsolutePercentageError", "mean_absolute_percentage_error", options={"epsilon": 1.17e-6}),
            _row("smape", "SymmetricMeanAbsolutePercentageError", "symmetric_mean_absolute_percentage_error"),
            _row("wape", "WeightedMeanAbsolutePercentageError", "weighted_mean_absolute_percentage_error", empty_mean={"rows": 0.0}),
            _row(
                "log_cosh", "LogCoshError", "log_cosh_error", by_shape={"vectors": Form("log_cosh", {"per": "output", "reduction": "none"})}
            ),
            _row("minkowski", "MinkowskiDistance", "minkowski_distance", empty_mean={"rows": 0.0}),
            row("perplexity", "text.Perplexity", "functional.text.perplexity", "functional.perplexity", options={"shift": False}),
            _row("rse", "RelativeSquaredError", "relative_squared_error"),
            # Scores: the value is the loss, 1 - the score.
            _row(
                "r2",
                "R2Score",
                "r2_score",
                options={"force_finite": True, "tolerance": 1e-4},
                settings=_R2,
                instead={"adjusted": "multiply the loss by (n - 1) / (n - adjusted - 1), n the number of rows"},
                score="r2_score",
            ),
            _row(
                "explained_variance",
                "ExplainedVariance",
                "explained_variance",
                options={"force_finite": True},
                settings=_R2,
                score="explained_variance",
            ),
            _row(
                "concordance_correlation",
                "ConcordanceCorrCoef",
                "concordance_corrcoef",
                options={"variance": "sample"},
                score="concordance_corrcoef",
                by_shape={"vectors": Form("concordance_correlation", {"reduction": "none"})},
            ),
            _row(
                "binary_error",
                "Accuracy",
                "accuracy",
                "classification",
                by_option=_TASKS,
                general=_CLASSES | _LABEL_COUNT,
                instead=_MICRO,
                score="accuracy",
            ),
            _row(
                "top_k_error",
                "Accuracy.multiclass",
                "accuracy.multiclass",
                "classification",
                options={"k": 1, "ties": "first"},
                renames={"top_k": "k"},
                general=_CLASSES,
                instead=_MICRO,
                by_shape=_LABELS,
                score="accuracy",
            ),
            _row("binary_error", "BinaryAccuracy", "binary_accuracy", "classification", instead=_MICRO, score="accuracy"),
            _row(
                "binary_error",
                "MultilabelAccuracy",
                "multilabel_accuracy",
                "classification",
                general=_LABEL_COUNT,
                instead=_MICRO,
                score="accuracy",
            ),
            # Of labels, one or several a row.
            _row(
                "zero_one",
                "ExactMatch",
                "exact_match",
                "classification",
                by_option={"task": {"multiclass": "torchmetrics.functional.classification.multiclass_exact_match"}},
                general=_CLASSES,
                instead=_EXACT,
                score="exact_match",
            ),
            _row(
                "zero_one",
                "MulticlassExactMatch",
                "multiclass_exact_match",
                "classification",
                general=_CLASSES,
                instead=_EXACT,
                score="exact_match",
            ),
            _row("nrmse", "NormalizedRootMeanSquaredError", "normalized_root_mean_squared_error", instead=_OF_OUTPUTS),
            _row("tweedie_deviance", "TweedieDevianceScore", "tweedie_deviance_score"),
            _row("cosine_similarity", "CosineSimilarity", "cosine_similarity", options={"eps": 0.0}, reduction="sum"),
            # Its p is target here, the distribution of the data, and its q is pred.
            _row("kl_div_probs", "KLDivergence", "kl_divergence", options={"epsilon": 0.0}, settings=_LOG_PROB, instead=_P_AND_Q),
            _row("js_divergence", "JensenShannonDivergence", "jensen_shannon_divergence", settings=_LOG_PROB, instead=_P_AND_Q),
            _row("binary_probability_hinge", "BinaryHingeLoss", "binary_hinge_loss", "classification", instead=_HINGE),
            _row(
                "binary_probability_hinge",
                "HingeLoss",
                "hinge_loss",
                "classification",
                by_option=_HINGE_TASKS,
                general=_CLASSES,
                instead=_HINGE,
            ),
            _row(
                "multiclass_probability_hinge",
                "MulticlassHingeLoss",
                "multiclass_hinge_loss",
                "classification",
                by_option=_HINGE_MODES,
                general=_CLASSES,
                instead=_HINGE,
            ),
            _row(
                "one_vs_all_probability_hinge",
                "MulticlassHingeLoss.one-vs-all",
                "multiclass_hinge_loss.one-vs-all",
                "classification",
                options={"average": "none"},
                reduction="none",
                general=_CLASSES,
                instead=_HINGE,
            ),
            _row(
                "hamming",
                "HammingDistance",
                "hamming_distance",
                "classification",
                by_option=_HAMMING_TASKS,
                general=_CLASSES | _LABEL_COUNT,
            ),
            _row("binary_error", "BinaryHammingDistance", "binary_hamming_distance", "classification", instead=_PER_SAMPLE),
            _row(
                "binary_error",
                "MultilabelHammingDistance",
                "multilabel_hamming_distance",
                "classification",
                general=_LABEL_COUNT,
                instead=_MICRO,
            ),
            # Under this name the default is macro, which is refused; HammingDistance with the task multiclass has micro.
            _row(
                "top_k_error",
                "HammingDistance.multiclass",
                "hamming_distance.multiclass",
                "classification",
                options={"k": 1, "ties": "first"},
                renames={"top_k": "k"},
                general=_CLASSES,
                instead=_MICRO,
                by_shape=_LABELS,
            ),
            _row("coverage_error", "MultilabelCoverageError", "multilabel_coverage_error", "classification", general=_LABEL_COUNT),
            _row("label_ranking", "MultilabelRankingLoss", "multilabel_ranking_loss", "classification", general=_LABEL_COUNT),
            _row("binary_calibration_error", "BinaryCalibrationError", "binary_calibration_error", "classification", **_CALIBRATION),
            _row(
                "multiclass_calibration_error",
                "MulticlassCalibrationError",
                "multiclass_calibration_error",
                "classification",
                **_CALIBRATION,
            ),
            _row(
                "binary_calibration_error",
                "CalibrationError",
                "calibration_error",
                "classification",
                by_shape={"vectors": Form("multiclass_calibration_error")},  # where no task is given
                by_option={
                    "task": {"binary": "torchmetrics.BinaryCalibrationError", "multiclass": "torchmetrics.MulticlassCalibrationError"}
                },
                **_CALIBRATION,
            ),
            _row(
                "critical_success_error",
                "CriticalSuccessIndex",
                "critical_success_index",
                empty_mean={"rows": 1.0, "terms": 1.0},
                instead={"keep_sequence_dim": "--per row is the first axis"},
            ),
            row(
                "crps_ensemble",
                "ContinuousRankedProbabilityScore",
                "regression.ContinuousRankedProbabilityScore",
                "regression.continuous_ranked_probability_score",
                "functional.regression.continuous_ranked_probability_score",
                "functional.continuous_ranked_probability_score",
            ),
        ),
    ),
    # The scores of images: a mean over the channels, then over the images. A Gaussian window has a radius of 3.5 sigmas.
    Table(
        "torchmetrics",
        shared={"last_axis": "mean"},
        rows=(
            _image(
                "ssim_of_range",
                "StructuralSimilarityIndexMeasure",
                "structural_similarity_index_measure",
                options={"form": "score", "truncate": 3.5},
                renames={"kernel_size": "window_size"},
                settings={"gaussian_kernel": _KERNEL},
            ),
            _image(
                "ms_ssim",
                "MultiScaleStructuralSimilarityIndexMeasure",
                "multiscale_structural_similarity_index_measure",
                options={"form": "score", "truncate": 3.5, "padding": "reflect", "channels": "joint", "data_range": None},
                renames={"kernel_size": "window_size", "betas": "scale_weights", "normalize": "negative"},
                settings={"gaussian_kernel": _KERNEL},
                last_axis=None,
            ),
            _image(
                "psnr",
                "PeakSignalNoiseRatio",
                "peak_signal_noise_ratio",
                options={"form": "score"},
                per="all",
                last_axis=None,
                instead={
                    "dim": "--per row is dim 1,2,3 of (images, channels, H, W), --per row,channel is dim 2,3, --per channel is dim 0,2,3"
                },
            ),
            _image(
                "ssim",
                "UniversalImageQualityIndex",
                "universal_image_quality_index",
                options={"form": "score", "k1": 0.0, "k2": 0.0, "eps": 2.0**-52},
                renames={"kernel_size": "window_size"},
            ),
            _image(
                "vif",
                "VisualInformationFidelity",
                "visual_information_fidelity",
                options={"form": "score", "data_range": 255.0, "eps": 1e-10},
            ),
            _image("spectral_angle", "SpectralAngleMapper", "spectral_angle_mapper", last_axis=None, class_axis=1),
            _image(
                "ergas",
                "ErrorRelativeGlobalDimensionlessSynthesis",
                "error_relative_global_dimensionless_synthesis",
                last_axis=None,
            ),
            _image(
                "windowed_rmse",
                "RootMeanSquaredErrorUsingSlidingWindow",
                "root_mean_squared_error_using_sliding_window",
                options={"margin": "half"},
                last_axis=None,
                instead={"return_rmse_map": "only the mean is available"},
            ),
            _image(
                "rase",
                "RelativeAverageSpectralError",
                "relative_average_spectral_error",
                options={"margin": "half", "divide_by_area": True},
                last_axis=None,
            ),
            _image(
                "spatial_correlation",
                "SpatialCorrelationCoefficient",
                "spatial_correlation_coefficient",
                instead={"hp_filter": "only the Laplacian of 8 neighbours is available"},
            ),
            _image(
                "spectral_distortion",
                "SpectralDistortionIndex",
                "spectral_distortion_index",
                options={"eps": 2.0**-52},
                last_axis=None,
            ),
            _image("total_variation", "TotalVariation", "total_variation", reduction="sum", last_axis="sum"),
        ),
    ),
    Table(
        "torchmetrics",
        rows=(
            _audio(
                "sdr",
                "SignalDistortionRatio",
                "signal_distortion_ratio",
                options={"form": "score"},
                instead={"use_cg_iter": "the equations are solved exactly"},
            ),
        ),
    ),
    # Ratios of signals, with the precision of float64 above and below each fraction.
    Table(
        "torchmetrics",
        shared={"options": {"form": "score", "eps": 2.0**-52, "eps_in": "fractions", "zero_mean": False}},
        rows=(
            _audio("si_sdr", "ScaleInvariantSignalDistortionRatio", "scale_invariant_signal_distortion_ratio"),
            _audio("si_sdr", "ScaleInvariantSignalNoiseRatio", "scale_invariant_signal_noise_ratio", options={"zero_mean": True}),
            _audio("snr", "SignalNoiseRatio", "signal_noise_ratio"),
        ),
    ),
)

# Names that cannot be computed from arrays, and what to use instead.
REFUSED = {
    "lip_vertex_error LipVertexError": "it takes the vertices of faces; torchmetrics computes it",
    "permutation_invariant_training PermutationInvariantTraining": (
        "it takes another loss: give several sources a row to si_sdr, sd_sdr or snr with --permute"
    ),
    "pit_permutate": "it orders sources, and is no loss; si_sdr --permute takes the best order",
    "multiclass_hamming_distance MulticlassHammingDistance": "its default is macro, the mean error of the classes: torchmetrics computes"
    " it; the share of all labels is torchmetrics.hamming_distance with --task multiclass",
    "multilabel_exact_match MultilabelExactMatch": "it decides each label at a threshold first: give labels of 0 and 1, (rows, labels),"
    " to torchmetrics.exact_match",
    "image_gradients": "it is the gradients of an image, not a loss; total_variation sums their sizes",
    "deep_noise_suppression_mean_opinion_score DeepNoiseSuppressionMeanOpinionScore non_intrusive_speech_quality_assessment"
    " speech_reverberation_modulation_energy_ratio": ("it needs a trained network or filters of speech; torchmetrics computes it"),
    "spatial_distortion_index quality_with_no_reference": (
        "it resizes images with filters of its own; ssim, ergas and spectral_angle compare the sharpened image with a reference"
    ),
    "learned_perceptual_image_patch_similarity deep_image_structure_and_texture_similarity perceptual_path_length arniqa": (
        "it needs a trained network; torchmetrics computes it"
    ),
}
