"""What `losscli --version` shows: the version, the compiled parts, and the versions of what losscli uses. NumPy is not loaded."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from losscli.version import FIELDS_EDITION, SORTS_EDITION, TILES_EDITION, __version__

__all__ = ["version_text"]

_EXTRAS = {"fast": "polars", "plot": "matplotlib"}


def version_text() -> str:
    """Lines for `--version`. Scripts read the first, so it never changes its form."""
    python = ".".join(map(str, sys.version_info[:3]))
    found = {extra: f"{extra} ({package} {v})" for extra, package in _EXTRAS.items() if (v := _version(package))}
    missing = ",".join(extra for extra in _EXTRAS if extra not in found)
    add = f"pip install 'losscli[{missing}]' adds {missing}" if missing else ""
    extras = "; ".join(filter(None, [", ".join(found.values()) or "none", add]))
    return f"losscli {__version__}\nPython {python}, NumPy {_version('numpy')}\ncompiled: {_compiled()}\nextras: {extras}\n"


def _compiled() -> str:
    """Which of the parts in C can be used."""
    parts = _parts()
    if all(parts.values()):
        return f"yes ({', '.join(parts)})"
    missing = ", ".join(name for name, there in parts.items() if not there)
    return f"not {missing}; large inputs take longer, results are the same"


def _parts() -> Mapping[str, bool]:
    """Each part in C, and whether it is there and was compiled from these sources."""
    try:
        from losscli.fusion import _tiles

        tiles = _tiles.EDITION == TILES_EDITION
    except (ImportError, AttributeError):
        tiles = False
    try:
        from losscli.sources.delimited import _fields

        fields = _fields.EDITION == FIELDS_EDITION
    except (ImportError, AttributeError):
        fields = False
    try:
        from losscli.numeric import _sorts

        sorts = _sorts.EDITION == SORTS_EDITION
    except (ImportError, AttributeError):
        sorts = False
    return {"formulas": tiles, "reading of CSV and JSON lines": fields, "sorting": sorts}


def _version(package: str) -> str:
    """The version of an installed package; '' for one that is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
