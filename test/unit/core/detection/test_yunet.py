from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.detection import create_detector
from emotion_perception.core.errors import ModelError


class Zoo:
    """What OpenCV documents of FaceDetectorYN: rows of x, y, w, h, five points (right eye first), score."""

    sizes: list[tuple[int, int]] = []  # noqa: RUF012

    def setInputSize(self, size: tuple[int, int]) -> None:  # noqa: N802
        self.sizes.append(size)

    def detect(self, image: NDArray[np.uint8]) -> tuple[int, NDArray[np.float32] | None]:
        if not image.any():
            return 0, None
        points = [110, 60, 140, 61, 125, 75, 112, 90, 138, 91]
        return 1, np.array([[100, 40, 50, 70, *points, 0.87]], np.float32)


def test_rows_become_faces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cv2.FaceDetectorYN, "create", lambda *_: Zoo())
    path = tmp_path / "face_detection_yunet_2023mar.onnx"
    path.touch()
    detector = create_detector("yunet", model_path=path)
    (face,) = detector.detect(np.full((480, 640, 3), 9, np.uint8))
    np.testing.assert_array_equal(face.box, (100, 40, 150, 110))
    assert face.confidence == pytest.approx(0.87)
    assert face.landmarks is not None
    np.testing.assert_array_equal(face.landmarks, [(110, 60), (140, 61), (125, 75), (112, 90), (138, 91)])
    assert Zoo.sizes[-1] == (640, 480)
    assert detector.detect(np.zeros((480, 640, 3), np.uint8)) == []


def test_without_a_file_it_says_where_to_get_one() -> None:
    with pytest.raises(ModelError, match=r"face_detection_yunet_2023mar\.onnx .* set model_path"):
        create_detector("yunet")
