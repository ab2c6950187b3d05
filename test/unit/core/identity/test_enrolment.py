from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import ImageError, PeopleError
from emotion_perception.core.face_finder import FaceFinder
from emotion_perception.core.faces import Face
from emotion_perception.core.identity.embedder import Embedder
from emotion_perception.core.identity.enrolment import refuse_look_alike, sample
from emotion_perception.core.identity.portraits import portrait
from emotion_perception.core.tracking import FaceTracker

Picture = Callable[[str], NDArray[np.uint8]]
OnlyFace = Callable[[NDArray[np.uint8]], Face]


@dataclass(frozen=True)
class Somebody:
    name: str


@dataclass(frozen=True)
class Everybody:
    """What a core.people.Gallery is to refuse_look_alike."""

    people: tuple[Somebody, ...]
    embeddings: NDArray[np.float32]

    def distances(self, embedding: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.linalg.norm(self.embeddings - embedding, axis=1)


def test_a_good_picture_gives_the_aligned_face(picture: Picture, finder: FaceFinder, only_face: OnlyFace) -> None:
    image = picture("happy_picture")
    np.testing.assert_array_equal(sample(image, finder), only_face(image).aligned)


def test_pictures_in_a_row_have_nothing_to_do_with_each_other(picture: Picture, finder: FaceFinder) -> None:
    alone = sample(picture("surprise_picture"), finder)
    for name in ("happy_picture", "surprise_picture", "happy_picture"):  # of one size
        sample(picture(name), finder)
    np.testing.assert_array_equal(sample(picture("surprise_picture"), finder), alone)


def test_it_takes_the_finder_of_a_node_too(picture: Picture, finder: FaceFinder, detector: object) -> None:
    tracked = FaceFinder(detector, FaceTracker())  # type: ignore[arg-type]
    image = picture("happy_picture")
    np.testing.assert_array_equal(sample(image, tracked), sample(image, finder))


def test_no_face(picture: Picture, finder: FaceFinder) -> None:
    with pytest.raises(PeopleError, match=r"^there is no face in the picture: use one that"):
        sample(picture("no_face_picture"), finder)


def test_several_faces(picture: Picture, finder: FaceFinder) -> None:
    with pytest.raises(PeopleError, match=r"^there are 5 faces in the picture: use one"):
        sample(picture("group_picture"), finder)


def test_a_blurred_face(picture: Picture, finder: FaceFinder) -> None:
    blurred = np.asarray(cv2.GaussianBlur(picture("happy_picture"), (0, 0), 8), np.uint8)
    with pytest.raises(PeopleError, match=r"^the face is blurred \(sharpness 0\.\d\d, at least 0\.6 .*hold still"):
        sample(blurred, finder)


def test_a_small_face(picture: Picture, finder: FaceFinder) -> None:
    small = np.asarray(cv2.resize(picture("happy_picture"), (80, 80), interpolation=cv2.INTER_AREA), np.uint8)
    with pytest.raises(PeopleError, match=r"^the face is too small \(\d\d pixels, at least 60 .*come closer"):
        sample(small, finder)


def test_a_face_turned_away(picture: Picture, finder: FaceFinder) -> None:
    with pytest.raises(PeopleError, match=r"^the face is turned away .*look straight at the camera"):
        sample(picture("turned_picture"), finder)


def test_no_image(finder: FaceFinder) -> None:
    with pytest.raises(ImageError):
        sample(np.zeros((0, 10, 3), np.uint8), finder)


def test_a_look_alike_is_refused_by_name(embedder: Embedder, only_face: OnlyFace) -> None:
    known = Everybody(
        (Somebody("Ελένη"), Somebody("李小龙")),
        np.stack([embedder.embed(only_face(portrait(person, 1)).aligned) for person in (8, 22)]),
    )
    again = embedder.embed(only_face(portrait(22, 4)).aligned)
    with pytest.raises(PeopleError, match=r'^this face is too like that of "李小龙", who is known already'):
        refuse_look_alike(known, again, threshold=embedder.threshold)
    refuse_look_alike(known, again, threshold=0.05)
    stranger = embedder.embed(only_face(portrait(35, 1)).aligned)
    refuse_look_alike(known, stranger, threshold=embedder.threshold)


def test_nobody_is_like_nobody() -> None:
    refuse_look_alike(Everybody((), np.empty((0, 128), np.float32)), np.zeros(128, np.float32), threshold=10)
