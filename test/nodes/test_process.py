"""How a process of nodes ends."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node

from emotion_perception.ros.process import Graph


@pytest.mark.timeout(20)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_even_within_the_wait_for_the_end(domain: int, number: signal.Signals) -> None:
    with Graph(["--ros-args", "--log-level", "warn"]) as graph:
        with graph.done._cond:  # where a main thread that polls is now and then
            signal.raise_signal(number)
        assert graph.done.wait(15)


class SlowToBegin(ReentrantCallbackGroup):
    """Holds the executor up where it has chosen a callback and not begun it."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen = threading.Event()

    def beginning_execution(self, entity: Any) -> bool:
        self.chosen.set()
        threading.Event().wait(0.3)
        return super().beginning_execution(entity)


@pytest.mark.timeout(20)
def test_the_end_waits_for_the_callback_at_work(domain: int) -> None:
    group, called = SlowToBegin(), []
    with Graph(["--ros-args", "--log-level", "warn"]) as graph:
        node = graph.add(lambda **options: Node("busy", **options))
        node.create_timer(0.001, lambda: called.append(1), callback_group=group)
        assert group.chosen.wait(15)
    assert called
    assert graph.failed is None
