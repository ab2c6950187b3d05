from __future__ import annotations

import re
import time
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from emotion_perception.cli.doctor import checks
from emotion_perception.cli.doctor.checks import CHECKS, examine
from emotion_perception.cli.doctor.checks.libraries import LIBRARIES
from emotion_perception.cli.doctor.finding import Finding, Level, Settings
from emotion_perception.core.errors import PerceptionError

ROOT = Path(__file__).parents[4]
SETTINGS = Settings("", (), {})


def test_every_check_is_a_module_with_a_function_and_no_module_is_left_out() -> None:
    modules = {path.stem for path in Path(checks.__file__).parent.glob("*.py")} - {"__init__"}
    assert modules == set(CHECKS)
    for name in CHECKS:
        assert callable(import_module(f"{checks.__name__}.{name}").check)


def test_libraries_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[<>=]", each)[0] for each in project["dependencies"]}
    assert set(LIBRARIES.values()) <= names


@pytest.mark.parametrize(
    ("error", "level", "said"),
    [
        (ImportError("No module named 'cv2'"), Level.NOTE, "not checked, as Python says: No module named 'cv2'"),
        (PerceptionError("the file is damaged"), Level.FAULT, "the file is damaged"),
        (ZeroDivisionError("oh"), Level.FAULT, "the check itself failed (ZeroDivisionError: oh)"),
    ],
)
def test_a_check_that_fails_does_not_hide_the_others(
    error: Exception, level: Level, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Settings) -> Finding:
        raise error

    monkeypatch.setattr("emotion_perception.cli.doctor.checks.clock.check", fail)
    finding = examine("clock", SETTINGS)
    assert (finding.level, finding.sentence) == (level, said)
    assert finding.remedy


@pytest.mark.parametrize(
    ("now", "level"), [(0.0, Level.FAULT), (1_790_000_000.0, Level.OK), (5_000_000_000.0, Level.FAULT)]
)
def test_a_clock_that_cannot_be_right(now: float, level: Level, monkeypatch: pytest.MonkeyPatch) -> None:
    from emotion_perception.cli.doctor.checks import clock

    real = time.gmtime

    monkeypatch.setattr(clock.time, "gmtime", lambda: real(now))
    monkeypatch.setattr(clock, "_kept_by_network", lambda: None)
    assert clock.check(SETTINGS).level is level


def test_a_missing_compiler_matters_only_for_set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    finding = examine("compiler", SETTINGS)
    assert finding.level is Level.NOTE
    assert "a C++ compiler is not here" in finding.sentence
    assert "build-essential" in finding.command


def test_a_camera_is_described_with_what_it_sends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from emotion_perception.sources import cameras
    from emotion_perception.sources.camera_formats import FrameSize, PixelFormat

    device = tmp_path / "video0"
    device.touch()
    sizes = (FrameSize(1280, 720, 1280, 720, (10.0,)), FrameSize(640, 480, 640, 480, (30.0,)))
    formats = (PixelFormat("YUYV", "YUYV 4:2:2", sizes), PixelFormat("MJPG", "Motion-JPEG", sizes[1:]))
    camera = cameras.Camera(str(device), "", "Head Cam", formats, "")
    monkeypatch.setattr(cameras, "list_cameras", lambda: [camera])

    finding = examine("camera", Settings(f"usb:{device}", (), {}))

    assert finding.level is Level.OK
    assert finding.sentence == f"{device}, Head Cam: YUYV up to 1280x720, MJPG up to 640x480"


@pytest.mark.parametrize(
    ("flags", "reach", "level", "said"),
    [
        ({"lo": 0x49, "eth0": 0x1043}, "", Level.OK, "eth0 can multicast"),
        ({"lo": 0x08, "eth0": 0x1043}, "", Level.FAULT, "lo is down"),
        ({"lo": 0x49, "eth0": 0x1002}, "", Level.NOTE, "only this computer is seen"),
        ({"lo": 0x49, "eth0": 0x1002}, "LOCALHOST", Level.OK, "no other interface is asked for"),
    ],
)
def test_network_interfaces(
    flags: dict[str, int], reach: str, level: Level, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emotion_perception.cli.doctor.checks import network

    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", reach)
    monkeypatch.setattr(network.socket, "if_nameindex", lambda: list(enumerate(flags)))
    monkeypatch.setattr(network, "_flags", flags.__getitem__)
    finding = network.check(SETTINGS)
    assert finding.level is level
    assert said in finding.sentence
