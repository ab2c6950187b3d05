"""USB cameras through the whole path: our calls to the kernel, OpenCV's own driver, the command line and the node.

There is no camera on a build machine and no kernel module to make one: fake_camera.cpp answers in the kernel's place.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

WEBCAM = """\
format YUYV 640 480 30
format YUYV 1280 720 10
format MJPG 640 480 30
format MJPG 1280 720 30
control 9963776 0 255 128
control 10094849 0 3 3
control 10094850 3 2047 250
"""
BRIGHTNESS, AUTOEXPOSURE = 9963776, 10094849
#: Runs the command line with a sysfs and a /dev/v4l/by-id of the test's own.
PROGRAM = """\
import sys
from pathlib import Path
from emotion_perception.cli.main import main
from emotion_perception.sources import v4l2
v4l2._DEV = Path(sys.argv[1])
v4l2._SYSFS, v4l2._BY_ID = v4l2._DEV / "sys", v4l2._DEV / "by-id"
sys.exit(main(sys.argv[2:]))
"""


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The preloaded library; the compiler is the one that builds our messages."""
    compiler = next(
        found for name in (os.environ.get("CXX", ""), "c++", "g++", "clang++") if (found := shutil.which(name))
    )
    library = tmp_path_factory.mktemp("shim") / "fake_camera.so"
    source = Path(__file__).with_name("fake_camera.cpp")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.fixture
def plug(tmp_path: Path) -> Callable[..., Path]:
    """plug("video0", content) -> the device's path."""

    def plug(name: str = "video0", content: str = WEBCAM) -> Path:
        device = tmp_path / name
        for width, height in ((640, 480), (1280, 720)):
            jpeg = device.with_name(f"{name}.{width}x{height}.jpg")
            cv2.imwrite(str(jpeg), np.full((height, width, 3), 90, np.uint8))
        part = device.with_name("part")
        part.write_text("fake camera\n" + content)
        part.rename(device)  # it is there all at once, as a device is
        return device

    return plug


@pytest.fixture
def call(shim: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """call("camera", "list") -> what the command line does where the fake cameras are."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, str(tmp_path), *arguments],
            env=os.environ | {"LD_PRELOAD": str(shim)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return call


def log(device: Path) -> list[str]:
    return device.with_name(f"{device.name}.log").read_text().splitlines()


def test_a_camera_is_tested_with_numbers_and_a_snapshot(
    call: Callable[..., Any], plug: Callable[..., Path], tmp_path: Path
) -> None:
    device, snapshot = plug(), tmp_path / "snapshot.png"
    done = call("camera", "test", f"usb:{device}", "--seconds", "1", "--snapshot", str(snapshot))
    assert done.returncode == 0, done.stderr
    description, frames, exposure, sharpness, wrote = done.stdout.splitlines()
    assert description == f"{device} (640x480, 30 fps, YUYV)"
    assert " of 640x480, " in frames
    assert exposure == "exposure   mean 130 of 255, 0.0% black, 0.0% white"
    assert sharpness.startswith("sharpness  0 ")
    assert wrote == f"wrote {snapshot}"
    assert cv2.imread(str(snapshot)).shape == (480, 640, 3)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "stream"),
    [
        (("--size", "640x480"), "YUYV 640x480"),
        (("--size", "1280x720"), "MJPG 1280x720"),
        (("--size", "1280x720", "--rate", "10"), "YUYV 1280x720"),
        (("--format", "mjpeg"), "MJPG 640x480"),
        (("--size", "1280x720", "--format", "yuyv"), "YUYV 1280x720"),
    ],
)
def test_jpeg_is_asked_for_where_speed_needs_it_and_what_the_user_names_always(
    call: Callable[..., Any], plug: Callable[..., Path], arguments: tuple[str, ...], stream: str
) -> None:
    device = plug()
    done = call("camera", "test", f"usb:{device}", "--seconds", "0.2", *arguments)
    assert done.returncode == 0, done.stderr
    assert log(device)[-1] == f"stream {stream}"


def test_what_the_camera_gives_instead_is_told(call: Callable[..., Any], plug: Callable[..., Path]) -> None:
    device = plug(content="format YUYV 320 240 15\n")
    done = call("camera", "test", f"usb:{device}", "--seconds", "0.2", "--format", "mjpeg")
    assert done.returncode == 0
    assert done.stderr == (
        f"usb: {device} gives 320x240, 15 fps, YUYV instead of the 640x480, 30 fps, MJPG that was asked for\n"
    )


@pytest.fixture
def known(tmp_path: Path) -> Callable[[Path, str, int], Path]:
    """known(device, "Head Cam", 0) makes a device known to sysfs and gives it a path that stays, which is returned."""

    def known(device: Path, name: str, index: int) -> Path:
        node = tmp_path / "sys" / device.name
        node.mkdir(parents=True)
        (node / "index").write_text(f"{index}\n")
        (node / "name").write_text(f"{name}\n")
        (tmp_path / "by-id").mkdir(exist_ok=True)
        link = tmp_path / "by-id" / f"usb-{name.replace(' ', '_')}-video-index{index}"
        link.symlink_to(device)
        return link

    return known


def test_cameras_are_listed_with_formats_and_the_path_that_stays(
    call: Callable[..., Any], plug: Callable[..., Path], known: Callable[[Path, str, int], Path]
) -> None:
    head, part, arm = plug("video0"), plug("video1", "part\n"), plug("video2", "range YUYV 32 32 1920 1080\n")
    stay = [known(head, "Head Cam", 0), known(part, "Head Cam", 1), known(arm, "Arm Cam", 0)]
    done = call("camera", "list")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        f"usb:{head}  Head Cam\n"
        f"  always: usb:{stay[0]}\n"
        "  YUYV (YUYV 4:2:2): 640x480 at 30 fps, 1280x720 at 10 fps\n"
        "  MJPG (Motion-JPEG): 640x480 at 30 fps, 1280x720 at 30 fps\n"
        f"usb:{arm}  Arm Cam\n"
        f"  always: usb:{stay[2]}\n"
        "  YUYV (YUYV 4:2:2): 32x32…1920x1080 at 60/5 fps\n"
    )


def test_two_cameras_are_told_apart_by_the_path_that_stays(
    call: Callable[..., Any], plug: Callable[..., Path], known: Callable[[Path, str, int], Path]
) -> None:
    """The path is a link; the kernel's number behind it may differ after each restart."""
    stay = [known(plug(name), camera, 0) for name, camera in (("video0", "Head Cam"), ("video2", "Arm Cam"))]
    for link in stay:
        done = call("camera", "test", f"usb:{link}", "--seconds", "0.2")
        assert done.stdout.startswith(f"{link} (640x480, 30 fps, YUYV)\n"), done.stderr
        assert log(link.resolve()) == ["stream YUYV 640x480"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (WEBCAM + "busy\n", "did not start: another user's program may use it"),
        ("part\n", "sends no pictures, it is another part of a camera"),
    ],
)
def test_a_camera_that_cannot_be_used_is_explained(
    call: Callable[..., Any], plug: Callable[..., Path], content: str, sentence: str
) -> None:
    done = call("camera", "test", f"usb:{plug(content=content)}")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert sentence in line


def test_controls_are_set_by_usb_cams_names_and_again_when_the_camera_is_back(
    robot: Callable[..., Any], plug: Callable[..., Path], shim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_PRELOAD", str(shim))
    device = plug()
    values = {"brightness": 200, "exposure": 5000, "gain": 4}
    arguments = [part for name, value in values.items() for part in ("--param", f"camera.{name}:={value}")]
    run = robot("--source", f"usb:{device}", "--no-overlay", *arguments)
    run.wait_line("stdout", "nobody")
    asked = [f"control {BRIGHTNESS} 200", f"control {AUTOEXPOSURE} 1", "stream YUYV 640x480"]
    assert log(device) == asked
    told = run.wait_line("stderr", f"{device} takes exposure from 3 to 2047, and not 5000: it was left alone")
    assert f"{device} has no control for gain: set gain to -1" in told

    device.unlink()
    run.wait_line("stderr", f"usb: {device} was lost: check its cable")
    run.wait_line("stdout", "no frames")
    played = run.stdout.count("nobody")
    plug()
    run.wait_count("stdout", "nobody", played + 1)

    assert log(device) == 2 * asked
    assert run.process.poll() is None
