"""A test pattern drawn by the program: the same pictures on every machine, without a camera or a file."""

from __future__ import annotations

import math
import threading
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.sources.base import Frame
from emotion_perception.sources.pattern import draw_background, draw_face, load_face

_ROUND_TRIP = 8.0  # seconds in which the face returns to where it started
_FACE_HEIGHT = 0.5  # of the picture


class SyntheticSource:
    """A grey room with colour bars, a time code and a face that wanders through the picture.

    The pictures depend on the arguments only. The face is drawn, or cut from a picture file whose edges fade out.

    count: number of frames, None for no end.
    face: picture of a face to show instead of the drawn one.
    """

    live = False

    def __init__(
        self,
        *,
        width: int = 640,
        height: int = 480,
        rate: float = 30.0,
        count: int | None = None,
        face: Path | None = None,
    ) -> None:
        self._width, self._height = width, height
        self._rate = rate
        self._count = count
        self._face_path = face
        self._lock = threading.Lock()
        self._scene: _Scene | None = None
        self._number = 0

    @property
    def frame_rate(self) -> float:
        """Frames per second."""
        return self._rate

    @property
    def description(self) -> str:
        """The pattern with its size and rate."""
        return f"test pattern ({self._width}x{self._height}, {self._rate:.4g} fps)"

    def open(self) -> None:
        """Draw what does not move. Raises SourceError when the face's picture cannot be read."""
        with self._lock:
            self._scene = _Scene(self._width, self._height, self._face_path)
            self._number = 0

    def read(self) -> Frame | None:
        """Return the next picture; None after ``count`` of them."""
        with self._lock:
            if self._scene is None or self._number == self._count:
                return None
            time = self._number / self._rate
            self._number += 1
            return Frame(self._scene.draw(time), time)

    def close(self) -> None:
        """Drop the pictures."""
        with self._lock:
            self._scene = None


class _Scene:
    """The still background and the face that is drawn onto it."""

    def __init__(self, width: int, height: int, face: Path | None) -> None:
        self._background = draw_background(width, height)
        side = max(1, min(width, round(height * _FACE_HEIGHT)))
        picture, opacity = load_face(face) if face else draw_face()
        self._face = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
        self._opacity = cv2.resize(opacity, (side, side), interpolation=cv2.INTER_AREA)[..., None]

    def draw(self, time: float) -> NDArray[np.uint8]:
        image = self._background.copy()
        height, width = image.shape[:2]
        side = len(self._face)
        turn = 2 * math.pi * time / _ROUND_TRIP
        x = round((width - side) * (0.5 + 0.5 * math.sin(turn)))
        y = round((height - side) * (0.5 + 0.25 * math.sin(2 * turn)))
        patch = image[y : y + side, x : x + side]
        patch[:] = np.rint(patch + self._opacity * (self._face - patch))
        scale = height / 480
        code = f"{int(time // 60):02d}:{time % 60:06.3f}"
        origin = (round(16 * scale), round(464 * scale))
        cv2.putText(
            image, code, origin, cv2.FONT_HERSHEY_DUPLEX, scale, (240, 240, 240), max(1, round(scale)), cv2.LINE_AA
        )
        return image
