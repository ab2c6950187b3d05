"""Why an input is silent: followed upstream, from node to node, to where it begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rclpy.qos import QoSCompatibility, qos_check_compatible

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.graph.snapshot import SILENT, End, Node, Snapshot, Topic, short

#: Types that flow all the time while a robot works, in the order of the flow -> what people call them.
STREAMS = {
    "sensor_msgs/msg/Image": "images",
    "sensor_msgs/msg/CompressedImage": "images",
    "emotion_perception/msg/FaceArray": "faces",
    "emotion_perception/msg/EmotionArray": "emotions",
}
#: Type -> the node of ours that publishes it.
_MAKERS = {
    "sensor_msgs/msg/Image": "camera",
    "sensor_msgs/msg/CompressedImage": "camera",
    "emotion_perception/msg/FaceArray": "face_detector",
    "emotion_perception/msg/EmotionArray": "emotion_classifier",
}
_IDLE = ("unconfigured", "inactive")
_ERROR = 2  # of DiagnosticStatus


@dataclass(frozen=True)
class Cause:
    """Where a silence begins.

    clause: e.g. "camera is inactive". remedy, command: what helps; no remedy where another finding has it.
    node: the one at fault, "" if unknown. on_purpose: it may well be meant to be so, if nobody misses anything.
    """

    clause: str
    remedy: str
    command: str = ""
    node: str = ""
    on_purpose: bool = False


def silent_inputs(snapshot: Snapshot) -> Iterator[tuple[End, Topic]]:
    """Every subscription to a stream that carries nothing."""
    for topic in snapshot.topics:
        if topic.kinds[0] in STREAMS and (not topic.publishers or topic.rate == 0):
            for subscriber in topic.subscribers:
                yield subscriber, topic


def find_cause(snapshot: Snapshot, subscriber: End, topic: Topic, *, seen: frozenset[str] = frozenset()) -> Cause:
    """Return why ``subscriber`` gets nothing on ``topic``.

    seen: the nodes on the way here, as a graph may have loops.
    """
    if not topic.publishers:
        return _nobody(snapshot, subscriber, topic)
    for publisher in topic.publishers:
        cause = trouble_of(snapshot.node(publisher.node))
        if cause:
            return cause
    publisher = topic.publishers[0]
    if all(incompatible(each, subscriber) for each in topic.publishers):
        return Cause(
            f"the QoS of {short(publisher.node)} and {short(subscriber.node)} on {topic.name} do not match", ""
        )
    for end, upstream in silent_inputs(snapshot):
        if end.node == publisher.node and end.node not in seen and not _later(upstream, topic):
            return find_cause(snapshot, end, upstream, seen=seen | {end.node})
    return Cause(
        f"{short(publisher.node)} publishes nothing on {topic.name}",
        "look at its log; it is alive, and its own inputs carry data",
        node=publisher.node,
    )


def _later(one: Topic, other: Topic) -> bool:
    """Whether a topic comes later in the flow than another: the camera of a lossless run waits for emotions."""
    flow = list(STREAMS)
    return flow.index(one.kinds[0]) > flow.index(other.kinds[0])


def incompatible(publisher: End, subscriber: End) -> str:
    """Return why a publisher and a subscriber cannot talk, "" if they can."""
    compatibility, reason = qos_check_compatible(publisher.qos, subscriber.qos)
    return str(reason).strip() if compatibility == QoSCompatibility.ERROR else ""


def trouble_of(node: Node | None) -> Cause | None:
    """Return what is wrong with a node itself, whatever it gets; None if nothing is."""
    if node is None:
        return None
    name, report = short(node.name), node.report
    reason = f" ({report.message})" if report and report.level > 0 else ""
    if node.state == SILENT:
        return Cause(
            f"{name} does not answer, so its process was killed or hangs",
            "end what is left of it and start it again; a killed one leaves the graph after 20 s",
            node=node.name,
        )
    if node.state in _IDLE:
        steps = ["configure", "activate"] if node.state == "unconfigured" else ["activate"]
        return Cause(
            f"{name} is {node.state}{reason}",
            "put right what it says, then start it" if reason else "start it",
            commands.own("lifecycle", node.name, *steps),
            node.name,
            on_purpose=not reason,
        )
    if report and report.level == _ERROR:
        return Cause(f"{name} says: {report.message}", "do what it says", node=node.name)
    if report and report.values.get("capture") == "ended":
        return Cause(
            f"the recording that {name} plays is at its end",
            "play it again and again with camera.loop: true, or start the robot with another source",
            node=node.name,
            on_purpose=True,
        )
    return None


def _nobody(snapshot: Snapshot, subscriber: End, topic: Topic) -> Cause:
    """Name the nodes that are not configured, as they publish nothing yet; or say that one is missing."""
    for node in snapshot.nodes:
        if node.state == "unconfigured" and (cause := trouble_of(node)):
            return Cause(f"nobody publishes {topic.name}, and {cause.clause}", cause.remedy, cause.command, node.name)
    drawn = "/emotion/overlay" in topic.name
    maker, namespace = "overlay" if drawn else _MAKERS.get(topic.kinds[0]), subscriber.node.rpartition("/")[0]
    return Cause(
        f"nobody publishes {topic.name}",
        "start the node that does, on this domain, or remap the topic to the name it uses",
        commands.node(maker, namespace) if maker else "",
    )
