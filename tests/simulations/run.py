"""Run a simulation of this folder by its name: `python -m tests.tools simulate ledger`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

_FILES = [file for file in Path(__file__).parent.glob("[!_]*.py") if file.stem != "run"]
NAMES = sorted(file.stem for file in _FILES if "def main(" in file.read_text(encoding="utf-8"))


def main(argv: Sequence[str]) -> int:
    """Run the simulation with the words after its name."""
    if not argv or argv[0] not in NAMES:
        print(f"error: name one of the simulations: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    import_module(f"tests.simulations.{argv[0]}").main(argv[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
