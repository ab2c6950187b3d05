from __future__ import annotations

import numpy as np
import pytest

from emotion_perception.speech.audio.chunks import Chunker
from emotion_perception.speech.audio.input import CHUNK, RATE


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2, 4])
def test_a_tone_of_any_rate_and_channels_stays_what_it_was(rate: int, channels: int) -> None:
    tone = (8000 * np.sin(2 * np.pi * 1000 * np.arange(rate) / rate)).astype(np.int16)
    chunker = Chunker(rate)
    blocks = np.array_split(np.stack([tone] * channels, axis=1), 37)
    chunks = [chunk for block in blocks for chunk in chunker.feed(block)]
    assert {len(chunk) for chunk in chunks} == {CHUNK}
    assert len(chunks) * CHUNK == pytest.approx(RATE, abs=3 * CHUNK)
    middle = np.concatenate(chunks)[4000:12000].astype(float)
    spectrum = np.abs(np.fft.rfft(middle))
    assert spectrum.argmax() * RATE / len(middle) == pytest.approx(1000, abs=5)
    assert middle.std() == pytest.approx(8000 / np.sqrt(2), rel=0.05)
