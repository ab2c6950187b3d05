"""What the default detector finds in real pictures and clips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.detection import Detector, create_detector

Picture = Callable[[str], NDArray[np.uint8]]

# By eye: middle of each face in group_picture, left to right.
GROUP = [(265, 122), (366, 297), (478, 268), (580, 372), (736, 356)]
FACELESS = ["brick", "chelsea", "coffee", "coins", "grass", "gravel", "moon", "motorcycle_left", "page", "text"]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return create_detector()


def frames(path: Path, step: int) -> Iterator[NDArray[np.uint8]]:
    with av.open(str(path)) as clip:
        for index, frame in enumerate(clip.decode(video=0)):
            if index % step == 0:
                yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


# In the last, faces are 22 to 30 pixels wide.
@pytest.mark.parametrize("width", [2000, 1000, 640, 400, 260])
def test_all_five_of_the_group_are_found(width: int, detector: Detector, picture: Picture) -> None:
    image = picture("group_picture")
    scale = width / image.shape[1]
    resized = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    faces = sorted(detector.detect(resized), key=lambda face: float(face.box[0]))
    assert len(faces) == 5
    for face, middle in zip(faces, GROUP, strict=True):
        assert np.abs(face.centre / scale - middle).max() < 20


def test_far_faces_alone_in_a_large_picture_are_found(detector: Detector, picture: Picture) -> None:
    """Five faces of 40 to 52 pixels in 1920x1080, without larger ones that would draw a look."""
    hall = np.full((1080, 1920, 3), (120, 130, 140), np.uint8)
    hall[500:834, 700:1200] = cv2.resize(picture("group_picture"), (500, 334), interpolation=cv2.INTER_AREA)
    faces = sorted(detector.detect(hall), key=lambda face: float(face.box[0]))
    assert len(faces) == 5
    for face, middle in zip(faces, GROUP, strict=True):
        assert np.abs(face.centre - (700, 500) - np.array(middle) / 2).max() < 12


def test_one_face_in_each_portrait(detector: Detector, picture: Picture) -> None:
    for name in ("single_face_picture", "happy_picture", "surprise_picture", "angry_picture", "turned_picture"):
        assert len(detector.detect(picture(name))) == 1, name


def test_the_astronaut_and_not_her_helmet(detector: Detector) -> None:
    data = pytest.importorskip("skimage.data")
    (face,) = detector.detect(np.ascontiguousarray(data.astronaut()[..., ::-1]))
    np.testing.assert_allclose(face.centre, (224, 115), atol=12)


@pytest.mark.parametrize("name", FACELESS)
def test_no_face_where_there_is_none(name: str, detector: Detector) -> None:
    data = pytest.importorskip("skimage.data")
    folder = Path(data.__file__).parent
    image = cv2.imread(str(folder / f"{name}.png"))
    assert image is not None
    assert detector.detect(np.asarray(image, np.uint8)) == []


def test_no_face_in_the_face_free_clip(asset: Callable[[str], Path], detector: Detector) -> None:
    found = [len(detector.detect(frame)) for frame in frames(asset("no_face_clip"), 1)]
    assert len(found) > 90
    assert sum(found) == 0


def test_one_face_in_every_frame_of_the_demo_clip(asset: Callable[[str], Path], detector: Detector) -> None:
    found = [len(detector.detect(frame)) for frame in frames(asset("demo_clip"), 6)]
    assert len(found) > 70
    assert set(found) == {1}


def test_grey_dark_and_noisy_pictures(detector: Detector, picture: Picture) -> None:
    image = picture("happy_picture")
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    dark = (image * 0.2).astype(np.uint8)
    noise = np.random.default_rng(0).normal(0, 25, image.shape)
    noisy = np.clip(image + noise, 0, 255).astype(np.uint8)
    for version in (grey, dark, noisy):
        assert len(detector.detect(np.asarray(version, np.uint8))) == 1
    pure_noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    assert detector.detect(pure_noise) == []
