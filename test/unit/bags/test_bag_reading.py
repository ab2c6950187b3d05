from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.rosbag2.enums import CompressionFormat, CompressionMode
from rosbags.typesys import Stores, get_typestore

from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.writing import BagWriter
from emotion_perception.core.errors import BagError

from .conftest import OFFERED, SECOND, TALK, text, words

#: The fields of version 5, which `ros2 bag record` of Humble writes: QoS as a text with numbers, no type hash, no
#: custom_data and no ros_distro. Seen in bags of ros2/rosbag2's own tests.
HUMBLE = """rosbag2_bagfile_information:
  version: 5
  storage_identifier: sqlite3
  duration:
    nanoseconds: 2000000000
  starting_time:
    nanoseconds_since_epoch: 1000000000000
  message_count: 3
  topics_with_message_count:
    - topic_metadata:
        name: /talk
        type: std_msgs/msg/String
        serialization_format: cdr
        offered_qos_profiles: "- history: 3\\n  depth: 0\\n  reliability: 1\\n  durability: 1\\n  deadline:\\n    sec: \
9223372036\\n    nsec: 854775807\\n  lifespan:\\n    sec: 9223372036\\n    nsec: 854775807\\n  liveliness: 1\\n  \
liveliness_lease_duration:\\n    sec: 9223372036\\n    nsec: 854775807\\n  avoid_ros_namespace_conventions: false"
      message_count: 3
  compression_format: ""
  compression_mode: ""
  relative_file_paths:
    - humble_0.db3
  files:
    - path: humble_0.db3
      starting_time:
        nanoseconds_since_epoch: 1000000000000
      duration:
        nanoseconds: 2000000000
      message_count: 3
"""


def make(folder: Path, count: int = 3) -> Path:
    with BagWriter(folder) as bag:
        bag.add(TALK)
        for number in range(count):
            bag.write("/talk", (1000 + number) * SECOND, text(f"{number}"))
    return folder


def test_a_bag_of_humble_is_read(tmp_path: Path, said: Callable[[Path], list[str]]) -> None:
    folder = tmp_path / "humble"
    folder.mkdir()
    (folder / "metadata.yaml").write_text(HUMBLE)
    with sqlite3.connect(folder / "humble_0.db3") as database:  # the tables of Humble's storage plug-in
        database.executescript("""
            CREATE TABLE schema(schema_version INTEGER PRIMARY KEY, ros_distro TEXT NOT NULL);
            CREATE TABLE metadata(id INTEGER PRIMARY KEY, metadata_version INTEGER NOT NULL, metadata TEXT NOT NULL);
            CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
                                serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL);
            CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, timestamp INTEGER NOT NULL,
                                  data BLOB NOT NULL);
            INSERT INTO schema VALUES (3, 'humble');
            INSERT INTO topics VALUES (1, '/talk', 'std_msgs/msg/String', 'cdr', '');
        """)
        rows = [((1000 + number) * SECOND, text(f"{number}")) for number in range(3)]
        database.executemany("INSERT INTO messages (topic_id, timestamp, data) VALUES (1, ?, ?)", rows)
    assert said(folder) == ["0", "1", "2"]
    with BagReader(folder) as bag:
        assert bag.topics[0].qos[0].durability.name == "TRANSIENT_LOCAL"


@pytest.mark.parametrize("mode", [CompressionMode.FILE, CompressionMode.MESSAGE, CompressionMode.STORAGE])
def test_compressed_bags_are_read(mode: CompressionMode, tmp_path: Path, said: Callable[[Path], list[str]]) -> None:
    writer = Writer(tmp_path / "bag", version=9, storage_plugin=StoragePlugin.MCAP)
    writer.set_compression(mode, CompressionFormat.ZSTD)
    with writer:
        store = get_typestore(Stores.ROS2_JAZZY)
        connection = writer.add_connection("/talk", "std_msgs/msg/String", typestore=store)
        for number in range(3):
            writer.write(connection, number, text(f"{number}"))
    assert said(tmp_path / "bag") == ["0", "1", "2"]


def test_no_message_is_passed_over_when_metadata_tells_of_more_publishers_than_the_file(
    tmp_path: Path, said: Callable[[Path], list[str]]
) -> None:
    folder = make(tmp_path / "bag")
    content = yaml.safe_load((folder / "metadata.yaml").read_text())
    (topic,) = content["rosbag2_bagfile_information"]["topics_with_message_count"]
    topic["topic_metadata"]["offered_qos_profiles"] *= 2  # as rosbag2 writes when a second publisher appears
    (folder / "metadata.yaml").write_text(yaml.safe_dump(content))
    assert said(folder) == ["0", "1", "2"]


def test_some_topics_from_a_time_on(tmp_path: Path) -> None:
    with BagReader(make(tmp_path / "bag")) as bag:
        assert [words(each.data) for each in bag.messages(["/talk"], begin=1001 * SECOND)] == ["1", "2"]
        assert list(bag.messages(["/other"])) == []
        assert next(bag.messages()).topic.qos == (OFFERED,)


def test_one_file_is_a_bag_too(tmp_path: Path, said: Callable[[Path], list[str]]) -> None:
    assert said(make(tmp_path / "bag") / "bag_0.mcap") == ["0", "1", "2"]


def test_an_empty_bag_has_no_duration(tmp_path: Path) -> None:
    BagWriter(tmp_path / "bag").close()
    with BagReader(tmp_path / "bag") as bag:
        assert (bag.topics, bag.seconds, list(bag.messages())) == ([], 0.0, [])


def refused(path: Path, *parts: str) -> None:
    with pytest.raises(BagError) as told, BagReader(path) as bag:
        list(bag.messages())
    for part in (str(path), *parts):
        assert part in str(told.value)
    assert "\n" not in str(told.value)


def test_what_is_no_bag_is_refused_in_a_sentence(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "there is no bag")
    refused(tmp_path, "holds neither")
    for name, content, part in (
        ("text.mcap", b"Dear diary", "whatever its name says"),
        ("text.db3", b"Dear diary", "whatever its name says"),
        ("empty.mcap", b"", "is empty"),
        ("old.bag", b"#ROSBAG V2.0", "rosbags-convert"),
        ("clip.mp4", b"", "metadata.yaml"),
    ):
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name, part)


def test_a_cut_file_is_refused_and_says_how_it_is_recovered(tmp_path: Path) -> None:
    folder = make(tmp_path / "bag")
    file = folder / "bag_0.mcap"
    file.write_bytes(file.read_bytes()[:-20])
    refused(file, "--recover")
    refused(folder, "--recover")
    (folder / "metadata.yaml").unlink()
    refused(folder, "was killed", "--recover")


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("version: 9", "version: 99", "99 not supported"),
        ("storage_identifier: mcap", "storage_identifier: tape", "tape"),
        ("serialization_format: cdr", "serialization_format: xml", "xml"),
        ("message_count", "mesage_count", "metadata key is missing"),
        ("bag_0.mcap", "bag_7.mcap", "missing"),
        ("rosbag2_bagfile_information:", "- [", "YAML"),
        ("rosbag2_bagfile_information:", "other:", "missing"),
    ],
)
def test_metadata_that_cannot_be_is_refused(old: str, new: str, part: str, tmp_path: Path) -> None:
    folder = make(tmp_path / "bag")
    file = folder / "metadata.yaml"
    file.write_text(file.read_text().replace(old, new))
    refused(folder, part)


def test_a_compressed_message_that_is_damaged_is_told(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "bag", version=9, storage_plugin=StoragePlugin.MCAP)
    writer.set_compression(CompressionMode.MESSAGE, CompressionFormat.ZSTD)
    with writer:
        connection = writer.add_connection(TALK.name, TALK.kind, typestore=get_typestore(Stores.ROS2_JAZZY))
        writer.write(connection, 1, text("packed"))
    file = tmp_path / "bag" / "bag.mcap"
    file.write_bytes(file.read_bytes().replace(b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfe"))
    refused(tmp_path / "bag", "--recover")
