"""Faces cut out of a user's own photographs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_perception.cli.main import main
from emotion_perception.core.alignment import align, expression_crop
from emotion_perception.core.detection import create_detector
from emotion_perception.training.datasets import open_dataset


@pytest.fixture
def photos(asset: Callable[[str], Path], tmp_path: Path) -> Path:
    """Two frames of a clip with one face, a group, an empty picture and a damaged one."""
    root = tmp_path / "photos"
    for label in ("happy", "sad"):
        (root / label).mkdir(parents=True)
    clip = cv2.VideoCapture(str(asset("demo_clip")))
    for label in ("happy", "sad"):
        cv2.imwrite(str(root / label / "frame.png"), clip.read()[1])
    (root / "happy" / "group.jpg").write_bytes(asset("group_picture").read_bytes())
    cv2.imwrite(str(root / "sad" / "wall.png"), np.full((480, 640, 3), 90, np.uint8))
    (root / "sad" / "damaged.jpg").write_bytes(b"\xff\xd8 half a")
    return root


def test_a_face_is_cut_out_as_the_robot_sees_it(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "faces"
    assert main(["dataset", "faces", str(photos), str(out), "--size", "96"]) == 0
    printed = capsys.readouterr()
    assert "2 pictures are in" in printed.out
    for place, reason in (
        ("happy/group.jpg", "it shows several faces"),
        ("sad/wall.png", "no face was found in it"),
        ("sad/damaged.jpg", "it is damaged, or no picture"),
    ):
        assert f"{place} was skipped: {reason}" in printed.err
    assert {str(path.relative_to(out)) for path in out.rglob("*.png")} == {"happy/frame.png.png", "sad/frame.png.png"}
    image = cv2.imread(str(photos / "happy" / "frame.png"))
    assert image is not None
    (face,) = create_detector().detect(np.asarray(image, np.uint8))
    robots = expression_crop(align(np.asarray(image, np.uint8), face), 96)
    assert np.array_equal(cv2.imread(str(out / "happy" / "frame.png.png")), robots)
    assert open_dataset(out).counts()["happy"] == 1


def test_what_is_there_is_not_looked_for_again(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "faces"
    made = out / "sad" / "wall.png.png"
    made.parent.mkdir(parents=True)
    cv2.imwrite(str(made), np.zeros((8, 8, 3), np.uint8))
    assert main(["dataset", "faces", str(photos), str(out)]) == 0
    assert made.stat().st_size < 200
    assert main(["dataset", "faces", str(photos), str(photos / "faces")]) == 1


def test_photographs_that_are_not_there_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dataset", "faces", str(tmp_path / "none"), str(tmp_path / "faces")]) == 1
    assert f"{tmp_path / 'none'} cannot be read (No such file or directory)" in capsys.readouterr().err
