"""Fuzz a reader: `python -m tests.tools fuzz READER [--time 3600] [--seed 0]`. It needs atheris: pip install atheris.

Coverage of losscli/sources guides it. It begins with the examples of `tests.support.hostile` and with the corpus of the reader in this
folder. A fault (an exception that is no error of a user, words on standard error, ten seconds, 2 GB) ends it, and its input is kept in the
folder of work. An input that ever was a fault belongs in the corpus: the tests read it too.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests import ROOT

CORPUS = Path(__file__).parent
MODULES = ["losscli.sources", "losscli.data", "numpy.lib", "zipfile"]  # whose coverage guides
SECONDS, MEGABYTES = 10, 2048  # of one input


def main(argv: Sequence[str]) -> int:
    """Run the fuzzer. It ends the process by itself."""
    try:
        import atheris
    except ImportError:
        print("error: fuzzing needs atheris: pip install atheris", file=sys.stderr)
        return 2
    with atheris.instrument_imports(include=MODULES, enable_loader_override=False):
        from tests.support import hostile

        for reader, (example, *_) in hostile.EXAMPLES.items():  # the modules of a reader are imported when it reads
            hostile.read(reader, example, Path(tempfile.gettempdir()))
    words = argparse.ArgumentParser(prog="python -m tests.tools fuzz", description=(__doc__ or "").partition("\n\n")[2])
    words.add_argument("reader", choices=sorted(hostile.EXAMPLES))
    words.add_argument("--time", type=int, default=3600, metavar="SECONDS")
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--work", type=Path, default=None, metavar="FOLDER", help="where inputs are kept (a folder of its own)")
    given = words.parse_args(argv)
    work = given.work or Path(tempfile.mkdtemp(prefix=f"fuzz-{given.reader}-"))
    found = work / "inputs"
    found.mkdir(parents=True, exist_ok=True)
    for number, example in enumerate([*hostile.EXAMPLES[given.reader], *map(Path.read_bytes, corpus(given.reader))]):
        (found / f"example-{number}").write_bytes(example)
    os.chdir(work)
    options = {"max_total_time": given.time, "seed": given.seed + 1, "timeout": SECONDS, "rss_limit_mb": MEGABYTES, "max_len": 2**14}
    print(f"{given.reader}: {work}", flush=True)
    atheris.Setup(
        ["fuzz", str(found), *(f"-{name}={value}" for name, value in options.items()), "-print_final_stats=1", "-verbosity=1"],
        lambda data: quietly(hostile.read, given.reader, data, work),
        custom_mutator=lambda data, most, seed: _mutated(atheris, given.reader, data, most, seed),
    )
    atheris.Fuzz()
    return 0


def corpus(reader: str) -> list[Path]:
    """The inputs that were faults once."""
    return sorted(file for file in (CORPUS / reader).glob("*") if file.is_file())


def quietly(read: Any, reader: str, data: bytes, folder: Path) -> str:
    """Read, and raise an error where anything is written to standard error, also by native code."""
    with tempfile.TemporaryFile() as err:
        kept = os.dup(2)
        os.dup2(err.fileno(), 2)
        try:
            said: str = read(reader, data, folder)
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        if err.tell():
            err.seek(0)
            raise AssertionError(f"on standard error: {err.read(500)!r}")
    return said


def _mutated(atheris: Any, reader: str, data: bytes, most: int, seed: int) -> bytes:
    """A change of libFuzzer's, or one that knows the format."""
    from tests.support.hostile import damaged

    dice = random.Random(seed)
    changed: bytes = atheris.Mutate(data, most) if dice.random() < 0.4 else damaged(reader, data, dice)
    return changed[:most]


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
