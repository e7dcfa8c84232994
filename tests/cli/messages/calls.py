"""Messages that the command line cannot bring about: the same messages from the functions of the package."""

from __future__ import annotations

import errno
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any
from unittest.mock import patch

import numpy as np
import yaml

import losscli
from losscli.catalogue import custom
from losscli.catalogue.binding import bind
from losscli.catalogue.lookup import find
from losscli.cli import listing
from losscli.cli.command import os_errors_as_input_errors
from losscli.cli.configuration import settings
from losscli.cli.destination import destination, refuse_link
from losscli.cli.ledger import append
from losscli.cli.request import ListRequest
from losscli.cli.rules import check_rules
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.data.groups import Groups
from losscli.domains import Domain
from losscli.engine.passes import run as evaluate
from losscli.engine.plan import prepare
from losscli.errors import InputError, LossError, OutputError, UsageError
from losscli.results.ledger import Entry, Ledger
from losscli.sources.cell_columns import cell_column
from losscli.sources.columnar import read_parquet
from losscli.sources.files import InputFile
from losscli.sources.inputs import Inputs
from losscli.sources.numpy_files import Archive
from losscli.sources.open_files import OpenFiles
from losscli.sources.roles import columns_of_roles
from losscli.sources.yaml_files import read_yaml
from losscli.testing import assert_loss, check_loss
from losscli.vectors import _row
from tests.support.command import Stdin
from tests.support.readers import forget_polars


def _groups(cells: Any, **options: Any) -> Any:
    return Groups(["g"], "--by", **options).codes([np.array(cells)], float, lambda row: f"row {row}")


def _two_columns() -> Any:
    inputs: Any = SimpleNamespace(
        data="d.csv", is_source=lambda text: True, column=lambda text: Column(text, keys=("a", "b"), stacked=True)
    )
    rows: Any = None
    return cell_column(inputs, rows, "a,b", "--where")


def _of_a_new_domain(pred: Annotated[Any, Domain()]) -> Any:
    return pred


def _cross_entropy(**said: Any) -> Any:
    return losscli.compute("cross_entropy", pred=np.eye(2), target=np.array([0, 1]), **said)


def _deep_yaml() -> Any:
    with patch.object(yaml, "CSafeLoader", yaml.SafeLoader):
        return read_yaml(InputFile("d.yaml", None, b"- " * 3000))


def _changing() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        origin = InputFile("d.csv", Path(folder, "d.csv"))
        Path(folder, "d.csv").write_text("a\n", encoding="utf-8")
        origin.read()
        Path(folder, "d.csv").write_text("a\n1\n", encoding="utf-8")
        origin.read()


def _read_only() -> Any:
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        os.chmod(file.name, 0o444)
        destination(format=None, output=file.name, precision=None, color="auto", rows=None)


def _link() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "out.json").symlink_to(Path(folder, "sub", "there.json"))
        refuse_link(str(Path(folder, "out.json")))


def _refused() -> Any:
    with os_errors_as_input_errors():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def _write_only() -> Any:
    def read(most: int) -> bytes:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    with patch.object(sys, "stdin", Stdin(b"", terminal=False)):
        OpenFiles(stdin=read).table("-")


def _append(size: int) -> None:
    """Append to a ledger that had this size when it was read, on a disk that takes 5 bytes."""
    write = os.write
    with tempfile.TemporaryDirectory() as folder, patch.object(os, "write", lambda file, line: write(file, line[:5])):
        path = os.path.join(folder, "l.jsonl")
        try:
            append(Ledger(path, "", [], size, False), Entry("", "", 0.0, []), "pass")
        except OutputError as error:
            raise OutputError(str(error).replace(path, "l.jsonl")) from None


def _shrinking() -> Any:
    """info_nce reads the rows again; then there is one less."""

    class Shrinks:
        passes = 0

        def chunks(self, keys: Any) -> Iterator[dict[str, Any]]:
            self.passes += 1
            yield dict.fromkeys(keys, np.ones(40 if self.passes < 3 else 39))  # the first pass is a look at the shapes

        def place(self, row: int) -> str:
            return ""

    stream = Shrinks()
    known, preset = find("info_nce")
    vectors = {r: Column("x.csv", stream=stream, keys=("a", "b"), stacked=True) for r in ("anchor", "positive")}
    job, needed = prepare(bind(known, preset, {}), vectors)
    return evaluate([job], Data(needed))


def _of_package(value: str, *more: str) -> Any:
    """A loss of a package that is installed: listed, then looked for."""
    points = [EntryPoint("tilted", v, custom.GROUP) for v in (value, *more)]
    with patch.object(custom, "installed", lambda: points), patch.object(listing, "installed", lambda: points):
        with redirect_stderr(io.StringIO()):
            list(listing._installed(False))
        return find("tilted")


def of_too_many_rows() -> None:
    def centred(pred: Any, target: Any) -> Any:
        return pred - target.mean()

    with patch("losscli.engine.custom.decide.MAX_BYTES", 8):
        losscli.compute(centred, pred=[1.0, 2.0, 4.0], target=[1.0, 2.0, 3.0])


def piped() -> None:
    with patch("losscli.sources.open_files._stdin_has_data", return_value=True):
        columns_of_roles(Inputs(), find("mse")[0], {})


def without_polars() -> None:
    with patch.dict(sys.modules, {"polars": None}):
        forget_polars()
        try:
            read_parquet(InputFile("d.parquet"))
        finally:
            forget_polars()


def _compared(**given: Any) -> Any:
    return losscli.compare({"a": [1, 2]}, **{"target": [1, 2], "losses": "mse", **given})


# What the command line cannot bring about: the same messages from the functions of the package.
def _without_matplotlib() -> None:
    to = destination(format=None, output="x.svg", precision=None, color="auto", rows=None)
    with patch("losscli.render.pictures.files.installed", return_value=False):
        check_rules(ListRequest(("huber",), None, None, (), False, True, False, False, (), to, False))


def _configured_by_no_file() -> None:
    with patch.dict(os.environ, {"LOSSCLI_CONFIG": "no.toml"}):
        settings()


CALLS: dict[str, tuple[Callable[[], Any], type[LossError], str]] = {
    "a reduction that torch has not": (
        lambda: losscli.compute("torch.nn.MSELoss", pred=[1.0], target=[2.0], reduction=None),
        UsageError,
        "torch.nn.MSELoss: reduction=None is an error in torch too: give 'none', 'mean' or 'sum'",
    ),
    # compare in Python
    "compare: no dict of predictions": (
        lambda: losscli.compare([1, 2], target=[1, 2], losses="mse"),
        UsageError,
        "compare takes an array for each prediction: {'a': [1, 2], 'b': [1, 3]}",
    ),
    "compare: a level of 100": (lambda: _compared(ci=100), UsageError, "ci takes a percentage between 0 and 100, or None, not 100"),
    "compare: another baseline": (lambda: _compared(baseline="b"), UsageError, "baseline 'b' is not one of the predictions: a"),
    "compare: a lag of 0": (lambda: _compared(lag=0), UsageError, "lag takes a number of steps from 1, or 'auto', not 0"),
    "compare: independent rows that depend": (
        lambda: _compared(lag=2, independent=True),
        UsageError,
        "independent says that no rows depend on each other: give it without cluster and lag",
    ),
    "compare: values of rows": (
        lambda: _compared(reduction="none"), UsageError, "compare needs one number from each loss: reduction 'none' gives none"
    ),
    "compare: a level in words": (lambda: _compared(ci="95"), UsageError, "ci takes a percentage between 0 and 100, or None, not '95'"),
    "match: several predictions": (
        lambda: losscli.match(0.5, pred={"a": [1, 2]}, target=[1, 2]), UsageError, "match takes one array as pred, not several by name"
    ),
    "match: a tolerance below 0": (
        lambda: losscli.match(0.5, pred=[1, 2], target=[1, 2], rtol=-1), UsageError, "rtol must be 0 or more, and finite, not -1"
    ),
    "compare: a seed of nothing": (
        lambda: _compared(seed=3), UsageError, "seed is the seed of resamples, and there are none: give resamples=1000"
    ),
    "compare: few resamples": (
        lambda: _compared(resamples=10), UsageError, "resamples takes a number from 100 to 1,000,000, such as 1000, not 10"
    ),
    "compare: resamples of near rows": (
        lambda: _compared(resamples=100, lag=2),
        UsageError,
        "resamples are for intervals of independent rows or clusters: leave out lag",
    ),
    "compare: resamples without intervals": (
        lambda: _compared(resamples=100, ci=None),
        UsageError,
        "resamples are for intervals of independent rows or clusters: give ci",
    ),
    "compare: clusters of several columns": (
        lambda: _compared(cluster=[[1, 2], [1, 2]]), UsageError, "cluster takes one word or number for each row"
    ),
    "compare: a share without folds": (
        lambda: _compared(test_share=0.2), UsageError, "test_share is about the folds of a cross-validation: give folds"
    ),
    "compare: a share of 0": (
        lambda: _compared(folds=[1, 2], test_share=0),
        UsageError,
        "test_share takes the rows of a test fold divided by those of its training set, such as 0.25 for 5 folds, not 0",
    ),
    "compare: folds and clusters": (
        lambda: _compared(folds=[1, 2], cluster=[1, 2]),
        UsageError,
        "folds says how scores depend on each other: give it without cluster, lag and independent",
    ),
    "compare: slices of nothing": (lambda: _compared(by={}), UsageError, "by takes an array, or a dict of arrays: by={'region': ["),
    "compare: slices of vectors": (lambda: _compared(by=[[1], [2]]), UsageError, "by takes one word or number for each row"),
    "compare: slices of two lengths": (
        lambda: _compared(by={"x": [1, 2], "y": [1]}), UsageError, "the columns of by have different numbers of rows: x has 2, y has 1"
    ),
    "compare: slices of other rows": (lambda: _compared(by=[1, 2, 3]), InputError, "the numbers of rows differ: by has 3 rows, the roles"),
    "compare: a confidence of no gate": (
        lambda: _compared(confidence=90), UsageError, "confidence is how sure fail_if_worse has to be, and there is no fail_if_worse"
    ),
    "compare: a confidence of 100": (
        lambda: _compared(confidence=100, fail_if_worse=0), UsageError, "confidence takes percent from 50 to below 100, such as 95, not 100"
    ),
    "compare: worse by words": (
        lambda: _compared(fail_if_worse="much"), UsageError, "fail_if_worse takes how much worse is allowed, such as 0, 0.01 or 1%, not"
    ),
    "compare: worse than oneself": (
        lambda: _compared(fail_if_worse=0),
        UsageError,
        "a gate on a difference needs a baseline, and there is one prediction: give another",
    ),
    "compare: worse without intervals": (
        lambda: losscli.compare({"a": [1, 2], "b": [1, 3]}, target=[1, 2], losses="mse", ci=None, fail_if_worse=0),
        UsageError,
        "fail_if_worse needs standard errors: give ci, or fail_if_worse_point",
    ),
    "compare: a bound of two losses": (
        lambda: _compared(losses=["mse", "mae"], max=1), UsageError, "max bounds the values of one loss, and there are 2: compare each"
    ),
    "compare: a bound that is none": (lambda: _compared(min=float("nan")), UsageError, "min nan is no bound"),
    "compute: clusters of no interval": (
        lambda: losscli.compute("mse", pred=[1.0], target=[1.0], cluster=[1]),
        UsageError,
        "cluster, lag, folds, independent and resamples are about the interval: give ci=95",
    ),
    "compute: an interval of values": (
        lambda: losscli.compute("mse", pred=[1.0], target=[1.0], ci=95, reduction="none"),
        UsageError,
        "an interval needs one number: give reduction='mean' (or 'sum', …), not 'none'",
    ),
    "compute: a seed below 0": (
        lambda: losscli.compute("mse", pred=[1.0], target=[1.0], ci=95, resamples=100, seed=-1), UsageError, "seed takes 0 or more, not -1"
    ),
    "match: a role of no loss": (
        lambda: losscli.match(1, pred=[1.0], tagret=[1.0]), UsageError, "no loss has a role 'tagret' (did you mean target"
    ),
    "match: no number": (
        lambda: losscli.match("x", pred=[1.0], target=[1.0]),
        UsageError,
        "match takes one number as it was printed, such as 0.2675, not 'x'"
    ),
    "compare: no loss": (lambda: _compared(losses=[]), UsageError, "compare needs a loss: losses=['mse', 'huber:delta=2']"),
    "compare: a role of no loss": (
        lambda: _compared(variance=[1, 2]),
        UsageError,
        "none of the losses has a role 'variance'; they have pred, target",
    ),
    "compare: a loss without predictions": (
        lambda: _compared(losses="koleo"),
        UsageError,
        "compare needs a loss with predictions, and koleo has none: its roles are z_a",
    ),
    "no law": (lambda: check_loss("mse", skip={"chord": "why"}), UsageError, "there is no law 'chord' (did you mean chords?): "),
    "no matplotlib": (_without_matplotlib, UsageError, "-o x.svg needs the plot extra: pip install 'losscli[plot]'"),
    "no property": (lambda: check_loss("mse", properties="convx"), UsageError, "there is no property 'convx' (did you mean convex?)"),
    "no random data": (
        lambda: check_loss(_of_a_new_domain), UsageError, "there are no random data for the domain Domain: give data=, a function of"
    ),
    "no tolerance": (
        lambda: assert_loss(1.0, "mse", rtol=-1.0, pred=[1], target=[2]), UsageError, "rtol and atol must be 0 or more, and finite"
    ),
    "own: too much at once": (of_too_many_rows, InputError, "needs all rows at once, and they take more than"),
    "no array": (lambda: losscli.compute("mse", pred=[[1], [1, 2]], target=[1]), UsageError, "pred is of type list, which cannot be"),
    "file gone": (InputFile("d.csv", Path("nowhere.csv")).read, InputError, "d.csv: no such file or directory"),
    "a file that changes": (_changing, InputError, "changed while it was read: run it again when nothing writes to that file"),
    "a read-only output": (_read_only, OutputError, ": it is read-only"),
    "a link as output": (_link, OutputError, "out.json: it is a link to a file in another folder: -o "),
    "a folder that is gone": (_refused, InputError, "the input cannot be read: no such file or directory"),
    "standard input for writing": (_write_only, InputError, "standard input cannot be read: Bad file descriptor"),
    "a row of vectors that is no YAML": (lambda: _row("- loss: [", "x.yaml: mse"), InputError, "x.yaml: mse: not YAML: "),
    "half a row of vectors": (
        lambda: _row("- loss: mse\n  expected: 1\n", "x.yaml: mse"),
        InputError,
        "x.yaml: mse: a row of vectors needs loss, roles, expected, peer, version, origin: it has no roles and no peer and no version",
    ),
    "piped": (piped, UsageError, "--target SOURCE; '-' reads standard input"),
    "parquet without polars": (without_polars, InputError, "d.parquet needs the fast extra: pip install 'losscli[fast]'"),
    "package broken": (lambda: _of_package("nowhere:f"), InputError, "tilted, of nowhere:f, cannot be loaded: ModuleNotFoundError"),
    "package of no function": (lambda: _of_package("math:pi"), InputError, "tilted, of math:pi, is of type float, not a function"),
    "two packages": (lambda: _of_package("a:f", "b:f"), UsageError, "'tilted' is a loss of several packages: a:f and b:f; name one as"),
    "own: no function": (
        lambda: find(len), UsageError, "a loss is a name or a plain function, not <built-in function len>: call it in a function, def",
    ),
    "no number": (lambda: assert_loss("x", "mse", pred=[1], target=[2]), UsageError, "actual is of type str: a number or an array of"),
    "data of no roles": (
        lambda: check_loss("mse", data=lambda rng, rows: [rows]),  # type: ignore[return-value] # on purpose
        UsageError, "data(rng, rows) has to return an array for each role, {",
    ),
    "per of elements": (lambda: losscli.compute("mse", pred=1.0, target=1.0, per="row"), UsageError, "gives one value for each row here"),
    "per of a batch loss": (
        lambda: losscli.compute("info_nce", anchor=np.eye(2), positive=np.eye(2), per="row"), UsageError, "compares rows with each other",
    ),
    "per of all features": (
        lambda: losscli.compute("barlow_twins", z_a=np.eye(2), z_b=np.eye(2), per="row"), UsageError, "it takes no per",
    ),
    "per of all classes": (
        lambda: losscli.compute("dice_ce", pred=np.eye(2), target=np.array([0, 1]), per="channel"), UsageError, "per takes all or row",
    ),
    "class axis of none": (lambda: losscli.compute("mse", pred=[1.0], target=[1.0], class_axis=0), UsageError, "mse has no class axis"),
    "words as labels": (
        lambda: losscli.compute("logloss", pred=[[0.25, 0.75]], target=["b"]),
        UsageError,
        "target holds texts, not numbers: give the index of each label's class, [classes.index(x) for x in target]",
    ),
    "words": (lambda: losscli.compute("mse", pred=["a"], target=[1.0]), UsageError, "pred holds texts, not numbers"),
    "scores of classes, by an alias": (
        lambda: losscli.compute("accuracy", pred=[[0.1, 0.9], [0.8, 0.2]], target=[1, 1]),
        InputError,
        "accuracy: pred (2, 2) and target (2,) do not match: if pred has scores of classes",
    ),
    "an object": (
        lambda: losscli.compute("mse", pred=object(), target=[1.0]),
        UsageError,
        "pred is of type object, not an array of numbers",
    ),
    "objects": (
        lambda: losscli.compute("mse", pred=np.array([b"a", 1], object), target=[1.0, 2.0]),
        UsageError,
        "pred holds values of type bytes, not numbers",
    ),
    "numbers as objects": (
        lambda: losscli.compute("mse", pred=np.array([1, 2], object), target=[1.0, 2.0]),
        UsageError,
        "pred holds objects, not numbers: convert it with astype(float)",
    ),
    "chunk": (lambda: losscli.compute("mse", pred=[1.0], target=[1.0], chunk=-1), UsageError, "chunk takes 0 or more, not -1"),
    "threads": (lambda: losscli.gradient("mse", pred=[1.0], target=[1.0], threads="x"), UsageError, "threads takes 0 or more, not 'x'"),
    "gradient of no role": (lambda: losscli.gradient("mse", pred=[1.0], target=[1.0], wrt="prd"), UsageError, "no role 'prd' here"),
    "gradient of labels": (
        lambda: losscli.gradient("cross_entropy", pred=np.eye(2), target=np.array([0, 1]), wrt="target"), UsageError, "class indices",
    ),
    "gradient of what is left": (
        lambda: losscli.gradient("mse", pred=[1.0, np.nan], target=[1.0, 1.0], nan="omit"), UsageError, "rows with nan were omitted",
    ),
    "an archive that is none any more": (
        lambda: Archive(InputFile("d.npz", None, b"no archive"), ["a"]).opened().__enter__(), InputError, "d.npz: not a readable NPZ file",
    ),
    "counts that are words": (lambda: losscli.class_weights(["a"]), UsageError, "one number for each class, 0 or more, not ['a']"),
    "counts that are none": (lambda: losscli.class_weights([1, -1]), UsageError, "one number for each class, 0 or more, not [1, -1]"),
    "beta that is none": (lambda: losscli.class_weights([1, 2], beta=1.5), UsageError, "beta must be from 0 to 1, not 1.5"),
    "unknown option": (lambda: _cross_entropy(smoothing=1), UsageError, "has no option 'smoothing'"),
    "deep YAML without libyaml": (_deep_yaml, InputError, "d.yaml: nested too deep"),
    "a ledger that another run has written to": (
        lambda: _append(7), OutputError, "another run has written to l.jsonl meanwhile: run this gate again",
    ),
    "a ledger on a full disk": (lambda: _append(0), OutputError, "cannot write l.jsonl: no space left on device"),
    "pairs without intervals": (
        lambda: losscli.compare({"a": [1.0]}, target=[1.0], losses="mse", mcs=True), UsageError, "mcs compares predictions by",
    ),
    "groups: several columns": (_two_columns, InputError, "--where a,b names 2 columns: give one"),
    "groups: too many": (lambda: _groups([1.0, 2.0], limit=1), InputError, "--by: row 1: more than 1 different values, so the column"),
    "groups: vectors": (lambda: _groups([[1.0, 2.0]]), InputError, "--by: row 0: 2 values, where a group is named by one"),
    "groups: rounded": (lambda: _groups([2.0**53]), InputError, "9007199254740992 is too large for an exact float64: write the column"),
    "groups: missing": (lambda: _groups([1.0, np.nan], missing="name it"), InputError, "--by: row 1 is missing: name it"),
    "settings: no such file": (_configured_by_no_file, UsageError, "LOSSCLI_CONFIG: no.toml: no such file"),
    "input that changes": (_shrinking, InputError, "the input changed while it was read: 40 rows, then 39"),
}  # fmt: skip
