from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from emotion_perception.core.errors import AudioError, VoiceError
from emotion_perception.speech.mouth import Mouth
from emotion_perception.speech.voices.base import Sound


class FakeVoice:
    """Says one sample of the value 1000 for a word, and what it is told to."""

    name, notice, rate = "fake", "", 1000

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.broken: Exception | None = None

    def synthesize(self, text: str, language: str) -> Iterator[Sound]:
        self.said.append((text, language))
        for _ in text.split():
            yield Sound(np.full(1, 1000, np.int16), self.rate)
        if self.broken:
            raise self.broken


class FakeOutput:
    """A loudspeaker that takes as long as the test lets it."""

    rate = 1000

    def __init__(self) -> None:
        self.played: list[int] = []
        self.lost = ""
        self.closed = False
        self.may_end = threading.Event()
        self.may_end.set()
        self.drains = threading.Event()

    def write(self, samples: Any, *, unless: Callable[[], bool]) -> None:
        if self.lost:
            raise AudioError(self.lost)
        if unless():
            return
        self.played += samples.tolist()

    def drain(self) -> None:
        self.drains.set()
        assert self.may_end.wait(10)

    def stop(self) -> None:
        self.may_end.set()

    def close(self) -> None:
        self.closed = True


class Robot:
    def __init__(self) -> None:
        self.voice, self.output = FakeVoice(), FakeOutput()
        self.missing = ""
        self.changed = threading.Condition()
        self.events: list[tuple[str, Any]] = []
        self.mouth = Mouth(
            self.voice,  # type: ignore[arg-type]
            self._open,  # type: ignore[arg-type]
            speaking=self._note("speaking"),
            device=self._note("device"),
            failed=self._note("failed"),
        )

    def _open(self, rate: int) -> FakeOutput:
        if self.missing:
            raise AudioError(self.missing)
        return self.output

    def _note(self, name: str) -> Callable[[Any], None]:
        def note(value: Any) -> None:
            with self.changed:
                self.events.append((name, value))
                self.changed.notify_all()

        return note

    def wait(self, name: str, value: Any, count: int = 1) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.events.count((name, value)) >= count, 10), self.events

    def all(self, name: str) -> list[Any]:
        return [value for event, value in self.events if event == name]


@pytest.fixture
def robot() -> Iterator[Robot]:
    made = Robot()
    yield made
    made.output.may_end.set()
    made.mouth.close()


def test_speaking_is_true_from_the_first_sound_to_the_last(robot: Robot) -> None:
    robot.output.may_end.clear()
    robot.mouth.say("one two", "el")
    robot.wait("speaking", True)
    assert robot.output.drains.wait(10)
    assert robot.all("speaking") == [True]

    robot.output.may_end.set()
    robot.wait("speaking", False)

    assert robot.output.played == [1000, 1000]
    assert robot.voice.said == [("one two", "el")]


def test_volume(robot: Robot) -> None:
    robot.mouth.volume = 0.25
    robot.mouth.say("one", "en")
    robot.wait("speaking", False)

    assert robot.output.played == [250]


def test_stop_ends_the_phrase_and_forgets_the_others(robot: Robot) -> None:
    robot.output.may_end.clear()
    for text in ("one", "two", "three"):
        robot.mouth.say(text, "en")
    assert robot.output.drains.wait(10)

    assert robot.mouth.stop() == 2
    robot.wait("speaking", False)
    robot.mouth.say("four", "en")
    robot.wait("speaking", False, 2)

    assert [text for text, _ in robot.voice.said] == ["one", "four"]


def test_stop_at_the_very_moment_before_the_first_sound_lets_none_be_heard(robot: Robot) -> None:
    robot.mouth._began = lambda seconds: robot.mouth.stop()  # between `speaking` and the loudspeaker
    robot.mouth.say("one", "en")
    robot.wait("speaking", False)

    assert robot.output.played == []


def test_a_text_that_cannot_be_said_fails_in_its_turn(robot: Robot) -> None:
    robot.output.may_end.clear()
    robot.mouth.say("one", "en")
    assert robot.output.drains.wait(10)
    robot.mouth.say("\N{PARTY POPPER}", "en")
    robot.mouth.say("x" * 20_001, "en")
    assert robot.all("speaking") == [True]  # sound still plays

    robot.output.may_end.set()
    robot.wait("speaking", False, 3)

    assert ["nothing in it" in robot.all("failed")[0], "too long" in robot.all("failed")[1]] == [True, True]


def test_a_voice_that_fails_half_way_ends_its_phrase_only(robot: Robot) -> None:
    for broken in (VoiceError("the voice is hoarse"), ZeroDivisionError("oh")):
        robot.voice.broken = broken
        robot.mouth.say("one", "en")
        robot.wait("speaking", False, len(robot.all("failed")) + 1)
    robot.voice.broken = None
    robot.mouth.say("two", "en")
    robot.wait("speaking", False, 3)

    assert robot.all("failed") == ["the voice is hoarse", "the voice fake failed (ZeroDivisionError: oh)"]
    assert robot.output.played == [1000] * 3


def test_a_loudspeaker_that_goes_is_told_once_and_the_next_one_is_used(robot: Robot) -> None:
    robot.wait("device", "")
    old, robot.output = robot.output, FakeOutput()
    robot.missing = "there is none"
    old.lost = "it is gone"
    robot.wait("device", "there is none")
    robot.mouth.say("one", "en")
    robot.wait("speaking", False)
    assert old.closed and "was not said" in robot.all("failed")[0]

    robot.missing = ""
    robot.wait("device", "", 2)
    robot.mouth.say("two", "en")
    robot.wait("speaking", True)

    assert robot.all("device")[:3] == ["", "it is gone", "there is none"]
    assert robot.all("speaking")[:2] == [False, True]


def test_too_many_phrases_are_refused(robot: Robot) -> None:
    robot.output.may_end.clear()
    robot.mouth.say("first", "en")
    assert robot.output.drains.wait(10)

    with pytest.raises(VoiceError, match="20 phrases are waiting"):
        for _ in range(30):
            robot.mouth.say("and another", "en")


def test_close_ends_what_is_being_said() -> None:
    robot = Robot()
    robot.output.may_end.clear()
    robot.mouth.say("one", "en")
    assert robot.output.drains.wait(10)

    robot.mouth.close()

    assert robot.all("speaking") == [True, False]
    assert robot.output.closed
