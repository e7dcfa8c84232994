"""Write the generated files of the catalogue again. `python -m tests.tools index` runs this.

index.json is written by `losscli list`, too, after a change of a loss; other_numbers.json only here.
"""

import json

from losscli.catalogue import index, other_numbers


def other_names() -> str:
    """The table of names with another number, a line for each name."""
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(found, ensure_ascii=False)}" for name, found in other_numbers.derived().items())
    return f"{{\n{lines}\n}}\n"


if __name__ == "__main__":
    index._FILE.unlink(missing_ok=True)
    index.loss_facts()
    other_numbers.FILE.write_text(other_names(), encoding="utf-8")
