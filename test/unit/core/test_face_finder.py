from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.alignment import ALIGNED_SIZE, align
from emotion_perception.core.detection import create_detector
from emotion_perception.core.errors import ImageError
from emotion_perception.core.face_finder import FaceFinder
from emotion_perception.core.faces import Detection, Roi
from emotion_perception.core.tracking import FaceTracker


class Finds:
    name = "told"

    def __init__(self, *boxes: tuple[float, float, float, float]) -> None:
        self.faces = [Detection(np.array(box, np.float32), 0.9) for box in boxes]

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        return self.faces


class Numbers:
    """A tracker that numbers faces and remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[tuple[list[Detection], tuple[int, ...], float]] = []

    def update(
        self, detections: Sequence[Detection], image: NDArray[np.uint8], stamp: float
    ) -> list[tuple[str, Detection]]:
        self.given.append((list(detections), image.shape, stamp))
        return [(f"face_{number}", found) for number, found in enumerate(detections, 1)][::-1]


@pytest.fixture(scope="module")
def group(asset: Callable[[str], Path]) -> NDArray[np.uint8]:
    image = cv2.imread(str(asset("group_picture")))
    assert image is not None
    return np.asarray(image, np.uint8)


def test_faces_carry_id_roi_and_crop_in_the_tracker_s_order() -> None:
    image = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    detector, tracker = Finds((10.4, 20.6, 60.2, 70.1), (600, 400, 700, 500)), Numbers()
    second, first = FaceFinder(detector, tracker).find(image, 12.5)
    assert (first.id, second.id) == ("face_1", "face_2")
    assert first.roi == Roi(10, 20, 51, 51)
    assert second.roi == Roi(600, 400, 40, 80)  # clipped
    assert first.confidence == 0.9
    assert first.landmarks is None
    np.testing.assert_array_equal(first.aligned, align(image, detector.faces[0]))
    assert tracker.given == [(detector.faces, (480, 640, 3), 12.5)]


def test_faces_outside_the_picture_are_nobody_s() -> None:
    detector, tracker = Finds((-50, 10, -1, 60), (10, 10, 60, 60), (640, 10, 690, 60), (10, 480, 60, 530)), Numbers()
    (face,) = FaceFinder(detector, tracker).find(np.zeros((480, 640, 3), np.uint8), 0.0)
    assert face.roi == Roi(10, 10, 50, 50)
    assert len(tracker.given[0][0]) == 1


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((480, 0, 3), np.uint8),
        np.zeros((480, 640), np.uint8),
        np.zeros((480, 640, 4), np.uint8),
        np.zeros((480, 640, 3), np.uint16),
        "image.png",
    ],
)
def test_what_is_no_picture_is_refused_and_not_tracked(image: NDArray[np.uint8]) -> None:
    tracker = Numbers()
    with pytest.raises(ImageError):
        FaceFinder(Finds((0, 0, 10, 10)), tracker).find(image, 0.0)
    assert tracker.given == []


def test_one_pixel_holds_nobody() -> None:
    finder = FaceFinder(create_detector(), FaceTracker())
    assert finder.find(np.zeros((1, 1, 3), np.uint8), 0.0) == []


def test_4k(group: NDArray[np.uint8]) -> None:
    large = cv2.resize(group, (3840, 2160), interpolation=cv2.INTER_LINEAR)
    finder = FaceFinder(create_detector(), Numbers())
    faces = finder.find(np.asarray(large, np.uint8), 0.0)
    assert len(faces) == 5
    assert all(face.aligned.shape == (ALIGNED_SIZE, ALIGNED_SIZE, 3) for face in faces)


def test_five_people_keep_five_ids(group: NDArray[np.uint8]) -> None:
    finder = FaceFinder(create_detector(), FaceTracker())
    ids = [sorted(face.id for face in finder.find(group, index / 30)) for index in range(5)]
    assert len(set(ids[-1])) == 5
    assert ids[-1] == ids[-2]
