from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import DatasetError, ParameterError
from emotion_perception.core.labels import LABELS
from emotion_perception.training.choosing import (
    CLASS_SETS,
    frontal_only,
    oversampled,
    with_classes,
    without_classes,
)
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.resizing import resized

Make = Callable[..., Dataset]


def names(dataset: Dataset) -> list[str]:
    return [dataset.classes[label] for label in dataset.labels]


@pytest.mark.parametrize(("key", "gone"), [("7", set()), ("6", {"disgust"}), ("5", {"disgust", "fear"})])
def test_fewer_classes_are_numbered_anew(dataset: Make, key: str, gone: set[str]) -> None:
    whole = dataset(21)
    part = with_classes(whole, CLASS_SETS[key])
    assert part.classes == tuple(name for name in LABELS if name not in gone)
    assert names(part) == [name for name in names(whole) if name not in gone]
    assert len(part.classes) == int(key)


def test_classes_that_are_missing_stay_empty_and_order_is_that_asked_for(dataset: Make) -> None:
    part = with_classes(dataset(21), ["sad", "contempt", "happy"])
    assert part.counts() == {"sad": 3, "contempt": 0, "happy": 3}
    with pytest.raises(DatasetError, match="no picture is left"):
        with_classes(dataset(21), ["contempt"])
    with pytest.raises(ParameterError, match="twice"):
        with_classes(dataset(21), ["sad", "sad"])


def test_dropping_what_is_not_there_is_an_error(dataset: Make) -> None:
    assert without_classes(dataset(21), ["disgust"]).classes == CLASS_SETS["6"]
    with pytest.raises(ParameterError, match='no class "joy" to drop'):
        without_classes(dataset(21), ["joy"])


def test_oversampling_repeats_only_what_is_trained_on(dataset: Make) -> None:
    labels = np.array([0] * 10 + [1] * 3 + [2] * 4 + [3] * 3, np.uint8)
    splits = np.array(["Training"] * 17 + ["PublicTest"] * 3)
    whole = dataset(20, labels=labels, splits=splits)
    more = oversampled(whole, seed=1)
    assert np.array_equal(more.images[:20], whole.images[:])
    assert list(more.split("Training").counts().values()) == [10, 10, 10, 0, 0, 0, 0]
    assert more.split("PublicTest").digest() == whole.split("PublicTest").digest()
    repeats = np.unique([int(more.sources[row].split()[-1]) for row in range(len(more))], return_counts=True)[1]
    assert set(repeats[10:13]) == {3, 4}
    assert set(repeats[13:17]) == {2, 3}
    assert oversampled(whole, seed=1).digest() == more.digest()


def test_only_pictures_with_one_frontal_face_stay(dataset: Make, portrait: Callable[[int], NDArray[np.uint8]]) -> None:
    none = np.full((48, 48), 128, np.uint8)
    two = cv2.resize(np.hstack([portrait(8), portrait(8)]), (96, 96))[24:72]
    two = cv2.resize(two, (48, 48))
    pictures = np.stack([portrait(8), none, np.rot90(portrait(8), 2), portrait(9), two])
    found = frontal_only(dataset(5, images=pictures))
    assert [found.sources[row] for row in range(len(found))] == ["faces, row 0", "faces, row 3"]
    with pytest.raises(DatasetError, match="no picture is left"):
        frontal_only(dataset(1, images=none[np.newaxis]))


@pytest.mark.parametrize("size", [24, 48, 96])
@pytest.mark.parametrize("colour", [False, True])
def test_another_size_and_colour(dataset: Make, size: int, colour: bool) -> None:
    whole = dataset(3)
    other = resized(whole, size, colour=colour)
    assert other.shape == ((size, size, 3) if colour else (size, size))
    assert (other is whole) == (size == 48 and not colour)
    middle = other.images[:][:, size // 4 : -size // 4, size // 4 : -size // 4]
    assert middle.mean() == pytest.approx(whole.images[:][:, 12:-12, 12:-12].mean(), abs=2)
    back = resized(replace(other, images=other.images[:]), 48, colour=False)
    assert np.abs(back.images[:].astype(int) - whole.images[:]).mean() < 8


def test_a_picture_of_two_people_is_left_out(dataset: Make, astronaut: NDArray[np.uint8]) -> None:
    grey = cv2.cvtColor(astronaut[40:200, 140:300], cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (96, 96), interpolation=cv2.INTER_AREA)
    two = cv2.copyMakeBorder(np.hstack([small, small]), 48, 48, 0, 0, cv2.BORDER_REPLICATE)
    pictures = np.stack([two, cv2.resize(grey, (192, 192)), two])
    found = frontal_only(dataset(3, images=pictures))
    assert [found.sources[row] for row in range(len(found))] == ["faces, row 1"]
