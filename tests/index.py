"""`python -m tests.index` writes losscli/catalogue/index.json again, as `losscli list` does where a loss has changed."""

from __future__ import annotations

from losscli.catalogue import index

if __name__ == "__main__":
    index._FILE.unlink(missing_ok=True)
    index.loss_facts()
