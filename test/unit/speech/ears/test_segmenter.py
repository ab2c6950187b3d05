from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.speech.audio.input import CHUNK, RATE, Chunk
from emotion_perception.speech.ears.segmenter import Event, Segmenter, Step
from emotion_perception.speech.ears.vad import VoiceActivity

PERIOD = CHUNK / RATE


def steps(segmenter: Segmenter, sound: NDArray[np.int16]) -> list[Step]:
    chunks = sound[: len(sound) // CHUNK * CHUNK].reshape(-1, CHUNK)
    return [segmenter.step(Chunk(each, number * PERIOD)) for number, each in enumerate(chunks)]


@pytest.fixture
def segmenter() -> Segmenter:
    return Segmenter(VoiceActivity(2), pause=0.6, longest=5.0)


def pattern(segmenter_of: str, **options: float) -> list[Step]:
    """ "..#####...": speech where there is a #, of 20 ms each."""
    flags = iter(segmenter_of)
    made = Segmenter(lambda _: next(flags) == "#", **{"pause": 0.6, "longest": 5.0, **options})
    return steps(made, np.zeros(len(segmenter_of) * CHUNK, np.int16))


def test_an_utterance_is_whole_and_knows_its_times(segmenter, speech) -> None:
    sound = speech("what can you do", after=1.2)
    found = steps(segmenter, sound)
    events = [step.event for step in found if step.event is not Event.NOTHING]
    assert events[0] is Event.BEGAN
    assert events[-1] is Event.ENDED
    assert set(events[1:-1]) == {Event.GOES_ON}
    ended = next(step for step in found if step.event is Event.ENDED)
    assert ended.began == pytest.approx(0.3, abs=0.15)
    assert ended.ended == pytest.approx(len(sound) / RATE - 1.2, abs=0.25)
    heard = np.concatenate([step.sound for step in found])
    assert len(heard) / RATE > ended.ended - ended.began + 0.2


@pytest.mark.parametrize("kind", ["silence", "noise", "hum"])
def test_what_is_no_speech_is_no_utterance(segmenter, kind: str) -> None:
    samples = {
        "silence": np.zeros(3 * RATE),
        "noise": np.random.default_rng(1).normal(0, 1000, 3 * RATE),
        "hum": 3000 * np.sin(2 * np.pi * 50 * np.arange(3 * RATE) / RATE),
    }[kind]
    assert {step.event for step in steps(segmenter, samples.astype(np.int16))} == {Event.NOTHING}


def test_a_click_is_nothing_and_a_knock_is_dismissed() -> None:
    assert {step.event for step in pattern("..." + "##" + "." * 60)} == {Event.NOTHING}
    assert pattern("..." + "#####" + "." * 60)[-1].event is Event.NOTHING
    assert Event.DISMISSED in {step.event for step in pattern("..." + "#####" + "." * 60)}


def test_a_short_pause_is_within_and_a_long_one_between() -> None:
    ends = [Event.ENDED, Event.DISMISSED]
    assert sum(s.event in ends for s in pattern("#" * 20 + "." * 20 + "#" * 20 + "." * 60)) == 1
    assert sum(s.event in ends for s in pattern("#" * 20 + "." * 40 + "#" * 20 + "." * 60)) == 2


def test_what_never_ends_is_ended() -> None:
    found = pattern("#" * 400, longest=2.0)
    lengths = [step.ended - step.began for step in found if step.event is Event.ENDED]
    assert len(lengths) >= 3
    assert max(lengths) <= 2.05
