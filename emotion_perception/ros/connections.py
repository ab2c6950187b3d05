"""Publishers and subscriptions that notice when nobody understands them: no publisher, silence, unmatched QoS."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import copy
from typing import Any

from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import (
    DurabilityPolicy,
    QoSCompatibility,
    QoSPolicyKind,
    QoSProfile,
    qos_check_compatible,
    qos_policy_name_from_kind,
)
from rclpy.qos_overriding_options import QoSOverridingOptions

from emotion_perception.ros import handover
from emotion_perception.ros.health import Health, Level
from emotion_perception.ros.receiver import NotByExecutor, Receiver

_GRACE = 3.0  # seconds that discovery and a first message may take
_SILENCE = 2.0  # seconds without a message after which an input counts as silent
_OVERRIDABLE = (QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH, QoSPolicyKind.RELIABILITY, QoSPolicyKind.DURABILITY)
_OVERRIDES = QoSOverridingOptions(_OVERRIDABLE)


class Input:
    """A subscription that knows when its topic has no publisher or fell silent.

    watched: whether it is a problem when nobody publishes it. seldom: messages come now and then, so silence is none.
    prompt: call ``callback`` in a thread of its own as soon as a message is there, and not when the executor comes to
    it, or in the thread of a publisher in this process (see `handover`): for callbacks that only hand over, of topics
    on the way from the camera to `emotion`.
    """

    def __init__(
        self,
        node: Node,
        health: Health,
        kind: type,
        topic: str,
        callback: Callable[[Any], None],
        qos: QoSProfile,
        *,
        watched: bool = True,
        seldom: bool = False,
        prompt: bool = False,
    ) -> None:
        self._node = node
        self._health = health
        self._callback = callback
        self._watched = watched
        self._seldom = seldom
        self._key = f"input {topic}"
        self._opened = time.monotonic()
        self._heard: float | None = None
        self._subscription = node.create_subscription(
            kind,
            topic,
            self._receive,
            copy(qos),  # overrides are written into it
            callback_group=NotByExecutor() if prompt else None,
            event_callbacks=SubscriptionEventCallbacks(
                incompatible_qos=self._incompatible, matched=self._matched if prompt else None
            ),
            qos_overriding_options=_OVERRIDES,
        )
        self._kind = kind
        self._topic = self._subscription.topic_name
        self._joined = False
        self._receiver = Receiver(node, self._subscription, self._receive, failed=self._skip) if prompt else None
        if self._receiver:
            self._receiver.start()

    @property
    def publishers(self) -> int:
        """How many publishers the topic has."""
        return int(self._node.count_publishers(self._topic))

    def check(self) -> None:
        """Raise or clear the problem of this input, if it is watched; call it about once a second."""
        if not self._watched:
            return
        now = time.monotonic()
        if (self._heard is not None and now - self._heard < _SILENCE) or (self._seldom and self.publishers):
            self._health.clear(self._key)
        elif now - (self._heard or self._opened) < _GRACE:
            return
        elif self.publishers == 0:
            self._warn(f"nobody publishes {self._topic}: start the node that does, or remap the topic")
        elif self._heard is None:
            self._warn(f"{self._topic} has a publisher, but no message came: compare its QoS, host and domain id")
        else:
            self._health.problem(self._key, f"{self._topic} fell silent", level=Level.STALE)

    def close(self) -> None:
        """End the subscription and its problems."""
        if self._receiver:
            self._receiver.close()
            handover.leave(self._node.context, self._kind, self._topic, self._receiver.take)
        self._node.destroy_subscription(self._subscription)
        self._health.clear(self._key)
        self._health.clear(self._key + " qos")

    def _receive(self, message: Any) -> None:
        self._heard = time.monotonic()
        self._callback(message)

    def _matched(self, event: Any) -> None:
        """Take by hand from now on, as the publishers in this process have this subscription among theirs."""
        if event.current_count and self._receiver and not self._joined:
            self._joined = True
            handover.join(self._node.context, self._kind, self._topic, self._receiver.take)

    def _skip(self, error: Exception) -> None:
        self._health.moment(self._key, f"a message of {self._topic} was skipped ({type(error).__name__}: {error})")

    def _warn(self, sentence: str) -> None:
        self._health.problem(self._key, sentence, level=Level.WARN)

    def _incompatible(self, event: Any) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        self._health.problem(
            f"{self._key} qos",
            f"a publisher of {self._topic} offers a QoS this node cannot take ({policy}): change the publisher"
            + _or_override(self._topic, "subscription", event.last_policy_kind),
            level=Level.WARN,
        )


class Output:
    """A publisher that knows when a subscriber asked for a QoS it does not offer."""

    def __init__(
        self,
        node: Node,
        health: Health,
        kind: type,
        topic: str,
        qos: QoSProfile,
        *,
        matched: Callable[[int], None] | None = None,
    ) -> None:
        self._node = node
        self._health = health
        self._key = f"output {topic} qos"
        self._mismatch = ""
        events = PublisherEventCallbacks(
            incompatible_qos=self._incompatible,
            matched=(lambda event: matched(event.current_count)) if matched else None,
        )
        self._publisher: Publisher = node.create_publisher(
            kind,
            topic,
            copy(qos),  # overrides are written into it
            event_callbacks=events,
            qos_overriding_options=_OVERRIDES,
        )
        self._kind = kind
        self._topic = self._publisher.topic_name
        self._latched = self._publisher.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL

    @property
    def topic(self) -> str:
        """The full name."""
        return self._topic

    @property
    def subscribers(self) -> int:
        """How many subscriptions are matched."""
        return int(self._publisher.get_subscription_count())

    def publish(self, message: Any) -> None:
        """Send a message, which nobody may change afterwards, or its serialized bytes."""
        takers = handover.takers(self._node.context, self._kind, self._topic)
        alone = takers and self.subscribers == len(takers)
        if alone and not self._latched and isinstance(message, self._kind):
            for take in takers:
                take(message)
        else:
            self._publisher.publish(message)

    def check(self) -> None:
        """Clear the problem of this output once the subscriber that caused it is gone; call it about once a second."""
        if not self._mismatch:
            return
        offered = self._publisher.qos_profile
        asked = [each.qos_profile for each in self._node.get_subscriptions_info_by_topic(self._topic)]
        if any(qos_check_compatible(offered, each)[0] == QoSCompatibility.ERROR for each in asked):
            self._health.problem(self._key, self._mismatch, level=Level.WARN)  # a deactivation may have cleared it
        else:
            self._mismatch = ""
            self._health.clear(self._key)

    def close(self) -> None:
        """End the publisher and its problem."""
        self._node.destroy_publisher(self._publisher)
        self._health.clear(self._key)

    def _incompatible(self, event: Any) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        self._mismatch = (
            f"a subscriber of {self._topic} asks for a QoS that is not offered ({policy}) and gets nothing: change "
            "the subscriber" + _or_override(self._topic, "publisher", event.last_policy_kind)
        )
        self._health.problem(self._key, self._mismatch, level=Level.WARN)


def _or_override(topic: str, end: str, policy: QoSPolicyKind) -> str:
    """Return the second half of a remedy: the parameter that changes the policy, where there is one."""
    if policy not in _OVERRIDABLE:
        return ""
    return f", or set the parameter qos_overrides.{topic}.{end}.{qos_policy_name_from_kind(policy).lower()}"
