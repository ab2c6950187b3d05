"""The whole robot talks with somebody: real video, a real sound server, a real voice, and real ears."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import pytest
from emotion_perception.msg import DialogueState, Utterance
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool, String

from emotion_perception.ros.process import Graph

TIMEOUT = 90.0  # of liveness, generous: the machine may be busy
LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
SINK = "robot"
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
    """The woman of the demo clip, forwards and backwards, so that she stays in view however often it is played."""
    reader = cv2.VideoCapture(str(asset("demo_clip")))
    frames = []
    while (found := reader.read())[0]:
        frames.append(found[1])
    frames = frames[::2]
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


@pytest.fixture
def witness(domain: int) -> Iterator[Witness]:
    with Graph(["--ros-args", "--log-level", "warn"]) as graph:
        yield graph.add(Witness)


@pytest.fixture
def talking_robot(
    robot: Callable[..., Any], visit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Any]:
    """talking_robot() starts it with its eyes on the visit; its people and its day are kept in the test's folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return lambda: robot(
        *("--source", f"file:{visit}", "--param", "camera.loop:=true", "--no-overlay"),
        *("--scenario", "greet_and_react", "--tts", "espeak", "--stt", "pocketsphinx"),
        *("--param", f"face_identity.people:={tmp_path / 'people' / 'people.db'}"),
    )


def test_somebody_who_enrolled_by_another_picture_is_greeted_by_name_and_asked_nothing(
    sound: None, talking_robot: Callable[[], Any], witness: Witness, photograph: Path, tmp_path: Path
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
