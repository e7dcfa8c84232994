"""Write losscli/catalogue/index.json: the facts that `losscli list` and completion show. `python -m tests.tools index` runs this."""

from losscli.catalogue.index import write

if __name__ == "__main__":
    write()
