from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from emotion_perception.sources import v4l2


@pytest.fixture
def cameras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A /sys/class/video4linux with two cameras, the first of which has a metadata node as well."""
    for node, index, name in [("video10", 0, "Arm Cam"), ("video2", 0, "Head Cam"), ("video3", 1, "Head Cam")]:
        (tmp_path / "sys" / node).mkdir(parents=True)
        (tmp_path / "sys" / node / "index").write_text(f"{index}\n")
        (tmp_path / "sys" / node / "name").write_text(f"{name}\n")
    monkeypatch.setattr(v4l2, "_SYSFS", tmp_path / "sys")
    return tmp_path


def test_an_absent_device_is_answered_with_the_cameras_there_are(cameras: Path) -> None:
    assert v4l2.find_obstacle("/dev/video99") == (
        "usb: there is no /dev/video99: use one of usb:/dev/video2 (Head Cam), usb:/dev/video10 (Arm Cam)"
    )


def test_without_any_camera_the_remedy_is_another_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v4l2, "_SYSFS", tmp_path / "nothing")
    sentence = v4l2.find_obstacle("/dev/video99")
    assert sentence == "usb: there is no /dev/video99: no camera is connected, plug one in or play a video with file:…"


def test_a_forbidden_device_is_answered_with_the_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "video0").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.F_OK)
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    assert v4l2.find_obstacle(str(tmp_path / "video0")) == (
        f"usb: user ada may not use {tmp_path / 'video0'}: run `sudo usermod -aG video ada` and log in again"
    )


def test_a_device_in_use_names_its_holder(tmp_path: Path) -> None:
    device = tmp_path / "video0"
    device.touch()
    assert v4l2.find_obstacle(str(device)) is None
    code = "import sys; file = open(sys.argv[1]); print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code, device], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        sentence = v4l2.explain_silence(str(device))
        other.kill()
    assert f"(pid {other.pid})" in sentence
    assert "is in use by" in sentence
    assert "sends no frames" in v4l2.explain_silence(str(device))


def test_what_is_no_camera_is_called_so(cameras: Path) -> None:
    assert v4l2.explain_unopened("/dev/null").startswith("usb: /dev/null is not a camera: use one of usb:/dev/video2")
