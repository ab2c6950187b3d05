from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from emotion_perception.training.dataset import Dataset

#: The astronaut's face in skimage's picture: x, y, width, height.
FACE = (180, 75, 90, 90)


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """(512, 512, 3) uint8 RGB, one face."""
    return np.asarray(skimage.data.astronaut(), np.uint8)


@pytest.fixture(scope="session")
def portrait(astronaut: NDArray[np.uint8]) -> Callable[[int], NDArray[np.uint8]]:
    """portrait(7) -> (48, 48) grey face, turned and darkened by the number: each differs from the others."""
    x, y, width, height = FACE

    def make(number: int) -> NDArray[np.uint8]:
        matrix = cv2.getRotationMatrix2D((x + width / 2, y + height / 2), number % 17 - 8, 1.0)
        turned = cv2.warpAffine(astronaut, matrix, astronaut.shape[1::-1])[y : y + height, x : x + width]
        grey = cv2.resize(cv2.cvtColor(turned, cv2.COLOR_RGB2GRAY), (48, 48), interpolation=cv2.INTER_AREA)
        grey[0, :4] = [number >> 24 & 255, number >> 16 & 255, number >> 8 & 255, number & 255]
        return np.asarray(grey, np.uint8)

    return make


@pytest.fixture
def dataset(portrait: Callable[[int], NDArray[np.uint8]]) -> Callable[..., Dataset]:
    """dataset(70) -> pictures that all differ; labels go round the classes; every fifth row is PublicTest."""

    def make(count: int, *, first: int = 0, **changes: object) -> Dataset:
        numbers = np.arange(count)
        parts: dict[str, object] = {
            "images": np.stack([portrait(first + number) for number in range(count)]),
            "labels": (numbers % 7).astype(np.uint8),
            "splits": np.where(numbers % 5 == 4, "PublicTest", "Training"),
            "name": "faces",
        }
        return Dataset(**(parts | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture
def save(astronaut: NDArray[np.uint8]) -> Callable[..., Path]:
    """save(path, 3) -> path, where a 48 pixel face that the number marks now is, in the format of its suffix."""

    def write(path: Path, number: int = 0, size: int = 48) -> Path:
        x, y, width, height = FACE
        face = cv2.resize(astronaut[y : y + height, x : x + width], (size, size))
        face[:4, :4] = number
        path.parent.mkdir(parents=True, exist_ok=True)
        encoded = cv2.imencode(path.suffix, cv2.cvtColor(face, cv2.COLOR_RGB2BGR))[1]
        path.write_bytes(encoded.tobytes())
        return path

    return write
