"""Warnings."""

from __future__ import annotations

import re

import numpy as np

from tests.cli.messages.rows import (
    AB,
    INPUT,
    PT,
    USAGE,
    Row,
    compare,
    mse,
)

TEN = "1,2,3,4,5,6,7,8,9,10"
TENTHS = [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 1.1, 1.2]

ROWS: dict[str, Row] = {
    # warnings
    "strict": Row(
        mse("-p", "[]", "-t", "[]", "--strict"),
        INPUT,
        "error: W105 mse is nan: there are no rows (an error because of --strict)",
    ),
    "W129": Row(
        compare("-l", "mse", "-p", "a", "-p", "b", "-t", "t", "--folds", "t", "--test-share", "25", "-f", "value"),
        0,
        "warning: W129 test share 25: a test fold has 25 times the rows of its training set; with 20 % of the rows in the test fold the"
        " share is 0.25",
        AB,
    ),
    "W140": Row(
        mse("-p", TEN, "-t", TEN, "-f", "value"),
        0,
        "warning: W140 pred equals target in all 10 rows: is one a copy of the other?",
    ),
    "W141": Row(
        mse("-p", ",".join(map(str, range(20))), "-t", ",".join(["3"] * 20), "-f", "value"),
        0,
        "warning: W141 target is 3 in all 20 rows: is it the right column, and are these all rows?",
    ),
    "W141 of a class": Row(
        ["compute", "cross_entropy", "d.csv", "-t", "label", "-f", "value"],
        0,
        "warning: W141 target is b in all 20 rows: is it the right column, and are these all rows?",
        {"d.csv": "logit_a,logit_b,label\n" + "".join(f"{i},2,b\n" for i in range(20))},
    ),
    "W142": Row(
        mse("d.csv", "-p", "p", "-t", "t", "-f", "value"),
        0,
        "warning: W142 pred is nearer to target of the row before than to that of its own row (mean squared difference 0, and "
        "not 1.58e+03): are the rows shifted by one? A forecast that repeats the last value looks so, too",
        {"d.csv": "p,t\n" + "".join(f"{(i - 1) ** 2},{i**2}\n" for i in range(10, 30))},
    ),
    "W142, the other way": Row(
        mse("d.csv", "-p", "t", "-t", "p", "-f", "value"),
        0,
        "warning: W142 pred is nearer to target of the row after than to that of its own row (mean squared difference 0, and "
        "not 1.58e+03): are the rows shifted by one?",
        {"d.csv": "p,t\n" + "".join(f"{(i - 1) ** 2},{i**2}\n" for i in range(10, 30))},
    ),
    "W143": Row(
        mse("-p", ",".join(str(x) for x in np.float32(TENTHS).astype(float)), "-t", ",".join(map(str, TENTHS)), "-f", "value"),
        0,
        "warning: W143 pred is target rounded to float32 in all 10 rows: the value is that of the rounding; give pred as float64",
    ),
    "W144": Row(
        ["compute", "cross_entropy", "d.csv", "-t", "label", "-f", "value"],
        0,
        "warning: W144 no target is of class c among the 3 classes: are the labels in the order of the columns?",
        {"d.csv": "logit_a,logit_b,logit_c,label\n" + "".join(f"{i},2,1,{'ab'[i % 2]}\n" for i in range(30))},
    ),
    "W145": Row(
        ["compute", "mspe", "-p", "1,2,3", "-t", "0.01,2,4", "-f", "value"],
        0,
        "warning: W145 1 row: the error is more than ten times target, so that a few targets near 0 decide the mean: wape, smape and mase "
        "do not divide by each",
    ),
    "W146": Row(
        mse("d.csv", "-p", "p", "-t", "t", "--id", "id", "-f", "value"),
        0,
        "warning: W146 d.csv::id: the id 'a' is used twice: row 0 (line 2) and row 1 (line 3). Are rows duplicated?",
        {"d.csv": "id,p,t\na,1,2\na,1,2\nb,2,4\n"},
    ),
    "W131": Row(
        ["compute", "gspo", "--logp=-1,-2", "--old-logp=-1,-2", "--advantage", "1,1"],
        0,
        "warning: W131 each row is a sequence of one token: give logp as (sequences, tokens), with a mask",
    ),
    "W101 vectors": Row(
        ["compute", "cross_entropy", "-p", "[[0.2,0.8],[0.5,0.5]]", "-t", "0,1"],
        0,
        "warning: W101 pred looks like probabilities (all from 0 to 1, and each row sums to 1), but this loss takes logits: "
        "--from-probs takes probabilities",
    ),
    "W101": Row(
        ["compute", "bce_with_logits", "-p", "0.2,0.8", "-t", "0,1"],
        0,
        "warning: W101 pred looks like probabilities (all from 0 to 1), but this loss takes logits: --from-probs takes probabilities",
    ),
    "W101 focal": Row(
        ["compute", "focal", "-p", "0.2,0.8", "-t", "0,1"],
        0,
        "warning: W101 pred looks like probabilities (all from 0 to 1), but this loss takes logits: --from-probs takes probabilities",
    ),
    "W102": Row(
        ["compute", "nll", "-p", "[[0.2,0.8]]", "-t", "0"],
        0,
        "warning: W102 1 row: pred is above 0, so it holds no log-probabilities: --from-logits takes logits, --from-probs "
        "probabilities\n"
        "warning: W103 1 row: pred does not sum to 1 over the last axis: give log-probabilities, or --from-logits with logits",
    ),
    "W102 of a lattice": Row(
        ["compute", "rnnt", "-p", "[[[[1,2],[1,2]]]]", "-t", "[[1]]", "--no-from-logits"],
        0,
        "warning: W102 1 row: pred is above 0, so it holds no log-probabilities: give log_softmax(logits), or --from-logits",
    ),
    "logarithm of 0": Row(
        ["compute", "cross_entropy", "-p", "[[0,1]]", "-t", "0", "--from-probs"],
        0,
        "warning: W110 cross_entropy is inf: the logarithm of 0",
    ),
    **{
        f"all masked: {name}": Row(
            ["compute", name, "-p", "[[0,-1],[-1,0]]", "-t", "[[0,1],[1,0]]", "--mask", "[[0,0],[0,0]]", "-r", "mean", "--max", "5"],
            1,
            re.compile(rf"{ours} is 0.0: nothing is left to average \(all masked\)\ngate failed: {ours} 0.0 of nothing"),
        )
        for name, ours in (("optax.softmax_cross_entropy", "cross_entropy"), ("optax.kl_divergence", "kl_div"))
    },
    "no hard pair": Row(
        ["compute", "online_contrastive", "--input1", "[[1,0],[1,0]]", "--input2", "[[1,0],[-1,0]]", "-t", "1,0", "--max", "5"],
        1,
        re.compile("gate failed: online_contrastive 0.0 of nothing"),
    ),
    "W101 of --from-logits": Row(
        ["compute", "nll", "-p", "[[0.2,0.8],[0.5,0.5]]", "-t", "0,1", "--from-logits", "-f", "value"],
        0,
        "warning: W101 pred looks like probabilities (all from 0 to 1, and each row sums to 1), but --from-logits takes logits: "
        "--from-probs for probabilities",
    ),
    "W102 of --from-log-probs": Row(
        ["compute", "cross_entropy", "-p", "[[0.5,-1]]", "-t", "0", "--from-log-probs", "-f", "value"],
        0,
        "warning: W102 1 row: pred is above 0, so it holds no log-probabilities: leave out --from-log-probs, or give log_softmax(logits)",
    ),
    "W103 of --from-probs": Row(
        ["compute", "cross_entropy", "-p", "[[0.2,0.2]]", "-t", "0", "--from-probs", "-f", "value"],
        0,
        "warning: W103 1 row: pred does not sum to 1 over the last axis: each row is divided by its sum",
    ),
    "W103 labels": Row(
        ["compute", "cross_entropy", "-p", "[[3,4]]", "-t", "[[0.5,0.6]]"],
        0,
        "warning: W103 1 row: target does not sum to 1 over the last axis: soft labels are probabilities",
    ),
    "W103 and W106": Row(
        ["compute", "kl_div", "-p", "[[-0.1,-0.1]]", "-t", "[[0.2,0.2]]"],
        0,
        "note: kl_div has reduction=batchmean here; torch.nn.functional.kl_div has reduction=mean\n"
        "warning: W103 1 row: pred does not sum to 1 over the last axis: give log-probabilities, or --from-logits with logits\n"
        "warning: W103 1 row: target does not sum to 1 over the last axis: give probabilities\n"
        "warning: W106 kl_div is negative, which no divergence is: pred or target is not normalised",
    ),
    "W104 bce": Row(
        ["compute", "bce", "-p", "0,1", "-t", "1,0"],
        0,
        "warning: W104 2 rows: pred gives the label the probability 0, so its logarithm is bounded by --floor or --clip",
    ),
    "W104 mape": Row(
        ["compute", "mape", "-p", "1,2", "-t", "0,2"],
        0,
        "note: mape has percent=no here; darts.metrics.mape has percent=yes\n"
        "warning: W104 1 row: target is smaller than epsilon in size, so epsilon replaces it and the result is huge: "
        "consider wape, smape or mae",
    ),
    "W104 msle": Row(
        ["compute", "msle", "-p", "-0.5", "-t", "1", "--clip", "0"],
        0,
        "warning: W104 1 row: pred or target is below --clip, so it is replaced by it",
    ),
    "W105 rows": Row(mse("-p", "[]", "-t", "[]"), 0, "warning: W105 mse is nan: there are no rows"),
    "W105 weights": Row(mse(*PT, "-w", "0,0"), 0, "warning: W105 mse is nan: nothing is left to average (all ignored, or all weights 0)"),
    "W107": Row(
        ["compute", "cross_entropy", "-p", "[[[1,2],[3,4]]]", "-t", "[[0,1]]"],
        0,
        "warning: W107 pred (1, 2, 2) could have its classes on axis 1 or last: took axis 1; --class-axis -1 takes the last",
    ),
    "W113 words": Row(
        ["compute", "cross_entropy", "d.csv", "-p", "x_*", "-t", "t"],
        0,
        "warning: W113 target holds numbers, and the columns of pred have words as names, so the classes have the order of the columns: "
        "0 is x_b, 1 is x_a; --classes sets another order, or this one without a warning",
        {"d.csv": "x_b,x_a,t\n1,2,1\n"},
    ),
    "W113 columns of words": Row(
        ["compute", "logloss", "d.csv", "-p", "dog,cat", "-t", "t"],
        0,
        "warning: W113 target holds numbers, and the columns of pred have words as names, so the classes have the order of the columns: "
        "0 is dog, 1 is cat; --classes sets another order, or this one without a warning",
        {"d.csv": "dog,cat,t\n0.25,0.75,1\n"},
    ),
    "W113 from 1": Row(
        ["compute", "cross_entropy", "-p", "[[1,2,4],[1,2,4]]", "-t", "1,2"],
        0,
        "warning: W113 no target is 0, so none is of the first of 3 classes: if the labels count from 1, use --classes 1,2,3",
    ),
    "W113 pairs": Row(
        ["compute", "mse", "d.csv", "-p", "x_*", "-t", "y_*"],
        0,
        "warning: W113 pred and target have their columns in different orders, and are paired by position: x_b with y_a",
        {"d.csv": "x_b,x_a,y_a,y_b\n1,2,1,2\n"},
    ),
    "W113 weights": Row(
        ["compute", "cross_entropy", "d.csv", "-p", "x_*", "-t", "t", "--classes", "a,b", "--class-weight", "1,2"],
        0,
        "warning: W113 class-weight follows the order of the columns (b, a), not that of --classes",
        {"d.csv": "x_b,x_a,t\n1,2,a\n"},
    ),
    "W114 levels": Row(
        ["compute", "quantile", "d.csv", "-p", "q0.9", "-t", "y"],
        0,
        "warning: W114 tau 0.5 is not what the names of the columns say (q0.9): should it be 0.9?",
        {"d.csv": "q0.9,y\n1,2\n"},
    ),
    "W114 per cent": Row(
        ["compute", "weighted_quantile", "d.csv", "-p", "x*", "-t", "y"],
        0,
        "warning: W114 the columns x10, x90 are read as per cent, levels 0.1, 0.9: if that is wrong, give the levels with --quantiles",
        {"d.csv": "x10,x90,y\n1,2,2\n"},
    ),
    "weights of classes by key": Row(
        ["compute", "cross_entropy", "-p", "[[1,2]]", "-t", "0", "--class-weight", "w.json"],
        INPUT,
        "error: w.json has its numbers under keys: write them as a list, in the order of the classes",
        {"w.json": '{"1": 2, "0": 1}'},
    ),
    "W114 no levels": Row(
        ["compute", "weighted_quantile", "d.csv", "-p", "q*", "-t", "y"],
        0,
        "warning: W114 quantiles 0.333333333333, 0.666666666667: spread evenly, as none are given, and the names of the columns "
        "(q100, q900) give none: give them with --quantiles",
        {"d.csv": "q100,q900,y\n1,2,2\n"},
    ),
    "levels in another order": Row(
        ["compute", "weighted_quantile", "d.csv", "-p", "q*", "-t", "y", "--quantiles", "0.9,0.1"],
        USAGE,
        "error: weighted_quantile: quantiles 0.9, 0.1 are not in the order of the columns q0.1, q0.9: "
        "leave --quantiles out, or say 0.1, 0.9",
        {"d.csv": "q0.1,q0.9,y\n1,2,2\n"},
    ),
    "twice in several files": Row(
        mse("p*.csv", "-p", "::0", "-t", "1,1"),
        INPUT,
        "error: ::0 of p*.csv: p1.csv and p2.csv have their columns in different orders, and several are called 'a'",
        {"p1.csv": "a,a,b\n1,2,3\n", "p2.csv": "a,b,a\n1,2,3\n"},
    ),
    "W108": Row(
        mse("-p", "nan", "-t", "1", "--nan", "propagate"), 0, "warning: W108 mse is nan: nan or an infinity came through the input"
    ),
    "overflow": Row(mse("-p", "1e300", "-t", "1"), 0, re.compile("^warning: W1[0-9]{2} mse is inf")),
    "huge weights": Row(mse("-p", "1,2", "-t", "1,4", "-w", "1e308,1e308"), 0, ""),
    "a scale of 0": Row(
        ["compute", "mase", "-p", "1", "-t", "1", "--history", "2,2"],
        0,
        "warning: W110 mase is nan: the history does not vary, so the scale is 0",
    ),
    "weights that are 0": Row(
        ["compute", "poisson_mixture_nll", "--mean", "[[1,2]]", "-t", "2", "--weights", "[[0,0]]"],
        0,
        "warning: W110 poisson_mixture_nll is nan: all weights of a row are 0",
    ),
    "quiet": Row(mse("-p", "[]", "-t", "[]", "-q"), 0, ""),
}
