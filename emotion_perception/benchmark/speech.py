"""How well the scenario's answers are recognised, by engine, and how long hearing and speaking take."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import PerceptionError, VoiceError
from emotion_perception.core.intents.understanding import Understanding, Understood
from emotion_perception.core.scenario.loading import load_scenario
from emotion_perception.speech.audio.input import CHUNK, RATE, Chunk
from emotion_perception.speech.audio.resample import resample
from emotion_perception.speech.ears.ears import Ears
from emotion_perception.speech.ears.events import EarsOptions, Expected, Heard
from emotion_perception.speech.recognition.base import Recognizer
from emotion_perception.speech.recognition.factory import create_recognizer
from emotion_perception.speech.voices.base import Voice
from emotion_perception.speech.voices.espeak import EspeakVoice
from emotion_perception.speech.voices.factory import VoiceOptions, make_voice
from emotion_perception.speech.voices.piper import PiperVoice

#: Signal to noise, dB: a quiet room, and one with a fan beside the microphone. White noise.
RATIOS = (20.0, 10.0)
#: Speech with no meaning for the scenario.
OTHER_SPEECH = (
    *("the weather is nice today", "my brother plays football on sundays", "he said it was broken"),
    *("pass me the salt", "we should take the bus", "where did you put the keys", "it costs twenty dollars"),
    *("can you open the window", "dinner is almost ready", "she is coming tomorrow"),
)
#: Names that nobody was expected to have: of the stock, and of none.
_STRANGERS = ("Robert", "Kevin", "Oleksandr")
_PHRASES = ("Hello!", "Nice to see you again, Anna.", "You look happier now than you did before.")
_BEFORE, _AFTER = 0.3, 1.2  # seconds of noise around what is said
_PERIOD = CHUNK / RATE


@dataclass(frozen=True)
class Situation:
    """What a conversation waits for: intents (and "name"), and what people answer."""

    name: str
    wanted: frozenset[str]
    answers: tuple[str, ...]


SITUATIONS = (
    Situation(
        "may I remember you?",
        frozenset({"yes", "no"}),
        ("yes", "no", "yes please", "of course", "sure", "okay", "no thank you", "not really"),
    ),
    Situation(
        "nothing in particular",
        frozenset({"who_am_i", "how_do_i_look", "how_old_am_i", "what_can_you_do", "forget_me", "stop", "goodbye"}),
        ("who am i", "how do i look", "how old am i", "what can you do", "forget me", "stop", "goodbye"),
    ),
    Situation(
        "what is your name?",
        frozenset({"name", "no"}),
        ("my name is Anna", "I'm George", "call me Susan", *(f"my name is {name}" for name in _STRANGERS)),
    ),
)


@dataclass(frozen=True)
class Score:
    """Answers understood as meant, and other speech in which the dialogue found a meaning, of how many."""

    right: int
    answers: int
    mistaken: int
    others: int


@dataclass(frozen=True)
class EngineResult:
    """Scores by situation and ratio. delay: median seconds from the end of speech to `heard`; of those, thinking."""

    engine: str
    scores: dict[tuple[str, float], Score]
    delay: float
    thinking: float


@dataclass(frozen=True)
class Results:
    """engines and first_sounds (median seconds from a text to its first sound); missing: why another was left out."""

    engines: list[EngineResult]
    first_sounds: dict[str, float]
    voices: list[str]
    missing: list[str]


def measure(models: dict[str, Path | None], *, progress: Callable[[str], None]) -> Results:
    """Measure every engine that is here. models: folder for "vosk" and "whisper", None where there is none."""
    voices, missing = _people()
    engines = []
    for engine in ("pocketsphinx", "vosk", "whisper"):
        model = models.get(engine)
        try:
            recognizer = create_recognizer(engine, model=str(model) if model else "")
        except PerceptionError as error:
            missing.append(f"{engine}: {error}")
            continue
        engines.append(_measure_engine(recognizer, voices, progress))
    return Results(engines, _first_sounds(missing), list(voices), missing)


def _people() -> tuple[dict[str, Voice], list[str]]:
    """Return those who answer, and why somebody is missing."""
    people: dict[str, Voice] = {
        "espeak": EspeakVoice(),
        "espeak f1": EspeakVoice(variant="f1", rate=0.9),
        "espeak f3": EspeakVoice(variant="f3"),
        "espeak m3": EspeakVoice(variant="m3"),
    }
    try:
        people["piper joe"] = PiperVoice()
    except VoiceError as error:
        return people, [f"the voice joe: {error}"]
    return people, []


def _measure_engine(recognizer: Recognizer, voices: dict[str, Voice], progress: Callable[[str], None]) -> EngineResult:
    book = load_scenario("greet_and_react").phrasebooks["en"]
    understanding = Understanding(book)
    scores, delays, thinking = {}, [], []
    for situation in SITUATIONS:
        phrases, names = book.expected(situation.wanted)
        for ratio in RATIOS:
            progress(f"{recognizer.description}: {situation.name}, {ratio:.0f} dB")
            right = mistaken = 0
            for text, sound in _said((*situation.answers, *OTHER_SPEECH), voices, ratio):
                texts, delay, thought = _hear(recognizer, Expected("en", phrases, names), sound)
                meant = understanding.understand(text, situation.wanted)
                got = understanding.understand(" ".join(texts), situation.wanted)
                if text in situation.answers:
                    right += _meaning(got) == _meaning(meant)
                    if texts:
                        delays.append(delay)
                        thinking.append(thought)
                else:
                    mistaken += any(_meaning(got))
            scores[situation.name, ratio] = Score(
                right, len(situation.answers) * len(voices), mistaken, len(OTHER_SPEECH) * len(voices)
            )
    return EngineResult(recognizer.description, scores, _median(delays), _median(thinking))


def _meaning(understood: Understood) -> tuple[object, str]:
    return tuple(understood.intents), understood.name.casefold()


def _said(texts: Sequence[str], voices: dict[str, Voice], ratio: float) -> Iterator[tuple[str, NDArray[np.int16]]]:
    """Yield every text in every voice: (n,) int16, with noise that is the same in each run."""
    for voice in voices.values():
        for seed, text in enumerate(texts):
            sound = _clean(voice, text)
            deviation = sound.std() / 10 ** (ratio / 20)
            whole = np.concatenate([np.zeros(round(_BEFORE * RATE)), sound, np.zeros(round(_AFTER * RATE))])
            whole += np.random.default_rng(seed).normal(0.0, deviation, len(whole))
            yield text, np.clip(np.rint(whole), -32768, 32767).astype(np.int16)


def _clean(voice: Voice, text: str) -> NDArray[np.float64]:
    """Return what is said, at an even loudness and without silence around it."""
    parts = list(voice.synthesize(text, "en"))
    sound = resample(np.concatenate([part.samples for part in parts]), parts[0].rate, RATE).astype(np.float64)
    loud = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
    return sound[loud[0] : loud[-1] + 1] * 9000 / np.abs(sound).max()


def _hear(recognizer: Recognizer, expected: Expected, sound: NDArray[np.int16]) -> tuple[list[str], float, float]:
    """Return the final texts, the seconds from the end of speech to the last of them, and those of thinking."""
    heard: list[Heard] = []
    usual = EarsOptions()
    ears = Ears(recognizer, heard.append, strictness=usual.strictness, pause=usual.pause, longest=usual.longest)
    ears.expect(expected)
    delay = thought = 0.0
    end = len(sound) / RATE - _AFTER
    for number, samples in enumerate(sound[: len(sound) // CHUNK * CHUNK].reshape(-1, CHUNK)):
        known, begin = len(heard), time.perf_counter()
        ears.hear(Chunk(samples, number * _PERIOD))
        if len(heard) > known and heard[-1].final:
            thought = time.perf_counter() - begin
            delay = (number + 1) * _PERIOD - end + thought
    return [each.text for each in heard if each.final and each.text], delay, thought


def _first_sounds(missing: list[str]) -> dict[str, float]:
    times = {}
    for engine in ("espeak", "piper", "gtts"):
        try:
            voice = make_voice(engine, VoiceOptions(cache_megabytes=0))
            next(iter(voice.synthesize("Ready.", "en")))
            took = []
            for phrase in _PHRASES:
                begin = time.perf_counter()
                next(iter(voice.synthesize(phrase, "en")))
                took.append(time.perf_counter() - begin)
        except PerceptionError as error:
            missing.append(f"the voice {engine}: {error}")
            continue
        times[engine] = _median(took)
    return times


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else float("nan")
