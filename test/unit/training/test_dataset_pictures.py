from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from emotion_perception.training.pictures import RowError, fit, read_picture

Array = NDArray[np.uint8]


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, data: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def test_colours_are_rgb(tmp_path: Path, astronaut: Array) -> None:
    Image.fromarray(astronaut).save(tmp_path / "a.png")
    assert np.array_equal(read_picture(tmp_path / "a.png"), astronaut)


def test_exif_turns_the_picture(tmp_path: Path, astronaut: Array) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    Image.fromarray(astronaut[:300]).save(tmp_path / "a.jpg", exif=exif, quality=95)
    upright = np.rot90(astronaut[:300], -1)
    found = read_picture(tmp_path / "a.jpg")
    assert found.shape == upright.shape
    assert np.abs(found.astype(int) - upright).mean() < 8


def test_sixteen_bits_become_eight(tmp_path: Path, astronaut: Array) -> None:
    grey = astronaut[:, :, 1].astype(np.uint16) * 257
    cv2.imwrite(str(tmp_path / "a.png"), grey)
    assert np.array_equal(read_picture(tmp_path / "a.png")[:, :, 2], astronaut[:, :, 1])


def test_transparency_and_palettes_are_resolved(tmp_path: Path, astronaut: Array) -> None:
    alpha = np.dstack([astronaut, np.full(astronaut.shape[:2], 3, np.uint8)])
    Image.fromarray(alpha, "RGBA").save(tmp_path / "a.png")
    assert np.array_equal(read_picture(tmp_path / "a.png"), astronaut)
    Image.fromarray(astronaut).quantize(256).save(tmp_path / "a.gif")
    assert np.abs(read_picture(tmp_path / "a.gif").astype(int) - astronaut).mean() < 15


def test_a_large_jpeg_may_come_smaller_but_not_too_small(tmp_path: Path, astronaut: Array) -> None:
    Image.fromarray(astronaut).save(tmp_path / "a.jpg")
    small = read_picture(tmp_path / "a.jpg", shrink_to=48)
    assert 48 <= min(small.shape[:2]) < 512


@pytest.mark.parametrize("keep", [0, 2, 100, 5000, -2000])
def test_a_truncated_jpeg_is_no_picture(tmp_path: Path, astronaut: Array, keep: int) -> None:
    Image.fromarray(astronaut).save(tmp_path / "whole.jpg")
    (tmp_path / "a.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:keep])
    with pytest.raises(RowError, match="damaged"):
        read_picture(tmp_path / "a.jpg")


def test_a_bomb_is_found_from_its_header(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(60_000, 60_000, bytes(1000)))
    (tmp_path / "b.png").write_bytes(png(9_000, 9_000, bytes(1000)))
    for name in ("a.png", "b.png"):
        with pytest.raises(RowError, match="million pixels"):
            read_picture(tmp_path / name)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    for name, said in (("pipe", "not a file"), ("folder", "not a file"), ("loop", "unreadable"), ("none", "no such")):
        with pytest.raises(RowError, match=said):
            read_picture(tmp_path / f"{name}.png")


def test_a_format_that_is_not_on_the_list_is_not_tried(tmp_path: Path, astronaut: Array) -> None:
    Image.fromarray(astronaut).save(tmp_path / "a.png", format="PCX")
    with pytest.raises(RowError, match="no picture"):
        read_picture(tmp_path / "a.png")


@pytest.mark.parametrize(("shape", "side"), [((48, 48), 512), ((48, 48, 3), 512), ((64, 64), 20), ((20, 20), 20)])
def test_the_middle_square_fits(
    astronaut: Array, shape: tuple[int, ...], side: int, portrait: Callable[[int], Array]
) -> None:
    for picture in (astronaut[:side], astronaut[:, :side], portrait(1)[:, :20]):
        fitted = fit(picture, shape)
        assert fitted.shape == shape
        assert fitted.dtype == np.uint8
    wide = np.zeros((10, 30), np.uint8)
    wide[:, 10:20] = 200
    assert fit(wide, (10, 10)).min() == 200
