"""Whom a check of a bag knows: nobody, unless it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from rclpy.serialization import serialize_message

from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.selection import choose, only_image
from emotion_perception.bags.topic import COMPRESSED_IMAGE, Topic
from emotion_perception.bags.writing import BagWriter
from emotion_perception.cli.replay.observer import Observed, observe
from emotion_perception.core.people.store import default_path
from emotion_perception.ros.images import bgr_to_compressed
from emotion_perception.ros.messages import header_at

SECOND = 1_000_000_000


@pytest.fixture
def check(picture: Callable[[str], NDArray[np.uint8]], tmp_path: Path) -> Callable[..., Observed]:
    """check(files, values): what the graph makes of five frames, on a computer whose file of people is none."""
    topic = Topic("/image_raw/compressed", COMPRESSED_IMAGE)
    with BagWriter(tmp_path / "bag") as bag:
        bag.add(topic)
        for number in range(5):
            jpeg = bgr_to_compressed(picture("single_face_picture"), header_at(number * SECOND, "eye"), quality=90)
            bag.write(topic.name, number * SECOND, bytes(serialize_message(jpeg)))

    def run(files: Sequence[Path] = (), values: Sequence[tuple[str, str, Any]] = ()) -> Observed:
        with BagReader(tmp_path / "bag") as read:
            return observe(read, only_image(read, choose(read, inputs=True, transport="raw")), files, values)

    return run


@pytest.fixture
def spoilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where people are kept on this computer: a file that no face_identity can open."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = default_path()
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_text("no database")
    return path


def test_who_is_enrolled_on_the_computer_makes_no_difference(
    check: Callable[..., Observed], spoilt: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "robot.yaml"
    file.write_text('/**/face_identity:\n  ros__parameters:\n    people: ""\n    refresh: 2.0\n')
    for files in ([], [file]):
        seen = check(files)
        assert len(seen.frames) == 5
        assert {name for names in seen.names.values() for name in names.values()} == {""}
    assert str(spoilt) not in capfd.readouterr().err
    assert spoilt.read_text() == "no database"


@pytest.mark.parametrize("way", ["file", "value"])
def test_a_file_of_people_that_is_named_is_taken(
    way: str, check: Callable[..., Observed], spoilt: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "robot.yaml"
    file.write_text(f"/**/face_identity:\n  ros__parameters:\n    people: {spoilt}\n")
    asked = {"files": [file]} if way == "file" else {"values": [("face_identity", "people", str(spoilt))]}
    check(**asked)
    assert f"{spoilt} is damaged" in capfd.readouterr().err
