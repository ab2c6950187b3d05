from __future__ import annotations

import pytest
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from emotion_perception.bags.canonical import canonical
from emotion_perception.bags.definitions import definition
from emotion_perception.bags.topic import COMPRESSED_IMAGE, Topic, default_topics, remapped
from emotion_perception.core.errors import BagError

ROBOT = ["/image_raw", "/image_raw/compressed", "/camera_info", "/faces", "/emotion", "/identities", "/diagnostics"]


def test_pictures_of_faces_are_not_recorded_unless_asked_for() -> None:
    chosen = default_topics(ROBOT)
    assert chosen == {"/image_raw/compressed", "/camera_info", "/emotion", "/identities", "/diagnostics"}
    assert default_topics(ROBOT, raw=True) - chosen == {"/image_raw"}


def test_images_are_taken_as_they_come() -> None:
    assert default_topics(["/image_raw"]) == {"/image_raw"}
    assert default_topics(["/image_raw/compressed"], raw=True) == {"/image_raw/compressed"}
    assert default_topics([]) == set()


def test_a_namespace_is_that_of_one_robot() -> None:
    two = [f"/{robot}{name}" for robot in ("a", "b") for name in ROBOT]
    assert default_topics(two, namespace="/a/") == {
        "/a/image_raw/compressed",
        "/a/camera_info",
        "/a/emotion",
        "/a/identities",
    }


def test_a_remapped_image_takes_its_compressed_topic_with_it() -> None:
    rules = {"/image_raw": "/front/image_raw"}
    assert remapped("/image_raw", rules) == "/front/image_raw"
    assert remapped("/image_raw/compressed", rules) == "/front/image_raw/compressed"
    assert remapped("/emotion", rules) == "/emotion"


@pytest.mark.parametrize(
    "kind", ["std_msgs/msg/String", "sensor_msgs/msg/CameraInfo", "diagnostic_msgs/msg/DiagnosticArray"]
)
def test_hashes_are_those_that_rosbags_computes(kind: str) -> None:
    assert definition(kind).hash == get_typestore(Stores.ROS2_JAZZY).hash_rihs01(kind)


def test_our_messages_are_described_whole() -> None:
    known = definition("emotion_perception/msg/EmotionArray")
    types = get_types_from_msg(known.text, "emotion_perception/msg/EmotionArray")
    assert set(types) == {
        "emotion_perception/msg/EmotionArray",
        "emotion_perception/msg/Emotion",
        "sensor_msgs/msg/RegionOfInterest",
        "std_msgs/msg/Header",
        "builtin_interfaces/msg/Time",
    }
    store = get_typestore(Stores.ROS2_JAZZY)
    store.register(types)
    assert store.hash_rihs01("emotion_perception/msg/EmotionArray") == known.hash


def test_a_type_that_is_not_installed_is_told() -> None:
    with pytest.raises(BagError, match="nowhere_msgs/msg/Odd"):
        definition("nowhere_msgs/msg/Odd")
    with pytest.raises(BagError, match="nowhere_msgs/msg/Odd"):
        Topic("/odd", "nowhere_msgs/msg/Odd").described  # noqa: B018


def test_inputs_are_pictures_and_their_calibration() -> None:
    assert Topic("/a", COMPRESSED_IMAGE).is_input
    assert Topic("/a", "sensor_msgs/msg/CameraInfo").is_input
    assert not Topic("/emotion", "emotion_perception/msg/EmotionArray").is_input


def test_padding_does_not_count() -> None:
    # std_msgs/Header: sec, nanosec, then a text of two bytes; after it, before what follows, come two of padding.
    emotion = "emotion_perception/msg/EmotionArray"
    begin = b"\0\1\0\0" + bytes(8) + b"\2\0\0\0a\0"
    rest = b"\1\0\0\0\0" + b"%s" + bytes(4) + bytes(4)
    one, other = (begin + pad + (rest % (pad + b"\0")) for pad in (b"\0\0", b"xy"))
    assert one != other
    assert canonical(one, emotion) == canonical(other, emotion)
    assert canonical(one.replace(b"a", b"b"), emotion) != canonical(other, emotion)
