from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import RecognitionError
from emotion_perception.speech.audio.input import CHUNK
from emotion_perception.speech.recognition.base import Guess
from emotion_perception.speech.recognition.pocketsphinx import PocketsphinxRecognizer
from emotion_perception.speech.recognition.pronunciation import pronounce, to_arpabet

PHRASES = ("yes", "yes please", "no", "who am i", "how old am i", "what can you do", "forget me", "stop", "goodbye")


@pytest.fixture(scope="module")
def recognizer() -> PocketsphinxRecognizer:
    return PocketsphinxRecognizer()


def hear(recognizer: PocketsphinxRecognizer, sound: NDArray[np.int16]) -> Guess | None:
    recognizer.start()
    for begin in range(0, len(sound), CHUNK):
        recognizer.feed(sound[begin : begin + CHUNK])
    return recognizer.finish()


@pytest.mark.parametrize("variant", ["", "m3"])
@pytest.mark.parametrize("phrase", PHRASES)
def test_what_is_expected_is_understood(recognizer, speech, phrase: str, variant: str) -> None:
    recognizer.expect("en", PHRASES, ())
    guess = hear(recognizer, speech(phrase, variant=variant))
    assert guess is not None
    assert guess.text == phrase
    assert 0.5 <= guess.confidence <= 1
    assert guess.language == "en"


@pytest.mark.parametrize(
    "text", ["the weather is nice today", "where is the train station", "my brother plays football on sundays"]
)
def test_other_speech_is_rejected(recognizer, speech, text: str) -> None:
    recognizer.expect("en", PHRASES, ())
    assert hear(recognizer, speech(text)) is None


def test_the_expectation_changes_what_is_heard(recognizer, speech) -> None:
    recognizer.expect("en", ("goodbye",), ())
    assert hear(recognizer, speech("who am i")) is None
    recognizer.expect("en-GB", ("who am I?",), ())
    guess = hear(recognizer, speech("who am i"))
    assert guess is not None
    assert guess.text == "who am i"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("my name is Anna", "my name is anna"),
        ("my name is Oleksandr", "my name is oleksandr"),  # in no dictionary
        ("my name is Robert", "my name is robert"),  # a stranger's, from the stock
    ],
)
def test_names_are_heard_where_a_name_may_be_spoken(recognizer, speech, said: str, text: str) -> None:
    recognizer.expect("en", ("yes", "no"), ("Anna", "Oleksandr"))
    guess = hear(recognizer, speech(said))
    assert guess is not None
    assert guess.text == text


def test_what_was_heard_before_changes_nothing(recognizer, speech) -> None:
    recognizer.expect("en", PHRASES, ())
    sound = speech("yes please", variant="m3")
    before = hear(recognizer, sound)
    hear(recognizer, np.random.default_rng(0).normal(0, 8000, 48000).astype(np.int16))
    assert before is not None
    assert hear(recognizer, sound) == before


def test_no_name_is_heard_where_none_may_be_spoken(recognizer, speech) -> None:
    recognizer.expect("en", ("yes", "no"), ())
    assert hear(recognizer, speech("my name is Robert")) is None


@pytest.mark.parametrize(
    "text", ["my name is Robert", "pass me the salt", "I said no such thing yes", "the station is over there, yes"]
)
@pytest.mark.parametrize("variant", ["", "f1"])
def test_what_is_said_before_a_word_that_fits_is_no_silence(recognizer, speech, text: str, variant: str) -> None:
    recognizer.expect("en", ("yes", "no"), ())
    # Each time espeak says it a little differently, and some of them sound much like "yes" at the end.
    assert [hear(recognizer, speech(text, variant=variant)) for _ in range(4)] == [None] * 4


def test_silence_and_noise_are_nothing(recognizer) -> None:
    recognizer.expect("en", PHRASES, ())
    assert hear(recognizer, np.zeros(16000, np.int16)) is None
    assert hear(recognizer, np.random.default_rng(1).normal(0, 2000, 16000).astype(np.int16)) is None


def test_what_is_said_so_far_is_told(recognizer, speech) -> None:
    recognizer.expect("en", PHRASES, ())
    recognizer.start()
    sound = speech("what can you do")
    partial = [recognizer.feed(sound[begin : begin + CHUNK]) for begin in range(0, len(sound), CHUNK)]
    assert "what can you do" in partial


def test_another_language_is_refused_and_the_old_one_goes_on(recognizer, speech) -> None:
    recognizer.expect("en", PHRASES, ())
    with pytest.raises(RecognitionError, match='English only, and the language is "el" now: set engine to'):
        recognizer.expect("el", ("ναι",), ())
    assert hear(recognizer, speech("stop")) is not None


def test_phrases_that_cannot_be_pronounced_are_left_out(recognizer, speech) -> None:
    recognizer.expect("en", ("stop", "!?"), ())
    assert hear(recognizer, speech("stop")) is not None


def test_words_of_no_dictionary_are_pronounced_by_espeak() -> None:
    assert pronounce("yuki") == "Y UW K IY"
    assert pronounce("Γιώργος").split()[-2:] == ["OW", "S"]


def test_marks_of_stress_and_length_are_no_sounds() -> None:
    assert to_arpabet("j_ˈuː_k_i") == "Y UW K IY"
    assert to_arpabet("") == ""
