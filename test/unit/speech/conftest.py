from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.speech.audio.input import RATE
from emotion_perception.speech.audio.resample import resample
from emotion_perception.speech.voices.espeak import EspeakVoice

Speech = Callable[..., NDArray[np.int16]]


@pytest.fixture(scope="session")
def speech() -> Speech:
    """speech("yes", variant="f3", snr=20) -> (n,) int16 at 16 kHz with 0.3 s before and after it."""

    def say(text: str, *, variant: str = "", snr: float = 25.0, after: float = 0.3) -> NDArray[np.int16]:
        parts = list(EspeakVoice(variant=variant).synthesize(text, "en"))
        sound = resample(np.concatenate([part.samples for part in parts]), parts[0].rate, RATE).astype(float)
        sound *= 9000 / np.abs(sound).max()
        noise = np.sqrt((sound**2).mean()) / 10 ** (snr / 20)
        whole = np.concatenate([np.zeros(round(0.3 * RATE)), sound, np.zeros(round(after * RATE))])
        whole += np.random.default_rng(len(text)).normal(0, noise, len(whole))
        return np.clip(np.rint(whole), -32768, 32767).astype(np.int16)

    return say
