"""The tracker on people who move, meet, hide and are replaced: real faces pasted into moving scenes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.detection import create_detector
from emotion_perception.core.faces import Detection
from emotion_perception.core.tracking import FaceTracker

Picture = NDArray[np.uint8]

SIDE, RATE = 90, 30.0
WIDTH, HEIGHT = 640, 480


@pytest.fixture(scope="module")
def people(asset: Callable[[str], Path]) -> list[Picture]:
    """Heads of different people with what is around them, (2 SIDE, 2 SIDE, 3); the face is the middle half."""
    heads = []
    detector = create_detector()
    for name in ("group_picture", "single_face_picture", "happy_picture", "angry_picture"):
        picture = cv2.imread(str(asset(name)))
        for found in sorted(detector.detect(picture), key=lambda each: float(each.box[0])):
            x, y = found.centre
            half = max(found.width, found.height)
            window = cv2.getRectSubPix(picture, (round(2 * half), round(2 * half)), (float(x), float(y)))
            heads.append(cv2.resize(window, (2 * SIDE, 2 * SIDE), interpolation=cv2.INTER_AREA))
    return heads


@pytest.fixture(scope="module")
def background() -> Picture:
    noise = np.random.default_rng(1).integers(60, 190, (12, 16, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)


def scene(background: Picture, placed: list[tuple[Picture, float, float]]) -> tuple[Picture, list[Detection]]:
    """Paste heads at their face centres, the first in front; a face that is mostly hidden is not detected."""
    image = background.copy()
    shown: list[tuple[float, float]] = []
    detections = []
    for head, x, y in reversed(placed):
        left, top = round(x - SIDE), round(y - SIDE)
        image[top : top + 2 * SIDE, left : left + 2 * SIDE] = head
    for _, x, y in placed:
        if all(abs(x - other_x) > 0.8 * SIDE or abs(y - other_y) > 0.8 * SIDE for other_x, other_y in shown):
            half = SIDE / 2
            detections.append(Detection(np.array([x - half, y - half, x + half, y + half], np.float32), 0.9))
        shown.append((x, y))
    return image, detections


def follow(tracker: FaceTracker, frames: Iterator[tuple[Picture, list[Detection]]], begin: float = 0.0) -> list[dict]:
    """Return for each frame the ids by the x of their face's centre."""
    history = []
    for number, (image, detections) in enumerate(frames):
        found = tracker.update(detections, image, begin + number / RATE)
        history.append({round(float(each.centre[0])): face_id for face_id, each in found})
    return history


@pytest.mark.parametrize("speed", [120.0, 240.0, 480.0])
@pytest.mark.parametrize("pair", [(0, 1), (2, 3), (3, 5), (4, 6)])
def test_people_who_cross_keep_their_ids(
    people: list[Picture], background: Picture, speed: float, pair: tuple[int, int]
) -> None:
    first, second = people[pair[0]], people[pair[1]]

    def crossing() -> Iterator[tuple[Picture, list[Detection]]]:
        for number in range(round(400 / speed * RATE) + 1):
            x = number * speed / RATE
            yield scene(background, [(first, 120 + x, 240), (second, 520 - x, 240)])

    history = follow(FaceTracker(), crossing())

    (left, right), (end_left, end_right) = sorted(history[0]), sorted(history[-1])
    assert history[-1][end_right] == history[0][left]
    assert history[-1][end_left] == history[0][right]
    assert {face_id for frame in history for face_id in frame.values()} == {"face_1", "face_2"}


@pytest.mark.parametrize("pair", [(0, 1), (2, 3), (3, 5), (4, 6)])
def test_people_who_meet_and_turn_back_keep_their_ids(
    people: list[Picture], background: Picture, pair: tuple[int, int]
) -> None:
    first, second = people[pair[0]], people[pair[1]]

    def bounce() -> Iterator[tuple[Picture, list[Detection]]]:
        for number in range(91):
            gap = abs(45 - number) / 45 * 180 + 10
            yield scene(background, [(first, 320 - gap, 240), (second, 320 + gap, 240)])

    history = follow(FaceTracker(), bounce())

    assert history[-1] == history[0]


@pytest.mark.parametrize("pair", [(0, 1), (1, 3), (3, 5), (4, 6), (5, 6)])
def test_a_cut_to_somebody_else_at_the_same_place_is_a_new_id(
    people: list[Picture], background: Picture, pair: tuple[int, int]
) -> None:
    def cut() -> Iterator[tuple[Picture, list[Detection]]]:
        for number in range(40):
            yield scene(background, [(people[pair[number >= 20]], 320 + number % 3, 240)])

    history = follow(FaceTracker(), cut())

    assert {*history[0].values(), *history[19].values()} == {"face_1"}
    assert {*history[20].values(), *history[39].values()} == {"face_2"}


def test_a_gap_of_half_a_second_keeps_the_id(people: list[Picture], background: Picture) -> None:
    def gap() -> Iterator[tuple[Picture, list[Detection]]]:
        for number in range(60):
            image, detections = scene(background, [(people[0], 200 + 2 * number, 240)])
            yield image, [] if 20 <= number < 35 else detections

    history = follow(FaceTracker(), gap())

    assert {face_id for frame in history for face_id in frame.values()} == {"face_1"}


def test_ids_are_never_used_twice(people: list[Picture], background: Picture) -> None:
    tracker = FaceTracker()
    still = [scene(background, [(people[0], 320, 240)])]
    assert list(follow(tracker, iter(still), begin=10.0)[0].values()) == ["face_1"]
    assert list(follow(tracker, iter(still), begin=5.0)[0].values()) == ["face_2"], "a clock that was set back"
    tracker.reset()
    assert list(follow(tracker, iter(still), begin=6.0)[0].values()) == ["face_3"]
    assert list(follow(tracker, iter(still), begin=6.0)[0].values()) == ["face_3"], "the same stamp again"
    assert list(follow(tracker, iter(still), begin=600.0)[0].values()) == ["face_4"], "ten minutes later"


def test_the_one_woman_of_the_demo_clip_keeps_one_id(asset: Callable[[str], Path]) -> None:
    detector, tracker, ids = create_detector(), FaceTracker(), []
    with av.open(str(asset("demo_clip"))) as clip:
        for frame in clip.decode(video=0):
            image = frame.to_ndarray(format="bgr24")
            ids += [face_id for face_id, _ in tracker.update(detector.detect(image), image, float(frame.time))]
    assert set(ids) == {"face_1"}
    assert len(ids) >= 0.95 * 472
