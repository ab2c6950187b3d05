"""dlib's frontal face detector (HOG and a linear SVM): weights inside the library, few false alarms, slow."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import ModelError
from emotion_perception.core.faces import Detection

#: The face from brows to chin, as BlazeFace's boxes show it, around dlib's tighter box: left, top, side in parts of its
#: width (291 faces found by both).
_FACE = (-0.03, -0.05, 1.04)
_WINDOW = 80  # pixels; smaller faces are found in an enlarged picture
#: Confidence at the score 0, dlib's own threshold. Higher scores are surer: 1 is a clear frontal face.
_CONFIDENCE_AT_ZERO = 0.6
_OFFSET = math.log(_CONFIDENCE_AT_ZERO / (1 - _CONFIDENCE_AT_ZERO))
_STEEPNESS = 2.0


class DlibHogDetector:
    """dlib's detector; enlarges the picture twofold, which takes four times as long, if faces under 80 pixels count."""

    name = "dlib_hog"

    def __init__(self, *, confidence_threshold: float, min_face_size: float) -> None:
        try:
            import dlib
        except ImportError as error:
            raise ModelError(
                "backend dlib_hog needs dlib: run `python3 -m pip install dlib-bin`, or choose another backend."
            ) from error
        self._detector = dlib.get_frontal_face_detector()
        self._enlargements = 1 if min_face_size < _WINDOW else 0
        bounded = min(0.999, max(0.001, confidence_threshold))
        self._least_score = (math.log(bounded / (1 - bounded)) - _OFFSET) / _STEEPNESS

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Find frontal faces of 40 pixels and more (80, if smaller ones do not count); no landmarks."""
        rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        boxes, scores, _ = self._detector.run(rgb, self._enlargements, self._least_score)
        return [
            Detection(_face(box.left(), box.top(), box.width()), 1 / (1 + math.exp(-_STEEPNESS * score - _OFFSET)))
            for box, score in zip(boxes, scores, strict=True)
        ]


def _face(x: float, y: float, width: float) -> NDArray[np.float32]:
    left, top, side = (part * width for part in _FACE)
    return np.array((x + left, y + top, x + left + side, y + top + side), np.float32)
