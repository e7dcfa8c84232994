"""Names of losses, options, what is shown, and lists."""

from __future__ import annotations

import re

from tests.cli.messages.rows import (
    AB,
    FORMATS,
    GIVEN,
    INPUT,
    MSE,
    OUTPUT,
    PT,
    REDUCTIONS,
    SUFFIXES,
    USAGE,
    VECTORS_OF_ONE,
    D,
    Row,
    compare,
    mse,
    objective,
)


def _two(*argv: str) -> list[str]:
    return compare("-l", "mse", "-p", "a", "-p", "b", "-t", "t", *argv)


_TRIPLET = ["--anchor", "[[1,0]]", "--positive", "[[1,1]]", "--negative", "[[0,1]]"]

ROWS: dict[str, Row] = {
    "digest without JSON": Row(
        mse("-p", "1", "-t", "2", "--digest"),
        USAGE,
        "error: --digest adds to the JSON: add -f json, or -o FILE.json",
    ),
    "rerun without an origin": Row(
        ["compute", "--rerun", "r.json"],
        INPUT,
        "error: --rerun r.json: it does not say how it was made; write it with losscli compute … --digest -o FILE.json",
        {"r.json": "{}"},
    ),
    "rerun of code": Row(
        ["compute", "--rerun", "r.json"],
        USAGE,
        "error: --rerun r.json: its loss is a.py::f, which is code: run the command yourself if you trust it",
        {"r.json": '{"origin": {"command": ["compute", "a.py::f"], "digests": {}}}'},
    ),
    "a role under two names": Row(
        ["compute", "scoringrules.crps_gamma", "--obs", "1", "--shape", "2", "--rate", "1", "--scale", "1"],
        USAGE,
        "error: crps_gamma: rate and scale are one role here: give one of them",
    ),
    "roles that are called as gates": Row(
        ["compute", "scoringrules.crps_uniform", "--obs", "0.5", "--min", "0", "--max", "1"],
        USAGE,
        "error: --min and --max are bounds of the value: give the min and max of scoringrules.crps_uniform as --lower and --upper",
    ),
    "two forms of one role": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "1", "--from-probs", "--from-log-probs"],
        USAGE,
        "error: cross_entropy: from_probs and from_log_probs both say what pred holds: leave one of them out",
    ),
    "a form that is false": Row(
        ["compute", "o.yaml"],
        USAGE,
        "error: o.yaml:1: a: cross_entropy: from_logits is false: say what pred holds, with from_probs or from_log_probs",
        {"o.yaml": "terms: {a: {loss: cross_entropy, pred: [[0.5, 0.5]], target: [1], from_logits: false}}"},
    ),
    "a form beside the option of the loss": Row(
        ["compute", "bce", "-p", "0.5", "-t", "1", "--from-logits", "--from-log-probs"],
        USAGE,
        "error: bce: from_logits and from_log_probs both say what pred holds: leave one of them out",
    ),
    "a form of numbers that are taken as they are": Row(
        ["compute", "dice_ce", "-p", "[[0.5,0.5]]", "-t", "0", "--no-softmax", "--from-probs"],
        USAGE,
        "error: dice_ce: with these options pred is taken as it is: leave from_probs out",
    ),
    "z_loss of probabilities": Row(
        ["compute", "causal_lm", "-p", "[[[0.5,0.5]]]", "-t", "[[0]]", "--from-probs", "--z-loss", "0.1"],
        USAGE,
        "error: causal_lm: z_loss needs the logits, whose sum from_probs does not say: leave out --z-loss",
    ),
    "a form that the loss of another shape does not take": Row(
        ["compute", "transformers.ForSequenceClassificationLoss", "-p", "0.5,0.2", "-t", "1,0", "--from-probs"],
        USAGE,
        "error: mse has no option 'from_probs': leave it out",
    ),
    # intervals
    "a level in words": Row([*mse(), "--ci", "high"], USAGE, "error: --ci takes a percentage between 0 and 100, or none, not 'high'"),
    "top of one prediction": Row(
        [*compare(), "-l", "mse", "-p", "1,2", "-t", "2,4", "--top", "2"],
        USAGE,
        "error: --top compares predictions, and there is one: add another -p",
    ),
    "top as values": Row(
        [*compare(), "-l", "mse", "-p", "a=1,2", "-p", "b=1,3", "-t", "2,4", "--top", "2", "-f", "value"],
        USAGE,
        "error: -f value holds the values alone: add -f csv for the rows of --top, or -f json for both",
    ),
    "all pairs as values": Row(
        [*compare(), "-l", "mse", "-p", "a=1,2", "-p", "b=1,3", "-t", "2,4", "--all-pairs", "-f", "value"],
        USAGE,
        "error: -f value has no place for --all-pairs: -f json has its numbers",
    ),
    "metrics of elements": Row(
        ["compute", "mse", "-p", "1", "-t", "1", "-r", "none", "-f", "metrics"],
        USAGE,
        "error: -f metrics holds a number with a name for each loss: leave out -r none, or write csv",
    ),
    "a model confidence set in junit": Row(
        [*compare(), "-l", "mse", "-p", "a=1,2", "-p", "b=1,3", "-t", "2,4", "--mcs", "-f", "junit"],
        USAGE,
        "error: -f junit has no place for --mcs: -f json has its numbers",
    ),
    "top in junit": Row(
        [*compare(), "-l", "mse", "-p", "a=1,2", "-p", "b=1,3", "-t", "2,4", "--top", "2", "-f", "junit"],
        USAGE,
        "error: -f junit has no place for --top: -f json has its numbers",
    ),
    "the largest in junit": Row(
        mse(*PT, "--top", "2", "-f", "junit"), USAGE, "error: -f junit has no place for --top: -f json has its numbers"
    ),
    "a histogram in junit": Row(
        mse(*PT, "--hist", "-f", "junit"), USAGE, "error: -f junit has no place for --hist: -f json has its numbers"
    ),
    "derivatives in junit": Row(
        mse(*PT, "--grad", "pred", "-f", "junit"), USAGE, "error: -f junit has no place for --grad: -f json has its numbers"
    ),
    "a level of 100": Row([*compare(), "--ci", "100"], USAGE, "error: --ci takes a percentage between 0 and 100, or none, not '100'"),
    "an interval of elements": Row(
        [*mse(), "-r", "none", "--ci", "95"], USAGE, "error: an interval needs one number: give -r mean (or sum, …), not -r none"
    ),
    # pairs
    "an unknown adjustment": Row(
        [*compare(), "--adjust", "holms"], USAGE, "error: --adjust takes holm, bh or none, not 'holms' (did you mean holm?)"
    ),
    "pairs without intervals": Row(
        [*compare(), "--all-pairs", "--ci", "none"], USAGE, "error: --all-pairs needs intervals: leave out --ci none"
    ),
    "pairs of one prediction": Row(
        ["compare", "-l", "mse", "-p", "1,2", "-t", "1,2", "--mcs"],
        USAGE,
        "error: --mcs compares predictions, and there is one: add another -p",
    ),
    "a guide to a loss": Row(["list", "huber", "--guide"], USAGE, "error: --guide shows the whole guide: losscli list --guide"),
    "a number without a target": Row(
        ["compare", "-p", "1,2", "--match", "0.5"], 2, "error: no loss takes these data; mse: mse needs target: give --target SOURCE"
    ),
    # dependence of rows
    "a lag of 0": Row(_two("--lag", "0"), USAGE, "error: --lag takes a number of steps from 1, or auto, not '0'"),
    "a lag without intervals": Row(
        _two("--lag", "2", "--ci", "none"), USAGE, "error: --lag is about intervals, and --ci none leaves them out", AB
    ),
    "independent rows in clusters": Row(
        _two("--independent", "--cluster", "t"),
        USAGE,
        "error: --independent says that no rows depend on each other: give it without --cluster and --lag",
        AB,
    ),
    "a share without folds": Row(
        _two("--test-share", "0.5"), USAGE, "error: --test-share is about the folds of a cross-validation: add --folds COL", AB
    ),
    "a share of 0": Row(
        _two("--folds", "t", "--test-share", "0"),
        USAGE,
        "error: --test-share takes the rows of a test fold divided by those of its training set, such as 0.25 for 5 folds, not 0",
        AB,
    ),
    "folds and clusters": Row(
        _two("--folds", "t", "--cluster", "t"),
        USAGE,
        "error: --folds says how scores depend on each other: give it without --cluster, --lag and --independent",
        AB,
    ),
    "a lag of no interval": Row(mse(*PT, "--lag", "2"), USAGE, "error: --lag is about the interval: add --ci 95"),
    "clusters of three kinds": Row(
        _two("--cluster", "t", "--cluster", "a", "--cluster", "b"), USAGE, "error: --cluster takes clusters of one kind or of two", AB
    ),
    "a cluster twice": Row(_two("--cluster", "t", "--cluster", "t"), USAGE, "error: --cluster t is given twice", AB),
    "clusters of another file": Row(
        _two("--cluster", "t", "--cluster", "e.csv::t"),
        USAGE,
        "error: --cluster e.csv::t: clusters of two kinds have to be columns of DATA",
        AB,
    ),
    "a cluster as a number": Row(
        _two("--cluster", "0"), USAGE, "error: --cluster 0 was read as numbers: for a column by its position write ::0", AB
    ),
    "no such cluster": Row(_two("--cluster", "c"), INPUT, "error: no column or file 'c'; d.csv has a, b, t", AB),
    # vectors
    "vectors of all": Row(["list", "--vectors"], USAGE, VECTORS_OF_ONE),
    "vectors of two": Row(["list", "huber", "mse", "--vectors"], USAGE, VECTORS_OF_ONE),
    "vectors of a task": Row(["list", "huber", "--vectors", "--task", "regression"], USAGE, VECTORS_OF_ONE),
    "vectors of no loss": Row(
        ["list", "hubr", "--vectors"], USAGE, "error: no loss is called 'hubr' (did you mean huber?); `losscli list` shows them all"
    ),
    "vectors of an objective": Row(
        ["list", "o.yaml", "--vectors"], USAGE, "error: o.yaml is an objective, which has no test vectors: only losses have them"
    ),
    "vectors of one's own": Row(
        ["list", "regression.py::mine", "--vectors"],
        USAGE,
        "error: mine has no vectors: only the losses of losscli have them",
        {"regression.py": "def mine(pred, target): return pred - target"},
    ),
    "vectors as a number": Row(
        ["list", "huber", "--vectors", "-f", "value"],
        USAGE,
        "error: -f value shows the names of losses, one a line, and this is no list of losses: use -f json",
    ),
    # names and options
    "no command": Row(["foo"], USAGE, "error: no command 'foo'\nsee `losscli --help`"),
    "mistyped command": Row(["copmute", "mse"], USAGE, "error: no command 'copmute' (did you mean compute?)\nsee `losscli --help`"),
    "loss for a command": Row(["huber"], USAGE, "error: no command 'huber': did you mean `losscli compute huber`?\nsee `losscli --help`"),
    "no loss": Row(["compute", "xyzzy"], USAGE, "error: no loss is called 'xyzzy'; `losscli list` shows them all"),
    "an option by a word of elsewhere": Row(
        ["compute", "quantile", *PT, "--alpha", "0.1"],
        USAGE,
        re.compile(r"^error: no such option --alpha( \(did you mean [^)]*\))?; quantile has --tau, --epsilon\n"),
    ),
    "a name that a library refuses": Row(
        ["compute", "MatryoshkaLoss"], USAGE, re.compile("^error: MatryoshkaLoss cannot be computed here: it adds another loss")
    ),
    "options behind the name": Row(
        ["compute", "huber:delta=3", *PT], USAGE, "error: no loss is called 'huber:delta=3': give the options of huber apart, as --delta 3"
    ),
    "an option of no loss of compare": Row(
        compare("-p", "a", "--class-weight", "1,2"),
        USAGE,
        "error: no such option --class-weight: it is an option of a loss, so write -l LOSS:class_weight=…\nsee `losscli compare --help`",
    ),
    "a second file": Row(
        mse("d.csv", "e.csv"),
        USAGE,
        "error: unexpected e.csv: DATA is one file, an option takes one value; another file belongs to a role, as -t e.csv; "
        "if the shell expanded a pattern, quote it: -p 'p-*.csv'\nsee `losscli compute mse --help`",
        {"d.csv": "p\n1\n", "e.csv": "t\n1\n"},
    ),
    "mistyped loss": Row(["compute", "hubr", *PT], USAGE, re.compile(r"no loss is called 'hubr' \(did you mean huber")),
    "no option": Row(mse("--prd", "1"), USAGE, re.compile(r"^error: no such option --prd \(did you mean --pred")),
    "no value": Row(mse("-p"), USAGE, "error: option '-p' requires an argument\nsee `losscli compute mse --help`"),
    "two DATA": Row(
        mse("a", "b"),
        USAGE,
        "error: unexpected b: DATA is one file, an option takes one value; "
        "if the shell expanded a pattern, quote it: -p 'p-*.csv'\nsee `losscli compute mse --help`",
    ),
    "no number": Row(["compute", "huber", *PT, "--delta", "x"], USAGE, "error: huber: delta takes a number above 0, not 'x'"),
    "no number of rows": Row(mse(*PT, "--top", "1_0"), USAGE, "error: --top takes a whole number, not '1_0'"),
    "option of another loss": Row(
        compare("-l", "huber:dlta=1", "-p", "a"), USAGE, f"error: huber has no option 'dlta' (did you mean delta?){GIVEN}", AB
    ),
    "option of the other form": Row(
        ["compute", "sklearn.hinge_loss", "-p", "[[1,0,0],[0,1,0]]", "-t", "0,1", "--margin", "2"],
        USAGE,
        "error: sklearn.metrics.hinge_loss of several numbers a row is multiclass_hinge, which has no option 'margin': leave it out",
    ),
    "role of the other form": Row(
        ["compute", "yardstick.classification_cost", "-p", "0.5,0.25", "-t", "0,1", "--costs", "[[0,1],[2,0]]"],
        USAGE,
        "error: yardstick.classification_cost of one number a row is mae, which takes no costs: "
        "give the probabilities of both classes, as two columns",
    ),
    "option that chooses no name": Row(
        ["compute", "trl.DPO", "--loss-type", "orpo"],
        USAGE,
        "error: trl.DPO: loss_type takes sigmoid or hinge or ipo or robust or exo_pair or nca_pair or bco_pair or "
        "sppo_hard or apo_zero or apo_down or discopop or sigmoid_norm or aot or aot_unpaired or sft here, not 'orpo'",
    ),
    "option that chooses a name, without a value": Row(
        ["compute", "trl.DPO", "--loss-type"],
        USAGE,
        "error: --loss-type needs a value: sigmoid or hinge or ipo or robust or exo_pair or nca_pair or bco_pair or "
        "sppo_hard or apo_zero or apo_down or discopop or sigmoid_norm or aot or aot_unpaired or sft",
    ),
    "role that a framework's name does not take": Row(
        ["compute", "sentence_transformers.SparseMultipleNegativesRankingLoss", *_TRIPLET],
        USAGE,
        re.compile(r"^error: sentence_transformers\.sparse\S+ takes no negative: its denominator has all positives and all negatives"),
    ),
    "converted option outside": Row(
        ["compute", "utilsforecast.winkler_score", "--lower", "1", "--upper", "2", "-t", "1", "--level", "120"],
        USAGE,
        "error: interval_score: level 120 makes our alpha -0.2, which must be above 0 and below 1",
    ),
    "option is no number": Row(compare("-l", "huber:delta=x", "-p", "a"), USAGE, "error: huber: delta takes a number above 0, not 'x'", AB),
    "option outside": Row(["compute", "huber", *PT, "--delta", "-1"], USAGE, "error: huber: delta must be above 0, not -1.0"),
    "option infinite": Row(["compute", "huber", *PT, "--delta", "inf"], USAGE, re.compile("delta must be .*(finite|below inf).*, not inf")),
    "class weight outside": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--class-weight", "-1,2"],
        USAGE,
        re.compile(r"class_weight must be 0 or more, not \[?-1"),
    ),
    "class weight words": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--class-weight", "w.csv"],
        USAGE,
        re.compile("class_weight takes numbers 0 or more, or balanced, not (?!array)"),
        {"w.csv": "w\na\nb\n"},
    ),
    "class weight count by another word": Row(
        ["compute", "torch.nn.CrossEntropyLoss", "-p", "[[1,2]]", "-t", "0", "--class-weight", "1,2,3"],
        USAGE,
        "error: cross_entropy: weight (class_weight) has 3 numbers, but the last axis of pred has 2",
    ),
    "option of compare": Row(
        mse(*PT, "--match", "2"),
        USAGE,
        "error: no such option --match: it is an option of `losscli compare`: losscli compare -l LOSS -p PRED -t TARGET --match\n"
        "see `losscli compute mse --help`",
    ),
    "option of compute": Row(
        ["compare", "-l", "mse", *PT, "--expect", "2"],
        USAGE,
        "error: no such option --expect: it is an option of `losscli compute`: losscli compute LOSS -p PRED -t TARGET --expect\n"
        "see `losscli compare --help`",
    ),
    "option of a loss in compare": Row(
        ["compare", "-l", "mse", "-l", "cross_entropy", *PT, "--class-weight", "1,2,3"],
        USAGE,
        "error: no such option --class-weight: it is an option of cross_entropy, so write -l 'cross_entropy:class_weight=[1,2,3]'\n"
        "see `losscli compare --help`",
    ),
    "another option of a loss in compare": Row(
        ["compare", "-l", "focal:gamma=1", *PT, "--alpha=0.3"],
        USAGE,
        "error: no such option --alpha: it is an option of focal, so write -l focal:gamma=1,alpha=0.3\nsee `losscli compare --help`",
    ),
    "option of a loss twice in compare": Row(
        ["compare", "-l", "huber:delta=1", *PT, "--delta"],
        USAGE,
        "error: no such option --delta: it is an option of huber, so write -l 'huber:delta=…'\nsee `losscli compare --help`",
    ),
    "option of no loss in compare": Row(
        ["compare", "-l", "nothing", *PT, "--delta", "2"],
        USAGE,
        re.compile("^error: no such option --delta: it is an option of a loss, so write -l LOSS:delta=…"),
    ),
    "no packages": Row(
        ["list", "--task", "own"],
        USAGE,
        "error: no installed package brings losses of its own, and --task own lists those; `losscli list` shows all others",
    ),
    "both of a switch": Row(
        mse(*PT, "--header", "--no-header"), USAGE, "error: --header and --no-header are both given: leave one of them out"
    ),
    "class weight count": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--class-weight", "1,2,3"],
        USAGE,
        "error: cross_entropy: class_weight has 3 numbers, but the last axis of pred has 2",
    ),
    "class weights said twice": Row(
        ["compute", "nn.CrossEntropyLoss", "-p", "[[1,2]]", "-t", "0", "--weight", "balanced", "--class-counts", "3,1"],
        USAGE,
        "error: cross_entropy: weight and class_counts both set the weights of the classes: leave one of them out",
    ),
    "class weights given, and counts": Row(
        ["compute", "softmax_focal", "-p", "[[1,2]]", "-t", "0", "--alpha", "0.5", "--class-counts", "3,1"],
        USAGE,
        "error: softmax_focal: alpha and class_counts both set the weights of the classes: leave one of them out",
    ),
    "beta without counts": Row(
        compare("-l", "cross_entropy:beta=0.9", "-p", "a,b"),
        USAGE,
        "error: cross_entropy: beta makes class weights from counts: give class_counts, or class_weight balanced",
        AB,
    ),
    "beta outside": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--class-counts", "3,1", "--beta", "1.5"],
        USAGE,
        "error: cross_entropy: beta must be from 0 to 1, not 1.5",
    ),
    "class counts: none": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--class-counts", "3,-1"],
        USAGE,
        "error: cross_entropy: class_counts must be 0 or more, not [3.0, -1.0]",
    ),
    "class counts: too few": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--class-counts", "3"],
        USAGE,
        "error: cross_entropy: class_counts needs 2 numbers, one for each class, not 1",
    ),
    "counting soft labels": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "[[0.5,0.5]]", "--class-weight", "balanced"],
        USAGE,
        "error: cross_entropy: class_weight balanced counts class indices, but target holds a probability for each class: "
        "give class_counts",
    ),
    "counting several labels a row": Row(
        ["compute", "multilabel_soft_margin", "-p", "[[1,2]]", "-t", "[[0,1]]", "--class-weight", "balanced"],
        USAGE,
        "error: multilabel_soft_margin: class_weight takes numbers 0 or more, not 'balanced'",
    ),
    "objective: beta without counts": objective(
        "terms:\n  a: {loss: cross_entropy, pred: '[[1,2]]', target: '0',\n    beta: 0.5}",
        "error: o.yaml:2: a: cross_entropy: beta makes class weights from counts: give class_counts, or class_weight balanced",
        code=USAGE,
    ),
    "missing roles": Row(MSE, USAGE, "error: mse needs pred and target: give --pred SOURCE --target SOURCE"),
    "reduction": Row(mse(*PT, "-r", "foo"), USAGE, f"error: --reduction takes {REDUCTIONS}, not 'foo'"),
    "per": Row(
        ["compute", "dice", "-p", "1", "-t", "1", "--per", "foo"],
        USAGE,
        "error: --per takes all, row, channel, class, output, row,channel, row,class or row,output, not 'foo'",
    ),
    "a least value of a score": Row(
        ["compute", "r2", *PT, "--min", "0.75"],
        USAGE,
        "error: the value is the loss 1 - R², so that less is better: for R² of at least 0.75 give a max of 0.25",
    ),
    "a score where only the loss is printed": Row(
        ["compute", "accuracy", "-p", "1,2,4,5", "-t", "1,2,4,4", "-f", "value"],
        0,
        "note: zero_one is the loss 1 - accuracy; accuracy is 0.75, larger is better",
    ),
    "labels of scikit-learn": Row(
        ["compute", "sklearn.metrics.log_loss", "-p", "[[0.5,0.5]]", "-t", "0", "--labels", "1,2"],
        INPUT,
        "error: sklearn.metrics.log_loss: target: row 0 is 0, which is none of the labels 1, 2",
    ),
    "weights of items beside gains": Row(
        [
            "compute",
            "tfr.keras.losses.SoftmaxLoss",
            "-p",
            "[[1,2],[2,3]]",
            "-t",
            "[[1,0],[1,0]]",
            "-w",
            "[[1,2],[3,4]]",
            "--lambda-weight",
            "ndcg",
        ],
        USAGE,
        "error: tensorflow_ranking.keras.losses.SoftmaxLoss takes weights of items with --lambda-weight none or dcg, not ndcg",
    ),
    "weights of other outputs": Row(
        ["compute", "sklearn.metrics.mean_squared_error", "-p", "[[1,2]]", "-t", "[[0,0]]", "--multioutput", "1,2,3"],
        USAGE,
        "error: sklearn.metrics.mean_squared_error: 3 weights for 2 outputs: give one for each",
    ),
    "no weight of an output": Row(
        ["compute", "sklearn.metrics.mean_squared_error", "-p", "[[1,2]]", "-t", "[[0,0]]", "--multioutput", "0,0"],
        USAGE,
        "error: sklearn.metrics.mean_squared_error: the weights of the outputs are all 0",
    ),
    "adjusted R²": Row(
        ["compute", "torchmetrics.R2Score", *PT, "--adjusted", "1"],
        USAGE,
        re.compile("^error: no such option --adjusted: multiply the loss by"),
    ),
    "per of values a row": Row(
        mse(*PT, "--per", "row"), USAGE, "error: mse gives one value for each row here: leave out --per; -r none has the values"
    ),
    "per of every value": Row(
        mse("-p", "[[1,2]]", "-t", "[[1,2]]", "--per", "row,output"),
        USAGE,
        "error: mse --per row,output keeps every value here: leave out --per; -r none has the values",
    ),
    "per of a value a row, whatever its elements": Row(
        ["compute", "zero_one", "-p", "[[1,0]]", "-t", "[[1,1]]", "--per", "output"],
        USAGE,
        "error: zero_one gives one value for each row, whatever its elements: leave out --per; -r none has the values",
    ),
    "per output of a row that is one vector": Row(
        ["compute", "bounded_iou", "-p", "[[0,0,2,2]]", "-t", "[[0,0,4,2]]", "--per", "output"],
        USAGE,
        "error: bounded_iou has no outputs here: leave out --per output; -r none has the values",
    ),
    "per channel of classes of pixels": Row(
        ["compute", "hausdorff_er", "-p", "[[[1,1,1]]]", "-t", "[[[0,0,0]]]", "--per", "channel"],
        USAGE,
        "error: hausdorff_er has a value for each class of each pixel: --per takes all or row; -r none has the values",
    ),
    "per of every channel of every row": Row(
        ["compute", "total_variation", "-p", "[[[[1,2],[3,4]]]]", "--per", "row,channel"],
        USAGE,
        "error: total_variation --per row,channel keeps every value here: leave out --per; -r none has the values",
    ),
    "per of a batch": Row(
        ["compute", "info_nce", "--anchor", "[[1,2],[2,1]]", "--positive", "[[1,2],[3,4]]", "--per", "row"],
        USAGE,
        re.compile("^error: no such option --per "),
    ),
    "per of a given number": Row(
        ["compute", "causal_lm", "-p", "[[[1,2],[2,1]]]", "-t", "[[0,1]]", "--per", "row", "--num-items", "2"],
        USAGE,
        "error: causal_lm divides by a number that is given: it takes no --per",
    ),
    "per of weighted elements": Row(
        ["compute", "weighted_mse", "-p", "[[1,2]]", "-t", "[[1,2]]", "--per", "output", "-w", "1"],
        USAGE,
        "error: weighted_mse divides by the number of elements, not by the weights: leave out --per or --sample-weight",
    ),
    "per of an own function": Row(
        ["compute", "own.py::f", "-p", "[[1,2]]", "-t", "[[1,2]]", "--per", "row"],
        USAGE,
        "error: f is a function with a value for each element: --per is for our losses, and for functions that yield sums",
        files={"own.py": "def f(pred, target):\n    return (pred - target) ** 2\n"},
    ),
    "nan": Row(mse(*PT, "--nan", "foo"), USAGE, "error: --nan takes error, omit or propagate, not 'foo'"),
    "blank": Row(
        ["compute", "ctc", "-p", "[[[-0.5,-1]]]", "-t", "[[1]]", "--blank", "9"],
        USAGE,
        "error: blank is 9, but class indices go from 0 to 1",
    ),
    "dtype": Row(mse(*PT, "--dtype", "int8"), USAGE, "error: --dtype takes float64 or float32, not 'int8'"),
    "threads": Row(mse(*PT, "--threads", "-1"), USAGE, re.compile("^error: --threads takes 0 or more, not -1")),
    "statistic by rows": Row(
        ["compute", "dice", "-p", "1", "-t", "1", "-r", "batchmean"],
        USAGE,
        "error: dice is one number over all rows: -r batchmean needs --per row",
    ),
    "class axis": Row(
        ["compute", "cross_entropy", "-p", "[[[1,2],[3,4]]]", "-t", "[[0,1]]", "--class-axis", "7"],
        USAGE,
        "error: --class-axis 7 is no axis of a row of pred, shape (1, 2, 2)",
    ),
    # showing
    "format": Row(mse(*PT, "-f", "jsn"), USAGE, f"error: --format takes {FORMATS}, not 'jsn' (did you mean json or jsonl?)"),
    "colour": Row(mse(*PT, "--color", "x"), USAGE, "error: --color takes auto, always or never, not 'x'"),
    "precision": Row(mse(*PT, "--precision", "0"), USAGE, "error: --precision takes 1 to 17 significant digits, not 0"),
    "shown rows": Row(mse(*PT, "--rows", "x"), USAGE, "error: --rows takes a number or all, not 'x'"),
    "shown rows superscript": Row(mse(*PT, "--rows", "²"), USAGE, "error: --rows takes a number or all, not '²'"),
    "top of a number alone": Row(
        mse(*PT, "--top", "2", "-f", "csv"),
        USAGE,
        "error: -f csv holds one number: add -r none for the 2 largest, or -f json for both",
    ),
    "top": Row(mse(*PT, "--top", "-1"), USAGE, "error: --top takes 0 or more, not -1"),
    "top, and derivatives": Row(
        mse(*PT, "--top", "2", "--grad", "pred", "-r", "none", "-f", "csv"),
        USAGE,
        "error: -f csv holds the 2 largest losses or derivatives: leave out --top or --grad, or write json",
    ),
    "top of one number": Row(
        ["compute", "rmse", *PT, "--top", "1"], USAGE, "error: rmse is one number over all rows: --top needs --per row"
    ),
    "output suffix": Row(
        mse(*PT, "-o", "x.foo"),
        USAGE,
        f"error: -o x.foo: the suffix '.foo' names no format: add -f {FORMATS.replace(' or ', ', ').replace(', ', '|')}, or use {SUFFIXES}",
    ),
    "output folder missing": Row(mse(*PT, "-o", "no/x.csv"), OUTPUT, "error: cannot write no/x.csv: there is no folder no"),
    "output is a folder": Row(mse(*PT, "-o", "f", "-f", "csv"), OUTPUT, "error: cannot write f: it is a folder", {"f/x": ""}),
    "output full": Row(mse(*PT, "-o", "/dev/full", "-f", "csv"), OUTPUT, "error: cannot write /dev/full: no space left on device"),
    "output is the input": Row(
        mse("d.csv", "-o", "d.csv"), USAGE, "error: -o d.csv is also a file that is read: write the result to another file", D
    ),
    "output npy": Row(
        mse(*PT, "-o", "x.npy"),
        USAGE,
        "error: an NPY file holds the values of the elements: add -r none, or --grad ROLE for derivatives",
    ),
    # list
    "list as npy": Row(["list", "-o", "o.npy"], USAGE, "error: a list is no number: -f npy does not apply"),
    "list task": Row(["list", "--task", "regresion"], USAGE, re.compile(r", not 'regresion' \(did you mean regression\?\)$")),
    "one weight below 0": Row(
        ["compute", "mse", "-p", "1,2", "-t", "1,3", "-w", "-1"],
        INPUT,
        "error: sample_weight is -1: one number is the weight of every row, and has to be 0 or more",
    ),
    "a framework's name that is refused": Row(
        ["compute", "asteroid.PITLossWrapper", "-p", "1", "-t", "1"],
        USAGE,
        re.compile(r"error: asteroid\.PITLossWrapper cannot be computed here: it takes another loss: give several sources a row to si_sdr"),
    ),
    "loss without one number": Row(
        ["compute", "lightly.loss.WMSELoss", "--z-a", "1"],
        USAGE,
        "error: lightly.loss.WMSELoss cannot be computed here: it cuts the batch into parts at random, so that it has no one number;"
        " vicreg and barlow_twins have",
    ),
    "list metric": Row(
        ["list", "auc"], USAGE, "error: auc is a metric, not a loss: scikit-learn computes it (sklearn.metrics.roc_auc_score)"
    ),
    "list a word of pages": Row(
        ["list", "pytest"], USAGE, "error: no loss matches 'pytest'; see `losscli list pipelines`; `losscli list` shows them all"
    ),
    "list no warning": Row(
        ["list", "W999"], USAGE, "error: no page tells of 'W999'; `losscli list messages` has all warnings and exit codes"
    ),
    "list none": Row(["list", "hubr"], USAGE, re.compile(r"^error: no loss matches 'hubr' \(did you mean huber.*list` shows them all$")),
    "a loss that draws random numbers": Row(
        ["compute", "tfr.GumbelApproxNDCGLoss", *PT],
        USAGE,
        "error: tfr.GumbelApproxNDCGLoss cannot be computed here: it adds random numbers to the scores; for numbers that you draw it is"
        " ApproxNDCGLoss of log_softmax(scores + noise)",
    ),
    "precision of no places": Row(
        ["compute", "pairwise_ranking", "-p", "[[1,2]]", "-t", "[[0,1]]", "--lambda-weight", "precision"],
        USAGE,
        "error: pairwise_ranking: --lambda-weight precision needs --topn: precision is the share of relevant items in the first places",
    ),
    "a label for each item": Row(
        ["compute", "mixture_em", "-p", "[[[1,2],[0,1]]]", "-t", "[[0,1,1]]"],
        INPUT,
        "error: a row of pred has 2 items, but 3 labels: give one for each item",
    ),
    "a class that is none": Row(
        [
            *("compute", "segmentation_models_pytorch.losses.DiceLoss", "--mode", "multiclass"),
            *("-p", "[[1,2,3],[3,1,1]]", "-t", "0,2", "--classes", "5"),
        ],
        USAGE,
        "error: class 5 is to count alone, but the classes go from 0 to 2",
    ),
}
