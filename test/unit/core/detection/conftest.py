from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture(scope="session")
def picture(asset: Callable[[str], Path]) -> Callable[[str], NDArray[np.uint8]]:
    """picture("group_picture") -> (H, W, 3) uint8 bgr."""

    def read(name: str) -> NDArray[np.uint8]:
        image = cv2.imread(str(asset(name)))
        assert image is not None, name
        return np.asarray(image, np.uint8)

    return read
