"""Cells of text, read the same way in every format: a number, true or false, a missing value or a word; and advice about words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

__all__ = ["BOOLEANS", "MISSING", "cell_kind", "explain_word", "is_special_word", "read_number"]

Kind = Literal["missing", "bool", "whole", "fraction", "word"]

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "<na>", "#n/a", "#na", "nat"}) | {
    "#n/a n/a", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"  # as Excel and old C runtimes write it
}  # fmt: skip
BOOLEANS = {"true": 1.0, "false": 0.0}
_SPECIAL = (MISSING - {"", "nan"}) | BOOLEANS.keys()
_VALUES = BOOLEANS | dict.fromkeys(MISSING, float("nan"))


def read_number(cell: Any, decimal: str = ".") -> float | None:
    """A cell as a number: nan where it is missing, 1 and 0 for true and false, None for a word.

    1_000 is a word, since only Python reads it as a number; with a decimal comma 1.5 is a word.
    """
    if not isinstance(cell, str):
        return float("nan") if cell is None else float(cell)
    word = cell.strip()
    if (value := _VALUES.get(word.casefold())) is not None:
        return value
    if decimal != ".":
        word = "_" if "." in word else word.replace(decimal, ".")
    return plain_number(word)


def is_special_word(cell: str) -> bool:
    """Whether a cell is a word with a value, such as NA, none or true. The word may be the name of a class as well."""
    return cell.strip().casefold() in _SPECIAL


def plain_number(text: str) -> float | None:
    """A text as a number, as `float` reads it, without 1_000; None for any other text."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def cell_kind(cell: str, decimal: str = ".") -> Kind:
    """The kind of a cell. A whole number is written without a point or an exponent."""
    word = cell.strip()
    if word.casefold() in MISSING:
        return "missing"
    if word.casefold() in BOOLEANS:
        return "bool"
    if read_number(word, decimal) is None:
        return "word"
    return "whole" if re.fullmatch(r"[+-]?\d+", word) else "fraction"


_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_COMMA = "for a decimal comma in a CSV use --decimal ,"
_DIGITS = "spaces, marks or points separate its thousands: write only the digits"
_UNIT = r"(?:[$€£¥]|°?(?![eE]$)[A-Za-zµΩ]{1,4}(?:/[a-z]{1,3})?)"  # 1e is a number without its exponent
# For each pattern of a cell: what the cell may mean, and how to write it instead. The first pattern that matches is used.
_ADVICE: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"[-–—.?*]+", lambda m: "if it means a missing value, leave the field empty or write NA"),
    (r"[+-]?[1-9]\d{0,2},\d{3}", lambda m: f"its comma separates thousands (write {_bare(m)}) or is a decimal comma (--decimal ,)"),
    (r"[+-]?\d{1,3}(,\d{3}){2,}(\.\d*)?|[+-]?\d{1,3}(,\d{3})+\.\d*", lambda m: f"commas separate its thousands: write {_bare(m)}"),
    (r"[+-]?\d*,\d+([eE][+-]?\d+)?|[+-]?\d{1,3}(\.\d{3})+,\d*", lambda m: _COMMA),
    (r"[+-]?\d{1,3}(?:[ \u00a0\u2009\u202f'’]\d{3})+(?:[.,]\d*)?", lambda m: _DIGITS),
    (r"[+-]?\d{1,3}(\.\d{3}){2,}", lambda m: _DIGITS),
    (rf"{_NUMBER}\s*[%‰]|[%]\s*{_NUMBER}", lambda m: "a percentage: write the number alone, as a share or in per cent (0.12 or 12)"),
    (r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}( .*)?", lambda m: "a date; only --id takes dates"),
    (rf"\d{{1,2}}[- ]{_MONTH}[- ]\d{{2,4}}|{_MONTH} \d{{1,2}},? \d{{4}}", lambda m: "a date; only --id takes dates"),
    (r"\d{1,3}:\d{2}(:\d{2}(\.\d*)?)?", lambda m: "a time: write it as a number, in one unit"),
    (r"[+-]?0[xX][0-9a-fA-F]+", lambda m: f"hexadecimal: write {int(m[0], 16)}"),
    (r"[+-]?\d+(_\d+)+", lambda m: f"an underscore: write {m[0].replace('_', '')}"),
    (r"[+-]?(?:\d+\.?\d*|\.\d+)[dD][+-]?\d+", lambda m: f"Fortran's exponent: write {re.sub('[dD]', 'e', m[0])}"),
    (rf"[−–]\s*{_NUMBER}", lambda m: "its minus sign is another character: write -"),
    (rf"\(\s*{_NUMBER}\s*\)", lambda m: "in brackets: for a negative number write -"),
    (rf"[$€£¥]\s*{_NUMBER}|{_NUMBER}\s*{_UNIT}", lambda m: "a number with a unit: write the number alone, in one unit (1500, not 1.5k)"),
    (rf"{_NUMBER}(?:[ \t]+{_NUMBER})+", lambda m: "several numbers: if spaces separate the fields, use --delimiter ' '"),
    (rf"{_NUMBER}(?:;{_NUMBER})+", lambda m: "several numbers: if they are fields, use --delimiter ';'"),
    (rf"{_NUMBER}(?:\t{_NUMBER})+", lambda m: "several numbers: if they are fields, use --delimiter '\\t'"),
    (r"#[A-Z]+(/0)?[!?]", lambda m: "a spreadsheet error: correct it there, or leave the field empty"),
    (r"[#%].*|//.*", lambda m: f"if lines that begin like this are comments, use --comment '{m[0][: 2 if m[0][0] == '/' else 1]}'"),
)  # fmt: skip


def _bare(match: re.Match[str]) -> str:
    """A number without its commas."""
    return match[0].replace(",", "")


def explain_word(cell: Any, decimal: str = ".") -> str:
    """What a cell that is no number may mean, and how to write it instead: ': a date …'; '' for any other word."""
    word = str(cell).strip()
    if decimal != "." and "." in word and plain_number(word) is not None:
        return f": it has a point, but --decimal is {decimal!r}"
    for pattern, advice in _ADVICE:
        if match := re.fullmatch(pattern, word):
            return f": {advice(match)}"
    return ""
