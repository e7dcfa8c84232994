"""Numbers written on the command line, or pasted from what Python, NumPy, torch and others print."""

from __future__ import annotations

import re
from typing import Any

from losscli.errors import InputError
from losscli.numeric import np
from losscli.sources.nested import parse_json, to_array

__all__ = ["inline"]

# Possessive where what was taken could be divided in other ways: so the time is linear in the text.
_NUMBER = re.compile(r"[+-]?+(?:(?:\d++(?:\.\d*+)?+|\.\d++)(?:e[+-]?+\d++)?+|nan|infinity|inf)", re.IGNORECASE)
_TRUTH = {"true": "1", "false": "0"}
# What a print puts around its numbers; only compiled where a text may be one.
_CALL = r"(?:<tf\.Tensor: [^<>\[\]]*numpy=)?(?:(?:np|numpy|torch|jnp)\.)?(?:array|asarray|tensor|Array)\s*\("
_SCALAR = r"\b(?:np|numpy)\.(?:float|int|uint)\d+\(([^()\[\],]*)\)"
_ABOUT = (
    r"\s*+(?:,\s*+(?:dtype|device|grad_fn|requires_grad|shape|size|weak_type)\s*+=\s*+"
    r"(?:<[^<>]*+>|\([^()]*+\)|'[^']*+'|[^,()<>']++))*+,?\s*+\)\s*+>?"
)
_PIECE = r"\s+|[\[\](),]|\"[^\"]*\"|'[^']*'|[^\s\[\](),\"']+|[\"']"
_WORDS = {
    "true": "true",
    "false": "false",
    "none": "null",
    "null": "null",
    "nan": '"nan"',
    "inf": '"inf"',
    "-inf": '"-inf"',
    "+inf": '"inf"',
}


def inline(text: str) -> Any:
    """The array that a text spells; None for a text that is no numbers.

    Numbers divided by commas, blanks or semicolons (`2.5,0,2.1`), true and false among them; nested lists (`[[1,2],[3,4]]`); and what
    Python, NumPy, torch, JAX and TensorFlow print of an array. Raises InputError for a text that begins as numbers and does not go on so.
    """
    written = text.strip()
    if written[:1] == "[" or re.match(f"{_CALL}|{_SCALAR}", written):
        return _nested(written, f"inline numbers {_short(text)}")
    if written[:1] == "(":
        try:
            return _nested(written, f"inline numbers {_short(text)}")
        except InputError:
            return None  # the name of a file may begin so
    return _listed(text)


def _listed(text: str) -> Any:
    """Numbers one after another."""
    divided = re.split(r"[,;]", text.strip())
    if len(divided) > 1 and not divided[-1].strip():
        divided.pop()  # 1,2, as Python writes a tuple
    cells = [cell for part in divided for cell in (part.split() or [""])]
    if len(cells) > 1:  # a lone word may be the name of a column
        cells = [_TRUTH.get(cell.casefold(), cell) for cell in cells]
    spelled = [_NUMBER.fullmatch(cell) is not None for cell in cells]
    if not all(s or not cell for cell, s in zip(cells, spelled, strict=True)) or not any(spelled):
        return None
    if "," in text and ";" in text:
        raise InputError(
            f"inline numbers {_short(text)}: commas and semicolons are mixed: "
            "write 1.5,2.5 for two numbers, '[[1,5],[2,5]]' for two rows of numbers"
        )
    if not all(spelled):
        raise InputError(f"inline numbers {_short(text)}: a number is missing between two commas or at the start")
    return np.array([float(cell) for cell in cells])


def _nested(text: str, place: str) -> Any:
    """The array of a text in brackets, as JSON, Python, NumPy or torch write it. Raises InputError for what is none."""
    if "..." in text or "…" in text:
        raise InputError(f"{place}: the print leaves numbers out ('...'), so it is not the whole array: write the array to a file instead")
    try:
        value = parse_json(text, place)
    except InputError as error:
        try:
            value = parse_json(_as_json(_without_call(re.sub(_SCALAR, r"\1", text))), place)
        except InputError:
            raise error from None  # it says where in the text as it was written
    return np.atleast_1d(to_array(value, place))


def _without_call(text: str) -> str:
    """`[1, 2]` of `array([1, 2], dtype=float32)`; the text itself where something else stands behind the numbers."""
    call = re.match(_CALL, text)
    if call is None:
        return text
    end = text.rfind("]") + 1 or call.end() + len(re.match(r"[^,)]*", text[call.end() :]).group())  # type: ignore[union-attr]
    return text[call.end() : end] if re.compile(_ABOUT).fullmatch(text, end) else text


def _as_json(text: str) -> str:
    """The same with commas between the numbers, and every number as JSON spells it; what is neither is left for JSON to refuse."""
    out: list[str] = []
    for piece in re.findall(_PIECE, text):
        if piece.isspace():
            continue
        if piece in ("]", ")"):
            if out and out[-1] == ",":
                out.pop()  # a trailing comma, as in (1,)
            out.append("]")
        elif piece == ",":
            out.append(",")
        else:
            if out and out[-1] not in ("[", ","):
                out.append(",")  # NumPy divides by blanks
            out.append("[" if piece in ("[", "(") else _cell(piece))
    return "".join(out)


def _cell(piece: str) -> str:
    """A number or a word as JSON spells it: .5, 2., +1, 007 and 'cat' are none there."""
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
