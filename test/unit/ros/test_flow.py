from __future__ import annotations

import threading
import time

import pytest

from emotion_perception.core.errors import PerceptionError
from emotion_perception.ros.flow import FlowControl

TIMEOUT = 10.0


def test_no_more_than_the_limit_is_in_flight() -> None:
    flow = FlowControl(["last"], limit=2, timeout=TIMEOUT)
    admitted = threading.Semaphore(0)

    def source() -> None:
        for stamp in range(4):
            flow.admit(stamp)
            admitted.release()

    thread = threading.Thread(target=source, daemon=True)
    thread.start()
    for _ in range(2):
        assert admitted.acquire(timeout=TIMEOUT)
    assert not admitted.acquire(timeout=0.05), "a third frame was let in"

    flow.finished("last", 99)  # not one of ours
    assert not admitted.acquire(timeout=0.05)
    flow.finished("last", 0)
    assert admitted.acquire(timeout=TIMEOUT)
    flow.finished("last", 0)  # again
    assert not admitted.acquire(timeout=0.05)
    flow.finished("last", 1)
    assert admitted.acquire(timeout=TIMEOUT)
    thread.join(TIMEOUT)


def test_a_frame_lands_when_every_last_stage_has_finished_it() -> None:
    flow = FlowControl(["emotion", "identities"], limit=1, timeout=0.05)
    assert flow.admit(1)
    flow.finished("emotion", 1)
    with pytest.raises(PerceptionError, match="no result on identities"):
        flow.admit(2)
    flow.finished("identities", 1)
    assert flow.admit(2)


def test_a_lost_frame_is_an_error_that_says_so() -> None:
    flow = FlowControl(["last"], limit=1, timeout=0.05)
    assert flow.admit(1)
    with pytest.raises(PerceptionError, match=r"no result on last for 0\.05 s: the graph lost a frame"):
        flow.admit(2)


def test_closing_lets_the_source_go_and_admits_nothing_more() -> None:
    flow = FlowControl(["last"], limit=1, timeout=TIMEOUT)
    flow.admit(1)
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(flow.admit(2)))
    begin = time.monotonic()
    thread.start()
    flow.close()
    thread.join(TIMEOUT)

    assert answers == [False]
    assert time.monotonic() - begin < TIMEOUT / 2
    assert flow.admit(3) is False


def test_draining_waits_for_the_last_frame() -> None:
    flow = FlowControl(["last"], timeout=TIMEOUT)
    flow.drain()
    flow.admit(1)
    drained = threading.Event()
    thread = threading.Thread(target=lambda: (flow.drain(), drained.set()), daemon=True)
    thread.start()
    assert not drained.wait(0.05)
    flow.finished("last", 1)
    assert drained.wait(TIMEOUT)


def test_a_last_frame_that_never_lands_is_an_error() -> None:
    flow = FlowControl(["last"], timeout=0.05)
    flow.admit(1)
    with pytest.raises(PerceptionError, match="lossless"):
        flow.drain()
    flow.close()
    flow.drain()
