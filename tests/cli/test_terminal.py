"""At a terminal: pipes that close, disks that are full, Ctrl-C, narrow windows, colours, alphabets, and what each command loads."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from losscli import LOSSES, __version__
from losscli.fusion.graph import AVAILABLE as FUSED
from losscli.numeric.ordering import AVAILABLE as SORTS
from losscli.sources.delimited.compiled import AVAILABLE as FIELDS
from tests.support.process import LOSSCLI, environment, losscli, one_line, piped, shell, terminal

PAIR = ("compute", "mse", "-p", "1,2,3", "-t", "1,2,5")
FULL = Path("/dev/full")
ANSI = re.compile(r"\x1b\[[0-9;]*m")
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9][0-9;]*m")

needs_full = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two million numbers, twice: text of them takes seconds."""
    folder = tmp_path_factory.mktemp("big")
    np.save(folder / "p.npy", np.random.default_rng(0).random(2_000_000))
    np.save(folder / "t.npy", np.random.default_rng(1).random(2_000_000))
    return folder


BIG = ("compute", "log_cosh", "-p", "p.npy", "-t", "t.npy")

# --- pipes and disks -------------------------------------------------------------------------------------------------------

CLOSED = {
    "list": "losscli list | head -1",
    "list, nobody reads": "losscli list | true",
    "a table": "losscli compute mse -p 1,2 -t 1,4 | true",
    "many values": f"losscli {' '.join(BIG)} -r none -f csv | head -1",
    "help": "losscli -h | true",
    "help of a loss": "losscli compute huber -h | true",
    "version": "losscli --version | true",
}


@pytest.mark.parametrize("command", CLOSED.values(), ids=CLOSED)
def test_a_closed_pipe_ends_quietly(big: Path, command: str) -> None:
    """`head` reads one line and closes the pipe. losscli ends without a message."""
    said = shell(command, cwd=big)
    assert (said.code, said.err) == (0, "")


@needs_full
@pytest.mark.parametrize(
    "argv",
    [
        PAIR,
        (*PAIR, "-f", "json"),
        ("list",),
        ("compare", "-l", "mse", "-p", "1", "-t", "1"),
        ("--version",),
        ("-h",),
        ("compute", "huber", "-h"),
    ],
    ids=" ".join,
)
def test_a_full_disk(argv: tuple[str, ...]) -> None:
    with FULL.open("wb") as full:
        one_line(losscli(*argv, stdout=full), 4, "no space left")


@needs_full
@pytest.mark.parametrize("format", ["csv", "json"])
def test_a_full_disk_for_a_file(format: str) -> None:
    one_line(losscli(*PAIR, "-o", "/dev/full", "-f", format), 4, "/dev/full", "no space left")
    assert FULL.is_char_device()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    one_line(losscli(*PAIR, "-o", "no/o.json", cwd=tmp_path), 4, "no/o.json", "no folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_for_reading_only(tmp_path: Path) -> None:
    (tmp_path / "ro").mkdir(mode=0o555)
    one_line(losscli(*PAIR, "-o", "ro/o.json", cwd=tmp_path), 4, "ro/o.json", "permission denied")
    assert list((tmp_path / "ro").iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc here")
def test_a_file_without_write_permission_is_refused() -> None:
    one_line(losscli(*PAIR, "-o", "/proc/o.json"), 4, "/proc/o.json")


def test_an_output_that_fails_leaves_the_old_file(tmp_path: Path, big: Path) -> None:
    """A limit on the size of files acts like a full disk. The old file stays, and no part of the new one does."""
    (tmp_path / "o.csv").write_text("old")
    said = shell(f"trap '' XFSZ; ulimit -f 64; cd '{big}'; losscli {' '.join(BIG)} -r none -o '{tmp_path}/o.csv'")
    one_line(said, 4, "o.csv", "file too large")
    assert [p.name for p in tmp_path.iterdir()] == ["o.csv"] and (tmp_path / "o.csv").read_text() == "old"


def test_a_full_temporary_folder_is_an_output_error(tmp_path: Path, big: Path) -> None:
    """A large output for standard output is buffered on disk until all input has been read."""
    said = shell(
        f"trap '' XFSZ; ulimit -f 64; cd '{big}'; losscli {' '.join(BIG)} -r none -f csv | cat", env=environment(TMPDIR=str(tmp_path))
    )
    one_line(said, 4, str(tmp_path), "file too large", "TMPDIR")
    assert said.out == "" and list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_large_output_is_buffered_and_written_whole(big: Path) -> None:
    said = shell(f"losscli {' '.join(BIG)} -r none -f csv | tail -1", cwd=big)
    assert (said.code, said.err) == (0, "") and said.out.startswith("1999999,")


@pytest.mark.parametrize("argv", [("compute", "mse", "-p", "1,2", "-t", "1,2,3"), (*PAIR, "--max", "nan")], ids=["input", "usage"])
def test_an_error_leaves_the_old_file(tmp_path: Path, argv: tuple[str, ...]) -> None:
    (tmp_path / "o.json").write_text("old")
    assert losscli(*argv, "-o", "o.json", cwd=tmp_path).code in (2, 3)
    assert [p.name for p in tmp_path.iterdir()] == ["o.json"] and (tmp_path / "o.json").read_text() == "old"


def test_output_over_a_link(tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("old")
    (tmp_path / "there.csv").chmod(0o640)
    (tmp_path / "link.csv").symlink_to("there.csv")
    assert losscli(*PAIR, "-o", "link.csv", cwd=tmp_path) == (0, "", "")
    assert (tmp_path / "link.csv").is_symlink() and (tmp_path / "there.csv").read_text().startswith("loss,")
    assert (tmp_path / "there.csv").stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.csv", "there.csv"]


def test_output_to_standard_output_by_name(tmp_path: Path) -> None:
    """What stands before and after in the same file stays."""
    said = shell("(echo before; losscli compute mse -p 1 -t 3 -f value -o /dev/stdout; echo after) > log", cwd=tmp_path)
    assert said.err == ""
    assert (tmp_path / "log").read_text() == "before\n4.0\nafter\n"


def test_output_to_a_pipe_by_name() -> None:
    said = shell("losscli compute mse -p 1 -t 3 -f value -o /dev/stdout | cat")
    assert said == (0, "4.0\n", "")


def test_output_to_a_named_pipe(tmp_path: Path) -> None:
    said = shell("mkfifo f; cat f & losscli compute mse -p 1 -t 3 -f value -o f && wait", cwd=tmp_path)
    assert said == (0, "4.0\n", "") and (tmp_path / "f").is_fifo()


# --- closed streams --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["list", "compute mse -p 1 -t 3", "--version", "compute huber -h"])
def test_stdout_closed(command: str) -> None:
    one_line(shell(f"losscli {command} >&-"), 4, "standard output")


def test_stdout_closed_but_not_needed(tmp_path: Path) -> None:
    assert shell("losscli compute mse -p 1 -t 3 -o o.json >&-", cwd=tmp_path) == (0, "", "")


STDERR_CLOSED = {
    "losscli compute mse -p 1 -t 3 -f value": (0, "4.0\n"),
    "losscli compute mse -p 1 -t 3 -f value --max 1": (1, "4.0\n"),
    "losscli compute mse -p '[]' -t '[]' -f value": (0, "nan\n"),
    "losscli compute mse -p 1 -t 3,4": (3, ""),
    "losscli compute nothing": (2, ""),
    "losscli --nothing": (2, ""),
}


@pytest.mark.parametrize(("command", "expected"), STDERR_CLOSED.items())
@pytest.mark.parametrize("where", ["2>&-", pytest.param("2>/dev/full", marks=needs_full)])
def test_a_closed_stderr_changes_neither_output_nor_exit_code(command: str, expected: tuple[int, str], where: str) -> None:
    said = shell(f"{command} {where}")
    assert (said.code, said.out) == expected


def test_stdin_closed() -> None:
    one_line(shell("losscli compute mse -p - -t 3 <&-"), 3, "standard input")
    assert shell("losscli compute mse -p 1 -t 3 -f value <&-") == (0, "4.0\n", "")


def test_stdin_empty() -> None:
    one_line(losscli("compute", "mse", "-p", "-", "-t", "3"), 3, "standard input is empty")


def test_stdin_a_terminal() -> None:
    """A command does not wait silently for numbers to be typed."""
    said = terminal(80, "compute", "mse", "-p", "-", "-t", "3")
    one_line(said, 3, "standard input")
    assert said.out == ""


# --- progress --------------------------------------------------------------------------------------------------------------

# Slow in its first call only. losscli runs a user's file and its function several times before it trusts them.
SLOW = """
import sys, time

def slow(pred, target):
    if not hasattr(sys, "waited"):
        sys.waited = True
        time.sleep(1.5)
    return abs(pred - target)
"""


def told(argv: Sequence[str], cwd: Path, **env: str) -> tuple[bytes, str]:
    """What goes to stdout, a pipe, and to stderr, a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([*LOSSCLI, *argv], stdout=subprocess.PIPE, stderr=theirs, cwd=cwd, env=environment(**env)) as process:
        os.close(theirs)
        received = b""
        while True:
            try:
                received += os.read(ours, 65536)
            except OSError:
                break
        assert process.stdout is not None
        return process.stdout.read(), received.decode()


@pytest.mark.parametrize(
    ("source", "unit"),
    [("d.csv", "0.0 of 0.0 MB"), ("d.npy", "of 2 rows")],
)
@pytest.mark.slow
def test_a_slow_command_shows_a_progress_bar_at_a_terminal(tmp_path: Path, source: str, unit: str) -> None:
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    (tmp_path / "d.csv").write_text("x\n1\n2\n", encoding="utf-8")
    np.save(tmp_path / "d.npy", [1.0, 2.0])
    (tmp_path / f"same_{source}").write_bytes((tmp_path / source).read_bytes())
    argv = ("compute", "slow.py::slow", "-p", source, "-t", f"same_{source}", "-f", "value", "--color", "never")
    with ThreadPoolExecutor() as pool:  # they sleep: at once they take the time of one
        shown = pool.submit(told, argv, tmp_path)
        hidden = [pool.submit(told, argv_, tmp_path, **env) for argv_, env in (((*argv, "-q"), {}), (argv, {"TERM": "dumb"}))]
        piped_ = pool.submit(losscli, *argv, cwd=tmp_path)
    out, err = shown.result()
    assert out == b"0.0\n" and unit in err
    assert err.endswith("\x1b[2K")  # and in the end nothing is left of it
    assert [each.result() for each in hidden] == [(b"0.0\n", "")] * 2
    assert piped_.result() == (0, "0.0\n", "")


def test_a_quick_command_shows_no_progress_bar(tmp_path: Path) -> None:
    assert told((*PAIR, "-f", "value"), tmp_path) == (b"1.3333333333333333\n", "")


# --- Ctrl-C ----------------------------------------------------------------------------------------------------------------


def interrupted(after: float, *argv: str, cwd: Path) -> tuple[int, str]:
    process = subprocess.Popen([*LOSSCLI, *argv], cwd=cwd, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if after >= 1:  # once it writes
        assert process.stdout is not None
        process.stdout.read(1)
    else:
        time.sleep(after)
    process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=20)[1].decode()
    return process.returncode, err


@pytest.mark.slow
def test_ctrl_c_while_it_writes(big: Path) -> None:
    assert interrupted(1, *BIG, "-r", "none", "-f", "csv", cwd=big) == (130, "")


def test_ctrl_c_while_it_computes(tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", np.random.default_rng(0).normal(size=(20_000, 64)))
    assert interrupted(0.9, "compute", "nt_xent", "--z-a", "z.npy", "--z-b", "z.npy", cwd=tmp_path) == (130, "")


def test_ctrl_c_while_it_waits_for_input(tmp_path: Path) -> None:
    line = [*LOSSCLI, "compute", "mse", "-p", "-", "-t", "3"]
    with subprocess.Popen(line, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        time.sleep(0.6)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (130, b"", b"")


def test_ctrl_c_leaves_no_part_of_a_file(big: Path, tmp_path: Path) -> None:
    process = subprocess.Popen([*LOSSCLI, *BIG, "-r", "none", "-o", str(tmp_path / "o.csv")], cwd=big, env=environment())
    deadline = time.monotonic() + 10
    while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("after", [0.03, 0.06])
def test_ctrl_c_while_it_starts(after: float, tmp_path: Path) -> None:
    """Ctrl-C during start-up shows no traceback. (Before Python runs our first line, we cannot prevent one.)"""
    _, err = interrupted(after, "compute", "mse", "-p", "1", "-t", "1", cwd=tmp_path)
    assert "losscli/cli" not in err and "losscli/errors" not in err


# --- colours ---------------------------------------------------------------------------------------------------------------

COLOURS: dict[str, tuple[dict[str, str], tuple[str, ...], bool, bool]] = {
    # the environment, options, colour in a pipe, colour on a terminal
    "nothing said": ({}, (), False, True),
    "NO_COLOR": ({"NO_COLOR": "1"}, (), False, False),
    "NO_COLOR empty": ({"NO_COLOR": ""}, (), False, True),
    "FORCE_COLOR": ({"FORCE_COLOR": "1"}, (), True, True),
    "TERM=dumb": ({"TERM": "dumb"}, (), False, False),
    "--color always": ({"NO_COLOR": "1"}, ("--color", "always"), True, True),
    "--color never": ({"FORCE_COLOR": "1"}, ("--color", "never"), False, False),
}


@pytest.mark.parametrize(("env", "options", "piped", "shown"), COLOURS.values(), ids=COLOURS)
def test_colours(env: dict[str, str], options: tuple[str, ...], piped: bool, shown: bool) -> None:
    said, seen = losscli(*PAIR, *options, env=environment(**env)), terminal(80, *PAIR, *options, env=environment(**env))
    assert (said.code, seen.code) == (0, 0)
    assert bool(COLOUR.search(said.out)) == piped
    assert bool(COLOUR.search(seen.out)) == shown
    assert ANSI.sub("", said.out).split() != [] and "1.33333" in ANSI.sub("", seen.out)


@pytest.mark.parametrize("format", ["value", "json", "csv", "markdown"])
def test_formats_for_programs_have_no_colours(format: str) -> None:
    forced = losscli(*PAIR, "-f", format, "--color", "always", env=environment(FORCE_COLOR="1"))
    assert forced == piped(*PAIR, "-f", format) and "\x1b" not in forced.out


def test_no_colours_in_a_file(tmp_path: Path) -> None:
    assert losscli(*PAIR, "-o", "o.txt", "--color", "always", cwd=tmp_path) == (0, "", "")
    assert (tmp_path / "o.txt").read_text() == piped(*PAIR).out


MESSAGES = {
    "an error": (("compute", "mse", "-p", "1", "-t", "1,2"), "\x1b[1;31merror:\x1b[0m "),
    "a gate that failed": ((*PAIR, "-f", "value", "--max", "1"), "\x1b[1;31mgate failed\x1b[0m: "),
    "a gate that passed": ((*PAIR, "-f", "value", "--max", "9"), "\x1b[1;32mgate passed\x1b[0m: "),
    "a warning": (("compute", "mse", "-p", "[]", "-t", "[]"), "\x1b[1;33mwarning:\x1b[0m W105 "),
}


@pytest.mark.parametrize(("argv", "begins"), MESSAGES.values(), ids=MESSAGES)
def test_messages_have_colours_at_a_terminal(tmp_path: Path, argv: tuple[str, ...], begins: str) -> None:
    seen = told(argv, tmp_path)[1].replace("\r\n", "\n")
    assert seen.startswith(begins) and ANSI.sub("", seen) == losscli(*argv).err


def test_messages_have_colours_where_they_are_wanted(tmp_path: Path) -> None:
    argv, begins = MESSAGES["an error"]
    for env, options in (({"NO_COLOR": "1"}, ()), ({"TERM": "dumb"}, ()), ({}, ("--color", "never"))):
        assert told((*argv, *options), tmp_path, **env)[1].startswith("error: ")
    assert losscli(*argv, env=environment(FORCE_COLOR="1")).err.startswith(begins)
    assert losscli(*argv, "--color", "always").err.startswith(begins)


def test_escapes_in_the_data_do_not_reach_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("id,y,yhat\n\x1b[31mred,1,2\n")
    assert "\x1b" not in terminal(80, "compute", "mse", "e.csv", "--id", "id", cwd=tmp_path, env=environment(NO_COLOR="1")).out


# --- windows ---------------------------------------------------------------------------------------------------------------

LOSSES_OF_FIVE = ("mse", "mae", "rmse", "huber:delta=2", "log_cosh")
FIVE = (
    "compare",
    *(a for name in LOSSES_OF_FIVE for a in ("-l", name)),
    "-p",
    "ridge=321.25,113",
    "-p",
    "gbm=300,114.5",
    "-t",
    "300.5,115",
)
PLAIN = environment(NO_COLOR="1")


def numbers(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w.])[+-]?\d+\.\d+(?:e[+-]?\d+)?(?![\w.])", text))


def widest(text: str) -> int:
    """The longest line, but for the signature, which is one line to be copied whole."""
    return max(len(line) for line in text.splitlines() if not line.endswith(f"|losscli {__version__}"))


WINDOWS: dict[str, tuple[int, tuple[str, ...]]] = {
    "compute": (40, (*PAIR, "--top", "2")),
    "compare in 40": (40, FIVE),
    "compare in 80": (80, FIVE),
    "compare in 200": (200, FIVE),
    "digits in 80": (80, (*FIVE, "--precision", "12")),
    "digits in 200": (200, (*FIVE, "--precision", "12")),
}


@pytest.mark.parametrize(("columns", "argv"), WINDOWS.values(), ids=WINDOWS)
def test_no_number_is_cut(columns: int, argv: tuple[str, ...]) -> None:
    """A window of any width shows every number that a pipe receives, without cutting it."""
    seen = terminal(columns, *argv, env=PLAIN)
    assert (seen.code, seen.err) == (0, "")
    assert numbers(piped(*argv).out) <= numbers(seen.out)
    assert "…" not in seen.out


@pytest.mark.parametrize(("columns", "name"), [(40, None), (80, None), (200, None), (40, "huber"), (80, "giou")])
def test_no_name_is_cut_in_a_list(columns: int, name: str | None) -> None:
    seen = terminal(columns, "list", *([name] if name else []), env=PLAIN)
    words = seen.out.split()
    assert set(LOSSES if name is None else [*LOSSES[name].aliases[:1]]) <= {w.strip(",:") for w in words}


def test_a_list_is_as_long_as_can_be_read() -> None:
    """A loss takes a line, or two: not six."""
    assert terminal(80, "list", env=PLAIN).out.count("\n") < 3 * len(LOSSES)


@pytest.mark.parametrize("columns", [40, 80])
def test_lines_keep_to_the_window(columns: int) -> None:
    """The table of few columns needs no more than the window."""
    assert widest(terminal(columns, *PAIR, env=PLAIN).out) <= columns


def test_many_columns_of_an_embedding(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "e.npz", anchor=rng.normal(size=(4, 512)), positive=rng.normal(size=(4, 512)), negative=rng.normal(size=(4, 512)))
    seen = terminal(80, "compute", "triplet_margin", "e.npz", cwd=tmp_path, env=PLAIN)
    assert seen.code == 0 and seen.out.count("\n") < 40 and widest(seen.out) <= 80


def test_a_long_name(tmp_path: Path) -> None:
    name = "a_very_long_name_of_a_model_" * 4
    seen = terminal(80, "compare", "-l", "mse", "-p", f"{name}=1,2", "-p", "日本語=1,3", "-t", "1,4", env=PLAIN)
    assert seen.code == 0 and "0.5 *" in seen.out and "-1.5" in numbers(seen.out)
    assert name in re.sub(r"\s", "", seen.out)


# --- the pager --------------------------------------------------------------------------------------------------------------

MARK = "sed s/^/PAGED:/"


@pytest.mark.parametrize(
    ("argv", "env", "paged"),
    [
        (("list",), {"LOSSCLI_PAGER": MARK}, True),
        (("list", "messages"), {"LOSSCLI_PAGER": MARK, "PAGER": "cat"}, True),
        (("list", "exit", "0"), {"LOSSCLI_PAGER": MARK}, False),  # it fits on the screen
        (("list", "-f", "value"), {"LOSSCLI_PAGER": MARK}, False),  # for programs
        (("list",), {"LOSSCLI_PAGER": "", "PAGER": MARK}, False),
        (("list",), {"LOSSCLI_PAGER": MARK, "TERM": "dumb"}, False),
        (("list",), {"LOSSCLI_PAGER": "/no/such/pager"}, False),
    ],
)
def test_a_long_list_is_paged_at_a_terminal(argv: tuple[str, ...], env: dict[str, str], paged: bool) -> None:
    seen = terminal(80, *argv, env=environment(NO_COLOR="1", **{k: v for k, v in env.items() if k != "LOSSCLI_PAGER"}) | env)
    assert (seen.code, seen.err) == (0, "")
    assert ("PAGED:" in seen.out) == paged and len(seen.out) > 40


def test_nothing_is_paged_in_a_pipe() -> None:
    said = losscli("list", env=environment() | {"LOSSCLI_PAGER": MARK})
    assert said.code == 0 and "PAGED:" not in said.out


# --- alphabets -------------------------------------------------------------------------------------------------------------

ALPHABETS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
UNICODE: list[tuple[str, ...]] = [
    ("list", "huber"),
    ("compute", "huber", "-h"),
    ("compare", "-h"),
    ("compute", "nichts", "-p", "ü"),
]


@pytest.mark.parametrize("env", ALPHABETS.values(), ids=ALPHABETS)
@pytest.mark.parametrize("argv", UNICODE, ids=" ".join)
def test_alphabets(env: dict[str, str], argv: tuple[str, ...]) -> None:
    done = subprocess.run([*LOSSCLI, *argv], env=environment(**env), capture_output=True, timeout=20, check=False)
    assert done.returncode == (2 if "nichts" in argv else 0), done.stderr
    assert b"Traceback" not in done.stderr and b"internal" not in done.stderr


@pytest.mark.parametrize("format", ["json", "csv", "yaml"])
def test_data_is_not_changed_by_the_alphabet(tmp_path: Path, format: str) -> None:
    """A terminal may show ? for a √; an id in what a machine reads is data, and stays what it is."""
    (tmp_path / "n.csv").write_text("id,y,yhat\nä,1,2\n日,2,2\n", encoding="utf-8")
    argv = ("compute", "mse", "n.csv", "--id", "id", "-f", format, *(("-r", "none") if format not in ("json", "yaml") else ("--top", "2")))
    done = subprocess.run(
        [*LOSSCLI, *argv], cwd=tmp_path, env=environment(PYTHONIOENCODING="ascii"), capture_output=True, timeout=20, check=False
    )
    assert done.returncode == 0 and b"?" not in done.stdout


# --- help, version, what is loaded -----------------------------------------------------------------------------------------


def test_python_m_and_version() -> None:
    """Scripts read the first line; the others say what a report of a bug needs."""
    said = losscli("--version")
    first, python, compiled, extras = said.out.splitlines()
    assert (said.code, said.err, first) == (0, "", f"losscli {__version__}")
    assert python == f"Python {'.'.join(map(str, sys.version_info[:3]))}, NumPy {np.__version__}"
    assert compiled.startswith("compiled: ") and extras.startswith("extras: ")
    every = FUSED and FIELDS and SORTS
    assert (compiled == "compiled: yes (formulas, reading of CSV and JSON lines, sorting)") == every and (
        "results are the same" in compiled
    ) != every
    assert shell("losscli --version | { read -r name version; echo $version; cat > /dev/null; }").out == f"{__version__}\n"


HELPS: dict[tuple[str, ...], tuple[str, ...]] = {
    (): ("compute", "compare", "list", "--version"),
    ("compute",): ("LOSS", "SOURCE", "losscli list"),
    ("compare",): ("--loss", "--baseline", "--pred", "--target"),
    ("list",): ("--task", "--robust"),
    ("compute", "huber"): ("--delta", "--pred", "--target", "--expect", "torch.nn.functional.huber_loss"),
    ("compute", "torch.nn.HuberLoss"): ("--delta", "torch.nn.HuberLoss"),
    ("compute", "dice"): ("--per", "--eps"),
}


@pytest.mark.parametrize(("argv", "says"), HELPS.items(), ids=lambda a: " ".join(a) or "losscli")
def test_help(argv: tuple[str, ...], says: tuple[str, ...]) -> None:
    said = losscli(*argv, "--help" if len(argv) < 2 else "-h", env=environment(COLUMNS="100"))
    assert (said.code, said.err) == (0, "") and "\x1b" not in said.out
    for word in says:
        assert word in " ".join(said.out.split())


def test_a_command_line_without_a_command_shows_the_help() -> None:
    said = losscli()
    assert said.code == 2 and "compute" in said.out + said.err
    assert losscli("compute").code == 2 and "LOSS" in losscli("compute").err


LOADED: dict[str, tuple[str, set[str]]] = {
    "import losscli": ("import losscli", set()),
    "find": ("import losscli; losscli.find('huber'); losscli.LOSSES", set()),
    "--version": ("--version", set()),
    "list": ("list", set()),
    "list, a card": ("list huber", set()),
    "list as json": ("list -f json", set()),
    "list as yaml": ("list -f yaml", {"yaml"}),
    "value": ("compute mse -p 1 -t 2 -f value", {"numpy"}),
    "json": ("compute mse -p 1 -t 2 -f json", {"numpy"}),
    "a plain table": ("compute mse -p 1 -t 2", {"numpy"}),
    "compare": ("compare -l mse -p 1 -t 2 -f csv", {"numpy"}),
    "a wrong name": ("compute nothing", set()),
}


@pytest.mark.parametrize(("what", "expected"), LOADED.values(), ids=LOADED)
def test_a_command_loads_only_the_modules_it_needs(what: str, expected: set[str]) -> None:
    command = what if what.startswith("import") else f"from losscli.cli.app import run; run({what.split()!r})"
    code = f"import sys; {command}; print(sorted({{'numpy', 'rich', 'yaml', 'polars', 'pydantic'}} & sys.modules.keys()), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=20, check=True)
    assert done.stderr.splitlines()[-1] == str(sorted(expected))


# --- a file and the screen -------------------------------------------------------------------------------------------------

BESIDE = {
    "a value": (PAIR, "l.json", r"\nmean +1\.33333 "),
    "a bare number": (PAIR, "l.txt", r"\nmean +1\.33333 "),
    "elements as they are computed": ((*PAIR, "-r", "none"), "l.csv", r"\n +2 +3 +5 +4 *\n"),
    "a comparison": (("compare", "-l", "mse", "-p", "1,2,3", "-p", "1,2,4", "-t", "1,2,5"), "l.csv", r"0\.333333"),
}


def test_on_a_terminal_a_score_beside_a_file_is_shown_once(tmp_path: Path) -> None:
    argv = ("compute", "r2", "-p", "1,2,3", "-t", "1,2,4", "-o", "r.json")
    said = terminal(80, *argv, cwd=tmp_path, errors=True)
    assert said.code == 0 and "note: r2 is the loss" not in said.out and said.out.count("0.785714") == 1, said.out
    assert losscli(*argv, cwd=tmp_path).err == "note: r2 is the loss 1 - R²; R² is 0.7857142857142857, larger is better\n"


@pytest.mark.parametrize(("argv", "name", "shown"), BESIDE.values(), ids=BESIDE)
def test_on_a_terminal_a_result_in_a_file_is_shown_too(tmp_path: Path, argv: tuple[str, ...], name: str, shown: str) -> None:
    form = ("-f", "value") if name.endswith("txt") else ()
    said = terminal(80, *argv, *form, "-o", name, cwd=tmp_path, errors=True)
    assert said.code == 0
    assert re.search(shown, ANSI.sub("", said.out)), said.out
    written = (tmp_path / name).read_bytes()
    quiet = terminal(80, *argv, *form, "-o", name, "-q", cwd=tmp_path, errors=True)
    assert (quiet.code, quiet.out, (tmp_path / name).read_bytes()) == (0, "", written)
    assert losscli(*argv, *form, "-o", name, cwd=tmp_path) == (0, "", "")
    assert (tmp_path / name).read_bytes() == written
