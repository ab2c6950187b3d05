from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from emotion_perception.core.joining import Joined, StampJoiner

PARTS = ("image", "faces", "emotion")


def joiner(timeout: float = 0.1, capacity: int = 8) -> StampJoiner:
    return StampJoiner(PARTS, leader="image", timeout=timeout, capacity=capacity)


def summary(released: list[Joined]) -> list[tuple[int, set[str]]]:
    return [(each.stamp, set(each.parts)) for each in released]


def test_a_stamp_goes_when_its_last_part_comes_whatever_the_order() -> None:
    join = joiner()
    assert join.add("emotion", 5, "e", 0.0) == []
    assert join.add("image", 5, "i", 0.01) == []

    (whole,) = join.add("faces", 5, "f", 0.02)

    assert whole.stamp == 5
    assert whole.parts == {"image": "i", "faces": "f", "emotion": "e"}


def test_an_image_goes_alone_after_the_timeout() -> None:
    join = joiner(timeout=0.1)
    join.add("image", 5, "i", 1.0)
    assert join.expire(1.09) == []
    assert summary(join.expire(1.1)) == [(5, {"image"})]
    assert join.expire(9.0) == []


def test_a_complete_stamp_takes_the_earlier_ones_with_it_in_order() -> None:
    join = joiner()
    join.add("image", 2, "i", 0.0)
    join.add("faces", 2, "f", 0.0)
    join.add("image", 1, "i", 0.0)
    join.add("image", 3, "i", 0.0)
    join.add("faces", 3, "f", 0.0)
    join.add("image", 4, "i", 0.0)

    released = join.add("emotion", 3, "e", 0.01)

    assert summary(released) == [(1, {"image"}), (2, {"image", "faces"}), (3, set(PARTS))]


def test_a_part_that_comes_too_late_is_ignored() -> None:
    join = joiner()
    join.add("image", 5, "i", 0.0)
    join.expire(1.0)
    assert join.add("emotion", 5, "e", 1.01) == []
    assert join.expire(9.0) == []


def test_without_its_image_a_stamp_is_dropped() -> None:
    join = joiner()
    join.add("faces", 5, "f", 0.0)
    join.add("emotion", 5, "e", 0.0)
    assert join.expire(1.0) == []
    assert join.add("image", 5, "i", 1.1) == []


def test_no_more_than_the_capacity_waits() -> None:
    join = joiner(timeout=60, capacity=3)
    released = [join.add("image", stamp, "i", 0.0) for stamp in range(6)]
    assert [summary(each) for each in released] == [[], [], [], [(0, {"image"})], [(1, {"image"})], [(2, {"image"})]]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PARTS), st.integers(0, 12), st.floats(0, 0.2)), max_size=80))
def test_no_stamp_goes_twice_or_without_its_image_and_each_release_is_in_order(
    events: list[tuple[str, int, float]],
) -> None:
    join, now, gone = joiner(), 0.0, []
    for part, stamp, wait in events:
        now += wait
        released = join.add(part, stamp, part, now)
        stamps = [each.stamp for each in released]
        assert stamps == sorted(stamps)
        assert all("image" in each.parts for each in released)
        gone += stamps
    gone += [each.stamp for each in join.expire(now + 1)]
    assert len(gone) == len(set(gone))
