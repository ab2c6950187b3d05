"""A running robot as seen from outside at one moment: plain values, so that a verdict can be given on any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: States of a managed node's lifecycle; or "" of a node without one, or SILENT.
SILENT = "does not answer"


@dataclass(frozen=True)
class Report:
    """The latest that a node said of itself on /diagnostics: level (of DiagnosticStatus), message, key -> value."""

    level: int
    message: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Node:
    """A node. name: fully qualified; state: of its lifecycle, "" if it has none, SILENT if it did not say."""

    name: str
    state: str
    report: Report | None = None


@dataclass(frozen=True)
class End:
    """A publisher or subscription: its node's full name ("" if unknown) and its rclpy QoSProfile."""

    node: str
    qos: Any


@dataclass(frozen=True)
class Topic:
    """A topic.

    kinds: its types, e.g. sensor_msgs/msg/Image; more than one is a mistake. rate: messages a second, None if not
    measured (see observer.listens_to).
    """

    name: str
    kinds: tuple[str, ...]
    publishers: tuple[End, ...] = ()
    subscribers: tuple[End, ...] = ()
    rate: float | None = None


@dataclass(frozen=True)
class Snapshot:
    """What is there.

    domain, reach: where one looked, and how far. elsewhere: other domains on which this computer has processes.
    mute: whether it has one on this domain too, when no node is seen.
    """

    domain: int
    reach: str
    nodes: tuple[Node, ...] = ()
    topics: tuple[Topic, ...] = ()
    elsewhere: tuple[int, ...] = ()
    mute: bool = False

    def node(self, name: str) -> Node | None:
        """Return the node of that full name."""
        return next((each for each in self.nodes if each.name == name), None)


def short(name: str) -> str:
    """Return a full name as people say it."""
    return name.lstrip("/") or "a process without a name"
