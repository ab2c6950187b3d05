"""How a process of nodes ends."""

from __future__ import annotations

import signal

import pytest

from emotion_perception.ros.process import Graph


@pytest.mark.timeout(20)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_even_within_the_wait_for_the_end(domain: int, number: signal.Signals) -> None:
    with Graph(["--ros-args", "--log-level", "warn"]) as graph:
        with graph.done._cond:  # where a main thread that polls is now and then
            signal.raise_signal(number)
        assert graph.done.wait(15)
