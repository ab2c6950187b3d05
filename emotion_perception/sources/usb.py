"""USB and other V4L2 cameras, through OpenCV."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import ParameterError, SourceError
from emotion_perception.sources.base import Frame, Report, SourceOptions, log_report
from emotion_perception.sources.camera_formats import PIXEL_FORMATS, choose_format
from emotion_perception.sources.v4l2 import explain_silence, explain_unopened, find_obstacle
from emotion_perception.sources.v4l2_controls import apply_controls
from emotion_perception.sources.v4l2_device import V4l2Device

_OPEN_TIMEOUT = 10.0
_READ_TIMEOUT = 3.0
_RELEASE_TIMEOUT = 0.4
_OLDEST_DRIVER_STAMP_NS = 1_000_000_000


class VideoDevice(Protocol):
    """The part of cv2.VideoCapture that is used here."""

    def isOpened(self) -> bool: ...  # noqa: D102, N802
    def set(self, propId: int, value: float) -> bool: ...  # noqa: D102, N803
    def get(self, propId: int) -> float: ...  # noqa: D102, N803
    def grab(self) -> bool: ...  # noqa: D102
    def retrieve(self) -> tuple[bool, Any]: ...  # noqa: D102
    def release(self) -> None: ...  # noqa: D102


def connect_v4l2(device: str) -> VideoDevice:
    """Open a device with OpenCV, without the lines it would print when that fails."""
    logging = cv2.utils.logging
    level = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_ERROR)
    try:
        return cv2.VideoCapture(device, cv2.CAP_V4L2)
    finally:
        logging.setLogLevel(level)


class UsbSource:
    """A camera, read at its own pace; a reader that is slow gets the newest frame and misses those before it.

    A thread of its own takes every frame from the driver at once. So nothing stale waits in the driver's queue, which
    may keep its usual length (a queue of one halves the frame rate of common webcams), and `close` does not wait long
    for a driver that hangs.

    device: path of the device, such as /dev/video2 or /dev/v4l/by-id/….
    connect: opens the device; tests put a camera of their own here.
    """

    live = True

    def __init__(
        self,
        device: str,
        options: SourceOptions,
        *,
        report: Report = log_report,
        connect: Callable[[str], VideoDevice] = connect_v4l2,
    ) -> None:
        if options.pixel_format and options.pixel_format not in PIXEL_FORMATS:
            raise ParameterError(
                f'pixel_format "{options.pixel_format}" is unknown: use one of {", ".join(PIXEL_FORMATS)}, '
                'or "" for the one that suits size and rate'
            )
        self._device = device
        self._options = options
        self._report = report
        self._connect = connect
        self._grabber: _Grabber | None = None
        self._mode: _Mode | None = None

    @property
    def frame_rate(self) -> float | None:
        """Frames per second that the driver promises; None before `open`, or when it makes no promise."""
        return self._mode.rate if self._mode else None

    @property
    def description(self) -> str:
        """The device, with size and rate once it was opened."""
        return f"{self._device} ({self._mode})" if self._mode else self._device

    def open(self) -> None:
        """Connect to the camera. Raises SourceError when it is absent, forbidden, in use or mute."""
        self.close()
        obstacle = find_obstacle(self._device)
        if obstacle:
            raise SourceError(obstacle)
        grabber = _Grabber(self._device, self._options, self._connect)
        self._grabber = grabber
        self._mode = grabber.start(timeout=_OPEN_TIMEOUT)
        wanted = _Mode.asked(self._options)
        told = list(grabber.refused)
        if self._mode and not self._mode.satisfies(wanted):
            told.append(f"usb: {self._device} gives {self._mode} instead of the {wanted} that was asked for")
        if told:
            self._report(" | ".join(told))

    def read(self) -> Frame | None:
        """Wait for a frame that was not read yet; None once closed. Raises SourceError when the camera fell silent."""
        grabber = self._grabber
        return grabber.take(timeout=_READ_TIMEOUT) if grabber else None

    def close(self) -> None:
        """Let go of the camera; if its driver hangs, as soon as that comes back."""
        grabber, self._grabber = self._grabber, None
        if grabber:
            grabber.stop()


@dataclass(frozen=True)
class _Mode:
    """What a camera sends: width and height in pixels, frames per second or None, V4L2's pixel format or ""."""

    width: int
    height: int
    rate: float | None
    fourcc: str

    @classmethod
    def asked(cls, options: SourceOptions) -> _Mode:
        return cls(
            options.image_width, options.image_height, options.framerate, PIXEL_FORMATS.get(options.pixel_format, "")
        )

    @classmethod
    def given(cls, camera: VideoDevice) -> _Mode:
        rate = camera.get(cv2.CAP_PROP_FPS)
        width, height = camera.get(cv2.CAP_PROP_FRAME_WIDTH), camera.get(cv2.CAP_PROP_FRAME_HEIGHT)
        code = int(camera.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little", signed=True)
        fourcc = code.decode("ascii", "replace").strip("\0 ")
        return cls(int(width), int(height), rate if rate > 0 else None, fourcc)

    def __str__(self) -> str:
        rate = f"{self.rate:.4g} fps" if self.rate else ""
        return ", ".join(filter(None, (f"{self.width}x{self.height}", rate, self.fourcc)))

    def satisfies(self, wanted: _Mode) -> bool:
        same_rate = self.rate is None or wanted.rate is None or abs(self.rate - wanted.rate) < 0.5
        same_format = wanted.fourcc in ("", self.fourcc)
        return (self.width, self.height) == (wanted.width, wanted.height) and same_rate and same_format


class _Grabber:
    """The thread that owns the device: opens it, keeps its newest frame, releases it."""

    def __init__(self, device: str, options: SourceOptions, connect: Callable[[str], VideoDevice]) -> None:
        #: Sentences about controls that the camera did not take.
        self.refused: list[str] = []
        self._device = device
        self._options = options
        self._connect = connect
        self._thread = threading.Thread(target=self._run, name=f"grab {device}", daemon=True)
        self._changed = threading.Condition()
        self._mode: _Mode | None = None
        self._newest: Frame | None = None
        self._error: str | None = None
        self._stopped = False

    def start(self, *, timeout: float) -> _Mode | None:
        """Return the camera's mode once it is open, None if stopped meanwhile. Raises SourceError."""
        with self._changed:
            if not self._stopped:
                self._thread.start()
            self._changed.wait_for(lambda: self._mode or self._error or self._stopped, timeout)
            if self._stopped:
                return None
            return self._mode or self._fail()

    def take(self, *, timeout: float) -> Frame | None:
        """Return the newest frame once, None if stopped. Raises SourceError."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest or self._error or self._stopped, timeout)
            frame, self._newest = self._newest, None
            if self._stopped:
                return None
            return frame or self._fail()

    def stop(self) -> None:
        """End the thread; wait for it, so that the device is free again and no process ends within a driver's call."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            started = self._thread.ident is not None
        if started:
            self._thread.join(_RELEASE_TIMEOUT)

    def _fail(self) -> NoReturn:
        raise SourceError(self._error or explain_silence(self._device))

    def _run(self) -> None:
        camera: VideoDevice | None = None
        try:
            fourcc = self._prepare()
            camera = self._connect(self._device)
            if not camera.isOpened():
                raise SourceError(explain_unopened(self._device))
            mode = _configure(camera, self._options, fourcc)
            with self._changed:
                self._mode = mode
                self._changed.notify_all()
            while not self._stopped:
                self._grab(camera)
        except (SourceError, cv2.error) as error:
            with self._changed:
                self._error = str(error) if isinstance(error, SourceError) else f"usb: {self._device} failed ({error})"
                self._changed.notify_all()
        finally:
            if camera is not None:
                camera.release()

    def _prepare(self) -> str:
        """Set the camera's controls and return the pixel format to ask for, "" for the driver's choice.

        Through a connection of its own: OpenCV knows fewer controls, and no list of formats.
        """
        options = self._options
        fourcc = PIXEL_FORMATS.get(options.pixel_format, "")
        try:
            with V4l2Device(self._device) as device:
                wanted = (options.image_width, options.image_height, options.framerate)
                fourcc = fourcc or choose_format(device.formats(), *wanted) or ""
                self.refused = apply_controls(device, self._device, options.controls)
        except OSError:
            pass  # OpenCV fails in the same way, and that is explained
        return fourcc

    def _grab(self, camera: VideoDevice) -> None:
        if not camera.grab():
            raise SourceError(f"usb: {self._device} was lost: check its cable; it is used again as soon as it is back")
        captured = _capture_time(camera)
        complete, image = camera.retrieve()
        if not complete:  # a JPEG damaged on the wire
            return
        with self._changed:
            self._newest = Frame(_bgr(image), captured=captured)
            self._changed.notify_all()


def _configure(camera: VideoDevice, options: SourceOptions, fourcc: str) -> _Mode:
    """Ask for the options' mode, the pixel format first because it decides about the rest; return what is given."""
    if fourcc:
        camera.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*fourcc))
    camera.set(cv2.CAP_PROP_FRAME_WIDTH, options.image_width)
    camera.set(cv2.CAP_PROP_FRAME_HEIGHT, options.image_height)
    camera.set(cv2.CAP_PROP_FPS, options.framerate)
    return _Mode.given(camera)


def _capture_time(camera: VideoDevice) -> int:
    """Return when the frame just grabbed was taken (steady clock, ns): the driver's word if it is credible, or now."""
    now = time.monotonic_ns()
    driver = round(camera.get(cv2.CAP_PROP_POS_MSEC) * 1e6)
    return driver if 0 <= now - driver < _OLDEST_DRIVER_STAMP_NS else now


def _bgr(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (H, W, 3) bgr8, also for cameras that see grey only."""
    colour = image if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    return np.asarray(colour, np.uint8)
