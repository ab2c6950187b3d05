"""Sound at another rate, by FFmpeg's resampler (swresample)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def resample(samples: NDArray[np.int16], rate: int, wanted: int) -> NDArray[np.int16]:
    """Return (n,) int16 samples of ``rate`` as those of rate ``wanted``; what is above half of it is filtered out."""
    if rate == wanted or not len(samples):
        return samples
    import av  # heavy, and most sound needs it not

    resampler = av.AudioResampler(format="s16", layout="mono", rate=wanted)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples)[None], format="s16", layout="mono")
    frame.sample_rate = rate
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([each.to_ndarray()[0] for each in frames])
