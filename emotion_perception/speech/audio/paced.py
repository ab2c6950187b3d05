"""An output without a device, which takes the time that a loudspeaker would: for tests, and robots without a voice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from emotion_perception.speech.audio.wav import WavWriter

_TICK = 0.02  # seconds of sound at a time, as a device takes it


class PacedOutput:
    """Plays into a file, or nowhere; what `stop` cuts off is not in the file."""

    def __init__(self, rate: int, file: WavWriter | None) -> None:
        self.rate = rate
        self._file = file
        self._changed = threading.Condition()
        self._stops = 0
        self._closed = False

    lost = ""

    def write(self, samples: NDArray[np.int16], *, unless: Callable[[], bool] = lambda: False) -> None:
        """Play the samples; returns when they were heard or `stop` came."""
        ticks = max(1, round(self.rate * _TICK))
        with self._changed:
            if unless():
                return
            stops = self._stops
            due = time.monotonic()
            for begin in range(0, len(samples), ticks):
                if self._closed or self._stops != stops:
                    return
                part = samples[begin : begin + ticks]
                if self._file:
                    self._file.write(part)
                due += len(part) / self.rate
                self._changed.wait_for(lambda: self._closed or self._stops != stops, max(0.0, due - time.monotonic()))

    def drain(self) -> None:
        """Return at once: what was written was heard."""

    def stop(self) -> None:
        """End a `write` that is under way."""
        with self._changed:
            self._stops += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Stop and finish the file."""
        with self._changed:
            if not self._closed and self._file:
                self._file.close()
            self._closed = True
            self._changed.notify_all()

    def __enter__(self) -> PacedOutput:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
