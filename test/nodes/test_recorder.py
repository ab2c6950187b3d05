"""The recorder in a real graph: QoS as offered, late topics, what was lost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.writing import BagWriter
from emotion_perception.cli.record.recorder import Recorder
from emotion_perception.cli.record.sink import Sink
from emotion_perception.ros.process import Graph

BEST_EFFORT = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(depth=3, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture
def recorder(graph: Graph, tmp_path: Path) -> Any:
    """Records /talk, /news and /latched into tmp_path/bag."""
    sink = Sink(partial(BagWriter, tmp_path / "bag"), failed=graph.stop)
    wanted = {"/talk", "/news", "/latched"}
    node = graph.add(Recorder, choose=lambda published: wanted & set(published), sink=sink)
    node.sink = sink
    return node


def heard(folder: Path) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    with BagReader(folder) as bag:
        for message in bag.messages():
            said.setdefault(message.topic.name, []).append(deserialize_message(message.data, String).data)
    return said


def test_each_topic_is_asked_for_as_it_is_offered(
    recorder: Any, outsider: Any, eventually: Callable[..., None], tmp_path: Path
) -> None:
    latched = outsider.create_publisher(String, "/latched", LATCHED)
    for number in range(3):  # before anybody listens
        latched.publish(String(data=f"latched {number}"))
    news = outsider.talk(String, "/news", BEST_EFFORT)
    talk = outsider.talk(String, "/talk")
    for number in range(100):
        talk.publish(String(data=f"{number}"))
    news.publish(String(data="news"))
    eventually(lambda: recorder.sink.written >= 104)
    recorder.sink.close()

    said = heard(tmp_path / "bag")

    assert said["/talk"] == [f"{number}" for number in range(100)]
    assert said["/news"] == ["news"]
    assert said["/latched"] == ["latched 0", "latched 1", "latched 2"]
    with BagReader(tmp_path / "bag") as bag:
        offered = {topic.name: topic.qos[0] for topic in bag.topics}
    assert offered["/news"].reliability.name == "BEST_EFFORT"
    assert offered["/latched"].durability.name == "TRANSIENT_LOCAL"


def test_bytes_are_those_that_were_sent(recorder: Any, outsider: Any, eventually: Any, tmp_path: Path) -> None:
    sent = serialize_message(String(data="as it is"))
    outsider.talk(String, "/talk").publish(sent)
    eventually(lambda: recorder.sink.written >= 1)
    recorder.sink.close()
    with BagReader(tmp_path / "bag") as bag:
        assert [message.data for message in bag.messages()] == [bytes(sent)]


def test_a_publisher_that_joins_and_offers_less_is_heard_too(
    recorder: Any, outsider: Any, eventually: Any, tmp_path: Path
) -> None:
    outsider.talk(String, "/talk").publish(String(data="reliable"))
    eventually(lambda: recorder.sink.written >= 1)
    late = outsider.talk(String, "/talk", BEST_EFFORT)  # waits until a subscription matches
    late.publish(String(data="best effort"))
    eventually(lambda: recorder.sink.written >= 2)
    recorder.sink.close()
    assert heard(tmp_path / "bag")["/talk"] == ["reliable", "best effort"]


def test_what_the_middleware_says_was_lost_is_counted(recorder: Any, outsider: Any, eventually: Any) -> None:
    outsider.talk(String, "/talk").publish(String(data="heard"))
    eventually(lambda: recorder.sink.written >= 1)
    for lost in (2, 3):
        recorder._note_lost("/talk", SimpleNamespace(total_count_change=lost))
    assert recorder.lost == {"/talk": 5}
    recorder.sink.close()


def test_a_disk_that_is_too_slow_costs_messages_that_are_counted(tmp_path: Path) -> None:
    sink = Sink(partial(BagWriter, tmp_path / "bag"), failed=lambda: None, room=1000)
    sink.put("/talk", 0, bytes(1001))
    assert sink.dropped == 1
    sink.close()


def test_a_bag_that_cannot_be_begun_is_told_to_whoever_asks(tmp_path: Path) -> None:
    (tmp_path / "bag").mkdir()
    with pytest.raises(Exception, match="exists already"):
        Sink(partial(BagWriter, tmp_path / "bag"), failed=lambda: None)


def test_raw_images_that_are_discovered_first_are_not_recorded_beside_the_compressed_ones(
    graph: Graph, tmp_path: Path
) -> None:
    answers = iter([{"/image_raw"}, {"/image_raw/compressed"}, {"/image_raw/compressed"}])
    sink = Sink(partial(BagWriter, tmp_path / "bag"), failed=graph.stop)
    node = Recorder(choose=lambda published: next(answers), sink=sink, context=graph._context)
    node.create_publisher(Image, "/image_raw", 1)
    node.create_publisher(CompressedImage, "/image_raw/compressed", 1)
    for _ in range(3):
        node._discover()
    assert node.topics == ["/image_raw/compressed"]
    node.destroy_node()
    sink.close()
