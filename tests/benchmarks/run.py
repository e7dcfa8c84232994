"""losscli beside its peers: `python -m tests.tools benchmarks [SECTION …]`, from the root of the project.

Each ratio is that of the medians of runs in turn. Results go to results.json and results.md, and with --readme into README.
The exit code is 0 whatever the ratios.
"""

from __future__ import annotations

import argparse
import datetime
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests import ROOT
from tests.benchmarks import against_torch, peers
from tests.benchmarks.larger import LARGER
from tests.benchmarks.report import Report, Row, as_json, as_markdown, headlines, placed
from tests.benchmarks.sections import SECTIONS
from tests.benchmarks.sides import Setup

ARRAYS = {"kernels": "value", "gradients": "gradient"}
ORDER = (
    "start",
    "kernels",
    "gradients",
    "settings",
    "pairs",
    "csv",
    "tables",
    "jsonl",
    "parquet",
    "npy",
    "arrays",
    "compare",
    "write",
    "memory",
    "growth",
)
PARTS = {**SECTIONS, **LARGER, "settings": against_torch.settings, "pairs": against_torch.pairs}


def main(argv: Sequence[str]) -> int:
    """Measure, write the results, and say them."""
    asked = _options().parse_args(argv)
    if unknown := set(asked.sections) - {*ORDER}:
        _options().error(f"no section {', '.join(sorted(unknown))}: there are {', '.join(ORDER)}")
    if asked.readme and asked.sections:
        _options().error("--readme takes a run of all sections")
    for folder in (asked.data, asked.out):
        folder.mkdir(parents=True, exist_ok=True)
    machine = peers.machine()
    versions = _versions(asked)
    setup = Setup(
        python=asked.python,
        base_python=asked.base_python,
        peers=asked.peers,
        versions=versions,
        folder=asked.data.resolve(),
        runs=asked.runs,
        full=asked.full,
        threads=int(machine["cores"]),
    )
    report = Report(str(datetime.date.today()), machine, versions, _missing(setup), asked.runs, [os.getloadavg()[0]])
    _measure(report, setup, [s for s in ORDER if s in (asked.sections or ORDER)], asked.kernels_sizes)
    text = as_markdown(report)
    print(text)
    (asked.out / "results.json").write_text(as_json(report), encoding="utf-8")
    (asked.out / "results.md").write_text(text, encoding="utf-8")
    if asked.readme:
        readme = ROOT / "README.md"
        readme.write_text(placed(readme.read_text(encoding="utf-8"), headlines(report)), encoding="utf-8")
    return 0


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m tests.tools benchmarks", description="losscli beside its peers, as ratios")
    options.add_argument("sections", nargs="*", metavar="SECTION", help=f"{', '.join(ORDER)} (all)")
    options.add_argument("--python", default=sys.executable, help="losscli's interpreter, with the extra fast (this one)")
    options.add_argument("--base-python", help="losscli's interpreter without polars (that of --python, with polars kept from it)")
    options.add_argument("--peers", default=sys.executable, help="the interpreter of torch, polars, DuckDB and pandas (this one)")
    options.add_argument(
        "--data", type=Path, default=Path(tempfile.gettempdir()) / "losscli-benchmarks", help="where files are made, and kept"
    )
    options.add_argument("--out", type=Path, default=Path(__file__).resolve().parent, help="where results.json and results.md are written")
    options.add_argument("--runs", type=int, default=7, help="of each side, after a warm-up (7); of what is short, three times as many")
    options.add_argument("--kernels-sizes", type=_sizes, default=_sizes("1e6,3e6,1e7"), help="elements of the arrays (1e6,3e6,1e7)")
    options.add_argument("--full", action="store_true", help="memory also at 50M rows, growth up to 64M: 20 GB of disk and an hour")
    options.add_argument("--readme", action="store_true", help="write the most important ratios into README as well")
    return options


def _sizes(text: str) -> list[int]:
    return [int(float(word)) for word in text.split(",")]


def _versions(asked: argparse.Namespace) -> dict[str, dict[str, str]]:
    """What each interpreter has; awk counts as a peer."""
    awk = peers.awk_version()
    theirs = peers.versions(asked.peers, peers.THEIRS) | ({"awk": awk} if awk else {})
    return {"losscli": peers.versions(asked.python, peers.OURS), "peers": theirs}


def _missing(setup: Setup) -> list[str]:
    absent = [name for name in (*peers.THEIRS, "awk") if not setup.has(name)]
    return absent + ([] if "polars" in setup.versions["losscli"] else ["polars beside losscli (the extra fast)"])


def _measure(report: Report, setup: Setup, sections: Sequence[str], sizes: Sequence[int]) -> None:
    """Fill the report, and tell on stderr how it goes. Values and gradients share their workers."""
    modes = [ARRAYS[s] for s in sections if s in ARRAYS]
    for section in sections:
        if section not in ARRAYS:
            for row in PARTS[section](setup):
                _add(report, row)
        elif ARRAYS[section] == modes[0]:
            for cell in against_torch.cells(setup, modes, sizes):
                report.cells.append(cell)
                report.loads.append(os.getloadavg()[0])
                ratio = cell.note if cell.spread is None else f"{cell.spread.ratio:.2f}"
                print(f"{cell.mode} of {cell.loss}, {cell.elements} elements: {ratio}", file=sys.stderr)
            for row in against_torch.rows(report.cells):
                _add(report, row)


def _add(report: Report, row: Row) -> None:
    report.rows.append(row)
    report.loads.append(os.getloadavg()[0])
    ratio = "" if row.spread is None else f"{row.spread.ratio:.2f}"
    print(" ".join(filter(None, (f"{row.what} over {row.peer}:" if row.peer else f"{row.what}:", ratio, row.note))), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
