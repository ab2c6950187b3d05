"""Where a face is in space, from its place and size in the picture of one camera.

A single picture does not tell a small near face from a large far one, so the size of a face is assumed. What that
costs: the eyes of most adults are 50 to 75 mm apart, so they seem at most a quarter further away than they are, or a
sixth nearer. Children (40 mm and more) seem further away, and so does whoever turns the head aside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.faces import LANDMARKS, Roi

#: Metres between an adult's pupils, the mean. N. A. Dodgson, "Variation and extrema of human interpupillary distance",
#: Proc. SPIE 5291 (2004), pages 36-46, doi:10.1117/12.529999; the ranges above are from there too.
EYE_DISTANCE = 0.063
#: Distance of the eyes as a share of the box's width, for detectors without landmarks: medians of 0.39 (BlazeFace) to
#: 0.42 (Haar, dlib) over 48 frontal faces in the pictures and the clip of models/manifest.yaml.
EYES_OF_BOX = 0.4
#: Degrees that an uncalibrated camera is taken to see from left to right. If it sees 70, faces seem 1.2 times as far
#: away as they are; if 50, 0.8 times.
ASSUMED_VIEW = 60.0

_RIGHT_EYE, _LEFT_EYE = LANDMARKS.index("right eye"), LANDMARKS.index("left eye")


@dataclass(frozen=True)
class Pinhole:
    """A camera without distortion: focal lengths and principal point in pixels."""

    fx: float
    fy: float
    cx: float
    cy: float

    @classmethod
    def assumed(cls, width: int, height: int) -> Pinhole:
        """Return an uncalibrated camera's, with ASSUMED_VIEW over ``width`` pixels and square pixels."""
        focal = width / 2 / math.tan(math.radians(ASSUMED_VIEW) / 2)
        return cls(focal, focal, width / 2, height / 2)

    @classmethod
    def calibrated(cls, k: Sequence[float], *, of: tuple[int, int], width: int, height: int) -> Pinhole | None:
        """Return the camera of a calibration; None when there is none (K is zero, as ROS has it).

        k: the nine numbers of K, row by row, for pictures of the width and height ``of``; the picture at hand may have
        another size. The distortion is left out: it moves a face at the picture's edge by less than the distance errs.
        """
        if not (k[0] > 0 and k[4] > 0 and min(of) > 0):
            return None
        across, down = width / of[0], height / of[1]
        return cls(k[0] * across, k[4] * down, k[2] * across, k[5] * down)


@dataclass(frozen=True)
class FacePosition:
    """Metres, in the camera's optical frame: x right, y down, z forward.

    x, y, z: of the box's centre; width and height: of the box at that distance.
    """

    x: float
    y: float
    z: float
    width: float
    height: float


def locate_face(roi: Roi, landmarks: NDArray[np.float32] | None, camera: Pinhole) -> FacePosition:
    """Return where a face is; landmarks as in Face, in pixels of the same picture as ``roi``."""
    eyes = EYES_OF_BOX * roi.width
    if landmarks is not None:
        eyes = float(np.linalg.norm(landmarks[_RIGHT_EYE] - landmarks[_LEFT_EYE]))
    z = EYE_DISTANCE * camera.fx / max(1.0, eyes)
    return FacePosition(
        x=(roi.x_offset + roi.width / 2 - camera.cx) / camera.fx * z,
        y=(roi.y_offset + roi.height / 2 - camera.cy) / camera.fy * z,
        z=z,
        width=roi.width / camera.fx * z,
        height=roi.height / camera.fy * z,
    )
