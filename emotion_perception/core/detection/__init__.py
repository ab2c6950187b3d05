"""Face detectors behind one interface."""

from emotion_perception.core.detection.detector import Detector, require_bgr
from emotion_perception.core.detection.factory import (
    BACKENDS,
    DEFAULT_BACKEND,
    DEFAULT_CONFIDENCE_THRESHOLD,
    create_detector,
)

__all__ = [
    "BACKENDS",
    "DEFAULT_BACKEND",
    "DEFAULT_CONFIDENCE_THRESHOLD",
    "Detector",
    "create_detector",
    "require_bgr",
]
