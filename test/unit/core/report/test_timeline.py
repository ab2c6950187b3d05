from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import PerceptionError
from emotion_perception.core.labels import LABELS
from emotion_perception.core.palette import colour_of
from emotion_perception.core.report.emotion_csv import EmotionCsv, EmotionRow
from emotion_perception.core.report.timeline import write_timeline


def draw(
    tmp_path: Path, faces: Sequence[str], *, label: str = "happy", count: int = 60, step: float = 0.04
) -> NDArray[np.uint8]:
    with EmotionCsv(tmp_path / "emotion.csv", LABELS) as table:
        for index in range(count):
            for face_id in faces:
                probabilities = tuple(0.82 if other == label else 0.03 for other in LABELS)
                table.write(EmotionRow(round(index * step * 1e9), face_id, label, 0.82, probabilities))
    write_timeline(tmp_path / "emotion.csv", tmp_path / "out" / "timeline.png")
    image = cv2.imread(str(tmp_path / "out" / "timeline.png"))
    assert image is not None
    return np.asarray(image, np.uint8)


def pixels_of(image: NDArray[np.uint8], label: str) -> int:
    return int((image == colour_of(label)[::-1]).all(axis=2).sum())


@pytest.mark.parametrize("label", ["happy", "sad"])
def test_the_expression_that_was_decided_on_rules_the_picture_in_its_colour(tmp_path: Path, label: str) -> None:
    image = draw(tmp_path, ["face_1"], label=label)
    assert pixels_of(image, label) > 10 * max(pixels_of(image, other) for other in LABELS if other != label)


def test_a_panel_per_face_and_not_more_than_six(tmp_path: Path) -> None:
    heights = [len(draw(tmp_path, [f"face_{n}" for n in range(count)], count=9)) for count in (1, 2, 6, 8)]
    assert heights[1] - heights[0] > 200
    assert heights[2] - heights[0] == pytest.approx(5 * (heights[1] - heights[0]), abs=3)
    assert heights[3] == heights[2]


def test_the_same_table_gives_the_same_picture(tmp_path: Path) -> None:
    draw(tmp_path, ["face_1"])
    first = (tmp_path / "out" / "timeline.png").read_bytes()
    draw(tmp_path, ["face_1"])
    assert (tmp_path / "out" / "timeline.png").read_bytes() == first


@pytest.mark.parametrize("step", [0.04, 0.1, 5.0])
@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_rows_will_do(tmp_path: Path, count: int, step: float) -> None:
    assert draw(tmp_path, ["face_1"], count=count, step=step).shape[1] == 1440


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    with EmotionCsv(tmp_path / "emotion.csv", LABELS):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(PerceptionError, match=r"cannot write .*timeline.png"):
        write_timeline(tmp_path / "emotion.csv", tmp_path / "file" / "timeline.png")


def test_matplotlib_is_loaded_only_to_draw() -> None:
    code = "import sys, emotion_perception.core.report.timeline; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
