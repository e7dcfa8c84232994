"""Write the generated files of the catalogue again. `python -m tests.tools index` runs this.

index.json is written by `losscli list`, too, after a change of a loss; other_numbers.json and shell_examples.json only here.
"""

import contextlib
import io
import json
import shlex

from losscli.catalogue import index, other_numbers, shell_examples
from losscli.cli.app import run
from losscli.cli.loss_options import SHORT
from losscli.registry import LOSSES, Loss
from losscli.render.example import command_line


def other_names() -> str:
    """The table of names with another number, a line for each name."""
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(found, ensure_ascii=False)}" for name, found in other_numbers.derived().items())
    return f"{{\n{lines}\n}}\n"


def shell_example(loss: Loss) -> list[str]:
    """The command of a loss's example, and the lines that it prints."""
    command = f"losscli compute {loss.name} {command_line(loss, SHORT)}"
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
        run([*shlex.split(command)[1:], "-f", "value", "-q"])
    return [f"{command} -f value", *out.getvalue().splitlines()]


def examples() -> str:
    """The examples of all losses, a line for each."""
    losses = (loss for loss in LOSSES.values() if loss.example)
    return "{\n" + ",\n".join(f"{json.dumps(x.name)}: {json.dumps(shell_example(x), ensure_ascii=False)}" for x in losses) + "\n}\n"


if __name__ == "__main__":
    index._FILE.unlink(missing_ok=True)
    index.loss_facts()
    other_numbers.FILE.write_text(other_names(), encoding="utf-8")
    shell_examples.FILE.write_text(examples(), encoding="utf-8")
