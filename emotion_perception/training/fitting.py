"""Pictures of a dataset as a network takes them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.training.architectures.registry import Input


def fitted(pictures: NDArray[np.uint8], wanted: Input) -> NDArray[np.uint8]:
    """Bring (N, H, W) grey or (N, H, W, 3) RGB pictures to (N, S, S, C), as the robot does with a face's crop.

    Resized by area where that shrinks them, else bilinearly; grey by the weights of ITU-R BT.601.
    """
    count, height, width = pictures.shape[:3]
    size = wanted.size
    if (height, width) != (size, size):
        way = cv2.INTER_AREA if height > size else cv2.INTER_LINEAR
        resized = np.empty((count, size, size, *pictures.shape[3:]), np.uint8)
        for source, target in zip(pictures, resized, strict=True):
            target[:] = cv2.resize(source, (size, size), interpolation=way)
        pictures = resized
    if pictures.ndim == 3:
        return np.repeat(pictures[..., np.newaxis], wanted.channels, axis=3)
    if wanted.channels == 1:
        grey = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in pictures]
        return np.stack(grey)[..., np.newaxis].astype(np.uint8)
    return pictures
