"""YuNet (Wu et al. 2023) through OpenCV's FaceDetectorYN, for a user who has its ONNX file: no package ships it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import ModelError
from emotion_perception.core.faces import Detection


class YuNetDetector:
    """The detector of OpenCV's model zoo, face_detection_yunet_2023mar.onnx."""

    name = "yunet"

    def __init__(self, path: Path | None, *, confidence_threshold: float) -> None:
        if path is None:
            raise ModelError(
                "backend yunet has no weights of its own: get face_detection_yunet_2023mar.onnx from OpenCV's model zoo"
                " and set model_path to it, or choose another backend."
            )
        if not path.is_file():
            raise ModelError(f"model {path} is missing: set model_path to face_detection_yunet_2023mar.onnx.")
        try:
            self._detector = cv2.FaceDetectorYN.create(str(path), "", (320, 320), confidence_threshold)
            self.detect(np.zeros((320, 320, 3), np.uint8))
        except cv2.error as error:
            raise ModelError(
                f"model {path} is damaged or no YuNet: get face_detection_yunet_2023mar.onnx from OpenCV's model zoo"
                " again."
            ) from error

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Find faces with their five landmarks, which have our order."""
        self._detector.setInputSize((image.shape[1], image.shape[0]))
        rows = self._detector.detect(image)[1]
        if rows is None:
            return []
        return [
            Detection(
                np.array((row[0], row[1], row[0] + row[2], row[1] + row[3]), np.float32),
                float(row[14]),
                row[4:14].reshape(5, 2).astype(np.float32),
            )
            for row in rows
        ]
