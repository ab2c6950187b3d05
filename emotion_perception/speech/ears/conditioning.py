"""What microphones get wrong and recognisers do not forgive: an offset, sound that is exactly zero, clipping."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SETTLING = 0.05  # part of a new chunk's mean in the estimate of the offset: about 0.4 s
_NOISE = 3.0  # deviation of the noise that is added, of 32768: -81 dB, inaudible
_LOUDEST = 32700
_SEED = 1


class Conditioner:
    """Takes chunks as they come and gives them back without offset and with a trace of noise.

    peak: loudest sample of the last chunk, 0 to 1. silent: seconds since a sample differed from its neighbour, for
    which nothing was recorded at all. clipped: seconds of sound, of the last few, that were too loud.
    """

    def __init__(self, period: float) -> None:
        self._period = period
        self._offset: float | None = None
        self._noise = np.random.default_rng(_SEED)
        self.peak = 0.0
        self.silent = 0.0
        self.clipped = 0.0

    def condition(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """Return (n,) int16 for (n,) int16."""
        loudness = np.abs(samples.astype(np.int32))  # as the least int16 has no counterpart
        self.peak = int(loudness.max(initial=0)) / 32768
        self.silent = self.silent + self._period if samples.min() == samples.max() else 0.0
        self.clipped = 0.97 * self.clipped + (self._period if np.sum(loudness >= _LOUDEST) > 2 else 0.0)
        mean = float(samples.mean())
        self._offset = mean if self._offset is None else self._offset + _SETTLING * (mean - self._offset)
        better = samples - self._offset + self._noise.normal(0.0, _NOISE, len(samples))
        return np.clip(np.rint(better), -32768, 32767).astype(np.int16)
