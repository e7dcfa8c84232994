"""A whole file as a SOURCE: the columns of ids are never taken as data."""

from __future__ import annotations

import math

import pytest

from tests.support.command import cli

FILES = {
    "lg.csv": "id,a,b,c\n3,1,2,3\n1,0,1,0\n2,1,0,0\n",
    "lb.csv": "id,label\n1,1\n2,0\n3,2\n",
    "x.csv": "id,pred\n1,2\n2,3\n3,5\n",
    "y.csv": "id,y\n3,2\n2,3\n1,5\n",
    "x.tsv": "user\tid\tpred\n1\t1\t2\n1\t2\t3\n2\t1\t5\n",
    "y.tsv": "user\tid\ty\n2\t1\t2\n1\t2\t3\n1\t1\t5\n",
}
LABELS = (math.log(sum(map(math.exp, (-2, -1, 0)))) + 2 * math.log(math.e + 2) - 2) / 3  # of softmax: by hand
OBJECTIVE = {"o.yaml": "id: id\nterms: {a: {loss: mse}}\n"}


@pytest.mark.parametrize(
    ("argv", "value"),
    [
        (["compute", "cross_entropy", "-p", "lg.csv", "-t", "lb.csv", "--id", "id", "--classes", "a,b,c"], LABELS),
        (["compute", "cross_entropy", "-p", "lg.csv", "-t", "lb.csv::label", "--id", "lb.csv::id", "--classes", "a,b,c"], LABELS),
        (["compute", "mse", "-p", "x.csv", "-t", "y.csv", "--id", "id"], 6.0),
        (["compute", "mse", "-p", "x.csv", "-t", "y.csv", "--id", "ID"], 6.0),
        (["compute", "mse", "-p", "x.tsv", "-t", "y.tsv", "--id", "user,id"], 6.0),
        (["compute", "o.yaml", "-p", "x.csv", "-t", "y.csv"], 6.0),
        (["compute", "o.yaml", "-p", "x.csv", "-t", "y.csv", "--id", "id"], 6.0),
    ],
)
def test_ids_are_no_data(argv: list[str], value: float) -> None:
    got = cli([*argv, "-f", "value"], FILES | OBJECTIVE)
    assert (got.code, got.err) == (0, "")
    assert float(got.out) == pytest.approx(value, rel=1e-12)


def test_ids_are_no_data_in_compare() -> None:
    got = cli(["compare", "-l", "mse", "-p", "x.csv", "-p", "z=x.csv", "-t", "y.csv", "--id", "id", "--ci", "none", "-f", "csv"], FILES)
    assert (got.code, got.err) == (0, "")
    assert got.out.count(",6.0,") == 2


@pytest.mark.parametrize("x", ["id,a\n1,2\n1,3\n", "id,a\n1.5,2\n2.5,3\n", "b,a\n1,2\n2,3\n"])
def test_what_is_no_id(x: str) -> None:
    """Numbers that repeat, fractions, and columns of other names."""
    got = cli(["compute", "mse", "-p", "x.csv", "-t", "x.csv", "-f", "value"], {"x.csv": x})
    assert (got.code, got.out) == (0, "0.0\n")
