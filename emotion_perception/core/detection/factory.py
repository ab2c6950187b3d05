"""Choosing a detector by name.

How the backends compare, each as ``create_detector`` makes it, with its defaults. Found: faces of 20..32, 32..48 and
over 48 pixels in 116 group photos and portraits, no larger than 640 pixels, labelled by CenterFace (one teacher for
all: the columns compare backends and are no absolute truth). False: alarms in those photos + in 39 pictures without
faces + in 154 frames (haar, dlib_hog: 40) of 4 clips without faces. The constants of ``closer_look`` were chosen on the
same pictures. Time: 640x480, one near face, one thread of a 2-core x86-64; in brackets, what the bare network takes.

=========================== ======= ======= ======= =========== ===========
backend                      20..32  32..48    > 48 false       ms
=========================== ======= ======= ======= =========== ===========
(faces)                         176     138     197
blazeface_full_range            149     128     193 0 + 0 + 0   2.4 (2.1)
blazeface_full_range_sparse     136     126     191 0 + 2 + 2   2.4 (2.1)
blazeface_back                  134     132     195 9 + 7 + 41  5.8 (5.0)
blazeface_short                   0       0      98 3 + 1 + 1   0.9 (0.7)
dlib_hog                         38     123     182 3 + 0 + 0   78
haar                            103     102     158 9 + 4 + 4   98
=========================== ======= ======= ======= =========== ===========

So full_range, with dense weights, is the default: its sparse sister is no faster here and finds less, and back, which
finds about as many, sees faces where there are none.
"""

from __future__ import annotations

from pathlib import Path

from emotion_perception.core.detection.blazeface import VARIANTS
from emotion_perception.core.detection.detector import Detector
from emotion_perception.core.detection.filtered import FilteredDetector
from emotion_perception.core.errors import ParameterError

BACKENDS = (*VARIANTS, "haar", "dlib_hog", "yunet")
DEFAULT_BACKEND = "blazeface_full_range"
#: MediaPipe's for its full-range networks. The confidences of the other backends are scaled to suit it.
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
