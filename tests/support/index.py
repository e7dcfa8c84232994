"""Write losscli/catalogue/index.json again, as `losscli list` does after a change of a loss. `python -m tests.tools index` runs this."""

from losscli.catalogue import index

if __name__ == "__main__":
    index._FILE.unlink(missing_ok=True)
    index.loss_facts()
