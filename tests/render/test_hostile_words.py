"""Words of other people that would forge a message, speak to a terminal or to a CI, or be markup: each place, in each format.

Messages, tables and reports show them escaped. CSV and TSV are data, and hold them as they are.
"""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from markdown_it import MarkdownIt

import losscli
from losscli.text import LONGEST
from tests.support.command import Outcome, cli, npz

# One word with all that has ever been used: each part would do on its own what it wants to do.
EVIL = (
    "a\nerror: forged\r\x1b[31m\x9b2J\x07\x08\x7f\u202e\u2066\u200b\u2028\u2029\x85::error::x ##[error]y %0A::warning::z"
    " <img src=x onerror=a()><!-- ]]> &#x202e; &amp; [l](http://e.x/) ![i](http://e.x/i) [r][s] [s]: http://e.x https://e.x/ www.e.x"
    " a|b `c` ``` ~~d~~ **e** _f_ $(g) ${h} {{i}}"
)
COMMAND = "::error title=t::forged"  # at the beginning of a line, a command of GitHub's log
FORMULA = "=1+cmd|' /C calc'!A0"
WORDS = {"all": EVIL, "a command": COMMAND}
Case = tuple[list[str], Mapping[str, str | bytes]]


def table(*columns: tuple[str, list[object]]) -> str:
    """A CSV with these columns."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([[n for n, _ in columns], *zip(*(x for _, x in columns), strict=True)])
    return out.getvalue()


def tame(word: str, without: str) -> str:
    """The word without what a SOURCE, a condition or the system would read in another way."""
    return "".join(c for c in word.replace("::", "") if c not in without)


def in_compute(word: str, format: str) -> dict[str, Case]:
    """Commands that end well and show the word."""
    lines = "".join(json.dumps({"id": i, "pred": p, "t": 1}) + "\n" for i, p in ((word, 1), ("b", 2)))
    column = tame(word, "*?[]=<>!,:~")
    file = f"./{tame(word, '*?[]/')}.csv"
    names = table((f"logit_{word}", [1, 2]), ("logit_b", [2, 1]), ("target", [word, "b"]))
    groups = table(("pred", [1, 2]), ("target", [1, 1]), (column, [word, "b"]))
    top = ("--max", "5") if format == "metrics" else ("--top", "1")
    named = {"d.csv": table((column, [1, 2]), ("target", [1, 1]))}
    term = {"terms": {word: {"loss": "mse", "pred": [1], "target": [2], "max": 3}}}
    own = f"import warnings\ndef f(pred, target):\n    {word!r}\n    warnings.warn({word!r})\n    return abs(pred - target)\n"
    return {
        "an id": (["compute", "mse", "d.jsonl", "-t", "t", "--id", "id", *top], {"d.jsonl": lines}),
        "a column": (["compute", "mse", "d.csv", "-p", column, "--max", "5"], named),
        "a name of a class": (["compute", "cross_entropy", "d.csv"], {"d.csv": names}),
        "a name of classes": (["compute", "cross_entropy", "-p", "[[1,2],[2,1]]", "-t", "0,1", "--classes", f"{tame(word, ',')},b"], {}),
        "a group": (["compute", "mse", "d.csv", "--by", column, "--max", "5"], {"d.csv": groups}),
        "a condition": (["compute", "mse", "d.csv", "--where", f"{column}!=x{tame(word, '~=<>!')}"], {"d.csv": groups}),
        "a prediction": (["compare", "d.csv", "-l", "mse", "-p", f"{word.replace('=', '')}=pred", "-p", "target", "-t", "target",
                          "--fail-if-worse-point", "9"], {"d.csv": groups}),
        "a term": (["compute", "o.yaml"], {"o.yaml": json.dumps(term)}),
        "a warning of an own function": (["compute", "l.py::f", "-p", "1,2", "-t", "1,1"], {"l.py": own}),
        "a setting": (["compute", "mse", "d.csv"], {"d.csv": groups, "losscli.toml": f"[roles]\npred = {json.dumps([tame(word, '*')])}\n"}),
        "a file": (["compute", "mse", "-p", f"{file}::pred", "-t", "1,1", "--max", "9"], {file: groups}),
    }  # fmt: skip


# --- how each format is read -------------------------------------------------------------------------------------------------


def visible(text: str) -> None:
    """Whether a text has no character that acts on a terminal or hides."""
    hidden = {c for c in text if not c.isprintable() and c != "\n"}
    assert not hidden, (hidden, text)


def no_commands(text: str) -> None:
    """Whether no line is a command for the log of GitHub, in its new or its old form."""
    assert not re.search(r"^\s*::[\w-]+.*::|##\[", text, re.MULTILINE), text


def plain(text: str) -> None:
    visible(text)
    no_commands(text)


def markdown(text: str) -> None:
    """Whether nothing is live in it. GitHub makes links of addresses as well."""
    plain(text)
    tokens = [t for token in MarkdownIt("commonmark").enable("table").parse(text) for t in (token, *(token.children or ()))]
    live = {t.type for t in tokens} & {"link_open", "image", "html_inline", "html_block", "code_inline", "em_open", "s_open", "hr"}
    assert not live, (live, text)
    texts = [t.content for t in tokens if t.type == "text"]
    assert not [t for t in texts if re.search(r"(https?|ftp)://|^www\.|\bwww\.", t) and not re.search(r"\\", text)], texts
    assert not re.search(r"(?<!\\)(?:https?|ftp):/|(?<![\w\\])www\.", text), text


def of_json(text: str) -> None:
    plain(text)
    json.loads(text)


def of_lines(text: str) -> None:
    plain(text)
    [json.loads(line) for line in text.splitlines()]


def of_yaml(text: str) -> None:
    visible(text)
    yaml.safe_load(text)


def workflow_commands(text: str) -> None:
    visible(text)
    for line in text.splitlines():
        assert re.fullmatch(r"::(notice|warning|error) title=[^:,]*::(?!.*##\[).*", line), line


def xml(text: str) -> None:
    visible(text)
    ElementTree.fromstring(text)


class Html(HTMLParser):
    ALLOWED = ("div", "p", "b", "pre", "br", "table", "thead", "tbody", "tr", "th", "td")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.ALLOWED and {name for name, _ in attrs} <= {"style"}, (tag, attrs)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def html(text: str) -> None:
    visible(text)
    Html(convert_charrefs=True).feed(text)


READ: dict[str, Callable[[str], None]] = {
    "table": plain, "markdown": markdown, "json": of_json, "jsonl": of_lines, "yaml": of_yaml, "junit": xml, "github": workflow_commands,
    "metrics": of_json, "value": plain,
}  # fmt: skip


def well_said(got: Outcome) -> None:
    """Whether standard error has only lines of ours."""
    visible(got.err)
    for line in got.err.splitlines():
        assert re.match(r"(error|warning|note|no match|gate [a-z]+): |see `losscli", line) and "##[" not in line, got.err
    assert "error: forged" not in got.err.splitlines(), got.err


@pytest.mark.parametrize(("word", "format"), [*(("all", format) for format in READ), ("a command", "table")])
@pytest.mark.parametrize("place", in_compute("", ""))
def test_a_word_is_shown_and_does_nothing(word: str, place: str, format: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    argv, files = in_compute(WORDS[word], format)[place]
    summary = tmp_path / "summary"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # as the command has it
        got = cli([*argv, "-f", format], files)
    well_said(got)
    assert got.code in (0, 2) and "internal" not in got.err, got
    READ[format](got.out)
    if format == "github" and got.code == 0:
        markdown(summary.read_text(encoding="utf-8"))


# --- errors, helps and lists -------------------------------------------------------------------------------------------------


D = {"d.csv": "pred,target\n1,2\n3,5\n"}
PAIR = ["compute", "mse", "-p", "1", "-t", "2"]
OPTIONS = (
    "--max", "--min", "--dtype", "--delimiter", "--threads", "-r", "--nan", "--per", "--by", "--by-bins",
    "--id", "--where", "--rows", "--ci", "--lag", "--cluster", "--expect", "--baseline", "--grad", "--precision",
    "--color", "--input-format", "--comment", "--decimal", "-o", "-w", "--fail-if-worse", "--confidence", "--max-bytes", "-p",
    "--seed",
)  # fmt: skip


def refused(word: str) -> dict[str, Case]:
    """Commands that end with an error that repeats the word."""
    term = {"loss": "mse", "pred": [1], "target": [2]}
    raising = f"def f(pred, target):\n    raise ValueError({word!r})\n"
    return {
        **{option: ([*PAIR, option, word], D) for option in OPTIONS},
        "a loss": (["compute", word, "-p", "1", "-t", "2"], {}),
        "a command": ([word], {}),
        "an option": ([*PAIR, f"--{word}"], {}),
        "words": (["list", word], {}),
        "an option of a loss": (["compare", "-l", f"huber:{word}=2", "-p", "1", "-t", "2"], {}),
        "a value of a loss": (["compare", "-l", f"huber:delta={word}", "-p", "1", "-t", "2"], {}),
        "DATA": (["compute", "mse", word], {}),
        "a header": (["compute", "mse", "d.csv"], {"d.csv": table((word, [1]), ("b", [2]))}),
        "a cell": (["compute", "mse", "d.csv"], {"d.csv": table(("pred", [word]), ("target", [2]))}),
        "a key": (["compute", "mse", "d.json"], {"d.json": json.dumps({word: [1], "b": [2]})}),
        "a key twice": (["compute", "mse", "d.json"], {"d.json": f"{{{json.dumps(word)}: 1, {json.dumps(word)}: 2}}"}),
        "a key of YAML": (["compute", "mse", "d.yaml"], {"d.yaml": f"{json.dumps(word)}: 1\n{json.dumps(word)}: 2\n"}),
        "a tag of YAML": (["compute", "mse", "d.yaml"], {"d.yaml": "a: !!int " + json.dumps(word)}),
        "an array of NPZ": (["compute", "mse", "d.npz"], {"d.npz": npz(**{word.replace("/", "")[:60_000]: [1]}, b=[2])}),
        "a key of an objective": (["compute", "o.yaml"], {"o.yaml": json.dumps({"terms": {"a": {**term, word: 1}}})}),
        "a loss of an objective": (["compute", "o.yaml"], {"o.yaml": json.dumps({"terms": {word: {"loss": word}}})}),
        "a file of an objective": (["compute", "o.yaml"], {"o.yaml": json.dumps({"data": word, "terms": {"a": {"loss": "mse"}}})}),
        "an exception": (["compute", "l.py::f", "-p", "1", "-t", "2"], {"l.py": raising}),
        "an exception and its traceback": (["compute", "l.py::f", "-p", "1", "-t", "2", "--debug"], {"l.py": raising}),
        "a function": ([*PAIR[:1], f"l.py::{word}", *PAIR[2:]], {"l.py": raising}),
        "a setting": (PAIR, {"losscli.toml": f"{json.dumps(tame(word, ''))} = 1\n"}),
        "a value of a setting": (PAIR, {"losscli.toml": f"format = {json.dumps(tame(word, ''))}\n"}),
        "an earlier result": ([*PAIR, "--expect", "r.json"], {"r.json": json.dumps({"schema": "losscli/1", "loss": word, "value": 1})}),
        "another file": ([*PAIR, "--expect", "r.json"], {"r.json": json.dumps({word: 1})}),
        "a ledger": (["compare", "d.csv", "-l", "mse", "-p", "pred", "-p", "target", "-t", "target", "--fail-if-worse", "1", "--ledger",
                      "l"], {**D, "l": json.dumps({word: word}) + "\n"}),
    }  # fmt: skip


@pytest.mark.parametrize("place", refused(""))
def test_an_error_repeats_a_word_harmlessly(place: str) -> None:
    """On standard error, and for the CI that reads it."""
    argv, files = refused(EVIL)[place]
    for more in ([], ["-f", "github"], ["-f", "junit"]) if place in ("a loss", "a key", "--dtype", "an option") else ([],):
        got = cli([*argv, *more], files)
        assert got.code in (1, 2, 3, 4) and "internal" not in got.err, got
        visible(got.err)
        if "--debug" not in argv:
            well_said(got)
        (xml if more[-1:] == ["junit"] and got.out.strip() else workflow_commands)(got.out)


@pytest.mark.parametrize("place", refused(""))
def test_an_error_does_not_repeat_megabytes(place: str) -> None:
    argv, files = refused("x" * 300_000)[place]
    if sum(map(len, argv)) > 2**17 and place in ("a loss", "words"):
        argv = [word[:100_000] for word in argv]  # looking for similar names takes its time
    for more in ([], ["-f", "github"]) if place in ("a loss", "a file of an objective") else ([],):
        got = cli([*argv, *more], files)
        assert got.code in (1, 2, 3, 4) and "internal" not in got.err, got
        assert len(got.err) < 16 * LONGEST and len(got.out) < 3 * LONGEST, (len(got.err), len(got.out), got.err[:200])


def test_the_help_and_the_card_of_an_own_function() -> None:
    files = {"l.py": f"def f(pred, target, *, a='x'):\n    {EVIL!r}\n    return pred\n"}
    for argv in (["compute", "l.py::f", "--help"], ["list", "l.py::f"], ["list", "l.py::f", "-f", "json"]):
        got = cli(argv, files)
        assert got.code == 0, got
        plain(got.out)
    markdown(cli(["list", "l.py::f", "-f", "markdown"], files).out)


@pytest.mark.parametrize("place", in_compute("", ""))
def test_a_terminal_and_a_notebook_show_it(place: str) -> None:
    argv, files = in_compute(EVIL, "table")[place]
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        got = cli([*argv, "--color", "always"], files)
    visible(re.sub(r"\x1b\[[\d;]*m", "", got.out))  # the colours of a table


def test_html_has_no_markup_but_ours() -> None:
    result = losscli.compute("mse", pred=[1.0, 2], target=[1.0, 1])
    html(losscli.compare({EVIL: [1.0, 2], "b": [1.0, 1]}, target=[1.0, 1], losses="mse")._repr_html_())
    html(result._repr_html_())


def test_pictures_hold_it_as_text() -> None:
    files = {"d.csv": table(("a", [1, 2, 4]), ("b", [2, 1, 5]), ("t", [1, 1, 3]))}
    for word in (tame(EVIL, "="), r"$\frac{1}$ $x$ $"):
        argv = ["compare", "d.csv", "-l", "mse", "-p", f"{word}=a", "-p", "b", "-t", "t", "--plot"]
        plain(cli(argv, files).out)
        drawn = cli([*argv, "-o", "p.svg"], files)
        assert drawn.code == 0, drawn.err
        root = ElementTree.fromstring(drawn.files["p.svg"])
        assert not [e for e in root.iter() if e.tag.rpartition("}")[2] in ("script", "image", "a", "foreignObject")]


def test_csv_is_data() -> None:
    """A spreadsheet may take = + - @ for formulas: what stands in a file of data stays as it is."""
    for word in (FORMULA, "+1", "-2", "@x", EVIL):
        lines = "".join(json.dumps({"id": i, "pred": 1, "t": 1}) + "\n" for i in (word, "b"))
        got = cli(["compute", "mse", "d.jsonl", "-t", "t", "--id", "id", "-r", "none", "-f", "csv"], {"d.jsonl": lines})
        assert [row[0] for row in csv.reader(io.StringIO(got.out, newline=""))] == ["id", word, "b"]


def test_completion_offers_no_word_that_a_shell_would_act_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_LOSSCLI_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "losscli compute mse d.csv -p ")
    monkeypatch.setenv("COMP_CWORD", "5")
    files = {"d.json": json.dumps({"good": [1], "a\nb": [1], "\x1b[31m": [2], "$(id)": [3]})}
    monkeypatch.setenv("COMP_WORDS", "losscli compute mse d.json -p ")
    assert cli([], files).out == "good\n\\$\\(id\\)\n"
