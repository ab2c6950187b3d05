from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from emotion_perception.core.errors import DatasetError, ParameterError
from emotion_perception.training.choosing import CLASS_SETS, with_classes
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.votes import is_a_face, soft_targets, vote_shares

Make = Callable[..., Dataset]

#: Votes for neutral happiness surprise sadness anger disgust fear contempt unknown "not a face", label, and what
#: is to be learnt of angry disgust fear happy sad surprise neutral.
CASES = [
    ([4, 6, 0, 0, 0, 0, 0, 0, 0, 0], 3, [0, 0, 0, 0.6, 0, 0, 0.4]),
    ([0, 0, 2, 2, 2, 2, 2, 0, 0, 0], 0, [0.2, 0.2, 0.2, 0, 0.2, 0.2, 0]),
    ([1, 8, 1, 0, 0, 0, 0, 0, 0, 0], 4, [0, 0, 0, 1, 0, 0, 0]),  # single votes are slips
    ([3, 3, 0, 0, 0, 0, 0, 4, 0, 0], 6, [0, 0, 0, 0.5, 0, 0, 0.5]),  # contempt is left out
    ([0, 4, 0, 0, 0, 0, 0, 6, 0, 0], 1, [0, 1, 0, 0, 0, 0, 0]),  # and where it prevails the label counts
    ([0, 3, 0, 0, 0, 0, 0, 0, 3, 4], 2, [0, 0, 1, 0, 0, 0, 0]),
    ([0, 0, 0, 0, 0, 0, 0, 0, 0, 10], 5, [0, 0, 0, 0, 0, 1, 0]),
    ([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 4, [0, 0, 0, 0, 1, 0, 0]),
    ([-1] * 10, 0, [1, 0, 0, 0, 0, 0, 0]),
]


@pytest.fixture
def voted(dataset: Make) -> Dataset:
    votes, labels, _ = zip(*CASES, strict=True)
    return dataset(len(CASES), votes=np.array(votes, np.int8), labels=np.array(labels, np.uint8))


def test_votes_become_targets(voted: Dataset) -> None:
    targets = soft_targets(voted)
    assert targets.dtype == np.float32
    assert targets == pytest.approx(np.array([expected for *_, expected in CASES]))


def test_the_label_has_its_share(voted: Dataset) -> None:
    targets = soft_targets(voted, share=0.75)
    assert targets.sum(axis=1) == pytest.approx(1)
    assert targets[2].tolist() == [0, 0, 0, 0.75, 0.25, 0, 0]
    assert soft_targets(voted, share=0).argmax(axis=1).tolist() == voted.labels.tolist()


def test_votes_for_a_class_that_was_dropped_are_left_out(dataset: Make) -> None:
    votes = np.zeros((1, 10), np.int8)
    votes[0, [1, 5]] = 7, 3  # happiness, disgust
    six = with_classes(dataset(1, votes=votes, labels=np.array([3], np.uint8)), CLASS_SETS["6"])
    assert soft_targets(six).tolist() == [[0, 0, 1, 0, 0, 0]]


def test_all_expressions_that_were_seen(voted: Dataset, dataset: Make) -> None:
    shares = vote_shares(voted)
    assert shares.shape == (len(CASES), 8)
    assert shares[0].tolist() == pytest.approx([0.4, 0.6, 0, 0, 0, 0, 0, 0])
    assert shares[3, 7] == pytest.approx(0.4)  # contempt counts here
    assert shares.sum(axis=1).tolist() == pytest.approx([1, 1, 1, 1, 1, 1, 0, 0, 0])
    with pytest.raises(DatasetError, match=r"has no FER\+ votes"):
        vote_shares(dataset(3))


def test_what_most_took_for_no_face(voted: Dataset, dataset: Make) -> None:
    assert is_a_face(voted).tolist() == [True] * 6 + [False] + [True] * 2
    assert is_a_face(dataset(3)).all()


def test_shares_and_datasets_that_cannot_be(voted: Dataset, dataset: Make) -> None:
    with pytest.raises(ParameterError, match="choose 0 to 1"):
        soft_targets(voted, share=1.5)
    with pytest.raises(DatasetError, match=r"has no FER\+ votes"):
        soft_targets(dataset(3))
