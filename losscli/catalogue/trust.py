"""What the file of an objective may name: files in its own folder and in that of DATA, and no code, unless the command line allows more."""

from __future__ import annotations

import os.path

from losscli.errors import UsageError
from losscli.record import Record

__all__ = ["Trust", "trust_of"]


class Trust(Record):
    """The folders whose files an objective may name, and whether it may name others, and run functions of Python files."""

    folders: tuple[str, ...] = ()  # without links
    outside: bool = False
    code: bool = False

    def check_file(self, path: str) -> None:
        """Raise UsageError for a path that leads out of the folders, also through a link. Standard input is in none, and allowed."""
        if not (self.outside or path == "-" or self._is_inside(path)):
            folders = " and ".join(dict.fromkeys(self.folders))
            raise UsageError(f"{path} is outside the folder of the objective ({folders}): it names such files only with --allow-outside")

    def check_code(self, name: str) -> None:
        """Raise UsageError for a function of a Python file, where the command line does not allow it."""
        if not self.code:
            raise UsageError(f"{name} would run the code of a file: an objective does that only with --allow-code, if you trust the file")

    def _is_inside(self, path: str) -> bool:
        try:
            real = os.path.realpath(path)
            return any(os.path.commonpath([folder, real]) == folder for folder in self.folders)
        except ValueError:  # another drive, or no path
            return False


def trust_of(path: str, data: str | None, *, outside: bool, code: bool) -> Trust:
    """What an objective may name: files in its folder and in that of DATA on the command line."""
    files = [path, *([data] if data not in (None, "-") and os.path.exists(str(data)) else [])]
    return Trust(tuple(os.path.realpath(os.path.dirname(str(file))) for file in files), outside, code)
