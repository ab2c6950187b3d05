from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from emotion_perception.sources.base import Frame
from emotion_perception.sources.timing import Pacer, Stamper

IMAGE = np.zeros((1, 1, 3), np.uint8)
SECOND = 1_000_000_000


class Clock:
    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def test_recorded_frames_are_start_plus_presentation_time_whatever_the_clock_does() -> None:
    clock = Clock(1000 * SECOND)
    stamper = Stamper(clock)
    stamps = []
    for presentation in (0.0, 0.04, 0.1):
        stamps.append(stamper.stamp(Frame(IMAGE, presentation)))
        clock.now += 7 * SECOND
    assert [stamp - 1000 * SECOND for stamp in stamps] == [0, 40_000_000, 100_000_000]


def test_a_source_opened_anew_starts_at_the_clock_again() -> None:
    clock = Clock(1000 * SECOND)
    stamper = Stamper(clock)
    stamper.stamp(Frame(IMAGE, 0.0))
    clock.now += 9 * SECOND
    stamper.restart()
    assert stamper.stamp(Frame(IMAGE, 0.0)) == 1009 * SECOND


def test_stamps_grow_even_when_a_restart_comes_early() -> None:
    clock = Clock(1000 * SECOND)
    stamper = Stamper(clock)
    last = stamper.stamp(Frame(IMAGE, 0.0)), stamper.stamp(Frame(IMAGE, 0.5))
    stamper.restart()
    assert stamper.stamp(Frame(IMAGE, 0.0)) == last[1] + 1


def test_stamps_grow_when_a_recording_that_was_played_fast_is_played_again() -> None:
    clock = Clock(1000 * SECOND)
    stamper = Stamper(clock)
    first = [stamper.stamp(Frame(IMAGE, presentation)) for presentation in (0.0, 10.0, 20.0)]
    clock.now += SECOND  # it took a second
    stamper.restart()
    again = [stamper.stamp(Frame(IMAGE, presentation)) for presentation in (0.0, 10.0, 20.0)]
    assert again[0] > first[-1]
    assert np.diff(again).tolist() == [10 * SECOND, 10 * SECOND]


def test_a_recording_follows_a_clock_that_was_set_back() -> None:
    clock = Clock(1000 * SECOND)
    stamper = Stamper(clock)
    stamper.stamp(Frame(IMAGE, 20.0))
    clock.now = 5 * SECOND
    stamper.restart()
    assert stamper.stamp(Frame(IMAGE, 0.0)) == 5 * SECOND


def test_live_frames_have_the_time_of_capture() -> None:
    stamper = Stamper(Clock(1000 * SECOND))
    stamp = stamper.stamp(Frame(IMAGE, captured=time.monotonic_ns() - 50_000_000))
    assert 1000 * SECOND - stamp == pytest.approx(50_000_000, abs=20_000_000)
    assert stamper.stamp(Frame(IMAGE)) == 1000 * SECOND


def test_stamps_follow_a_clock_that_was_set_back_and_are_never_negative() -> None:
    clock = Clock(1000 * SECOND)
    stamper = Stamper(clock)
    stamper.stamp(Frame(IMAGE))
    clock.now = 5 * SECOND
    assert stamper.stamp(Frame(IMAGE)) == 5 * SECOND
    clock.now = 0
    assert stamper.stamp(Frame(IMAGE, captured=time.monotonic_ns() - 10**9)) == 0


def test_the_pacer_waits_until_a_frame_is_due_and_does_not_drift() -> None:
    pacer, stop = Pacer(), threading.Event()
    pacer.wait(0.0, stop)
    start = time.monotonic()
    for index in range(1, 11):
        time.sleep(0.005)
        pacer.wait(index * 0.02, stop)
        assert time.monotonic() - start >= index * 0.02 - 0.001


def test_the_pacer_lets_late_frames_pass_and_moves_on_after_a_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    waited: list[float] = []
    monkeypatch.setattr(time, "monotonic", lambda: now)
    stop = threading.Event()
    monkeypatch.setattr(stop, "wait", waited.append)
    pacer = Pacer(stall=0.5)
    assert pacer.wait(3.0, stop) == 0.0
    now = 100.3
    assert pacer.wait(3.1, stop) == 0.0
    assert waited == []
    assert pacer.wait(3.4, stop) == 0.0
    assert waited == [pytest.approx(0.1)]
    now = 102.5
    assert pacer.wait(3.5, stop) == pytest.approx(2.0)
    assert pacer.wait(3.6, stop) == 0.0
    assert waited[1:] == [pytest.approx(0.1)]


def test_stopping_ends_the_waiting() -> None:
    pacer, stop = Pacer(), threading.Event()
    pacer.wait(0.0, stop)
    stop.set()
    start = time.monotonic()
    pacer.wait(60.0, stop)
    assert time.monotonic() - start < 1
