"""Datasets that were read once, kept as arrays, and found again as long as neither files nor options change."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

from emotion_perception.core.errors import DatasetError, ParameterError
from emotion_perception.training.arrays import is_arrays, read_arrays, write_arrays
from emotion_perception.training.dataset import Dataset

_VERSION = 1  # raised when a reader makes other pictures of the same files


def cached(path: Path, folder: Path, options: object, read: Callable[[], Dataset], *, watched: Path) -> Dataset:
    """Return ``read()`` from ``folder``, where it is written first unless it was: memory-mapped, all rows good.

    path: the dataset's file or folder. watched: that, or the folder that holds all of it: every file in it is looked at
    (name, size, time of change) but not opened. options: whatever else the result depends on, printable.
    DatasetError if the folder cannot be written; ParameterError if it lies inside what is watched.
    """
    if folder.expanduser().resolve().is_relative_to(watched.resolve()):
        raise ParameterError(f"{folder} lies inside {watched}, which it would change: choose a place outside it.")
    place = folder.expanduser() / f"{path.resolve().name}-{_mark(watched, (path.name, options))}"
    if not is_arrays(place):
        dataset = read()
        try:
            write_arrays(dataset, place)
        except DatasetError:
            if not is_arrays(place):  # another process may have been faster
                raise
    return read_arrays(place)


def _mark(path: Path, options: object) -> str:
    total = hashlib.sha256(json.dumps([_VERSION, str(path.resolve()), repr(options)]).encode())
    seen: set[tuple[int, int]] = set()
    pending = [str(path)]
    try:
        while pending:
            place = pending.pop()
            status = Path(place).stat()
            if not Path(place).is_dir():
                total.update(f"{place}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
            elif (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                with os.scandir(place) as entries:
                    pending += sorted(entry.path for entry in entries if entry.is_dir() or entry.is_file())
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror}): check the dataset.") from error
    return total.hexdigest()[:16]
