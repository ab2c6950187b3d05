"""Scenes hold the faces that they say, where they say."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from emotion_perception.benchmark.matching import Tally
from emotion_perception.benchmark.scenes import FRAMES, MOST_FACES, RATE, Scene, render, write_clip
from emotion_perception.core.detection import create_detector
from emotion_perception.core.errors import ParameterError


@pytest.mark.parametrize("faces", [0, 1, 4, MOST_FACES])
def test_the_faces_are_where_their_boxes_are(faces: int) -> None:
    detector, tally = create_detector(), Tally()
    frames = list(render(Scene(faces, 640, 480)))
    for image, boxes in frames[::30]:
        assert image.shape == (480, 640, 3)
        tally.add(np.array([found.box for found in detector.detect(image)]).reshape(-1, 4), boxes)
    assert len(frames) == FRAMES
    assert tally.there == 3 * faces
    assert tally.found >= 0.9 * tally.there
    assert tally.false == 0


def test_the_faces_move_and_come_back() -> None:
    boxes = np.stack([boxes for _, boxes in render(Scene(4, 320, 240))])
    assert np.ptp(boxes[:, :, 0], axis=0).min() >= 5
    assert np.abs(boxes[-1] - boxes[0]).max() <= 3


def test_a_clip_has_every_frame(tmp_path: Path) -> None:
    write_clip(Scene(1, 320, 240), tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as clip:
        times = [float(frame.time) for frame in clip.decode(video=0)]
    assert np.allclose(np.diff(times), 1 / RATE, atol=1e-3)
    assert len(times) == FRAMES


def test_more_people_than_there_are_cannot_be_shown() -> None:
    with pytest.raises(ParameterError, match="give 0 to 10"):
        Scene(11, 640, 480)
