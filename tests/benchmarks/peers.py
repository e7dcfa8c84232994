"""What losscli is measured against: the scripts of the peers as a user would write them, and the versions of everything."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

__all__ = [
    "ARRAYS",
    "AWK",
    "CSV",
    "EMPTY_APP",
    "JSON_LINES",
    "JSON_LOGITS",
    "LISTS",
    "NUMPY",
    "OURS",
    "PARQUET",
    "SQUARES",
    "THEIRS",
    "WIDE",
    "WITHOUT_POLARS",
    "awk_version",
    "machine",
    "versions",
]

EMPTY_APP = """\
import typer

app = typer.Typer()


@app.command()
def one() -> None:
    print("one")


@app.command()
def two() -> None:
    print("two")


if __name__ == "__main__":
    app(prog_name="app")
"""

# The mean of the squared differences of a file's two columns, whose name is the script's first argument.
CSV = {
    "polars": """\
import sys
import polars as pl

print(pl.scan_csv(sys.argv[1]).select(((pl.col("y_pred") - pl.col("y_true")) ** 2).mean()).collect().item())
""",
    "duckdb": """\
import sys
import duckdb

print(duckdb.sql(f"select avg((y_pred - y_true) * (y_pred - y_true)) from read_csv('{sys.argv[1]}')").fetchall()[0][0])
""",
    "pandas": """\
import sys
import pandas as pd

d = pd.read_csv(sys.argv[1])
print(((d.y_pred - d.y_true) ** 2).mean())
""",
    "pandas+pyarrow": """\
import sys
import pandas as pd

d = pd.read_csv(sys.argv[1], engine="pyarrow")
print(((d.y_pred - d.y_true) ** 2).mean())
""",
}
# The same of JSON lines; and the mean cross-entropy of a list of logits and a label.
JSON_LINES = {
    "polars": CSV["polars"].replace("scan_csv", "scan_ndjson"),
    "duckdb": CSV["duckdb"].replace("read_csv('{sys.argv[1]}')", "read_json('{sys.argv[1]}', format='newline_delimited')"),
    "pandas": CSV["pandas"].replace("read_csv(sys.argv[1])", "read_json(sys.argv[1], lines=True)"),
}
_CROSS_ENTROPY = """
m = x.max(1)
print((m + np.log(np.exp(x - m[:, None]).sum(1)) - x[np.arange(len(y)), y]).mean())
"""
JSON_LOGITS = {
    "polars": """\
import sys
import numpy as np
import polars as pl

d = pl.read_ndjson(sys.argv[1])
x, y = d["logits"].list.to_array(100).to_numpy(), d["label"].to_numpy()
"""
    + _CROSS_ENTROPY,
    "pandas": """\
import sys
import numpy as np
import pandas as pd

d = pd.read_json(sys.argv[1], lines=True)
x, y = np.array(d.logits.tolist()), d.label.to_numpy()
"""
    + _CROSS_ENTROPY,
}
# The mean cross-entropy of a table whose last column is the label.
WIDE = {
    "polars": """\
import sys
import numpy as np
import polars as pl

d = pl.read_csv(sys.argv[1])
x, y = d[:, :-1].to_numpy(), d["label"].to_numpy()
"""
    + _CROSS_ENTROPY,
    "pandas+pyarrow": """\
import sys
import numpy as np
import pandas as pd

d = pd.read_csv(sys.argv[1], engine="pyarrow")
x, y = d.iloc[:, :-1].to_numpy(), d.label.to_numpy()
"""
    + _CROSS_ENTROPY,
}
# The same of Parquet; and of a column of lists.
PARQUET = CSV["polars"].replace("scan_csv", "scan_parquet")
LISTS = JSON_LOGITS["polars"].replace("read_ndjson", "read_parquet").replace("to_array(100)", "to_array(10)")
# The mean cross-entropy of logits and labels in two files, or in one.
ARRAYS = {
    "NumPy": """\
import sys
import numpy as np

x, y = (np.load(f) for f in sys.argv[1:]) if len(sys.argv) > 2 else np.load(sys.argv[1]).values()
"""
    + _CROSS_ENTROPY,
    "torch": """\
import sys
import numpy as np
import torch

x, y = (np.load(f) for f in sys.argv[1:]) if len(sys.argv) > 2 else np.load(sys.argv[1]).values()
print(float(torch.nn.functional.cross_entropy(torch.from_numpy(x), torch.from_numpy(y))))
""",
}
AWK = 'NR > 1 { d = $1 - $2; s += d * d } END { printf "%.17g\\n", s / (NR - 1) }'

NUMPY = """\
import sys
import numpy as np

pred, target = np.load(sys.argv[1]), np.load(sys.argv[2])
print(((pred - target) ** 2).mean())
"""

SQUARES = """\
import sys
import polars as pl

loss = ((pl.col("y_pred") - pl.col("y_true")) ** 2).alias("loss")
pl.read_csv(sys.argv[1]).select(loss).with_row_index("row").write_csv(sys.argv[2])
"""

# losscli in an environment that has polars, as if it had not.
WITHOUT_POLARS = """\
import sys

sys.modules["polars"] = None
from losscli.__main__ import main

main()
"""

OURS = ("losscli", "numpy", "typer", "polars")
THEIRS = ("numpy", "torch", "polars", "duckdb", "pandas", "pyarrow")
_VERSIONS = """\
import json, platform, sys
from importlib import metadata, util

found = {"python": platform.python_version()}
for name in sys.argv[1:]:
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        continue
    if '"editable": true' in (metadata.distribution(name).read_text("direct_url.json") or ""):
        found[name] += " (editable)"
parts = ("losscli.fusion._tiles", "losscli.numeric._sorts", "losscli.sources.delimited._fields")
if "losscli" in found and all(map(util.find_spec, parts)):
    found["losscli"] += " (compiled)"
print(json.dumps(found))
"""


def versions(python: str, packages: Sequence[str]) -> dict[str, str]:
    """The versions of Python and of those packages that an interpreter has."""
    done = subprocess.run([python, "-P", "-c", _VERSIONS, *packages], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def awk_version() -> str | None:
    """The awk that the shell finds, by its own name and version."""
    for option in ("--version", "-Wversion"):  # the second is mawk's
        try:
            done = subprocess.run(["awk", option], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        except FileNotFoundError:
            return None
        if done.returncode == 0 and done.stdout:
            return done.stdout.partition("\n")[0].partition(",")[0]
    return "awk"


def machine() -> dict[str, str | int]:
    """Processor, cores and operating system."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        models = []
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        system = platform.platform(terse=True)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {"cpu": models[0] if models else platform.processor() or platform.machine(), "cores": cores, "os": system}
