"""Files that a kill at any moment leaves whole: the old one or the new one, never half of it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from emotion_perception.core.errors import TrainingError


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have ``write`` fill a file beside ``path``, of the same ending, then put it in its place.

    TrainingError if the disk refuses, and the old file stays.
    """
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        write(part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # not even the folder need be one
            part.unlink(missing_ok=True)
        raise TrainingError(f"{path} cannot be written ({error.strerror or error}): make room, or choose another"
                            " folder.") from error  # fmt: skip


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; TrainingError if it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"folder {folder} cannot be made ({error.strerror}): choose another --out.") from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole."""
    write_whole(path, lambda part: part.write_bytes(content))


def write_text(path: Path, text: str) -> None:
    """Write a text file whole."""
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))
