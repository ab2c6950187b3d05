"""What it takes to remember somebody: a good look at one face, which is not too like anybody known already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.detection import Detector
from emotion_perception.core.errors import PeopleError
from emotion_perception.core.face_finder import FaceFinder
from emotion_perception.core.faces import Detection, Face
from emotion_perception.core.identity.quality import Quality, assess

#: Least quality of a look that is remembered; stricter than GOOD_* of quality.py, as all later looks are compared with
#: it: in the table there, what passes costs few pairs.
ENROL_SHARPNESS = 0.6
ENROL_FRONTALITY = 0.5
ENROL_SIZE = 60


class Finder(Protocol):
    """What ``sample`` needs of core.face_finder.FaceFinder."""

    def find(self, image: NDArray[np.uint8], stamp: float) -> list[Face]:
        """Return the faces in ``image``, (H, W, 3) uint8 bgr."""


class Named(Protocol):
    """What is needed of core.people.Person."""

    @property
    def name(self) -> str:
        """What the person is called."""


class Known(Protocol):
    """What ``refuse_look_alike`` needs of core.people.Gallery."""

    @property
    def people(self) -> Sequence[Named]:
        """Everybody who is remembered."""

    def distances(self, embedding: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the distance of ``embedding`` to each of ``people``."""


def still_finder(detector: Detector) -> FaceFinder:
    """Return a finder for photographs that have nothing to do with each other; its ids mean nothing."""
    return FaceFinder(detector, _Stills())


class _Stills:
    """Gives every face an id, and remembers none."""

    def update(
        self, detections: Sequence[Detection], image: NDArray[np.uint8], stamp: float
    ) -> list[tuple[str, Detection]]:
        return [(str(number), detection) for number, detection in enumerate(detections)]


def sample(image: NDArray[np.uint8], finder: Finder) -> NDArray[np.uint8]:
    """Return the aligned crop, (224, 224, 3) uint8 bgr, of the only face in a photograph, (H, W, 3) uint8 bgr.

    PeopleError, each case with its own sentence, if there is none or are several, or as ``require_enrollable``;
    ImageError if the image is none.
    """
    faces = finder.find(image, 0.0)
    if not faces:
        raise PeopleError("there is no face in the picture: use one that shows the person from the front.")
    if len(faces) > 1:
        raise PeopleError(
            f"there are {len(faces)} faces in the picture: use one, or a part of this one, that shows the person alone."
        )
    (face,) = faces
    require_enrollable(assess(face.aligned, face.landmarks, face.roi))
    return face.aligned


def require_enrollable(quality: Quality) -> None:
    """Raise PeopleError, with the remedy, if a look is too small, turned away or blurred to be remembered."""
    if quality.size < ENROL_SIZE:
        raise PeopleError(
            f"the face is too small ({quality.size} pixels, at least {ENROL_SIZE} are needed): come closer, or use a"
            " larger picture."
        )
    if quality.frontality < ENROL_FRONTALITY:
        raise PeopleError(
            f"the face is turned away (frontality {quality.frontality:.2f}, at least {ENROL_FRONTALITY} is needed):"
            " look straight at the camera."
        )
    if quality.sharpness < ENROL_SHARPNESS:
        raise PeopleError(
            f"the face is blurred (sharpness {quality.sharpness:.2f}, at least {ENROL_SHARPNESS} is needed): hold"
            " still, with more light, or use a sharper picture."
        )


def refuse_look_alike(known: Known, embedding: NDArray[np.float32], *, threshold: float) -> None:
    """Raise PeopleError, naming the person, if somebody in ``known`` is within ``threshold`` of ``embedding``, (D,).

    The robot could not tell the two apart. Leave somebody who is enrolled again out of ``known``.
    """
    distances = known.distances(embedding)
    if not len(distances):
        return
    nearest = int(np.argmin(distances))
    if distances[nearest] <= threshold:
        raise PeopleError(
            f'this face is too like that of "{known.people[nearest].name}", who is known already: forget that person'
            " first, if it is the same one, or enrol with a clearer picture."
        )


def require_one_person(embeddings: NDArray[np.float32], titles: Sequence[str], *, threshold: float) -> None:
    """Raise PeopleError, naming them, if two of the looks (N, D) are too far apart to be of the same person."""
    distances = np.linalg.norm(embeddings[:, None] - embeddings, axis=2)
    first, second = divmod(int(distances.argmax()), len(titles))
    farthest = distances[first, second]
    if farthest > threshold:
        raise PeopleError(
            f"{titles[first]} and {titles[second]} do not seem to show the same person (distance {farthest:.2f}, at "
            f"most {threshold} is allowed): leave one out."
        )
