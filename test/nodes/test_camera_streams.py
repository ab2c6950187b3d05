"""The camera node on streams: what diagnostics say, and that silence stays silence."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from emotion_perception.nodes import node_class

MANY = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE)
PATTERN = "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1"


def values(status: Any) -> dict[str, str]:
    return {each.key: each.value for each in status.values}


def test_a_pipeline_in_gscams_words_is_published(
    gstreamer: Any, start: Callable[..., Any], outsider: Any, diagnoses: Any
) -> None:
    images = outsider.listen(Image, "image_raw", MANY)
    start(node_class("camera"), source="gstreamer:", gscam_config=PATTERN)
    images.wait(lambda messages: len(messages) > 10)
    assert (images.messages[0].width, images.messages[0].height, images.messages[0].encoding) == (160, 120, "bgr8")
    assert images.stamps == sorted(set(images.stamps))
    diagnoses.wait(lambda statuses: any(values(each).get("stale") == "false" for each in statuses))
    shown = diagnoses.wait(lambda statuses: any("160x120, GStreamer" in values(e).get("source", "") for e in statuses))
    assert values(shown[-1])["backend"].startswith("GStreamer 1.")


def test_an_offset_moves_the_stamps(gstreamer: Any, start: Callable[..., Any], outsider: Any) -> None:
    images = outsider.listen(Image, "image_raw", MANY)
    start(node_class("camera"), source="gstreamer:", gscam_config=PATTERN, timestamp_offset=-5.0)
    images.wait(len)
    assert images.stamps[0] < time.time_ns() - 5_000_000_000


def test_a_pipeline_that_does_not_parse_is_told(
    gstreamer: Any, start: Callable[..., Any], outsider: Any, diagnoses: Any
) -> None:
    start(node_class("camera"), source="gstreamer:", gscam_config="videotestsrc ! nosuchthing")
    told = diagnoses.wait_for("camera", "nosuchthing")
    assert "sudo apt-get install" in told.message


def test_silence_is_told_as_stale_and_nothing_is_published_meanwhile(
    gstreamer: Any, start: Callable[..., Any], outsider: Any, diagnoses: Any
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    images = outsider.listen(Image, "image_raw", MANY)
    start(node_class("camera"), source=f"udp-jpeg://:{port}")
    status = diagnoses.wait_for("camera", f"nothing arrives at UDP port {port}")
    assert status.level == b"\2"
    assert values(status)["stale"] == "true"
    assert "packet loss (%)" in values(status)
    assert len(images) == 0
