"""The node that subscribes to what is published and writes it, as it came, into a bag."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription

from emotion_perception.bags.topic import Topic
from emotion_perception.cli.bag_qos import matching, message_class, to_bag
from emotion_perception.cli.record.sink import Sink
from emotion_perception.core.errors import BagError

_DISCOVERY = 0.2  # seconds between two looks at what is published


@dataclass
class _Recorded:
    """A topic that is recorded. lost: what the middleware says was lost on the way to us."""

    subscription: Subscription
    qos: QoSProfile
    lost: int = 0


class Recorder(Node):
    """Records the topics that ``choose`` picks among those published, also such as appear later.

    choose: called with topic name -> type of everything that has a publisher; returns names.
    sink: takes the messages. Messages stay serialized: nothing is decoded, and any installed type can be recorded.
    """

    def __init__(self, *, choose: Callable[[Mapping[str, str]], set[str]], sink: Sink, **options: Any) -> None:
        super().__init__(
            "recorder", enable_rosout=False, start_parameter_services=False, **options
        )  # not in its own recording
        self._choose = choose
        self._sink = sink
        self._recorded: dict[str, _Recorded] = {}
        self._refused: set[str] = set()
        self._chosen: set[str] = set()
        self.create_timer(_DISCOVERY, self._discover, clock=Clock(clock_type=ClockType.STEADY_TIME))

    @property
    def topics(self) -> list[str]:
        """Those recorded so far."""
        return sorted(self._recorded)

    @property
    def lost(self) -> dict[str, int]:
        """Topic -> messages that were published and did not arrive here; only topics that lost some."""
        return {name: each.lost for name, each in sorted(self._recorded.items()) if each.lost}

    def _discover(self) -> None:
        published = {
            name: kinds[0] for name, kinds in self.get_topic_names_and_types() if self.count_publishers(name) > 0
        }
        chosen, before = self._choose(published), self._chosen
        self._chosen = chosen
        # Chosen twice in a row: of a camera whose raw images are discovered before its compressed ones, only the latter
        # are wanted.
        for name in sorted(chosen & before):
            offered = [each.qos_profile for each in self.get_publishers_info_by_topic(name)]
            if offered and name in self._recorded:
                self._adapt(name, published[name], offered)
            elif offered and name not in self._refused:
                self._record(name, published[name], offered)

    def _record(self, name: str, kind: str, offered: list[QoSProfile]) -> None:
        topic = Topic(name, kind, tuple(map(to_bag, offered)))
        try:
            message_class(kind)
            self._sink.announce(topic)
        except BagError as error:
            self._refused.add(name)
            self.get_logger().warning(f"{name} is not recorded: {error}")
            return
        qos = matching(offered, image=topic.is_image)
        self._recorded[name] = _Recorded(self._subscribe(name, kind, qos), qos)

    def _adapt(self, name: str, kind: str, offered: list[QoSProfile]) -> None:
        """Ask for less when a publisher joined that offers less."""
        known = self._recorded[name]
        qos = matching(offered, image=Topic(name, kind).is_image)
        if _weaker(qos, known.qos):
            self.destroy_subscription(known.subscription)
            known.subscription, known.qos = self._subscribe(name, kind, qos), qos

    def _subscribe(self, name: str, kind: str, qos: QoSProfile) -> Subscription:
        return self.create_subscription(
            message_class(kind),
            name,
            partial(self._take, name),
            qos,
            raw=True,
            event_callbacks=SubscriptionEventCallbacks(
                message_lost=partial(self._note_lost, name), use_default_callbacks=False
            ),
        )

    def _take(self, name: str, data: bytes, info: Mapping[str, Any]) -> None:
        self._sink.put(name, info["received_timestamp"] or time.time_ns(), data)

    def _note_lost(self, name: str, event: Any) -> None:
        self._recorded[name].lost += event.total_count_change


def _weaker(asked: QoSProfile, than: QoSProfile) -> bool:
    return (asked.reliability, than.reliability) == (ReliabilityPolicy.BEST_EFFORT, ReliabilityPolicy.RELIABLE) or (
        asked.durability,
        than.durability,
    ) == (DurabilityPolicy.VOLATILE, DurabilityPolicy.TRANSIENT_LOCAL)
