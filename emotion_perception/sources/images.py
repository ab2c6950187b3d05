"""Still pictures: one, a folder of them, or those a glob pattern matches."""

from __future__ import annotations

import glob
import re
import threading
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import SourceError
from emotion_perception.sources.base import Frame, Report, log_report

PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".avif"}
)


class ImagesSource:
    """Shows pictures in natural order (img2 before img10), each for 1 / ``framerate`` seconds.

    Pictures may differ in size; EXIF orientation is honoured, transparency is dropped. What cannot be read is skipped
    and reported once; nothing readable at all is an error.
    """

    live = False

    def __init__(self, path: str, *, framerate: float, loop: bool = False, report: Report = log_report) -> None:
        self._path = str(Path(path).expanduser())
        self._rate = framerate
        self._loop = loop
        self._report = report
        self._lock = threading.Lock()
        self._pictures: list[Path] = []
        self._next = 0
        self._shown = 0
        self._last: tuple[Path, NDArray[np.uint8]] | None = None

    @property
    def frame_rate(self) -> float:
        """Pictures per second."""
        return self._rate

    @property
    def description(self) -> str:
        """The folder, pattern or picture, with the number of pictures once it was opened."""
        count = len(self._pictures)
        name = Path(self._path).name or self._path
        return f"{name} ({count} picture{'s'[: count != 1]}, {self._rate:.4g} per second)" if count else name

    def open(self) -> None:
        """List the pictures. Raises SourceError when there are none."""
        with self._lock:
            self._pictures = find_pictures(self._path)
            self._next = self._shown = 0

    def read(self) -> Frame | None:
        """Return the next picture that can be read; None at the end. Raises SourceError when none can be read."""
        with self._lock:
            while self._pictures:
                if self._next == len(self._pictures):
                    if not self._loop:
                        return None
                    self._next = 0
                image = self._load(self._pictures[self._next])
                if image is None:
                    self._skip()
                    continue
                self._next += 1
                self._shown += 1
                return Frame(image, (self._shown - 1) / self._rate)
            return None

    def close(self) -> None:
        """Forget the pictures."""
        with self._lock:
            self._pictures = []
            self._last = None

    def _load(self, path: Path) -> NDArray[np.uint8] | None:
        if self._last is None or self._last[0] != path:  # one picture shown for long is decoded once
            image = _read_bgr(path)
            if image is None:
                return None
            image.flags.writeable = False
            self._last = path, image
        return self._last[1]

    def _skip(self) -> None:
        path = self._pictures.pop(self._next)
        if not self._pictures:
            raise SourceError(f"images: none of the pictures of {self._path} can be read, the last was {path}")
        self._report(f"images: {path} was skipped: it cannot be read as a picture")


def find_pictures(path: str) -> list[Path]:
    """Return the pictures that a folder (not its subfolders), a glob pattern or a picture's own path stands for.

    Raises SourceError when there are none.
    """
    place = Path(path)
    try:
        if place.is_dir():
            found = [file for file in place.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES and file.is_file()]
            if not found:
                raise SourceError(f"images: there is no picture in {path}: it needs files like {_examples()}")
        elif place.is_file():
            if place.suffix.lower() not in PICTURE_SUFFIXES:
                raise SourceError(f"images: {path} is not a picture ({_examples()}): for a video use file:{path}")
            found = [place]
        else:
            found = [Path(name) for name in glob.glob(path, recursive=True)]  # noqa: PTH207 (absolute patterns)
            found = [file for file in found if file.suffix.lower() in PICTURE_SUFFIXES and file.is_file()]
            if not found:
                kind = "no picture matches" if glob.has_magic(path) else "there is no folder or picture"
                raise SourceError(f"images: {kind} {path} in {Path.cwd()}: check the path")
    except OSError as error:
        raise SourceError(f"images: {path} cannot be read ({error.strerror}): check its permissions") from error
    return sorted(found, key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Order numbers by value and letters without regard to case."""
    parts = re.split(r"(\d+)", str(path).casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _read_bgr(path: Path) -> NDArray[np.uint8] | None:
    """Return the picture as (H, W, 3) bgr8, upright; None when it cannot be read."""
    try:
        image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        return None
    return None if image is None else np.asarray(image, np.uint8)


def _examples() -> str:
    return ", ".join(sorted(PICTURE_SUFFIXES)[:4])
