"""What every face detector offers, and which pictures they take."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import ImageError
from emotion_perception.core.faces import Detection


class Detector(Protocol):
    """Finds faces in one picture at a time; keeps nothing between pictures, so equal pictures give equal faces.

    Not thread-safe: a detector belongs to one thread at a time.
    """

    @property
    def name(self) -> str:
        """The backend's name, for people."""

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Find the faces in ``image``, (H, W, 3) uint8 bgr of any size from 1x1 up; landmarks are five or None."""


def require_bgr(image: NDArray[np.uint8]) -> None:
    """Raise ImageError unless ``image`` is what a detector takes: (H, W, 3), uint8, at least one pixel."""
    if not isinstance(image, np.ndarray):
        raise ImageError(f"an image must be a NumPy array, not {type(image).__name__}: convert it first.")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ImageError(
            f"an image must be uint8 of shape (height, width, 3), not {image.dtype} {image.shape}: convert it to bgr8."
        )
    if image.size == 0:
        raise ImageError(f"an image of {image.shape[1]}x{image.shape[0]} pixels holds nothing: check its source.")
