from __future__ import annotations

import json

import pytest

from emotion_perception.cli.view.audience import Audience, Viewer


def drained(viewer: Viewer) -> list[str | bytes]:
    items = []
    while (item := viewer.next()) is not None:
        items.append(item)
    return items


def test_a_viewer_that_shows_nothing_gets_two_pictures_and_then_the_newest() -> None:
    viewer = Viewer()
    sent = []
    for number in range(10):
        viewer.offer_picture(b"%d" % number)
        sent += drained(viewer)
    assert sent == [b"0", b"1"]
    viewer.answered(bytes)
    assert drained(viewer) == [b"9"]
    viewer.answered(bytes)
    assert drained(viewer) == [], "nothing new"


def test_a_viewer_cannot_ask_for_more_than_two_at_once() -> None:
    viewer = Viewer()
    for _ in range(5):
        viewer.answered(bytes)
    sent = []
    for number in range(5):
        viewer.offer_picture(b"%d" % number)
        sent += drained(viewer)
    assert sent == [b"0", b"1"]


def test_of_a_kind_only_the_newest_waits_but_every_line_does_up_to_a_limit() -> None:
    viewer = Viewer()
    for number in range(100):
        viewer.offer("faces", f"faces {number}", every=False)
        viewer.offer("line", f"line {number}", every=True)
    viewer.offer_picture(b"picture")
    items = drained(viewer)
    assert items == ["line 50", "line 51", b"picture"], "two texts until one is answered, and they hold no picture up"
    for _ in range(100):
        viewer.answered(str)
        items += drained(viewer)
    assert items == ["line 50", "line 51", b"picture", *(f"line {number}" for number in range(52, 100)), "faces 99"]


def test_a_page_that_comes_back_gets_no_picture_of_before() -> None:
    viewer = Viewer()
    viewer.looking = True
    viewer.offer_picture(b"old")
    viewer.looking = False
    viewer.looking = True
    assert drained(viewer) == []


@pytest.fixture
def changes() -> list[bool]:
    return []


@pytest.fixture
def audience(changes: list[bool]) -> Audience:
    made = Audience()
    made.changed = lambda: changes.append(made.looking)
    return made


def test_only_the_first_to_look_and_the_last_to_cease_change_anything(audience: Audience, changes: list[bool]) -> None:
    one, other = audience.join(), audience.join()
    assert changes == []
    audience.look(one, True)
    audience.look(other, True)
    audience.look(one, False)
    assert changes == [True]
    audience.leave(other)
    assert changes == [True, False]
    audience.leave(other)
    audience.leave(one)
    assert changes == [True, False]


def test_nothing_is_given_before_the_server_runs_or_while_nobody_looks(audience: Audience) -> None:
    audience.show(b"picture")
    viewer = audience.join()
    audience.look(viewer, True)
    audience.tell("faces", {})
    assert drained(viewer) == []


def test_only_who_looks_is_given_anything(audience: Audience) -> None:
    class Loop:
        def call_soon_threadsafe(self, function: object, *arguments: object) -> None:
            function(*arguments)  # type: ignore[operator]

    audience.loop = Loop()  # type: ignore[assignment]
    one, other = audience.join(), audience.join()
    audience.look(one, True)
    audience.show(b"picture")
    audience.tell("line", {"text": "γεια"}, every=True)
    line, picture = drained(one)
    assert isinstance(line, str)
    assert json.loads(line) == {"kind": "line", "text": "γεια"}
    assert picture == b"picture"
    assert drained(other) == []
