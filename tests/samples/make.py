"""Train small models on data sets that scikit-learn ships and write their held-out predictions as sample inputs."""

import argparse
import csv
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import chdir
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import BayesianRidge, LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from losscli.cli.app import run
from tests.samples.tutorials import write_tutorials

SEED = 0
DEFAULT_OUT = Path(__file__).resolve().parents[2] / "sample_inputs"

DIABETES_ROWS = 110
GAUSSIAN_ROWS = 30
PAIR_ROWS = 80
BREAST_CANCER_ROWS = 140
IRIS_ROWS = 50
DIGITS_ROWS = 180
DIGITS_CSV_ROWS = 40
BOX_ROWS = 12
MASK_ROWS = 6
EMBEDDING_ROWS = 24
VAE_ROWS = 16
SURVIVAL_ROWS = 80

LATENT = 6
EDGE = 0.001

HALF = 0.5
CANVAS = 16
PLACEMENTS = 4
MASK_NOISE = 0.3
VIEW_NOISE = 0.2


def text(value: float) -> str:
    """Write a number with six significant digits."""
    return f"{value:.6g}"


def rounded(values: np.ndarray) -> np.ndarray:
    """Round to the same six significant digits that the text files show."""
    return np.array([float(text(v)) for v in values.ravel()]).reshape(values.shape)


def split(x: np.ndarray, y: np.ndarray, rows: int, *, stratify: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Return shuffled train and test row numbers with `rows` rows held out."""
    train, test = train_test_split(np.arange(len(x)), test_size=rows, random_state=SEED, stratify=y if stratify else None)
    return train, test


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 text with LF line ends on every platform."""
    path.write_text(content, encoding="utf-8", newline="\n")


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = ",") -> None:
    """Write rows as delimited text, floats with six significant digits."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([text(v) if isinstance(v, float) else v for v in row] for row in rows)


def write_json_object(path: Path, columns: Mapping[str, list]) -> None:
    """Write an object of arrays with one key per line."""
    lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(values)}" for key, values in columns.items())
    write_text(path, f"{{\n{lines}\n}}\n")


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a comma-separated table back as one mapping of texts per row."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_column(path: Path, name: str) -> np.ndarray:
    """Read one numeric column back, so that copies in other formats equal float(text) exactly."""
    return np.array([float(row[name]) for row in read_rows(path)])


def diabetes() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the unscaled diabetes data, its target and the train and test row numbers."""
    x, y = load_diabetes(return_X_y=True, scaled=False)
    return x, y, *split(x, y, DIABETES_ROWS, stratify=False)


def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return flat digit images scaled to 0..1, their classes and the train and test row numbers."""
    x, y = load_digits(return_X_y=True)
    return x / 16, y, *split(x, y, DIGITS_ROWS)


def write_diabetes_csv(out: Path) -> None:
    """Write held-out disease progression with the predictions of a ridge and a boosting model."""
    x, y, train, test = diabetes()
    ridge = make_pipeline(StandardScaler(), Ridge(alpha=1.0)).fit(x[train], y[train]).predict(x[test])
    gbm = GradientBoostingRegressor(n_estimators=60, max_depth=2, random_state=SEED).fit(x[train], y[train]).predict(x[test])
    ids = [f"p{row:03d}" for row in test]
    # The data set does not document which of the codes 1 and 2 is which sex.
    sexes = [f"sex_{code:.0f}" for code in x[test, 1]]
    write_table(out / "diabetes.csv", ["id", "sex", "y_true", "ridge", "gbm"], zip(ids, sexes, y[test], ridge, gbm, strict=True))


def write_diabetes_quantiles(out: Path) -> None:
    """Write held-out disease progression with predicted 10, 50 and 90 per cent quantiles."""
    x, y, train, test = diabetes()
    quantiles = [
        GradientBoostingRegressor(loss="quantile", alpha=alpha, n_estimators=60, max_depth=2, random_state=SEED)
        .fit(x[train], y[train])
        .predict(x[test])
        for alpha in (0.1, 0.5, 0.9)
    ]
    write_table(out / "diabetes_quantiles.csv", ["y_true", "q10", "q50", "q90"], zip(y[test], *quantiles, strict=True))


def write_diabetes_json(out: Path) -> None:
    """Write the ridge predictions and targets as an object of two arrays."""
    table = out / "diabetes.csv"
    columns = {"pred": read_column(table, "ridge").tolist(), "target": read_column(table, "y_true").tolist()}
    write_json_object(out / "diabetes.json", columns)


def write_diabetes_jsonl(out: Path) -> None:
    """Write the ridge predictions and targets as one record per line."""
    rows = read_rows(out / "diabetes.csv")
    records = [{"id": row["id"], "pred": float(row["ridge"]), "target": float(row["y_true"])} for row in rows]
    write_text(out / "diabetes.jsonl", "".join(json.dumps(record) + "\n" for record in records))


def write_diabetes_pred_npy(out: Path) -> None:
    """Write the ridge predictions as a float64 array."""
    np.save(out / "diabetes_pred.npy", read_column(out / "diabetes.csv", "ridge"))


def write_diabetes_target_npy(out: Path) -> None:
    """Write the diabetes targets as a float64 array."""
    np.save(out / "diabetes_target.npy", read_column(out / "diabetes.csv", "y_true"))


def write_diabetes_csv_gz(out: Path) -> None:
    """Write a compressed copy of the diabetes table."""
    # An empty name and a zero time keep the header the same from run to run.
    with (out / "diabetes.csv.gz").open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
        file.write((out / "diabetes.csv").read_bytes())


def write_diabetes_gaussian(out: Path) -> None:
    """Write predictive means and variances of a Bayesian ridge model for the first held-out rows."""
    x, y, train, test = diabetes()
    test = test[:GAUSSIAN_ROWS]
    mean, std = make_pipeline(StandardScaler(), BayesianRidge()).fit(x[train], y[train]).predict(x[test], return_std=True)
    columns = {"pred": mean, "target": y[test], "var": std**2}
    lines = [f"{key}: [{', '.join(text(v) for v in values)}]\n" for key, values in columns.items()]
    write_text(out / "diabetes_gaussian.yaml", "".join(lines))


def write_pairs(out: Path) -> None:
    """Write ridge scores of random pairs of diabetes rows and which row has the higher true value."""
    score, y = read_column(out / "diabetes.csv", "ridge"), read_column(out / "diabetes.csv", "y_true")
    # A pair with equal true values has no order.
    first, second = np.nonzero(y[:, None] != y[None, :])
    chosen = np.random.default_rng(SEED).choice(len(first), PAIR_ROWS, replace=False)
    i, j = first[chosen], second[chosen]
    target = np.where(y[i] > y[j], 1, -1)
    write_table(out / "pairs.csv", ["input1", "input2", "target"], zip(score[i], score[j], target, strict=True))


def mlp_logits(model: MLPClassifier, x: np.ndarray) -> np.ndarray:
    """Return the inputs of a ReLU network's softmax, which scikit-learn itself does not expose."""
    for weights, bias in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        x = np.maximum(x @ weights + bias, 0)
    return x @ model.coefs_[-1] + model.intercepts_[-1]


def write_digits_npz(out: Path) -> None:
    """Write held-out digit classes with the logits of a logistic regression and of a neural network."""
    x, y, train, test = digits()
    logistic = LogisticRegression(max_iter=1000).fit(x[train], y[train]).decision_function(x[test])
    mlp = MLPClassifier((32,), max_iter=60, learning_rate_init=0.005, early_stopping=True, random_state=SEED).fit(x[train], y[train])
    logits = {"logistic": logistic, "mlp": mlp_logits(mlp, x[test])}
    arrays = {name: rounded(values).astype(np.float32) for name, values in logits.items()}
    np.savez(out / "digits.npz", **arrays, target=y[test].astype(np.int64))


def write_digits_csv(out: Path) -> None:
    """Write the first rows of the digit logits as a table."""
    with np.load(out / "digits.npz") as arrays:
        target, logits = arrays["target"][:DIGITS_CSV_ROWS], arrays["logistic"][:DIGITS_CSV_ROWS].astype(float)
    header = ["target", *(f"logit_{digit}" for digit in range(10))]
    write_table(out / "digits.csv", header, ((label, *row) for label, row in zip(target, logits, strict=True)))


def breast_cancer() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the breast cancer data, its classes and the train and test row numbers."""
    x, y = load_breast_cancer(return_X_y=True)
    return x, y, *split(x, y, BREAST_CANCER_ROWS)


def write_breast_cancer_csv(out: Path) -> None:
    """Write held-out tumour classes with the class 1 probabilities of a logistic regression and a forest."""
    x, y, train, test = breast_cancer()
    logistic = make_pipeline(StandardScaler(), LogisticRegression()).fit(x[train], y[train]).predict_proba(x[test])[:, 1]
    forest = RandomForestClassifier(n_estimators=50, min_samples_leaf=3, random_state=SEED)
    forest = forest.fit(x[train], y[train]).predict_proba(x[test])[:, 1]
    ids = [f"b{row:03d}" for row in test]
    write_table(out / "breast_cancer.csv", ["id", "target", "logistic", "forest"], zip(ids, y[test], logistic, forest, strict=True))


def write_breast_cancer_logits(out: Path) -> None:
    """Write the logits behind the logistic column of the breast cancer table."""
    x, y, train, test = breast_cancer()
    logit = make_pipeline(StandardScaler(), LogisticRegression()).fit(x[train], y[train]).decision_function(x[test])
    write_table(out / "breast_cancer_logits.tsv", ["target", "logit"], zip(y[test], logit, strict=True), delimiter="\t")


def iris() -> tuple[LogisticRegression, np.ndarray, np.ndarray]:
    """Return a logistic regression on iris with the held-out flowers and their classes."""
    x, y = load_iris(return_X_y=True)
    train, test = split(x, y, IRIS_ROWS)
    return LogisticRegression(max_iter=1000).fit(x[train], y[train]), x[test], y[test]


def write_iris_csv(out: Path) -> None:
    """Write held-out iris species as words with the logits of the three species."""
    model, x, y = iris()
    names = [str(name) for name in load_iris().target_names]
    rows = ((names[label], *row) for label, row in zip(y, model.decision_function(x), strict=True))
    write_table(out / "iris.csv", ["species", *(f"logit_{name}" for name in names)], rows)


def write_iris_probs(out: Path) -> None:
    """Write held-out iris classes with log-probabilities as a list of records."""
    model, x, y = iris()
    pairs = zip(y.tolist(), rounded(model.predict_log_proba(x)).tolist(), strict=True)
    lines = ",\n".join("  " + json.dumps({"target": label, "pred": row}) for label, row in pairs)
    write_text(out / "iris_probs.json", f"[\n{lines}\n]\n")


def place(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Put each 8x8 image at a random place of an empty canvas, as centred digits all have much the same box."""
    canvases = np.zeros((len(images), CANVAS, CANVAS))
    for canvas, image, (top, left) in zip(canvases, images, rng.integers(0, CANVAS - 8, (len(images), 2), endpoint=True), strict=True):
        canvas[top : top + 8, left : left + 8] = image
    return canvases


def bounding_box(canvas: np.ndarray) -> list[int]:
    """Return [x1, y1, x2, y2] around the pixels above half intensity, the far edges exclusive."""
    rows, columns = np.nonzero(canvas > HALF)
    return [int(v) for v in (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)]


def write_boxes(out: Path) -> None:
    """Write true boxes of held-out digits and the boxes that a ridge regression reads off the pixels."""
    x, _, train, test = digits()
    rng = np.random.default_rng(SEED)
    seen = place(np.tile(x[train].reshape(-1, 8, 8), (PLACEMENTS, 1, 1)), rng)
    held_out = place(x[test[:BOX_ROWS]].reshape(-1, 8, 8), rng)
    model = Ridge(alpha=1.0).fit(seen.reshape(len(seen), -1), [bounding_box(canvas) for canvas in seen])
    pred = rounded(model.predict(held_out.reshape(len(held_out), -1)))
    if not (pred[:, :2] < pred[:, 2:]).all():
        raise ValueError("a predicted box has no area")
    write_json_object(out / "boxes.json", {"pred": pred.tolist(), "target": [bounding_box(canvas) for canvas in held_out]})


def neighbourhoods(images: np.ndarray) -> np.ndarray:
    """Return the 3x3 surroundings of every pixel, one row of nine values per pixel."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    return np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2)).reshape(-1, 9)


def write_masks(out: Path) -> None:
    """Write true pixel masks of held-out digits and the masks that a pixel classifier recovers from noisy copies."""
    x, _, train, test = digits()
    clean = x.reshape(-1, 8, 8)
    on = clean > HALF
    noisy = clean + np.random.default_rng(SEED).normal(0, MASK_NOISE, clean.shape)
    test = test[:MASK_ROWS]
    model = LogisticRegression().fit(neighbourhoods(noisy[train]), on[train].ravel())
    pred = model.predict_proba(neighbourhoods(noisy[test]))[:, 1].reshape(-1, 1, 8, 8)
    np.savez(out / "masks.npz", pred=rounded(pred).astype(np.float32), target=on[test, None].astype(np.uint8))


def write_embeddings(out: Path) -> None:
    """Write principal component embeddings of held-out digits as triplets and as two noisy views."""
    x, y, train, test = digits()
    rng = np.random.default_rng(SEED)
    pca = PCA(8, svd_solver="full").fit(x[train])
    anchor = test[:EMBEDDING_ROWS]
    images = {
        "anchor": x[anchor],
        "positive": x[[rng.choice(test[(y[test] == y[row]) & (test != row)]) for row in anchor]],
        "negative": x[[rng.choice(test[y[test] != y[row]]) for row in anchor]],
        "view_a": x[anchor] + rng.normal(0, VIEW_NOISE, (EMBEDDING_ROWS, 64)),
        "view_b": x[anchor] + rng.normal(0, VIEW_NOISE, (EMBEDDING_ROWS, 64)),
    }
    np.savez(out / "embeddings.npz", **{name: rounded(pca.transform(pixels)).astype(np.float32) for name, pixels in images.items()})


def write_detection(out: Path) -> None:
    """Write the boxes with the logits and the true class of each digit."""
    boxes = json.loads((out / "boxes.json").read_text(encoding="utf-8"))
    with np.load(out / "digits.npz") as arrays:  # the same held-out digits, in the same order
        logits, target = rounded(arrays["logistic"][:BOX_ROWS].astype(float)), arrays["target"][:BOX_ROWS]
    columns = {"class_logits": logits.tolist(), "class_target": target.tolist(), "bbox_pred": boxes["pred"], "bbox_target": boxes["target"]}
    write_json_object(out / "detection.json", columns)


def write_survival(out: Path) -> None:
    """Write simulated months until an event or the end of a study: log hazards of a model, and its probabilities of survival."""
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=(SURVIVAL_ROWS, 2))
    true, fitted = x @ [0.8, -0.5], x @ [0.7, -0.4]
    event_after, study = rng.exponential(24 * np.exp(-true)), rng.uniform(6, 48, SURVIVAL_ROWS)
    months = np.maximum(np.rint(np.minimum(event_after, study)), 1).astype(int)
    curves = np.exp(-np.array([12, 24, 36]) / 24 * np.exp(fitted)[:, None])
    ids = [f"s{i}" for i in range(SURVIVAL_ROWS)]
    rows = zip(ids, months, (event_after <= study).astype(int), fitted, *curves.T, strict=True)
    write_table(out / "survival.csv", ["id", "time", "event", "log_hazard", "s12", "s24", "s36"], rows)


def write_vae(out: Path) -> None:
    """Write what a linear variational autoencoder (probabilistic PCA) makes of held-out digits: latent Gaussians and pixels."""
    x, _, train, test = digits()
    pca = PCA(LATENT, svd_solver="full").fit(x[train])
    noise, spread = pca.noise_variance_, pca.explained_variance_
    mu = pca.transform(x[test[:VAE_ROWS]]) * np.sqrt(spread - noise) / spread  # the posterior of a standard Gaussian code
    logvar = np.broadcast_to(np.log(noise / spread), mu.shape)
    pred = pca.mean_ + mu * np.sqrt(spread - noise) @ pca.components_
    columns = {"pred": pred.clip(EDGE, 1 - EDGE), "target": x[test[:VAE_ROWS]], "mu": mu, "logvar": logvar}
    np.savez(out / "vae.npz", **{name: rounded(values).astype(np.float32) for name, values in columns.items()})


OBJECTIVES = {
    "detection.yaml": """\
# A detector: what it sees, and where. The boxes count twice.
data: detection.json
terms:
  class: {loss: cross_entropy, pred: class_logits, target: class_target, max: 0.5}
  box: {loss: smooth_l1, weight: 2, pred: bbox_pred, target: bbox_target, beta: 1}
""",
    "semi_supervised.yaml": """\
# Supervised on the labelled rows, and a tenth of what the rows without labels say.
terms:
  supervised: {loss: cross_entropy, pred: 'digits.csv::logit_*', target: 'digits.csv::target'}
  unlabelled: {loss: unlabelled.yaml, weight: 0.1}
""",
    "unlabelled.yaml": """\
# Two models (or two views) should agree, and be decided.
data: digits.npz
terms:
  consistency: {loss: consistency_mse, logits1: logistic, logits2: mlp}
  entropy: {loss: entropy_min, pred: mlp, eps: 0}
""",
    "vae.yaml": """\
# The negative ELBO with β = 4: pixels as summed binary cross-entropy, codes held near a standard Gaussian; both a mean over images.
data: vae.npz
terms:
  reconstruction: {loss: bce, reduction: batchmean, pred: pred, target: target}
  kl: {loss: gaussian_kl, weight: 4, mu: mu, logvar: logvar}
""",
    "their_gradient.json": """\
{"grad_pred": [0.0, 1.0, 1.5]}
""",
    "half_mse_half_mae.yaml": """\
# ½ · mse + ½ · mae of any predictions: its roles are left open.
terms:
  squared: {loss: mse, weight: 0.5}
  absolute: {loss: mae, weight: 0.5}
""",
    "checks.yaml": """\
# Checks before a release: each with its bound, and no total.
total: none
terms:
  calibration:
    loss: bce
    data: breast_cancer.csv
    pred: logistic
    max: 0.1
  progression:
    loss: rmse
    data: diabetes.csv
    pred: ridge
    max: 60
  boxes:
    loss: giou
    data: boxes.json
    min: 0
    max: 0.5
""",
}

# The workflow that README shows.
WORKFLOW = """\
# Copy to .github/workflows/, with your own files and bound: the check of a pull request fails if the model got worse.
name: losses
on: pull_request
permissions:
  contents: read
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install git+https://github.com/OWNER/losscli  # or the path of a clone
      # Here your model writes its predictions. The baseline is a file of the repository, renewed when a better model is accepted:
      #   losscli compute mae sample_inputs/diabetes.csv -p ridge --id id -r none -o sample_inputs/baseline.json
      - name: Not worse than the baseline by more than 10 %
        run: >
          losscli compute mae sample_inputs/diabetes.csv -p gbm --id id
          --baseline sample_inputs/baseline.json --fail-if-worse 10% -f github
      - name: Test report
        if: always()
        run: losscli compute sample_inputs/checks.yaml -f junit -o losses.xml
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: losses
          path: losses.xml
"""


def write_gate(out: Path) -> None:
    """Write a workflow with a gate, and the earlier result that it compares with."""
    write_text(out / "gate.yml", WORKFLOW)
    with chdir(out.resolve().parent):
        folder = out.resolve().name
        run(["compute", "mae", f"{folder}/diabetes.csv", "-p", "ridge", "--id", "id", "-r", "none", "-o", f"{folder}/baseline.json", "-q"])


def write_objectives(out: Path) -> None:
    """Write the objectives, which are written by hand."""
    for name, content in OBJECTIVES.items():
        write_text(out / name, content)


# The diabetes copies and the pairs read diabetes.csv, digits.csv and detection.json read digits.npz: these tables come first.
WRITERS = (
    write_diabetes_csv,
    write_diabetes_quantiles,
    write_diabetes_json,
    write_diabetes_jsonl,
    write_diabetes_pred_npy,
    write_diabetes_target_npy,
    write_diabetes_csv_gz,
    write_diabetes_gaussian,
    write_pairs,
    write_digits_npz,
    write_digits_csv,
    write_breast_cancer_csv,
    write_breast_cancer_logits,
    write_iris_csv,
    write_iris_probs,
    write_boxes,
    write_masks,
    write_embeddings,
    write_detection,
    write_vae,
    write_survival,
    write_objectives,
    write_gate,
    write_tutorials,
)


def main() -> None:
    """Write every sample file into the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=DEFAULT_OUT, metavar="OUT_DIR", help="default: sample_inputs")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    # The number of BLAS threads changes the order of sums and so the last digits.
    with threadpool_limits(1):
        for write in WRITERS:
            write(out)


if __name__ == "__main__":
    main()
