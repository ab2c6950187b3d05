"""Crops of faces with level eyes, from which every later stage cuts its own framing.

``align`` makes a wide square: its side is 4 eye distances. Inside lie the framing of FER2013 (side 2.78, cut by
``expression_crop``) and that of dlib's 150 pixel face chip with padding 0.25 (side 2.86, reaching 1.96 below the eyes),
each with room to turn by some degrees.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import ImageError
from emotion_perception.core.faces import Detection

#: Side of the crop that ``align`` makes, pixels.
ALIGNED_SIZE = 224
#: Distance between the eyes in it, and their middle (x, y), pixels.
ALIGNED_EYE_DISTANCE = ALIGNED_SIZE / 4
ALIGNED_EYES = (ALIGNED_SIZE / 2, 0.425 * ALIGNED_SIZE)

#: A face seen from the front, in eye distances from the middle of the eyes, x to its left and y down; in the order of
#: faces.LANDMARKS. Mouth: medians of 219 frontal faces; the nose tip is not used, as it moves most when a head turns.
_FRONTAL = np.array([(-0.5, 0.0), (0.5, 0.0), (0.0, 0.6), (-0.42, 1.0), (0.42, 1.0)])
#: The eyes say most; the mouth keeps the scale when a turned head brings the eyes together.
_WEIGHTS = np.array([1.0, 1.0, 0.0, 0.5, 0.5]) / 3.0
#: The same face in the crop, x + iy in pixels: its weighted middle, and its points from there.
_TARGETS = (_FRONTAL[:, 0] + 1j * _FRONTAL[:, 1]) * ALIGNED_EYE_DISTANCE + complex(*ALIGNED_EYES)
_TARGETS_MIDDLE = _WEIGHTS @ _TARGETS
_CENTRED_TARGETS = _TARGETS - _TARGETS_MIDDLE

#: Where a box without landmarks has its eyes: middle (x, y) and distance in parts of its width (medians of 299
#: BlazeFace boxes of frontal faces; the boxes of haar and dlib_hog are brought to the same extent).
_BOX_EYES = (0.51, 0.33)
_BOX_EYE_DISTANCE = 0.40

#: Framing of FER2013's pictures: side of the square in eye distances, and the height of the eyes in it.
_FER_SIDE = 1 / 0.36
_FER_EYES_Y = 0.40

#: From this many source pixels per pixel of the crop on, the source is shrunk first, as bilinear sampling would skip
#: pixels.
_SHRINK_FROM = 2.0


def align(image: NDArray[np.uint8], detection: Detection) -> NDArray[np.uint8]:
    """Cut a face out of a (H, W, 3) uint8 picture: (ALIGNED_SIZE, ALIGNED_SIZE, 3) uint8, same colour order.

    Similarity transform (turn, scale, shift; no mirroring) of the landmarks, or from the box alone, unturned, if there
    are none or they are no face. What lies outside the picture repeats its border.
    """
    matrix = _from_landmarks(detection.landmarks)
    if matrix is None:
        matrix = _from_box(detection)
    shrink = int(1 / (np.hypot(matrix[0, 0], matrix[1, 0]) * _SHRINK_FROM))
    if shrink > 1:
        image, matrix = _shrunk(image, matrix, shrink)
    return cv2.warpAffine(
        image, matrix, (ALIGNED_SIZE, ALIGNED_SIZE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def require_aligned(aligned: NDArray[np.uint8]) -> None:
    """Raise ImageError unless ``aligned`` is what ``align`` makes of a colour picture."""
    if aligned.shape != (ALIGNED_SIZE, ALIGNED_SIZE, 3) or aligned.dtype != np.uint8:
        raise ImageError(
            f"an aligned face must be uint8 of shape ({ALIGNED_SIZE}, {ALIGNED_SIZE}, 3), not {aligned.dtype}"
            f" {aligned.shape}: cut it with core.alignment.align."
        )


def expression_crop(aligned: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Cut FER2013's framing out of an aligned crop (S, S) or (S, S, 3): (size, size) or (size, size, 3) uint8.

    Eyes at x 0.32 and 0.68 and y 0.40, as the median of that data set.
    """
    scale = aligned.shape[0] / ALIGNED_SIZE
    side = round(ALIGNED_EYE_DISTANCE * _FER_SIDE * scale)
    left = round(ALIGNED_EYES[0] * scale - side / 2)
    top = round(ALIGNED_EYES[1] * scale - side * _FER_EYES_Y)
    crop = aligned[top : top + side, left : left + side]
    return cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA if size < side else cv2.INTER_LINEAR)


def _from_landmarks(landmarks: NDArray[np.float32] | None) -> NDArray[np.float64] | None:
    """(2, 3) matrix from the picture to the crop, None without usable landmarks.

    Weighted least squares over the similarities that take the landmarks to _FRONTAL, in closed form. With points as
    complex numbers p and targets q, both less their weighted means, z -> a z + b minimises the error for
    a = sum(w conj(p) q) / sum(w |p|^2).
    """
    if landmarks is None or not np.isfinite(landmarks).all():
        return None
    points = landmarks[:, 0].astype(np.float64) + 1j * landmarks[:, 1]
    middle = _WEIGHTS @ points
    points -= middle
    spread = _WEIGHTS @ np.abs(points) ** 2
    if spread < 0.25:  # pixels squared: all in one place
        return None
    turn = (_WEIGHTS @ (points.conj() * _CENTRED_TARGETS)) / spread
    if turn == 0:
        return None
    shift = _TARGETS_MIDDLE - turn * middle
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def _from_box(detection: Detection) -> NDArray[np.float64]:
    width = max(1.0, detection.width)
    scale = ALIGNED_EYE_DISTANCE / (_BOX_EYE_DISTANCE * width)
    eyes = (
        float(detection.box[0]) + _BOX_EYES[0] * width,
        float(detection.box[1]) + _BOX_EYES[1] * max(1.0, detection.height),
    )
    return np.array([[scale, 0.0, ALIGNED_EYES[0] - scale * eyes[0]], [0.0, scale, ALIGNED_EYES[1] - scale * eyes[1]]])


def _shrunk(
    image: NDArray[np.uint8], matrix: NDArray[np.float64], factor: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Shrink the part of the picture that the crop needs by a whole factor, averaging; and the matrix to match."""
    height, width = image.shape[:2]
    corners = np.array([(x, y, 1) for x in (0, ALIGNED_SIZE) for y in (0, ALIGNED_SIZE)], np.float64)
    back = cv2.invertAffineTransform(matrix)
    needed = corners @ back.T
    margin = 2 * factor
    x0, y0 = np.clip(np.floor(needed.min(axis=0)) - margin, 0, (width - factor, height - factor)).astype(int)
    x1, y1 = np.ceil(needed.max(axis=0)).astype(int) + margin
    part = image[y0 : max(y1, y0 + factor), x0 : max(x1, x0 + factor)]
    size = max(1, part.shape[1] // factor), max(1, part.shape[0] // factor)
    part = part[: size[1] * factor, : size[0] * factor]
    # Pixel centres: pixel i of the small picture averages pixels factor * i .. factor * i + factor - 1 of the part.
    middle = (factor - 1) / 2
    shift = matrix @ (x0 + middle, y0 + middle, 1)
    return cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.column_stack((matrix[:, :2] * factor, shift))
