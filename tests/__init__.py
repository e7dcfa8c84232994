"""The tests, in folders that are named as the rooms of the package are. `python -m tests --help` says how they are run."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "losscli"
SAMPLES = ROOT / "sample_inputs"
