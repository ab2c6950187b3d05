"""Voices by the names that parameters and commands give them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emotion_perception.core.errors import VoiceError
from emotion_perception.speech.voices.auto import AutoVoice
from emotion_perception.speech.voices.base import Voice
from emotion_perception.speech.voices.cache import PhraseCache
from emotion_perception.speech.voices.espeak import EspeakVoice
from emotion_perception.speech.voices.gtts import GttsVoice
from emotion_perception.speech.voices.none import NoVoice
from emotion_perception.speech.voices.piper import PiperVoice

ENGINES = ("auto", "gtts", "espeak", "piper", "none")


@dataclass(frozen=True, kw_only=True)
class VoiceOptions:
    """How to speak; each engine takes what it can.

    rate: 1 is the engine's own pace (espeak, piper). pitch: 0 to 100 (espeak). variant: of espeak. voice_path: of
    piper. cache_megabytes: of gtts's phrases, 0 remembers none; cache_folder: None for the user's.
    """

    rate: float = 1.0
    pitch: int = 50
    variant: str = ""
    voice_path: str = ""
    cache_megabytes: int = 50
    cache_folder: Path | None = None


def make_voice(engine: str, options: VoiceOptions, *, trouble: Callable[[str], None] = lambda sentence: None) -> Voice:
    """Return a voice of ENGINES. Raises VoiceError when it is not known, or something that it needs is missing.

    trouble: is called with a sentence while "auto" does without the cloud, and with "" when that is over.
    """
    if engine == "none":
        return NoVoice()
    if engine == "piper":
        return PiperVoice(options.voice_path, rate=options.rate)
    if engine == "gtts":
        return _gtts(options)
    if engine not in ENGINES:
        raise VoiceError(f'there is no voice engine "{engine}": give one of {", ".join(ENGINES)}')
    espeak = EspeakVoice(variant=options.variant, rate=options.rate, pitch=options.pitch)
    if engine == "espeak":
        return espeak
    try:
        cloud = _gtts(options)
    except VoiceError as error:
        trouble(f"{error}; until then espeak speaks")
        return espeak
    return AutoVoice(cloud, espeak, trouble=trouble)


def _gtts(options: VoiceOptions) -> GttsVoice:
    size = options.cache_megabytes * 1_000_000
    return GttsVoice(PhraseCache(options.cache_folder, limit=size) if size else None)
