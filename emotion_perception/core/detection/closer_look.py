"""Finding small faces with a network that sees the picture shrunk: where it is in doubt, it looks again, closer.

A network of 192x192 sees a face of 30 pixels in a 640x480 picture as 9 pixels: too few to be sure, but enough for a
weak score. So a small candidate, neither sure nor hopeless, is not judged by the first look: a part of the picture
around it, 2.5 times smaller, is looked at, again and again if need be; what the closest look says, holds. Other small
faces beside it, too weak for the first look, come to light there too. One near face costs one look as before.

Measured with blazeface_full_range at threshold 0.6 (the pictures of ``factory``): of the faces of 20..32 pixels 16 %
are found in one look and 85 % in closer ones, of 32..48 pixels 70 % and 93 %, of larger ones 94 % and 98 %. Looks per
picture: 1.0 in a clip of one near face, 1.3 in photos of one person, 3.4 in group photos, 1.3 without faces. Letters in
a clip that one look took for a face are seen for what they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.detection.candidates import Candidates, Region, drop_duplicates, overlaps

#: look(image, region, least_score) -> candidates in that region, in pixels of the image.
Look = Callable[[NDArray[np.uint8], Region, float], Candidates]

_ZOOM = 2.5
#: Closer looks at a picture of 640x480; larger ones get more, in proportion to their diagonal.
_LOOKS_AT_VGA = 8
_VGA = 640 * 480
#: Pictures larger than this are also looked at in overlapping tiles of at most this size: a face of 50 pixels alone in
#: a picture of 1920 is too small for a hint. A face smaller than the overlap is whole in some tile. Pixels.
_TILE = 1280
_OVERLAP = 320
#: A closer look must be closer by this factor, or it is not worth it.
_WORTHWHILE = 1.25
#: Candidates smaller than this part of the network's input can be in doubt; a larger one is not seen better closer.
_SMALL = 1 / 8
#: A candidate is looked at as a whole if its centre is this many of its sizes inside a region.
_ROOM = 0.75
#: Of the smallest size that is asked for, what a first rough estimate may miss.
_SIZE_TOLERANCE = 0.8
#: So many doubts are tried as the centre of a closer look: enough to choose from, and crowds stay cheap.
_CENTRES = 32
#: A doubt that overlaps a sure face by more than this is about that face.
_SETTLED = 0.2


class CloserLook:
    """Searches a picture with few looks.

    input_size: side of the network's input. threshold: lowest score of a reported face. smallest: pixels; smaller
    faces are not searched for (but may be reported).
    """

    def __init__(self, look: Look, *, input_size: int, threshold: float, smallest: float) -> None:
        self._look = look
        self._input_size = input_size
        self._threshold = threshold
        self._hopeless = max(0.01, threshold / 4)
        self._sure = threshold + (1 - threshold) / 4
        self._smallest = smallest * _SIZE_TOLERANCE

    def find(self, image: NDArray[np.uint8]) -> Candidates:
        """Return the faces in a (H, W, 3) picture, the best first."""
        height, width = image.shape[:2]
        looks_left = 1 + math.ceil(_LOOKS_AT_VGA * math.sqrt(max(1.0, height * width / _VGA)))
        side: float = max(height, width)
        regions: list[Region] = [(0, 0, width, height)]
        tiles = _tiles(width, height)
        sure: list[Candidates] = []
        while regions:
            looks_left -= len(regions)
            closer = _TILE if tiles else max(side / _ZOOM, self._input_size)
            small = min(_SMALL * side, _OVERLAP) if tiles else _SMALL * side
            if closer * _WORTHWHILE > side:
                small = 0
            doubts = []
            for region in regions:
                found = self._inside(self._look(image, region, self._hopeless), region, width, height)
                doubtful = (found.scores < self._sure) & (found.sizes < small)
                sure.append(found[~doubtful & (found.scores >= self._threshold)])
                doubts.append(found[doubtful & (found.sizes >= self._smallest)])
            if tiles:  # which hold every doubt
                regions, tiles = tiles, []
            else:
                doubt = _unsettled(Candidates.joined(doubts), Candidates.joined(sure)).by_score()
                regions, unseen = _regions(doubt, closer, width, height, looks_left)
                # Where no look is left, the last one holds.
                sure.append(unseen[unseen.scores >= self._threshold])
            side = closer
        return drop_duplicates(Candidates.joined(sure))

    @staticmethod
    def _inside(found: Candidates, region: Region, width: int, height: int) -> Candidates:
        """Without those that a border of the region cuts, unless it is the picture's own: a farther look sees them."""
        if len(found) == 0:
            return found
        # The picture's own borders cut nothing.
        low = np.array([edge if edge > 0 else -math.inf for edge in region[:2]])
        high = np.array(
            [edge if edge < end else math.inf for edge, end in zip(region[2:], (width, height), strict=True)]
        )
        return found[np.all((found.boxes[:, :2] >= low) & (found.boxes[:, 2:] <= high), axis=1)]


def _tiles(width: int, height: int) -> list[Region]:
    """Overlapping parts that cover a picture larger than _TILE; none for one that is not."""
    if max(width, height) <= _TILE:
        return []
    rows, columns = _spans(height), _spans(width)
    return [(x0, y0, x1, y1) for y0, y1 in rows for x0, x1 in columns]


def _spans(length: int) -> list[tuple[int, int]]:
    """The fewest spans of equal length, at most _TILE, that cover 0..length with _OVERLAP or more between them."""
    count = max(1, math.ceil((length - _OVERLAP) / (_TILE - _OVERLAP)))
    span = math.ceil((length + (count - 1) * _OVERLAP) / count)
    return [(start, min(length, start + span)) for start in (i * (span - _OVERLAP) for i in range(count))]


def _unsettled(doubts: Candidates, sure: Candidates) -> Candidates:
    """Those doubts that are not about a face found already."""
    if len(doubts) == 0 or len(sure) == 0:
        return doubts
    settled = np.any(overlaps(doubts.boxes, sure.boxes)[0] > _SETTLED, axis=1)
    return doubts[np.logical_not(settled)]


def _regions(doubts: Candidates, side: float, width: int, height: int, most: int) -> tuple[list[Region], Candidates]:
    """Up to ``most`` squares around doubts that hold as many of them as possible, and the doubts that none holds."""
    regions: list[Region] = []
    picture = np.array((width, height))
    while len(doubts) and len(regions) < most:
        # One square around each of the best doubts, moved into the picture; (N, 2).
        low = np.clip(doubts.centres[:_CENTRES] - side / 2, 0, np.maximum(0, picture - side)).round()
        high = np.minimum(low + round(side), picture)
        # held[i, j]: square i holds doubt j, or its part inside the picture.
        room = (doubts.sizes * np.float32(_ROOM))[:, np.newaxis]
        far_enough = (doubts.centres - room >= low[:, np.newaxis]) | (low[:, np.newaxis] <= 0)
        near_enough = (doubts.centres + room <= high[:, np.newaxis]) | (high[:, np.newaxis] >= picture)
        held = np.all(far_enough & near_enough, axis=2)
        np.fill_diagonal(held, True)
        best = int(held.sum(axis=1).argmax())
        regions.append((int(low[best, 0]), int(low[best, 1]), int(high[best, 0]), int(high[best, 1])))
        doubts = doubts[~held[best]]
    return regions, doubts
