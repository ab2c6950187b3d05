"""Bags without ROS: messages are serialized by rosbags."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from rosbags.interfaces import Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime
from rosbags.typesys import Stores, get_typestore

from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.topic import Topic

SECOND = 1_000_000_000
_STORE = get_typestore(Stores.ROS2_JAZZY)
_FOREVER = QosTime(9223372036, 854775807)
#: As Fast DDS tells of a reliable publisher.
OFFERED = Qos(
    QosHistory.UNKNOWN, 0, QosReliability.RELIABLE, QosDurability.VOLATILE, _FOREVER, _FOREVER,
    QosLiveliness.AUTOMATIC, _FOREVER, False,
)  # fmt: skip
TALK = Topic("/talk", "std_msgs/msg/String", (OFFERED,))


def text(words: str) -> bytes:
    """Return a serialized std_msgs/String."""
    kind = _STORE.types["std_msgs/msg/String"]
    return bytes(_STORE.serialize_cdr(kind(data=words), "std_msgs/msg/String"))


def words(data: bytes) -> str:
    message = _STORE.deserialize_cdr(data, "std_msgs/msg/String")
    said: str = message.data  # type: ignore[attr-defined]
    return said


@pytest.fixture
def said() -> Callable[[Path], list[str]]:
    """said(bag) -> the words of every message, in order."""

    def read(path: Path) -> list[str]:
        with BagReader(path) as bag:
            return [words(message.data) for message in bag.messages()]

    return read
