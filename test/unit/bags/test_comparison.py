from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from emotion_perception.bags.comparison import compare
from emotion_perception.bags.observation import (
    Frame,
    Seen,
    Tolerances,
    read_golden,
    summarise,
    write_golden,
)
from emotion_perception.core.errors import BagError


def film(*spans: tuple[float, float, str, str, str]) -> list[Frame]:
    """Ten seconds at 10 Hz; each span (begin, end, track, label, person)."""
    frames = []
    for number in range(100):
        time = number / 10
        faces = [Seen(track, label, who) for begin, end, track, label, who in spans if begin <= time < end]
        frames.append(Frame(time, number, tuple(faces)))
    return frames


BEFORE = film((0, 4, "face_1", "happy", ""), (4, 10, "face_1", "sad", "Anna"), (2, 5, "face_2", "neutral", ""))
GOLDEN = summarise("net 1", BEFORE, Tolerances(seconds=0.25, frames=0.02))


def test_the_same_frames_agree() -> None:
    found = compare(GOLDEN, "net 1", BEFORE)
    assert (found.passed, found.differing, found.differences) == (True, 0, ())


def test_it_is_kept_in_a_file_for_people(tmp_path: Path) -> None:
    write_golden(tmp_path / "golden.yaml", GOLDEN)
    assert read_golden(tmp_path / "golden.yaml") == GOLDEN
    text = (tmp_path / "golden.yaml").read_text()
    assert "[4.0, sad]" in text
    assert "[5.0, null]" in text
    assert "[2.0, neutral]" in text


def test_a_change_a_little_earlier_or_later_agrees() -> None:
    after = film((0, 4.2, "face_1", "happy", ""), (4.2, 10, "face_1", "sad", "Anna"), (1.8, 5, "face_2", "neutral", ""))
    assert compare(GOLDEN, "net 1", after).differences == ()


def test_another_label_is_told_with_its_time() -> None:
    after = film((0, 4, "face_1", "happy", ""), (4, 6, "face_1", "fear", "Anna"), (6, 10, "face_1", "sad", "Anna"),
                 (2, 5, "face_2", "neutral", ""))  # fmt: skip
    found = compare(GOLDEN, "net 1", after)
    (difference,) = found.differences
    assert (difference.begin, difference.end) == (4.0, 5.9)
    assert (difference.track, difference.aspect) == ("face_1", "label")
    assert (difference.expected, difference.found, difference.frames) == ("sad", "fear", 20)
    assert difference.stamp == 50, "of the frame in the middle"
    assert not found.passed
    assert 'label is "fear", was "sad"' in str(difference)


def test_a_few_frames_are_tolerated_and_told() -> None:
    after = film((0, 8, "face_1", "happy", ""))
    after = [replace(frame, faces=BEFORE[number].faces) for number, frame in enumerate(after)]
    after[70] = replace(after[70], faces=(Seen("face_1", "fear", "Anna"),))
    found = compare(GOLDEN, "net 1", after)
    assert (found.passed, found.differing, len(found.differences)) == (True, 1, 1)


def test_a_track_that_is_gone_or_new_is_told_once() -> None:
    gone = compare(GOLDEN, "net 1", film((0, 4, "face_1", "happy", ""), (4, 10, "face_1", "sad", "Anna")))
    (difference,) = gone.differences
    assert (difference.track, difference.expected, difference.found) == ("face_2", "neutral", None)
    assert difference.frames >= 25
    new = compare(GOLDEN, "net 1", [replace(each, faces=(*each.faces, Seen("face_3", "sad"))) for each in BEFORE])
    assert {(each.track, each.found) for each in new.differences} == {("face_3", "sad")}
    assert new.differing == 100


def test_another_name_is_told() -> None:
    after = film((0, 4, "face_1", "happy", ""), (4, 10, "face_1", "sad", "Ben"), (2, 5, "face_2", "neutral", ""))
    (difference,) = compare(GOLDEN, "net 1", after).differences
    assert (difference.aspect, difference.expected, difference.found) == ("person", "Anna", "Ben")


def test_missing_frames_fail_and_another_model_is_noted() -> None:
    found = compare(GOLDEN, "net 2", BEFORE[:90])
    assert not found.passed
    assert "90 frames were processed, not 100" in found.problems[0]
    assert "net 2" in found.notes[0]
    assert compare(GOLDEN, "net 2", BEFORE).passed


@pytest.mark.parametrize(
    ("content", "part"),
    [(None, "--update"), ("a: [", "cannot read"), ("[]", "write it anew"), ("model: a\nframes: 3\n", "write it anew")],
)
def test_a_file_that_is_none_is_told(content: str | None, part: str, tmp_path: Path) -> None:
    path = tmp_path / "golden.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BagError, match=part) as told:
        read_golden(path)
    assert str(path) in str(told.value)


def test_a_golden_without_anybody(tmp_path: Path) -> None:
    empty = summarise("net 1", film())
    write_golden(tmp_path / "g.yaml", empty)
    assert read_golden(tmp_path / "g.yaml") == empty
    assert compare(empty, "net 1", film()).passed
