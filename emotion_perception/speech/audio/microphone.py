"""A microphone of this computer, through PortAudio."""

from __future__ import annotations

import queue
import time
from types import ModuleType, TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import AudioError
from emotion_perception.speech.audio.chunks import Chunker
from emotion_perception.speech.audio.devices import Direction, open_device
from emotion_perception.speech.audio.input import CHUNK, RATE, Chunk

_ROOM = 1500  # chunks that wait while a recogniser thinks: 30 s
_SILENT = 2.0  # seconds without a single sample after which a device counts as lost
_PERIOD = CHUNK / RATE


class Microphone:
    """Records one channel at 16 kHz, or what the device can do, converted."""

    def __init__(self, name: str) -> None:
        self.description = f"microphone {name or '(default)'}"
        self._chunks: queue.Queue[Chunk] = queue.Queue(_ROOM)
        self._chunker = Chunker(RATE)
        self._heard = time.monotonic()
        self._stream = open_device(Direction.INPUT, name, self._open)

    ended = False

    def read(self, timeout: float) -> Chunk | None:
        """Return the next chunk; raises AudioError when the device is gone."""
        try:
            return self._chunks.get(timeout=timeout)
        except queue.Empty:
            if not self._stream.alive or time.monotonic() - self._heard > _SILENT:
                raise AudioError(
                    f"the {self.description} brings no sound any more: plug it in again, or choose another"
                ) from None
            return None

    def close(self) -> None:
        """Let go of the device."""
        self._stream.close()

    def __enter__(self) -> Microphone:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, library: ModuleType, number: int) -> Any:
        rate, channels = RATE, 1
        try:
            library.check_input_settings(number, channels=1, dtype="int16", samplerate=RATE)
        except library.PortAudioError:  # a bare sound card, without a sound server that would convert
            known = library.query_devices(number)
            rate = int(known["default_samplerate"])
            channels = min(2, known["max_input_channels"])
        self._chunker = Chunker(rate)
        return library.InputStream(
            samplerate=rate,
            blocksize=rate // 50,
            device=number,
            channels=channels,
            dtype="int16",
            latency="high",  # nobody hears the delay, and a busy computer loses nothing
            callback=self._take,
        )

    def _take(self, block: NDArray[np.int16], frames: int, moment: Any, status: Any) -> None:
        """Queue what PortAudio brings, in its thread."""
        self._heard = time.monotonic()
        chunks = list(self._chunker.feed(block))
        for behind, samples in zip(range(len(chunks), 0, -1), chunks, strict=True):
            try:
                self._chunks.put_nowait(Chunk(samples.copy(), self._heard - behind * _PERIOD))
            except queue.Full:
                return
