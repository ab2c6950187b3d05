"""What every backend has in common: the picture's scale, and which of the faces found are reported."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.detection.detector import Detector, require_bgr
from emotion_perception.core.faces import Detection


class FilteredDetector:
    """A detector that looks at a scaled picture and reports the largest of the faces that pass.

    confidence_threshold: 0..1, lowest confidence. min_face_size: pixels of the original picture, of a box's shorter
    side. max_faces: the largest are kept, largest first; that order does not change when one more face is found.
    image_scale: below 1 saves time on large pictures at the price of small faces; above 1 lets haar and dlib_hog find
    smaller ones.
    """

    def __init__(
        self,
        backend: Detector,
        *,
        confidence_threshold: float,
        min_face_size: int,
        max_faces: int,
        image_scale: float,
    ) -> None:
        self._backend = backend
        self._threshold = confidence_threshold
        self._min_size = min_face_size
        self._max_faces = max_faces
        self._scale = image_scale

    @property
    def name(self) -> str:
        """The backend's."""
        return self._backend.name

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Find the faces in a (H, W, 3) uint8 bgr picture; ImageError if it is none."""
        require_bgr(image)
        faces = [face for face in self._look(image) if self._passes(face)]
        faces.sort(key=lambda face: face.width * face.height, reverse=True)
        return faces[: self._max_faces]

    def _look(self, image: NDArray[np.uint8]) -> list[Detection]:
        if self._scale == 1:
            return self._backend.detect(image)
        height, width = image.shape[:2]
        size = max(1, round(width * self._scale)), max(1, round(height * self._scale))
        interpolation = cv2.INTER_AREA if self._scale < 1 else cv2.INTER_LINEAR
        scaled = cv2.resize(image, size, interpolation=interpolation)
        back = np.array((width / size[0], height / size[1]), np.float32)
        return [
            Detection(
                (face.box.reshape(2, 2) * back).reshape(4),
                face.confidence,
                None if face.landmarks is None else face.landmarks * back,
            )
            for face in self._backend.detect(scaled)
        ]

    def _passes(self, face: Detection) -> bool:
        return (
            bool(np.isfinite(face.box).all())
            and face.confidence >= self._threshold
            and min(face.width, face.height) >= self._min_size
        )
