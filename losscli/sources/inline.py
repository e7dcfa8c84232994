"""Numbers that are written on the command line, or pasted from the output of Python, NumPy, torch and others."""

from __future__ import annotations

import re
from itertools import accumulate

from losscli.errors import InputError
from losscli.numeric.lazy import Array, np
from losscli.sources.document import to_array

__all__ = ["inline"]

# Possessive quantifiers prevent backtracking, so the time is linear in the length of the text.
_NUMBER = re.compile(r"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|nan|infinity|inf)", re.IGNORECASE)
_TRUTH = {"true": "1", "false": "0"}
# The text around the numbers in printed arrays. These patterns are compiled only for a text that may be a printed array.
_CALL = (
    r"(?:(?:np|numpy|torch|jnp|tf)\.)?(?:array\s*\(\s*'[a-zA-Z]'\s*,|"
    r"(?:array|asarray|matrix|tensor|Tensor|Array|DeviceArray|deque|dict_values|Decimal|(?:float|int|uint)\d+)\s*\()"
)
_TENSORFLOW = r"<tf\.(?:Tensor|Variable)[^<>\[\]]*?numpy="
_BEFORE = r"Parameter containing:\s*"
_MARKS = {":", "(", "<"}  # each of the three has one of these
_KEYWORD = (
    r",\s*+(?:dtype|device|grad_fn|requires_grad|shape|size|weak_type|maxlen)\s*+=\s*+(?:<[^<>]*+>|\([^()]*+\)|'[^']*+'|[^\s,()<>']++)"
)
_PIECE = rf"\s+|{_KEYWORD}|\b{_CALL}|{_TENSORFLOW}|[\[\](),>]|\"[^\"]*\"|'[^']*'|[^\s\[\](),\"'<>]+|[\"'<]"
_CLOSES = {"[": "]", "(": ")", "call": ")", "<": ">"}
_SERIES = re.compile(r"(?:(?:Name|Length|Freq): [^\n]*, )?dtype: \w+")
_WORDS = {
    "true": "true",
    "false": "false",
    "np.true_": "true",
    "np.false_": "false",
    "none": "null",
    "null": "null",
    "nan": '"nan"',
    "inf": '"inf"',
    "-inf": '"-inf"',
    "+inf": '"inf"',
}


def inline(text: str) -> Array | None:
    """The array that a text contains; None for a text that is no list of numbers.

    The text holds numbers, true or false, separated by commas, blanks or semicolons (`2.5,0,2.1`); nested lists (`[[1,2],[3,4]]`); or the
    printed array of Python, NumPy, torch, JAX, TensorFlow, pandas (a Series) or R (a vector). Raises InputError for a text that begins like
    such a list but is not one.
    """
    written = text.strip()
    if "\n" in written or written.startswith("[1] "):
        written = _without_index(written, text)
    if written[:1] == "[" or (_MARKS & {*written} and re.match(f"{_BEFORE}|{_CALL}|{_TENSORFLOW}", written)):
        return _nested(re.sub(rf"\A{_BEFORE}", "", written), f"inline numbers {_short(text)}")
    if written[:1] == "(":
        try:
            return _nested(written, f"inline numbers {_short(text)}")
        except InputError:
            return None  # the name of a file may begin with a bracket
    return _flat(written)


def _without_index(written: str, text: str) -> str:
    """The numbers of a printed pandas Series or R vector, without the index at the beginning of each line.

    Raises InputError for other lines that begin with 0, 1, 2 …, since this index would be read as data.
    """
    rows = [line.split() for line in written.splitlines()]
    if _SERIES.fullmatch(written.splitlines()[-1].strip()):
        cells = [row[-1] for row in rows[:-1] if len(row) > 1]
        if len(cells) < len(rows) - 1 or "..." in cells or ".." in written.split():
            raise InputError(
                f"inline numbers {_short(text)}: the printed Series leaves numbers out ('...'): write the Series to a file instead"
            )
        return f"[{' '.join(cells)}]".replace("<NA>", "nan")
    starts = accumulate((len(row) - 1 for row in rows), initial=1)
    if all(row[:1] == [f"[{start}]"] for row, start in zip(rows, starts, strict=False)):
        cells = ["nan" if cell == "NA" else cell for row in rows for cell in row[1:]]
        if all(map(_NUMBER.fullmatch, cells)):
            return f"[{' '.join(cells)}]"
    index = [row[0] for row in rows if len(row) > 1]
    if len(index) == len(rows) > 1 and index in (list(map(str, range(k, k + len(rows)))) for k in (0, 1)):
        raise InputError(
            f"inline numbers {_short(text)}: the lines begin with {index[0]}, {index[1]} …, as an index does: "
            "paste the numbers alone (x.tolist()), or '[[1,2],[3,4]]' for rows"
        )
    return written


def _flat(text: str) -> Array | None:
    """Numbers one after another; None for words. Raises InputError for a number that is missing."""
    parts = re.split(r"[,;]", text)
    if len(parts) > 1 and not parts[-1].strip():
        parts.pop()  # 1,2, as Python writes a tuple
    cells = [cell for part in parts for cell in (part.split() or [""])]
    if len(cells) > 1:  # a lone word may be the name of a column
        cells = [_TRUTH.get(cell.casefold(), cell) for cell in cells]
    numbers = [_NUMBER.fullmatch(cell) is not None for cell in cells]
    if not all(is_number or not cell for cell, is_number in zip(cells, numbers, strict=True)) or not any(numbers):
        return None
    if "," in text and ";" in text:
        raise InputError(
            f"inline numbers {_short(text)}: commas and semicolons are mixed: "
            "write 1.5,2.5 for two numbers, '[[1,5],[2,5]]' for two rows of numbers"
        )
    if not all(numbers):
        raise InputError(f"inline numbers {_short(text)}: a number is missing between two commas or at the start")
    return np.array([float(cell) for cell in cells])


def _nested(text: str, place: str) -> Array:
    """The array of a text in brackets, written by JSON, Python, NumPy or torch. Raises InputError for another text."""
    if "..." in text or "…" in text:
        raise InputError(f"{place}: the printed array leaves numbers out ('...'): write the array to a file instead")
    from losscli.sources.json_files import parse_json

    try:
        value = parse_json(text, place)
    except InputError as error:
        try:
            value = parse_json(_as_json(text), place)
        except InputError:
            if ";" in text and not any(q in text for q in "\"'"):
                raise InputError(f"{place}: ';' does not separate rows here: write '[[1,2],[3,4]]' for two rows of two numbers") from None
            raise error from None  # this error has the position in the original text
    return np.atleast_1d(to_array(value, place))


def _as_json(text: str) -> str:
    """Rewrite a printed array as JSON: commas between numbers, JSON's spelling, no calls. Another text becomes one that is no JSON."""
    out: list[str] = []
    open_brackets: list[tuple[str, int]] = []  # each with the index in `out` where its content begins
    spaced = False
    for piece in re.findall(_PIECE, text):
        if piece.isspace():
            spaced = True
            continue
        bracket, begin = open_brackets[-1] if open_brackets else ("", 0)
        is_call = bracket in ("call", "<")  # around one value
        if bracket and piece == _CLOSES[bracket]:
            if out[begin:] and out[-1] in (",", "?"):
                out.pop()  # a trailing comma, as in (1,)
            out += ["]"] if not is_call else [] if out[begin:] else ["no value"]
            open_brackets.pop()
        elif piece[0] == ",":
            out += [piece] if not is_call else ["?"] if piece == "," else []
        else:
            if out and out[-1] not in ("[", ",") and spaced:
                out.append("?" if is_call else ",")  # NumPy separates by blanks
            opens = piece[0] if piece[0] in "[(<" else "call" if piece[-1] == "(" or piece[-2:] == "'," else ""
            out += ["["] if opens in ("[", "(") else [] if opens else [_cell(piece)]
            open_brackets += [(opens, len(out))] if opens else []
        spaced = False
    return "".join([*out, "?" * bool(open_brackets)])  # "?" is no JSON


def _cell(piece: str) -> str:
    """A number or a word in JSON's spelling. JSON does not allow .5, 2., +1, 007 and 'cat'."""
    if len(piece) > 1 and piece[0] == piece[-1] == "'" and not {'"', "\\"} & set(piece):
        return f'"{piece[1:-1]}"'
    word = _WORDS.get(piece.casefold().replace("infinity", "inf"))
    if word is not None or not _NUMBER.fullmatch(piece):
        return word or piece
    sign, digits = "-" * (piece[0] == "-"), piece.lstrip("+-").casefold()
    number, e, power = digits.partition("e")
    whole, dot, fraction = number.partition(".")
    return f"{sign}{whole.lstrip('0') or '0'}{dot}{fraction or '0' * len(dot)}{e}{power}"


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "…")
