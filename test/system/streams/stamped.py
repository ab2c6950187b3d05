"""Pictures that carry the time they were drawn and a check of every part of them."""

from __future__ import annotations

import hashlib
import time

import numpy as np
from numpy.typing import NDArray

ROWS, COLUMNS = 12, 16
_TIME_BITS = 64
_DARK, _BRIGHT, _MIDDLE = 56, 200, 128


def draw(width: int, height: int, *, noise: float = 0.0) -> NDArray[np.uint8]:
    """Return (height, width, 3) bgr8: a grid of dark and bright cells that says when it was drawn.

    The first cells are the steady clock in nanoseconds, the others a hash of it, so each picture differs from the one
    before in about half of its cells. noise: standard deviation of a grain that makes the picture as hard to compress
    as a room.
    """
    cells = np.where(_cells(time.monotonic_ns()), _BRIGHT, _DARK).astype(np.uint8)
    grid = np.repeat(np.repeat(cells, height // ROWS, 0), width // COLUMNS, 1)
    image = np.full((height, width), _MIDDLE, np.uint8)
    image[: grid.shape[0], : grid.shape[1]] = grid
    if noise:
        image = np.clip(image + _grain(width, height) * noise, 0, 255).astype(np.uint8)
    return np.repeat(image[..., None], 3, 2)


def read(image: NDArray[np.uint8]) -> int | None:
    """Return when the picture was drawn (steady clock, ns), None when any cell of it is not as it was drawn."""
    height, width = image.shape[0] // ROWS, image.shape[1] // COLUMNS
    grid = image[: height * ROWS, : width * COLUMNS, 1].reshape(ROWS, height, COLUMNS, width)
    inner = grid[:, height // 4 : -height // 4, :, width // 4 : -width // 4]  # codecs smear the edges
    inner = inner.transpose(0, 2, 1, 3).reshape(ROWS, COLUMNS, -1)
    bright = inner.mean(2) > _MIDDLE
    told = int("".join("01"[int(bit)] for bit in bright.ravel()[:_TIME_BITS]), 2)
    clear = np.where(bright, np.percentile(inner, 2, 2) > _MIDDLE, np.percentile(inner, 98, 2) < _MIDDLE)
    return told if clear.all() and (bright == _cells(told)).all() else None


def _cells(moment: int) -> NDArray[np.bool_]:
    bits = f"{moment:0{_TIME_BITS}b}"
    digest = int.from_bytes(hashlib.sha256(bits.encode()).digest(), "big")
    bits += f"{digest:0256b}"[: ROWS * COLUMNS - _TIME_BITS]
    return np.array([bit == "1" for bit in bits]).reshape(ROWS, COLUMNS)


_GRAINS: dict[tuple[int, int], NDArray[np.float32]] = {}


def _grain(width: int, height: int) -> NDArray[np.float32]:
    if (width, height) not in _GRAINS:
        random = np.random.default_rng(0).standard_normal((height, width))
        _GRAINS[width, height] = np.clip(random, -2, 2).astype(np.float32)
    return _GRAINS[width, height]
