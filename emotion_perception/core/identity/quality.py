"""How well a person can be known from one look: is the face sharp, turned to the camera, and large enough?

What spoils a look was measured by making one picture of each pair worse: how many pairs of one person are no longer
within dlib_resnet's threshold, of 76 in colour (25 portraits of serengil/deepface's tests, faces of 350 pixels) and of
240 in grey (ORL, of 78 pixels). Of nearly 130,000 pairs of different people one came within it: bad looks make people
unknown, hardly ever somebody else.

========================== ======== ====== ==== =========================
the worse picture          colour % grey % size sharpness (colour, grey)
========================== ======== ====== ==== =========================
as it is                          5      8      1.00 0.92
shrunk                           13      7   60 0.81 0.71
shrunk                           36      9   40 0.63 0.58
shrunk                           51     15   30 0.51 0.49
blurred, 1 % of the width        22      8      0.68 0.60
blurred, 1.5 %                   38     10      0.49 0.44
blurred, 2 %                     61     23      0.37 0.34
shaken by 5 % of the width       37     12      0.62 0.54
shaken by 7.5 %                  88     27      0.46 0.40
shaken by 10 %                   97     66      0.35 0.33
========================== ======== ====== ==== =========================

(Blurred: standard deviation of a Gaussian. Sharpness: median, as below.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.alignment import require_aligned
from emotion_perception.core.faces import Roi

#: From here on a look is worth an embedding. Sharpness, see Quality: below, one look in three or more fails (colour).
#: Frontality: 0.3 is a nose that points past the middle of the eyes by a third of their distance. Size: pixels.
GOOD_SHARPNESS = 0.5
GOOD_FRONTALITY = 0.3
GOOD_SIZE = 40

#: Of the face from brows to chin in an aligned crop: top, bottom, left, right, pixels.
_INNER = (56, 184, 48, 176)
#: Curvature of a sharp picture, 80 pixels wide and more.
_SHARP = 0.25
#: Where the nose tip is when a face no longer counts as frontal at all: distance from the middle of the eyes, along
#: the line between them, in eye distances. A portrait turned by 45 degrees has 0.51, frontal ones up to 0.1.
_PROFILE = 0.5
#: Size from which more pixels do not help.
_LARGE = 80


@dataclass(frozen=True)
class Quality:
    """One look at a face.

    sharpness: 0..1, of the least sharp direction, so that a shaken picture is not sharp; nor is a small face, enlarged.
    frontality: 0..1, 1 facing the camera, 0 at 45 degrees; 1 without landmarks, as detectors that give none find
        frontal faces only.
    size: shorter side of the face's box in the picture, pixels; a face that the border cuts counts with what is there.
    score: 0..1, the product of all three (size: in parts of 80 pixels, at most 1); of two looks, the higher is better.
    """

    sharpness: float
    frontality: float
    size: int
    score: float

    @property
    def good(self) -> bool:
        """Whether the look is worth an embedding: none of the three is below its GOOD_* limit."""
        return self.sharpness >= GOOD_SHARPNESS and self.frontality >= GOOD_FRONTALITY and self.size >= GOOD_SIZE


def assess(aligned: NDArray[np.uint8], landmarks_in_image: NDArray[np.float32] | None, roi: Roi) -> Quality:
    """Judge a face by its aligned crop (224, 224, 3) uint8 bgr, its landmarks (5, 2), pixels, and its box.

    ImageError if the crop is none.
    """
    require_aligned(aligned)
    sharpness = min(1.0, _least_curvature(aligned) / _SHARP)
    frontality = _frontality(landmarks_in_image)
    size = min(roi.width, roi.height)
    return Quality(sharpness, frontality, size, sharpness * frontality * min(1.0, size / _LARGE))


def _least_curvature(aligned: NDArray[np.uint8]) -> float:
    """Root mean square of the second derivative of the grey values, over their standard deviation.

    Of the four directions (level, upright, both diagonals), the one with the least. A little smoothing comes first, so
    that noise does not pass for detail, and the crop has one size whatever the face had.
    """
    top, bottom, left, right = _INNER
    grey = cv2.cvtColor(aligned[top:bottom, left:right], cv2.COLOR_BGR2GRAY).astype(np.float32)
    contrast = float(grey.std())
    if contrast < 1:  # of 255: nothing to see
        return 0.0
    grey = cv2.GaussianBlur(grey, (0, 0), 1.0)
    xx, yy, xy = (cv2.Sobel(grey, cv2.CV_32F, dx, dy, ksize=3).ravel() for dx, dy in ((2, 0), (0, 2), (1, 1)))
    # The second derivative along the direction (c, s) is c c xx + 2 c s xy + s s yy.
    directions = np.array([(1, 0, 0), (0, 1, 0), (0.5, 0.5, 1), (0.5, 0.5, -1)])
    moments = np.array([[float(a @ b) for b in (xx, yy, xy)] for a in (xx, yy, xy)]) / xx.size
    least = float(np.einsum("di,ij,dj->d", directions, moments, directions).min())
    return math.sqrt(max(0.0, least)) / contrast


def _frontality(landmarks: NDArray[np.float32] | None) -> float:
    if landmarks is None:
        return 1.0
    right_eye, left_eye, nose = (point.astype(np.float64) for point in landmarks[:3])
    between = left_eye - right_eye
    squared = float(between @ between)
    if not 0 < squared < math.inf:
        return 0.0
    aside = abs(float((nose - (right_eye + left_eye) / 2) @ between)) / squared
    return max(0.0, 1 - aside / _PROFILE)
