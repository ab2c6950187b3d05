"""Face candidates as arrays, and the suppression of those that mean the same face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: x0, y0, x1, y1 of a part of the picture, whole pixels, x1 and y1 exclusive.
Region = tuple[int, int, int, int]

#: Two candidates of one look mean the same face above this intersection over union (MediaPipe's value).
SAME_FACE = 0.3
#: Candidates of different looks also do if this part of the smaller one lies in the other: a look that saw only half
#: of a face, or took a mouth for one, is told by it, where the intersection over union is small.
INSIDE = 0.6


@dataclass(frozen=True, eq=False)
class Candidates:
    """N possible faces. boxes: (N, 4) x0 y0 x1 y1; scores: (N,) 0..1; points: (N, K, 2) x y; float32, pixels."""

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    points: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, which: NDArray[Any]) -> Candidates:
        """Return those that a boolean mask or an array of indices selects."""
        return Candidates(self.boxes[which], self.scores[which], self.points[which])

    @property
    def sizes(self) -> NDArray[np.float32]:
        """(N,) the shorter side of each box."""
        return (self.boxes[:, 2:] - self.boxes[:, :2]).min(axis=1)

    @property
    def centres(self) -> NDArray[np.float32]:
        """(N, 2) x, y."""
        return (self.boxes[:, :2] + self.boxes[:, 2:]) / np.float32(2)

    @classmethod
    def joined(cls, parts: Sequence[Candidates]) -> Candidates:
        """All candidates of ``parts``, of which there is at least one."""
        return cls(
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.points for part in parts]),
        )

    def by_score(self) -> Candidates:
        """The best first; equal ones keep their order, so that the result does not depend on chance."""
        return self[np.argsort(-self.scores, kind="stable")]


def overlaps(
    boxes: NDArray[np.float32], others: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Intersection over union, and over the smaller of the two, of each of (M, 4) boxes with each of (N, 4); (M, N)."""
    boxes = boxes[:, np.newaxis]
    sides = np.maximum(np.minimum(boxes[..., 2:], others[:, 2:]) - np.maximum(boxes[..., :2], others[:, :2]), 0)
    common = sides[..., 0] * sides[..., 1]
    area, areas = _areas(boxes), _areas(others)
    return common / (area + areas - common), common / np.minimum(area, areas)


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def average_duplicates(found: Candidates) -> Candidates:
    """Weighted suppression, as MediaPipe's non_max_suppression_calculator does it in its WEIGHTED mode.

    The best candidate of each group of overlapping ones keeps its score and takes the mean box and points of the group,
    weighted by score: steadier from frame to frame than those of any one of them. Returns the best first.
    """
    rest = found.by_score()
    same = overlaps(rest.boxes, rest.boxes)[0] > SAME_FACE
    np.fill_diagonal(same, True)
    merged: list[Candidates] = []
    left = np.ones(len(rest), bool)
    for index in range(len(rest)):
        if left[index]:
            group = rest[same[index] & left]
            weights = group.scores / group.scores.sum()
            boxes = weights @ group.boxes
            points = (weights @ group.points.reshape(len(group), -1)).reshape(1, -1, 2)
            merged.append(Candidates(boxes[np.newaxis], group.scores[:1], points))
            left &= ~same[index]
    return Candidates.joined(merged) if merged else found


def drop_duplicates(found: Candidates) -> Candidates:
    """Of candidates that mean the same face, seen in different looks, keep the best; returns the best first."""
    rest = found.by_score()
    union, smaller = overlaps(rest.boxes, rest.boxes)
    other = (union <= SAME_FACE) & (smaller <= INSIDE)
    kept = np.zeros(len(rest), bool)
    open_ = np.ones(len(rest), bool)
    for index in range(len(rest)):
        if open_[index]:
            kept[index] = True
            open_ &= other[index]
    return rest[kept]
