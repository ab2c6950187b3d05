from __future__ import annotations

import numpy as np
import pytest

from emotion_perception.core.detection.candidates import Candidates, average_duplicates, drop_duplicates, overlaps


def candidates(*rows: tuple[float, float, float, float, float]) -> Candidates:
    """From (x0, y0, x1, y1, score); the one point of each is its box's first corner."""
    table = np.array(rows, np.float32).reshape(-1, 5)
    return Candidates(table[:, :4], table[:, 4], table[:, np.newaxis, :2])


def test_overlaps_are_parts_of_the_union_and_of_the_smaller_box() -> None:
    union, smaller = overlaps(
        candidates((0, 0, 10, 10, 1), (5, 0, 10, 10, 1)).boxes,
        candidates((0, 0, 10, 10, 1), (5, 0, 25, 10, 1), (10, 0, 20, 10, 1)).boxes,
    )
    np.testing.assert_allclose(union, [(1, 50 / 250, 0), (50 / 100, 50 / 200, 0)], rtol=1e-6)
    np.testing.assert_allclose(smaller, [(1, 50 / 100, 0), (1, 1, 0)], rtol=1e-6)


def test_duplicates_are_averaged_by_score_and_keep_the_best_score() -> None:
    merged = average_duplicates(candidates((2, 0, 12, 10, 0.3), (0, 0, 10, 10, 0.9), (100, 0, 110, 10, 0.5)))
    np.testing.assert_allclose(merged.scores, [0.9, 0.5])
    # (0.9 * 0 + 0.3 * 2) / 1.2
    np.testing.assert_allclose(merged.boxes, [(0.5, 0, 10.5, 10), (100, 0, 110, 10)], rtol=1e-6)
    np.testing.assert_allclose(merged.points, np.array([[(0.5, 0)], [(100, 0)]]), rtol=1e-6)


def test_neighbours_in_a_crowd_are_not_averaged() -> None:
    side_by_side = candidates((0, 0, 10, 10, 0.9), (6, 0, 16, 10, 0.8))  # intersection over union 0.25
    assert len(average_duplicates(side_by_side)) == 2


def test_what_lies_inside_a_better_one_is_dropped() -> None:
    face_and_mouth = candidates((4, 6, 7, 9, 0.7), (0, 0, 10, 10, 0.9))
    kept = drop_duplicates(face_and_mouth)
    np.testing.assert_allclose(kept.scores, [0.9])
    # Where the inner one is the better, it stays alone as well.
    kept = drop_duplicates(candidates((4, 6, 7, 9, 0.95), (0, 0, 10, 10, 0.9)))
    np.testing.assert_allclose(kept.boxes, [(4, 6, 7, 9)])


def test_a_dropped_one_drops_nobody() -> None:
    chain = candidates((0, 0, 10, 10, 0.9), (4, 0, 14, 10, 0.8), (8, 0, 18, 10, 0.7))
    np.testing.assert_allclose(drop_duplicates(chain).scores, [0.9, 0.7])


@pytest.mark.parametrize("suppress", [average_duplicates, drop_duplicates])
def test_equal_scores_keep_their_order_and_nothing_stays_nothing(suppress: object) -> None:
    assert callable(suppress)
    equal = candidates((50, 0, 60, 10, 0.5), (0, 0, 10, 10, 0.5), (25, 0, 35, 10, 0.5))
    np.testing.assert_array_equal(suppress(equal).boxes[:, 0], [50, 0, 25])
    assert len(suppress(candidates())) == 0
