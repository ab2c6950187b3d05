"""One colour per expression, shared by the overlay, the timeline and whatever else shows expressions."""

from __future__ import annotations

#: Red, green, blue, 0..255 each.
Rgb = tuple[int, int, int]

#: For dark grounds (BACKGROUND). Searched for by the distance (CIEDE2000) of the two most alike, over normal and
#: colour-blind vision (Machado, Oliveira and Fernandes 2009): 23 normal, 18 without red or green, 14 without blue.
COLOURS: dict[str, Rgb] = {
    "angry": (242, 52, 25),
    "disgust": (18, 169, 116),
    "fear": (178, 102, 147),
    "happy": (255, 236, 78),
    "sad": (28, 123, 255),
    "surprise": (89, 200, 254),
    "neutral": (225, 227, 230),
}

#: For "uncertain", for faces not classified yet and for labels without a colour of their own.
NO_EXPRESSION: Rgb = (148, 156, 168)

BACKGROUND: Rgb = (20, 22, 27)
TEXT: Rgb = (240, 242, 245)
FAINT_TEXT: Rgb = (160, 166, 176)


def colour_of(label: str) -> Rgb:
    """Return the colour of an expression's label."""
    return COLOURS.get(label, NO_EXPRESSION)


def text_colour_on(colour: Rgb) -> Rgb:
    """Return the one of BACKGROUND and TEXT that reads better on ``colour`` (contrast as WCAG 2 defines it)."""
    return max((BACKGROUND, TEXT), key=lambda text: _contrast(text, colour))


def _contrast(one: Rgb, other: Rgb) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
