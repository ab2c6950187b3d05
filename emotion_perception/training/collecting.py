"""From a table of rows and a way to load a row's picture to a dataset, in memory or lazy."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import DatasetError
from emotion_perception.core.labels import LABELS
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.images import Images, LazyImages
from emotion_perception.training.pictures import RowError
from emotion_perception.training.skipping import Skipped
from emotion_perception.training.sources import Sources

Load = Callable[[int], NDArray[np.uint8]]
#: Takes how many of how many pictures are done.
Progress = Callable[[int, int], None]

_BLOCK = 256


@dataclass(frozen=True)
class Reading:
    """How pictures are read.

    size: side in pixels, 0 for the data's own, which is 48 for picture files. colour: RGB instead of grey. memory:
    bytes that pictures may take before they are decoded at each access instead. workers: threads that decode.
    """

    size: int = 0
    colour: bool = False
    memory: int = 4 << 30
    workers: int = 2
    progress: Progress | None = None

    def shape(self) -> tuple[int, ...]:
        """(S, S) or (S, S, 3) of pictures that are read from files."""
        side = self.size or 48
        return (side, side, 3) if self.colour else (side, side)


@dataclass(frozen=True, eq=False)
class Table:
    """What a reader knows of its rows before it looks at their pictures; as in Dataset."""

    labels: NDArray[np.uint8]
    splits: NDArray[np.str_]
    sources: Sources
    name: str
    classes: tuple[str, ...] = LABELS
    votes: NDArray[np.int8] | None = None
    groups: NDArray[np.str_] | None = None


def collect(table: Table, load: Load, shape: tuple[int, ...], *, reading: Reading, skipped: Skipped) -> Dataset:
    """Load every picture once, and leave out those that cannot be.

    Pictures stay in memory if all together fit into ``reading.memory``; else each is loaded again when it is asked for,
    and if that fails then, DatasetError names it. load: row -> picture of ``shape``, RowError if it has none;
    called from several threads. DatasetError if no picture is left.
    """
    count = len(table.labels)
    kept = _room((count, *shape), reading.memory)

    def attempt(row: int) -> NDArray[np.uint8] | RowError:
        try:
            return load(row)
        except RowError as fault:
            return fault

    good: list[int] = []
    with ThreadPoolExecutor(reading.workers) as pool:
        for start in range(0, count, _BLOCK):
            block = range(start, min(count, start + _BLOCK))
            for row, picture in zip(block, pool.map(attempt, block), strict=True):
                if isinstance(picture, RowError):
                    skipped.add(table.sources[row], str(picture))
                    continue
                if kept is not None:
                    kept[len(good)] = picture
                good.append(row)
            if reading.progress:
                reading.progress(block.stop, count)
    skipped.must_leave(len(good), table.name)
    rows = np.array(good, np.intp)
    images: Images
    if kept is not None:
        images = kept[: len(rows)]
    else:

        def again(position: int) -> NDArray[np.uint8]:
            row = int(rows[position])
            try:
                return load(row)
            except RowError as fault:
                raise DatasetError(
                    f"{table.sources[row]} could be read when the dataset was opened, but not now ({fault}): leave the"
                    " files alone, or cache them as arrays."
                ) from fault

        images = LazyImages(again, (len(rows), *shape))
    return Dataset(
        images=images,
        labels=table.labels[rows],
        splits=table.splits[rows],
        classes=table.classes,
        votes=None if table.votes is None else table.votes[rows],
        groups=None if table.groups is None else table.groups[rows],
        sources=table.sources.select(rows),
        name=table.name,
    )


def _room(shape: tuple[int, ...], memory: int) -> NDArray[np.uint8] | None:
    """An array for all pictures, None if it would be larger than ``memory`` bytes or than the system grants."""
    if int(np.prod(shape, dtype=object)) > memory:
        return None
    try:
        return np.empty(shape, np.uint8)
    except MemoryError:
        return None
