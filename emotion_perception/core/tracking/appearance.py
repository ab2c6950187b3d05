"""What a face looks like, cheaply: two gradient patches and a colour histogram, and the odds that two are one person.

No learned embedding: this runs on every face of every frame. It tells a person from the one of the frame before, or
from someone who stood beside them, not from everybody in the world.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.faces import Detection

_CHIP: Final = 64  # side of the picture that is cut out, in its own pixels
_REACH: Final = 3.0  # and in face sizes
_CELLS: Final = 6
_BINS: Final = (8, 10, 10)
_COLOURS: Final = (0, 256, 78, 178, 78, 178)  # range of CIELAB as OpenCV scales it; skin, hair and cloth lie inside

_GRADIENT: Final = _CELLS * _CELLS * 4
_SURROUNDINGS: Final = slice(0, _GRADIENT)
_FACE: Final = slice(_GRADIENT, 2 * _GRADIENT)
_SKIN: Final = slice(2 * _GRADIENT, 2 * _GRADIENT + math.prod(_BINS))

#: Length of a descriptor.
LENGTH: Final = _SKIN.stop

# Logistic regression of "another person" on the three distances (see `different`), on pairs 0.5 s and more apart.
_WITH_SURROUNDINGS: Final = (17.7, 3.3, 11.6, -9.6)
_FACE_ALONE: Final = (0.0, 12.5, 14.4, -8.7)


def prepare() -> None:
    """Let OpenCV make its tables of CIELAB, which takes 0.2 s once, before a picture waits for them."""
    _colours(np.zeros((1, 1, 3), np.uint8))


def describe(image: NDArray[np.uint8], detection: Detection, *, gain: float = 1.0) -> NDArray[np.float32]:
    """Descriptor (LENGTH,) of the face ``detection`` in ``image`` (H, W, 3; bgr8): three parts of length one each.

    Gradients of the head with its surroundings (3 face sizes), gradients of the face alone (1.5 face sizes), colours of
    hair and skin after multiplying the image by ``gain``. Gradients ignore brightness, colours do not.
    """
    chip = _cut(image, detection)
    if gain != 1.0:
        chip = cv2.convertScaleAbs(chip, alpha=gain)
    grey = cv2.cvtColor(chip, cv2.COLOR_BGR2GRAY)
    half, quarter = _CHIP // 2, _CHIP // 4
    descriptor = np.empty(LENGTH, np.float32)
    descriptor[_SURROUNDINGS] = _gradients(cv2.resize(grey, (half, half), interpolation=cv2.INTER_AREA))
    descriptor[_FACE] = _gradients(grey[quarter : quarter + half, quarter : quarter + half])
    descriptor[_SKIN] = _colours(chip[16:50, 24:40])
    return descriptor


def different(known: NDArray[np.float32], seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log-odds, (M, N), that each of ``seen`` (N, LENGTH) is somebody else than each of ``known`` (M, LENGTH)."""
    _, face, head, bias = _FACE_ALONE
    odds = face * _distance(known, seen, _FACE) + head * _distance(known, seen, _SKIN) + bias
    return np.asarray(odds, dtype=np.float32)


def different_in_place(
    known: NDArray[np.float32], seen: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The same, and once more with what is around the faces (not to be compared after they moved or met others)."""
    faces, skins = _distance(known, seen, _FACE), _distance(known, seen, _SKIN)
    _, face, head, bias = _FACE_ALONE
    alone = face * faces + head * skins + bias
    around, face, head, bias = _WITH_SURROUNDINGS
    amid = face * faces + head * skins + bias + around * _distance(known, seen, _SURROUNDINGS)
    return np.asarray(alone, dtype=np.float32), np.asarray(amid, dtype=np.float32)


def _distance(known: NDArray[np.float32], seen: NDArray[np.float32], part: slice) -> NDArray[np.float32]:
    """Hellinger distance of the parts, 0..1: both hold square roots of non-negative values, of length one."""
    return np.asarray(np.sqrt(np.maximum(0.0, 1.0 - known[:, part] @ seen[:, part].T)), dtype=np.float32)


def _cut(image: NDArray[np.uint8], detection: Detection) -> NDArray[np.uint8]:
    """The square of _REACH face sizes around the face as _CHIP x _CHIP pixels; past the border its edge is repeated."""
    side = max(_REACH * max(detection.width, detection.height), 2.0)
    scale = 2 * _CHIP / side  # sampled twice as densely and averaged, against aliasing at a cost that does not grow
    x, y = (float(v) for v in detection.centre)
    window = np.array([[scale, 0.0, _CHIP - scale * x], [0.0, scale, _CHIP - scale * y]])
    dense = cv2.warpAffine(image, window, (2 * _CHIP, 2 * _CHIP), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(dense, (_CHIP, _CHIP), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _gradients(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Rectified gradients (right, left, down, up) summed over _CELLS x _CELLS cells; their root, of length one."""
    x, y = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    rectified = cv2.max(cv2.merge((x, -x, y, -y)), 0.0)
    cells = cv2.resize(rectified, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA).ravel()
    return np.asarray(np.sqrt(cells / (cells.sum() + 1e-6)), dtype=np.float32)


def _colours(patch: NDArray[np.uint8]) -> NDArray[np.float32]:
    lab = cv2.cvtColor(patch, cv2.COLOR_BGR2LAB)
    counts = cv2.calcHist([lab], [0, 1, 2], None, list(_BINS), list(_COLOURS)).ravel()
    return np.asarray(np.sqrt(counts / (counts.sum() + 1e-6)), dtype=np.float32)
