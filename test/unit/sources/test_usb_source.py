from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from emotion_perception.core.errors import ParameterError, SourceError
from emotion_perception.sources import usb
from emotion_perception.sources.base import SourceOptions
from emotion_perception.sources.usb import UsbSource


class Camera:
    """Stands in for cv2.VideoCapture on a camera: frames are handed to it with `shoot`."""

    def __init__(self, *, opened: bool = True, offers: dict[int, float] | None = None) -> None:
        self.opened = opened
        self.settings: dict[int, float] = {}
        self.offers = offers or {}
        self.driver_stamp_ms = 0.0
        self.released = threading.Event()
        self.image: Any = None
        self._shots = threading.Semaphore(0)
        self._taken = threading.Semaphore(0)
        self._unplugged = False

    def shoot(self, value: int, *, grey: bool = False, damaged: bool = False) -> None:
        """Hand over one frame and wait until the driver's reader has taken and processed it."""
        self.image = None if damaged else np.full((4, 6) if grey else (4, 6, 3), value, np.uint8)
        self._shots.release()
        self._taken.acquire()

    def unplug(self) -> None:
        self._unplugged = True
        self._shots.release()

    def isOpened(self) -> bool:  # noqa: N802
        return self.opened

    def set(self, propId: int, value: float) -> bool:  # noqa: N803
        self.settings[propId] = self.offers.get(propId, value)
        return True

    def get(self, propId: int) -> float:  # noqa: N803
        return self.driver_stamp_ms if propId == cv2.CAP_PROP_POS_MSEC else self.settings.get(propId, 0.0)

    def grab(self) -> bool:
        self._taken.release()
        self._shots.acquire()
        return not self._unplugged

    def retrieve(self) -> tuple[bool, Any]:
        return self.image is not None, self.image

    def release(self) -> None:
        self.released.set()


@pytest.fixture
def device(tmp_path: Path) -> str:
    (tmp_path / "video0").touch()
    return str(tmp_path / "video0")


OpenCamera = Callable[..., UsbSource]


@pytest.fixture
def open_camera(device: str) -> OpenCamera:
    def open_camera(
        camera: Camera, options: SourceOptions | None = None, reports: list[str] | None = None
    ) -> UsbSource:
        source = UsbSource(
            device,
            options or SourceOptions(),
            connect=lambda _: camera,
            report=(reports if reports is not None else []).append,
        )
        source.open()
        camera._taken.acquire()
        return source

    return open_camera


def test_frames_are_live_and_carry_the_time_of_their_capture(open_camera: OpenCamera) -> None:
    camera = Camera()
    source = open_camera(camera)
    before = time.monotonic_ns()
    camera.shoot(7)
    after = time.monotonic_ns()
    frame = source.read()
    assert frame is not None
    assert (source.live, frame.time) == (True, None)
    assert frame.image.shape == (4, 6, 3)
    assert frame.captured is not None
    assert before <= frame.captured <= after
    source.close()


@pytest.mark.parametrize(("age_ms", "believed"), [(40.0, True), (5000.0, False), (-200.0, False)])
def test_the_drivers_stamp_is_used_when_credible(open_camera: OpenCamera, age_ms: float, believed: bool) -> None:
    camera = Camera()
    source = open_camera(camera)
    camera.driver_stamp_ms = time.monotonic_ns() / 1e6 - age_ms
    camera.shoot(7)
    frame = source.read()
    assert frame is not None
    assert frame.captured is not None
    assert (abs(frame.captured / 1e6 - camera.driver_stamp_ms) < 0.01) == believed
    source.close()


def test_a_slow_reader_gets_the_newest_frame_only(open_camera: OpenCamera) -> None:
    camera = Camera()
    source = open_camera(camera)
    for value in (1, 2, 3):
        camera.shoot(value)
    frame = source.read()
    assert frame is not None
    assert frame.image[0, 0, 0] == 3
    source.close()


def test_damaged_frames_are_passed_over_and_grey_ones_become_bgr(open_camera: OpenCamera) -> None:
    camera = Camera()
    source = open_camera(camera)
    camera.shoot(1, damaged=True)
    camera.shoot(9, grey=True)
    frame = source.read()
    assert frame is not None
    assert frame.image.tolist() == np.full((4, 6, 3), 9).tolist()
    source.close()


def test_the_mode_is_asked_for_and_what_comes_instead_is_told(open_camera: OpenCamera) -> None:
    camera = Camera(offers={cv2.CAP_PROP_FRAME_WIDTH: 1280, cv2.CAP_PROP_FRAME_HEIGHT: 720, cv2.CAP_PROP_FPS: 10})
    reports: list[str] = []
    source = open_camera(camera, SourceOptions(pixel_format="mjpeg2rgb"), reports)
    assert next(iter(camera.settings)) == cv2.CAP_PROP_FOURCC
    assert int(camera.settings[cv2.CAP_PROP_FOURCC]).to_bytes(4, "little") == b"MJPG"
    assert source.description.endswith("video0 (1280x720, 10 fps, MJPG)")
    assert source.frame_rate == 10
    assert len(reports) == 1
    assert "gives 1280x720, 10 fps, MJPG instead of the 640x480, 30 fps, MJPG" in reports[0]
    source.close()


def test_an_unplugged_camera_is_an_error_and_can_be_opened_again(device: str) -> None:
    cameras = [Camera(), Camera()]
    source = UsbSource(device, SourceOptions(), connect=lambda _: cameras.pop(0))
    first, second = cameras
    source.open()
    first.unplug()
    with pytest.raises(SourceError, match="was lost: check its cable"):
        source.read()
    assert first.released.wait(1)
    source.open()
    second._taken.acquire()
    second.shoot(5)
    frame = source.read()
    assert frame is not None
    assert frame.image[0, 0, 0] == 5
    source.close()


def test_close_frees_a_reader_at_once_even_when_the_driver_hangs(open_camera: OpenCamera) -> None:
    source = open_camera(Camera())
    frames: list[Any] = ["not yet"]
    reader = threading.Thread(target=lambda: frames.append(source.read()))
    reader.start()
    source.close()
    reader.join(1)
    assert not reader.is_alive()
    assert frames[-1] is None


def test_close_frees_an_opening_that_hangs(device: str) -> None:
    hang = threading.Event()

    def connect(_: str) -> Camera:
        hang.wait(10)
        return camera

    camera = Camera()
    source = UsbSource(device, SourceOptions(), connect=connect)
    opening = threading.Thread(target=source.open)
    opening.start()
    while source._grabber is None:
        time.sleep(0.001)
    source.close()
    opening.join(1)
    assert not opening.is_alive()
    hang.set()
    assert camera.released.wait(1)


def test_a_mute_camera_is_an_error(open_camera: OpenCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emotion_perception.sources.usb._READ_TIMEOUT", 0.05)
    source = open_camera(Camera())
    with pytest.raises(SourceError, match="sends no frames"):
        source.read()
    source.close()


def test_an_absent_camera_is_an_error_without_asking_opencv() -> None:
    def connect(_: str) -> Camera:
        raise AssertionError("must not be asked")

    with pytest.raises(SourceError, match="there is no /dev/video99"):
        UsbSource("/dev/video99", SourceOptions(), connect=connect).open()


def test_a_device_that_does_not_open_is_an_error(device: str) -> None:
    camera = Camera(opened=False)
    with pytest.raises(SourceError, match="video0 is not a camera"):
        UsbSource(device, SourceOptions(), connect=lambda _: camera).open()
    assert camera.released.wait(1)


def test_opencv_itself_refuses_what_is_no_camera(device: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceError, match="video0 is not a camera"):
        UsbSource(device, SourceOptions()).open()
    assert capfd.readouterr() == ("", "")


def test_an_unknown_pixel_format_is_refused_with_those_there_are() -> None:
    with pytest.raises(ParameterError, match=r'pixel_format "rgb565" is unknown: use one of mjpeg2rgb, .*yuyv'):
        UsbSource("/dev/video0", SourceOptions(pixel_format="rgb565"))


def test_a_source_that_is_closed_before_it_could_begin_touches_no_camera(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread may close it at any moment of opening, also at the very first."""
    source = UsbSource(device, SourceOptions(), connect=lambda _: pytest.fail("must not be asked"))
    start = usb._Grabber.start

    def closed_first(grabber: usb._Grabber, *, timeout: float) -> object:
        source.close()
        return start(grabber, timeout=timeout)

    monkeypatch.setattr(usb._Grabber, "start", closed_first)
    source.open()
    assert source.read() is None
