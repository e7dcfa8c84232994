"""Which tests are those of a file of the repository. Nothing but the standard library is needed here."""

from __future__ import annotations

from pathlib import Path

from tests import PACKAGE, ROOT

# Files of the package that no folder of tests is named after, and the folders that hold their tests.
ROOMS = {
    "__init__": ("house",),
    "__main__": ("cli",),
    "aggregation": ("engine", "losses"),
    "api": ("api", "engine", "house"),
    "choices": ("cli",),
    "data": ("engine", "sources"),
    "diagnostics": ("catalogue", "cli"),
    "domains": ("engine", "losses"),
    "errors": ("cli",),
    "forms": ("catalogue", "losses"),
    "frameworks": ("catalogue", "vectors"),
    "introspect": ("catalogue",),
    "pairs": ("pairs", "numeric"),
    "parallel": ("engine", "sources"),
    "presets": ("catalogue",),
    "py": ("house",),
    "pytest_plugin": ("testing",),
    "record": ("house",),
    "registry": ("catalogue",),
    "schema": ("render",),
    "signature": ("catalogue",),
    "text": ("render",),
    "version": ("house",),
}
FAMILIES = ("losses", "vectors")  # one file for each family of losses


def selection(file: Path) -> list[str]:
    """The arguments of pytest that run the tests of a file or folder: those of its room, or those of the house if it is in none."""
    file = file.resolve()
    if file in (ROOT, PACKAGE, ROOT / "tests"):
        return ["tests", "losscli"]
    if file.is_relative_to(ROOT / "tests"):
        folder = file if file.is_dir() or file.name.startswith("test_") else file.parent
        return [str(folder) if folder == file or list(folder.glob("test_*.py")) else "tests"]
    if not file.is_relative_to(PACKAGE) or file.suffix == ".md":
        return ["tests/house"]
    room, *rest = file.relative_to(PACKAGE).parts
    room = room.partition(".")[0]
    if room in FAMILIES and rest and not rest[0].startswith("_"):
        return ["--of-family", file.stem]
    folders = [f"tests/{name}" for name in ROOMS.get(room, (room,))]
    examples = [str(file)] if file.is_dir() or file.suffix == ".py" else []
    return [*folders, *examples, "tests/house/test_imports.py", "tests/house/test_size.py"]
