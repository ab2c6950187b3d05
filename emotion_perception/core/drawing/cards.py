"""What is shown of one face: a tag with its expression and name, and a card or strip with its probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.drawing.shapes import Image, lay_over, rounded_mask
from emotion_perception.core.drawing.style import Style
from emotion_perception.core.drawing.text import fit_text, line_height, text_mask, text_width
from emotion_perception.core.palette import BACKGROUND, FAINT_TEXT, TEXT, Rgb, colour_of, text_colour_on

PANEL_OPACITY = 190
_TRACK_OPACITY = 40


@dataclass(frozen=True, eq=False)
class Distribution:
    """Labels and their probabilities, (L,) each 0..1."""

    labels: Sequence[str]
    probabilities: NDArray[np.float64]


class Tag:
    """A pill: the expression on its colour, and who it is on dark ground; shortened to at most ``width`` pixels.

    strip: a distribution to show under the pill as one bar of coloured parts.
    """

    def __init__(
        self, expression: str, who: str, colour: Rgb, style: Style, width: int, strip: Distribution | None = None
    ) -> None:
        self._style = style
        self._colour = colour
        pads = 2 * style.pad * (bool(expression) + bool(who))
        self._expression = fit_text(expression, style.text, width - pads, bold=True)
        taken = text_width(self._expression, style.text, bold=True)
        self._who = fit_text(who, style.text, max(0, width - pads - taken))
        self._split = taken + 2 * style.pad if self._expression else 0
        self._strip = strip
        self._pill_height = line_height(style.text) + 2 * (style.pad // 4)
        self.width = self._split + (text_width(self._who, style.text) + 2 * style.pad if self._who else 0)
        self.height = self._pill_height + (_strip_space(style) if strip else 0)

    def draw(self, image: Image, x: int, y: int) -> None:
        """Draw the tag with its upper left corner at x, y."""
        style, height = self._style, self._pill_height
        text_y = y + style.pad // 4
        if self._who:
            ground = rounded_mask(self.width, height, style.radius, PANEL_OPACITY)
            lay_over(image, ground[:, self._split :], BACKGROUND, x + self._split, y)
            lay_over(image, text_mask(self._who, style.text), TEXT, x + self._split + style.pad, text_y)
        if self._expression:
            pill = rounded_mask(self.width, height, style.radius)
            lay_over(image, pill[:, : self._split], self._colour, x, y)
            mask = text_mask(self._expression, style.text, bold=True)
            lay_over(image, mask, text_colour_on(self._colour), x + style.pad, text_y)
        if self._strip:
            thick = _strip_space(style) - style.stroke
            _draw_strip(image, self._strip, x, y + self.height - thick, self.width, thick)


class Card:
    """A panel with one bar per label, in the labels' order."""

    def __init__(self, distribution: Distribution, style: Style) -> None:
        self._distribution = distribution
        self._style = style
        self._names = max(text_width(label, style.text) for label in distribution.labels)
        self._bars = round(style.text * 5)
        self.width = self._names + self._bars + text_width("100%", style.text) + 2 * style.pad + 2 * style.gap
        self.height = style.row * len(distribution.labels) + 2 * (style.pad // 2)

    def draw(self, image: Image, x: int, y: int) -> None:
        """Draw the card with its upper left corner at x, y."""
        style, probabilities = self._style, self._distribution.probabilities
        lay_over(image, rounded_mask(self.width, self.height, style.radius, PANEL_OPACITY), BACKGROUND, x, y)
        top = int(probabilities.argmax())
        thick = max(4, round(style.text * 0.5))
        track = rounded_mask(self._bars, thick, thick // 2, _TRACK_OPACITY)
        bar_x = x + style.pad + self._names + style.gap
        for row, (label, probability) in enumerate(zip(self._distribution.labels, probabilities, strict=True)):
            middle = y + style.pad // 2 + style.row * row + style.row // 2
            text_y = middle - line_height(style.text) // 2
            ink = TEXT if row == top else FAINT_TEXT
            lay_over(image, text_mask(label, style.text), ink, x + style.pad, text_y)
            lay_over(image, track, TEXT, bar_x, middle - thick // 2)
            filled = round(self._bars * probability)
            # Cut from a bar of at least two round ends, so that a short one starts with the same end as a long one.
            bar = rounded_mask(max(filled, thick), thick, thick // 2)[:, :filled]
            lay_over(image, bar, colour_of(label), bar_x, middle - thick // 2)
            number = text_mask(f"{probability:.0%}", style.text)
            lay_over(image, number, ink, x + self.width - style.pad - number.shape[1], text_y)


def _strip_space(style: Style) -> int:
    """Return the height of a strip and the space over it."""
    return max(4, round(style.text * 0.4)) + style.stroke


def _draw_strip(image: Image, distribution: Distribution, x: int, y: int, width: int, height: int) -> None:
    """Draw the distribution as one bar of coloured parts on dark ground, in the labels' order."""
    bar = rounded_mask(width, height, height // 2)
    lay_over(image, bar, BACKGROUND, x, y)
    edges = np.rint(np.concatenate([[0.0], distribution.probabilities.cumsum()]).clip(0, 1) * width).astype(int)
    for label, start, end in zip(distribution.labels, edges[:-1], edges[1:], strict=True):
        lay_over(image, bar[:, start:end], colour_of(label), x + int(start), y)
