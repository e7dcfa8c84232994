"""`python -m tests.index` makes losscli/index.json anew: the facts that `list` and completion show. test_index compares."""

from __future__ import annotations

from losscli.catalogue.index import write

if __name__ == "__main__":
    write()
