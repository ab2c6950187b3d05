"""What the synthetic source draws: a background with colour bars, and a face."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import SourceError

_SIDE = 512
_BARS = ((192, 192, 192), (0, 192, 192), (192, 192, 0), (0, 192, 0), (192, 0, 192), (0, 0, 192), (192, 0, 0))
_SKIN, _SHADE, _HAIR, _LIP, _WHITE, _DARK = (
    (140, 172, 220),
    (104, 132, 184),
    (32, 44, 62),
    (88, 84, 176),
    (236, 238, 240),
    (24, 26, 30),
)


def draw_background(width: int, height: int) -> NDArray[np.uint8]:
    """Return (height, width, 3) bgr8: a room in greys, and colour bars along the upper edge."""
    shade = np.linspace(150, 70, height, dtype=np.float32)[:, None] + np.linspace(-12, 12, width, dtype=np.float32)
    image = cv2.merge([shade, shade, shade]).astype(np.uint8)
    bar = height // 16
    for index, colour in enumerate(_BARS):
        image[:bar, width * index // len(_BARS) : width * (index + 1) // len(_BARS)] = colour
    return image


def draw_face() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return a drawn, smiling face, (S, S, 3) bgr8, and its opacity, (S, S) 0..1."""
    image = np.full((_SIDE, _SIDE, 3), _HAIR, np.uint8)
    opacity = np.zeros((_SIDE, _SIDE), np.uint8)
    _ellipse(opacity, (256, 236), (176, 216), 255)
    _ellipse(opacity, (256, 290), (160, 216), 255)
    _ellipse(image, (256, 290), (150, 200), _SKIN)
    for side in (-1, 1):
        eye = 256 + side * 64
        _ellipse(image, (eye, 246), (40, 22), _SHADE)
        _ellipse(image, (eye, 248), (32, 17), _WHITE)
        _ellipse(image, (eye, 248), (15, 15), _HAIR)
        _ellipse(image, (eye, 248), (7, 7), _DARK)
        cv2.ellipse(image, (eye, 222), (42, 18), 0, 200, 340, _HAIR, 9, cv2.LINE_AA)
        _ellipse(image, (256 + side * 16, 334), (9, 6), _DARK)
    cv2.ellipse(image, (256, 322), (30, 20), 0, 20, 160, _SHADE, 8, cv2.LINE_AA)
    cv2.line(image, (250, 256), (244, 318), _SHADE, 6, cv2.LINE_AA)
    cv2.ellipse(image, (256, 380), (68, 44), 0, 5, 175, _LIP, -1, cv2.LINE_AA)
    cv2.ellipse(image, (256, 384), (54, 24), 0, 5, 175, _WHITE, -1, cv2.LINE_AA)
    _ellipse(image, (256, 128), (150, 60), _HAIR)
    roundness = 1 - 0.3 * np.linspace(-1.2, 1.2, _SIDE, dtype=np.float32) ** 2
    shaded = cv2.GaussianBlur(image, (0, 0), 3) * roundness[None, :, None]
    return shaded.astype(np.uint8), _softened(opacity, 3)


def load_face(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return the middle square of a picture, (S, S, 3) bgr8, and an opacity that fades towards its edges, (S, S) 0..1.

    Raises SourceError when the file is not a picture.
    """
    try:
        image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        image = None
    if image is None:
        raise SourceError(f"synthetic: face={path} cannot be read as a picture: give a JPEG or PNG file")
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    square = cv2.resize(image[top : top + side, left : left + side], (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    opacity = np.zeros((_SIDE, _SIDE), np.uint8)
    border = _SIDE // 24
    opacity[border:-border, border:-border] = 255
    return np.asarray(square, np.uint8), _softened(opacity, border / 2.5)


def _softened(mask: NDArray[np.uint8], blur: float) -> NDArray[np.float32]:
    """Return a mask of 0 and 255 as opacity 0..1 with soft edges."""
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), blur), np.float32) / np.float32(255)


def _ellipse(
    image: NDArray[np.uint8], centre: tuple[int, int], axes: tuple[int, int], colour: tuple[int, int, int] | int
) -> None:
    cv2.ellipse(image, centre, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)
