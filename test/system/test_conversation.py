"""The whole robot talks with somebody: real video, a real sound server, a real voice, and real ears."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import soundfile
from emotion_perception.msg import DialogueState, Utterance
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool, String

from emotion_perception.core.people.store import PeopleStore
from emotion_perception.ros.process import Graph
from emotion_perception.speech.voices.base import Sound
from emotion_perception.speech.voices.espeak import EspeakVoice

TIMEOUT = 90.0  # of liveness, generous: the machine may be busy
LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
SINK = "robot"
ASKING = ("ask_consent", "ask_name", "confirm_name", "enrol", "chat")
PROGRAMS = ("pulseaudio", "pactl", "paplay")
INSTALL = "sudo apt-get install pulseaudio pulseaudio-utils libportaudio2 libasound2-plugins"


@pytest.fixture
def sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A sound server of the test's own: what is played into its null sink is what its microphone hears."""
    if not all(map(shutil.which, PROGRAMS)):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"there is no sound server here: {INSTALL}")
    home = tmp_path / "sound"
    home.mkdir(mode=0o700)
    socket = home / "socket"
    environment = {
        **{name: str(home) for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "PULSE_RUNTIME_PATH")},
        "PULSE_SERVER": f"unix:{socket}",
        "PULSE_SINK": SINK,
        "PULSE_SOURCE": f"{SINK}.monitor",
    }
    modules = [
        f"module-native-protocol-unix socket={socket} auth-anonymous=1",
        f"module-null-sink sink_name={SINK} rate=16000 channels=1",
    ]
    command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", *(f"--load={module}" for module in modules)]
    server = subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.DEVNULL)
    for name, value in environment.items():
        if name.startswith("PULSE"):
            monkeypatch.setenv(name, value)
    try:
        end = time.monotonic() + TIMEOUT
        while subprocess.run(["pactl", "info"], capture_output=True, check=False).returncode:
            assert time.monotonic() < end and server.poll() is None, "the sound server does not start"
            time.sleep(0.05)
        yield
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def visit(asset: Callable[[str], Path], tmp_path: Path) -> Path:
    """Six seconds of the demo clip's woman, forwards and backwards, so that she stays in view however often they play.

    She makes no faces here: elsewhere she looks so unlike herself that a robot that met her once would not know her.
    """
    reader = cv2.VideoCapture(str(asset("demo_clip")))
    frames = []
    while (found := reader.read())[0]:
        frames.append(found[1])
    frames = frames[292:436:2]
    path = tmp_path / "visit.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=12, options={"preset": "ultrafast", "crf": "18"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in [*frames, *frames[-2:0:-1]]:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
        container.mux(stream.encode())
    return path


class Witness(Node):
    """Writes down what is said, heard and reported, as any other node could."""

    def __init__(self, **options: Any) -> None:
        super().__init__("witness", **options)
        self._changed = threading.Condition()
        self.said: list[str] = []
        self.heard: list[str] = []
        self.states: list[DialogueState] = []
        self.sounds: list[bool] = []
        self._sounds_before = 0
        self.create_subscription(String, "speech", self._note_said, 10)
        self.create_subscription(Utterance, "heard", lambda m: m.final and self._note(self.heard, m.text), 10)
        self.create_subscription(DialogueState, "dialogue/state", lambda m: self._note(self.states, m), LATCHED)
        self.create_subscription(Bool, "speaking", lambda m: self._note(self.sounds, m.data), LATCHED)

    def wait(self, condition: Callable[[], Any], what: str, timeout: float = TIMEOUT) -> None:
        """Wait until a condition on what was written down holds."""
        with self._changed:
            states = [(each.state, each.waiting_for) for each in self.states]
            assert self._changed.wait_for(condition, timeout), f"{what}: {self.said} {self.heard} {states}"

    def wait_said(self, text: str) -> str:
        """Wait until the robot says something with this text in it, and return all of it."""
        self.wait(lambda: any(text in each for each in self.said), text)
        return next(each for each in self.said if text in each)

    def wait_turn(self, answered: int) -> str:
        """Wait until the robot has said more than so many phrases and is silent, and return the newest."""
        self.wait(lambda: len(self.said) > answered and self.silent, "a phrase")
        return self.said[-1]

    def await_graph(self, condition: Callable[[], bool]) -> None:
        """Wait until something about other nodes holds."""
        end = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < end, self.get_node_names()
            time.sleep(0.05)

    @property
    def silent(self) -> bool:
        """Whether the newest phrase was heard to its end; its sound may be told of a moment before its text."""
        sounds = self.sounds[max(0, self._sounds_before - 1) :]
        return True in sounds and not sounds[-1]

    def _note_said(self, message: String) -> None:
        self._sounds_before = len(self.sounds)
        self._note(self.said, message.data)

    def _note(self, noted: list[Any], value: Any) -> None:
        with self._changed:
            noted.append(value)
            self._changed.notify_all()


class Visitor:
    """Somebody with another voice than the robot's, who talks into the room."""

    def __init__(self, folder: Path) -> None:
        self._voice = EspeakVoice(variant="m3", rate=0.85)
        self._folder = folder

    def say(self, text: str) -> None:
        """Say it after a moment's thought; returns when it was heard."""
        spoken = list(self._voice.synthesize(text, "en"))
        rate = spoken[0].rate
        samples = np.concatenate([Sound.silence(1.0, rate).samples, *(piece.samples for piece in spoken)])
        path = self._folder / "visitor.wav"
        soundfile.write(path, samples, rate, subtype="PCM_16")
        subprocess.run(["paplay", "--latency-msec=500", f"--device={SINK}", str(path)], check=True, timeout=TIMEOUT)


def talk(visitor: Visitor, witness: Witness, *, name: str) -> None:
    """Answer what the robot asks, again if it asks again, as anybody would whom it misheard."""
    answered = 0
    while not (phrase := witness.wait_turn(answered)).startswith("Nice to meet you"):
        answered = len(witness.said)
        assert "Never mind" not in phrase, (witness.said, witness.heard)
        if f"{name}: is that right" in phrase or "May I remember" in phrase:
            visitor.say("yes")
        elif "is that right" in phrase:
            visitor.say("no")
        elif "your name" in phrase:
            visitor.say(f"my name is {name}")


@pytest.fixture
def witness(domain: int) -> Iterator[Witness]:
    with Graph(["--ros-args", "--log-level", "warn"]) as graph:
        yield graph.add(Witness)


class TalkingRobot:
    """The robot in one process; its camera in another, so that nobody comes before the witness listens."""

    def __init__(self, robot: Callable[..., Any], witness: Witness, visit: Path, people: Path) -> None:
        arguments = ["--scenario", "greet_and_react", "--tts", "espeak", "--stt", "pocketsphinx"]
        before = witness.count_publishers("speech")
        self._run = robot("--no-camera", "--no-overlay", *arguments, "--param", f"face_identity.people:={people}")
        witness.await_graph(lambda: witness.count_publishers("speech") > before)
        camera = [sys.executable, "-c", "from emotion_perception.nodes.camera import main; main()", "--ros-args"]
        self._camera = subprocess.Popen([*camera, "-p", f"source:=file:{visit}", "-p", "loop:=true"])

    def stop(self) -> None:
        """End both, as Ctrl-C does; once."""
        if self._camera.returncode is not None:
            return
        self._camera.send_signal(signal.SIGINT)
        self._camera.wait(TIMEOUT)
        assert self._run.interrupt(signal.SIGINT) < 30
        assert self._run.process.returncode == 0, self._run.stderr


@pytest.fixture
def talking_robot(
    robot: Callable[..., Any], witness: Witness, visit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], TalkingRobot]]:
    """talking_robot() starts one that sees the visit; its people and its day are kept in the test's folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with contextlib.ExitStack() as stack:

        def start() -> TalkingRobot:
            made = TalkingRobot(robot, witness, visit, tmp_path / "people" / "people.db")
            stack.callback(made.stop)
            return made

        yield start


@pytest.mark.timeout(240)
def test_a_stranger_agrees_aloud_and_is_greeted_by_name_on_the_next_visit(
    sound: None, talking_robot: Callable[[], TalkingRobot], witness: Witness, tmp_path: Path
) -> None:
    first = talking_robot()
    talk(Visitor(tmp_path), witness, name="Emily")
    first.stop()
    assert any("May I remember your face and your name" in each for each in witness.said)
    assert "Nice to meet you, Emily! I will remember you." in witness.said
    assert "Emily: is that right?" in witness.said
    assert witness.heard.count("yes") == 2
    assert any("emily" in each.lower() for each in witness.heard)
    states = list(dict.fromkeys(each.state for each in witness.states))
    assert [each for each in states if each in ASKING] == list(ASKING)
    with PeopleStore(tmp_path / "people" / "people.db", embedder="dlib_resnet", dimension=128) as store:
        (person,) = store.people()
    assert person.name == "Emily"
    assert "yes" in person.consent.note.lower()

    before = len(witness.said)
    talking_robot()
    witness.wait(lambda: len(witness.said) > before, "a greeting on the next visit")
    assert "Emily" in witness.said[before]
    witness.wait(lambda: witness.states[-1].person_id == person.id, "who it is")
    assert witness.states[-1].name == "Emily"
    assert not any("remember your face" in each for each in witness.said[before:])


def test_somebody_who_enrolled_by_another_picture_is_greeted_by_name_and_asked_nothing(
    sound: None, talking_robot: Callable[[], TalkingRobot], witness: Witness, photograph: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "emotion_perception.cli.main", "people", "enroll", "--name", "Ελένη"]
    consent = ["--image", str(photograph), "--consent", "asked in a test"]
    people = ["--people", str(tmp_path / "people" / "people.db")]
    subprocess.run([*command, *consent, *people], check=True, timeout=TIMEOUT)

    talking_robot()
    witness.wait(lambda: witness.said, "a greeting")
    assert "Ελένη" in witness.said[0]
    witness.wait(lambda: witness.silent, "the end of the greeting")
    witness.wait(lambda: witness.states[-1].state == "chat", "a chat")
    assert (witness.states[-1].name, witness.states[-1].face_id) == ("Ελένη", "face_1")
    assert not any("remember" in each for each in witness.said)
