"""Choosing a detector by name."""

from __future__ import annotations

from pathlib import Path

from emotion_perception.core.detection.blazeface import VARIANTS
from emotion_perception.core.detection.detector import Detector
from emotion_perception.core.detection.filtered import FilteredDetector
from emotion_perception.core.errors import ParameterError

BACKENDS = (*VARIANTS, "haar", "dlib_hog", "yunet")
DEFAULT_BACKEND = "blazeface_full_range"
DEFAULT_CONFIDENCE_THRESHOLD = 0.6


def create_detector(
    backend: str = DEFAULT_BACKEND,
    *,
    confidence_threshold: float = DEFAULT_CONFIDENCE_THRESHOLD,
    min_face_size: int = 20,
    max_faces: int = 20,
    image_scale: float = 1.0,
    model_path: Path | None = None,
) -> Detector:
    """Load one of BACKENDS; its options are FilteredDetector's.

    model_path: a weight file in place of the backend's own; yunet needs one, dlib_hog takes none. ParameterError names
    an option out of its range; ModelError says which weights or library are missing, and the remedy.
    """
    if backend not in BACKENDS:
        raise ParameterError(f"there is no face detector {backend!r}: choose one of {', '.join(BACKENDS)}.")
    if not 0 <= confidence_threshold <= 1:
        raise ParameterError(f"confidence_threshold is {confidence_threshold}: set it between 0 and 1.")
    if min_face_size < 1:
        raise ParameterError(f"min_face_size is {min_face_size}: set it to 1 pixel or more.")
    if max_faces < 1:
        raise ParameterError(f"max_faces is {max_faces}: set it to 1 or more.")
    if not 0.05 <= image_scale <= 4:
        raise ParameterError(f"image_scale is {image_scale}: set it between 0.05 and 4.")
    if backend == "dlib_hog" and model_path is not None:
        raise ParameterError(
            f"backend dlib_hog carries its weights and cannot take {model_path}: leave model_path empty."
        )
    return FilteredDetector(
        _backend(backend, confidence_threshold, min_face_size * image_scale, model_path),
        confidence_threshold=confidence_threshold,
        min_face_size=min_face_size,
        max_faces=max_faces,
        image_scale=image_scale,
    )


def _backend(backend: str, threshold: float, min_size: float, path: Path | None) -> Detector:
    """Load a backend; only here, so that none pays for another's libraries. min_size: pixels of the scaled picture."""
    if backend == "haar":
        from emotion_perception.core.detection.haar import HaarDetector

        return HaarDetector(path, min_face_size=min_size)
    if backend == "dlib_hog":
        from emotion_perception.core.detection.dlib_hog import DlibHogDetector

        return DlibHogDetector(confidence_threshold=threshold, min_face_size=min_size)
    if backend == "yunet":
        from emotion_perception.core.detection.yunet import YuNetDetector

        return YuNetDetector(path, confidence_threshold=threshold)
    from emotion_perception.core import weights
    from emotion_perception.core.detection.blazeface_detector import BlazeFaceDetector

    return BlazeFaceDetector(
        backend, path or weights.locate(backend), confidence_threshold=threshold, min_face_size=min_size
    )
