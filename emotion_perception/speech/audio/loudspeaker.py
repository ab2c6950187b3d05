"""A loudspeaker of this computer, through PortAudio."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import ModuleType, TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import AudioError
from emotion_perception.speech.audio.devices import Direction, open_device
from emotion_perception.speech.audio.resample import resample

_BUFFER = 30.0  # seconds of sound that may wait, so that a slow voice makes what follows while the first is heard
_LATENCY = 0.05  # seconds asked of the device: soon enough, without stuttering on a busy computer
_CHECK = 0.2  # seconds between two looks whether the device is still there
_LATE = 3.0  # seconds without a call for samples after which it counts as gone; a sound server may pause for 2 at first


class Loudspeaker:
    """Plays through a device, and resamples for one that does not take the rate. Silent between what is written."""

    def __init__(self, device: str, rate: int) -> None:
        self.rate = rate
        self._name = device or "default"
        self._changed = threading.Condition()
        self._waiting = bytearray()
        self._stops = 0
        self._channels = 1
        self._device_rate = rate
        self._closed = False
        self._gone = False
        self._stream = open_device(Direction.OUTPUT, device, self._open)
        self._called = time.monotonic()

    @property
    def lost(self) -> str:
        """Why nothing can be heard any more."""
        # Not with the lock held: PortAudio's own may be held by a thread that waits for `_fill` to end.
        if not self._gone and not self._closed:
            self._gone = time.monotonic() - self._called > _LATE or not self._stream.alive
        return f'the loudspeaker "{self._name}" is gone: plug it in again, or choose another' if self._gone else ""

    def write(self, samples: NDArray[np.int16], *, unless: Callable[[], bool] = lambda: False) -> None:
        """Put the samples into the buffer; blocks while more than 30 s wait in it."""
        sound = resample(samples, self.rate, self._device_rate)
        if self._channels > 1:
            sound = np.repeat(sound, self._channels)
        stops = self._stops
        self._await(lambda: self._seconds <= _BUFFER, stops)
        with self._changed:
            if self._stops == stops and not self._closed and not unless():
                self._waiting += sound.tobytes()

    def drain(self) -> None:
        """Wait until the buffer is empty, and what the device took is heard."""
        stops, latency = self._stops, self._stream.latency
        self._await(lambda: not self._waiting, stops)
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._stops != stops, latency)

    def stop(self) -> None:
        """Empty the buffer: the device's own, of some 50 ms, is still heard."""
        with self._changed:
            self._stops += 1
            self._waiting.clear()
            self._changed.notify_all()

    def close(self) -> None:
        """Stop and close the stream."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        self._stream.close()

    def __enter__(self) -> Loudspeaker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _seconds(self) -> float:
        return len(self._waiting) / (2 * self._channels * self._device_rate)

    def _await(self, condition: Callable[[], bool], stops: int) -> None:
        """Wait for the condition or an end. Raises AudioError when the device is gone."""

        def over() -> bool:
            return condition() or self._closed or self._stops != stops

        while True:
            with self._changed:
                if self._changed.wait_for(over, _CHECK):
                    return
            if self.lost:
                self.stop()
                raise AudioError(self.lost)

    def _open(self, library: ModuleType, number: int) -> Any:
        """Open the stream with the asked rate and one channel, or with what the device takes instead."""
        own = round(library.query_devices(number)["default_samplerate"])
        attempts = [(self.rate, 1), (self.rate, 2), (own, 1), (own, 2)]
        for rate, channels in attempts[:-1]:
            try:
                library.check_output_settings(device=number, channels=channels, dtype="int16", samplerate=rate)
            except library.PortAudioError:
                continue
            self._device_rate, self._channels = rate, channels
            break
        else:
            self._device_rate, self._channels = attempts[-1]
        return library.RawOutputStream(
            device=number,
            samplerate=self._device_rate,
            channels=self._channels,
            dtype="int16",
            latency=_LATENCY,
            callback=self._fill,
        )

    def _fill(self, out: Any, frames: int, moment: Any, status: Any) -> None:
        """Give the device what waits, and silence after it. Called by PortAudio's thread."""
        with self._changed:
            part = bytes(self._waiting[: len(out)])
            del self._waiting[: len(part)]
            self._called = time.monotonic()
            if not self._waiting:
                self._changed.notify_all()
        out[: len(part)] = part
        out[len(part) :] = bytes(len(out) - len(part))
