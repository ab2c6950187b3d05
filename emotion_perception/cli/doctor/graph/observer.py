"""Looks at a running graph from outside: who is there, in which state, and how often what is published."""

from __future__ import annotations

import math
import os
import time
from collections import defaultdict
from collections.abc import Callable
from importlib import import_module
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.srv import GetState
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile, ReliabilityPolicy

from emotion_perception.cli.doctor.graph.domains import find_domains
from emotion_perception.cli.doctor.graph.snapshot import SILENT, End, Node, Report, Snapshot, Topic
from emotion_perception.ros.qos import RELIABLE

#: What our nodes make only while somebody takes it: pictures and what rviz draws.
_ON_DEMAND = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage", "visualization_msgs/msg/MarkerArray")
_DIAGNOSTICS = "diagnostic_msgs/msg/DiagnosticArray"
_GET_STATE = "lifecycle_msgs/srv/GetState"
_OF_ROS_ITSELF = ("/rosout", "/parameter_events")
_LISTEN = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)  # matches every publisher
_UNKNOWN = "_NODE_NAME_UNKNOWN_"
_PREFIX = 12  # bytes of a GUID that are its participant's (DDSI-RTPS 2.5, 8.2.4)
_DISCOVERY = 5.0  # seconds after which a domain without a node counts as empty
_SETTLING = 1.0  # seconds for the rest of discovery, and for an answer; what was listened to for less is not judged
_PATIENCE = 4.0  # seconds more for a graph that still grows, a robot not heard of yet, a node that does not answer


def listens_to(kind: str, audience: int) -> bool:
    """Whether to count the messages of a topic. Images and markers that nobody takes are left alone.

    Ours are made on demand only, so that to listen to them would change the robot that is looked at.
    """
    return kind not in _ON_DEMAND or audience > 0


def observe(seconds: float) -> Snapshot:
    """Look for ``seconds``, after a moment in which the nodes are found. Reads the environment that ROS reads."""
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    try:
        return _Observer(context).look(seconds)
    finally:
        rclpy.try_shutdown(context=context)


class _Observer:
    """A node that listens and asks, and is not part of the picture itself."""

    def __init__(self, context: rclpy.Context) -> None:
        options = {"enable_rosout": False, "start_parameter_services": False}
        self._node = rclpy.create_node(f"_doctor_{os.getpid()}", context=context, **options)
        self._executor = SingleThreadedExecutor(context=context)
        self._executor.add_node(self._node)
        self._domain = int(context.get_domain_id())
        self._times: dict[str, list[float]] = defaultdict(list)
        self._listening: dict[str, float] = {}
        self._reports: dict[str, Report] = {}
        self._states: dict[str, str] = {}
        self._clients: dict[str, Any] = {}
        self._asked: dict[str, float] = {}

    def look(self, seconds: float) -> Snapshot:
        """Return what was seen, within ``seconds`` of the first node; longer while more shows up or is not answered."""
        begin, found, changed, shape = time.monotonic(), math.inf, math.inf, None
        while (now := time.monotonic()) < begin + _DISCOVERY or found < math.inf:
            if (seen := self._shape()) != shape:
                shape, changed = seen, now
            if found == math.inf and self._names():
                found = now
            settled = now > changed + _SETTLING and not self._unanswered() and not self._unheard()
            if now > found + seconds + _SETTLING and (settled or now > found + seconds + _PATIENCE):
                break
            self._ask_for_states(now)
            self._listen()
            self._spin(0.2)
        nodes = tuple(
            Node(name, self._states.get(name, ""), self._reports.get(name.lstrip("/"))) for name in self._names()
        )
        topics = tuple(self._topic(name, kinds) for name, kinds in self._topics())
        domains = find_domains()
        elsewhere = tuple(sorted(domains.keys() - {self._domain}))
        self._executor.shutdown()
        self._node.destroy_node()
        return Snapshot(
            self._domain, _reach(), nodes, topics, elsewhere, mute=domains[self._domain] > 1
        )  # 1: ourselves

    def _ask_for_states(self, now: float) -> None:
        """Ask every managed node that has not answered; again after a while, as a first question may be lost."""
        for name, kinds in self._node.get_service_names_and_types():
            node = name.removesuffix("/get_state")
            if node == name or _GET_STATE not in kinds or self._states.get(node, SILENT) != SILENT:
                continue
            if node not in self._clients:
                self._clients[node] = self._node.create_client(GetState, name)
            if self._clients[node].service_is_ready() and now > self._asked.get(node, 0.0) + _SETTLING:
                self._asked[node] = now
                self._states[node] = SILENT
                self._clients[node].call_async(GetState.Request()).add_done_callback(self._note_state(node))

    def _unanswered(self) -> bool:
        return any(self._states[node] == SILENT for node in self._asked)

    def _unheard(self) -> bool:
        """Whether this computer runs participants that are not known: a lost announcement is repeated after 3 seconds.

        Every node publishes /parameter_events, this one too, by a GUID that begins with its participant's.
        """
        known = {
            bytes(end.endpoint_gid[:_PREFIX]) for end in self._node.get_publishers_info_by_topic("/parameter_events")
        }
        return len(known) < find_domains()[self._domain]

    def _shape(self) -> list[tuple[str, int, int]]:
        """Return what grows while nodes are discovered: topics with their ends."""
        node = self._node
        return [(name, node.count_publishers(name), node.count_subscribers(name)) for name, _ in self._topics()]

    def _note_state(self, node: str) -> Callable[[Any], None]:
        return lambda future: self._states.__setitem__(node, future.result().current_state.label)

    def _listen(self) -> None:
        """Subscribe to what is to be counted and is not yet."""
        for name, kinds in self._topics():
            kind = _message_class(kinds[0])
            if name in self._listening or kind is None or not self._node.count_publishers(name):
                continue
            if not listens_to(kinds[0], self._node.count_subscribers(name)):
                continue
            self._listening[name] = time.monotonic()
            if kinds[0] == _DIAGNOSTICS:
                self._node.create_subscription(DiagnosticArray, name, self._note_reports, RELIABLE)
            self._node.create_subscription(kind, name, self._note_time(name), _LISTEN, raw=True)

    def _note_time(self, topic: str) -> Callable[[bytes], None]:
        return lambda _: self._times[topic].append(time.monotonic())

    def _note_reports(self, message: DiagnosticArray) -> None:
        for status in message.status:
            values = {each.key: each.value for each in status.values}
            self._reports[status.name.lstrip("/")] = Report(
                int.from_bytes(status.level, "little"), status.message, values
            )

    def _topic(self, name: str, kinds: list[str]) -> Topic:
        publishers = self._ends(self._node.get_publishers_info_by_topic(name))
        subscribers = self._ends(self._node.get_subscriptions_info_by_topic(name))
        return Topic(name, tuple(kinds), publishers, subscribers, self._rate(name))

    def _rate(self, topic: str) -> float | None:
        times = self._times[topic]
        if len(times) > 1:
            return (len(times) - 1) / (times[-1] - times[0])
        listened = time.monotonic() - self._listening.get(topic, math.inf)
        return len(times) / listened if listened > _SETTLING else None

    def _ends(self, infos: list[Any]) -> tuple[End, ...]:
        """Return the ends but our own."""
        ends = []
        for info in infos:
            known = info.node_name != _UNKNOWN
            name = f"{info.node_namespace.rstrip('/')}/{info.node_name}" if known else ""
            if name != self._node.get_fully_qualified_name():
                ends.append(End(name, info.qos_profile))
        return tuple(ends)

    def _topics(self) -> list[tuple[str, list[str]]]:
        topics = self._node.get_topic_names_and_types()
        return [
            (name, kinds)
            for name, kinds in topics
            if name not in _OF_ROS_ITSELF and not name.endswith("/transition_event")
        ]

    def _names(self) -> list[str]:
        """Return the full names of the nodes; names that begin with an underscore are tools such as this one."""
        found = self._node.get_node_names_and_namespaces()
        return sorted(f"{space.rstrip('/')}/{name}" for name, space in found if not name.startswith("_"))

    def _spin(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left)


def _message_class(kind: str) -> Any:
    """Return the class of "package/msg/Name", None where it is not installed."""
    package, _, name = kind.partition("/msg/")
    try:
        return getattr(import_module(f"{package}.msg"), name)
    except (ImportError, AttributeError):
        return None


def _reach() -> str:
    if os.environ.get("ROS_LOCALHOST_ONLY") == "1":
        return "LOCALHOST"
    return os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE") or "SUBNET"
