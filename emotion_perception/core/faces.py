"""The values that travel through face perception: a detection, a region of interest, a tracked face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Order of the five landmarks; "right" is the person's own right, which an unmirrored picture shows on its left.
LANDMARKS = ("right eye", "left eye", "nose tip", "mouth right", "mouth left")


@dataclass(frozen=True)
class Roi:
    """A rectangle in whole pixels, inside the image it was cut from (as sensor_msgs/RegionOfInterest)."""

    x_offset: int
    y_offset: int
    width: int
    height: int

    @classmethod
    def clipped(cls, box: NDArray[np.floating], image_width: int, image_height: int) -> Roi | None:
        """Round ``box`` (x0, y0, x1, y1; pixels) outwards and clip it to the image; None if nothing is left."""
        x0, y0 = max(0, int(np.floor(box[0]))), max(0, int(np.floor(box[1])))
        x1, y1 = min(image_width, int(np.ceil(box[2]))), min(image_height, int(np.ceil(box[3])))
        return cls(x0, y0, x1 - x0, y1 - y0) if x1 > x0 and y1 > y0 else None


@dataclass(frozen=True, eq=False)
class Detection:
    """One face as a detector reports it.

    box: (4,) float32, x0 y0 x1 y1 in pixels of the source image, may reach outside it.
    confidence: 0..1.
    landmarks: (5, 2) float32 pixels in the order of LANDMARKS, or None when the detector has none.
    """

    box: NDArray[np.float32]
    confidence: float
    landmarks: NDArray[np.float32] | None = None

    @property
    def width(self) -> float:
        """Pixels."""
        return float(self.box[2] - self.box[0])

    @property
    def height(self) -> float:
        """Pixels."""
        return float(self.box[3] - self.box[1])

    @property
    def centre(self) -> NDArray[np.float32]:
        """(2,) x, y in pixels."""
        return (self.box[:2] + self.box[2:]) / np.float32(2)


@dataclass(frozen=True, eq=False)
class Face:
    """A detection with the id of its track and the crop that later stages work on.

    id: of the track, not of a person; never reused in a run.
    roi: the box, clipped to the image.
    aligned: (S, S, 3) uint8 bgr8, eyes level, wide margin (see core.alignment).
    """

    id: str
    confidence: float
    roi: Roi
    landmarks: NDArray[np.float32] | None
    aligned: NDArray[np.uint8]
