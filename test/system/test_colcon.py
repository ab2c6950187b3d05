"""`colcon build` makes a workspace whose executables run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emotion_perception.core.paths import share_dir

#: What a user's own program is: it hears faces through the messages of the workspace.
RECEIVER = """
import rclpy
from emotion_perception.msg import FaceArray

def receive(message):
    print(message.image_width, message.image_height)
    future.set_result(None)

rclpy.init()
node = rclpy.create_node("receiver")
future = rclpy.Future()
node.create_subscription(FaceArray, "faces", receive, 10)
rclpy.spin_until_future_complete(node, future, timeout_sec=60)
"""


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a user who has sourced the ROS of this virtual environment, and nothing else."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    prefixes = dict.fromkeys(("AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH"), sys.prefix)
    # MAKEFLAGS: without any, colcon has the build wait for as long as the computer has something else to do.
    return {**os.environ, **prefixes, "PATH": path, "CMAKE_GENERATOR": "Ninja", "MAKEFLAGS": "-j2"}


def start(workspace: Path, command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[str]:
    """Start a command as after `source install/setup.bash`; all its output goes to the log."""
    with log.open("w") as stream:
        return subprocess.Popen(
            ["bash", "-c", '. "$0/install/setup.bash" && exec "$@"', str(workspace), *command],
            env=environment,
            cwd=workspace,
            stdout=stream,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_installed_executables_talk_to_another_process(
    tmp_path: Path, checkout: Path, environment: dict[str, str]
) -> None:
    build = ["colcon", "build", "--base-paths", str(checkout), "--event-handlers", "console_direct+"]
    built = subprocess.run(build, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert built.returncode == 0, built.stdout[-4000:] + built.stderr[-4000:]

    prefix = tmp_path / "install" / "emotion_perception"
    programs = prefix / "lib" / "emotion_perception"
    settings = ["source:='synthetic:'", "image_width:=320", "image_height:=240"]
    commands = {
        "face_detector": [str(programs / "face_detector")],
        "camera": [str(programs / "camera"), "--ros-args", *(part for each in settings for part in ("-p", each))],
        "receiver": ["python3", "-c", RECEIVER],
    }
    logs = {name: tmp_path / f"{name}.log" for name in commands}
    loud = environment | {"PYTHONVERBOSE": "1"}  # Python then says where each module comes from
    running = {
        name: start(tmp_path, command, loud if name == "camera" else environment, logs[name])
        for name, command in commands.items()
    }
    try:
        running["receiver"].wait(90)
    finally:
        for process in running.values():
            process.send_signal(signal.SIGINT)
        codes = {name: process.wait(30) for name, process in running.items()}

    (site_packages,) = prefix.glob("lib/python3*/site-packages")
    camera = site_packages / "emotion_perception" / "nodes" / "camera.py"
    assert logs["receiver"].read_text().split() == ["320", "240"], logs["face_detector"].read_text()
    assert codes == dict.fromkeys(commands, 0), {name: log.read_text()[-2000:] for name, log in logs.items()}
    loaded = logs["camera"].read_text()  # from its source file, or from the byte code that is named after it
    assert str(camera) in loaded
    assert f"{share_dir() / 'emotion_perception' / 'nodes'}/" not in loaded
