"""From a picture to its faces, followed from picture to picture, each with its aligned crop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.alignment import align
from emotion_perception.core.detection import Detector, require_bgr
from emotion_perception.core.faces import Detection, Face, Roi


class Tracker(Protocol):
    """Gives faces ids: what FaceFinder needs of core.tracking.FaceTracker."""

    def update(
        self, detections: Sequence[Detection], image: NDArray[np.uint8], stamp: float
    ) -> list[tuple[str, Detection]]:
        """Return the faces of this picture that are somebody's, with their ids."""


class FaceFinder:
    """Detects, follows and aligns; belongs to one thread at a time."""

    def __init__(self, detector: Detector, tracker: Tracker) -> None:
        self._detector = detector
        self._tracker = tracker

    def find(self, image: NDArray[np.uint8], stamp: float) -> list[Face]:
        """Return the faces in ``image``, (H, W, 3) uint8 bgr, in the tracker's order.

        stamp: seconds, of this picture; ids depend on it, and on nothing else but the pictures. ImageError if ``image``
        is none. A face outside the picture is not reported.
        """
        require_bgr(image)
        height, width = image.shape[:2]
        faces = []
        # Not handed to the tracker either: an id belongs to a face that somebody saw.
        inside = [found for found in self._detector.detect(image) if Roi.clipped(found.box, width, height)]
        for face_id, found in self._tracker.update(inside, image, stamp):
            roi = Roi.clipped(found.box, width, height)
            if roi:
                faces.append(Face(face_id, found.confidence, roi, found.landmarks, align(image, found)))
        return faces
