"""Bags played into a real graph."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.serialization import deserialize_message, serialize_message
from rosbags.interfaces import Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from emotion_perception.bags.pace import Pace
from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.selection import choose, only_image
from emotion_perception.bags.topic import COMPRESSED_IMAGE, IMAGE, Topic
from emotion_perception.bags.writing import BagWriter
from emotion_perception.cli.replay.observer import observe
from emotion_perception.cli.replay.pictures import converted
from emotion_perception.cli.replay.player import Player
from emotion_perception.core.errors import ImageError
from emotion_perception.ros.images import bgr_to_compressed, bgr_to_image, image_to_bgr
from emotion_perception.ros.messages import header_at, nanoseconds
from emotion_perception.ros.process import Graph

SECOND = 1_000_000_000


def record(folder: Path, topic: Topic, messages: list[Any]) -> Path:
    """A bag with a message every 20 ms."""
    with BagWriter(folder) as bag:
        bag.add(topic)
        for number, message in enumerate(messages):
            bag.write(topic.name, 50 * SECOND + number * SECOND // 50, bytes(serialize_message(message)))
    return folder


@pytest.fixture
def chatter(tmp_path: Path) -> Path:
    texts = [String(data=f"{number}") for number in range(50)]
    return record(tmp_path / "chatter", Topic("/chatter", "std_msgs/msg/String"), texts)


def player(graph: Graph, bag: BagReader, **options: Any) -> Player:
    made: Player = graph.add(
        Player,
        bag=bag,
        choices=options.pop("choices", None) or choose(bag),
        **({"rules": {}, "clock": False} | options),
    )
    return made


def test_bytes_are_played_as_they_were_recorded_under_another_name(graph: Graph, outsider: Any, chatter: Path) -> None:
    heard: list[bytes] = []
    done = threading.Event()

    def take(data: bytes) -> None:
        heard.append(data)
        if len(heard) == 50:
            done.set()

    outsider.create_subscription(String, "/robot1/chatter", take, 100, raw=True)
    with BagReader(chatter) as bag:
        made = player(graph, bag, rules={"/chatter": "/robot1/chatter"})
        assert made.wait_for_audience(stopped=lambda: False)
        made.play(Pace(rate=10.0))
        made.finish()
        assert done.wait(15)
        assert heard == [message.data for message in bag.messages()]
    assert made.published == 50


def test_it_begins_where_it_is_told_and_tells_the_bags_time(graph: Graph, outsider: Any, chatter: Path) -> None:
    heard, clock = outsider.listen(String, "/chatter", 100), outsider.listen(Clock, "/clock", 100)
    with BagReader(chatter) as bag:
        made = player(graph, bag, clock=True)
        made.wait_for_audience(stopped=lambda: False)
        made.play(Pace(rate=5.0), start=0.5)
    heard.wait(lambda messages: messages and messages[-1].data == "49")
    assert heard.messages[0].data == "25"
    clock.wait(lambda messages: len(messages) >= 25)
    times = [message.clock.sec * SECOND + message.clock.nanosec for message in clock.messages]
    assert times[0] >= 50 * SECOND + SECOND // 2
    assert times[-1] <= 51 * SECOND


def test_a_stop_ends_it_at_once(graph: Graph, chatter: Path) -> None:
    pace = Pace()
    pace.stop()
    with BagReader(chatter) as bag:
        made = player(graph, bag)
        made.play(pace)
    assert made.published == 0


class Noting(Pace):
    """Notes what it is asked."""

    def __init__(self, asked: list[str]) -> None:
        super().__init__(rate=10.0)
        self._asked = asked

    def restart(self, position: float = 0.0) -> None:
        self._asked.append("restart")
        super().restart(position)

    def wait(self, due: float, tick: Callable[[float], None] = lambda position: None) -> bool:
        self._asked.append("wait")
        return super().wait(due, tick)


def test_nothing_hurries_as_opening_a_bag_and_decoding_its_pictures_take_time(
    graph: Graph, picture: Callable[[str], NDArray[np.uint8]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    jpegs = [
        bgr_to_compressed(picture("single_face_picture"), header_at(second, "eye"), quality=90) for second in (0, 1)
    ]
    monkeypatch.setattr(
        "emotion_perception.cli.replay.player.converted",
        lambda data, kind, wanted: asked.append("decode") or converted(data, kind, wanted),
    )
    with BagReader(record(tmp_path / "jpegs", Topic("/image_raw/compressed", COMPRESSED_IMAGE), jpegs)) as bag:
        player(graph, bag, choices=choose(bag, inputs=True, transport="raw")).play(Noting(asked))
    assert asked == ["decode", "restart", "wait", "decode", "wait"]


def test_jpegs_become_raw_images_and_one_that_is_damaged_is_skipped(
    graph: Graph, outsider: Any, picture: Callable[[str], NDArray[np.uint8]], tmp_path: Path
) -> None:
    jpegs = [
        bgr_to_compressed(picture("single_face_picture"), header_at(number, "eye"), quality=90) for number in range(3)
    ]
    jpegs[1].data = jpegs[1].data[:1000]
    images = outsider.listen(Image, "/image_raw", 10)
    with BagReader(record(tmp_path / "jpegs", Topic("/image_raw/compressed", COMPRESSED_IMAGE), jpegs)) as bag:
        made = player(graph, bag, choices=choose(bag, inputs=True, transport="raw"))
        assert made.wait_for_audience(stopped=lambda: False)
        made.play(Pace())
    first, second = images.wait(lambda messages: len(messages) == 2)
    assert [nanoseconds(each.header) for each in (first, second)] == [0, 2]
    decoded = cv2.imdecode(np.frombuffer(jpegs[0].data, np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(image_to_bgr(first), decoded)
    assert made.skipped == 1
    assert "damaged" in made.trouble or "cut short" in made.trouble


def test_raw_images_become_jpegs(
    graph: Graph, outsider: Any, picture: Callable[[str], NDArray[np.uint8]], tmp_path: Path
) -> None:
    shown = picture("single_face_picture")
    jpegs = outsider.listen(CompressedImage, "/image_raw/compressed", 10)
    with BagReader(
        record(tmp_path / "raw", Topic("/image_raw", IMAGE), [bgr_to_image(shown, header_at(7, "eye"))])
    ) as bag:
        made = player(graph, bag, choices=choose(bag, transport="compressed"))
        assert made.wait_for_audience(stopped=lambda: False)
        made.play(Pace())
    (jpeg,) = jpegs.wait(lambda messages: messages)
    decoded = cv2.imdecode(np.frombuffer(jpeg.data, np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(decoded.astype(int) - shown).mean() < 5


@pytest.mark.parametrize("encoding", ["rgb8", "mono8", "bayer_rggb8"])
def test_other_encodings_are_looked_at_or_refused_in_a_sentence(
    encoding: str, picture: Callable[[str], NDArray[np.uint8]], tmp_path: Path
) -> None:
    shown = picture("single_face_picture")
    code = {"rgb8": cv2.COLOR_BGR2RGB, "mono8": cv2.COLOR_BGR2GRAY}.get(encoding)
    pixels = shown if code is None else cv2.cvtColor(shown, code)
    images = []
    for number in range(10):
        image = bgr_to_image(shown, header_at(number * SECOND // 25, "eye"))
        image.encoding, image.step = encoding, pixels[0].nbytes
        image.data.frombytes(b"")
        del image.data[pixels.nbytes :]
        image.data[:] = type(image.data)("B", pixels.tobytes())
        images.append(image)
    with BagReader(record(tmp_path / "bag", Topic("/front/image_raw", IMAGE), images)) as bag:
        image = only_image(bag, choose(bag, inputs=True, transport="raw"))
        if encoding == "bayer_rggb8":
            with pytest.raises(ImageError, match='"bayer_rggb8" is not known'):
                observe(bag, image, identity=False)
        else:
            seen = observe(bag, image, identity=False)
            assert len(seen.frames) == 10
            assert [len(frame.faces) for frame in seen.frames][-1] == 1
            assert deserialize_message(seen.serialized[-1], type(seen.emotions[seen.frames[-1].stamp])).emotions


def test_what_was_latched_reaches_those_who_come_later(graph: Graph, outsider: Any, tmp_path: Path) -> None:
    forever = QosTime(9223372036, 854775807)
    latched = Qos(
        QosHistory.KEEP_LAST, 1, QosReliability.RELIABLE, QosDurability.TRANSIENT_LOCAL, forever, forever,
        QosLiveliness.AUTOMATIC, forever, False,
    )  # fmt: skip
    topic = Topic("/notice", "std_msgs/msg/String", (latched,))
    with BagReader(record(tmp_path / "bag", topic, [String(data="old"), String(data="new")])) as bag:
        player(graph, bag).play(Pace())
        late = outsider.listen(String, "/notice", QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
        assert late.wait(lambda messages: messages)[0].data == "new"
