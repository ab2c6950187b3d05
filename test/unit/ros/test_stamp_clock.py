from __future__ import annotations

import pytest

from emotion_perception.ros.stamp_clock import IDLE, TOLERANCE, StampClock

SECOND = 1_000_000_000
BEGIN = 1_800_000_000
NOW = BEGIN * SECOND
close = {"abs": 1e-5, "rel": 0}  # a float of seconds since 1970 is rounded to 0.2 microseconds


def test_it_goes_by_the_stamps_alone_while_they_come() -> None:
    clock = StampClock(BEGIN - 0.5, 100.0)
    assert clock.stamp == NOW - SECOND // 2
    told = [clock.at(NOW + seconds * SECOND, beside) for seconds, beside in [(0, 100.0), (1, 100.9), (5, 100.91)]]
    assert told == [BEGIN, BEGIN + 1, BEGIN + 5]
    assert clock.now(100.91 + IDLE) == BEGIN + 5
    assert clock.stamp == NOW + 5 * SECOND


def test_the_same_stamps_give_the_same_times_wherever_and_however_fast_they_come() -> None:
    stamps = [NOW + round(each * SECOND / 29.97) for each in range(300)]
    slow, fast, simulated = StampClock(BEGIN - 9.0, 0.0), StampClock(BEGIN + 0.01, 7.0), StampClock(0.0, 0.0)
    told = [slow.at(stamp, 0.9 * each) for each, stamp in enumerate(stamps)]
    assert [fast.at(stamp, 7.0 + 0.001 * each) for each, stamp in enumerate(stamps)][1:] == told[1:]
    assert [simulated.at(stamp, 0.0) for stamp in stamps] == told


def test_without_stamps_it_goes_on_by_the_clock_beside_and_stamps_take_it_up_again() -> None:
    clock = StampClock(BEGIN, 100.0)
    assert clock.now(102.5) == BEGIN + 2.5, "before any stamp"
    assert clock.at(NOW + 2 * SECOND, 102.5) == BEGIN + 2.5, "pictures take a moment"
    assert clock.now(102.5 + IDLE + 3.0) == pytest.approx(BEGIN + 5.5, **close)
    assert clock.stamp == pytest.approx(NOW + 5.5 * SECOND, abs=1000)
    assert clock.at(NOW + 7 * SECOND, 107.0) == BEGIN + 7


def test_a_stamp_that_comes_late_does_not_turn_time_back() -> None:
    clock = StampClock(BEGIN, 0.0)
    clock.at(NOW + SECOND, 1.0)
    assert clock.at(NOW + SECOND // 2, 1.1) == BEGIN + 1
    assert clock.at(NOW + 2 * SECOND, 2.0) == BEGIN + 2


def test_stamps_that_are_set_back_or_were_of_the_past_all_along_cost_no_time() -> None:
    clock = StampClock(BEGIN, 0.0)
    clock.at(NOW + 60 * SECOND, 60.0)
    assert clock.at(NOW + 50 * SECOND, 60.1) == pytest.approx(BEGIN + 60, **close)
    assert clock.at(NOW + 51 * SECOND, 61.1) == pytest.approx(BEGIN + 61, **close)
    assert clock.stamp == pytest.approx(NOW + 51 * SECOND, abs=1000)

    recorded = StampClock(BEGIN, 0.0)
    assert recorded.at(SECOND, 0.0) == pytest.approx(BEGIN, **close)
    assert recorded.at(SECOND + round(TOLERANCE * SECOND), 0.1) == pytest.approx(BEGIN + TOLERANCE, **close)


def test_a_clock_beside_that_is_set_back_or_stands_still_costs_no_time() -> None:
    clock = StampClock(BEGIN, 50.0)
    clock.at(NOW, 50.0)
    assert clock.now(3.0) == BEGIN
    assert clock.now(3.0) == BEGIN
    assert clock.now(4.5) == BEGIN + 1.5
