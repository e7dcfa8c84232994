"""Renew what is generated and kept in the repository: `python -m tests.tools COMMAND`.

index                   losscli/catalogue/index.json: the facts that `losscli list` and completion show
rooms                   the list of rooms and files in losscli/README.md
docs                    the output in the console blocks of README and losscli/docs, the picture in README, the manual page
site [FOLDER]           the documentation as a web site with a search (needs mkdocs==1.6.1)
vectors [TABLE.yaml …]  the numbers of the peers in losscli/vectors (needs the packages of tests/known/requirements.txt)
exact [TABLE.yaml …]    the numbers of 1600 digits in losscli/vectors (needs mpmath)
names                   the frameworks' public losses in tests/catalogue/names.yaml (needs the frameworks)
transcripts [SUBJECT …] what differs from tests/transcripts; --write writes the output of the command into them
metamorphic [OPTIONS]   one table by every road (formats, pieces, weights, compare …): --examples 2000
literals                the texts of messages in the code that no transcript and no other test has
samples [FOLDER]        sample_inputs (needs scikit-learn)
completion [SHELL …]    completion in the real bash, zsh and fish, as far as they are installed
lowest [WORDS]          the tests with the lowest version of each dependency (WORDS are those of pytest)
benchmarks [OPTIONS]    losscli beside its peers: tests/benchmarks/results.md and .json (--help lists the options)
mutate AREA [OPTIONS]   small changes of the code of an area, and which of them no test notices (--help lists areas and options)
simulate NAME [OPTIONS] error rates of intervals and gates in simulated data: the modules of tests/simulations
signals [--count 1000]  end nine kinds of run by signals at random moments: what is left, and what is said
fuzz READER [--time S]   a reader with damaged inputs, guided by coverage (needs atheris): tests/fuzzing
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence

from tests import ROOT

COMMANDS = {
    "index": "tests/support/index.py",
    "rooms": "tests/support/rooms.py",
    "docs": "tests/support/docs.py",
    "site": "tests/support/website.py",
    "vectors": "tests/known/regenerate.py",
    "exact": "tests/known/exact.py",
    "names": "tests/known/names.py",
    "transcripts": "tests/support/transcripts.py",
    "metamorphic": "tests/support/metamorphic.py",
    "literals": "tests/support/literals.py",
    "samples": "tests/samples/make.py",
    "completion": "tests/support/shells.py",
    "lowest": "tests/support/lowest.py",
    "benchmarks": "tests/benchmarks/run.py",
    "mutate": "tests/mutation/run.py",
    "simulate": "tests/simulations/run.py",
    "signals": "tests/support/signals.py",
    "fuzz": "tests/fuzzing/run.py",
}


def main(argv: Sequence[str]) -> int:
    """Run the script of a command with the words after it. The folder of the script is on the path, as for any script."""
    if not argv or argv[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0
    if argv[0] not in COMMANDS:
        print(f"error: no command '{argv[0]}'. There are {', '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    script = ROOT / COMMANDS[argv[0]]
    sys.argv = [str(script), *argv[1:]]
    sys.path.insert(0, str(script.parent))
    runpy.run_path(str(script), run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
