from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.drawing import OverlayFace, draw_overlay
from emotion_perception.core.faces import Roi
from emotion_perception.core.labels import LABELS
from emotion_perception.core.palette import colour_of

Image = NDArray[np.uint8]


def face(
    x: int, y: int, width: int, height: int, *, label: str = "happy", id: str = "face_1", name: str = ""
) -> OverlayFace:
    probabilities = [0.7 if other == label else 0.05 for other in LABELS]
    return OverlayFace(id, Roi(x, y, width, height), None, label, 0.7, probabilities, LABELS, name)


def grey(width: int, height: int) -> Image:
    return np.full((height, width, 3), 90, np.uint8)


def changed(before: Image, after: Image) -> NDArray[np.bool_]:
    return np.asarray((before != after).any(axis=2))


def pixels_of(image: Image, label: str) -> int:
    return int((image == colour_of(label)[::-1]).all(axis=2).sum())


def test_the_picture_itself_is_left_alone_and_two_calls_agree() -> None:
    image = grey(640, 480)
    first, second = (draw_overlay(image, [face(200, 100, 150, 180)], status="30 fps") for _ in range(2))
    assert (image == 90).all()
    assert np.array_equal(first, second)
    assert not np.array_equal(first, image)


def test_nothing_is_drawn_where_nobody_is() -> None:
    assert np.array_equal(draw_overlay(grey(64, 48), []), grey(64, 48))


def test_a_read_only_picture_will_do() -> None:
    image = grey(320, 240)
    image.flags.writeable = False
    draw_overlay(image, [face(20, 20, 80, 80)])


@pytest.mark.parametrize("label", LABELS)
def test_box_and_bar_have_the_colour_of_the_expression(label: str) -> None:
    drawn = draw_overlay(grey(640, 480), [face(250, 120, 150, 180, label=label)])
    box = drawn[110:310, 240:410]
    assert pixels_of(box, label) > 100
    assert all(pixels_of(box, other) == 0 for other in LABELS if other != label)
    card = drawn[110:310, 410:]
    assert pixels_of(card, label) > 4 * max(pixels_of(card, other) for other in LABELS if other != label)


def test_bars_are_as_long_as_the_probabilities() -> None:
    def pixels(probability: float) -> int:
        rest = (1 - probability) / 6
        probabilities = [probability if label == "sad" else rest for label in LABELS]
        shown = OverlayFace("face_1", Roi(250, 120, 150, 180), None, "", 0.0, probabilities, LABELS)
        return pixels_of(draw_overlay(grey(640, 480), [shown]), "sad")

    half, whole = pixels(0.5), pixels(1.0)
    assert pixels(0.0) == 0
    assert whole == pytest.approx(2 * half, rel=0.1)


@pytest.mark.parametrize("size", [(320, 240), (640, 360), (640, 480), (480, 640), (1920, 1080), (3840, 2160)])
def test_sizes_grow_with_the_picture(size: tuple[int, int]) -> None:
    width, height = size
    image = grey(width, height)
    drawn = changed(image, draw_overlay(image, [face(width // 2, height // 3, width // 6, height // 4)]))
    share = drawn.mean()
    assert 0.02 < share < 0.3
    rows = np.flatnonzero(drawn.any(axis=1))
    assert 0.2 < (rows[-1] - rows[0]) / height < 0.75


def test_a_card_does_not_cover_a_neighbour() -> None:
    image = grey(1280, 480)
    two = [face(400, 100, 150, 180), face(700, 100, 150, 180, id="face_2", label="sad")]
    drawn = changed(image, draw_overlay(image, two))
    for x in (400, 700):
        assert not drawn[115:265, x + 15 : x + 135].any()
    assert drawn[150:250, 550:700].any()


def test_in_a_crowd_strips_replace_cards_and_no_face_is_covered() -> None:
    image = grey(640, 480)
    crowd = [
        face(20 + 125 * column, 60 + 150 * row, 90, 90, id=f"face_{row}{column}")
        for row in range(3)
        for column in range(5)
    ]
    drawn = changed(image, draw_overlay(image, crowd))
    for row in range(3):
        for column in range(5):
            x, y = 20 + 125 * column, 60 + 150 * row
            assert not drawn[y + 12 : y + 78, x + 12 : x + 78].any()
    assert drawn.mean() < 0.35


def test_a_face_that_fills_the_picture_keeps_its_card() -> None:
    drawn = draw_overlay(grey(640, 480), [face(0, 0, 640, 480, label="fear")])
    assert pixels_of(drawn, "fear") > 500
    assert changed(grey(640, 480), drawn).mean() > 0.06


def test_an_unclassified_face_gets_a_box_and_its_id_only() -> None:
    drawn = draw_overlay(grey(640, 480), [OverlayFace("face_1", Roi(200, 100, 150, 180))])
    assert pixels_of(drawn, "uncertain") > 100
    assert not changed(grey(640, 480), drawn)[:, 360:].any()


def test_landmarks_are_drawn() -> None:
    where = np.array([[240, 150], [300, 150]], np.float32)
    drawn = draw_overlay(grey(640, 480), [OverlayFace("face_1", Roi(200, 100, 150, 180), where)])
    assert changed(grey(640, 480), drawn)[145:155, 235:245].any()
    assert changed(grey(640, 480), drawn)[145:155, 295:305].any()


def test_a_name_takes_the_place_of_the_id_and_an_undrawable_one_does_not() -> None:
    image = grey(640, 480)
    by_id = draw_overlay(image, [face(200, 100, 150, 180)])
    assert not np.array_equal(by_id, draw_overlay(image, [face(200, 100, 150, 180, name="Ελένη")]))
    assert np.array_equal(by_id, draw_overlay(image, [face(200, 100, 150, 180, name="\U000e0041")]))


def test_what_is_estimated_of_somebody_stands_behind_the_name() -> None:
    image = grey(640, 480)
    shown = [OverlayFace("face_1", Roi(200, 100, 150, 180), who=who, about=about) for who, about in
             [("Anna", ""), ("Anna", "about 34"), ("Anna, about 34", "")]]  # fmt: skip
    without, behind, together = (draw_overlay(image, [each]) for each in shown)
    assert not np.array_equal(without, behind)
    np.testing.assert_array_equal(behind, together)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (30, 40), (64, 64), (70, 2000), (2000, 70)])
def test_any_size_of_picture_and_any_length_of_text_will_do(size: tuple[int, int]) -> None:
    image = grey(*size)
    faces = [
        face(0, 0, size[0], size[1], name="a name that is far too long for any picture " * 9),
        face(size[0] - 1, size[1] - 1, 1, 1, id="face_2"),
    ]
    assert draw_overlay(image, faces, status="a status line " * 50).shape == image.shape


def test_numbers_that_are_none_do_no_harm() -> None:
    nan = float("nan")
    shown = OverlayFace("face_1", Roi(200, 100, 150, 180), None, "happy", nan, [nan, -1.0, 2.0, 0, 0, 0, 0], LABELS)
    draw_overlay(grey(640, 480), [shown])


def test_probabilities_need_their_labels() -> None:
    with pytest.raises(ValueError, match="face_1 has 2 probabilities for 7 labels"):
        OverlayFace("face_1", Roi(0, 0, 1, 1), probabilities=[0.5, 0.5], labels=LABELS)
