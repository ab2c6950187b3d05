"""What `replay` says at its end of a graph that looked at its pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emotion_perception.msg import EmotionArray
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image

from emotion_perception.bags.topic import IMAGE, Topic
from emotion_perception.bags.writing import BagWriter
from emotion_perception.cli.main import main
from emotion_perception.ros.images import bgr_to_image
from emotion_perception.ros.messages import header_at, nanoseconds

SECOND = 1_000_000_000
FRAMES = 20


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    topic = Topic("/image_raw", IMAGE)
    with BagWriter(tmp_path / "bag") as writer:
        writer.add(topic)
        for number in range(FRAMES):
            stamp = number * SECOND // 50
            image = bgr_to_image(np.zeros((48, 64, 3), np.uint8), header_at(stamp, "eye"))
            writer.write(topic.name, stamp, bytes(serialize_message(image)))
    return tmp_path / "bag"


def test_pictures_without_an_answer_are_counted(bag: Path, outsider: Any, capsys: pytest.CaptureFixture[str]) -> None:
    publisher = outsider.create_publisher(EmotionArray, "emotion", 10)

    def answer(image: Image) -> None:
        if nanoseconds(image.header) != 3 * SECOND // 50:
            publisher.publish(EmotionArray(header=image.header))

    publisher.publish(EmotionArray(header=header_at(SECOND, "eye")))  # of no picture of the bag
    outsider.create_subscription(Image, "image_raw", answer, FRAMES)
    assert main(["replay", str(bag), "--inputs"]) == 0
    assert f"{FRAMES} pictures were played, {FRAMES - 1} answered on /emotion, 1 lost" in capsys.readouterr().out


def test_without_a_graph_nothing_is_said_of_answers(bag: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(bag), "--inputs"]) == 0
    said = capsys.readouterr().out
    assert f"played {FRAMES} messages" in said
    assert "answered" not in said
