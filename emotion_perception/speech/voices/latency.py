"""How long somebody waits for a voice: from the text to the first sound."""

from __future__ import annotations

import time

import numpy as np

from emotion_perception.core.errors import VoiceError
from emotion_perception.speech.voices.base import Voice
from emotion_perception.speech.voices.text import speakable

_AUDIBLE = 300  # of 32768: above the noise before a word begins


def seconds_to_first_sound(voice: Voice, text: str, language: str) -> float:
    """Return the seconds from now until something of the text could be heard, silence at its beginning included.

    A loudspeaker adds its own latency. Raises VoiceError when the voice fails or nothing can be heard.
    """
    begin = time.monotonic()
    silent = 0.0
    for sound in voice.synthesize(speakable(text), language):
        made = time.monotonic() - begin
        audible = np.flatnonzero(np.abs(sound.samples.astype(np.int32)) > _AUDIBLE)
        if len(audible):
            return made + silent + float(audible[0]) / sound.rate
        silent += sound.seconds
    raise VoiceError(f"the voice {voice.name} says nothing that could be heard")
