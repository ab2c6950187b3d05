"""What one frame shows of one face, and how much room there is around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.faces import Detection

#: Distance of two faces' centres, in sizes of the larger one, under which one may hide or be taken for the other.
TOGETHER = 1.1
#: And from which neither spoils what the other one looks like.
ALONE = 1.7
#: Beyond this all distances are the same.
FAR = 10.0


@dataclass(frozen=True, eq=False)
class Sighting:
    """A detection with what the tracker made of it.

    stamp: of its frame, in seconds.
    looks: its descriptor (see `appearance.describe`).
    room: distance to the nearest other face, seen or hidden, in face sizes; at most FAR.
    brightness: mean of the whole frame, 0..255.
    """

    detection: Detection
    stamp: float
    looks: NDArray[np.float32]
    room: float
    brightness: float

    @property
    def together(self) -> bool:
        """Whether another face is so near that one may hide the other."""
        return self.room < TOGETHER

    @property
    def alone(self) -> bool:
        """Whether no other face spoils what this one looks like."""
        return self.room >= ALONE


def distances(boxes: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float64]:
    """Distances (N, M) of the centres of ``boxes`` (N, 4) and ``others`` (M, 4), in sizes of a pair's larger face."""
    (x, y, size), (other_x, other_y, other_size) = _columns(boxes), _columns(others)
    apart = np.hypot(x[:, None] - other_x, y[:, None] - other_y)
    return np.asarray(apart / np.maximum(np.maximum(size[:, None], other_size), 1.0), dtype=np.float64)


def _columns(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3, N): centre x, y and the longer side in pixels."""
    low, high = boxes[:, :2], boxes[:, 2:]
    return np.vstack(((low + high).T / 2, (high - low).max(axis=1)))
