"""QoS between rclpy and bags: what publishers offer, what to subscribe with, what to play with."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rosbags.interfaces import Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime

from emotion_perception.bags.topic import Topic
from emotion_perception.core.errors import BagError

_IMAGES = 30  # kept for a recorder that is held up, of 0.9 MB each
_OTHERS = 1000
_PLAYED = 10


def to_bag(profile: QoSProfile) -> Qos:
    """Return a profile as bags hold it; the enumerations of both are those of rmw."""
    return Qos(
        QosHistory(int(profile.history)),
        int(profile.depth),
        QosReliability(int(profile.reliability)),
        QosDurability(int(profile.durability)),
        _time(profile.deadline),
        _time(profile.lifespan),
        QosLiveliness(int(profile.liveliness)),
        _time(profile.liveliness_lease_duration),
        bool(profile.avoid_ros_namespace_conventions),
    )


def matching(offered: Sequence[QoSProfile], *, image: bool) -> QoSProfile:
    """Return the strictest profile that every publisher can serve.

    Reliable only if all are, or a best-effort one would be refused; latched messages come only if all are latched.
    """
    reliable = all(each.reliability != ReliabilityPolicy.BEST_EFFORT for each in offered)
    latched = bool(offered) and all(each.durability == DurabilityPolicy.TRANSIENT_LOCAL for each in offered)
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=_IMAGES if image else _OTHERS,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


def playing(topic: Topic) -> QoSProfile:
    """Return what to play a topic with: reliable, which serves every subscriber; latched if it was."""
    latched = bool(topic.qos) and all(each.durability is QosDurability.TRANSIENT_LOCAL for each in topic.qos)
    depths = [each.depth for each in topic.qos if each.history is QosHistory.KEEP_LAST and each.depth > 0]
    return QoSProfile(
        depth=max(depths, default=_PLAYED),
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


def message_class(kind: str) -> Any:
    """Return the class of e.g. "std_msgs/msg/String". Raises BagError when its package is not installed."""
    package, _, name = kind.partition("/msg/")
    try:
        return getattr(import_module(f"{package}.msg"), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise BagError(f"the type {kind} is not installed here: install its package, or leave its topic out") from error


def _time(duration: Duration) -> QosTime:
    return QosTime(*divmod(duration.nanoseconds, 1_000_000_000))
