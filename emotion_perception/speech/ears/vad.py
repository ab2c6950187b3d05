"""Voice activity: whether 20 ms of sound are speech, by WebRTC's detector."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import RecognitionError
from emotion_perception.speech.audio.input import RATE


class VoiceActivity:
    """WebRTC's detector. strictness: 0 takes most for speech, 3 the least."""

    def __init__(self, strictness: int) -> None:
        try:
            import webrtcvad
        except ImportError as error:
            raise RecognitionError(f"webrtcvad is not installed ({error}): pip install webrtcvad-wheels") from error
        self._detector: Any = webrtcvad.Vad(strictness)

    def __call__(self, samples: NDArray[np.int16]) -> bool:
        """Return whether (320,) int16 at 16 kHz are speech."""
        return bool(self._detector.is_speech(samples.tobytes(), RATE))
