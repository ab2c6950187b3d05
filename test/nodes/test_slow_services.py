"""A service that takes its time holds up nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from rclpy.node import Node
from std_srvs.srv import SetBool, Trigger

from emotion_perception.ros.process import Graph
from emotion_perception.ros.services import create_slow_service


class Slow(Node):
    """Answers `work` once allowed, in a thread, and `ping` at once."""

    def __init__(self, **options: Any) -> None:
        super().__init__("slow", **options)
        self.allowed = threading.Event()
        self.begun = threading.Event()
        self.pool = ThreadPoolExecutor()
        create_slow_service(self, SetBool, "work", lambda request: self.pool.submit(self._work, request))
        self.create_service(Trigger, "ping", lambda request, response: response)

    def _work(self, request: SetBool.Request) -> SetBool.Response:
        self.begun.set()
        assert self.allowed.wait(15)
        if not request.data:
            raise ValueError("no data")
        return SetBool.Response(success=True, message="done")


def test_others_are_served_while_it_works(graph: Graph, outsider: Any) -> None:
    node = graph.add(Slow)
    answers: Future[Any] = ThreadPoolExecutor().submit(outsider.call, SetBool, "work", SetBool.Request(data=True))
    assert node.begun.wait(15)
    outsider.call(Trigger, "ping", Trigger.Request())
    assert not answers.done()
    node.allowed.set()
    assert answers.result(15).message == "done"


def test_what_fails_is_logged(
    graph: Graph, outsider: Any, capfd: pytest.CaptureFixture[str], eventually: Callable[..., None]
) -> None:
    node = graph.add(Slow)
    node.allowed.set()
    client = outsider.create_client(SetBool, "work")
    assert client.wait_for_service(15)
    client.call_async(SetBool.Request(data=False))
    logged = ""

    def said() -> bool:
        nonlocal logged
        logged += capfd.readouterr().err
        return "a service request failed (ValueError: no data)" in logged

    eventually(said)
