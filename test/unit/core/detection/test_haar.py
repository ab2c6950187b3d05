from __future__ import annotations

import sys

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.detection import create_detector
from emotion_perception.core.detection.haar import HaarDetector
from emotion_perception.core.errors import ModelError


class Cascade:
    """OpenCV's cascade with one answer."""

    def __init__(self, margin: float) -> None:
        self.margin = margin

    def detectMultiScale3(  # noqa: N802
        self, image: NDArray[np.uint8], **_: object
    ) -> tuple[list[tuple[int, int, int, int]], list[int], list[float]]:
        return [(100, 50, 200, 200)], [25], [self.margin]


def test_the_box_is_narrowed_to_the_face(monkeypatch: pytest.MonkeyPatch) -> None:
    detector = HaarDetector(None, min_face_size=20)
    monkeypatch.setattr(detector, "_cascade", Cascade(3.0))
    (face,) = detector.detect(np.zeros((480, 640, 3), np.uint8))
    np.testing.assert_allclose(face.box, (106, 68, 286, 248))
    assert face.confidence == pytest.approx(0.5)


@pytest.mark.parametrize(("margin", "confidence"), [(9.0, 0.9975), (-1e9, 0.0), (1e9, 1.0)])
def test_confidence_grows_with_the_margin(margin: float, confidence: float, monkeypatch: pytest.MonkeyPatch) -> None:
    detector = HaarDetector(None, min_face_size=20)
    monkeypatch.setattr(detector, "_cascade", Cascade(margin))
    (face,) = detector.detect(np.zeros((480, 640, 3), np.uint8))
    assert face.confidence == pytest.approx(confidence, abs=1e-4)


def test_opencv_5_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "CascadeClassifier")
    with pytest.raises(ModelError, match="haar needs OpenCV 4"):
        create_detector("haar")


def test_an_opencv_without_cascades_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2.data", None)
    with pytest.raises(ModelError, match="brings no Haar cascades: set model_path to one"):
        create_detector("haar")
