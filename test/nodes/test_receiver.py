"""Prompt inputs: past the executor, and with all that an input does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import String

from emotion_perception.ros.connections import Input
from emotion_perception.ros.health import Health
from emotion_perception.ros.node import PerceptionNode
from emotion_perception.ros.parameters import NodeParameters
from emotion_perception.ros.process import Graph
from emotion_perception.ros.qos import RELIABLE


class Ear(PerceptionNode[NodeParameters]):
    """Hears words promptly, and stumbles over one of them."""

    PARAMETERS = NodeParameters

    def __init__(self, **options: Any) -> None:
        super().__init__("ear", **options)
        self.heard: list[str] = []
        self.changed = threading.Condition()

    def activate(self) -> None:
        self.input(String, "words", self._take, RELIABLE, prompt=True)

    def _take(self, message: String) -> None:
        if message.data == "stumble":
            raise ValueError("a stone")
        with self.changed:
            self.heard.append(message.data)
            self.changed.notify_all()

    def wait(self, *words: str) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.heard == list(words), 15), self.heard


def receivers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "receive /words"]


def test_messages_come_while_the_executor_is_busy(start: Callable[..., Any], outsider: Any) -> None:
    ear = start(Ear)
    mouth = outsider.talk(String, "words", RELIABLE)
    blocked, go_on = threading.Event(), threading.Event()
    ear.create_timer(0.01, lambda: (blocked.set(), go_on.wait(15)))
    assert blocked.wait(15)
    mouth.publish(String(data="one"))
    mouth.publish(String(data="two"))
    ear.wait("one", "two")
    go_on.set()


def test_a_callback_that_fails_is_noted_and_the_next_message_comes(start: Callable[..., Any], outsider: Any) -> None:
    ear = start(Ear)
    mouth = outsider.talk(String, "words", RELIABLE)
    for word in ("stumble", "on"):
        mouth.publish(String(data=word))
    ear.wait("on")
    health: Health = ear.health
    assert "a message of /words was skipped (ValueError: a stone)" in health.status()[1]


def test_its_thread_ends_with_it_and_comes_back(start: Callable[..., Any], outsider: Any) -> None:
    ear = start(Ear)
    mouth = outsider.talk(String, "words", RELIABLE)
    for number in range(3):
        assert receivers() == ["receive /words"]
        ear.trigger_deactivate()
        assert receivers() == []
        ear.trigger_activate()
        mouth = outsider.talk(String, "words", RELIABLE)
        mouth.publish(String(data=str(number)))
        ear.wait(*map(str, range(number + 1)))


def test_it_ends_with_its_graph(domain: int) -> None:
    with Graph(["--ros-args", "--log-level", "warn"]) as graph:
        ear = graph.add(Ear)
        while not ear.active:
            assert not graph.done.wait(0.005)
        assert receivers()
    assert not receivers()


def test_a_publisher_that_it_cannot_understand_is_told_about(
    start: Callable[..., Any], outsider: Any, eventually: Callable[..., None]
) -> None:
    ear = start(Ear)
    outsider.create_publisher(String, "words", QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT))
    eventually(lambda: "offers a QoS this node cannot take (RELIABILITY)" in ear.health.status()[1])


def test_an_event_that_fails_does_not_end_it(
    start: Callable[..., Any], outsider: Any, eventually: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(self: Input, event: Any) -> None:
        raise ValueError("a stone")

    monkeypatch.setattr(Input, "_incompatible", stumble)
    ear = start(Ear)
    outsider.create_publisher(String, "words", QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT))
    eventually(lambda: "(ValueError: a stone)" in ear.health.status()[1])
    outsider.talk(String, "words", RELIABLE).publish(String(data="on"))
    ear.wait("on")
