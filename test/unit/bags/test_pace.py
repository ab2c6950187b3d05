from __future__ import annotations

import threading

from emotion_perception.bags.pace import Pace

TIMEOUT = 10.0


class FakeClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_position_follows_the_rate() -> None:
    clock = FakeClock()
    pace = Pace(rate=2.0, clock=clock)
    clock.now += 3
    assert pace.position == 6
    assert pace.wait(6.0)
    pace.restart(1.0)
    assert pace.position == 1


def test_a_pause_does_not_count() -> None:
    clock = FakeClock()
    pace = Pace(rate=0.5, clock=clock)
    clock.now += 4
    pace.toggle()
    assert pace.paused
    clock.now += 100
    assert pace.position == 2
    pace.toggle()
    clock.now += 2
    assert pace.position == 3


def test_nothing_is_due_while_it_is_paused_and_the_clock_goes_on_ticking() -> None:
    clock = FakeClock()
    pace = Pace(clock=clock)
    clock.now += 5
    pace.toggle()
    ticks: list[float] = []
    ticked, done = threading.Event(), threading.Event()

    def tick(position: float) -> None:
        ticks.append(position)
        ticked.set()

    thread = threading.Thread(target=lambda: pace.wait(1.0, tick) and done.set(), daemon=True)
    thread.start()
    assert ticked.wait(TIMEOUT)
    assert not done.is_set()
    pace.toggle()
    assert done.wait(TIMEOUT)
    assert set(ticks) == {5.0}


def test_a_stop_lets_whoever_waits_go() -> None:
    pace = Pace(clock=FakeClock())
    result: list[bool] = []
    thread = threading.Thread(target=lambda: result.append(pace.wait(1e9)), daemon=True)
    thread.start()
    pace.stop()
    thread.join(TIMEOUT)
    assert result == [False]
    assert pace.stopped
