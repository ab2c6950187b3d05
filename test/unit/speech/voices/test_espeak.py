from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from emotion_perception.core.errors import VoiceError
from emotion_perception.speech.voices.base import LANGUAGES, Sound
from emotion_perception.speech.voices.espeak import EspeakVoice
from emotion_perception.speech.voices.text import speakable

GREETINGS = {
    "en": "Hello, I am a robot.",
    "el": "Γεια σου, είμαι ένα ρομπότ.",
    "uk": "Привіт, я робот.",
    "hu": "Szia, robot vagyok.",
    "zh": "你好，我是一个机器人。",
}


def said(text: str, language: str = "en", **how: object) -> Sound:
    sounds = list(EspeakVoice(**how).synthesize(text, language))  # type: ignore[arg-type]
    return Sound(np.concatenate([each.samples for each in sounds]), sounds[0].rate)


def alike(one: Sound, other: Sound) -> bool:
    """Whether they take the same time, up to what differs each time that espeak says the same."""
    return abs(one.seconds - other.seconds) < 0.03


def melody(sound: Sound) -> float:
    """Hz: the median over 40 ms windows of the period that fits best, of 70 to 400 Hz."""
    window = sound.rate // 25
    parts = sound.samples[: len(sound.samples) // window * window].reshape(-1, window).astype(float)
    loud = parts[np.abs(parts).max(1) > 4000]
    spectrum = np.abs(np.fft.rfft(loud, 2 * window)) ** 2
    correlation = np.fft.irfft(spectrum)[:, sound.rate // 400 : sound.rate // 70]
    return float(sound.rate / np.median(correlation.argmax(1) + sound.rate // 400))


@pytest.mark.parametrize("language", LANGUAGES)
def test_speaks_every_language_of_the_scenarios(language: str) -> None:
    sound = said(GREETINGS[language], language)

    assert sound.rate == 22050
    assert 0.8 < sound.seconds < 3.0 and np.abs(sound.samples).max() > 8000


def test_a_region_is_taken_and_one_it_does_not_know_left_out() -> None:
    text = "Park the car far from the dark yard of the barn."

    assert not alike(said(text, "en-GB"), said(text, "en"))
    assert alike(said(text, "en-XX"), said(text, "en"))


@pytest.mark.parametrize("language", ["xx", "", "../../etc/passwd", "e\0n"])
def test_a_language_it_does_not_have_is_named(language: str) -> None:
    with pytest.raises(VoiceError, match="has no voice for the language"):
        said("hello", language)


def test_variant_rate_and_pitch_are_heard() -> None:
    own = said("Hello, I am a robot.")

    assert said("Hello, I am a robot.", rate=2.0).seconds < 0.7 * own.seconds
    assert melody(said("Hello, I am a robot.", variant="f3")) > 1.2 * melody(own)
    assert melody(said("Hello, I am a robot.", pitch=90)) > 1.2 * melody(own)
    again = said("Hello, I am a robot.")
    assert alike(again, own) and melody(again) < 1.1 * melody(own)


@pytest.mark.parametrize("variant", ["nobody", "../en", "f3+f4"])
def test_a_variant_it_does_not_have_is_refused(variant: str) -> None:
    with pytest.raises(VoiceError, match="has no variant"):
        EspeakVoice(variant=variant)


def test_markup_is_read_out_and_not_obeyed() -> None:
    assert said("<break time='9s'/>hello").seconds < 8.0
    assert said(speakable("[[h@l'oU]]")).seconds > said("hello").seconds


def test_several_threads_get_each_their_own_words() -> None:
    def speak(number: int) -> bool:
        language = LANGUAGES[number % len(LANGUAGES)]
        return alike(said(GREETINGS[language], language), expected[language])

    expected = {language: said(GREETINGS[language], language) for language in LANGUAGES}
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(speak, range(80)))


def test_a_long_text_is_soon_heard() -> None:
    sounds = EspeakVoice().synthesize("This is one of very many sentences. " * 250, "en")

    assert next(sounds).seconds < 4.0
    assert sum(each.seconds for each in sounds) > 300
