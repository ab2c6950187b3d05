from __future__ import annotations

from typing import Any

import pytest
from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from emotion_perception.cli.doctor.finding import Level
from emotion_perception.cli.doctor.graph.snapshot import SILENT, End, Node, Report, Snapshot, Topic
from emotion_perception.cli.doctor.graph.verdict import judge

RELIABLE = QoSProfile(depth=10)
BEST_EFFORT = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
IMAGE, FACES, EMOTIONS = (
    "sensor_msgs/msg/Image",
    "emotion_perception/msg/FaceArray",
    "emotion_perception/msg/EmotionArray",
)
OK = Report(0, "OK", {})


def ends(*nodes: str, qos: QoSProfile = RELIABLE) -> tuple[End, ...]:
    return tuple(End(node, qos) for node in nodes)


def robot(*, images: float | None = 30.0, faces: float | None = 30.0, camera: Any = None, detector: Any = None) -> Any:
    """camera -> face_detector -> emotion_classifier, and the camera waits for emotions, as in a lossless run."""
    nodes = (
        camera or Node("/camera", "active", OK),
        detector or Node("/face_detector", "active", OK),
        Node("/emotion_classifier", "active", OK),
    )
    topics = (
        Topic("/image_raw", (IMAGE,), ends("/camera"), ends("/face_detector"), images),
        Topic("/faces", (FACES,), ends("/face_detector"), ends("/emotion_classifier"), faces),
        Topic("/emotion", (EMOTIONS,), ends("/emotion_classifier"), ends("/camera"), faces),
    )
    return Snapshot(0, "SUBNET", nodes, topics)


def sentences(snapshot: Snapshot) -> list[str]:
    return [finding.sentence for finding in judge(snapshot)]


def test_a_healthy_robot() -> None:
    (finding,) = judge(robot())
    assert finding.level is Level.OK
    assert finding.sentence.startswith("nothing is wrong with 3 nodes: /image_raw comes at 30.0 Hz, ")


@pytest.mark.parametrize(
    ("camera", "clause"),
    [
        (Node("/camera", "inactive", OK), "camera is inactive"),
        (Node("/camera", "inactive", Report(2, "no such model", {})), "camera is inactive (no such model)"),
        (Node("/camera", SILENT), "camera does not answer, so its process was killed or hangs"),
        (Node("/camera", "active", Report(2, "no /dev/video0", {})), "camera says: no /dev/video0"),
        (
            Node("/camera", "active", Report(0, "OK", {"capture": "ended"})),
            "the recording that camera plays is at its end",
        ),
        (Node("/camera", "active", OK), "camera publishes nothing on /image_raw"),
    ],
)
def test_a_silence_is_followed_to_its_source_also_round_a_loop(camera: Node, clause: str) -> None:
    (sentence,) = sentences(robot(images=0.0, faces=0.0, camera=camera))
    assert sentence == f"face_detector gets no images (and nothing reaches emotion_classifier): {clause}"


def test_a_node_in_the_middle_is_the_cause_of_what_comes_after_it() -> None:
    (sentence,) = sentences(robot(faces=0.0, detector=Node("/face_detector", "inactive", OK)))
    assert sentence == ("emotion_classifier gets no faces (and nothing reaches camera): face_detector is inactive")


def test_what_was_not_measured_is_not_called_silent() -> None:
    assert judge(robot(images=None))[0].level is Level.OK


@pytest.mark.parametrize(
    ("name", "kind", "things", "maker"),
    [
        ("faces", FACES, "faces", "face_detector"),
        ("image_raw", IMAGE, "images", "camera"),
        ("emotion/overlay", IMAGE, "images", "overlay"),
    ],
)
def test_a_topic_without_publisher_names_who_should_publish_it(name: str, kind: str, things: str, maker: str) -> None:
    topic = Topic(f"/eye/{name}", (kind,), (), ends("/eye/listener"))
    (finding,) = judge(Snapshot(0, "SUBNET", (Node("/eye/listener", ""),), (topic,)))
    assert finding.sentence == f"eye/listener gets no {things}: nobody publishes /eye/{name}"
    assert maker in finding.command
    assert "__ns:=/eye" in finding.command


@pytest.mark.parametrize(
    ("offered", "asked", "policy", "remedy"),
    [
        (BEST_EFFORT, RELIABLE, "reliability", "qos_overrides./faces.publisher.reliability:=reliable"),
        (
            RELIABLE,
            QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL),
            "durability",
            "qos_overrides./faces.publisher.durability:=transient_local",
        ),
        (RELIABLE, QoSProfile(depth=1, deadline=Duration(seconds=1)), "deadline", "that the subscriber asks for"),
    ],
)
def test_qos_that_does_not_match(offered: QoSProfile, asked: QoSProfile, policy: str, remedy: str) -> None:
    topic = Topic("/faces", (FACES,), ends("/face_detector", qos=offered), ends("/listener", qos=asked), 0.0)
    nodes = (Node("/face_detector", "active", OK), Node("/listener", ""))
    (finding,) = judge(Snapshot(0, "SUBNET", nodes, (topic,)))
    assert finding.level is Level.FAULT
    assert finding.sentence.endswith(f"a QoS that is not offered ({policy})")
    assert finding.remedy.endswith(remedy)


def test_types_that_differ_and_names_that_do_not() -> None:
    topic = Topic("/faces", (FACES, IMAGE), ends("/a"), ends("/b"), 3.0)
    said = sentences(Snapshot(0, "SUBNET", (Node("/a", ""), Node("/a", ""), Node("/b", "")), (topic,)))
    assert said == [f"/faces is used with different types ({FACES}, {IMAGE})", "2 nodes are called a"]


def test_nodes_that_nobody_misses_are_notes_and_broken_ones_faults() -> None:
    nodes = (
        Node("/overlay", "inactive", OK),
        Node("/speaker", SILENT),
        Node("/ear", "active", Report(1, "it is loud here", {})),
        Node("/mouth", "active", Report(2, "no loudspeaker", {})),
    )
    found = judge(Snapshot(0, "SUBNET", nodes, ()))
    assert [(each.level.name, each.sentence) for each in found] == [
        ("FAULT", "speaker does not answer, so its process was killed or hangs"),
        ("FAULT", "mouth says: no loudspeaker"),
        ("NOTE", "overlay is inactive"),
        ("NOTE", "ear says: it is loud here"),
    ]
    assert found[2].command.endswith("lifecycle /overlay activate")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "there is no node on domain 7, range LOCALHOST"),
        ({"elsewhere": (3, 9)}, "but this computer has ROS processes on domain 3, 9"),
        ({"elsewhere": (3,), "mute": True}, "shows no node: it hangs, was suspended, or just starts"),
    ],
)
def test_no_graph(options: dict[str, Any], said: str) -> None:
    (finding,) = judge(Snapshot(7, "LOCALHOST", **options))
    assert finding.level is Level.FAULT
    assert said in finding.sentence
    assert finding.command or finding.remedy


def test_nodes_that_wait_for_each_other_end_the_search() -> None:
    topics = (
        Topic("/flipped", (IMAGE,), ends("/flipper"), ends("/rotator"), 0.0),
        Topic("/rotated", (IMAGE,), ends("/rotator"), ends("/flipper"), 0.0),
    )
    nodes = (Node("/flipper", ""), Node("/rotator", ""))
    assert all("publishes nothing on" in each for each in sentences(Snapshot(0, "SUBNET", nodes, topics)))


STATE, HEARD, TEXT = "emotion_perception/msg/DialogueState", "emotion_perception/msg/Utterance", "std_msgs/msg/String"


@pytest.mark.parametrize(
    ("ears", "voice", "said"),
    [
        (("/a/speech_recognizer",), ("/a/speech_synthesizer", "/a/_view_1"), ["nothing is wrong with 1 node"]),
        ((), ("/naoqi_driver",), ["a/dialogue hears nobody, as nobody publishes /a/heard"]),
        (("/a/microphone",), ("/a/_view_1",), ["nobody says what a/dialogue publishes on /a/speech"]),
    ],
)
def test_a_robot_that_talks_wants_ears_and_a_voice(
    ears: tuple[str, ...], voice: tuple[str, ...], said: list[str]
) -> None:
    complaint = Report(1, "nobody publishes /a/heard", {})
    topics = (
        Topic("/a/dialogue/state", (STATE,), ends("/a/dialogue")),
        Topic("/a/heard", (HEARD,), ends(*ears), ends("/a/dialogue", "/a/_view_1"), 0.0),
        Topic("/a/speech", (TEXT,), ends("/a/dialogue"), ends(*voice), 0.0),
        Topic("/a/privacy_notice", (TEXT,), ends("/a/face_identity"), (), 0.0),
    )
    node = Node("/a/dialogue", "active", OK if said[0].startswith("nothing") else complaint)
    found = judge(Snapshot(0, "SUBNET", (node,), topics))
    assert [finding.sentence for finding in found] == said
    if not said[0].startswith("nothing"):
        assert found[0].level is Level.NOTE
        assert "__ns:=/a" in found[0].command


def test_a_page_that_looks_wants_no_ears() -> None:
    topic = Topic("/heard", (HEARD,), (), ends("/_view_1"), 0.0)
    assert judge(Snapshot(0, "SUBNET", (Node("/camera", "active", OK),), (topic,)))[0].level is Level.OK
