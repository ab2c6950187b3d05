from __future__ import annotations

import pytest

from emotion_perception.ros.health import Health, Level, Problem


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[tuple[str, Problem | None]]:
    return []


@pytest.fixture
def health(clock: Clock, told: list[tuple[str, Problem | None]]) -> Health:
    return Health(lambda key, problem: told.append((key, problem)), clock=clock)


def test_without_problems_all_is_well(health: Health) -> None:
    assert health.status() == (Level.OK, "OK")


def test_a_problem_holds_until_it_is_cleared_and_is_told_once(
    health: Health, clock: Clock, told: list[tuple[str, Problem | None]]
) -> None:
    for _ in range(3):
        health.problem("input image_raw", "nobody publishes image_raw", level=Level.WARN)
        clock.now += 60
    assert health.status() == (Level.WARN, "nobody publishes image_raw")

    health.clear("input image_raw")
    health.clear("input image_raw")

    assert health.status() == (Level.OK, "OK")
    assert told == [
        ("input image_raw", Problem(Level.WARN, "nobody publishes image_raw")),
        ("input image_raw", None),
    ]


def test_a_problem_that_changes_is_told_again(health: Health, told: list[tuple[str, Problem | None]]) -> None:
    health.problem("source", "no such device")
    health.problem("source", "device is busy")
    assert [problem.sentence for _, problem in told if problem] == ["no such device", "device is busy"]
    assert health.status() == (Level.ERROR, "device is busy")


def test_the_worst_problem_comes_first(health: Health) -> None:
    health.problem("a", "mild", level=Level.WARN)
    health.problem("b", "bad", level=Level.ERROR)
    assert health.status() == (Level.ERROR, "bad | mild")


def test_an_error_is_worse_than_silence_and_silence_worse_than_a_warning(health: Health) -> None:
    health.problem("a", "waits", level=Level.WARN)
    health.problem("b", "silent", level=Level.STALE)
    assert health.status() == (Level.STALE, "silent | waits")
    health.problem("c", "broken", level=Level.ERROR)
    assert health.status() == (Level.ERROR, "broken | silent | waits")


def test_more_drops_than_work_are_a_problem_for_as_long_as_they_go_on(
    health: Health, clock: Clock, told: list[tuple[str, Problem | None]]
) -> None:
    dropped = 0

    def second(*, done: int, lost: int) -> Level:
        nonlocal dropped
        dropped += lost
        for _ in range(done):
            health.processed()
        health.dropped(dropped)
        clock.now += 1
        health.check_drops()
        return health.status()[0]

    health.check_drops()
    assert [second(done=20, lost=10) for _ in range(8)] == [Level.OK] * 8
    assert [second(done=10, lost=20) for _ in range(8)][-1] is Level.WARN
    assert [second(done=20, lost=10) for _ in range(8)][-1] is Level.OK
    assert len(told) == 2, "once when it begins, once when it is over"


def test_a_few_drops_at_the_start_are_no_problem(health: Health, clock: Clock) -> None:
    health.check_drops()
    health.dropped(9)
    clock.now += 1
    health.check_drops()
    assert health.status()[0] is Level.OK


def test_values_say_how_old_the_last_item_is(health: Health, clock: Clock) -> None:
    assert "last item (s ago)" not in health.values()
    health.processed()
    clock.now += 7.5
    assert health.values()["last item (s ago)"] == "7.5"


def test_a_moment_shows_for_a_while_and_a_flood_of_them_is_told_once(
    health: Health, clock: Clock, told: list[tuple[str, Problem | None]]
) -> None:
    for number in range(200):
        health.moment("image", f"image {number} was skipped")
        clock.now += 0.03
    assert health.status() == (Level.WARN, "image 199 was skipped")
    assert len(told) == 1

    clock.now += Health.MOMENT + 0.1
    assert health.status() == (Level.OK, "OK")
    health.moment("image", "image 200 was skipped")
    assert len(told) == 2


def test_the_last_error_stays_in_the_values(health: Health, clock: Clock) -> None:
    health.moment("image", "an image was skipped")
    clock.now += 1000
    assert health.status()[0] is Level.OK
    assert health.values()["last error"] == "an image was skipped"


def test_clearing_all_says_nothing(health: Health, told: list[tuple[str, Problem | None]]) -> None:
    health.problem("a", "bad")
    told.clear()
    health.clear_all()
    assert health.status() == (Level.OK, "OK")
    assert told == []


def test_values_count_the_last_second_and_all(health: Health, clock: Clock) -> None:
    for _ in range(90):
        clock.now += 1 / 30
        health.processed(0.004)
    health.processed(0.020)
    health.dropped(7)

    values = health.values()

    assert 30 <= int(values["rate (Hz)"]) <= 32
    assert (values["processed"], values["dropped"]) == ("91", "7")
    assert (values["latency p50 (ms)"], values["latency max (ms)"]) == ("4.0", "20.0")
    assert "latency p50 (ms)" not in health.values(), "latencies are those since the last report"
