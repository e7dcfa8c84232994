"""The entry point of the command; `python -m losscli` runs it too."""

from __future__ import annotations

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    del sys.path[0]  # the current folder, where a file numpy.py or signal.py may lie: `python -m` alone looks there

import _signal  # type: ignore[import-not-found]  # the module `signal` imports others, and Ctrl-C during an import shows a traceback
import gc
import os

__all__ = ["main"]


def main() -> None:
    """Run the command and exit with its code."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:  # it would show a traceback of the next import
        _signal.signal(_signal.SIGINT, lambda *_: os._exit(130))
    from losscli.cli.signals import end_also_in_libraries, end_cleanly

    end_cleanly()
    # Matrix products use one thread, since their bits depend on the number of threads. NumPy reads these variables when it is loaded.
    # Blocks run in threads that losscli starts.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        os.environ[name] = "1"
    gc.set_threshold(100_000)  # start-up makes about 50,000 objects and no garbage, so that a search for garbage would waste time
    from losscli.cli.app import run
    from losscli.cli.streams import fill_closed

    fill_closed()  # before a pipe takes the number of a closed stream
    end_also_in_libraries()
    code = run(sys.argv[1:])
    gc.freeze()  # Python searches all objects for garbage before it ends, although all memory is freed then
    sys.exit(code)


if __name__ == "__main__":
    main()
