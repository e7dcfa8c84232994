"""Messages about --resamples."""

from losscli.errors import ExitCode
from tests.cli.messages.rows import Row

USAGE = ExitCode.USAGE
_AB = ("compare", "d.csv", "-l", "mse", "-p", "a", "-p", "b", "-t", "t")
_MSE = ("compute", "mse", "d.csv", "-p", "a", "-t", "t")
_FILES = {"d.csv": "a,b,t\n1,2,3\n2,3,5\n4,4,4\n", "o.yaml": "terms:\n  a: {loss: mse, pred: a, target: t}\n", "old.json": "{}"}
_HUNDRED = ("--resamples", "100")


def _row(*argv: str, error: str) -> Row:
    return Row(argv, USAGE, f"error: {error}", _FILES)


ROWS = {
    "few resamples": _row(*_AB, "--resamples", "99", error="--resamples takes a number from 100 to 1,000,000, such as 1000, not 99"),
    "a seed without resamples": _row(
        *_AB, "--seed", "1", error="--seed is the seed of --resamples, and there is no --resamples: add --resamples 1000"
    ),
    "a seed below 0": _row(*_AB, *_HUNDRED, "--seed", "-1", error="--seed takes 0 or more, not -1"),
    "resamples of near rows": _row(
        *_AB, *_HUNDRED, "--lag", "2",
        error="--resamples draws rows, or whole clusters of one --cluster, and not with --lag: leave out one of the two",
    ),
    "resamples without intervals": _row(
        *_AB, *_HUNDRED, "--ci", "none", error="--resamples is about intervals, and --ci none leaves them out"
    ),
    "resamples of no interval": _row(*_MSE, *_HUNDRED, error="--resamples is about the interval: add --ci 95"),
    "resamples of no interval of a total": _row(
        "compute", "o.yaml", "d.csv", *_HUNDRED, error="--resamples is about the interval: add --ci 95"
    ),
    "resamples and an earlier result": _row(
        *_MSE, "--ci", "95", *_HUNDRED, "--baseline", "old.json", "--fail-if-worse", "0",
        error="--resamples is about the interval, and --baseline compares with one of another run: leave one of them out",
    ),
    "resamples against an earlier result": _row(
        *_AB, *_HUNDRED, "--against", "old.json", "--fail-if-worse", "0",
        error="--resamples is about differences on the same rows, and --against is a result of another run: leave one of them out",
    ),
}  # fmt: skip
