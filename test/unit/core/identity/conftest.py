from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.detection import Detector, create_detector
from emotion_perception.core.face_finder import FaceFinder
from emotion_perception.core.faces import Face
from emotion_perception.core.identity.embedder import Embedder, create_embedder
from emotion_perception.core.identity.enrolment import still_finder
from emotion_perception.core.identity.evaluation import Faces, embed_portraits
from emotion_perception.core.identity.portraits import PEOPLE


@pytest.fixture(scope="session")
def detector() -> Detector:
    return create_detector()


@pytest.fixture(scope="session")
def finder(detector: Detector) -> FaceFinder:
    return still_finder(detector)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return create_embedder()


@pytest.fixture(scope="session")
def only_face(finder: FaceFinder) -> Callable[[NDArray[np.uint8]], Face]:
    """only_face(image) -> the one face in it."""

    def find(image: NDArray[np.uint8]) -> Face:
        (face,) = finder.find(image, 0.0)
        return face

    return find


@pytest.fixture(scope="session")
def forty(detector: Detector, embedder: Embedder) -> Faces:
    """Three portraits of each of the 40 people; these three, as the odd half's pairs overlap a little in them."""
    return embed_portraits(detector, embedder, PEOPLE, (1, 4, 7))
