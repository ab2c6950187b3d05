from __future__ import annotations

import pytest

from emotion_perception.sources.camera_formats import FrameSize, PixelFormat, choose_format

VGA_30, HD_10, HD_30 = (
    FrameSize(640, 480, 640, 480, (30.0, 15.0)),
    FrameSize(1280, 720, 1280, 720, (10.0,)),
    FrameSize(1280, 720, 1280, 720, (30.0,)),
)
PLAIN = PixelFormat("YUYV", "YUYV 4:2:2", (VGA_30, HD_10))
JPEG = PixelFormat("MJPG", "Motion-JPEG", (VGA_30, HD_30))
SILENT = PixelFormat("YUYV", "", (FrameSize(640, 480, 640, 480),))


@pytest.mark.parametrize(
    ("formats", "wanted", "chosen"),
    [
        ((PLAIN, JPEG), (640, 480, 30.0), "YUYV"),
        ((PLAIN, JPEG), (640, 480, 60.0), "YUYV"),  # neither is as fast, and JPEG no faster
        ((PLAIN, JPEG), (1280, 720, 30.0), "MJPG"),
        ((PLAIN, JPEG), (1280, 720, 10.4), "YUYV"),
        ((PLAIN,), (1280, 720, 30.0), "YUYV"),
        ((PLAIN, JPEG), (1920, 1080, 30.0), None),
        ((JPEG,), (640, 480, 30.0), "MJPG"),
        ((PixelFormat("GREY", "", (VGA_30,)),), (640, 480, 30.0), None),
        ((SILENT, JPEG), (640, 480, 30.0), "MJPG"),  # no promise, and JPEG promises
        ((), (640, 480, 30.0), None),
    ],
)
def test_uncompressed_where_it_is_fast_enough_and_jpeg_for_speed(
    formats: tuple[PixelFormat, ...], wanted: tuple[int, int, float], chosen: str | None
) -> None:
    assert choose_format(formats, *wanted) == chosen


def test_a_range_of_sizes_includes_what_lies_within() -> None:
    size = FrameSize(32, 32, 1920, 1080, (60.0, 5.0))
    assert [size.includes(*each) for each in ((32, 32), (640, 480), (1920, 1080))] == [True] * 3
    assert [size.includes(*each) for each in ((31, 32), (640, 1081))] == [False] * 2
    assert str(size) == "32x32…1920x1080 at 60/5 fps"
    assert str(VGA_30) == "640x480 at 30/15 fps"
