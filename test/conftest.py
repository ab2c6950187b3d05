from __future__ import annotations

import importlib.util
import itertools
import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from emotion_perception.core import weights
from emotion_perception.core.errors import SourceError
from emotion_perception.sources.gst import INSTALL, load_gst

# Generated messages read it when they are imported, also in child processes: a NumPy scalar or an int in a float field
# then raises, where rclpy would publish 0.0.
os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"

# A job in the background of a script ignores Ctrl-C, and so would every process that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

_DOMAINS = range(100, 201)


@pytest.fixture
def domain(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A ROS domain, on this machine only, that no other test uses at the same time, in whatever process."""
    for number in itertools.chain(itertools.islice(_DOMAINS, os.getpid() % len(_DOMAINS), None), _DOMAINS):
        with socket.socket(socket.AF_UNIX) as claim:  # gone with the process, however it ends
            try:
                claim.bind(f"\0emotion_perception test on domain {number}")
            except OSError:
                continue
            monkeypatch.setenv("ROS_DOMAIN_ID", str(number))
            monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
            yield number
            return
    raise RuntimeError("every domain is in use by a test")


@pytest.fixture(scope="session")
def asset() -> Callable[[str], Path]:
    """asset("demo_clip") -> its file; `make test` has pulled them all, so a missing one is an error and no skip."""
    return weights.locate


@pytest.fixture
def files_of_at_most() -> Callable[[int], AbstractContextManager[None]]:
    """What a full disk does to a writer, on any computer: no file may become larger."""

    @contextmanager
    def limited(size: int) -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limited


@pytest.fixture(scope="session")
def train_extra() -> None:
    """The training bench's libraries; CI installs them, so there they must not be missing."""
    missing = [name for name in ("keras", "optuna", "tensorflow", "tf2onnx") if importlib.util.find_spec(name) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"{', '.join(missing)} of the train extra is missing")
    if missing:
        pytest.skip("the train extra is not installed: make setup-extras")


@pytest.fixture(scope="session")
def gstreamer() -> Any:
    """GStreamer with what the tests' senders need; CI installs it, so there it must not be missing."""
    senders = "gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-ugly"
    try:
        gst = load_gst()
        missing = [name for name in ("x264enc", "avdec_h264", "netsim") if gst.ElementFactory.find(name) is None]
        lack = f"GStreamer has no {missing[0]}: {INSTALL} {senders}" if missing else ""
    except SourceError as error:
        lack = f"{error} {senders}"
    if lack and os.environ.get("CI") == "true":
        pytest.fail(lack)
    if lack:
        pytest.skip(lack)
    return gst


@pytest.fixture(scope="session")
def weight() -> Callable[[str], Path]:
    """weight("blazeface_back") -> the weights' file, its SHA-256 compared with the manifest."""
    return weights.locate


class SoundServer:
    """A PulseAudio of the test's own: a loudspeaker "robot", and a microphone "robot_mic" that hears it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "pulse" / "native"
        self._socket.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        self.start()

    def start(self) -> None:
        modules = (
            f"module-native-protocol-unix auth-anonymous=1 socket={self._socket}",
            "module-null-sink sink_name=robot rate=48000 channels=1",
            "module-remap-source source_name=robot_mic master=robot.monitor remix=no",
        )
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm"]
        with (self._folder / "pulseaudio.log").open("w") as log:
            self.process = subprocess.Popen(
                [*command, *itertools.chain(*(("-L", module) for module in modules))], stdout=log, stderr=log
            )
        end = time.monotonic() + 20
        while "robot_mic" not in self.pactl("list", "short", "sources"):
            assert time.monotonic() < end, (self._folder / "pulseaudio.log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self._socket.unlink(missing_ok=True)

    def pactl(self, *arguments: str) -> str:
        return subprocess.run(["pactl", *arguments], capture_output=True, text=True, check=False, timeout=20).stdout


@pytest.fixture
def sound_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundServer]:
    """A running SoundServer that this process, and what it starts, plays to and listens to."""
    lacks = "sudo apt-get install libportaudio2 libasound2-plugins pulseaudio pulseaudio-utils"
    plugin = any(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so"))
    if not (plugin and shutil.which("pulseaudio") and shutil.which("pactl")):
        if os.environ.get("CI") == "true":
            pytest.fail(lacks)
        pytest.skip(lacks)
    for name in ("PULSE_SINK", "PULSE_SOURCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("PULSE_RUNTIME_PATH", str(tmp_path / "pulse"))
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path / 'pulse' / 'native'}")
    server = SoundServer(tmp_path)
    yield server
    server.stop()
