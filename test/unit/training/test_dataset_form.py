from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from emotion_perception.core.errors import DatasetError, ParameterError
from emotion_perception.training.carving import carve_validation
from emotion_perception.training.dataset import Dataset, join
from emotion_perception.training.images import JoinedImages, LazyImages, SelectedImages

Make = Callable[..., Dataset]


def test_a_split_and_a_subset_keep_rows_together(dataset: Make) -> None:
    votes = np.tile(np.arange(10, dtype=np.int8), (70, 1))
    votes[:, 0] = np.arange(70)
    whole = dataset(70, votes=votes)
    test = whole.split("PublicTest")
    assert len(test) == 14
    assert test.votes is not None
    assert test.votes[:, 0].tolist() == list(range(4, 70, 5))
    assert np.array_equal(test.images[:], whole.images[np.arange(4, 70, 5)])
    assert test.sources[2] == "faces, row 14"
    assert whole.split_names == ("Training", "PublicTest")
    assert sum(whole.counts().values()) == 70


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": np.array([0, 7], np.uint8)}, "faces, row 1: label 7 of 7 classes"),
        ({"labels": np.zeros(3, np.uint8)}, "2 images for 3 labels"),
        ({"splits": np.array(["Training", "Test"])}, 'no split "Test"'),
        ({"images": np.zeros((2, 48, 48), np.float32)}, "uint8"),
        ({"images": np.zeros((2, 48), np.uint8)}, "(N, H, W)"),
        ({"images": np.zeros((2, 0, 48), np.uint8)}, "no pixels"),
        ({"votes": np.zeros((2, 9), np.int8)}, "votes of shape"),
        ({"groups": np.array(["a"])}, "1 groups for 2 labels"),
    ],
)
def test_parts_that_do_not_fit_are_refused(dataset: Make, changes: dict[str, object], said: str) -> None:
    with pytest.raises(DatasetError) as caught:
        dataset(2, **changes)
    assert said in str(caught.value)


def test_an_empty_choice_is_an_error(dataset: Make) -> None:
    with pytest.raises(DatasetError, match="no picture is left"):
        dataset(5).subset(np.zeros(5, bool))
    with pytest.raises(DatasetError, match='no split "PrivateTest": it has Training, PublicTest'):
        dataset(5).split("PrivateTest")


def test_the_digest_is_that_of_what_can_be_learnt(dataset: Make) -> None:
    whole = dataset(9)
    images = whole.images[:]
    lazy = LazyImages(lambda row: images[row], images.shape)
    assert replace(whole, images=lazy, name="others").digest() == whole.digest()
    changed = images.copy()
    changed[8, 47, 47] ^= 1
    others = [
        replace(whole, images=changed),
        replace(whole, labels=whole.labels[::-1].copy()),
        replace(whole, splits=np.full(9, "")),
        replace(whole, votes=np.zeros((9, 10), np.int8)),
        replace(whole, groups=np.full(9, "a")),
        replace(whole, classes=(*whole.classes, "contempt")),
    ]
    assert len({other.digest() for other in [whole, *others]}) == 7


def test_duplicates_are_found_by_pixels(dataset: Make) -> None:
    train, test = dataset(10), dataset(10, first=6)
    left = test.without_duplicates_of(train)
    assert [left.sources[row] for row in range(len(left))] == [f"faces, row {row}" for row in range(4, 10)]
    with pytest.raises(DatasetError, match="no picture is left"):
        train.without_duplicates_of(train)


def test_pictures_that_are_not_in_memory_give_the_same_rows(dataset: Make) -> None:
    array = dataset(20).images[:]
    asked: list[int] = []

    def load(row: int) -> np.ndarray:  # type: ignore[type-arg]
        asked.append(row)
        return array[row]

    lazy = LazyImages(load, array.shape)
    rows = np.array([3, 17, 4])
    twice = SelectedImages(lazy, np.arange(0, 20, 2)).select(np.array([1, 5]))
    joined = JoinedImages((lazy, array[:5]))
    assert np.array_equal(lazy[rows], array[rows])
    assert asked == [3, 17, 4]
    assert np.array_equal(lazy[2:6], array[2:6])
    assert np.array_equal(lazy[-1], array[-1])
    assert np.array_equal(twice[:], array[[2, 10]])
    assert np.array_equal(joined[np.array([22, 0, 19])], array[[2, 0, 19]])
    assert np.array_equal(joined[24], array[4])
    with pytest.raises(IndexError):
        lazy[20]


def test_joined_datasets_know_where_their_rows_came_from(dataset: Make) -> None:
    voted = dataset(3, name="voted", votes=np.ones((3, 10), np.int8))
    whole = join([voted, dataset(2, name="others", first=9)], name="both")
    assert [whole.sources[row] for row in range(5)] == [
        "voted, row 0",
        "voted, row 1",
        "voted, row 2",
        "others, row 0",
        "others, row 1",
    ]
    assert whole.votes is not None
    assert whole.votes[:, 0].tolist() == [1, 1, 1, -1, -1]
    with pytest.raises(DatasetError, match="resize"):
        join([voted, dataset(1, images=np.zeros((1, 64, 64), np.uint8))], name="both")


def test_the_validation_part_has_its_share_of_each_class_and_no_picture_of_the_other(dataset: Make) -> None:
    whole = dataset(140)
    images = whole.images[:].copy()
    images[100:120] = images[0:20]  # copies, with other labels
    whole = replace(whole, images=images)
    train, validation = carve_validation(whole, 0.2, seed=3)
    assert len(train) + len(validation) == 140
    assert all(2 <= count <= 6 for count in validation.counts().values())
    assert len(validation.without_duplicates_of(train)) == len(validation)
    again = carve_validation(whole, 0.2, seed=3)[1]
    assert again.digest() == validation.digest()
    assert carve_validation(whole, 0.2, seed=4)[1].digest() != validation.digest()


def test_the_pictures_of_a_person_stay_on_one_side(dataset: Make) -> None:
    people = np.array([f"S{row // 10:03}" for row in range(140)])
    train, validation = carve_validation(dataset(140, groups=people), 0.25, seed=0)
    assert train.groups is not None
    assert validation.groups is not None
    assert not set(train.groups.tolist()) & set(validation.groups.tolist())


@pytest.mark.parametrize("fraction", [0.0, 1.0, -1.0, float("nan")])
def test_a_fraction_that_is_none_is_refused(dataset: Make, fraction: float) -> None:
    with pytest.raises(ParameterError, match="more than 0 and less than 1"):
        carve_validation(dataset(20), fraction, seed=0)


def test_too_few_pictures_cannot_be_parted(dataset: Make) -> None:
    with pytest.raises(DatasetError, match="too few"):
        carve_validation(dataset(2), 0.1, seed=0)
