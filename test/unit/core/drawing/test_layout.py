from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from emotion_perception.core.drawing.layout import Rect, place_card, place_tag

PICTURE = Rect(0, 0, 640, 480)
rects = st.builds(Rect, st.integers(0, 600), st.integers(0, 440), st.integers(1, 640), st.integers(1, 480))


def test_overlap_is_the_common_area() -> None:
    assert Rect(0, 0, 10, 10).overlap(Rect(5, 8, 10, 10)) == 10
    assert Rect(0, 0, 10, 10).overlap(Rect(10, 0, 10, 10)) == 0


def test_a_card_goes_to_the_right_and_to_the_left_when_there_is_no_room() -> None:
    face = Rect(200, 100, 100, 120)
    assert place_card(face, 150, 130, 5, PICTURE, [face], alone=False).rect == Rect(305, 100, 150, 130)
    face = Rect(500, 100, 100, 120)
    assert place_card(face, 150, 130, 5, PICTURE, [face], alone=False).rect == Rect(345, 100, 150, 130)


def test_a_card_avoids_what_is_taken() -> None:
    face, neighbour = Rect(200, 100, 100, 120), Rect(320, 100, 100, 120)
    place = place_card(face, 150, 130, 5, PICTURE, [face, neighbour], alone=False)
    assert place.hidden == 0
    assert place.rect == Rect(45, 100, 150, 130)


def test_only_a_face_that_is_alone_gets_its_card_into_a_corner() -> None:
    face = Rect(100, 60, 440, 360)
    beside = place_card(face, 110, 115, 5, PICTURE, [face], alone=False)
    corner = place_card(face, 110, 115, 5, PICTURE, [face], alone=True)
    assert beside.rect == Rect(525, 60, 110, 115)
    assert corner.rect == Rect(525, 360, 110, 115)
    assert 0 < corner.hidden < beside.hidden


def test_a_tag_goes_over_the_face_or_under_it_at_the_upper_edge() -> None:
    face = Rect(200, 100, 100, 120)
    assert place_tag(face, 90, 20, 2, PICTURE, [face]).rect == Rect(200, 78, 90, 20)
    face = Rect(200, 5, 100, 120)
    assert place_tag(face, 90, 20, 2, PICTURE, [face]).rect == Rect(200, 127, 90, 20)


@given(rects, st.lists(rects, max_size=5), st.integers(1, 300), st.integers(1, 200))
def test_everything_stays_inside_the_picture(face: Rect, taken: list[Rect], width: int, height: int) -> None:
    card = place_card(face, width, height, 5, PICTURE, taken, alone=True).rect
    tag = place_tag(face, width, height, 2, PICTURE, taken).rect
    for rect in (card, tag):
        assert rect.x >= 0
        assert rect.y >= 0
        assert rect.x + rect.width <= 640
        assert rect.y + rect.height <= 480
