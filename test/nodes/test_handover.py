"""Messages between nodes of one process: by hand while nobody else listens, through DDS as soon as somebody does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import String

from emotion_perception.ros.connections import Input, Output
from emotion_perception.ros.health import Health
from emotion_perception.ros.process import Graph
from emotion_perception.ros.qos import LATCHED, RELIABLE

Eventually = Callable[[Callable[[], Any]], None]
Close = Callable[[Node, Any], None]
BEST_EFFORT = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)


def healthy() -> Health:
    return Health(lambda key, problem: None)


class Pair:
    """A publisher and a prompt subscription of two of our nodes in one process."""

    def __init__(self, graph: Graph, eventually: Eventually, close: Close) -> None:
        self.eventually, self._close = eventually, close
        self.sender, self.taker = (graph.add(partial(Node, name)) for name in ("sender", "taker"))
        self.health = healthy()
        self.heard: list[String] = []
        self.output = Output(self.sender, self.health, String, "talk", RELIABLE)
        self.input = self.subscribe(self.heard.append)
        self.wait_matched(1)

    def subscribe(self, callback: Callable[[Any], None], qos: QoSProfile = RELIABLE) -> Input:
        return Input(self.taker, self.health, String, "talk", callback, qos, prompt=True)

    def close(self, taker: Input) -> None:
        self._close(self.taker, taker)

    def wait_matched(self, count: int) -> None:
        self.eventually(lambda: self.output.subscribers == count)

    def wait_by_hand(self) -> None:
        """Wait until what is sent is given, and not sent."""

        def given() -> bool:
            message = String(data="by hand?")
            self.output.publish(message)
            return any(each is message for each in list(self.heard))

        self.eventually(given)
        self.heard.clear()

    def send(self, text: str) -> String:
        message = String(data=text)
        self.output.publish(message)
        return message


class Lone:
    """A publisher and a prompt subscription of one node."""

    def __init__(self, graph: Graph, close: Close, *, offered: QoSProfile, asked: QoSProfile) -> None:
        self._close, self._node, health = close, graph.add(partial(Node, "sender")), healthy()
        self.heard: list[String] = []
        self.output = Output(self._node, health, String, "talk", offered)
        self._input = Input(self._node, health, String, "talk", self.heard.append, asked, prompt=True)

    def close(self) -> None:
        self._close(self._node, self._input)
        self._close(self._node, self.output)


@pytest.fixture
def pair(graph: Graph, eventually: Eventually, close: Close) -> Iterator[Pair]:
    made = Pair(graph, eventually, close)
    made.wait_by_hand()
    yield made
    if not made.input._receiver._closed:
        made.close(made.input)
    close(made.sender, made.output)


def test_the_message_itself_is_given(pair: Pair) -> None:
    sent = [pair.send(f"{number}") for number in range(5)]
    assert [id(each) for each in pair.heard] == [id(each) for each in sent]
    taker = pair.input._receiver
    pair.close(pair.input)
    taker.take(String(data="by a publisher that does not know yet"))
    assert len(pair.heard) == 5


def test_all_get_it_through_dds_once_somebody_else_listens_and_by_hand_again_when_they_are_gone(
    pair: Pair, outsider: Any
) -> None:
    elsewhere = outsider.listen(String, "talk")
    pair.wait_matched(2)
    sent = [pair.send(f"{number}") for number in range(5)]
    for heard in (pair.heard, elsewhere.messages):
        pair.eventually(lambda heard=heard: len(heard) == 5)
        assert [each.data for each in heard] == ["0", "1", "2", "3", "4"]
        assert not any(each is message for each, message in zip(heard, sent, strict=True))
    outsider.drop(next(iter(outsider.subscriptions)))
    pair.wait_matched(1)
    pair.wait_by_hand()
    assert len(elsewhere) == 5


def test_no_message_overtakes_those_that_are_still_on_their_way_through_dds(pair: Pair, outsider: Any) -> None:
    began, go_on = threading.Event(), threading.Event()
    heard: list[str] = []

    def take(message: String) -> None:
        began.set()
        assert go_on.wait(15)
        heard.append(message.data)

    pair.close(pair.input)
    slow = pair.subscribe(take)
    outsider.listen(String, "talk")
    pair.wait_matched(2)
    for number in range(3):
        pair.send(f"{number}")
    assert began.wait(15)
    outsider.drop(next(iter(outsider.subscriptions)))
    pair.wait_matched(1)
    hand = threading.Thread(target=pair.send, args=("3",))
    hand.start()
    go_on.set()
    hand.join()
    assert heard == ["0", "1", "2", "3"]
    pair.close(slow)


def test_what_late_subscribers_are_to_get_too_goes_through_dds(
    graph: Graph, outsider: Any, eventually: Eventually, close: Close
) -> None:
    lone = Lone(graph, close, offered=LATCHED, asked=LATCHED)
    eventually(lambda: lone.output.subscribers == 1)
    lone.output.publish(String(data="first"))
    eventually(lambda: lone.heard)
    late = outsider.listen(String, "talk", LATCHED)
    assert late.wait(lambda messages: messages)[0].data == "first"
    lone.close()


def test_serialized_bytes_go_through_dds(pair: Pair) -> None:
    pair.output.publish(b"\x00\x01\x00\x00\x03\x00\x00\x00hi\x00")
    pair.eventually(lambda: [each.data for each in pair.heard] == ["hi"])


def test_a_callback_that_fails_is_the_subscribers_problem(pair: Pair) -> None:
    def fail(message: String) -> None:
        raise ValueError(f"no idea what {message.data} is")

    failing = pair.subscribe(fail)
    pair.wait_matched(2)
    pair.eventually(lambda: pair.send("this") and "no idea what this is" in pair.health.status()[1])
    assert pair.heard
    pair.close(failing)


def test_nothing_is_given_to_a_subscription_that_asks_for_more_than_is_offered(
    graph: Graph, outsider: Any, eventually: Eventually, close: Close
) -> None:
    lone = Lone(graph, close, offered=BEST_EFFORT, asked=RELIABLE)
    elsewhere = outsider.listen(String, "talk", BEST_EFFORT)
    eventually(lambda: lone.output.subscribers == 1)
    lone.output.publish(String(data="to who asks for no more"))
    elsewhere.wait(lambda messages: messages)
    assert not lone.heard
    lone.close()


def test_nothing_is_given_to_a_subscription_that_is_closed_or_of_another_context(
    pair: Pair, domain: int, close: Close
) -> None:
    with Graph(["--ros-args", "--log-level", "warn"]) as other:
        there: list[String] = []
        elsewhere = other.add(partial(Node, "abroad"))
        abroad = Input(elsewhere, healthy(), String, "talk", there.append, RELIABLE, prompt=True)
        pair.wait_matched(2)
        message = pair.send("to all")
        pair.eventually(lambda: there)
        assert not any(each is message for each in there)
        close(elsewhere, abroad)
    pair.wait_matched(1)
    closed: list[String] = []
    second = pair.subscribe(closed.append)
    pair.wait_matched(2)
    pair.wait_by_hand()
    assert closed
    pair.close(second)
    closed.clear()
    pair.send("to who is left")
    pair.eventually(lambda: pair.heard)
    assert not closed
