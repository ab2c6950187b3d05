"""A video file of the pictures that the overlay draws, encoded beside the work that makes them."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import PerceptionError
from emotion_perception.core.report.mp4 import Mp4Writer

_QUEUE_BYTES = 64_000_000
_LONGEST_QUEUE = 64
_NICENESS = 5


class OverlayVideo:
    """Writes an mp4 (see mp4.Mp4Writer) from a thread of its own.

    The file appears under its name when it is closed, complete; until then it is written beside it.
    """

    def __init__(self, path: Path) -> None:
        """Prepare a new file, in a new folder if need be. Raises PerceptionError when that is not possible."""
        self._path = path
        self._partial = path.with_name(f".{path.stem}.partial{path.suffix}")
        self._pictures: queue.Queue[tuple[NDArray[np.uint8], int] | None] | None = None
        self._thread = threading.Thread(target=self._encode, name="overlay video", daemon=True)
        self._failure: Exception | None = None
        self.dropped = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
        except OSError as error:
            raise self._sentence(error) from error

    def write(self, image: NDArray[np.uint8], stamp: int) -> None:
        """Append a picture, (H, W, 3) bgr8, that nobody changes afterwards; stamp in nanoseconds. Never waits.

        When the encoder is seconds behind, the picture is dropped and counted in ``dropped``.
        Raises PerceptionError when the file cannot be written (disk full).
        """
        if self._failure:
            raise self._sentence(self._failure)
        if self._pictures is None:
            self._pictures = queue.Queue(max(2, min(_LONGEST_QUEUE, _QUEUE_BYTES // max(1, image.nbytes))))
            self._thread.start()
        try:
            self._pictures.put_nowait((image, stamp))
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Encode what waits and finish the file; without a picture there is none. Idempotent.

        Raises PerceptionError when the file could not be written.
        """
        if self._pictures is None:
            return
        self._pictures.put(None)
        self._pictures = None
        self._thread.join()
        if self._failure:
            self._partial.unlink(missing_ok=True)
            raise self._sentence(self._failure)

    def __enter__(self) -> OverlayVideo:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _encode(self) -> None:
        """Run in the thread: encode until None comes, then put the file in its place."""
        pictures = self._pictures
        assert pictures is not None
        with contextlib.suppress(OSError, AttributeError):  # the robot's eyes go first
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        waiting = iter(pictures.get, None)
        try:
            with contextlib.closing(Mp4Writer(self._partial)) as writer:
                for image, stamp in waiting:
                    writer.add(image, stamp)
            self._partial.replace(self._path)
        except Exception as error:  # told by the next write or by close, in the caller's thread
            self._failure = error
            for _ in waiting:  # close waits for room to say that it was the last one
                pass

    def _sentence(self, error: Exception) -> PerceptionError:
        reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        return PerceptionError(f"cannot write {self._path} ({reason}): free some space there, or choose another folder")
