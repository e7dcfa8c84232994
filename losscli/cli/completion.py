"""Completion in bash, zsh, fish and PowerShell: the words of a shell are read, and the candidates are written as it takes them."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence

from losscli.cli.candidates import Candidate, candidates
from losscli.text import clean

__all__ = ["complete"]

_BREAKS = ":="  # at these, readline begins a new word


def complete(shell: str) -> tuple[str, int]:
    """What a shell asks for, with complete_bash and the like, and the exit code. It is never an error."""
    try:
        return _SHELLS[shell](os.environ)
    except Exception:  # an unreadable file or a half-written name: there is nothing to offer
        return "", 1


def _bash(environment: Mapping[str, str]) -> tuple[str, int]:
    """A candidate a line. Bash has split the words at colons and equals signs, and replaces only what is behind the last of them."""
    text = environment["COMP_WORDS"]
    pieces = (text.split("\n") if "\n" in text else text.split(" "))[: int(environment["COMP_CWORD"]) + 1]
    words, split = _joined(pieces)
    found = _found(words)
    cut = 1 + max(words[-1].rfind(mark) for mark in _BREAKS) if split else 0
    plain = pieces[-1][:1] in ("'", '"')  # inside quotes nothing is escaped
    return "".join(f"{word if plain else _escaped(word)}\n" for word in (c.word[cut:] for c in found)), 0


def _escaped(word: str) -> str:
    """The word as bash reads it without quotes."""
    return re.sub(r"([^\w@%+=:,./~-])", r"\\\1", word)


def _joined(pieces: Sequence[str]) -> tuple[list[str], bool]:
    """The words from their pieces, and whether the last word was split."""
    words, split = [pieces[0]], False
    for piece in pieces[1:]:
        mark = piece != "" and not piece.strip(_BREAKS)
        before = words[-1]
        begins = mark and (not before.startswith("-") or (piece == "=" and before.startswith("--")))
        goes_on = piece != "" and not mark and before[-1:] in _BREAKS and before != ""
        split = mark or goes_on
        if len(words) > 1 and (begins or goes_on):
            words[-1] += piece
        else:
            words.append(piece)
    return words, split


def _zsh(environment: Mapping[str, str]) -> tuple[str, int]:
    """A command of zsh that offers the candidates, each with its help beside it."""
    found = _found(environment.get("_TYPER_COMPLETE_ARGS", "").split(" "))
    if not found:
        return "_files", 0
    words, lines = (" ".join(map(shlex.quote, texts)) for texts in ([c.word for c in found], [_with_help(c) for c in found]))
    lists = "-l " if any(c.help for c in found) else ""
    return f"local -a _losscli_words=({words}) _losscli_lines=({lines}); compadd -U {lists}-d _losscli_lines -a _losscli_words", 0


def _with_help(candidate: Candidate) -> str:
    return f"{candidate.word}  -- {candidate.help}" if candidate.help else candidate.word


def _fish(environment: Mapping[str, str]) -> tuple[str, int]:
    """A candidate a line with its help behind a tab; without any, exit code 1 makes fish offer files."""
    found = _found(environment.get("_TYPER_COMPLETE_ARGS", "").split(" "))
    if environment.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
        return "", 0 if found else 1
    return "".join(f"{c.word}\t{c.help}\n" if c.help else f"{c.word}\n" for c in found), 0


def _powershell(environment: Mapping[str, str]) -> tuple[str, int]:
    """A candidate a line with its help behind three colons."""
    words, last = environment.get("_TYPER_COMPLETE_ARGS", "").split(), environment.get("_TYPER_COMPLETE_WORD_TO_COMPLETE", "")
    found = _found([*(words[:-1] if last else words), last])
    return "".join(f"{c.word}:::{c.help or ' '}\n" for c in found), 0


_SHELLS = {
    "complete_bash": _bash, "complete_zsh": _zsh, "complete_fish": _fish, "complete_powershell": _powershell, "complete_pwsh": _powershell,
}  # fmt: skip


def _found(words: Sequence[str]) -> list[Candidate]:
    *before, last = words
    found = candidates([_unquoted(word) for word in before[1:] if word], _unquoted(last))
    return [c.but(help=clean(c.help)) for c in found if c.word.isprintable()]  # a shell cannot show others, or would act on them


def _unquoted(word: str) -> str:
    """The word without its quotes; a quote that is not closed yet is left out."""
    try:
        return "".join(shlex.split(word)[:1])
    except ValueError:
        return re.sub(r"['\"]", "", word)
