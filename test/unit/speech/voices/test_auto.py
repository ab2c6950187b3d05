from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from emotion_perception.speech.audio.output import open_output
from emotion_perception.speech.mouth import Mouth
from emotion_perception.speech.voices.auto import AutoVoice
from emotion_perception.speech.voices.cache import PhraseCache
from emotion_perception.speech.voices.espeak import EspeakVoice
from emotion_perception.speech.voices.gtts import GttsVoice


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def voice(cloud: Any, tmp_path: Path, said: list[str], clock: Clock) -> AutoVoice:
    kept = PhraseCache(tmp_path / "phrases", limit=1_000_000)
    return AutoVoice(GttsVoice(kept), EspeakVoice(), trouble=said.append, clock=clock)


@pytest.fixture
def heard(is_tone: Any) -> Callable[[AutoVoice, str], list[str]]:
    def speak(voice: AutoVoice, text: str, language: str = "en") -> list[str]:
        sounds = [each for each in voice.synthesize(text, language) if each.samples.any()]
        return ["cloud" if is_tone(each.samples, each.rate) else "espeak" for each in sounds]

    return speak


def test_the_cloud_speaks_when_it_is_there(voice: AutoVoice, heard: Any, said: list[str]) -> None:
    assert heard(voice, "This is a first sentence. And this is another one.") == ["cloud", "cloud"]
    assert set(said) == {""}


FAULTS: dict[str, Callable[[Any, Any], None]] = {
    "429": lambda cloud, handler: cloud.reply(handler, b"", 429),
    "garbage": lambda cloud, handler: cloud.reply(handler, b"\xff\x00"),
    "disconnect": lambda cloud, handler: handler.connection.close(),
    "empty": lambda cloud, handler: cloud.reply(handler, b""),
    "stall": lambda cloud, handler: cloud.stall(handler),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_espeak_is_heard_when_the_cloud_fails(
    cloud: Any, is_tone: Any, said: list[str], tmp_path: Path, fault: str
) -> None:
    voice = AutoVoice(GttsVoice(), EspeakVoice(), trouble=said.append)
    cloud.behave = lambda handler: FAULTS[fault](cloud, handler)
    path, failures, speaking = tmp_path / "heard.wav", list[str](), list[bool]()
    mouth = Mouth(
        voice,
        lambda rate: open_output(f"file:{path}", rate),
        speaking=speaking.append,
        device=lambda sentence: None,
        failed=failures.append,
    )
    mouth.say("Hello, I am a robot.", "en")
    end = time.monotonic() + 15
    while False not in speaking and time.monotonic() < end:
        time.sleep(0.01)
    mouth.close()

    samples, rate = soundfile.read(path, dtype="int16")
    assert len(samples) / rate > 1.0 and np.abs(samples).max() > 8000
    assert not is_tone(samples, rate)
    assert speaking == [True, False] and not failures
    assert said and "espeak speaks for the next 15 s" in said[-1]
    assert len(cloud.asked) == 1


def test_after_a_failure_the_cloud_is_left_alone_for_longer_and_longer(
    voice: AutoVoice, cloud: Any, heard: Any, clock: Clock, said: list[str]
) -> None:
    cloud.behave = lambda handler: cloud.reply(handler, b"", 503)
    assert heard(voice, "one") == ["espeak"]
    clock.now += 14
    assert heard(voice, "two") == ["espeak"] and len(cloud.asked) == 1
    clock.now += 2
    assert heard(voice, "three") == ["espeak"] and len(cloud.asked) == 2
    clock.now += 29
    assert heard(voice, "four") == ["espeak"] and len(cloud.asked) == 2
    for _ in range(10):
        clock.now += 601
        heard(voice, "five")
    assert "for the next 600 s" in said[-1]

    cloud.behave = None
    clock.now += 601
    assert heard(voice, "six") == ["cloud"]
    assert said[-1] == ""


def test_what_the_cloud_said_before_it_says_again_without_being_asked(voice: AutoVoice, cloud: Any, heard: Any) -> None:
    heard(voice, "Hello there.")
    cloud.behave = lambda handler: cloud.reply(handler, b"", 503)
    heard(voice, "something else")

    assert heard(voice, "Hello there.") == ["cloud"]
    assert len(cloud.asked) == 2


def test_a_damaged_phrase_does_not_make_people_wait_for_a_cloud_that_stalls(
    voice: AutoVoice, cloud: Any, heard: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard(voice, "Hello there.")
    (kept,) = (tmp_path / "phrases").iterdir()
    kept.write_bytes(b"no sound")
    gave_up = threading.Event()

    def stall(handler: Any) -> None:
        cloud.release.wait(20)
        gave_up.set()

    cloud.behave = stall
    monkeypatch.setattr(voice._cloud, "_timeout", 60.0)

    assert heard(voice, "Hello there.") == ["espeak"]
    assert not gave_up.is_set()


def test_a_phrase_that_the_cloud_knows_in_part_does_not_change_voices_while_it_rests(
    voice: AutoVoice, cloud: Any, heard: Any
) -> None:
    heard(voice, "This is a sentence that is known.")
    cloud.behave = lambda handler: cloud.reply(handler, b"", 503)
    heard(voice, "something else")

    assert heard(voice, "This is a sentence that is known. And this is one that is new.") == ["espeak", "espeak"]


def test_espeak_goes_on_where_the_cloud_ends(voice: AutoVoice, cloud: Any, heard: Any) -> None:
    def once(handler: Any) -> None:
        cloud.say(handler) if len(cloud.asked) == 1 else cloud.reply(handler, b"", 429)

    cloud.behave = once

    assert heard(voice, "This is a first sentence. And this is another one.") == ["cloud", "espeak"]


def test_what_comes_too_late_is_remembered(
    voice: AutoVoice, cloud: Any, heard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(handler: Any) -> None:
        cloud.release.wait(10)
        cloud.say(handler)

    cloud.behave = late
    assert heard(voice, "Hello there.") == ["espeak"]

    cloud.release.set()
    end = time.monotonic() + 10
    while not voice._cloud.knows("Hello there.", "en") and time.monotonic() < end:
        time.sleep(0.01)
    assert heard(voice, "Hello there.") == ["cloud"]


def test_a_language_that_only_espeak_has(voice: AutoVoice, cloud: Any, heard: Any, said: list[str]) -> None:
    assert heard(voice, "saluton", "eo") == ["espeak"]
    assert not cloud.asked and not said
