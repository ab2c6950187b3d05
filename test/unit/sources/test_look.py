from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.sources.look import Look


def checkerboard(width: int, height: int) -> NDArray[np.uint8]:
    """A bgr8 picture of 16 x 12 squares of 64 and 192."""
    board = np.indices((12, 16)).sum(0) % 2 * 128 + 64
    image = cv2.resize(board.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8)


def test_light_and_clipping_are_those_of_the_pixels() -> None:
    image = np.full((100, 100, 3), 100, np.uint8)
    image[:10] = 0
    image[10:40] = 255
    look = Look.measure(image)
    assert (look.black, look.white) == (pytest.approx(0.1), pytest.approx(0.3))
    assert look.brightness == pytest.approx(0.6 * 100 + 0.3 * 255)
    assert "white" in look.advice


def test_a_blurred_picture_is_less_sharp() -> None:
    sharp = checkerboard(640, 480)
    blurred = cv2.GaussianBlur(sharp, (0, 0), 3)
    assert Look.measure(sharp).sharpness > 10 * Look.measure(np.asarray(blurred, np.uint8)).sharpness > 0


def test_sharpness_does_not_depend_on_the_resolution() -> None:
    assert Look.measure(checkerboard(1280, 960)).sharpness == pytest.approx(
        Look.measure(checkerboard(640, 480)).sharpness, rel=0.05
    )


@pytest.mark.parametrize(("grey", "advice"), [(20, "it is dark"), (120, ""), (255, "much of it is white")])
def test_the_advice_is_about_the_light(grey: int, advice: str) -> None:
    text = Look.measure(np.full((48, 64, 3), grey, np.uint8)).advice
    assert text.startswith(advice)
    assert bool(text) == bool(advice)
