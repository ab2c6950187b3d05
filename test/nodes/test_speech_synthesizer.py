"""The voice in a real graph: what comes on `speech` is in the WAV file that stands in for a loudspeaker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gtts.tts
import numpy as np
import pytest
import soundfile
from emotion_perception.msg import Expectation
from std_msgs.msg import Bool, String
from std_srvs.srv import Trigger

from emotion_perception.nodes.speech_synthesizer import SpeechSynthesizerNode
from emotion_perception.ros.qos import LATCHED

NAME = "speech_synthesizer"


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    return tmp_path / "heard.wav"


@pytest.fixture
def robot(start: Any, outsider: Any, wav: Path) -> Callable[..., Any]:
    """robot(engine="espeak") -> (say, what came on speaking); the loudspeaker is the file `wav`."""

    def make(**values: Any) -> tuple[Callable[[str], None], Any]:
        start(SpeechSynthesizerNode, **{"engine": "espeak", "device": f"file:{wav}"} | values)
        speaking = outsider.listen(Bool, "speaking", LATCHED)
        speech = outsider.talk(String, "speech")
        speaking.wait(lambda messages: len(messages) == 1)  # false, as it is latched
        return lambda text: speech.publish(String(data=text)), speaking

    return make


def values(speaking: Any) -> list[bool]:
    return [message.data for message in list(speaking.messages)]


def seconds(path: Path) -> float:
    return float(soundfile.info(path).duration)


def test_says_phrase_after_phrase(robot: Any, wav: Path) -> None:
    say, speaking = robot()

    say("Hello.")
    speaking.wait(lambda messages: len(messages) == 3)
    say("I am a robot.")
    speaking.wait(lambda messages: len(messages) == 5)

    assert values(speaking) == [False, True, False, True, False]
    samples, rate = soundfile.read(wav, dtype="int16")
    assert rate == 22050
    assert 1.0 < len(samples) / rate < 3.0 and np.abs(samples).max() > 8000


def test_phrases_that_wait_are_said_too(robot: Any, wav: Path) -> None:
    say, speaking = robot()

    for _ in range(3):
        say("Hello.")
    # `speaking` is latched and keeps the last only: the moment between two phrases need not be seen.
    speaking.wait(lambda messages: len(messages) >= 3 and not messages[-1].data and seconds(wav) > 1.2)

    assert seconds(wav) < 3.0


def test_stop_cuts_the_phrase_off_and_drops_those_that_wait(robot: Any, outsider: Any, wav: Path) -> None:
    say, speaking = robot()
    for text in ("This is a sentence that goes on and on. " * 5, "And another one.", "And the last."):
        say(text)
    speaking.wait(lambda messages: len(messages) == 2)

    answer = outsider.call(Trigger, f"/{NAME}/stop", Trigger.Request())
    speaking.wait(lambda messages: len(messages) == 3)

    assert answer.success and "2 phrases" in answer.message
    assert values(speaking) == [False, True, False]
    assert seconds(wav) < 5.0
    say("Now this.")
    speaking.wait(lambda messages: len(messages) == 5)


def test_stop_without_anything_to_stop(robot: Any, outsider: Any) -> None:
    robot()

    assert outsider.call(Trigger, f"/{NAME}/stop", Trigger.Request()).success


def test_speaks_the_language_of_the_dialogue(robot: Any, outsider: Any, wav: Path) -> None:
    say, speaking = robot(language="en")
    say("100")
    speaking.wait(lambda messages: len(messages) == 3)
    english = seconds(wav)

    outsider.talk(Expectation, "dialogue/expectation", LATCHED).publish(Expectation(language="hu"))
    say("100")
    speaking.wait(lambda messages: len(messages) == 5)

    assert not np.isclose(seconds(wav) - english, english, atol=0.02)  # "száz" is shorter than "a hundred"


@pytest.mark.parametrize("text", ["", "😀🎉", "\x01\x02 \x00", "x" * 20_001])
def test_a_text_that_cannot_be_said_is_told_and_harms_nothing(robot: Any, diagnoses: Any, wav: Path, text: str) -> None:
    say, speaking = robot()

    say(text)
    diagnoses.wait_for(NAME, "can be said" if len(text) < 100 else "too long to say")
    speaking.wait(lambda messages: len(messages) == 2)  # whoever waits for its end need not wait for ever
    say("Hello.")
    speaking.wait(lambda messages: len(messages) == 4)

    assert values(speaking) == [False, False, True, False]
    assert seconds(wav) > 0.2


def test_the_cloud_out_of_reach_is_told_and_espeak_is_heard(
    robot: Any, diagnoses: Any, outsider: Any, wav: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(gtts.tts, "_translate_url", lambda tld="com", path="": "http://127.0.0.1:9/" + path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    say, speaking = robot(engine="auto")
    notice = outsider.listen(String, "privacy_notice", LATCHED)

    say("Hello, I am a robot.")
    speaking.wait(lambda messages: len(messages) == 3)

    diagnoses.wait_for(NAME, "espeak speaks for the next 15 s")
    assert "sends every text" in notice.wait(bool)[0].data
    assert seconds(wav) > 1.0


def test_none_takes_the_time_and_no_device(start: Any, outsider: Any) -> None:
    start(SpeechSynthesizerNode, engine="none", device="no such device")
    speaking = outsider.listen(Bool, "speaking", LATCHED)
    speaking.wait(bool)

    outsider.talk(String, "speech").publish(String(data="Hello there."))

    speaking.wait(lambda messages: [each.data for each in messages] == [False, True, False])


def test_a_voice_that_is_missing_is_a_sentence(start: Any, eventually: Any) -> None:
    node = start(SpeechSynthesizerNode, active=False, engine="piper", voice_path="/no/such/voice.onnx")

    eventually(lambda: node.failure)

    assert node.failure.startswith(f"{NAME}: piper")
    assert not node.active


def test_an_inactive_node_says_nothing_and_can_be_activated_again(robot: Any, graph: Any, outsider: Any) -> None:
    say, speaking = robot()
    (node,) = [each for each in graph._nodes if isinstance(each, SpeechSynthesizerNode)]
    say("This is a sentence that goes on and on. " * 5)
    speaking.wait(lambda messages: len(messages) == 2)

    for _ in range(3):
        node.trigger_deactivate()
        assert values(speaking)[-1] is False or speaking.wait(lambda messages: messages[-1].data is False)
        assert not outsider.call(Trigger, f"/{NAME}/stop", Trigger.Request()).success
        node.trigger_activate()
        assert node.active
    count = len(speaking)
    say("Hello.")
    speaking.wait(lambda messages: len(messages) >= count + 2)


def test_a_loudspeaker_that_is_missing_is_told_and_one_that_comes_back_is_used(
    sound_server: Any, start: Any, outsider: Any, diagnoses: Any
) -> None:
    sound_server.stop()
    start(SpeechSynthesizerNode, engine="espeak")
    diagnoses.wait_for(NAME, "there is no loudspeaker")
    speaking = outsider.listen(Bool, "speaking", LATCHED)
    speech = outsider.talk(String, "speech")
    speaking.wait(lambda messages: len(messages) == 1)
    speech.publish(String(data="Hello."))
    diagnoses.wait_for(NAME, "was not said")
    assert values(speaking) == [False, False]

    sound_server.start()
    diagnoses.wait_for(NAME, "OK", 40.0)
    speech.publish(String(data="Hello again."))
    speaking.wait(lambda messages: len(messages) == 4, 40.0)

    sound_server.stop()
    diagnoses.wait_for(NAME, "there is no loudspeaker", 40.0)
    sound_server.start()
    diagnoses.wait_for(NAME, "OK", 40.0)
    speech.publish(String(data="Hello for the third time."))
    speaking.wait(lambda messages: len(messages) == 6, 40.0)
    assert values(speaking) == [False, False, True, False, True, False]
