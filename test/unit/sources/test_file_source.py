from __future__ import annotations

import struct
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import av
import numpy as np
import pytest

from emotion_perception.core.errors import SourceError
from emotion_perception.sources.base import Frame
from emotion_perception.sources.file import FileSource, _Times

MakeVideo = Callable[..., Path]


def read_all(source: FileSource, limit: int = 1000) -> list[Frame]:
    source.open()
    frames: list[Any] = []
    while len(frames) < limit and (frame := source.read()) is not None:
        frames.append(frame)
    return frames


def corners(image: np.ndarray) -> list[str]:
    """Colours of the four quadrants, row by row."""
    height, width = image.shape[:2]
    names = {(0, 0, 255): "red", (0, 255, 0): "green", (255, 0, 0): "blue", (255, 255, 255): "white"}
    found = []
    for y, x in ((1, 1), (1, 3), (3, 1), (3, 3)):
        pixel = image[height * y // 4, width * x // 4].astype(int)
        colour = min(names, key=lambda bgr: np.abs(pixel - bgr).sum())
        assert np.abs(pixel - colour).max() < 25, f"{pixel} is far from {names[colour]}"
        found.append(names[colour])
    return found


def test_variable_frame_rate_keeps_its_times_and_starts_at_zero(make_video: MakeVideo) -> None:
    times = [0.5, 0.54, 0.6, 0.9, 0.91, 1.4]
    frames = read_all(FileSource(make_video(times=times)))
    assert [frame.time for frame in frames] == pytest.approx([time - 0.5 for time in times], abs=1e-3)


def test_pictures_are_bgr_and_of_the_recorded_size(make_video: MakeVideo) -> None:
    frame = read_all(FileSource(make_video()))[0]
    assert frame.image.shape == (48, 64, 3)
    assert frame.image.dtype == np.uint8
    assert corners(frame.image) == ["red", "green", "blue", "white"]


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ((0, 1, -1, 0), ["blue", "red", "white", "green"]),  # a phone held upright: shown turned clockwise
        ((0, -1, 1, 0), ["green", "white", "red", "blue"]),
        ((-1, 0, 0, -1), ["white", "blue", "green", "red"]),
    ],
)
def test_phone_videos_are_turned_upright(
    make_video: MakeVideo, matrix: tuple[int, int, int, int], expected: list[str]
) -> None:
    path = make_video()
    content = bytearray(path.read_bytes())
    place = content.index(b"tkhd") + 44
    a, b, c, d = (value * 0x10000 for value in matrix)
    content[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    path.write_bytes(content)
    image = read_all(FileSource(path))[0].image
    assert corners(image) == expected
    assert image.shape == ((48, 64, 3) if matrix[0] else (64, 48, 3))


def test_oblong_pixels_are_made_square(make_video: MakeVideo) -> None:
    image = read_all(FileSource(make_video(pixel_shape=Fraction(4, 3))))[0].image
    assert image.shape == (48, 85, 3)


def test_sound_is_ignored_and_every_frame_shown(asset: Callable[[str], Path]) -> None:
    source = FileSource(asset("demo_clip"))
    source.open()
    times = []
    while (frame := source.read()) is not None:
        times.append(frame.time)
    assert len(times) == 472
    assert source.frame_rate == pytest.approx(24000 / 1001)
    assert source.description.endswith("(640x360, 23.98 fps)")
    assert np.diff(np.array(times, float)) == pytest.approx(np.full(471, 1001 / 24000), abs=1e-6)


def test_end_is_none_again_and_again_and_opening_starts_over(make_video: MakeVideo) -> None:
    source = FileSource(make_video())
    assert len(read_all(source)) == 20
    assert source.read() is None
    assert [frame.time for frame in read_all(source)][:2] == pytest.approx([0, 0.04])


def test_times_go_on_over_loops(make_video: MakeVideo) -> None:
    times = [0.0, 0.04, 0.12]
    shown = [frame.time for frame in read_all(FileSource(make_video(times=times), loop=True), limit=9)]
    period = shown[3]
    assert period is not None
    assert 0.12 < period <= 0.25
    assert shown == pytest.approx([time + loop * period for loop in range(3) for time in times], abs=1e-6)


def test_a_stream_without_times_gets_those_of_its_rate(make_video: MakeVideo) -> None:
    frames = read_all(FileSource(make_video("raw.h264")))
    times = [frame.time or 0.0 for frame in frames]
    assert len(times) == 20
    assert np.diff(times) == pytest.approx(np.full(19, 1 / 25), abs=1e-3)


def test_times_that_stand_still_or_go_back_are_moved_on() -> None:
    times = _Times(0.04)
    tick = Fraction(1, 100)
    recorded = [10.0, 10.04, 10.04, 9.0, 10.2, None, 10.3]
    shown = [times.of(cast(av.VideoFrame, SimpleNamespace(time=time, duration=4, time_base=tick))) for time in recorded]
    assert shown == pytest.approx([0, 0.04, 0.041, 0.042, 0.2, 0.24, 0.3])


def test_truncated_file_plays_what_is_there(make_video: MakeVideo) -> None:
    path = make_video(noise=40)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    reports: list[str] = []
    frames = read_all(FileSource(path, report=reports.append))
    assert 5 <= len(frames) < 20
    assert len(reports) == 1
    assert "damaged packets" in reports[0]


def test_damaged_packets_are_skipped_and_counted(make_video: MakeVideo) -> None:
    path = make_video(noise=40)
    content = bytearray(path.read_bytes())
    for place in range(len(content) // 2, len(content) // 2 + len(content) // 10):
        content[place] ^= 0x5A
    path.write_bytes(content)
    reports: list[str] = []
    frames = read_all(FileSource(path, report=reports.append, loop=True), limit=60)
    times = [frame.time or 0.0 for frame in frames]
    assert len(frames) == 60
    assert times == sorted(times)
    assert reports == [f"file: damaged packets of {path} were skipped: {reports[0].split()[-1]}"]


def test_file_without_a_readable_picture_is_an_error(make_video: MakeVideo) -> None:
    path = make_video()
    content = bytearray(path.read_bytes())
    place = content.index(b"mdat") + 4
    content[place:] = bytes(len(content) - place)
    path.write_bytes(content)
    source = FileSource(path)
    with pytest.raises(SourceError, match=r"no picture of .* can be decoded"):
        read_all(source)


def _missing(folder: Path) -> Path:
    return folder / "nowhere.mp4"


def _empty(folder: Path) -> Path:
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def _text(folder: Path) -> Path:
    (folder / "notes.txt").write_text("not a video\n" * 100)
    return folder / "notes.txt"


def _text_called_video(folder: Path) -> Path:
    return _text(folder).rename(folder / "notes.mp4")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (_missing, "there is no .*nowhere.mp4: check the path"),
        (lambda folder: folder, "is a folder: use images:"),
        (_empty, r"is empty \(0 bytes\)"),
        (_text, "holds no moving picture"),
        (_text_called_video, r"cannot be played \(Invalid data"),
        (lambda folder: Path("/dev/null"), "is a device or pipe"),
    ],
)
def test_what_is_no_video_is_refused_with_a_sentence(
    tmp_path: Path, make: Callable[[Path], Path], sentence: str
) -> None:
    with pytest.raises(SourceError, match=sentence):
        FileSource(make(tmp_path)).open()


def test_a_file_without_permission_is_refused_with_a_sentence(
    make_video: MakeVideo, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_video()

    def forbid(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbid)
    with pytest.raises(SourceError, match=r"cannot be read \(Permission denied\)"):
        FileSource(path).open()


def test_close_in_another_thread_ends_the_reading(make_video: MakeVideo) -> None:
    source = FileSource(make_video(), loop=True)
    source.open()
    ended = threading.Event()

    def read() -> None:
        while source.read() is not None:
            pass
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    source.close()
    assert ended.wait(2)
