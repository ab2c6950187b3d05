"""speech_recognizer in real graphs, with sound files and a real sound server as its microphone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from diagnostic_msgs.msg import DiagnosticStatus
from emotion_perception.msg import Expectation, Utterance
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool

from emotion_perception.nodes.speech_recognizer import SpeechRecognizerNode
from emotion_perception.ros.messages import nanoseconds
from emotion_perception.speech.audio.resample import resample
from emotion_perception.speech.voices.espeak import EspeakVoice

RATE = 16000
LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory):
    """said("what can you do", seconds) -> a WAV file of it, with silence and faint noise before and after."""

    def make(text: str, before: float = 0.5) -> Path:
        parts = list(EspeakVoice().synthesize(text, "en"))
        sound = resample(np.concatenate([part.samples for part in parts]), parts[0].rate, RATE)
        whole = np.concatenate([np.zeros(round(before * RATE), np.int16), sound, np.zeros(RATE, np.int16)])
        noise = np.random.default_rng(1).normal(0, 30, len(whole))
        path = tmp_path_factory.mktemp("said") / "said.wav"
        soundfile.write(path, (whole // 2 + noise).astype(np.int16), RATE)
        return path

    return make


@pytest.fixture
def expect(outsider):
    publisher = outsider.create_publisher(Expectation, "dialogue/expectation", LATCHED)
    return lambda *phrases, language="en", names=(): publisher.publish(
        Expectation(language=language, phrases=phrases, names=names)
    )


def test_what_is_expected_and_said_is_heard(start, outsider, expect, said) -> None:
    heard = outsider.listen(Utterance, "heard")
    expect("yes", "no", "what can you do")
    before = outsider.get_clock().now().nanoseconds
    start(SpeechRecognizerNode, device=f"file:{said('what can you do', 2.0)}")
    messages = heard.wait(lambda ms: any(m.final for m in ms))
    last = messages[-1]
    assert (last.text, last.language, last.header.frame_id) == ("what can you do", "en", "microphone")
    assert 0.5 <= last.confidence <= 1
    assert before < nanoseconds(last.header) < outsider.get_clock().now().nanoseconds - int(1e9)
    assert all(nanoseconds(m.header) - nanoseconds(last.header) < 5e7 for m in messages)


def test_it_does_not_hear_the_robot(start, outsider, expect, said, eventually) -> None:
    heard = outsider.listen(Utterance, "heard")
    expect("what can you do")
    speaking = outsider.create_publisher(Bool, "speaking", LATCHED)
    speaking.publish(Bool(data=True))
    node = start(SpeechRecognizerNode, device=f"file:{said('what can you do', 3.0)}")
    eventually(lambda: node._details.get("ended") == "true")
    assert [m for m in heard.messages if m.final] == []


def test_a_voice_that_vanishes_while_it_speaks_leaves_no_deaf_robot(start, outsider, expect, said) -> None:
    heard = outsider.listen(Utterance, "heard")
    expect("what can you do")
    speaking = outsider.create_publisher(Bool, "speaking", LATCHED)
    speaking.publish(Bool(data=True))
    node = start(SpeechRecognizerNode, device=f"file:{said('what can you do', 6.0)}")
    outsider.drop(speaking)
    assert heard.wait(lambda ms: any(m.final for m in ms), 30)[-1].text == "what can you do"
    assert node.active


def test_a_language_that_the_engine_lacks_is_told_and_the_rest_goes_on(start, outsider, expect, diagnoses) -> None:
    expect("ναι", language="el")
    node = start(SpeechRecognizerNode, device="file:/nowhere.wav")
    diagnoses.wait_for("speech_recognizer", "there is no sound file /nowhere.wav")
    assert node.active


def test_a_microphone_that_is_unplugged_is_told_and_heard_again_when_it_is_back(
    sound_server, start, outsider, expect, diagnoses, said
) -> None:
    heard = outsider.listen(Utterance, "heard")
    expect("what can you do", "how do i look")
    start(SpeechRecognizerNode, device="pulse:robot_mic")
    diagnoses.wait(lambda statuses: any(map(_listens, statuses)), 30)
    _play(said("what can you do"))
    assert heard.wait(lambda ms: any(m.final for m in ms))[-1].text == "what can you do"

    sound_server.stop()
    diagnoses.wait_for("speech_recognizer", "microphone", 30)
    sound_server.start()
    before = len(diagnoses)
    diagnoses.wait(lambda statuses: any(map(_listens, statuses[before:])), 30)
    _play(said("how do i look"))
    assert heard.wait(lambda ms: ms[-1].final and ms[-1].text == "how do i look")


def _play(path: Path) -> None:
    subprocess.run(["paplay", "--device=robot", str(path)], check=True, timeout=30)


def _listens(status: DiagnosticStatus) -> bool:
    """Whether sound comes from the microphone."""
    values = {each.key: each.value for each in status.values}
    return "robot_mic" in values.get("microphone", "") and values.get("sound") == "comes"
