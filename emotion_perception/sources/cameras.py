"""The cameras of this computer, for a person who wants to choose one."""

from __future__ import annotations

from dataclasses import dataclass

from emotion_perception.sources import v4l2
from emotion_perception.sources.camera_formats import PixelFormat
from emotion_perception.sources.v4l2_device import V4l2Device


@dataclass(frozen=True)
class Camera:
    """A camera that is plugged in.

    device: its path now, e.g. /dev/video0, which may differ after a restart.
    stable: its path under /dev/v4l/by-id, which names this very camera; "" if udev made none.
    name: what it calls itself.
    formats: what it can send; empty if it would not say.
    obstacle: the sentence that says why it cannot be used; "" if nothing shows.
    """

    device: str
    stable: str
    name: str
    formats: tuple[PixelFormat, ...]
    obstacle: str


def list_cameras() -> list[Camera]:
    """Return every camera; none is started, and one that another program uses is asked too."""
    return [_describe(*each) for each in v4l2.list_devices()]


def _describe(device: str, name: str) -> Camera:
    formats: tuple[PixelFormat, ...] = ()
    obstacle = v4l2.find_obstacle(device) or ""
    if not obstacle:
        try:
            with V4l2Device(device) as opened:
                formats = opened.formats()
        except OSError as error:
            obstacle = f"usb: {device} cannot be asked ({error.strerror}): plug it in again"
    return Camera(device, v4l2.stable_path(device), name, formats, obstacle)
