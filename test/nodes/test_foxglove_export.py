"""The copy of a bag for Foxglove, read by what the file itself holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from emotion_perception.msg import Emotion, EmotionArray, Face, FaceArray, Identity, IdentityArray
from geometry_msgs.msg import Point32
from rclpy.serialization import serialize_message
from rosbags.rosbag2 import Reader
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from sensor_msgs.msg import RegionOfInterest

from emotion_perception.bags.definitions import Definition
from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.topic import Topic
from emotion_perception.bags.writing import BagWriter
from emotion_perception.cli.main import main
from emotion_perception.core.labels import LABELS
from emotion_perception.ros.messages import header_at

SECOND = 1_000_000_000
KIND = "foxglove_msgs/msg/ImageAnnotations"
#: Computed from the files of schemas/ros2 in github.com/foxglove/foxglove-sdk, August 2026: of every type, name and
#: order of the fields (REP 2016).
HASH = "RIHS01_bc4e578b1ef80953415d6f966a4cab305c8a44c8b64fc405312b6f06a08fc45e"
TOPICS = {
    "faces": Topic("/robot/faces", "emotion_perception/msg/FaceArray"),
    "identities": Topic("/robot/identities", "emotion_perception/msg/IdentityArray"),
    "emotion": Topic("/robot/emotion", "emotion_perception/msg/EmotionArray"),
    "strange": Topic("/robot/strange", "nobodys_msgs/msg/Thing", definition=Definition("int8 thing\n", "")),
}
ROI = RegionOfInterest(x_offset=100, y_offset=60, width=80, height=90)
TOP = RegionOfInterest(x_offset=300, y_offset=2, width=80, height=90)
POINTS = [(120.0, 90.0), (160.0, 90.0), (140.0, 110.0), (125.0, 130.0), (155.0, 130.0)]


def expression(face_id: str, roi: RegionOfInterest, label: str) -> Emotion:
    probabilities = [0.7 if each == label else 0.05 for each in LABELS]
    return Emotion(face_id=face_id, roi=roi, label=label, confidence=0.7, probabilities=probabilities)


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """Three frames: nobody; two faces of whom one is Anna; the same without faces and identities."""
    with BagWriter(tmp_path / "bag") as writer:
        for topic in TOPICS.values():
            writer.add(topic)

        def write(name: str, number: int, message: Any) -> None:
            writer.write(TOPICS[name].name, number * SECOND, bytes(serialize_message(message)))

        for number in (1, 2, 3):
            header = header_at(number * SECOND - 1000, "camera")
            if number == 2:
                landmarks = [Point32(x=x, y=y, z=0.0) for x, y in POINTS]
                write("faces", number, FaceArray(header=header, faces=[Face(id="face_1", landmarks=landmarks)]))
                anna = [Identity(face_id="face_1", name="Anna"), Identity(face_id="face_2")]
                write("identities", number, IdentityArray(header=header, identities=anna))
            seen = [expression("face_1", ROI, "happy"), expression("face_2", TOP, "sad")] if number > 1 else []
            array = EmotionArray(header=header, model="net 1", labels=list(LABELS), emotions=seen)
            write("emotion", number, array)
        writer.write(TOPICS["strange"].name, 4 * SECOND, b"\0\1\0\0\5")
    return tmp_path / "bag"


def annotations(path: Path) -> list[tuple[int, Any]]:
    """Return receive time and message of each, decoded by the definition in the file alone."""
    with Reader(path) as reader:
        connection = next(each for each in reader.connections if each.msgtype == KIND)
        assert connection.topic == "/robot/emotion/annotations"
        store = get_typestore(Stores.EMPTY)
        store.register(get_types_from_msg(connection.msgdef.data, KIND))
        assert store.hash_rihs01(KIND) == HASH
        rows = reader.messages([connection])
        return [(stamp, store.deserialize_cdr(data, KIND)) for _, stamp, data in rows]


def test_every_expression_has_boxes_landmarks_and_texts_at_the_stamp_of_its_image(bag: Path, tmp_path: Path) -> None:
    made = tmp_path / "seen" / "in.mcap"
    assert main(["report", str(bag), "--topic", "robot/emotion", "--foxglove", str(made)]) == 0
    nobody, both, later = annotations(made)
    assert [stamp for stamp, _ in (nobody, both, later)] == [SECOND, 2 * SECOND, 3 * SECOND]
    assert not nobody[1].points
    assert not nobody[1].texts

    stamps = {(each.timestamp.sec, each.timestamp.nanosec) for each in (both[1], *both[1].points, *both[1].texts)}
    assert stamps == {(1, SECOND - 1000)}
    box, landmarks, second_box = both[1].points
    assert (box.type, landmarks.type, second_box.type) == (2, 1, 2)
    assert [(each.x, each.y) for each in box.points] == [(100, 60), (180, 60), (180, 150), (100, 150)]
    assert [(each.x, each.y) for each in landmarks.points] == POINTS
    about = {each.key: each.value for each in box.metadata}
    assert about["name"] == "Anna"
    assert about["probability of happy"] == "0.700"
    first, second = both[1].texts
    assert (first.text, second.text) == ("happy 70%  Anna", "sad 70%  face_2")
    assert (first.position.x, first.position.y) == (100, 60)
    assert second.position.y - second.font_size > 0  # not above the image's edge
    colours = [(each.background_color.r, each.background_color.g, each.background_color.b) for each in both[1].texts]
    assert colours[0] != colours[1]
    assert all(0 <= value <= 1 for colour in colours for value in colour)

    assert [each.type for each in later[1].points] == [2, 2]  # no landmarks without faces; the name is still known
    assert later[1].texts[0].text == "happy 70%  Anna"


def test_the_copy_holds_every_message_of_the_bag_and_is_private(bag: Path, tmp_path: Path) -> None:
    made = tmp_path / "all.mcap"
    assert main(["report", str(bag), "--topic", "robot/emotion", "--foxglove", str(made)]) == 0
    with BagReader(bag) as before, BagReader(made) as after:
        assert after.counts == before.counts | {"/robot/emotion/annotations": 3}
        known = set(before.counts)
        assert [(m.topic.name, m.stamp, m.data) for m in after.messages(known)] == [
            (m.topic.name, m.stamp, m.data) for m in before.messages()
        ]
    assert made.stat().st_mode & 0o777 == 0o600
    assert {each.name for each in tmp_path.iterdir()} == {"bag", "all.mcap"}


def test_a_copy_of_a_copy_is_annotated_once(bag: Path, tmp_path: Path) -> None:
    once, twice = tmp_path / "once.mcap", tmp_path / "twice.mcap"
    assert main(["report", str(bag), "--topic", "robot/emotion", "--foxglove", str(once)]) == 0
    assert main(["report", str(once), "--topic", "robot/emotion", "--foxglove", str(twice)]) == 0
    assert [str(message) for _, message in annotations(twice)] == [str(message) for _, message in annotations(once)]


def test_what_cannot_be_written_is_told(bag: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = tmp_path / "there.mcap"
    there.touch()
    for path, part in (
        (str(there), "exists already"),
        (str(tmp_path / "out.bag"), "ends in .mcap"),
        ("/proc/nowhere/out.mcap", "/proc/nowhere"),
    ):
        assert main(["report", str(bag), "--topic", "robot/emotion", "--foxglove", path]) == 1
        said = capsys.readouterr().err
        assert part in said
        assert said.count("\n") == 1
