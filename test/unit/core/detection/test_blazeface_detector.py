from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.detection.blazeface_detector import BlazeFaceDetector, five_landmarks


def test_mouth_corners_lie_along_the_line_of_the_eyes() -> None:
    six = np.array([(10, 20), (30, 20), (20, 32), (21, 42), (0, 25), (40, 25)], np.float32)
    np.testing.assert_allclose(
        five_landmarks(six), [(10, 20), (30, 20), (20, 32), (21 - 8.4, 42), (21 + 8.4, 42)], rtol=1e-6
    )
    # A head that is turned upside down.
    np.testing.assert_allclose(five_landmarks(-six), -five_landmarks(six), rtol=1e-6)


def test_landmarks_come_in_the_order_of_the_person(
    weight: Callable[[str], Path], picture: Callable[[str], NDArray[np.uint8]]
) -> None:
    detector = BlazeFaceDetector(
        "blazeface_full_range", weight("blazeface_full_range"), confidence_threshold=0.6, min_face_size=20
    )
    assert detector.name == "blazeface_full_range"
    (face,) = detector.detect(picture("happy_picture"))
    assert face.landmarks is not None
    assert face.landmarks.shape == (5, 2)
    assert face.landmarks.dtype == face.box.dtype == np.float32
    right_eye, left_eye, nose, mouth_right, mouth_left = face.landmarks
    assert right_eye[0] < nose[0] < left_eye[0]
    assert mouth_right[0] < nose[0] < mouth_left[0]
    assert right_eye[1] < nose[1] < mouth_right[1]
    # By eye: the corners of her laughing, hence wide mouth.
    assert np.abs(mouth_right - (187, 370)).max() < 32
    assert np.abs(mouth_left - (308, 375)).max() < 32
