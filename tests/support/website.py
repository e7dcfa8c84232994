"""Build the documentation as a web site with a search: `python -m tests.tools site [FOLDER]`, by default into build/site.

The pages are README, those of losscli/docs, one for each loss from its card, and one for each library with its names. MkDocs makes the
site, and refuses a dead link. It is no dependency of losscli: install mkdocs==1.6.1 for this command.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from losscli.catalogue.index import loss_facts
from losscli.catalogue.lookup import find
from losscli.registry import TASKS
from losscli.render.card import LossCardReport
from losscli.render.formats import FORMATS
from losscli.render.grid import Style
from tests import ROOT

PAGES = ROOT / "losscli" / "docs"
# A file of the repository -> its page on the site.
MOVED = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "losscli/README.md": "inside.md",
    "losscli/losses/README.md": "adding-a-loss.md",
    **{f"losscli/docs/{file.name}": file.name for file in PAGES.iterdir()},
}
_WRAPPED = "td { overflow-wrap: anywhere }\ntd:first-child { min-width: 6.5em }\n"  # on a narrow screen long names break, words do not
_LINK = re.compile(r"(\]\()([^)#:\s]+)([)#])")


def write(folder: Path) -> None:
    """Write the sources of the site: Markdown, and the settings of MkDocs."""
    docs = folder / "docs"
    docs.mkdir()
    for source, page in MOVED.items():
        file = ROOT / source
        if file.suffix == ".md":
            (docs / page).write_text(moved(file.read_text(encoding="utf-8"), file.parent), encoding="utf-8")
        else:
            (docs / page).write_bytes(file.read_bytes())
    for page, text in (*loss_pages(), *library_pages()):
        (docs / page).parent.mkdir(exist_ok=True)
        (docs / page).write_text(text, encoding="utf-8")
    (docs / "wrapped.css").write_text(_WRAPPED, encoding="utf-8")
    (folder / "mkdocs.yml").write_text(yaml.safe_dump(settings(), sort_keys=False), encoding="utf-8")


def moved(text: str, folder: Path) -> str:
    """The text of a file with its links to other files of the repository turned into links between the pages."""

    def link(match: re.Match[str]) -> str:
        target = (folder / match[2]).resolve().relative_to(ROOT).as_posix()
        if target not in MOVED:
            raise SystemExit(f"error: {folder}: the site has no page for the link to {target}")
        return match[1] + MOVED[target] + match[3]

    return _LINK.sub(link, text)


def loss_pages() -> Iterator[tuple[str, str]]:
    """A page for each loss, and one that lists them by task."""
    style = Style(width=100)
    for facts in loss_facts():
        card = FORMATS["markdown"].write(LossCardReport(*find(facts["name"])), style)
        first, _, rest = str(card).partition("\n")
        title = first.strip("*").partition(":")
        yield f"losses/{facts['name']}.md", f"# {title[0]}\n\n{title[2].strip()}\n{linked(rest, facts)}"
    yield "losses/index.md", "# All losses\n" + "".join(_of_task(task, says) for task, says in TASKS.items())


def linked(card: str, facts: dict[str, Any]) -> str:
    """The card with links to the pages of the losses that it is confused with."""
    names = {loss["name"] for loss in loss_facts()}
    return re.sub(r"^\| see (\w+) \|", lambda m: f"| see [{m[1]}]({m[1]}.md) |" if m[1] in names else m[0], card, flags=re.MULTILINE)


def _of_task(task: str, says: str) -> str:
    rows = [f"| [{loss['name']}]({loss['name']}.md) | {_cell(loss['summary'])} |" for loss in loss_facts() if loss["task"] == task]
    return "\n".join(["", f"## {task}", "", says, "", "| loss | |", "| --- | --- |", *rows, ""])


def library_pages() -> Iterator[tuple[str, str]]:
    """A page for each library: its names, each with the loss that computes it."""
    names: dict[str, list[tuple[str, str]]] = {}
    for loss in loss_facts():
        for name in loss["names"]:
            if "." in name:
                names.setdefault(name.partition(".")[0], []).append((name, loss["name"]))
    libraries = sorted(names, key=str.casefold)
    for library in libraries:
        rows = [f"| {_cell(name)} | [{loss}](../losses/{loss}.md) |" for name, loss in sorted(names[library])]
        yield f"libraries/{library}.md", "\n".join([f"# {library}", "", "| name | computed by |", "| --- | --- |", *rows, ""])
    rows = [f"| [{library}]({library}.md) | {len(names[library])} |" for library in libraries]
    yield "libraries/index.md", "\n".join(["# Libraries", "", "| library | names |", "| --- | ---: |", *rows, ""])


def _cell(text: str) -> str:
    return re.sub(r"([\\|*`<_])", r"\\\1", text)


def settings() -> dict[str, Any]:
    """The settings of MkDocs."""
    pages = [{title_of(file): file.name} for file in sorted(PAGES.glob("*.md"))]
    return {
        "site_name": "losscli",
        "theme": {"name": "mkdocs", "navigation_depth": 2},
        "plugins": ["search"],
        "extra_css": ["wrapped.css"],
        "markdown_extensions": ["tables", "fenced_code", {"toc": {"permalink": True}}],
        "nav": [
            {"Home": "index.md"},
            {"Pages": pages},
            {"Losses": "losses/index.md"},
            {"Libraries": "libraries/index.md"},
            {"Development": [{"Adding a loss": "adding-a-loss.md"}, {"Inside losscli": "inside.md"}, {"Changes": "changelog.md"}]},
        ],
        "validation": {"nav": {"omitted_files": "ignore"}, "links": {"anchors": "warn"}},
    }


def title_of(file: Path) -> str:
    """The first heading of a page."""
    return file.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def main(argv: Sequence[str]) -> int:
    """Build the site. A dead link is an error."""
    into = Path(argv[0] if argv else ROOT / "build" / "site").resolve()
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-f", f"{folder}/mkdocs.yml", "-d", str(into)]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
