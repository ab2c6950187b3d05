"""Viola-Jones with the frontal cascade inside OpenCV: no weights to fetch, no landmarks, many false alarms."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import ModelError
from emotion_perception.core.faces import Detection

_CASCADE = "haarcascade_frontalface_default.xml"
_WINDOW = 24  # pixels; the cascade's own
#: The face from brows to chin, as BlazeFace's boxes show it, inside the cascade's wider box: left, top and side, in
#: parts of its side (277 faces found by both).
_FACE = (0.03, 0.09, 0.90)
#: The last stage's margin that becomes a confidence of 0.5: at 0.6 nine in ten of the faces found are kept, and half of
#: the false alarms are not.
_EVEN_MARGIN = 3.0


class HaarDetector:
    """OpenCV's cascade classifier; ``path`` is another cascade than the bundled one."""

    name = "haar"

    def __init__(self, path: Path | None, *, min_face_size: float) -> None:
        if not hasattr(cv2, "CascadeClassifier"):
            raise ModelError(
                f"backend haar needs OpenCV 4, and this is {cv2.__version__}: run `python3 -m pip install"
                ' "opencv-python-headless<5"`, or choose another backend.'
            )
        path = path or _bundled_cascades() / _CASCADE
        try:
            self._cascade = cv2.CascadeClassifier(str(path))
            loaded = not self._cascade.empty()
        except (cv2.error, SystemError):  # the second where its binding lost the first
            loaded = False
        if not loaded:
            raise ModelError(
                f"{path} is no Haar cascade that OpenCV can read: leave model_path empty for the bundled one."
            )
        self._smallest = max(_WINDOW, math.floor(min_face_size / _FACE[2]))

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Find frontal faces; no landmarks."""
        grey = cv2.equalizeHist(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
        if min(grey.shape) < self._smallest:
            return []
        boxes, _, margins = self._cascade.detectMultiScale3(
            grey, scaleFactor=1.1, minNeighbors=5, minSize=(self._smallest, self._smallest), outputRejectLevels=True
        )
        left, top, side = _FACE
        return [
            Detection(
                np.array((x + left * w, y + top * w, x + (left + side) * w, y + (top + side) * w), np.float32),
                _confidence(float(margin)),
            )
            for (x, y, w, _), margin in zip(boxes, np.ravel(margins), strict=True)
        ]


def _confidence(margin: float) -> float:
    """A confidence 0..1 of the cascade's last stage's margin: logistic, 0.5 at _EVEN_MARGIN."""
    return 1 / (1 + math.exp(-min(50.0, max(-50.0, margin - _EVEN_MARGIN))))


def _bundled_cascades() -> Path:
    try:
        from cv2.data import haarcascades
    except ImportError as error:  # Debian's and Ubuntu's package
        raise ModelError(
            f"this OpenCV ({cv2.__version__}) brings no Haar cascades: set model_path to one"
            f" (/usr/share/opencv4/haarcascades/{_CASCADE}), or choose another backend."
        ) from error
    return Path(haarcascades)
