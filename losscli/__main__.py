"""`python -m losscli`, and the command itself."""

from __future__ import annotations

import gc
import os
import sys

from losscli.cli.signals import end_cleanly

__all__ = ["main"]


def main() -> None:
    """Run the command and exit with its code."""
    end_cleanly()
    # One thread for matrix products, set before NumPy is loaded: their bits depend on it. Blocks run in threads of our own.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        os.environ[name] = "1"
    gc.set_threshold(50_000)  # start-up makes many objects and no rubbish: no need to look for it every 700
    from losscli.cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
