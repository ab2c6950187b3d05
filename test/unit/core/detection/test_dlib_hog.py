from __future__ import annotations

import sys
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.detection import create_detector
from emotion_perception.core.errors import ModelError


def test_it_enlarges_the_picture_only_where_small_faces_count(picture: Callable[[str], NDArray[np.uint8]]) -> None:
    half = cv2.resize(picture("group_picture"), (640, 427), interpolation=cv2.INTER_AREA)  # faces of 55 to 75 pixels
    assert len(create_detector("dlib_hog", min_face_size=40).detect(half)) == 4  # it misses the man in sunglasses
    assert create_detector("dlib_hog", min_face_size=80).detect(half) == []


def test_without_dlib_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(ModelError, match="pip install dlib-bin"):
        create_detector("dlib_hog")
