"""Walking folders of pictures: in a steady order, through links, but never around a loop of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from emotion_perception.core.errors import DatasetError
from emotion_perception.training.pictures import SUFFIXES


def folders_in(folder: Path) -> list[Path]:
    """The folders right inside, without hidden ones, by name."""
    return [entry for entry in _entries(folder) if entry.is_dir() and not entry.name.startswith(".")]


def pictures_in(folder: Path) -> Iterator[Path]:
    """Yield all files with a picture's suffix in ``folder`` and below, by name; each folder once, however linked."""
    seen: set[tuple[int, int]] = set()
    pending = [folder]
    while pending:
        current = pending.pop()
        try:
            status = current.stat()
        except OSError as error:
            raise _unreadable(current, error) from error
        if (mark := (status.st_dev, status.st_ino)) in seen:
            continue
        seen.add(mark)
        below = []
        for entry in _entries(current):
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                below.append(entry)
            elif entry.suffix.lower() in SUFFIXES:
                yield entry
        pending += reversed(below)


def _entries(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [folder / name for name in sorted(entry.name for entry in entries)]
    except OSError as error:
        raise _unreadable(folder, error) from error


def _unreadable(folder: Path, error: OSError) -> DatasetError:
    return DatasetError(f"{folder} cannot be read ({error.strerror}): check the folder.")
