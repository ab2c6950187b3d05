from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from emotion_perception.core.labels import LABELS
from emotion_perception.core.palette import BACKGROUND, COLOURS, NO_EXPRESSION, TEXT, colour_of, text_colour_on

# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear rgb.
VISIONS = {
    "normal": np.eye(3),
    "no red": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "no green": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "no blue": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}


def linear(colour: tuple[int, int, int]) -> NDArray[np.float64]:
    values = np.array(colour) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def seen(colour: tuple[int, int, int], vision: NDArray[np.float64]) -> NDArray[np.float64]:
    light = np.clip(vision @ linear(colour), 0, 1)
    rgb = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(rgb2lab(rgb[None, None]))


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    darker, lighter = sorted(float(linear(colour) @ (0.2126, 0.7152, 0.0722)) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def test_every_label_has_a_colour_of_its_own() -> None:
    assert set(LABELS) == set(COLOURS)
    assert len({*COLOURS.values(), NO_EXPRESSION}) == len(LABELS) + 1
    assert colour_of("uncertain") == colour_of("") == NO_EXPRESSION


@pytest.mark.parametrize(("vision", "least"), [("normal", 20), ("no red", 16), ("no green", 16), ("no blue", 12)])
def test_colours_differ_for_everybody(vision: str, least: float) -> None:
    for one, other in combinations(COLOURS, 2):
        distance = deltaE_ciede2000(seen(COLOURS[one], VISIONS[vision]), seen(COLOURS[other], VISIONS[vision]))  # type: ignore[no-untyped-call]
        assert float(distance[0, 0]) >= least, f"{one} and {other} look alike with {vision} vision"


def test_colours_and_text_stand_out() -> None:
    assert min(contrast(colour, BACKGROUND) for colour in COLOURS.values()) >= 4
    for colour in (*COLOURS.values(), NO_EXPRESSION):
        assert text_colour_on(colour) == max((BACKGROUND, TEXT), key=lambda text: contrast(text, colour))
        assert contrast(text_colour_on(colour), colour) >= 4
