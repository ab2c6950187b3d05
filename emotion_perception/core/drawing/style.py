"""Sizes of everything that is drawn, from the size of the picture."""

from __future__ import annotations

from dataclasses import dataclass

# Text grows with the picture, a little slower than it. Height counts, or what it would be for a width in 4:3.
_TEXT_BASE, _TEXT_SHARE = 3.4, 0.0245
_SMALLEST_TEXT, _LARGEST_TEXT = 11, 120


@dataclass(frozen=True)
class Style:
    """All in pixels.

    text: size of the font; row: from one line of text to the next; pad: inside panels; gap: between things;
    radius: of panels' corners; stroke: of lines.
    """

    text: int
    row: int
    pad: int
    gap: int
    radius: int
    stroke: int

    @classmethod
    def for_picture(cls, width: int, height: int) -> Style:
        """Return sizes that read alike from 240p to 4K."""
        text = round(_TEXT_BASE + _TEXT_SHARE * min(height, width * 3 / 4))
        text = max(_SMALLEST_TEXT, min(_LARGEST_TEXT, text))
        return cls(
            text=text,
            row=round(text * 1.45),
            pad=round(text * 0.65),
            gap=round(text * 0.5),
            radius=round(text * 0.45),
            stroke=max(2, round(text / 7)),
        )
