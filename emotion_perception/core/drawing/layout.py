"""Where tags and cards go, so that they hide as little as possible of the faces and of each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Rect:
    """A rectangle in whole pixels."""

    x: int
    y: int
    width: int
    height: int

    def overlap(self, other: Rect) -> int:
        """Return the area that both cover, in pixels."""
        width = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        height = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return max(0, width) * max(0, height)


@dataclass(frozen=True)
class Placement:
    """A place that was found: the rectangle, and the part of it (0..1) that covers something else."""

    rect: Rect
    hidden: float


def place_card(
    face: Rect, width: int, height: int, gap: int, picture: Rect, taken: Iterable[Rect], *, alone: bool
) -> Placement:
    """Return the best place for a card of that size beside a face, or in a corner when there is no other face.

    Earlier candidates win ties, so that a card stays on its side while its face moves.
    """
    right, left = face.x + face.width + gap, face.x - width - gap
    top, bottom = face.y, face.y + face.height - height
    candidates = [(right, top), (left, top), (right, bottom), (left, bottom)]
    candidates += [(face.x, face.y + face.height + gap), (face.x, face.y - height - gap)]
    if alone:
        far_x, far_y = picture.width - width - gap, picture.height - height - gap
        candidates += [(far_x, far_y), (gap, far_y), (far_x, gap), (gap, gap)]
    return _least_hiding(candidates, width, height, gap, picture, taken)


def place_tag(face: Rect, width: int, height: int, gap: int, picture: Rect, taken: Iterable[Rect]) -> Placement:
    """Return the best place for a tag of that size: over the face, under it, or inside its upper or lower edge."""
    above, below = face.y - height - gap, face.y + face.height + gap
    middle, right = face.x + (face.width - width) // 2, face.x + face.width - width
    candidates = [(x, y) for y in (above, below) for x in (face.x, middle, right)]
    candidates += [(face.x + gap, face.y + gap), (face.x + gap, face.y + face.height - height - gap)]
    return _least_hiding(candidates, width, height, 0, picture, taken)


def _least_hiding(
    candidates: Iterable[tuple[int, int]], width: int, height: int, margin: int, picture: Rect, taken: Iterable[Rect]
) -> Placement:
    """Return the candidate that covers least of what is taken, moved into the picture where it reaches outside."""
    others = list(taken)
    best: Placement | None = None
    for x, y in candidates:
        inside_x = max(margin, min(x, picture.width - width - margin))
        inside_y = max(margin, min(y, picture.height - height - margin))
        rect = Rect(inside_x, inside_y, width, height)
        hidden = sum(rect.overlap(other) for other in others) / (width * height)
        if best is None or hidden < best.hidden - 0.01:
            best = Placement(rect, hidden)
    assert best is not None
    return best
