"""The colours of the lines: each can be read on a light and on a dark background, and they differ for colour-blind eyes too."""

from __future__ import annotations

__all__ = ["ACCENT", "COLOURS", "MUTED", "colour_of"]

# From Okabe and Ito's palette, without those that are too light on white or too dark on black; the last two are added.
COLOURS = ("#2f7fc1", "#d55e00", "#009e73", "#b5589b", "#a07800", "#7f7f7f")
ACCENT, MUTED = COLOURS[0], "#7f7f7f"


def colour_of(number: int) -> str:
    """The colour of a line. They repeat after the sixth."""
    return COLOURS[number % len(COLOURS)]
