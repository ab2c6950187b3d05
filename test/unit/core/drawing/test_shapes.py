from __future__ import annotations

import numpy as np
import pytest

from emotion_perception.core.drawing.shapes import draw_brackets, lay_over, rounded_mask


def test_laying_over_mixes_by_opacity() -> None:
    image = np.full((2, 3, 3), 100, np.uint8)
    lay_over(image, np.array([[255, 0, 51]], np.uint8), (200, 150, 0), 0, 1)
    assert image[0].tolist() == [[100, 100, 100]] * 3
    assert image[1].tolist() == [[0, 150, 200], [100, 100, 100], [80, 110, 120]]


@pytest.mark.parametrize("place", [(-2, -2), (3, 3), (-9, 0), (9, 9), (0, -9)])
def test_laying_over_is_clipped(place: tuple[int, int]) -> None:
    image = np.zeros((5, 5, 3), np.uint8)
    lay_over(image, np.full((4, 4), 255, np.uint8), (255, 255, 255), *place)
    expected = np.zeros((5, 5), bool)
    y, x = np.mgrid[0:5, 0:5]
    expected = (x >= place[0]) & (x < place[0] + 4) & (y >= place[1]) & (y < place[1] + 4)
    assert np.array_equal(image.any(axis=2), expected)


def test_rounded_masks_are_symmetric_full_inside_and_empty_in_the_corner() -> None:
    mask = rounded_mask(30, 20, 6, 200)
    assert mask.shape == (20, 30)
    assert np.array_equal(mask, mask[::-1])
    assert np.array_equal(mask, mask[:, ::-1])
    assert mask[0, 0] < 20
    assert (mask[6:-6] == 200).all()
    assert 0 < mask[0, 2] < 200 or 0 < mask[1, 1] < 200


@pytest.mark.parametrize("size", [(0, 0), (1, 1), (2, 9), (3, 3)])
def test_masks_of_any_size(size: tuple[int, int]) -> None:
    assert rounded_mask(*size, 5).shape == size[::-1]


def test_brackets_mark_the_corners_and_leave_the_middle() -> None:
    image = np.full((100, 120, 3), 90, np.uint8)
    draw_brackets(image, 20, 10, 80, 70, (255, 0, 0), 2)
    touched = (image != 90).any(axis=2)
    assert touched[10, 35]
    assert touched[25, 20]
    assert not touched[20:70, 30:90].any()
    assert not touched[10, 55:65].any()
