from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_perception.core.errors import SourceError
from emotion_perception.sources.synthetic import SyntheticSource


def read_all(source: SyntheticSource) -> list[tuple[float | None, np.ndarray]]:
    source.open()
    frames = []
    while (frame := source.read()) is not None:
        frames.append((frame.time, frame.image))
    return frames


def test_count_size_and_times() -> None:
    frames = read_all(SyntheticSource(width=160, height=120, rate=20, count=5))
    assert [time for time, _ in frames] == pytest.approx([0, 0.05, 0.1, 0.15, 0.2])
    assert {image.shape for _, image in frames} == {(120, 160, 3)}


def test_two_runs_draw_the_same_pictures_and_every_picture_differs() -> None:
    first = read_all(SyntheticSource(width=160, height=120, count=40))
    second = read_all(SyntheticSource(width=160, height=120, count=40))
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(first, second, strict=True))
    assert len({image.tobytes() for _, image in first}) == 40


def test_the_drawn_face_is_found_wherever_it_wanders() -> None:
    cascade = cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"))
    centres = []
    for _, image in read_all(SyntheticSource(rate=2, count=16)):
        faces = cascade.detectMultiScale(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), 1.1, 4)
        assert len(faces) == 1
        centres.append(faces[0][0] + faces[0][2] / 2)
    assert max(centres) - min(centres) > 300


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 2), (7, 7), (1920, 1080)])
def test_any_size_can_be_drawn(size: tuple[int, int]) -> None:
    assert read_all(SyntheticSource(width=size[0], height=size[1], count=2))[1][1].shape == (size[1], size[0], 3)


def test_a_given_face_is_shown(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "green.png"), np.full((50, 90, 3), (0, 255, 0), np.uint8))
    image = read_all(SyntheticSource(count=1, face=tmp_path / "green.png"))[0][1]
    assert (np.abs(image.astype(int) - (0, 255, 0)).max(axis=2) < 3).mean() > 0.1


def test_a_face_that_is_no_picture_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"face=.*nothing.png cannot be read as a picture"):
        SyntheticSource(face=tmp_path / "nothing.png").open()


def test_closed_means_the_end_and_opening_starts_over() -> None:
    source = SyntheticSource(width=16, height=16)
    source.open()
    assert source.read() is not None
    source.close()
    assert source.read() is None
    source.open()
    frame = source.read()
    assert frame is not None
    assert frame.time == 0
