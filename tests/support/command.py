"""The command in this process: `cli(argv, files)` runs it in an empty folder, and the content of files is made from arrays."""

from __future__ import annotations

import errno
import io
import os
import socket
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl

from losscli.cli.app import run

SOCKET = b"\0socket"  # a file that is there and cannot be opened, not even by root


class Stdin(io.TextIOWrapper):
    def __init__(self, data: bytes, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(data))
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str
    files: Mapping[str, bytes] = field(default_factory=dict)  # those it wrote


def write(files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        if content == SOCKET:
            with socket.socket(socket.AF_UNIX) as s:
                s.bind(name)
            continue
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())


def cli(
    argv: list[str],
    files: Mapping[str, str | bytes] | None = None,
    stdin: str | bytes | None = None,
    stdout: io.StringIO | None = None,
    closed: bool = False,
) -> Outcome:
    """`losscli ARGV` in an empty folder with these files; without stdin, standard input is a terminal; closed: without standard output."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        write(files or {})
        before = set(os.listdir())
        done = cli_here(argv, stdin, stdout, closed)
        written = {n: Path(n).read_bytes() for n in set(os.listdir()) - before if Path(n).is_file()}
    return replace(done, files=written)


def cli_here(argv: list[str], stdin: str | bytes | None = None, stdout: io.StringIO | None = None, closed: bool = False) -> Outcome:
    """`losscli ARGV` in the folder of this process."""
    out, err = stdout or io.StringIO(), io.StringIO()
    given = stdin.encode() if isinstance(stdin, str) else stdin
    with ExitStack() as stack:
        stack.enter_context(patch.object(sys, "stdin", Stdin(given or b"", terminal=given is None)))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        if closed:
            stack.enter_context(patch.object(sys, "stdout", None))
        code = run(argv)
        if not closed and sys.stdout is not out:
            sys.stdout.close()  # the command put /dev/null in its place
    return Outcome(code, out.getvalue(), err.getvalue())


def npy(x: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(x))
    return file.getvalue()


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def pickled(x: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array(x, object), allow_pickle=True)
    return file.getvalue()


def parquet(columns: Mapping[str, list[Any]]) -> bytes:
    file = io.BytesIO()
    pl.DataFrame(columns).write_parquet(file)
    return file.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()
