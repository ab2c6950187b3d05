"""The overlay: one call that draws every face of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.drawing.cards import PANEL_OPACITY, Card, Distribution, Tag
from emotion_perception.core.drawing.layout import Rect, place_card, place_tag
from emotion_perception.core.drawing.shapes import Image, draw_brackets, draw_dot, lay_over, rounded_mask
from emotion_perception.core.drawing.style import Style
from emotion_perception.core.drawing.text import drawable, fit_text, text_mask
from emotion_perception.core.faces import Roi
from emotion_perception.core.palette import BACKGROUND, TEXT, colour_of

_MOST_HIDDEN = 0.02  # of a card's area; more, and all faces get strips
_SMALLEST_WITH_TEXT = 64  # pixels of the picture's shorter side


@dataclass(frozen=True, eq=False)
class OverlayFace:
    """What is drawn of one face; all but id and roi may be missing.

    landmarks: (N, 2) pixels.
    label: "" while the face has not been classified.
    confidence: of the label, 0..1.
    probabilities, labels: the distribution, 0..1 each, and its labels in the same order.
    who: the person's name, in any script, or "unknown"; shown instead of the track's id.
    about: what else is estimated of the person, e.g. their age; shown behind ``who``.
    """

    id: str
    roi: Roi
    landmarks: NDArray[np.float32] | None = None
    label: str = ""
    confidence: float = 0.0
    probabilities: Sequence[float] = ()
    labels: Sequence[str] = ()
    who: str = ""
    about: str = ""

    def __post_init__(self) -> None:
        if len(self.probabilities) != len(self.labels):
            raise ValueError(f"{self.id} has {len(self.probabilities)} probabilities for {len(self.labels)} labels")


def draw_overlay(image: NDArray[np.uint8], faces: Sequence[OverlayFace], *, status: str = "") -> NDArray[np.uint8]:
    """Return a copy of ``image``, (H, W, 3) bgr8, with the faces and one line of ``status`` drawn onto it.

    Every face gets a box and a tag (expression, name or id). Its probabilities become a card of bars beside it; where
    the cards of all faces would hide faces or each other, they become a strip under each tag. A face that is alone
    keeps its card. A picture too small for text gets boxes only.
    """
    drawn = image.copy()
    height, width = drawn.shape[:2]
    style = Style.for_picture(width, height)
    for face in faces:
        _draw_box(drawn, face, style)
    if min(width, height) < _SMALLEST_WITH_TEXT:
        return drawn
    shown = sorted(map(_Shown, faces), key=lambda face: (-face.box.width * face.box.height, face.source.id))
    picture = Rect(0, 0, width, height)
    taken = [face.box for face in shown]
    if status:
        taken.append(_draw_status(drawn, status, style))
    things = _with_cards(shown, style, picture, taken) or _with_strips(shown, style, picture, taken)
    for thing, rect in things:
        thing.draw(drawn, rect.x, rect.y)
    return drawn


class _Shown:
    """A face with its box and distribution in the form that the layout wants."""

    def __init__(self, face: OverlayFace) -> None:
        self.source = face
        self.box = Rect(face.roi.x_offset, face.roi.y_offset, face.roi.width, face.roi.height)
        fractions = np.nan_to_num(np.asarray(face.probabilities, np.float64)).clip(0, 1)
        self.distribution = Distribution(face.labels, fractions) if len(face.labels) else None

    def tag(self, style: Style, width: int, *, strip: bool) -> Tag:
        face = self.source
        confidence = np.nan_to_num(face.confidence)
        expression = f"{face.label.capitalize()} {confidence:.0%}" if face.label else ""
        who = ", ".join(filter(None, (drawable(face.who) or face.id, face.about)))
        return Tag(expression, who, colour_of(face.label), style, width, self.distribution if strip else None)


_Layout = list[tuple[Tag | Card, Rect]]


def _with_cards(shown: Sequence[_Shown], style: Style, picture: Rect, taken: Sequence[Rect]) -> _Layout | None:
    """Place a tag and a card for every face; None when the cards would hide too much."""
    layout = _place_tags(shown, style, picture, taken, strip=False)
    covered = [*taken, *(rect for _, rect in layout)]
    alone = len(shown) == 1
    for face in shown:
        if face.distribution is None:
            continue
        card = Card(face.distribution, style)
        if card.width + 2 * style.gap > picture.width or card.height + 2 * style.gap > picture.height:
            return None
        place = place_card(face.box, card.width, card.height, style.gap, picture, covered, alone=alone)
        if place.hidden > _MOST_HIDDEN and not alone:
            return None
        layout.append((card, place.rect))
        covered.append(place.rect)
    return layout


def _with_strips(shown: Sequence[_Shown], style: Style, picture: Rect, taken: Sequence[Rect]) -> _Layout:
    return _place_tags(shown, style, picture, taken, strip=True)


def _place_tags(shown: Sequence[_Shown], style: Style, picture: Rect, taken: Sequence[Rect], *, strip: bool) -> _Layout:
    layout: _Layout = []
    covered = list(taken)
    for face in shown:
        tag = face.tag(style, picture.width, strip=strip)
        rect = place_tag(face.box, tag.width, tag.height, style.stroke, picture, covered).rect
        layout.append((tag, rect))
        covered.append(rect)
    return layout


def _draw_box(image: Image, face: OverlayFace, style: Style) -> None:
    roi, colour = face.roi, colour_of(face.label)
    draw_brackets(image, roi.x_offset, roi.y_offset, roi.width, roi.height, colour, style.stroke)
    if face.landmarks is not None:
        radius = min(0.7 * style.stroke, roi.width / 40)
        for x, y in face.landmarks.tolist():
            draw_dot(image, x, y, radius, TEXT)


def _draw_status(image: Image, status: str, style: Style) -> Rect:
    """Draw the line into the lower left corner; return what it covers."""
    height, width = image.shape[:2]
    text = text_mask(fit_text(status, style.text, width - 2 * style.pad - 2 * style.gap), style.text)
    panel = rounded_mask(
        text.shape[1] + 2 * style.pad, text.shape[0] + 2 * (style.pad // 4), style.radius, PANEL_OPACITY
    )
    x, y = style.gap, height - style.gap - panel.shape[0]
    lay_over(image, panel, BACKGROUND, x, y)
    lay_over(image, text, TEXT, x + style.pad, y + style.pad // 4)
    return Rect(x, y, panel.shape[1], panel.shape[0])
