from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from emotion_perception.msg import EmotionArray, FaceArray
from rclpy.duration import Duration
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from emotion_perception.nodes import NODES, node_class
from emotion_perception.ros import connections, qos

BEST_EFFORT = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
RELIABLE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def values(status: Any) -> dict[str, str]:
    return {value.key: value.value for value in status.values}


BLACK = np.zeros((48, 64, 3), np.uint8)


@pytest.mark.parametrize("asked", [BEST_EFFORT, RELIABLE], ids=["best effort", "reliable"])
def test_best_effort_and_reliable_subscribers_of_every_topic_get_data(
    asked: QoSProfile, start: Callable[..., Any], outsider: Any, image_message: Callable[..., Image]
) -> None:
    start(node_class("overlay"))
    start(node_class("emotion_classifier"))
    start(node_class("face_detector"))
    heard = [
        outsider.listen(kind, topic, asked)
        for kind, topic in [
            (Image, "image_raw"),
            (FaceArray, "faces"),
            (EmotionArray, "emotion"),
            (Image, "emotion/overlay"),
        ]
    ]
    start(node_class("camera"), source="synthetic:", framerate=20.0, image_width=160, image_height=120)
    for each in heard:
        each.wait(lambda messages: len(messages) >= 3)


def test_a_subscriber_that_asks_for_too_much_is_named(
    start: Callable[..., Any], outsider: Any, diagnoses: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    start(node_class("emotion_classifier"))
    for _ in range(2):
        outsider.listen(EmotionArray, "emotion", LATCHED)

    status = diagnoses.wait_for("emotion_classifier", "DURABILITY")

    assert status.level == b"\1"
    said = "a subscriber of /emotion asks for a QoS that is not offered (DURABILITY) and gets nothing: change the "
    assert said in status.message
    assert "qos_overrides./emotion.publisher.durability" in status.message
    assert capfd.readouterr().err.count(said) == 1


def test_a_subscriber_that_asked_for_too_much_is_forgotten_once_it_left(
    start: Callable[..., Any], outsider: Any, diagnoses: Any
) -> None:
    node = start(node_class("emotion_classifier"))
    demanding = outsider.create_subscription(EmotionArray, "emotion", print, LATCHED)
    diagnoses.wait_for("emotion_classifier", "DURABILITY")
    node.trigger_deactivate()
    node.trigger_activate()
    diagnoses.wait_for("emotion_classifier", "DURABILITY")

    outsider.drop(demanding)

    diagnoses.wait_for("emotion_classifier", "OK")


def test_the_remedy_that_it_names_helps(start: Callable[..., Any], outsider: Any) -> None:
    override = ["--ros-args", "-p", "qos_overrides./emotion.publisher.durability:=transient_local"]
    start(node_class("emotion_classifier"), cli_args=override)
    heard = outsider.listen(EmotionArray, "emotion", LATCHED)
    faces = outsider.talk(FaceArray, "faces")
    faces.publish(FaceArray())
    heard.wait(len)


def test_a_publisher_that_offers_too_little_is_named(start: Callable[..., Any], outsider: Any, diagnoses: Any) -> None:
    start(node_class("emotion_classifier"), lossless=True)
    outsider.create_publisher(FaceArray, "faces", BEST_EFFORT)
    status = diagnoses.wait_for("emotion_classifier", "a publisher of /faces offers a QoS this node cannot take")
    assert "qos_overrides./faces.subscription.reliability" in status.message


def test_a_policy_without_an_override_is_named_without_one(
    start: Callable[..., Any], outsider: Any, diagnoses: Any
) -> None:
    start(node_class("emotion_classifier"), lossless=True)
    hurried = QoSProfile(depth=10, deadline=Duration(seconds=0.1))
    outsider.create_subscription(EmotionArray, "emotion", print, hurried)
    outsider.create_publisher(FaceArray, "faces", QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT))

    status = diagnoses.wait_for("emotion_classifier", "DEADLINE")
    sentence = next(each for each in status.message.split(" | ") if "DEADLINE" in each)

    assert sentence == (
        "a subscriber of /emotion asks for a QoS that is not offered (DEADLINE) and gets nothing: change the subscriber"
    )


def test_an_override_of_one_topic_leaves_the_others_alone(start: Callable[..., Any]) -> None:
    override = ["--ros-args", "-p", "qos_overrides./emotion.publisher.depth:=3"]
    node = start(node_class("emotion_classifier"), cli_args=override)
    assert next(each for each in node.publishers if each.topic_name == "/emotion").qos_profile.depth == 3
    assert qos.RELIABLE.depth == 10


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watchdogs that bite after a fraction of a second."""
    monkeypatch.setattr(connections, "_GRACE", 0.3)
    monkeypatch.setattr(connections, "_SILENCE", 0.2)


@pytest.mark.usefixtures("impatient")
def test_an_input_without_publisher_is_told_once_and_recovers(
    start: Callable[..., Any],
    outsider: Any,
    diagnoses: Any,
    image_message: Callable[..., Image],
    capfd: pytest.CaptureFixture[str],
) -> None:
    start(node_class("face_detector"))
    said = "nobody publishes /image_raw: start the node that does, or remap the topic"
    assert diagnoses.wait_for("face_detector", said).level == b"\1"
    diagnoses.wait_for("face_detector", said)
    assert capfd.readouterr().err.count(said) == 1

    images = outsider.talk(Image, "image_raw")
    diagnoses.wait_for("face_detector", "/image_raw has a publisher, but no message came")
    outsider.create_timer(0.02, lambda: images.publish(image_message(BLACK, outsider.get_clock().now().nanoseconds)))

    assert diagnoses.wait_for("face_detector", "OK").level == b"\0"


@pytest.mark.usefixtures("impatient")
def test_an_input_that_falls_silent_is_told_once_and_recovers(
    start: Callable[..., Any],
    outsider: Any,
    diagnoses: Any,
    image_message: Callable[..., Image],
    capfd: pytest.CaptureFixture[str],
) -> None:
    start(node_class("face_detector"))
    images = outsider.talk(Image, "image_raw")
    timer = outsider.create_timer(
        0.02, lambda: images.publish(image_message(BLACK, outsider.get_clock().now().nanoseconds))
    )
    diagnoses.wait_for("face_detector", "OK")

    timer.cancel()
    for _ in range(2):
        assert diagnoses.wait_for("face_detector", "/image_raw fell silent").level == b"\3", "STALE"
    assert capfd.readouterr().err.count("fell silent") == 1

    timer.reset()
    diagnoses.wait_for("face_detector", "OK")


def test_diagnostics_count_the_work(
    start: Callable[..., Any], outsider: Any, diagnoses: Any, image_message: Callable[..., Image]
) -> None:
    start(node_class("face_detector"))
    faces = outsider.listen(FaceArray, "faces")
    images = outsider.talk(Image, "image_raw")
    for stamp in range(1, 4):
        images.publish(image_message(BLACK, stamp))
        faces.wait_stamp(stamp)

    def counted(statuses: list[Any]) -> bool:
        return any(
            {"state": "active", "processed": "3", "dropped": "0"}.items() <= values(each).items() for each in statuses
        )

    assert diagnoses.wait(counted)
    assert values(diagnoses.messages[-1])["model"]


def test_a_node_that_cannot_keep_up_says_so_until_it_can(
    start: Callable[..., Any],
    outsider: Any,
    diagnoses: Any,
    picture: Callable[[str], Any],
    image_message: Callable[..., Image],
) -> None:
    start(node_class("face_detector"), backend="dlib_hog")  # hardly ten VGA images a second

    def some_latency(statuses: list[Any]) -> bool:
        return any("latency p50 (ms)" in values(each) for each in statuses)

    images = outsider.talk(Image, "image_raw")
    image = cv2.resize(picture("no_face_picture"), (640, 480))
    stamps = itertools.count(1)
    flood = outsider.create_timer(0.01, lambda: images.publish(image_message(image, next(stamps) * 10_000_000)))

    def late(statuses: list[Any]) -> list[Any]:
        """Those that complain, of seconds in which an image was finished."""
        sentence = "more is dropped than processed: this computer is too slow for it"
        return [each for each in statuses if sentence in each.message and "latency p50 (ms)" in values(each)]

    status = late(diagnoses.wait(late))[0]

    assert status.level == b"\1"
    assert int(values(status)["dropped"]) > 10
    measured = next(values(each) for each in diagnoses.wait(some_latency) if some_latency([each]))
    assert float(measured["latency max (ms)"]) >= float(measured["latency p50 (ms)"]) > 10
    assert "last item (s ago)" in measured

    flood.cancel()
    outsider.create_timer(0.5, lambda: images.publish(image_message(image, next(stamps) * 10_000_000)))
    diagnoses.wait_for("face_detector", "OK")


def test_what_cannot_be_read_is_the_last_error(
    start: Callable[..., Any], outsider: Any, diagnoses: Any, image_message: Callable[..., Image]
) -> None:
    start(node_class("face_detector"))
    images = outsider.talk(Image, "image_raw")
    nonsense = image_message(BLACK, 1)
    nonsense.encoding = "nonsense"
    images.publish(nonsense)

    status = diagnoses.wait_for("face_detector", "an image was skipped")

    assert status.level == b"\1"
    assert values(status)["last error"].startswith("an image was skipped")


def test_every_node_reports_once_a_second(start: Callable[..., Any], diagnoses: Any) -> None:
    for name in NODES:
        start(node_class(name), active=False, autostart=False)

    def all_twice(statuses: list[Any]) -> bool:
        counts = Counter(each.name for each in statuses)
        return all(counts[name] >= 3 for name in NODES)

    heard = diagnoses.wait(all_twice)

    assert max(Counter(each.name for each in heard).values()) <= 4, "one is not faster than another"
    assert {values(each)["state"] for each in heard} == {"unconfigured"}


def test_namespaces_and_remaps_carry_through(
    start: Callable[..., Any], outsider: Any, diagnoses: Any, image_message: Callable[..., Image]
) -> None:
    in_head = ["--ros-args", "-r", "__ns:=/robot/head"]
    start(node_class("face_detector"), cli_args=[*in_head, "-r", "image_raw:=/eye/image"])
    start(node_class("emotion_classifier"), cli_args=[*in_head, "-r", "emotion:=mood"])
    heard = outsider.listen(EmotionArray, "/robot/head/mood")
    images = outsider.talk(Image, "/eye/image")
    heard_faces = outsider.listen(FaceArray, "/robot/head/faces")

    images.publish(image_message(BLACK, 42))
    heard_faces.wait_stamp(42)

    heard.wait_stamp(42)
    diagnoses.wait_for("robot/head/face_detector", "")


def test_parameters_of_a_file_reach_a_node_in_a_namespace(start: Callable[..., Any], tmp_path: Any) -> None:
    file = tmp_path / "robot.yaml"
    file.write_text("/**/face_detector:\n  ros__parameters:\n    max_faces: 3\n    confidence_threshold: 1\n")
    arguments = ["--ros-args", "-r", "__ns:=/robot", "--params-file", str(file)]
    node = start(node_class("face_detector"), cli_args=arguments)
    assert (node.parameters.max_faces, node.parameters.confidence_threshold) == (3, 1.0)


def test_a_live_parameter_applies_at_once_and_others_at_the_next_configure(start: Callable[..., Any]) -> None:
    node = start(node_class("emotion_classifier"), threads=1)

    def set_(name: str, value: Any) -> Any:
        return node.set_parameters([Parameter(name, value=value)])[0]

    assert set_("threshold", 0.9).successful
    assert node.parameters.threshold == 0.9
    assert set_("threshold", 1).successful, "an integer is taken for a float"
    assert node.parameters.threshold == 1.0
    assert set_("threads", 2).successful
    assert node.parameters.threads == 1

    refused = set_("threshold", 1.5)
    assert not refused.successful
    assert refused.reason == "parameter threshold is 1.5, which is out of range: give 0.0 to 1.0 (default: 0.4)"
    assert node.parameters.threshold == 1.0
    assert not set_("autostart", False).successful, "it is read-only"

    node.trigger_deactivate()
    node.trigger_cleanup()
    node.trigger_configure()
    assert (node.parameters.threads, node.parameters.threshold) == (2, 1.0)


def test_live_smoothing_and_threshold_change_what_is_published(
    start: Callable[..., Any], outsider: Any, picture: Callable[[str], Any], image_message: Callable[..., Image]
) -> None:
    start(node_class("face_detector"))
    node = start(node_class("emotion_classifier"), threshold=0.0)
    heard = outsider.listen(EmotionArray, "emotion")
    images = outsider.talk(Image, "image_raw")
    image = picture("single_face_picture")

    def see(stamp: int) -> EmotionArray:
        images.publish(image_message(image, stamp))
        return heard.wait_stamp(stamp)

    for turn in range(1, 8):
        (emotion,) = see(turn * 33_000_000).emotions or [None]
        if emotion:
            break
    assert emotion is not None
    assert emotion.label != "uncertain"
    node.set_parameters([Parameter("threshold", value=1.0)])
    (emotion,) = see(10**9).emotions
    assert emotion.label == "uncertain"
    assert 0 < emotion.confidence < 1
