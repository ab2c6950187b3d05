"""What every source of pictures has in common: the frame, the options, the protocol and its threading contract."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import ParameterError
from emotion_perception.sources.camera_controls import CameraControls

#: Takes one sentence that a person should read while the source goes on (a damaged packet, a skipped picture).
Report = Callable[[str], None]

_LARGEST_SIDE = 16384


def log_report(sentence: str) -> None:
    """Send the sentence to Python's logging: what a source does with its reports when nobody asked for them."""
    logging.getLogger("emotion_perception.sources").warning(sentence)


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture.

    image: (H, W, 3) uint8, bgr8; it may be shown again later, so receivers do not write into it.
    time: presentation time in seconds since the first frame, strictly increasing also over loops; None when live.
    captured: steady clock (time.monotonic_ns) at which a live frame was captured; None when unknown or not live.
    """

    image: NDArray[np.uint8]
    time: float | None = None
    captured: int | None = None


@dataclass(frozen=True)
class SourceOptions:
    """What the user asks of a source; each source takes what applies to it. Names are usb_cam's where it has one.

    video_device: the camera of `usb:` when the URI names none.
    image_width, image_height: pixels; asked of a camera, drawn by `synthetic:`. Files and pictures keep their own size.
    framerate: frames per second; asked of a camera, pace of `images:` and `synthetic:`. Videos keep their own times.
    pixel_format: what to ask of a camera (see camera_formats.PIXEL_FORMATS); "" takes the one that suits size and rate.
    loop: start again at the end of a file or folder.
    gscam_config: the pipeline of `gstreamer:`, in gst-launch's words (gscam's parameter of that name).
    controls: brightness, exposure, focus … of a camera.
    """

    video_device: str = "/dev/video0"
    image_width: int = 640
    image_height: int = 480
    framerate: float = 30.0
    pixel_format: str = ""
    loop: bool = False
    gscam_config: str = ""
    controls: CameraControls = field(default_factory=CameraControls)

    def __post_init__(self) -> None:
        for name in ("image_width", "image_height"):
            if not 1 <= getattr(self, name) <= _LARGEST_SIDE:
                raise ParameterError(f"{name} is {getattr(self, name)}: give pixels from 1 to {_LARGEST_SIDE}")
        if not (math.isfinite(self.framerate) and 0.01 <= self.framerate <= 1000):
            raise ParameterError(f"framerate is {self.framerate}: give frames per second from 0.01 to 1000")


class Source(Protocol):
    """Where frames come from: a camera, a stream, a file, a folder of pictures.

    Threads: one thread calls `open` and `read`; any thread may call `close`, also while another one is inside `open`
    or `read`, which then returns within half a second (`read` with None). `close` is idempotent, and a closed source
    can be opened again: a file then starts from its beginning.
    """

    @property
    def live(self) -> bool:
        """Whether frames come at their own pace and are stamped at capture, rather than carry a presentation time."""
        ...

    @property
    def frame_rate(self) -> float | None:
        """Frames per second as far as known; None before `open`, or when the source does not say."""
        ...

    @property
    def description(self) -> str:
        """What it is, in words for a log or a status line, e.g. "clip.mp4 (640x360, 24 fps)"."""
        ...

    def open(self) -> None:
        """Get ready to read. Raises SourceError with the reason and the remedy."""
        ...

    def read(self) -> Frame | None:
        """Return the next frame, waiting for it if live; None at the end or once closed. Raises SourceError if lost.

        StaleSourceError says that the source is open but silent: it may resume, so the next `read` waits on.
        """
        ...

    def close(self) -> None:
        """Let go of the device or file."""
        ...


@runtime_checkable
class Diagnosed(Protocol):
    """A source that can tell more about itself than its frames."""

    def diagnosis(self) -> dict[str, str]:
        """Return names and values for diagnostics, e.g. the packet loss; called about once a second, by any thread."""
        ...
