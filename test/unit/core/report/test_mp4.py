from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream
from numpy.typing import NDArray

from emotion_perception.core.report.mp4 import Mp4Writer

SECOND = 1_000_000_000
BASE = 1_700_000_000 * SECOND


def plain(width: int, height: int, colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.full((height, width, 3), colour, np.uint8)


def write(path: Path, images: list[NDArray[np.uint8]], stamps: list[int]) -> None:
    writer = Mp4Writer(path)
    for image, stamp in zip(images, stamps, strict=True):
        writer.add(image, stamp)
    writer.close()


def read(path: Path) -> tuple[VideoStream, list[float], list[NDArray[np.uint8]]]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        return (
            stream,
            [float(f.time or 0) for f in frames],
            [np.asarray(f.to_ndarray(format="bgr24"), np.uint8) for f in frames],
        )


def times_of(tmp_path: Path, stamps: list[int]) -> list[float]:
    write(tmp_path / "a.mp4", [plain(64, 48, (0, 0, 0))] * len(stamps), stamps)
    return read(tmp_path / "a.mp4")[1]


def test_it_is_what_browsers_play(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", [plain(64, 48, (0, 0, 0))] * 3, [BASE, BASE + SECOND // 30, BASE + SECOND // 15])
    stream, _, _ = read(tmp_path / "a.mp4")
    assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    content = (tmp_path / "a.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize("colour", [(0, 0, 255), (0, 255, 0), (255, 0, 0), (40, 90, 200), (255, 255, 255), (0, 0, 0)])
def test_colours_survive(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    write(tmp_path / "a.mp4", [plain(64, 48, colour)], [BASE])
    _, _, images = read(tmp_path / "a.mp4")
    assert images[0][24, 32].astype(int) == pytest.approx(np.array(colour), abs=6)


def test_frames_are_as_far_apart_as_their_stamps(tmp_path: Path) -> None:
    seconds = [0, 0.04, 0.1, 0.105, 1.5, 1.55]
    times = times_of(tmp_path, [BASE + round(second * SECOND) for second in seconds])
    assert times == pytest.approx(seconds, abs=1e-4)


def test_rounding_does_not_add_up(tmp_path: Path) -> None:
    times = times_of(tmp_path, [BASE + index * 41_708_333 for index in range(120)])
    assert times[-1] == pytest.approx(119 * 0.041708333, abs=2e-5)


def test_a_jump_of_the_clock_is_a_cut(tmp_path: Path) -> None:
    stamps = [BASE, BASE + SECOND // 10, 5, 5 + SECOND // 10, BASE, BASE, BASE + SECOND // 10]
    times = times_of(tmp_path, stamps)
    assert times == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], abs=1e-4)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((64, 48), (64, 48)),
        ((63, 47), (64, 48)),
        ((1, 1), (16, 16)),
        ((3840, 2160), (1920, 1080)),
        ((30, 5000), (16, 1920)),
    ],
)
def test_any_size_is_made_one_that_can_be_encoded(
    tmp_path: Path, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    write(tmp_path / "a.mp4", [plain(*size, (60, 120, 180))], [BASE])
    _, _, images = read(tmp_path / "a.mp4")
    assert images[0].shape == (expected[1], expected[0], 3)
    assert images[0][expected[1] // 2, expected[0] // 2].astype(int) == pytest.approx(np.array((60, 120, 180)), abs=6)


def test_a_change_of_size_is_fitted_between_bars(tmp_path: Path) -> None:
    red = (0, 0, 255)
    write(
        tmp_path / "a.mp4",
        [plain(64, 48, red), plain(300, 100, red), plain(20, 40, red)],
        [BASE, BASE + 1000, BASE + SECOND],
    )
    _, _, (_, wide, tall) = read(tmp_path / "a.mp4")
    assert wide.shape == tall.shape == (48, 64, 3)
    assert [wide[y, 32, 2] > 200 for y in (2, 24, 46)] == [False, True, False]
    assert [tall[24, x, 2] > 200 for x in (4, 32, 60)] == [False, True, False]
