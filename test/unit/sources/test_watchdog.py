from __future__ import annotations

import pytest

from emotion_perception.sources.watchdog import CONNECTION, DATAGRAMS, Patience, Verdict, Watchdog


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("patience", "silence", "verdict"),
    [
        (DATAGRAMS, 0.9, Verdict.FLOWING),
        (DATAGRAMS, 1.0, Verdict.STALE),
        (DATAGRAMS, 4.9, Verdict.STALE),
        (DATAGRAMS, 10.0, Verdict.LOST),
        (CONNECTION, 1.4, Verdict.FLOWING),
        (CONNECTION, 1.5, Verdict.LOST),
    ],
)
def test_silence_after_a_frame_makes_stale_and_then_lost(patience: Patience, silence: float, verdict: Verdict) -> None:
    clock = Clock()
    watchdog = Watchdog(patience, clock=clock)
    clock.now += 0.5
    watchdog.frame()
    clock.now += silence
    assert watchdog.verdict is verdict


def test_the_first_frame_may_take_longer_and_again_after_a_restart() -> None:
    clock = Clock()
    watchdog = Watchdog(Patience(stale=1, lost=2, first=5), clock=clock)
    clock.now += 4.9
    assert watchdog.verdict is Verdict.FLOWING
    clock.now += 0.1
    assert watchdog.verdict is Verdict.LOST
    watchdog.frame()
    clock.now += 1
    assert watchdog.verdict is Verdict.STALE
    watchdog.restart()
    clock.now += 4
    assert watchdog.verdict is Verdict.FLOWING


def test_a_frame_ends_every_verdict() -> None:
    clock = Clock()
    watchdog = Watchdog(DATAGRAMS, clock=clock)
    for silence in (2.0, 60.0):
        clock.now += silence
        assert watchdog.verdict is not Verdict.FLOWING
        watchdog.frame()
        assert watchdog.verdict is Verdict.FLOWING
