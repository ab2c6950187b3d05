from __future__ import annotations

import numpy as np
import pytest

from emotion_perception.core.report.emotion_csv import EmotionRow
from emotion_perception.core.report.history import gather

SECOND = 1_000_000_000


def row(second: float, face_id: str, label: str, happy: float) -> EmotionRow:
    return EmotionRow(50 * SECOND + round(second * SECOND), face_id, label, happy, (happy, 1 - happy))


ROWS = [
    row(0.0, "face_1", "happy", 0.9),
    row(0.1, "face_1", "happy", 0.8),
    row(0.1, "face_2", "sad", 0.1),
    row(0.2, "face_1", "sad", 0.3),
    row(2.0, "face_1", "sad", 0.2),
    row(2.1, "face_1", "sad", 0.1),
]


def test_faces_come_in_the_order_of_their_appearance_with_times_from_the_first_row() -> None:
    first, second = gather(ROWS)
    assert (first.face_id, second.face_id) == ("face_1", "face_2")
    assert first.times == pytest.approx([0, 0.1, 0.2, 2.0, 2.1])
    assert second.times == pytest.approx([0.1])
    assert first.probabilities[:, 0] == pytest.approx([0.9, 0.8, 0.3, 0.2, 0.1])
    assert gather([]) == []


def test_rows_out_of_order_are_sorted() -> None:
    assert gather(ROWS[::-1])[0].times == pytest.approx([0, 0.1, 0.2, 2.0, 2.1])


def test_stretches_end_where_the_label_changes_or_the_face_goes() -> None:
    happy, sad, sad_again = gather(ROWS)[0].stretches()
    assert [happy.label, sad.label, sad_again.label] == ["happy", "sad", "sad"]
    assert (happy.start, happy.end) == pytest.approx((0.0, 0.2))
    assert (sad.start, sad.end) == pytest.approx((0.2, 0.3))
    assert (sad_again.start, sad_again.end) == pytest.approx((2.0, 2.2))


def test_lines_break_where_the_face_was_away() -> None:
    times, lines = gather(ROWS)[0].lines()
    assert np.flatnonzero(np.isnan(times)).tolist() == [3]
    assert np.isnan(lines[3]).all()
    assert len(times) == len(lines) == 6


def test_the_summary_of_a_face() -> None:
    first, second = gather(ROWS)
    assert first.seen == pytest.approx(0.5)
    assert first.most_frequent == ("sad", 0.6)
    assert second.most_frequent == ("sad", 1.0)
    assert second.seen > 0


def test_the_longest_time_that_each_label_led() -> None:
    assert gather(ROWS)[0].longest_leads() == {0: slice(0, 2), 1: slice(2, 5)}
