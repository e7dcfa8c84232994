"""The index of all losses as plain data, in index.json, so that `list` and completion do not import the families.

The file has a checksum of its source files. The first command that finds another checksum writes the file again.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any
from zlib import crc32

from losscli.catalogue.lookup import load_all
from losscli.domains import Domain, Images, Signals
from losscli.frameworks import sources as tables
from losscli.losses import sources
from losscli.registry import LOSSES, PROPERTIES, Loss

__all__ = ["describe", "domain_text", "loss_facts"]

_FILE = Path(__file__).with_name("index.json")
_PACKAGE = Path(__file__).parents[1]
# The source files of the facts, besides the families and the frameworks.
_MADE_FROM = (
    "aggregation.py", "introspect.py", "domains/__init__.py", "domains/values.py", "domains/labels.py", "signature.py", "forms.py",
    "frameworks/__init__.py", "presets.py", "registry.py", "catalogue/index.py",
)  # fmt: skip


def describe(loss: Loss) -> dict[str, Any]:
    """One loss as plain data: the fields of `list -f json`."""
    return {
        "name": loss.name,
        "aliases": list(loss.aliases),
        "names": [n for p in loss.presets for n in p.names],
        "task": loss.task,
        "kind": loss.kind,
        "summary": loss.summary,
        "use": loss.use,
        "words": list(loss.words),
        "roles": [{"name": r.name, "domain": domain_text(r.domain), "optional": r.optional} for r in loss.roles.values()],
        "params": [{"name": o.name, "type": o.kind, "default": o.default, "domain": o.says} for o in loss.options.values()],
        "forms": list(loss.form_options),
        "formula": loss.formula,
        "reduction": loss.reduction,
        "reference": loss.reference,
        "properties": [p for p in PROPERTIES if p in loss.properties],
        "units": loss.units,
        **({"score": loss.score} if loss.score else {}),
        "see": dict(loss.see),
        "example": loss.example,
    }


def domain_text(domain: Domain) -> str:
    """The shape and the domain of a role in words: 'rows of numbers, each from 0 to 1'."""
    if isinstance(domain, Images | Signals):
        return f"{domain.says_rows}, each number {domain.says}"
    shape = {0: "", 1: "rows of numbers, each "}.get(domain.ndim, "rows of vectors, each ") if domain.size is None else ""
    return ("shared " if domain.shared else "") + shape + domain.says


def loss_facts() -> list[dict[str, Any]]:
    """All losses as plain data, in their order: from the file, or from the registry where the source files have changed."""
    import json

    checksum = _checksum()
    try:
        kept = json.loads(_FILE.read_bytes())
        if checksum is not None and kept["of"] == checksum:
            return kept["losses"]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # the file is missing or damaged
    load_all()
    facts = [describe(entry) for entry in LOSSES.values()]
    if checksum is not None:
        _write(checksum, facts)
    return facts


def _write(checksum: int, facts: list[dict[str, Any]]) -> None:
    """Replace the file as a whole; do nothing in a folder that cannot be written to."""
    import json

    lines = ",\n".join(json.dumps(fact, ensure_ascii=False) for fact in facts)
    text = f'{{"of": {checksum}, "losses": [\n{lines}\n]}}\n'
    new = _FILE.with_name(f"{_FILE.name}.{os.getpid()}")  # in the same folder, so that it can be renamed
    with suppress(OSError):
        try:
            new.write_text(text, encoding="utf-8", newline="\n")
            new.replace(_FILE)
        finally:
            new.unlink(missing_ok=True)


def _checksum() -> int | None:
    """The checksum of the source files of the facts; None where the package was installed without some of them."""
    families = sources()
    try:
        texts = [*families.values(), *tables().values(), *((_PACKAGE / name).read_bytes() for name in _MADE_FROM)]
    except OSError:
        return None
    return crc32(b"\0".join(texts)) if families else None
