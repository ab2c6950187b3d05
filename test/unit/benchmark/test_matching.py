"""What counts as a found face."""

from __future__ import annotations

import numpy as np

from emotion_perception.benchmark.matching import Tally

TRUTH = np.array([(0, 0, 100, 100), (200, 0, 300, 100)], np.float32)


def test_a_box_finds_one_face_and_a_face_is_found_once() -> None:
    tally = Tally()
    tally.add(np.array([(-30, -20, 120, 140), (10, 10, 90, 90), (400, 0, 500, 100)]), TRUTH)
    assert (tally.there, tally.found, tally.false) == (2, 1, 2)
    tally.add(TRUTH, TRUTH)
    assert (tally.there, tally.found, tally.false, tally.recall) == (4, 3, 2, 0.75)


def test_of_no_faces_there_is_no_recall() -> None:
    tally = Tally()
    tally.add(np.empty((0, 4)), np.empty((0, 4)))
    assert tally.recall is None
