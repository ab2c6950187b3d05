"""Cuts a stream of sound, of any rate and number of channels, into chunks of 20 ms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.speech.audio.input import CHUNK, RATE


class Chunker:
    """Takes blocks of (n, channels) int16 at ``rate`` and yields (320,) int16 at 16 kHz, the channels' mean."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._rest = np.zeros(0, np.int16)
        self._resampler: Any = None
        if rate != RATE:
            import av  # heavy, and most microphones need it not

            self._av = av
            self._resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)

    def feed(self, block: NDArray[np.int16]) -> Iterator[NDArray[np.int16]]:
        """Yield the chunks that are whole now."""
        mono = block[:, 0] if block.shape[1] == 1 else np.rint(block.mean(axis=1)).astype(np.int16)
        if self._resampler is not None and len(mono):
            frame = self._av.AudioFrame.from_ndarray(np.ascontiguousarray(mono)[None], format="s16", layout="mono")
            frame.sample_rate = self._rate
            mono = np.concatenate(
                [np.zeros(0, np.int16), *(f.to_ndarray()[0] for f in self._resampler.resample(frame))]
            )
        samples = np.concatenate([self._rest, mono])
        whole = len(samples) // CHUNK * CHUNK
        self._rest = samples[whole:]
        yield from samples[:whole].reshape(-1, CHUNK)
