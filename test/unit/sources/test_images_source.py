from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from emotion_perception.core.errors import SourceError
from emotion_perception.sources.images import ImagesSource, find_pictures


def picture(path: Path, value: int, size: tuple[int, int] = (8, 6)) -> Path:
    cv2.imwrite(str(path), np.full((size[1], size[0], 3), value, np.uint8))
    return path


def read_all(source: ImagesSource, limit: int = 100) -> list[tuple[int, float | None]]:
    """Value of the first pixel and time of each frame."""
    source.open()
    frames: list[tuple[int, float | None]] = []
    while len(frames) < limit and (frame := source.read()) is not None:
        frames.append((int(frame.image[0, 0, 0]), frame.time))
    return frames


def test_a_folder_is_shown_in_natural_order_at_the_rate(tmp_path: Path) -> None:
    for number in (10, 9, 100, 1):
        picture(tmp_path / f"img{number}.png", number)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "folder.png").mkdir()
    frames = read_all(ImagesSource(str(tmp_path), framerate=4))
    assert frames == [(1, 0), (9, 0.25), (10, 0.5), (100, 0.75)]


def test_looping_goes_on_with_the_time(tmp_path: Path) -> None:
    for number in (1, 2):
        picture(tmp_path / f"{number}.png", number)
    frames = read_all(ImagesSource(str(tmp_path), framerate=10, loop=True), limit=5)
    assert [value for value, _ in frames] == [1, 2, 1, 2, 1]
    assert [time for _, time in frames] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def test_a_pattern_chooses_and_a_single_picture_is_enough(tmp_path: Path) -> None:
    for name in ("a1.png", "a2.jpg", "b1.png"):
        picture(tmp_path / name, 7)
    assert [path.name for path in find_pictures(str(tmp_path / "a*"))] == ["a1.png", "a2.jpg"]
    assert [path.name for path in find_pictures(str(tmp_path / "b1.png"))] == ["b1.png"]


def test_pictures_may_differ_in_size_and_are_protected(tmp_path: Path) -> None:
    picture(tmp_path / "1.png", 1, (8, 6))
    picture(tmp_path / "2.png", 2, (31, 17))
    source = ImagesSource(str(tmp_path), framerate=1)
    source.open()
    shapes = []
    while (frame := source.read()) is not None:
        shapes.append(frame.image.shape)
        with pytest.raises(ValueError, match="read-only"):
            frame.image[0] = 0
    assert shapes == [(6, 8, 3), (17, 31, 3)]


def test_exif_orientation_is_honoured(tmp_path: Path) -> None:
    upright = np.zeros((20, 40, 3), np.uint8)
    upright[:, :20] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its side: turn it clockwise to show it
    Image.fromarray(np.rot90(upright)).save(tmp_path / "phone.jpg", exif=exif, quality=95)
    source = ImagesSource(str(tmp_path / "phone.jpg"), framerate=1)
    source.open()
    frame = source.read()
    assert frame is not None
    assert frame.image.shape == (20, 40, 3)
    assert frame.image[:, :18].min() > 240
    assert frame.image[:, 22:].max() < 15


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "1", "I;16"])
def test_every_kind_of_picture_becomes_bgr8(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        Image.fromarray(np.full((6, 8), 0x8000, np.uint16)).save(tmp_path / "a.png")
    else:
        Image.new("RGB", (8, 6), (250, 250, 250)).convert(mode).save(tmp_path / "a.png")
    source = ImagesSource(str(tmp_path), framerate=1)
    source.open()
    frame = source.read()
    assert frame is not None
    assert frame.image.shape == (6, 8, 3)
    assert frame.image.dtype == np.uint8


def test_unreadable_pictures_are_skipped_and_reported_once(tmp_path: Path) -> None:
    picture(tmp_path / "1.png", 1)
    (tmp_path / "2.png").write_bytes(b"no picture")
    (tmp_path / "3.png").touch()
    picture(tmp_path / "4.png", 4)
    reports: list[str] = []
    frames = read_all(ImagesSource(str(tmp_path), framerate=1, loop=True, report=reports.append), limit=6)
    assert [value for value, _ in frames] == [1, 4, 1, 4, 1, 4]
    assert [time for _, time in frames] == [0, 1, 2, 3, 4, 5]
    assert reports == [
        f"images: {tmp_path / name} was skipped: it cannot be read as a picture" for name in ("2.png", "3.png")
    ]


def test_only_unreadable_pictures_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"no picture")
    with pytest.raises(SourceError, match=r"none of the pictures of .* can be read"):
        read_all(ImagesSource(str(tmp_path), framerate=1, loop=True))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "there is no picture in"),
        ("nowhere", "there is no folder or picture"),
        ("*.png", "no picture matches"),
        ("clip.mp4", "is not a picture .* use file:"),
    ],
)
def test_what_holds_no_picture_is_refused_with_a_sentence(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "clip.mp4").touch()
    with pytest.raises(SourceError, match=sentence):
        ImagesSource(str(tmp_path / name), framerate=1).open()


def test_closed_means_the_end(tmp_path: Path) -> None:
    source = ImagesSource(str(picture(tmp_path / "1.png", 1)), framerate=1, loop=True)
    source.open()
    assert source.read() is not None
    source.close()
    assert source.read() is None
