"""Transcripts: what the command prints, as texts that are read, reviewed and written again.

`python -m tests.tools transcripts` shows where the command differs from tests/transcripts/SUBJECT.txt, `--write` writes the files
again. A file begins with a sentence about its subject and the files of all its cases; then come the cases:

    === a gate that fails
    d.csv:
        pred,target
        1,2
    $ losscli compute mse d.csv --max 0.5 -f value
        1.0
    ! gate failed: mse 1.0, must be at most 0.5
    exit 1

Lines with four blanks are the content of a file, or standard output; `! ` is a line on standard error, `< ` one of standard input. Without
`exit` the exit code is 0. Blanks at the ends of lines, and empty lines at the end, are not kept. Commands of a case share a
folder; `cat FILE` and `ls` show what was written. To add a case, write its name, its files and its commands; `--write` adds the rest.
⟨any⟩ stands for text that is not ours, such as that of a parser, and a line
⟨any lines⟩ for any number of lines; they stay where the output still fits. A file can have a kind: `x.npy: npy float32` with JSON below it;
see KINDS.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from ast import literal_eval
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl

from tests import ROOT
from tests.support.command import Outcome, cli_here, npy, npz, write

FOLDER = ROOT / "tests" / "transcripts"
ANY = "⟨any⟩"
LINES = "⟨any lines⟩"
NO_END = "⟨no line end⟩"
INDENT = "    "


@dataclass(frozen=True)
class Step:
    """A command, and what it printed."""

    command: str
    stdin: str | None = None  # None: a terminal
    out: str = ""
    err: str = ""
    code: int = 0

    @property
    def words(self) -> list[str]:
        """The words of the command, without variables before it."""
        words = shlex.split(self.command)
        return words[len(self.variables) :]

    @property
    def variables(self) -> dict[str, str]:
        """The variables before the command, as in LOSSCLI_FORMAT=json losscli …"""
        found = re.match(r"(?:[A-Z_]+=\S*\s+)*", self.command)
        return dict(word.split("=", 1) for word in shlex.split(found[0] if found else ""))

    @property
    def argv(self) -> list[str]:
        """The words that losscli gets; none for another command."""
        return self.words[1:] if self.words[:1] == ["losscli"] else []


@dataclass(frozen=True)
class File:
    name: str
    kind: str  # '' for text
    text: str

    def content(self) -> str | bytes:
        if not self.kind:
            return self.text
        kind, *words = self.kind.split()
        return KINDS[kind](self.text, *words)


@dataclass(frozen=True)
class Case:
    name: str
    files: tuple[File, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Transcript:
    """A file of cases."""

    about: str
    files: tuple[File, ...]  # of all cases
    cases: tuple[Case, ...]


# --- text ------------------------------------------------------------------------------------------------------------------


def parse(text: str) -> Transcript:
    """The transcript of a text. Raises ValueError with the line that is not understood."""
    lines = Lines(text)
    about = lines.while_(lambda line: not line.startswith("===") and not _FILE.fullmatch(line))
    files = tuple(_files(lines))
    cases = []
    while lines.left:
        name = lines.take("=== ")
        cases.append(Case(name, tuple(_files(lines)), tuple(_steps(lines))))
    return Transcript("\n".join(about).strip(), files, tuple(cases))


def written(transcript: Transcript) -> str:
    """The text of a transcript."""
    head = transcript.about + "\n\n" + "".join(map(_file_text, transcript.files))
    return "\n".join([head.rstrip("\n") + "\n", *map(text_of, transcript.cases)])


class Lines:
    """The lines of a text that are not read yet."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.at = 0
        self.skip()

    @property
    def left(self) -> bool:
        return self.at < len(self.lines)

    @property
    def next(self) -> str:
        return self.lines[self.at] if self.left else ""

    def skip(self) -> None:
        while self.left and not self.next.strip():
            self.at += 1

    def while_(self, of: Callable[[str], Any]) -> list[str]:
        start = self.at
        while self.left and of(self.next):
            self.at += 1
        return self.lines[start : self.at]

    def take(self, beginning: str) -> str:
        if not self.next.startswith(beginning):
            raise ValueError(f"line {self.at + 1}: expected {beginning!r}, found {self.next!r}")
        self.at += 1
        return self.lines[self.at - 1].removeprefix(beginning)

    def block(self) -> str:
        """Indented lines, and the empty ones between them."""
        found = self.while_(lambda line: not line or line.startswith(INDENT))
        while found and not found[-1]:
            found.pop()
        text = "".join(f"{line.removeprefix(INDENT)}\n" for line in found)
        self.skip()
        return text.removesuffix(f"{NO_END}\n")

    def prefixed(self, mark: str) -> list[str]:
        return [line.removeprefix(mark).removeprefix(" ") for line in self.while_(lambda line: line.startswith(mark))]


_FILE = re.compile(r"(\S+):(?: (\w[\w ]*))?")


def _files(lines: Lines) -> Iterator[File]:
    while (found := _FILE.fullmatch(lines.next)) is not None:
        lines.at += 1
        yield File(found[1], found[2] or "", lines.block())


def _steps(lines: Lines) -> Iterator[Step]:
    while lines.next.startswith("$ "):
        command = lines.take("$ ")
        while command.endswith("\\"):
            command += "\n" + lines.take("")
        stdin = lines.prefixed("<")
        out = lines.block()
        err = lines.prefixed("!")
        code = int(lines.take("exit ")) if lines.next.startswith("exit ") else 0
        lines.skip()
        yield Step(command, "\n".join([*stdin, ""]) if stdin else None, out, "\n".join([*err, ""]) if err else "", code)


def text_of(case: Case) -> str:
    """A case as its file has it."""
    return f"=== {case.name}\n{''.join(map(_file_text, case.files))}{''.join(map(_step_text, case.steps))}"


def _indented(text: str) -> str:
    if not text:
        return ""
    ended = text.rstrip("\n") + "\n" if text.endswith("\n") else text + NO_END + "\n"
    return "".join(f"{INDENT}{line}".rstrip(" ") + "\n" for line in ended.split("\n")[:-1])


def _prefixed(text: str, mark: str) -> str:
    return "".join(f"{mark} {line}".rstrip(" ") + "\n" for line in text.split("\n")[:-1])


def _file_text(file: File) -> str:
    return f"{file.name}:{' ' * bool(file.kind)}{file.kind}\n{_indented(file.text)}"


def _step_text(step: Step) -> str:
    ended = f"exit {step.code}\n" if step.code else ""
    return f"$ {step.command}\n{_prefixed(step.stdin or '', '<')}{_indented(step.out)}{_prefixed(step.err, '!')}{ended}"


# --- files that are no text ------------------------------------------------------------------------------------------------


def _as_array(text: str, dtype: str = "float64") -> bytes:
    return npy(np.array(json.loads(text), dtype))


def _as_archive(text: str) -> bytes:
    return npz(**{name: np.array(x) for name, x in json.loads(text).items()})


def _as_parquet(text: str) -> bytes:
    file = io.BytesIO()
    pl.DataFrame(json.loads(text)).write_parquet(file)
    return file.getvalue()


def _as_arrow(text: str) -> bytes:
    file = io.BytesIO()
    pl.DataFrame(json.loads(text)).write_ipc(file)
    return file.getvalue()


def _as_tensors(text: str) -> bytes:
    """Safetensors: the length of a header in JSON, the header, and the numbers."""
    arrays = {name: np.array(x, "<f8") for name, x in json.loads(text).items()}
    entries, at = {}, 0
    for name, x in arrays.items():
        entries[name] = {"dtype": "F64", "shape": list(x.shape), "data_offsets": [at, at := at + x.nbytes]}
    header = json.dumps(entries).encode()
    return len(header).to_bytes(8, "little") + header + b"".join(x.tobytes() for x in arrays.values())


KINDS: dict[str, Callable[..., str | bytes]] = {
    "empty": lambda text: b"",
    "npy": _as_array,  # a number type after it
    "npz": _as_archive,
    "parquet": _as_parquet,
    "arrow": _as_arrow,
    "safetensors": _as_tensors,
    "gzip": lambda text: gzip.compress(text.encode(), mtime=0),
    "bytes": lambda text: literal_eval(text),  # as Python writes them: b'a\xff'
}


# --- running ---------------------------------------------------------------------------------------------------------------

LEFT_OUT = ("LOSSCLI_", "GITHUB_", "_LOSSCLI")
FIXED = {"COLUMNS": "100", "TERM": "dumb", "TZ": "UTC"}


def environment(step: Step) -> dict[str, str]:
    """The same everywhere: a fixed width, no colours, no settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(LEFT_OUT) and k not in ("NO_COLOR", "FORCE_COLOR", "PAGER")}
    return kept | FIXED | step.variables


Run = Callable[[Step], Outcome]


def in_process(step: Step) -> Outcome:
    with patch.dict(os.environ, environment(step), clear=True):
        return cli_here(_argv(step), _stdin(step))


def in_subprocess(step: Step) -> Outcome:
    """In a process of its own. Its standard input is never a terminal."""
    command = [sys.executable, "-m", "losscli", *_argv(step)]
    env = environment(step) | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    done = subprocess.run(command, input=_stdin(step) or b"", env=env, capture_output=True, check=False)
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def _argv(step: Step) -> list[str]:
    argv = step.argv
    return argv[: argv.index("<")] if "<" in argv else argv


def _stdin(step: Step) -> bytes | None:
    argv = step.argv
    if "<" in argv:
        return Path(argv[argv.index("<") + 1]).read_bytes()
    return None if step.stdin is None else step.stdin.encode()


def _shown(words: Sequence[str], before: set[str]) -> str:
    """The output of `ls`, the files that are new; or of `cat FILE`, for an array its type, its shape and its numbers."""
    if words == ["ls"]:
        return "".join(f"{name}\n" for name in sorted({*os.listdir()} - before))
    command, name = words
    assert command == "cat", f"a transcript runs losscli, cat and ls, not {command}"
    if name.endswith(".npy"):
        x = np.load(name)
        return f"{x.dtype} {x.shape} {json.dumps(x.tolist())}\n"
    return Path(name).read_text(encoding="utf-8")


def play(case: Case, shared: Sequence[File] = (), run: Run = in_process) -> Case:
    """The case with what its commands print now."""
    steps = []
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        write({file.name: file.content() for file in (*shared, *case.files)})
        before = {*os.listdir()}
        for step in case.steps:
            if step.words[0] == "losscli":
                done = run(step)
                steps.append(replace(step, out=_neutral(done.out, folder), err=_neutral(done.err, folder), code=done.code))
            else:
                steps.append(replace(step, out=_shown(step.words, before)))
    return replace(case, steps=tuple(steps))


def _neutral(text: str, folder: str) -> str:
    """The text with another name for the folder of this run, and with a visible escape character."""
    for name in {folder, os.path.realpath(folder)}:
        text = text.replace(name, "/folder")
    return text.replace("\x1b", "␛")


def with_marks(new: Case, old: Case) -> Case:
    """The case as played; but where the text before fits what was printed, with its marks and its last digits, the text before stays."""
    steps = (
        replace(step, out=_kept(step.out, before.out), err=_kept(step.err, before.err))
        for step, before in zip(new.steps, old.steps, strict=True)
    )
    return replace(new, steps=tuple(steps))


def _kept(new: str, old: str) -> str:
    """The old text if it fits as a whole, else the new one with those old lines that fit."""
    if _fits(new.rstrip("\n"), old.rstrip("\n")):
        return old
    lines = new.split("\n")
    for pattern in [line for line in old.split("\n") if ANY in line and line != LINES]:
        if fits := [i for i, line in enumerate(lines) if _fits(line, pattern)]:
            lines[fits[0]] = pattern
    return "\n".join(lines)


def _fits(text: str, pattern: str) -> bool:
    parts = (".*".join(map(re.escape, _near(line).rstrip(" ").split(ANY))) + "\n" for line in pattern.split("\n"))
    regex = "".join("(?:.*\n)*" if part == re.escape(LINES) + "\n" else part for part in parts)
    return re.fullmatch(regex, "".join(f"{line.rstrip(' ')}\n" for line in _near(text).split("\n"))) is not None


def _near(text: str) -> str:
    """Numbers to twelve digits: the last ones are those of one machine's exp and log."""
    return re.sub(r"\d+\.\d{12,}(e[+-]?\d+)?", lambda m: f"{float(m[0]):.12g}", text)


# --- all of them -----------------------------------------------------------------------------------------------------------


def subjects() -> dict[str, Path]:
    return {file.stem: file for file in sorted(FOLDER.glob("*.txt"))}


def transcripts() -> dict[str, Transcript]:
    return {subject: parse(file.read_text(encoding="utf-8")) for subject, file in subjects().items()}


def played(transcript: Transcript) -> Transcript:
    """All cases as they are now."""
    return replace(transcript, cases=tuple(with_marks(play(case, transcript.files), case) for case in transcript.cases))


def main(argv: Sequence[str]) -> int:
    """Show where the transcripts of the subjects differ from what the command prints; --write writes them."""
    from difflib import unified_diff

    chosen = [word for word in argv if word != "--write"]
    known = subjects()
    if wrong := [word for word in chosen if word not in known]:
        print(f"error: no transcripts of {wrong[0]!r}; the subjects: {', '.join(known)}", file=sys.stderr)
        return 2
    differ = False
    for subject in chosen or known:
        before = known[subject].read_text(encoding="utf-8")
        after = written(played(parse(before)))
        sys.stdout.writelines(unified_diff(before.splitlines(True), after.splitlines(True), f"{subject}.txt", "now", n=1))
        differ |= after != before
        if "--write" in argv and after != before:
            known[subject].write_text(after, encoding="utf-8")
    return int(differ and "--write" not in argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
