from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from emotion_perception.sources.bgr import BgrConverter


def picture(width: int, height: int, kind: str = "yuv420p", seed: int = 0) -> av.VideoFrame:
    smooth = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    large = smooth.repeat(height // 4, axis=0).repeat(width // 4, axis=1)
    frame = av.VideoFrame.from_ndarray(large, format="bgr24").reformat(format=kind)
    frame.time_base = Fraction(1, 30)
    return frame


@pytest.mark.parametrize("kind", ["yuv420p", "yuvj422p", "gray", "bgr24", "rgba"])
def test_a_picture_is_what_pyav_itself_makes_of_it(kind: str) -> None:
    frame = picture(640, 480, kind)
    image = BgrConverter().convert(frame)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, frame.to_ndarray(format="bgr24"))


def test_a_stream_may_change_its_size_and_kind() -> None:
    converter = BgrConverter()
    for width, height, kind in [(64, 48, "yuv420p"), (128, 48, "yuv420p"), (128, 48, "gray"), (64, 48, "yuv420p")]:
        frame = picture(width, height, kind)
        np.testing.assert_array_equal(converter.convert(frame), frame.to_ndarray(format="bgr24"))


def test_pixels_that_are_no_squares_are_stretched() -> None:
    assert BgrConverter().convert(picture(64, 48), width=80).shape == (48, 80, 3)


def test_a_picture_stays_when_the_next_is_converted() -> None:
    converter = BgrConverter()
    first = converter.convert(picture(64, 48))
    before = first.copy()
    converter.convert(picture(64, 48, seed=1))
    np.testing.assert_array_equal(first, before)
