"""Labels, shapes and values."""

from __future__ import annotations

import json
import re

from tests.cli.messages.rows import (
    AB,
    INPUT,
    PT,
    USAGE,
    Row,
    compare,
    mse,
    objective,
)

ROWS: dict[str, Row] = {
    "several labels a row for one": Row(
        ["compute", "tensorflow_addons.losses.NpairsLoss", "-p", "[[1,2],[3,4]]", "-t", "[[1,0],[0,1]]"],
        INPUT,
        re.compile("target holds 2 numbers a row, and each row has one label; NpairsMultilabelLoss takes several"),
    ),
    "labels of -1 and 1 for 0 and 1": Row(
        ["compute", "bce", "-p", "0.5,0.2", "-t", "1,-1"],
        INPUT,
        "error: target: row 1 is -1, which is not from 0 to 1; where labels are -1 and 1, write 0 for -1",
    ),
    "one-hot rows for labels": Row(
        ["compute", "nll", "-p", "[[-0.1,-3],[-2,-0.2]]", "-t", "[[1,0],[0,1]]"],
        INPUT,
        "error: nll: pred (2, 2) and target (2, 2) do not match: target has a number for each class, and nll takes one label a row: "
        "the index of its class, counted from 0",
    ),
    "labels as predictions": Row(
        ["compute", "cross_entropy", "-p", "0,1", "-t", "[[2,1,0],[1,2,0]]"],
        INPUT,
        "error: cross_entropy: pred (1, 2) and target (2, 3) do not match: target needs one label for each row of pred, or a probability "
        "for each class; pred and target may be the other way round",
    ),
    "more labels than columns": Row(
        ["compute", "rnnt", "-p", "[[[[1,2],[2,1]]]]", "-t", "[[1,1]]"],
        INPUT,
        "error: pred has 2 columns (of 0 to 1 labels), and a row of the target has 2 labels: it needs 3",
    ),
    # labels
    "classes twice": Row(mse(*PT, "--classes", "a,a"), USAGE, "error: --classes names one class twice"),
    "classes of no labels": Row(
        mse(*PT, "--classes", "a,b"),
        USAGE,
        "error: mse has no labels, so it takes no --classes: this option is for losses such as cross_entropy",
    ),
    "classes that are too many": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--classes", "a,b,c"],
        INPUT,
        "error: --classes names 3, but pred has 2 columns",
    ),
    "classes of other columns": Row(
        ["compute", "cross_entropy", "d.csv", "--classes", "a,b"],
        INPUT,
        "error: --classes a,b does not agree with the columns of pred, which are cat, dog: leave it out",
        {"d.csv": "logit_cat,logit_dog,target\n1,2,cat\n"},
    ),
    "label of no class": Row(
        ["compute", "cross_entropy", "d.csv"],
        INPUT,
        "error: d.csv::target: row 0 (line 2): label 'cta' is none of the classes (did you mean cat?): cat, dog; name them with --classes",
        {"d.csv": "logit_cat,logit_dog,target\n1,2,cta\n"},
    ),
    # shapes
    "rows": Row(
        mse("-p", "1,2", "-t", "1,2,3"), INPUT, "error: the numbers of rows differ: pred has 2 rows (inline); target has 3 rows (inline)"
    ),
    "one number beside columns": Row(
        ["compute", "crps", "--dist", "normal", "-p", "1,2", "--sigma", "1", "-t", "1,2"],
        INPUT,
        "error: the numbers of rows differ: pred has 2 rows (inline); target has 2 rows (inline); sigma has 1 row (inline); "
        "to use the one number of sigma for all rows add --broadcast",
    ),
    "rows of files": Row(
        mse("-p", "a.csv", "-t", "b.csv"),
        INPUT,
        "error: the numbers of rows differ: pred has 1 row (a.csv); target has 2 rows (b.csv)",
        {"a.csv": "v\n1\n", "b.csv": "v\n1\n2\n"},
    ),
    "shapes": Row(
        mse("-p", "[[1,2],[3,4]]", "-t", "[[1],[2]]"),
        INPUT,
        re.compile(r"^error: mse: pred \(2, 2\) and target \(2, 1\) do not match: "),
    ),
    "shapes transposed": Row(
        mse("-p", "[[1,2,3],[4,5,6]]", "-t", "[[1,2],[3,4],[5,6]]"),
        INPUT,
        "error: mse: pred (2, 3) and target (3, 2) do not match: transpose one of them",
    ),
    "shapes of one column": Row(
        mse("-p", "[[1,2],[3,4]]", "-t", "1,2"),
        INPUT,
        "error: mse: pred (2, 2) and target (2,) do not match: choose one column of pred (inline), "
        "or, for one number of target a row, give it as (2, 1) (from a table: COLUMN:COLUMN) and use --broadcast",
    ),
    "shapes of several classes": Row(
        ["compute", "focal", "-p", "[[1,2],[3,4]]", "-t", "1,0"],
        INPUT,
        "error: focal: pred (2, 2) and target (2,) do not match: softmax_focal takes one number for each class; or choose one column of "
        "pred (inline)",
    ),
    "shapes of masks of several classes": Row(
        ["compute", "dice", "-p", "[[[0,1],[1,0],[0,0]]]", "-t", "[[1,0]]"],
        INPUT,
        "error: dice: pred (1, 3, 2) and target (1, 2) do not match: multiclass_dice takes one number for each class; or give both the same"
        " shape",
    ),
    "a label of two classes beside one number": Row(
        ["compute", "cross_entropy", "-p", "[[1],[2]]", "-t", "0,1"],
        INPUT,
        "error: target: row 1 is 1, but class indices go from 0 to 0; with one number a row for two classes bce_with_logits takes a logit,"
        " bce a probability",
    ),
    "shapes of labels": Row(
        ["compute", "cross_entropy", "-p", "[[1,2,3]]", "-t", "[[1,2]]"],
        INPUT,
        "error: cross_entropy: pred (1, 3) and target (1, 2) do not match: "
        "target needs one label for each row of pred, or a probability for each class",
    ),
    "shapes of vectors": Row(
        ["compute", "info_nce", "--anchor", "[[1,0]]", "--positive", "[[1,0]]", "--negative", "[[1,0,3]]"],
        INPUT,
        re.compile(r"^error: info_nce: .*negative \(1, 3\)"),
    ),
    "shapes of one vector": Row(
        ["compute", "info_nce", "--anchor", "[[[1,0]]]", "--positive", "[[[1,0]]]"],
        INPUT,
        "error: info_nce: a row of anchor must be one vector, but its shape is (1, 1, 2)",
    ),
    "rows of a shared role": Row(
        ["compute", "linear_cross_entropy", "-p", "[[1,2]]", "--linear-weight", "[[1,2],[3,4]]", "-t", "0", "--linear-bias", "1,2,3"],
        INPUT,
        "error: linear_cross_entropy: linear_bias has 3 numbers, but linear_weight has 2 rows",
    ),
    "broadcast": Row(
        mse("-p", "[[1,2],[3,4]]", "-t", "[[1,2,3],[4,5,6]]", "--broadcast"),
        INPUT,
        "error: the shapes do not broadcast: pred (2, 2), target (2, 3)",
    ),
    "no vectors": Row(
        ["compute", "cross_entropy", "-p", "d.csv::a", "-t", "0,1"],
        INPUT,
        "error: cross_entropy: pred needs rows of classes, but d.csv::a has one number a row, shape (rows,); "
        "bce_with_logits takes one logit a row",
        AB,
    ),
    "no images": Row(
        ["compute", "ssim", "-p", "1,2", "-t", "1,2"],
        INPUT,
        "error: ssim: pred needs an image a row, (rows, H, W) or (rows, channels, H, W), but inline has shape (2,)",
    ),
    "images of two sizes": Row(
        ["compute", "ssim", "-p", "[[[1,1]]]", "-t", "[[[1],[1]]]"],
        INPUT,
        "error: ssim: pred (1, 1, 2) and target (1, 2, 1) do not match: give images of one size, and as many channels of each",
    ),
    "a window that does not fit": Row(
        ["compute", "ssim", "-p", "[[[1,1]]]", "-t", "[[[1,1]]]"],
        INPUT,
        "error: the images are 1 × 2, but a window of 11 needs sides of 11 or more: take a smaller window",
    ),
    "too many scales": Row(
        ["compute", "ms_ssim", "-p", "[[[1,1]]]", "-t", "[[[1,1]]]", "--window-size", "1"],
        INPUT,
        "error: the images are 1 × 2, but a window of 1 at 5 scales needs sides of 16 or more: take a smaller window or fewer scales",
    ),
    "one band": Row(
        ["compute", "spectral_distortion", "-p", "[[[[1]]]]", "-t", "[[[[1]]]]", "--window-size", "1"],
        INPUT,
        "error: the images have 1 band, but bands are compared with each other: give images of 2 bands or more",
    ),
    "a range of each scale": Row(
        ["compute", "torchmetrics.MultiScaleStructuralSimilarityIndexMeasure", "-p", "[[[[1]]]]", "-t", "[[[[1]]]]"],
        USAGE,
        "error: give --data-range: torchmetrics takes it from the images at each scale anew, which is not available",
    ),
    "log-probabilities above 0": Row(
        ["compute", "brier", "-p", "0.5,-1", "-t", "0,1", "--from-log-probs"],
        INPUT,
        "error: pred: row 0 is 0.5, which is not 0 or less",
    ),
    "images of 8 bits": Row(
        ["compute", "ssim", "-p", "[[[9]]]", "-t", "[[[9]]]", "--window-size", "1", "-f", "value"],
        0,
        "note: ssim has padding=valid, form=loss here; kornia.metrics.SSIM has padding=reflect, form=score; piq.ssim has form=score\n"
        "warning: W130 1 row: target is far above the data range: images of 8 bits need --data-range 255",
    ),
    "no sources": Row(
        ["compute", "si_sdr", "-p", "a.json::p", "-t", "a.json::p", "--permute"],
        INPUT,
        "error: si_sdr: pred needs several sources a row, (rows, sources, time), but a.json::p has shape (1,)",
        {"a.json": '{"p": [1]}'},
    ),
    "signals of two lengths": Row(
        ["compute", "snr", "-p", "[[1,2]]", "-t", "[[1,2,3]]"],
        INPUT,
        "error: snr: pred (1, 2) and target (1, 3) do not match: give signals of one length, and as many of each",
    ),
    "too many sources": Row(
        ["compute", "snr", "-p", "[[[1],[2],[3],[4],[5],[6],[7],[8],[9]]]", "-t", "[[[1],[2],[3],[4],[5],[6],[7],[8],[9]]]", "--permute"],
        INPUT,
        "error: a row has 9 sources, and permute tries all their orders: at most 8",
    ),
    "a filter longer than the signals": Row(
        ["compute", "sdr", "-p", "[[1,2]]", "-t", "[[1,2]]"],
        INPUT,
        "error: the signals have 2 samples, but the filter has 512 taps: take a smaller --filter-length",
    ),
    "one channel of stereo": Row(
        ["compute", "stereo_stft", "-p", "[[[1,2]]]", "-t", "[[[1,2]]]"],
        INPUT,
        "error: a row has 1 channel, but stereo has 2, left and right: give two channels a row, (rows, 2, time)",
    ),
    "a range of images that falls": Row(
        ["compute", "psnr", "-p", "[[[1,2]]]", "-t", "[[[1,3]]]", "--data-range", "1,0"],
        USAGE,
        "error: psnr: data_range must be above 0, or the lowest and the highest value, not [1.0, 0.0]",
    ),
    "a frame that does not fit": Row(
        ["compute", "stft", "-p", "[[1,2]]", "-t", "[[1,2]]"],
        INPUT,
        "error: the signals have 2 samples, but frames of 1024 need 513 or more: take smaller frames",
    ),
    "a window longer than its frame": Row(
        ["compute", "stft", "-p", "[[1,2]]", "-t", "[[1,2]]", "--fft-size", "2"],
        USAGE,
        "error: a frame of 2 needs a window of 1 to 2 and a hop of 1 or more, not 1024 and 256",
    ),
    "resolutions": Row(
        ["compute", "multi_resolution_stft", "-p", "[[1,2]]", "-t", "[[1,2]]", "--fft-sizes", "2"],
        USAGE,
        "error: fft_sizes, hop_sizes and win_lengths need one number for each resolution",
    ),
    "no boxes": Row(
        ["compute", "giou", "-p", "[[3,1,1]]", "-t", "[[1,1,2]]"], INPUT, "error: giou: pred needs 4 numbers a row, but has shape (1, 3)"
    ),
    "weights": Row(
        mse("-p", "[[1,2,3]]", "-t", "[[1,2,3]]", "-w", "[[1,2]]"),
        INPUT,
        "error: sample_weight (1, 2) fits neither the values (rows, 3) nor their leading axes",
    ),
    "weights of rows that are reduced": Row(
        [
            "compute",
            "ppo_clip",
            "--logp",
            "[[1,2]]",
            "--old-logp",
            "[[1,2]]",
            "--advantage",
            "[[1,2]]",
            "--average",
            "seq-mean-token-mean",
            "-w",
            "[[1,2]]",
        ],
        INPUT,
        "error: each value is computed from a whole row here, so sample_weight needs one number for each row",
    ),
    "weights of one sample": Row(
        ["compute", "keras.losses.MeanSquaredError", "-p", "1,2", "-t", "1,3", "-w", "1,2"],
        INPUT,
        "error: keras.losses.MeanSquaredError treats vectors as one sample, which has one weight, but sample_weight has 2: "
        "for samples of one number give roles of the shape (N, 1) (from a table: COLUMN:COLUMN)",
    ),
    "labels of one sample": Row(
        ["compute", "logloss", "-p", "0.2,0.9,0.4", "-t", "0,1,1"],
        INPUT,
        "error: logloss: pred (3,) is one sample, but target (3,) has 3 numbers: give one label, or a probability for each class "
        "(they sum to 1); bce takes one probability a row, as sklearn.metrics.log_loss does",
    ),
    "more axes than a shared role has": Row(
        ["compute", "mase", "-p", "1,2", "-t", "1,3", "--history", "[[[1,2],[3,4]]]"],
        INPUT,
        "error: mase: history (1, 2, 2) has too many axes: give (time,), one series for all rows, or (series, time), one for each row",
    ),
    "series that are not those of the rows": Row(
        ["compute", "mase", "-p", "[[1,2],[2,3]]", "-t", "[[1,3],[2,4]]", "--history", "[[1,2],[3,5],[4,4]]"],
        INPUT,
        "error: mase: history (3, 2) has 3 rows, a series each, but pred has 2 rows: transpose it",
    ),
    "series of the rows in one": Row(
        ["compute", "rmsse", "-p", "[[1,2],[2,3]]", "-t", "[[1,3],[2,4]]", "--history", "[[1,2,3],[3,5,4]]", "--per", "all"],
        USAGE,
        "error: history has a row for each row of pred, so rmsse is a number a row: leave out --per all",
    ),
    "rows of numbers in a loss over the batch": Row(
        ["compute", "cox_ph", "-p", "[[0.1,0.2]]", "--time", "1,2", "--event", "1,1"],
        INPUT,
        "error: cox_ph: pred needs one number for each row, but its shape is (1, 2)",
    ),
    "one row or two": Row(
        ["compute", "rmse", "-p", "[[1,2]]", "-t", "1,4", "-f", "value"],
        0,
        "warning: W127 pred (1, 2) and target (2,) are read as (1, 2); rmse depends on which are rows: give both one shape",
    ),
    "weights along the last axis": Row(
        [
            "compute",
            "keras.losses.MeanSquaredError",
            "-p",
            "[[[1],[2]],[[3],[4]]]",
            "-t",
            "[[[1],[2]],[[3],[4]]]",
            "-w",
            "[1,2]",
            "-f",
            "value",
        ],
        0,
        "warning: W127 sample_weight (2,) weighs rows, but keras.losses.MeanSquaredError applies it along the last axes of the losses "
        "(2, 2): (2, 1) weighs rows in both",
    ),
    "weights of one number": Row(
        ["compute", "keras.losses.Dice", "-p", "0.5,1", "-t", "1,1", "-w", "1,2", "-f", "value"],
        0,
        "warning: W127 sample_weight weighs elements; keras.losses.Dice multiplies its one number by the weights",
    ),
    "a framework's word for another thing": Row(
        compare("-l", "monai.losses.MCCLoss:batch=true", "-p", "a"),
        USAGE,
        "error: mcc has no option 'batch': --per channel takes each channel over all images",
        AB,
    ),
    "a framework's word for two of our options": Row(
        compare("-l", "Flux.tversky_loss:beta=0.6", "-p", "a"),
        USAGE,
        re.compile("^error: Flux.Losses.tversky_loss has no option 'beta': its beta weighs false positives"),
        AB,
    ),
    "objective: a framework's word for another thing": objective(
        "terms: {a: {loss: monai.losses.MCCLoss, batch: true}}",
        re.compile(r"has no option 'batch': --per channel takes each channel over all images$"),
        code=USAGE,
    ),
    "a vector along the last axis": Row(
        mse("-p", "[[1,2],[3,4]]", "-t", "1,2", "--broadcast", "-f", "value"),
        0,
        "warning: W127 target (2,) lies along the last axis of (2, 2), as in NumPy; "
        "for one number a row give (2, 1) (from a table: COLUMN:COLUMN)",
    ),
    "boxes of COCO": Row(
        ["compute", "giou", "-p", "b.json::bbox", "-t", "[[1,1,2,2]]", "-f", "value"],
        0,
        "warning: W128 pred: bbox is read as corners, x1, y1, x2, y2; COCO's bbox is x, y, width, height: --box-format xywh "
        "(xyxy says that they are corners)",
        {"b.json": '[{"bbox": [1, 1, 2, 2]}]'},
    ),
    "sigmas of other points": Row(
        ["compute", "keypoint_oks", "-p", "[[[0,0]]]", "-t", "[[[3,4]]]", "--area", "9", "--sigmas", "1,2"],
        USAGE,
        "error: sigmas has 2 numbers, but a row has 1 point: give one for each",
    ),
    "points of another number": Row(
        ["compute", "keypoint_oks", "-p", "[[[0,0]]]", "-t", "[[[3,4]]]", "--area", "9", "--visible", "[[1,1]]"],
        INPUT,
        "error: a row has 1 point, but 2 numbers that say which are visible: give one for each",
    ),
    "masks of another number": Row(
        ["compute", "ibot", "--teacher", "[[[1,2],[0,1]]]", "--student", "[[[1,2],[0,1]]]", "--mask", "[[1,0,1]]"],
        INPUT,
        "error: a row has 2 vectors, but 3 numbers that say which are masked: give one for each",
    ),
    "a label that is left out": Row(
        ["compute", "optax.softmax_cross_entropy_with_integer_labels", "-p", "[[1,2,3]]", "-t", "0", "--mask", "[[0,1,1]]"],
        INPUT,
        "error: row 0: its where leaves out the class of the label, which has no probability among the others",
    ),
    "durations of another number": Row(
        ["compute", "tdt", "-p", "[[[[1,2],[1,2]]]]", "--duration-logits", "[[[[1,2],[1,2]]]]", "-t", "[[0]]"],
        INPUT,
        "error: a row of duration_logits has the shape (1, 2, 2), but its frames, the labels + 1 and the durations are (1, 2, 5)",
    ),
    "weights of other members": Row(
        ["compute", "weighted_crps", "-p", "[[0,1]]", "-t", "3", "--target-weight", "1", "--member-weights", "[[1,1,1]]"],
        INPUT,
        "error: a row has 2 members, but 3 numbers as their weights: give one for each",
    ),
    "fewer members than entries": Row(
        ["compute", "dssmv", "-p", "[[[0,1]]]", "-t", "[[3,4]]"],
        INPUT,
        "error: pred: 1 member of 2 numbers has no covariance that can be inverted: give more members than numbers, "
        "(rows, members, numbers)",
    ),
    "boxes of another number than predictions": Row(
        ["compute", "detr", "-p", "[[[0,1]]]", "--boxes", "[[[0,0,1,1],[0,0,1,2]]]", "-t", "[[0]]", "--target-boxes", "[[[0,0,1,1]]]"],
        INPUT,
        "error: a row has 2 boxes, but 1 prediction in pred: give one box for each",
    ),
    "a label that is no object": Row(
        ["compute", "detr", "-p", "[[[0,1]]]", "--boxes", "[[[0,0,1,1]]]", "-t", "[[1]]", "--target-boxes", "[[[0,0,1,1]]]"],
        INPUT,
        "error: target: row 0, element 0 is 1, which is not a class index from 0, below the last class where that is no object, or -1 for "
        "no box",
    ),
    "more mel bands than bins": Row(
        ["compute", "mel_stft", "-p", "[[1,2,3,4]]", "-t", "[[1,2,3,4]]", "--fft-size", "4", "--win-length", "4", "--hop-size", "2"],
        USAGE,
        re.compile(r"^error: mel_stft: \d+ of 128 mel bands lie between the bins of a frame of 4: take fewer --n-mels$", re.M),
    ),
    "a place beyond the bins": Row(
        ["compute", "dfl", "-p", "[[0,1,2]]", "-t", "2.5"],
        INPUT,
        "error: target: row 0 is 2.5, which is not from 0 to the number of bins of pred − 1",
    ),
    "a rotated box without a width": Row(
        ["compute", "prob_iou", "-p", "[[0,0,0,1,0]]", "-t", "[[0,0,1,1,0]]"],
        INPUT,
        "error: pred: row 0, element 2 is 0, which is not x, y, width, height, angle, with width and height above 0",
    ),
    "a field of other components": Row(
        ["compute", "bending_energy", "-p", "f.json"],
        INPUT,
        "error: a field over 2 axes has 2 components, not 1: give a field a row, (rows, 2, H, W), "
        "or with --spatial-dims 3 (rows, 3, D, H, W)",
        {"f.json": json.dumps([[[[0.0] * 3] * 3]])},
    ),
    "a field without an inner pixel": Row(
        ["compute", "diffusion", "-p", "f.json"],
        INPUT,
        "error: the fields are 2 × 3, but derivatives need sides of 3 or more",
        {"f.json": json.dumps([[[[0.0] * 3] * 2] * 2])},
    ),
    "distances of other classes": Row(
        ["compute", "gwdl", "-p", "[[0,1,2]]", "-t", "2", "--dist-matrix", "[[0,1],[1,0]]"],
        INPUT,
        "error: a matrix of 3 classes has the shape (3, 3), not (2, 2)",
    ),
    "corners given as widths": Row(
        ["compute", "giou", "-p", "b.json", "-t", "c.json", "--box-format", "xywh", "-f", "value"],
        0,
        "warning: W135 each box has a width above its x and a height above its y: corners, x1, y1, x2, y2, look so, and are "
        "--box-format xyxy",
        {"b.json": json.dumps([[1, 1, 2, 2]] * 8), "c.json": json.dumps([[1, 1, 2, 3]] * 8)},
    ),
    "rows first where time is": Row(
        ["compute", "torch.nn.CTCLoss", "-p", "[[[-1,-1],[-1,-1],[-1,-1]],[[-1,-1],[-1,-1],[-1,-1]]]", "-t", "[[1],[1]]"],
        INPUT,
        "error: torch.nn.CTCLoss takes time first, (T, N, C), but the rows come first in pred (2, 3, 2): transpose it, or use ctc, "
        "which takes rows first",
    ),
    "labels of all rows": Row(
        ["compute", "F.ctc_loss", "-p", "[[[-1,-1],[-1,-1]],[[-1,-1],[-1,-1]]]", "-t", "1,1,1", "--target-lengths", "1,1"],
        INPUT,
        "error: torch.nn.CTCLoss: target has 3 labels, one row after the other, but the lengths of the rows sum to 2",
    ),
    "a shape that does not broadcast": Row(
        ["compute", "F.binary_cross_entropy", "-p", ".1,.2", "-t", "0,1", "--weight", "1,2,3"],
        INPUT,
        "error: weight (3,) does not broadcast to the values of pred, (2,)",
    ),
    "weights by two names": Row(
        ["compute", "F.binary_cross_entropy", "-p", ".1,.2", "-t", "0,1", "--weight", "1,2", "-w", "1,2"],
        USAGE,
        "error: weight and sample_weight both weigh the values: give one of them",
    ),
    "no axis of a row": Row(
        ["compute", "optax.kl_divergence", "-p", "[[-1,-2]]", "-t", "[[1,0]]", "--axis", "3"],
        INPUT,
        "error: axis 3 is no axis of a row of pred, shape (1, 2)",
    ),
    "no class index for a number of each class": Row(
        ["compute", "timm.BinaryCrossEntropy", "-p", "[[1,2],[2,1]]", "-t", "0,2"],
        INPUT,
        "error: timm.loss.BinaryCrossEntropy: target: row 1 is 2, but class indices go from 0 to 1",
    ),
    "views that are no part of the rows": Row(
        ["compute", "timm.JsdCrossEntropy", "-p", "[[1,2],[2,1]]", "-t", "0,1"],
        INPUT,
        "error: timm.loss.JsdCrossEntropy: pred has 2 rows, which are no multiple of num_splits 3",
    ),
    "a number of classes that is not that of the columns": Row(
        ["compute", "torchmetrics.Accuracy", "--task", "multiclass", "--num-classes", "5", "-p", "[[1,2],[3,4]]", "-t", "0,1"],
        INPUT,
        "error: torchmetrics.Accuracy.multiclass: num_classes is 5, but pred has 2 numbers a row",
    ),
    "Keras's smoothing along another axis": Row(
        [
            "compute",
            "keras.losses.CategoricalCrossentropy",
            "-p",
            "[[[1,2],[2,1]]]",
            "-t",
            "[[[1,0],[0,1]]]",
            "--axis",
            "1",
            "--label-smoothing",
            "0.1",
        ],
        USAGE,
        "error: keras.losses.CategoricalCrossentropy smooths labels by the length of the last axis, whatever axis is: "
        "give the classes on the last axis",
    ),
    "an option without its role": Row(
        ["compute", "grpo", "--logp=[[-1,-2]]", "--old-logp=[[-1,-2]]", "--advantage", "1", "--beta", "0.1"],
        USAGE,
        "error: grpo: --beta needs --ref-logp: it has no effect here",
    ),
    "an option without the value of another": Row(
        ["compute", "ssim", "-p", "[[1,2],[3,4]]", "-t", "[[1,2],[3,4]]", "--window", "uniform", "--window-size", "1", "--sigma", "3"],
        USAGE,
        "error: ssim: --sigma needs --window gaussian: it has no effect here",
    ),
    "an axis by two names": Row(
        ["compute", "optax.softmax_cross_entropy", "-p", "[[[1,2]]]", "-t", "[[[1,0]]]", "--axis", "2", "--class-axis", "1"],
        USAGE,
        "error: axis and --class-axis are one option here: give one of them",
    ),
    "a reduction that a framework has not": Row(
        ["compute", "monai.losses.DiceCELoss", "-p", "[[[1,2],[2,1]]]", "-t", "[[0,1]]", "-r", "none"],
        USAGE,
        "error: monai.losses.DiceCELoss takes -r mean, sum here, not none; dice_ce -r none is ours, a number a row",
    ),
    "settings that exclude each other": Row(
        ["compute", "monai.losses.DiceLoss", "-p", "[[[1,2]]]", "-t", "[[[1,0]]]", "--sigmoid", "--softmax"],
        USAGE,
        "error: monai.losses.DiceLoss: sigmoid and softmax exclude each other: leave one of them out",
    ),
    "an option by two words": Row(
        ["compare", "-l", "torch.nn.CrossEntropyLoss:weight=[1,2],class_weight=[2,1]", "-p", "[[1,2]]", "-t", "0"],
        USAGE,
        "error: cross_entropy: weight and class_weight are one option here: give one of them",
    ),
    "weights of a whole row": Row(
        ["compute", "keras.losses.MeanSquaredError", "-p", "[[1,2]]", "-t", "[[1,2]]", "-w", "[[1,2]]"],
        INPUT,
        "error: sample_weight (1, 2) fits neither the values (rows,) nor their leading axes",
    ),
    # values
    "value nan": Row(
        mse("d.csv"),
        INPUT,
        "error: target = d.csv::target: row 0 (line 2) is nan or empty; --nan omit leaves such rows out, --nan propagate computes with "
        "them (1 more value like it)",
        {"d.csv": "pred,target\n1,\n2,\n3,1\n"},
    ),
    "value infinite": Row(mse("-p", "1,inf", "-t", "1,2"), INPUT, "error: pred: row 1 is inf; --nan propagate computes with it"),
    "value beyond float32": Row(
        mse("-p", "1e200", "-t", "1", "--dtype", "float32"),
        INPUT,
        "error: pred: row 0 is inf, or too large for float32; --nan propagate computes with it",
    ),
    "value outside": Row(["compute", "gaussian_nll", *PT, "--var", "1,-1"], INPUT, "error: var: row 1 is -1, which is not 0 or more"),
    "value of an element": Row(
        mse("-p", '[[1,2],[3,"nan"]]', "-t", "[[1,2],[3,4]]"), INPUT, re.compile(r"^error: pred: row 1, element 1 is nan or empty; ")
    ),
    "probability": Row(
        ["compute", "bce", "-p", "1.2", "-t", "1"],
        INPUT,
        "error: pred: row 0 is 1.2, which is not from 0 to 1; --from-logits takes logits",
    ),
    "value as written": Row(["compute", "bce", "-p", "-0.1", "-t", "1"], INPUT, re.compile("row 0 is -0.1, which is not from 0 to 1")),
    "probability or logit": Row(
        ["compute", "dice", "-p", "1.2", "-t", "1"],
        INPUT,
        "error: pred: row 0 is 1.2, which is not from 0 to 1; --from-logits takes logits",
    ),
    "sign": Row(
        ["compute", "hinge", "-p", "1", "-t", "0"],
        INPUT,
        "error: target: row 0 is 0, which is not -1 or 1; catboost.HingeLoss maps 0 to -1",
    ),
    "sign without a preset": Row(
        ["compute", "cosine_embedding", "--input1", "[[1,2]]", "--input2", "[[1,2]]", "-t", "0"],
        INPUT,
        "error: target: row 0 is 0, which is not -1 or 1; write -1 for 0",
    ),
    "half a star beside a label": Row(
        ["compute", "accuracy", "-p", "0.5,3.5", "-t", "1,3"],
        INPUT,
        "error: pred: row 0 is 0.5, which is a score or a probability, beside a label: binary_accuracy takes probabilities of one "
        "class (--threshold), categorical_accuracy and top_k_accuracy a score for each class; for ratings name them, --classes 0.5,1,1.5,…",
    ),
    **{
        f"score beside a label: {name}": Row(
            ["compute", name, "-p", "0.9,0.2", "-t", "1,0"],
            INPUT,
            "error: pred: row 0 is 0.9, which is a score or a probability, beside a label: binary_accuracy takes probabilities of one "
            "class (--threshold), categorical_accuracy and top_k_accuracy a score for each class (1 more value like it)",
        )
        for name in ("accuracy", "zero_one", "hamming", "sklearn.metrics.accuracy_score", "sklearn.metrics.zero_one_loss")
    },
    "scores of classes beside labels": Row(
        ["compute", "accuracy", "-p", "[[0.1,0.9],[0.8,0.2]]", "-t", "1,1"],
        INPUT,
        "error: accuracy: pred (2, 2) and target (2,) do not match: if pred has scores of classes, binary_accuracy takes probabilities of "
        "one class (--threshold), categorical_accuracy and top_k_accuracy a score for each class; else choose one column of pred (inline)",
    ),
    "label": Row(
        ["compute", "cross_entropy", "-p", "[[1,2,3]]", "-t", "3"],
        INPUT,
        "error: target: row 0 is 3, but class indices go from 0 to 2; if the labels count from 1, use --classes 1,2,3",
    ),
    "label of two classes": Row(
        ["compute", "cross_entropy", "d.csv", "-p", "x_*", "-t", "t"],
        INPUT,
        "error: d.csv::t: row 0 (line 2): label 'x_1' could be one of two classes: name the columns so that no name is the end of another",
        {"d.csv": "x_1,x_x_1,t\n1,2,x_1\n"},
    ),
    "label nan": Row(
        ["compute", "cross_entropy", "-p", "[[1,2,3]]", "-t", "nan"],
        INPUT,
        "error: target: row 0 has no label (nan or an empty field); --nan omit leaves such rows out",
    ),
    "box": Row(
        ["compute", "giou", "-p", "[[3,1,1,3]]", "-t", "[[1,1,2,2]]"],
        INPUT,
        re.compile(r"^error: pred: row 0, element 0 is 3, which is not x1, y1, x2, y2 with x1 ≤ x2 and y1 ≤ y2"),
    ),
    "weight": Row(mse(*PT, "-w", "1,-1"), INPUT, "error: sample_weight: row 1 is -1, which is not 0 or more"),
}
