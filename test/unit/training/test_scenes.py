from __future__ import annotations

import cv2
import numpy as np
import pytest

from emotion_perception.training.scenes import HEIGHT, LARGEST, SMALLEST, WIDTH, Place, draw_place, render


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    noise = np.random.default_rng(0).integers(60, 200, (12, 12)).astype(np.uint8)
    return np.asarray(cv2.resize(noise, (48, 48), interpolation=cv2.INTER_CUBIC), np.uint8)


def test_the_square_itself_stays_as_it_is(face: np.ndarray) -> None:
    place = Place(300, 200, 96)
    scene = render(face, place)
    assert scene.shape == (HEIGHT, WIDTH, 3)
    square = cv2.cvtColor(scene[152:248, 252:348], cv2.COLOR_BGR2GRAY).astype(int)
    wanted = cv2.resize(face, (96, 96), interpolation=cv2.INTER_CUBIC)
    assert np.abs(square - wanted).max() <= 2  # rounding, and the grey of the tint


def test_the_border_fades_out(face: np.ndarray) -> None:
    scene = render(face, Place(300, 200, 96)).astype(int)
    step = np.abs(scene[152:248, 252] - scene[152:248, 251]).mean()
    assert step < np.abs(scene[152:248, 252] - scene[152:248, 200]).mean() / 2


def test_colours_are_kept() -> None:
    colour = np.full((48, 48, 3), (40, 90, 160), np.uint8)
    assert render(colour, Place(320, 240, 100))[240, 320].tolist() == [40, 90, 160]


def test_places_are_inside_and_repeat() -> None:
    drawn = [draw_place(np.random.default_rng(seed)) for seed in range(300)]
    assert drawn == [draw_place(np.random.default_rng(seed)) for seed in range(300)]
    for place in drawn:
        assert SMALLEST <= place.side <= LARGEST
        assert place.side / 2 <= place.x <= WIDTH - place.side / 2
        assert place.side / 2 <= place.y <= HEIGHT - place.side / 2
    assert len({place.side for place in drawn}) > 50


def test_every_place_can_be_drawn(face: np.ndarray) -> None:
    generator = np.random.default_rng(1)
    for _ in range(50):
        assert render(face, draw_place(generator)).std() > 5
