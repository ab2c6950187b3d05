"""Anti-aliased shapes and how they are laid over a picture."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.palette import BACKGROUND, Rgb

Image = NDArray[np.uint8]
_FINER = 4


def lay_over(image: Image, mask: NDArray[np.uint8], colour: Rgb, x: int, y: int) -> None:
    """Colour ``image`` (bgr8, changed in place) where ``mask`` (uint8, 255 covers) is, its corner at x, y; clipped."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = max(0, x), max(0, y), min(width, x + mask.shape[1]), min(height, y + mask.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    patch = image[y0:y1, x0:x1]
    opacity = mask[y0 - y : y1 - y, x0 - x : x1 - x, None].astype(np.uint16)
    bgr = np.array(colour[::-1], np.uint16)
    patch[:] = (patch * (255 - opacity) + bgr * opacity + 127) // 255


@lru_cache(maxsize=4096)
def rounded_mask(width: int, height: int, radius: int, opacity: int = 255) -> NDArray[np.uint8]:
    """Return the mask of a rectangle with rounded corners, (height, width) uint8 up to ``opacity``, read-only."""
    radius = max(0, min(radius, width // 2, height // 2))
    mask = np.full((height, width), opacity, np.uint8)
    if radius:
        side = radius * _FINER
        corner = np.zeros((side, side), np.uint8)
        cv2.circle(corner, (side - 1, side - 1), side - 1, opacity, -1)
        corner = np.asarray(cv2.resize(corner, (radius, radius), interpolation=cv2.INTER_AREA), np.uint8)
        mask[:radius, :radius] = corner
        mask[:radius, -radius:] = corner[:, ::-1]
        mask[-radius:, :radius] = corner[::-1]
        mask[-radius:, -radius:] = corner[::-1, ::-1]
    mask.flags.writeable = False
    return mask


def draw_brackets(image: Image, x: int, y: int, width: int, height: int, colour: Rgb, thickness: int) -> None:
    """Draw the four rounded corners of a box in place, with a dark rim that keeps them visible on any ground."""
    arm = max(2, min(width, height) // 4)
    radius = max(1, arm // 2)
    x1, y1 = x + width - 1, y + height - 1
    strokes: list[NDArray[np.int32]] = []
    for corner_x, corner_y, right, down in ((x, y, 1, 1), (x1, y, -1, 1), (x, y1, 1, -1), (x1, y1, -1, -1)):
        turn = np.linspace(0, np.pi / 2, 9)
        arc = np.stack([1 - np.cos(turn), 1 - np.sin(turn)], axis=1) * radius
        path = np.vstack([[0, arm], arc, [arm, 0]]) * (right, down) + (corner_x, corner_y)
        strokes.append(np.rint(path * 16).astype(np.int32))
    for ink, width_of_line in ((BACKGROUND, thickness + 2), (colour, thickness)):
        cv2.polylines(image, strokes, False, ink[::-1], width_of_line, cv2.LINE_AA, 4)


def draw_dot(image: Image, x: float, y: float, radius: float, colour: Rgb) -> None:
    """Draw a dot with a dark rim in place; x, y and radius in pixels and their fractions."""
    centre = (round(x * 16), round(y * 16))
    cv2.circle(image, centre, round((radius + 1) * 16), BACKGROUND[::-1], -1, cv2.LINE_AA, 4)
    cv2.circle(image, centre, round(radius * 16), colour[::-1], -1, cv2.LINE_AA, 4)
