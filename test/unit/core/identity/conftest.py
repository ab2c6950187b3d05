from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.alignment import align
from emotion_perception.core.detection import create_detector


@pytest.fixture
def aligned_face(asset: Callable[[str], Path]) -> Callable[[str], NDArray[np.uint8]]:
    """aligned_face("happy_picture") -> the aligned crop of its best face."""

    def cut(name: str) -> NDArray[np.uint8]:
        image = cv2.imread(str(asset(name)))
        assert image is not None
        detector = create_detector(
            "blazeface_full_range", confidence_threshold=0.5, min_face_size=20, max_faces=1, image_scale=1.0
        )
        (found,) = detector.detect(np.asarray(image, np.uint8))
        return align(np.asarray(image, np.uint8), found)

    return cut
