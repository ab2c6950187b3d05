"""Reports of bags with real messages of ours."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from emotion_perception.msg import Emotion, EmotionArray
from numpy.typing import NDArray
from rclpy.serialization import serialize_message
from sensor_msgs.msg import RegionOfInterest

from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.topic import COMPRESSED_IMAGE, Topic
from emotion_perception.bags.writing import BagWriter
from emotion_perception.cli.main import main
from emotion_perception.cli.report.tables import read_table
from emotion_perception.core.labels import LABELS
from emotion_perception.core.report.emotion_csv import read_emotions
from emotion_perception.ros.images import bgr_to_compressed
from emotion_perception.ros.messages import header_at

SECOND = 1_000_000_000
EMOTION = Topic("/emotion", "emotion_perception/msg/EmotionArray")
JPEGS = Topic("/image_raw/compressed", COMPRESSED_IMAGE)


def expression(label: str, confidence: float) -> Emotion:
    rest = (1 - confidence) / (len(LABELS) - 1)
    probabilities = [confidence if each == label else rest for each in LABELS]
    roi = RegionOfInterest(x_offset=10, y_offset=20, width=100, height=110)
    return Emotion(face_id="face_1", roi=roi, label=label, confidence=confidence, probabilities=probabilities)


@pytest.fixture
def bag(picture: Callable[[str], NDArray[np.uint8]], tmp_path: Path) -> Path:
    """Four seconds at 25 Hz, 10 ms late: happy, then sad, then nobody; with pictures."""
    image = picture("single_face_picture")
    with BagWriter(tmp_path / "bag") as writer:
        writer.add(EMOTION)
        writer.add(JPEGS)
        for number in range(100):
            stamp = 1000 * SECOND + number * SECOND // 25
            header = header_at(stamp, "eye")
            seen = [expression("happy" if number < 50 else "sad", 0.5 + 0.004 * number)] if number < 75 else []
            array = EmotionArray(header=header, model="net 1", labels=list(LABELS), emotions=seen)
            writer.write(EMOTION.name, stamp + SECOND // 100, bytes(serialize_message(array)))
            jpeg = bgr_to_compressed(image, header, quality=60)
            writer.write(JPEGS.name, stamp, bytes(serialize_message(jpeg)))
    return tmp_path / "bag"


def test_a_table_holds_every_face_of_every_frame(bag: Path, tmp_path: Path) -> None:
    assert main(["report", str(bag), "--csv", str(tmp_path / "t.csv")]) == 0
    labels, rows = read_emotions(tmp_path / "t.csv")
    assert labels == tuple(LABELS)
    assert len(rows) == 75
    assert (rows[0].stamp, rows[0].face_id, rows[0].label) == (1000 * SECOND, "face_1", "happy")
    assert rows[60].probabilities[LABELS.index("sad")] == pytest.approx(0.74, abs=1e-6)
    with BagReader(bag) as read:
        table = read_table(read, "/emotion")
    assert table.model == "net 1"
    assert len(table.frames) == 100
    assert table.rois[0] == (10, 20, 100, 110)


def test_a_page_shows_the_strongest_moments_unless_pictures_are_not_wanted(bag: Path, tmp_path: Path) -> None:
    assert main(["report", str(bag), "--html", str(tmp_path / "with.html")]) == 0
    page = (tmp_path / "with.html").read_text()
    assert page.count("data:image/jpeg") == 2
    assert "2.0 s  face_1  happy 70%" in page
    assert "3.0 s  face_1  sad 80%" in page
    assert "happy → sad" in page
    assert "net 1" in page
    assert "median 10.0" in page
    assert main(["report", str(bag), "--html", str(tmp_path / "without.html"), "--no-snapshots"]) == 0
    assert "data:image/jpeg" not in (tmp_path / "without.html").read_text()
    assert not list(tmp_path.glob(".report_*"))


def test_a_parquet_file_holds_the_same(bag: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pip install pyarrow")
    assert main(["report", str(bag), "--parquet", str(tmp_path / "t.parquet")]) == 0
    table = parquet.read_table(tmp_path / "t.parquet").to_pydict()
    assert len(table["label"]) == 75
    assert table["sad"][60] == pytest.approx(0.74, abs=1e-6)
    assert (table["x"][0], table["height"][0]) == (10, 110)


def test_what_is_missing_is_told(
    bag: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as where it is not installed
    for arguments, part in (
        ([], "nothing to write"),
        (["--csv", "t.csv", "--topic", "moods"], "holds no /moods: it holds /emotion"),
        (["--csv", "t.csv", "--topic", "image_raw/compressed"], "no emotion_perception/msg/EmotionArray"),
        (["--parquet", str(tmp_path / "t.parquet")], "pip install pyarrow"),
        (["--csv", "/proc/nowhere/t.csv"], "/proc/nowhere"),
        (["--html", "/proc/nowhere/t.html"], "/proc/nowhere"),
    ):
        assert main(["report", str(bag), *arguments]) == 1, arguments
        said = capsys.readouterr().err
        assert part in said
        assert said.count("\n") == 1
