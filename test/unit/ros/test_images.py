from __future__ import annotations

import random
from array import array
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from emotion_perception.core.errors import ImageError
from emotion_perception.ros.images import bgr_to_compressed, bgr_to_image, compressed_to_bgr, image_to_bgr

HEIGHT, WIDTH = 6, 8
COLOUR = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
GREY = cv2.cvtColor(COLOUR, cv2.COLOR_BGR2GRAY)
GREY_AS_BGR = cv2.cvtColor(GREY, cv2.COLOR_GRAY2BGR)
PACKED = np.random.default_rng(2).integers(16, 236, (HEIGHT, WIDTH, 2), np.uint8)
DEEP = np.random.default_rng(3).integers(0, 65536, (HEIGHT, WIDTH), np.uint16)


def as_bytes(data: bytes) -> array[int]:
    return array("B", data)


def message(pixels: NDArray[Any], encoding: str, *, padding: int = 0, **fields: Any) -> Image:
    """An image message with ``padding`` bytes of noise after each row."""
    height, width = pixels.shape[:2]
    rows = pixels.reshape(height, -1).view(np.uint8)
    noise = np.full((height, padding), 0xAB, np.uint8)
    data = np.hstack([rows, noise])
    values = {"step": data.shape[1], "data": as_bytes(data.tobytes())} | fields
    return Image(height=height, width=width, encoding=encoding, **values)


def swapped(code: int) -> NDArray[np.uint8]:
    return cv2.cvtColor(COLOUR, code)


ENCODED = {
    "bgr8": (COLOUR, COLOUR),
    "8UC3": (COLOUR, COLOUR),
    "rgb8": (swapped(cv2.COLOR_BGR2RGB), COLOUR),
    "bgra8": (swapped(cv2.COLOR_BGR2BGRA), COLOUR),
    "8UC4": (swapped(cv2.COLOR_BGR2BGRA), COLOUR),
    "rgba8": (swapped(cv2.COLOR_BGR2RGBA), COLOUR),
    "mono8": (GREY, GREY_AS_BGR),
    "8UC1": (GREY, GREY_AS_BGR),
    "mono16": (DEEP, cv2.cvtColor((DEEP // 256).astype(np.uint8), cv2.COLOR_GRAY2BGR)),
    "16UC1": (DEEP, cv2.cvtColor((DEEP // 256).astype(np.uint8), cv2.COLOR_GRAY2BGR)),
    "yuv422": (PACKED, cv2.cvtColor(PACKED, cv2.COLOR_YUV2BGR_UYVY)),
    "uyvy": (PACKED, cv2.cvtColor(PACKED, cv2.COLOR_YUV2BGR_UYVY)),
    "yuv422_yuy2": (PACKED, cv2.cvtColor(PACKED, cv2.COLOR_YUV2BGR_YUY2)),
    "yuyv": (PACKED, cv2.cvtColor(PACKED, cv2.COLOR_YUV2BGR_YUY2)),
}


@pytest.mark.parametrize("padding", [0, 1, 5, 64])
@pytest.mark.parametrize("encoding", ENCODED)
def test_every_encoding_becomes_the_bgr_picture_that_opencv_makes_of_it(encoding: str, padding: int) -> None:
    pixels, expected = ENCODED[encoding]

    picture = image_to_bgr(message(pixels, encoding, padding=padding))

    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    np.testing.assert_array_equal(picture, expected)


def test_big_endian_mono16_has_its_high_byte_first() -> None:
    big = message(DEEP.astype(">u2"), "mono16", is_bigendian=1)

    np.testing.assert_array_equal(image_to_bgr(big), image_to_bgr(message(DEEP.astype("<u2"), "mono16")))


def test_a_driver_may_leave_out_the_padding_of_the_last_row() -> None:
    whole = message(COLOUR, "bgr8", padding=7)
    whole.data = whole.data[:-7]

    np.testing.assert_array_equal(image_to_bgr(whole), COLOUR)


def test_bytes_after_the_last_row_are_ignored() -> None:
    whole = message(COLOUR, "bgr8")
    whole.data = whole.data + as_bytes(bytes(10))

    np.testing.assert_array_equal(image_to_bgr(whole), COLOUR)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"encoding": "bayer_rggb8"}, '"bayer_rggb8"'),
        ({"encoding": ""}, '""'),
        ({"encoding": "32FC1"}, '"32FC1"'),
        ({"width": 0, "height": 0}, "0x0"),
        ({"width": 0}, "0x6"),
        ({"height": 0}, "8x0"),
        ({"width": 4_000_000_000}, "4000000000x6"),
        ({"height": 4_294_967_295}, "8x4294967295"),
        ({"step": 0}, "step is 0"),
        ({"step": 23}, "step is 23 bytes, but a row of 8 bgr8 pixels has 24"),
        ({"step": 4_294_967_295}, "holds 144 bytes"),
        ({"data": as_bytes(b"")}, "holds 0 bytes, but 8x6 needs 144"),
        ({"data": as_bytes(bytes(143))}, "holds 143 bytes"),
        ({"encoding": "uyvy", "width": 7}, "7 pixels wide"),
    ],
)
def test_nonsense_is_refused_with_a_sentence_that_names_the_value(change: dict[str, Any], named: str) -> None:
    nonsense = message(COLOUR, "bgr8")
    for field, value in change.items():
        setattr(nonsense, field, value)

    with pytest.raises(ImageError) as error:
        image_to_bgr(nonsense)

    assert named in str(error.value)
    assert "\n" not in str(error.value)


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    padding=st.integers(0, 33),
    encoding=st.sampled_from(["bgr8", "rgb8", "rgba8", "mono8", "mono16"]),
    seed=st.integers(0, 99),
)
def test_any_size_and_step_round_trips(height: int, width: int, padding: int, encoding: str, seed: int) -> None:
    shape = {"rgba8": (height, width, 4), "mono8": (height, width), "mono16": (height, width, 2)}
    pixels = np.random.default_rng(seed).integers(0, 256, shape.get(encoding, (height, width, 3)), np.uint8)

    picture = image_to_bgr(message(pixels, encoding, padding=padding))

    shown = {
        "bgr8": lambda: pixels,
        "rgb8": lambda: pixels[:, :, ::-1],
        "rgba8": lambda: pixels[:, :, 2::-1],
        "mono8": lambda: np.dstack([pixels] * 3),
        "mono16": lambda: np.dstack([pixels[:, :, 1]] * 3),
    }[encoding]()
    np.testing.assert_array_equal(picture, shown)
    again = image_to_bgr(bgr_to_image(picture, Header()))
    np.testing.assert_array_equal(again, shown)


@settings(max_examples=200, deadline=None)
@given(
    height=st.integers(0, 50),
    width=st.integers(0, 50),
    step=st.integers(0, 200),
    size=st.integers(0, 2000),
    encoding=st.sampled_from([*ENCODED, "nonsense"]),
    big=st.integers(0, 1),
)
def test_whatever_a_message_claims_it_is_decoded_or_refused(
    height: int, width: int, step: int, size: int, encoding: str, big: int
) -> None:
    claimed = Image(
        height=height, width=width, step=step, encoding=encoding, is_bigendian=big, data=as_bytes(bytes(size))
    )
    try:
        picture = image_to_bgr(claimed)
    except ImageError:
        return
    assert picture.shape == (height, width, 3)


@pytest.mark.parametrize("view", [np.s_[::2, ::2], np.s_[:, ::-1], np.s_[1:, 2:7]])
def test_a_view_of_a_picture_is_published_as_it_looks(view: Any) -> None:
    np.testing.assert_array_equal(image_to_bgr(bgr_to_image(COLOUR[view], Header())), COLOUR[view])


def test_data_is_an_array_because_anything_else_is_copied_byte_by_byte() -> None:
    assert isinstance(bgr_to_image(COLOUR, Header()).data, array)
    assert isinstance(bgr_to_compressed(COLOUR, Header(), quality=80).data, array)


def smooth_picture(height: int = 120, width: int = 160) -> NDArray[np.uint8]:
    y, x = np.mgrid[:height, :width]
    return np.dstack([x * 255 // width, y * 255 // height, (x + y) * 255 // (height + width)]).astype(np.uint8)


def test_jpeg_round_trips_within_its_loss() -> None:
    picture = smooth_picture()

    decoded = compressed_to_bgr(bgr_to_compressed(picture, Header(), quality=95))

    assert decoded.shape == picture.shape
    assert np.abs(decoded.astype(int) - picture).mean() < 3


def test_png_is_taken_exactly() -> None:
    _, png = cv2.imencode(".png", COLOUR)
    np.testing.assert_array_equal(
        compressed_to_bgr(CompressedImage(format="png", data=as_bytes(png.tobytes()))), COLOUR
    )


def test_lower_quality_takes_fewer_bytes() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert len(bgr_to_compressed(noise, Header(), quality=20).data) < len(
        bgr_to_compressed(noise, Header(), quality=90).data
    )


@pytest.mark.parametrize("kind", ["jpeg", "bgr8; jpeg compressed bgr8", "jpg", ""])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_a_jpeg_that_was_cut_short_is_refused_whatever_its_format_is_called(kind: str, share: float) -> None:
    whole = bgr_to_compressed(smooth_picture(), Header(), quality=80)
    cut = CompressedImage(format=kind, data=whole.data[: int(share * len(whole.data))])

    with pytest.raises(ImageError, match=f"{len(cut.data)} bytes"):
        compressed_to_bgr(cut)


def break_header(data: bytes) -> bytes:
    return b"\0\0" + data[2:]


def shuffle(data: bytes) -> bytes:
    scattered = bytearray(data)
    random.Random(0).shuffle(scattered)
    return bytes(scattered)


@pytest.mark.parametrize("damage", [lambda data: b"", break_header, shuffle, lambda data: b"not a picture"])
def test_damaged_bytes_are_refused(damage: Callable[[bytes], bytes]) -> None:
    whole = bgr_to_compressed(smooth_picture(), Header(), quality=80)
    with pytest.raises(ImageError, match=r"damaged|cut short"):
        compressed_to_bgr(CompressedImage(format="jpeg", data=as_bytes(damage(bytes(whole.data)))))


@settings(max_examples=50, deadline=None)
@given(data=st.binary(max_size=300))
def test_arbitrary_bytes_never_raise_anything_else(data: bytes) -> None:
    with pytest.raises(ImageError):
        compressed_to_bgr(CompressedImage(format="jpeg", data=as_bytes(data)))
