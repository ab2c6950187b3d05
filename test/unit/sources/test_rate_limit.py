from __future__ import annotations

from emotion_perception.sources.rate_limit import RateLimitedReport


def test_one_sentence_a_second_and_the_number_of_the_others() -> None:
    now, told = 0.0, []
    report = RateLimitedReport(told.append, clock=lambda: now)
    for _ in range(1000):
        report("noise")
        now += 0.01
    assert len(told) == 10
    assert told[0] == "noise"
    assert told[1] == "noise (and 99 more of the kind before)"
