"""Pictures of one size, by row: in memory, mapped from a file, or decoded when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]

_CHUNK_BYTES = 1 << 22


class Images(Protocol):
    """What a dataset needs of its pictures; any (N, H, W) or (N, H, W, 3) uint8 array is one. Colours are RGB.

    Indexing with a number gives one picture, with a slice or an array of row numbers an array of them, in memory.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, H, W) or (N, H, W, 3)."""

    @property
    def dtype(self) -> np.dtype[np.uint8]:
        """uint8."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: int | slice | Rows, /) -> NDArray[np.uint8]: ...


class LazyImages:
    """Pictures that ``load`` brings one by one, at each access anew, so that memory holds only what was asked for.

    load: row -> (H, W) or (H, W, 3) uint8; called from any thread. shape: of all pictures, (N, H, W) or (N, H, W, 3).
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, load: Callable[[int], NDArray[np.uint8]], shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._load = load

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: int | slice | Rows) -> NDArray[np.uint8]:
        if isinstance(rows, int | np.integer):
            return self._load(range(len(self))[int(rows)])
        wanted = np.arange(len(self))[rows]
        pictures = np.empty((len(wanted), *self.shape[1:]), np.uint8)
        for picture, row in zip(pictures, wanted, strict=True):
            picture[:] = self._load(int(row))
        return pictures


class SelectedImages:
    """Some rows of other pictures, in an order of their own, without a copy."""

    dtype = np.dtype(np.uint8)

    def __init__(self, images: Images, rows: Rows) -> None:
        self.shape = (len(rows), *images.shape[1:])
        self._images = images
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: int | slice | Rows) -> NDArray[np.uint8]:
        if isinstance(rows, int | np.integer):
            return self._images[int(self._rows[rows])]
        return np.asarray(self._images[self._rows[rows]])

    def select(self, rows: Rows) -> SelectedImages:
        """Some of these rows, one step from the pictures however often rows were chosen."""
        return SelectedImages(self._images, self._rows[rows])


class JoinedImages:
    """Pictures of several datasets, one after the other, without a copy; all of one size."""

    dtype = np.dtype(np.uint8)

    def __init__(self, parts: tuple[Images, ...]) -> None:
        self._parts = parts
        self._starts = np.cumsum([0, *map(len, parts)])
        self.shape = (int(self._starts[-1]), *parts[0].shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: int | slice | Rows) -> NDArray[np.uint8]:
        if isinstance(rows, int | np.integer):
            row = range(len(self))[int(rows)]
            part = int(np.searchsorted(self._starts, row, side="right")) - 1
            return self._parts[part][row - int(self._starts[part])]
        wanted = np.arange(len(self))[rows]
        pictures = np.empty((len(wanted), *self.shape[1:]), np.uint8)
        owners = np.searchsorted(self._starts, wanted, side="right") - 1
        for number in np.unique(owners):
            mine = owners == number
            pictures[mine] = self._parts[number][wanted[mine] - self._starts[number]]
        return pictures


def select(images: Images, rows: Rows) -> Images:
    """Take rows: a copy of what is in memory, a view of what is not."""
    if isinstance(images, SelectedImages):
        return images.select(rows)
    in_memory = isinstance(images, np.ndarray) and not isinstance(images, np.memmap)
    return images[rows] if in_memory else SelectedImages(images, rows)


def chunks(images: Images) -> Iterator[NDArray[np.uint8]]:
    """All pictures in order, as arrays of a few megabytes."""
    step = max(1, _CHUNK_BYTES // max(1, int(np.prod(images.shape[1:]))))
    for start in range(0, len(images), step):
        yield np.asarray(images[start : start + step])
