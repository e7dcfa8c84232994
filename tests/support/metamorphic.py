"""Relations that hold for the whole program, whatever the data are: one table of numbers by many roads, all to the same bits.

`python -m tests.tools metamorphic --examples 2000` draws as many examples: a loss of the registry, its data, options and a reduction. An
example is a seed, so that a failure can be run again with --seed N --examples 1.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import losscli
from losscli.registry import LOSSES, Loss
from losscli.testing.samples import defaults, example
from tests.support.command import Outcome, cli_here, npz, write
from tests.support.large import LARGE

losscli.LOSSES  # noqa: B018 - registers them


@dataclass(frozen=True)
class Sample:
    """A loss, its data as columns of numbers with one cell a row, and the words of its command."""

    loss: Loss
    columns: Mapping[str, list[float]]
    roles: Mapping[str, str]  # role -> the columns that it takes
    setting: tuple[str, ...]  # an option of the loss that is not its default
    name: str  # the loss with that option, as compare takes it
    reduction: tuple[str, ...]
    rows: int

    def argv(self, source: str, *more: str, by: Mapping[str, str] | None = None) -> list[str]:
        words = [part for role, column in (by or self.roles).items() for part in (f"--{role.replace('_', '-')}", column)]
        return ["compute", self.loss.name, *([source] if source else []), *words, *self.setting, *self.reduction, *more, "-q"]


# Losses whose rows are single numbers or vectors: those are the tables that every format can hold.
def _is_flat(loss: Loss) -> bool:
    return loss.name not in LARGE and all(not role.domain.shared for role in loss.roles.values())


FLAT = [loss for loss in LOSSES.values() if _is_flat(loss)]


def drawn(seed: int) -> Sample | None:
    """The sample of a seed; None where the data of the loss are no table."""
    rng, choose = np.random.default_rng(seed), random.Random(seed)
    loss = choose.choice(FLAT)
    rows = choose.choice((2, 3, 5, 8))
    name, value = choose.choice([("", None), *_switches(loss)])
    data = {role: x for role, x in example(loss, rng, rows, defaults(loss) | ({name: value} if name else {})).items() if x is not None}
    if any(x.ndim > 2 or x.dtype.kind not in "iufb" or len(x) != rows for x in data.values()):
        return None
    columns: dict[str, list[float]] = {}
    roles = {}
    for role, x in data.items():
        flat = x.reshape(rows, -1)
        names = [f"{role}x{k}" for k in range(flat.shape[1])] if x.ndim > 1 else [role]
        columns |= {name: flat[:, k].tolist() for k, name in enumerate(names)}
        roles[role] = ",".join(names) if len(names) > 1 else names[0]
        if x.ndim > 1 and len(names) == 1:
            return None  # one column is read as numbers, not as vectors of one
    flag = f"--{name.replace('_', '-')}"
    switch = () if not name else (flag, value) if isinstance(value, str) else (flag if value else f"--no-{flag[2:]}",)
    reduction = () if loss.kind != "pointwise" else ("-r", choose.choice(("mean", "sum")))
    word = value if isinstance(value, str) else str(value).lower()
    return Sample(loss, columns, roles, switch, f"{loss.name}:{name}={word}" if name else loss.name, reduction, rows)


def _switches(loss: Loss) -> list[tuple[str, Any]]:
    """Each switch and each word of a choice that is not the default."""
    usual = defaults(loss)
    switches = [(name, not usual[name]) for name in loss.options if isinstance(usual[name], bool)]
    return switches + [(name, c) for name, option in loss.options.items() for c in option.choices or () if c != usual[name]]


# --- roads -----------------------------------------------------------------------------------------------------------------


def _csv(columns: Mapping[str, list[float]], mark: str = ",") -> str:
    rows = zip(*columns.values(), strict=True)
    return "".join(mark.join(map(_text, cells)) + "\n" for cells in [tuple(columns), *rows])


def _text(cell: float | str) -> str:
    return cell if isinstance(cell, str) else repr(cell)


def _records(columns: Mapping[str, list[float]]) -> list[dict[str, float]]:
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def _frame(columns: Mapping[str, list[float]], how: str) -> bytes:
    file = io.BytesIO()
    frame = pl.DataFrame(dict(columns))
    frame.write_parquet(file) if how == "parquet" else frame.write_ipc(file)
    return file.getvalue()


FILES: dict[str, Callable[[Mapping[str, list[float]]], str | bytes]] = {
    "d.csv": _csv,
    "d.tsv": lambda columns: _csv(columns, "\t"),
    "d.json": lambda columns: json.dumps(_records(columns)),
    "columns.json": lambda columns: json.dumps(dict(columns)),
    "d.jsonl": lambda columns: "".join(json.dumps(record) + "\n" for record in _records(columns)),
    "d.yaml": lambda columns: json.dumps(_records(columns)),  # JSON is YAML
    "d.npz": lambda columns: npz(**columns),
    "d.parquet": lambda columns: _frame(columns, "parquet"),
    "d.arrow": lambda columns: _frame(columns, "arrow"),
}


class Failed(AssertionError):
    """A relation that does not hold."""


class Refused(Exception):
    """The command refuses these options or data; then there is nothing to compare."""


def _done(argv: list[str], stdin: str | None = None) -> Outcome:
    done = cli_here(argv, stdin)
    if done.code not in (0, 1):
        raise Failed(f"{' '.join(argv)}\nexit {done.code}: {done.err}")
    return done


def _same(name: str, first: Outcome, other: Outcome) -> None:
    if first.out != other.out:
        raise Failed(f"{name}: {other.out!r} is not {first.out!r}")


def roads(s: Sample) -> Iterator[tuple[str, Outcome]]:
    """The value by each road: formats, pieces of a file, standard input, inline, threads."""
    for name in FILES:
        yield name, _done(s.argv(name, "-f", "value"))
    yield "two pieces", _done(s.argv("part-*.csv", "-f", "value"))
    yield "standard input", _done(s.argv("-", "-f", "value"), _csv(s.columns))
    yield "rows by --id, in another order", _done(_by_id(s))
    inline = {role: json.dumps(_inline(s, names)) for role, names in s.roles.items()}
    yield "inline", _done(s.argv("", "-f", "value", by=inline))
    for threads in ("1", "2"):
        yield f"--threads {threads}", _done(s.argv("d.csv", "-f", "value", "--threads", threads))


def _by_id(s: Sample) -> list[str]:
    """The first role in one file, the others in another, whose rows are in another order."""
    ids = [f"r{i}" for i in range(s.rows)]
    first, *others = s.roles.items()
    columns: dict[str, Any] = {"id": ids, **{name: s.columns[name] for name in first[1].split(",")}}
    rest: dict[str, Any] = {"id": ids[::-1], **{name: s.columns[name][::-1] for _, names in others for name in names.split(",")}}
    write({"first.csv": _csv(columns), "rest.csv": _csv(rest)})
    by = {first[0]: f"first.csv::{first[1]}"} | {role: f"rest.csv::{names}" for role, names in others}
    return s.argv("", "-f", "value", *(["--id", "id"] if others else []), by=by)


def _inline(s: Sample, names: str) -> list[Any]:
    cells = [s.columns[name] for name in names.split(",")]
    return cells[0] if len(cells) == 1 else [list(row) for row in zip(*cells, strict=True)]


def check(s: Sample) -> None:
    """All relations of a sample. Raises Failed with the first that does not hold."""
    pieces = {f"part-{i}.csv": _csv({n: x[a:b] for n, x in s.columns.items()}) for i, (a, b) in enumerate(((0, 1), (1, s.rows)))}
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        write({name: make(s.columns) for name, make in FILES.items()} | pieces)
        first = cli_here(s.argv("d.csv", "-f", "value"))
        if first.code in (2, 3):
            raise Refused(first.err)
        for name, other in roads(s):
            _same(name, first, other)
        _output(s, first)
        if s.loss.kind == "pointwise":
            _weights(s)
            _compared(s, first)


def _output(s: Sample, first: Outcome) -> None:
    """-o holds what standard output shows, and a result expects itself."""
    _done(s.argv("d.csv", "-f", "json", "-o", "r.json"))
    shown = _done(s.argv("d.csv", "-f", "json"))
    if Path("r.json").read_text(encoding="utf-8") != shown.out:
        raise Failed("-o is not standard output")
    value = json.loads(shown.out).get("value")
    if isinstance(value, float) and cli_here(s.argv("d.csv", "-f", "value", "--expect", "r.json")).code != 0:
        raise Failed(f"--expect of its own result {value} does not pass")
    if isinstance(value, float) and first.out != f"{value!r}\n":
        raise Failed(f"-f value shows {first.out!r}, -f json {value!r}")


def _weights(s: Sample) -> None:
    """Whole weights are rows that stand there as often; twice all rows leave a mean as it is. Sums of floats differ in the last bits."""
    times = [1 + i % 3 for i in range(s.rows)]
    repeated = {n: [cell for cell, k in zip(x, times, strict=True) for _ in range(k)] for n, x in s.columns.items()}
    write({"repeated.csv": _csv(repeated), "twice.csv": _csv({n: [*x, *x] for n, x in s.columns.items()})})
    weighted = _number(s.argv("d.csv", "-w", json.dumps(times), "-f", "value"))
    _close("weights as repetition", weighted, _number(s.argv("repeated.csv", "-f", "value")))
    if "mean" in s.reduction:
        _close("rows twice", _number(s.argv("d.csv", "-f", "value")), _number(s.argv("twice.csv", "-f", "value")))
    _slices(s)


def _slices(s: Sample) -> None:
    """The slices of --by add up to the whole."""
    write({"slices.csv": _csv({**s.columns, "part": [float(i % 2) for i in range(s.rows)]})})
    argv = s.argv("slices.csv", "-f", "json", "--by", "part")
    argv = [word if (before, word) != ("-r", "mean") else "sum" for before, word in zip(["", *argv], argv, strict=False)]
    found = json.loads(_done(argv).out)
    parts = [part["value"] for part in found["slices"]]
    if all(isinstance(x, float) for x in (found["value"], *parts)):
        _close("--by", found["value"], float(np.sum(parts)))


def _compared(s: Sample, first: Outcome) -> None:
    """compare gives the value of compute."""
    others = [part for role, names in s.roles.items() if role not in ("pred", "target") for part in ("--role", f"{role}={names}")]
    if set(s.roles) >= {"pred", "target"} and "," not in "".join(s.roles.values()):
        words = ["-l", s.name, "-p", f"a={s.roles['pred']}", "-t", s.roles["target"], *others, *s.reduction]
        _same("compare", first, _done(["compare", "d.csv", *words, "--ci", "none", "-f", "value", "-q"]))


def _number(argv: list[str]) -> float:
    return float(_done(argv).out)


def _close(name: str, a: float, b: float) -> None:
    if not np.isclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True):
        raise Failed(f"{name}: {b!r} is not {a!r}")


def failures(seeds: Sequence[int]) -> Iterator[str]:
    """What fails, with its seed and its command."""
    for seed in seeds:
        sample = drawn(seed)
        if sample is None:
            continue
        try:
            check(sample)
        except Refused:
            continue
        except Exception as error:
            yield f"seed {seed}, {sample.rows} rows, {' '.join(sample.argv('d.csv'))}: {type(error).__name__}: {error}"


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.tools metamorphic")
    parser.add_argument("--examples", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(argv)
    found = 0
    for text in failures(range(given.seed, given.seed + given.examples)):
        print(text, flush=True)
        found += 1
    print(f"{found} failures in {given.examples} examples")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
