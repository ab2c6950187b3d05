"""What people say, through bad microphones, to the real recogniser."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import RecognitionError
from emotion_perception.speech.audio.input import CHUNK, RATE, Chunk
from emotion_perception.speech.ears.conditioning import Conditioner
from emotion_perception.speech.ears.ears import Ears
from emotion_perception.speech.ears.events import Expected, Heard
from emotion_perception.speech.recognition.pocketsphinx import PocketsphinxRecognizer

EXPECTED = Expected("en", ("yes", "no", "who am i", "what can you do"), ())
PERIOD = CHUNK / RATE


@pytest.fixture(scope="module")
def recognizer() -> PocketsphinxRecognizer:
    return PocketsphinxRecognizer()


@pytest.fixture
def heard() -> list[Heard]:
    return []


@pytest.fixture
def ears(recognizer, heard) -> Ears:
    made = Ears(recognizer, heard.append, strictness=2, pause=0.6, longest=10.0)
    made.expect(EXPECTED)
    return made


def play(ears: Ears, sound: NDArray[np.number], begin: float = 0.0) -> float:
    chunks = np.clip(sound, -32768, 32767).astype(np.int16)[: len(sound) // CHUNK * CHUNK].reshape(-1, CHUNK)
    for number, each in enumerate(chunks):
        ears.hear(Chunk(each, begin + number * PERIOD))
    return begin + len(chunks) * PERIOD


def final(heard: list[Heard]) -> list[str]:
    return [each.text for each in heard if each.final]


def test_partial_then_final_with_the_time_it_began(ears, heard, speech) -> None:
    play(ears, speech("what can you do", after=1.0), begin=100.0)
    assert final(heard) == ["what can you do"]
    assert not heard[0].final
    assert heard[-1].final
    assert all(each.began == pytest.approx(100.3, abs=0.15) for each in heard)
    assert (ears.understood, ears.missed) == (1, 0)


@pytest.mark.parametrize("fault", ["offset", "clipped", "soft", "digital silence around it"])
def test_bad_microphones_are_understood(ears, heard, speech, fault: str) -> None:
    sound = speech("what can you do", after=1.0).astype(float)
    if fault == "digital silence around it":
        sound = np.concatenate([np.zeros(RATE), speech("what can you do", snr=60.0, after=0), np.zeros(RATE)])
    changed = {"offset": sound + 6000, "clipped": sound * 8, "soft": sound / 12}.get(fault, sound)
    play(ears, changed)
    assert final(heard) == ["what can you do"]


def test_clipping_and_a_muted_microphone_are_noticed(ears, speech) -> None:
    play(ears, speech("what can you do") * 12.0)
    assert ears.conditioner.clipped > 0.1
    play(ears, np.zeros(2 * RATE))
    assert ears.conditioner.silent == pytest.approx(2.0, abs=0.1)
    play(ears, speech("yes"))
    assert ears.conditioner.silent < 0.1


def test_the_least_number_is_as_loud_as_the_greatest() -> None:
    conditioner = Conditioner(0.02)
    conditioner.condition(np.array([-32768, 0, -32768, 0, -32768, 0], np.int16))
    assert (conditioner.peak, conditioner.clipped) == (1.0, 0.02)


def test_deaf_ears_hear_nothing_until_they_are_told_or_the_time_comes(ears, heard, speech) -> None:
    ears.deafen(math.inf)
    now = play(ears, speech("yes", after=1.0))
    assert heard == []
    ears.deafen(now + 0.3)
    play(ears, speech("yes", after=1.0), begin=now + 0.3)
    assert final(heard) == ["yes"]


def test_what_is_being_said_when_the_robot_begins_to_speak_is_taken_back(ears, heard, speech) -> None:
    sound = speech("what can you do", after=1.0)
    half = 60 * CHUNK
    now = play(ears, sound[:half])
    assert heard  # partly
    ears.deafen(math.inf)
    play(ears, sound[half:], begin=now)
    assert final(heard) == [""]


def test_other_speech_ends_what_was_told_of_it_with_an_empty_text(ears, heard, speech) -> None:
    play(ears, speech("my brother plays football on sundays", after=1.0))
    assert [text for text in final(heard) if text] == []
    assert bool(final(heard)) == any(not each.final for each in heard)
    assert ears.missed == 1


def test_an_expectation_within_an_utterance_waits_for_its_end(ears, heard, speech) -> None:
    sound = speech("what can you do", after=1.0)
    now = play(ears, sound[: 60 * CHUNK])
    ears.expect(Expected("en", ("goodbye",), ()))
    now = play(ears, sound[60 * CHUNK :], begin=now)
    play(ears, speech("goodbye", after=1.0), begin=now)
    assert final(heard) == ["what can you do", "goodbye"]


def test_an_expectation_within_an_utterance_that_the_robot_interrupts_holds_for_the_next(ears, heard, speech) -> None:
    now = play(ears, speech("what can you do", after=1.0)[: 60 * CHUNK])
    ears.expect(Expected("en", ("goodbye",), ()))
    ears.deafen(math.inf)
    now = play(ears, np.zeros(RATE), begin=now)
    ears.deafen(now)
    play(ears, speech("goodbye", after=1.0), begin=now)
    assert final(heard) == ["", "goodbye"]


def test_a_language_that_is_not_understood_is_said(ears) -> None:
    with pytest.raises(RecognitionError, match='"hu"'):
        ears.expect(Expected("hu", ("igen",), ()))
