"""What is known of every loss as plain data: made from the registry, and kept in index.json, so that `list` need not load a family."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zlib import crc32

from losscli.catalogue.lookup import load_all
from losscli.losses import sources
from losscli.registry import LOSSES, PROPERTIES, Loss

__all__ = ["describe", "domain_text", "loss_facts", "write"]

_FILE = Path(__file__).with_name("index.json")
_PACKAGE = Path(__file__).parents[1]
_MADE_BY = (
    "aggregation.py",
    "introspect.py",
    "domains/__init__.py",
    "domains/values.py",
    "domains/labels.py",
    "signature.py",
    "frameworks.py",
    "registry.py",
    "catalogue/index.py",
)


def describe(known: Loss) -> dict[str, Any]:
    """One loss as plain data."""
    return {
        "name": known.name,
        "aliases": list(known.aliases),
        "names": [n for p in known.presets for n in p.names],
        "task": known.task,
        "kind": known.kind,
        "summary": known.summary,
        "use": known.use,
        "roles": [{"name": r.name, "domain": domain_text(r.domain), "optional": r.optional} for r in known.roles.values()],
        "params": [{"name": o.name, "type": o.kind, "default": o.default, "domain": o.says} for o in known.options.values()],
        "formula": known.formula,
        "reduction": known.reduction,
        "reference": known.reference,
        "properties": [p for p in PROPERTIES if p in known.properties],
        "units": known.units,
        "see": dict(known.see),
        "example": known.example,
    }


def domain_text(domain: Any) -> str:
    """What a role takes, in words."""
    shape = {0: "", 1: "rows of numbers, each "}.get(domain.ndim, "rows of vectors, each ") if domain.size is None else ""
    return ("shared " if domain.shared else "") + shape + domain.says


def loss_facts() -> list[dict[str, Any]]:
    """All losses as plain data, in their order: from the file, unless what it was made from has changed since."""
    try:
        kept = json.loads(_FILE.read_bytes())
        if kept["of"] == _checksum():
            return kept["losses"]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # a file that is missing or damaged costs time, no more
    load_all()
    return [describe(known) for known in LOSSES.values()]


def write() -> None:
    """Make the file anew."""
    load_all()
    lines = ",\n".join(json.dumps(describe(known), ensure_ascii=False) for known in LOSSES.values())
    _FILE.write_text(f'{{"of": {json.dumps(_checksum())}, "losses": [\n{lines}\n]}}\n', encoding="utf-8", newline="\n")


def _checksum() -> int | None:
    """Of all that the facts are made from; None where the package was installed without its text."""
    texts = list(sources().values())
    try:
        texts += [(_PACKAGE / name).read_bytes() for name in _MADE_BY]
    except OSError:
        return None
    return crc32(b"\0".join(texts))
