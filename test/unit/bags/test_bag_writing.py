from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import yaml
from rosbags.rosbag2 import Reader

from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.recovery import recover
from emotion_perception.bags.topic import Topic
from emotion_perception.bags.writing import BagWriter, Limits
from emotion_perception.core.errors import BagError

from .conftest import OFFERED, SECOND, TALK, text

#: The keys of a metadata.yaml that `ros2 bag record` of Jazzy wrote, in its order, seen in a public repository; and
#: those of rosbag2_storage/yaml.hpp, which writes them.
JAZZY = yaml.safe_load("""
rosbag2_bagfile_information:
  version: 9
  storage_identifier: mcap
  duration: {nanoseconds: 28000217976}
  starting_time: {nanoseconds_since_epoch: 1791340443504644767}
  message_count: 29
  topics_with_message_count:
    - topic_metadata:
        name: /number_count
        type: example_interfaces/msg/Int64
        serialization_format: cdr
        offered_qos_profiles:
          - history: unknown
            depth: 0
            reliability: reliable
            durability: volatile
            deadline: {sec: 9223372036, nsec: 854775807}
            lifespan: {sec: 9223372036, nsec: 854775807}
            liveliness: automatic
            liveliness_lease_duration: {sec: 9223372036, nsec: 854775807}
            avoid_ros_namespace_conventions: false
        type_description_hash: RIHS01_1b3b9a6502f560d079520c73c685a9550e5a1838d2cefd537fe0aba75a3639a0
      message_count: 29
  compression_format: ""
  compression_mode: ""
  relative_file_paths: [rosbag2_2026_10_07-10_34_02_0.mcap]
  files:
    - path: rosbag2_2026_10_07-10_34_02_0.mcap
      starting_time: {nanoseconds_since_epoch: 1791340443504644767}
      duration: {nanoseconds: 28000217976}
      message_count: 29
  custom_data: ~
  ros_distro: jazzy
""")["rosbag2_bagfile_information"]


def shape(value: Any) -> Any:
    """Keep the keys and their order and the types of values."""
    if isinstance(value, dict):
        return [(key, shape(each)) for key, each in value.items()]
    return [shape(each) for each in value] if isinstance(value, list) else type(value).__name__


def metadata(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((folder / "metadata.yaml").read_text())
    return content["rosbag2_bagfile_information"]


def fill(bag: BagWriter, count: int, *, begin: int = 1000 * SECOND, step: float = 1.0, padding: int = 0) -> None:
    bag.add(TALK)
    for number in range(count):
        bag.write("/talk", begin + round(number * step * SECOND), text(f"{number}" + " " * padding))


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_what_is_written_is_read(storage: str, tmp_path: Path, said: Callable[[Path], list[str]]) -> None:
    with BagWriter(tmp_path / "bag", storage=storage) as bag:
        fill(bag, 5)
        bag.add(Topic("/silent", "sensor_msgs/msg/Image"))
    assert said(tmp_path / "bag") == ["0", "1", "2", "3", "4"]
    with BagReader(tmp_path / "bag") as read:
        assert (read.begin, read.end, read.seconds) == (1000 * SECOND, 1004 * SECOND, 4.0)
        assert read.counts == {"/talk": 5, "/silent": 0}
        assert read.topics[0].qos == (OFFERED,)
    assert (tmp_path / "bag").stat().st_mode & 0o077 == 0, "pictures of people are nobody else's business"
    assert {path.name for path in (tmp_path / "bag").iterdir()} == {
        "metadata.yaml",
        "bag_0.mcap" if storage == "mcap" else "bag_0.db3",
    }


def test_rosbags_own_reader_agrees(tmp_path: Path) -> None:
    with BagWriter(tmp_path / "bag", compress=True) as bag:
        fill(bag, 3)
    with Reader(tmp_path / "bag") as reader:
        assert [stamp for _, stamp, _ in reader.messages()] == [1000 * SECOND, 1001 * SECOND, 1002 * SECOND]
        assert "string data" in reader.connections[0].msgdef.data


def test_metadata_has_the_fields_of_ros2_bag_record_in_their_order(tmp_path: Path) -> None:
    with BagWriter(tmp_path / "bag") as bag:
        fill(bag, 29)
    ours = metadata(tmp_path / "bag")
    assert shape(ours) == shape(JAZZY)
    for key in ("version", "storage_identifier", "message_count", "compression_format", "compression_mode"):
        assert ours[key] == JAZZY[key]
    (topic,), (real,) = ours["topics_with_message_count"], JAZZY["topics_with_message_count"]
    assert topic["topic_metadata"]["offered_qos_profiles"] == real["topic_metadata"]["offered_qos_profiles"]
    assert topic["topic_metadata"]["type_description_hash"].startswith("RIHS01_")
    assert ours["duration"]["nanoseconds"] == 28 * SECOND


def test_a_bag_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "bag").mkdir()
    with pytest.raises(BagError, match="exists already"):
        BagWriter(tmp_path / "bag")


def test_a_folder_that_cannot_be_made_is_told() -> None:
    with pytest.raises(BagError, match="/proc/bag"):
        BagWriter(Path("/proc/bag"))


def test_sqlite_is_not_compressed(tmp_path: Path) -> None:
    with pytest.raises(BagError, match="sqlite3"):
        BagWriter(tmp_path / "bag", storage="sqlite3", compress=True)


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
@pytest.mark.parametrize(
    ("limits", "counts"),
    [(Limits(split_seconds=4), [4, 4, 2]), (Limits(split_bytes=3000), [3, 3, 3, 1])],
    ids=["time", "size"],
)
def test_a_new_file_begins_when_one_is_full(
    storage: str, limits: Limits, counts: list[int], tmp_path: Path, said: Callable[[Path], list[str]]
) -> None:
    # 1,000 bytes a message, so that what the file formats add does not matter
    with BagWriter(tmp_path / "bag", storage=storage, limits=limits) as bag:
        fill(bag, 10, padding=950)
    assert [each.strip() for each in said(tmp_path / "bag")] == [f"{number}" for number in range(10)]
    told = metadata(tmp_path / "bag")
    if limits.split_seconds or storage == "sqlite3":
        assert [each["message_count"] for each in told["files"]][: len(counts)] in (counts, [4, 4, 2])
    assert sum(each["message_count"] for each in told["files"]) == told["message_count"] == 10
    assert len(told["files"]) >= 3
    for each in told["relative_file_paths"]:  # each is a bag by itself
        assert said(tmp_path / "bag" / each)


def test_a_ring_keeps_the_newest_and_little_more(tmp_path: Path, said: Callable[[Path], list[str]]) -> None:
    with BagWriter(tmp_path / "bag", limits=Limits(keep_seconds=60)) as bag:
        fill(bag, 600)
        assert len(list((tmp_path / "bag").glob("*.mcap"))) <= 13
    kept = [int(each) for each in said(tmp_path / "bag")]
    assert kept == list(range(kept[0], 600))
    assert 60 <= len(kept) <= 67
    assert metadata(tmp_path / "bag")["starting_time"]["nanoseconds_since_epoch"] == (1000 + kept[0]) * SECOND


PROGRAM = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from emotion_perception.bags.topic import Topic
from emotion_perception.bags.writing import BagWriter
bag = BagWriter(Path({folder!r}), storage={storage!r})
bag.add(Topic("/talk", "std_msgs/msg/String"))
def say(number, padding=0):
    words = str(number).encode() + b" " * padding + b"\\0"
    bag.write("/talk", 1000 + number, b"\\0\\1\\0\\0" + len(words).to_bytes(4, "little") + words)
for number in range(10):
    say(number)
bag.flush()
for number in range(10, 60):
    say(number, {padding})
os.kill(os.getpid(), signal.SIGKILL)
"""


# With the padding more is written than SQLite keeps in memory; without it, what mcap does not flush stays in a buffer.
@pytest.mark.parametrize(("storage", "padding"), [("mcap", 0), ("mcap", 200_000), ("sqlite3", 0), ("sqlite3", 200_000)])
def test_what_was_flushed_survives_a_kill(
    storage: str, padding: int, tmp_path: Path, said: Callable[[Path], list[str]]
) -> None:
    folder = tmp_path / "bag"
    program = PROGRAM.format(tests=str(Path(__file__).parent), folder=str(folder), storage=storage, padding=padding)
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == -signal.SIGKILL
    assert not (folder / "metadata.yaml").exists()
    with pytest.raises(BagError, match="--recover"):
        BagReader(folder)

    recovery = recover(folder)

    kept = [int(each) for each in said(recovery.folder)]
    assert kept == list(range(recovery.messages))
    assert recovery.messages == 10 if storage == "sqlite3" else recovery.messages >= 10  # what is committed, no more
    assert recovery.end == 1000 + kept[-1]


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_a_disk_that_refuses_closes_a_bag_that_is_whole(
    storage: str,
    tmp_path: Path,
    said: Callable[[Path], list[str]],
    files_of_at_most: Callable[[int], AbstractContextManager[None]],
) -> None:
    bag = BagWriter(tmp_path / "bag", storage=storage)
    fill(bag, 100)
    bag.flush()
    with files_of_at_most(2 << 20), pytest.raises(BagError, match="closed with the 100 messages before") as told:
        for _ in range(1000):
            bag.write("/talk", 1100 * SECOND, text("x" * 100_000))
        bag.flush()
    assert str(tmp_path / "bag") in str(told.value)
    bag.close()  # once more does no harm
    assert said(tmp_path / "bag") == [f"{number}" for number in range(100)]
    assert metadata(tmp_path / "bag")["message_count"] == 100


def test_a_disk_that_is_nearly_full_ends_the_recording_in_time(
    tmp_path: Path, said: Callable[[Path], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = BagWriter(tmp_path / "bag")
    fill(bag, 3)
    monkeypatch.setattr("emotion_perception.bags.writing._LEAST_FREE", 1 << 60)  # no disk has so much
    with pytest.raises(BagError, match="MiB free"):
        bag.flush()
    assert said(tmp_path / "bag") == ["0", "1", "2"]
