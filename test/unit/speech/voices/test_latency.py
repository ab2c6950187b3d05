from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from emotion_perception.core.errors import VoiceError
from emotion_perception.speech.voices.base import Sound
from emotion_perception.speech.voices.espeak import EspeakVoice
from emotion_perception.speech.voices.latency import seconds_to_first_sound
from emotion_perception.speech.voices.none import NoVoice


def test_silence_before_the_first_word_counts() -> None:
    class Late(NoVoice):
        def synthesize(self, text: str, language: str) -> Iterator[Sound]:
            yield Sound.silence(2.0, 8000)
            yield Sound(np.r_[np.zeros(8000, np.int16), np.full(80, -20000, np.int16)], 8000)

    assert 3.0 <= seconds_to_first_sound(Late(), "hello", "en") < 3.5
    assert seconds_to_first_sound(EspeakVoice(), "hello " * 500, "en") < 2.0


def test_a_voice_that_cannot_be_heard_has_none() -> None:
    with pytest.raises(VoiceError, match="nothing that could be heard"):
        seconds_to_first_sound(NoVoice(), "hello", "en")
