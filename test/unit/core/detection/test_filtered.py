from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.detection.filtered import FilteredDetector
from emotion_perception.core.errors import ImageError
from emotion_perception.core.faces import Detection


class Finds:
    """A backend that finds what it was told, and remembers the pictures' shapes."""

    name = "told"

    def __init__(self, *faces: Detection) -> None:
        self.faces = list(faces)
        self.shapes: list[tuple[int, ...]] = []

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        self.shapes.append(image.shape)
        return self.faces


def face(x: float, y: float, side: float, confidence: float = 0.9, height: float | None = None) -> Detection:
    landmarks = np.array([(x, y)] * 5, np.float32)
    return Detection(np.array((x, y, x + side, y + (height or side)), np.float32), confidence, landmarks)


def detector(backend: Finds, **options: float) -> FilteredDetector:
    return FilteredDetector(
        backend,
        confidence_threshold=options.get("confidence_threshold", 0.6),
        min_face_size=int(options.get("min_face_size", 1)),
        max_faces=int(options.get("max_faces", 10)),
        image_scale=options.get("image_scale", 1.0),
    )


VGA = np.zeros((480, 640, 3), np.uint8)


def test_weak_and_small_faces_are_left_out() -> None:
    strong, at_the_threshold, weak = face(0, 0, 50), face(100, 0, 40, 0.6), face(200, 0, 50, 0.59)
    assert detector(Finds(strong, at_the_threshold, weak)).detect(VGA) == [strong, at_the_threshold]
    large, exact, narrow = face(0, 0, 50), face(100, 0, 30), face(200, 0, 29, height=100)
    assert detector(Finds(large, exact, narrow), min_face_size=30).detect(VGA) == [large, exact]


def test_the_largest_are_kept_and_come_first() -> None:
    small, large, middle = face(0, 0, 20, 0.99), face(100, 0, 90, 0.7), face(200, 0, 50)
    assert detector(Finds(small, large, middle)).detect(VGA) == [large, middle, small]
    assert detector(Finds(small, large, middle), max_faces=2).detect(VGA) == [large, middle]
    twin, other = face(0, 0, 50, 0.7), face(300, 0, 50, 0.9)
    assert detector(Finds(twin, other)).detect(VGA) == [twin, other]


@pytest.mark.parametrize("scale", [0.5, 2.0, 0.37])
def test_the_backend_sees_a_scaled_picture_and_answers_come_back_in_pixels_of_ours(scale: float) -> None:
    backend = Finds(face(100 * scale, 50 * scale, 80 * scale))
    (found,) = detector(backend, image_scale=scale, min_face_size=79).detect(VGA)
    assert backend.shapes == [(round(480 * scale), round(640 * scale), 3)]
    np.testing.assert_allclose(found.box, (100, 50, 180, 130), atol=0.5)
    assert found.landmarks is not None
    np.testing.assert_allclose(found.landmarks[0], (100, 50), atol=0.5)
    assert found.box.dtype == found.landmarks.dtype == np.float32


def test_a_picture_is_never_scaled_to_nothing() -> None:
    backend = Finds()
    detector(backend, image_scale=0.05).detect(np.zeros((1, 700, 3), np.uint8))
    assert backend.shapes == [(1, 35, 3)]


def test_faces_without_landmarks_stay_without_when_scaled() -> None:
    box = Detection(np.array((0, 0, 40, 40), np.float32), 0.9)
    (found,) = detector(Finds(box), image_scale=0.5).detect(VGA)
    assert found.landmarks is None


def test_boxes_that_are_not_finite_are_left_out() -> None:
    nowhere = Detection(np.array((0, np.nan, 40, np.inf), np.float32), 0.9)
    unsure = face(0, 0, 50, float("nan"))
    assert detector(Finds(nowhere, unsure)).detect(VGA) == []


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (np.zeros((480, 640), np.uint8), r"uint8 \(480, 640\)"),
        (np.zeros((480, 640, 4), np.uint8), r"\(480, 640, 4\)"),
        (np.zeros((480, 640, 3), np.float32), "float32"),
        (np.zeros((0, 640, 3), np.uint8), "640x0"),
        (np.zeros((0, 0, 3), np.uint8), "0x0"),
        ([[1, 2, 3]], "list"),
        (None, "NoneType"),
    ],
)
def test_what_is_no_picture_is_refused(image: NDArray[np.uint8], says: str) -> None:
    with pytest.raises(ImageError, match=says):
        detector(Finds()).detect(image)


def test_the_name_is_the_backend_s() -> None:
    assert detector(Finds()).name == "told"
