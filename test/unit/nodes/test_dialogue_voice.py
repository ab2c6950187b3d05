"""Phrases and the voice that says them; the voice here is the test."""

from __future__ import annotations

import math

import pytest

from emotion_perception.core.speaking_time import speaking_time
from emotion_perception.nodes.dialogue_voice import BEGIN, HUSH, PATIENCE, SLOWNESS, Voice


class Robot:
    """What a Voice tells and asks; ``tells`` and ``stops``: what the voice behind it can do."""

    def __init__(self, *, tells: bool = True, stops: bool = True) -> None:
        self.said: list[str] = []
        self.fell_silent: list[bool] = []  # whether something failed, each time
        self.troubles: list[str] = []
        self.stopped = 0
        self._stops = stops
        self.voice = Voice(
            send=lambda text, language: self.said.append(f"{language}: {text}"),
            stop=self._stop,
            tells=lambda: tells,
            spoken=self.fell_silent.append,
            trouble=self.troubles.append,
        )

    def _stop(self) -> bool:
        self.stopped += self._stops
        return self._stops


@pytest.fixture
def robot() -> Robot:
    return Robot()


def test_a_phrase_is_over_when_its_sound_ends(robot: Robot) -> None:
    robot.voice.say("Hello.", "en", 10.0)
    assert robot.said == ["en: Hello."]
    robot.voice.speaking(True, 10.5)
    assert robot.fell_silent == []
    robot.voice.speaking(False, 11.5)
    assert robot.fell_silent == [False]
    assert robot.voice.deadline == math.inf


def test_the_next_phrase_is_said_when_the_one_before_was_heard_and_silence_is_told_once(robot: Robot) -> None:
    robot.voice.say("Hello.", "en", 0.0)
    robot.voice.say("Γεια σου.", "el", 0.1)
    robot.voice.speaking(True, 0.2)
    assert robot.said == ["en: Hello."]
    robot.voice.speaking(False, 1.0)
    assert robot.said == ["en: Hello.", "el: Γεια σου."]
    robot.voice.speaking(True, 1.1)
    robot.voice.speaking(False, 2.0)
    assert robot.fell_silent == [False]


def test_the_end_of_somebody_elses_phrase_is_not_that_of_ours(robot: Robot) -> None:
    robot.voice.speaking(True, 0.0)
    robot.voice.say("Hello.", "en", 0.1)
    robot.voice.speaking(False, 0.2)
    assert robot.fell_silent == []


def test_silence_told_again_instead_of_sound_is_that_nothing_comes(robot: Robot) -> None:
    robot.voice.say("Hello.", "en", 0.0)
    robot.voice.speaking(False, 0.1)
    assert robot.fell_silent == [True]


def test_of_a_voice_that_does_not_tell_the_time_is_guessed() -> None:
    robot = Robot(tells=False)
    robot.voice.say("Hello, who are you?", "en", 5.0)
    assert robot.voice.deadline == 5.0 + speaking_time("Hello, who are you?")
    robot.voice.tick(robot.voice.deadline - 0.01)
    assert robot.fell_silent == []
    robot.voice.tick(robot.voice.deadline)
    assert (robot.fell_silent, robot.troubles) == ([False], [])


def test_a_voice_that_does_not_begin_is_given_up_with_a_word(robot: Robot) -> None:
    robot.voice.say("Hello.", "en", 0.0)
    robot.voice.say("Are you there?", "en", 0.0)
    robot.voice.tick(BEGIN)
    assert robot.said[1:] == ["en: Are you there?"]
    robot.voice.speaking(True, BEGIN + 1)
    robot.voice.speaking(False, BEGIN + 2)
    assert robot.fell_silent == [True], "some of it could not be said"
    assert "did not begin" in robot.troubles[0]


def test_a_voice_that_does_not_end_is_given_up_with_a_word(robot: Robot) -> None:
    robot.voice.say("Hello.", "en", 0.0)
    robot.voice.speaking(True, 1.0)
    robot.voice.tick(1.0 + SLOWNESS * speaking_time("Hello.") + PATIENCE)
    assert robot.fell_silent == [True]
    assert "does not come to an end" in robot.troubles[0]


def test_hushed_it_says_no_more_and_the_next_phrase_waits_until_the_voice_has_stopped(robot: Robot) -> None:
    robot.voice.say("Once upon a time there was", "en", 0.0)
    robot.voice.say("a robot.", "en", 0.0)
    robot.voice.speaking(True, 0.5)
    robot.voice.hush(1.0)
    robot.voice.say("Good.", "en", 1.0)
    assert (robot.stopped, robot.said[1:]) == (1, [])
    robot.voice.speaking(False, 1.1)
    assert robot.said[1:] == [], "the answer may still be on its way, and would stop this one too"
    robot.voice.hushed(1.2)
    assert robot.said[1:] == ["en: Good."]
    assert robot.fell_silent == []
    robot.voice.speaking(True, 1.3)
    robot.voice.hush(1.4)
    robot.voice.say("Better.", "en", 1.4)
    robot.voice.hushed(1.5)
    assert robot.said[2:] == [], "the end of its sound may still be on its way, and would be taken for that of this one"
    robot.voice.speaking(False, 1.6)
    assert robot.said[2:] == ["en: Better."]


def test_a_voice_that_does_not_answer_is_not_waited_for(robot: Robot) -> None:
    robot.voice.say("Once upon a time", "en", 0.0)
    robot.voice.hush(1.0)
    robot.voice.tick(1.0 + HUSH)
    robot.voice.say("Good.", "en", 4.0)
    assert robot.said[1:] == ["en: Good."]
    assert robot.fell_silent == []


def test_where_nothing_can_be_stopped_the_next_phrase_is_sent_at_once() -> None:
    robot = Robot(tells=False, stops=False)
    robot.voice.say("Once upon a time", "en", 0.0)
    robot.voice.hush(1.0)
    robot.voice.say("Good.", "en", 1.0)
    assert robot.said[1:] == ["en: Good."]


def test_to_hush_one_who_is_silent_stops_nothing(robot: Robot) -> None:
    robot.voice.hush(0.0)
    assert robot.stopped == 0
    robot.voice.say("Hello.", "en", 0.0)
    assert robot.said == ["en: Hello."]


def test_speaking_time_is_that_of_the_slowest_voice_measured() -> None:
    # espeak-ng: 7.1 s for these 71 Ukrainian characters, 7.1 s for these 24 Chinese ones, 3.8 s for these 65 English.
    said = {
        "Привіт! Здається, ми ще не знайомі. Чи можу я запам'ятати ваше обличчя?": 7.1,
        "你好！我想我们还没有见过面。我可以记住你的脸吗？": 7.1,
        "Hello! I do not think that we have met. May I remember your face?": 3.8,
    }
    for text, seconds in said.items():
        assert seconds <= speaking_time(text) <= 2 * seconds, text
