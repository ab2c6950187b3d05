"""What Linux knows about its cameras, and sentences that say why one cannot be used."""

from __future__ import annotations

import errno
import getpass
import os
from pathlib import Path

from emotion_perception.sources.v4l2_device import V4l2Device

_SYSFS = Path("/sys/class/video4linux")
_DEV = Path("/dev")
_BY_ID = Path("/dev/v4l/by-id")
_PROC = Path("/proc")


def find_obstacle(device: str) -> str | None:
    """Return the sentence that says why ``device`` cannot be opened, as far as that shows without opening it."""
    if not os.access(device, os.F_OK):
        return f"usb: there is no {device}: {_choose()}"
    if not os.access(device, os.R_OK | os.W_OK):
        user = getpass.getuser()
        return f"usb: user {user} may not use {device}: run `sudo usermod -aG video {user}` and log in again"
    return None


def explain_unopened(device: str) -> str:
    """Return the sentence for a device that is there and permitted but did not open."""
    obstacle = find_obstacle(device)
    if obstacle:
        return obstacle
    try:
        with V4l2Device(device) as opened:
            captures = opened.captures()
    except OSError as error:
        if error.errno != errno.EBUSY:
            return f"usb: {device} is not a camera: {_choose()}"
        captures = True
    if not captures:
        return f"usb: {device} sends no pictures, it is another part of a camera: {_choose()}"
    return _in_use(device) or (
        f"usb: {device} did not start: another user's program may use it (`sudo fuser -v {device}`), "
        "or plug it in again"
    )


def explain_silence(device: str) -> str:
    """Return the sentence for a device that opened but sends no frame."""
    return _in_use(device) or (
        f"usb: {device} sends no frames: plug it in again, into another socket or without a hub, "
        "or ask for a smaller image_width and image_height"
    )


def _in_use(device: str) -> str | None:
    holder = _find_holder(device)
    return f"usb: {device} is in use by {holder}: close that program, or choose another camera" if holder else None


def _choose() -> str:
    cameras = list_devices()
    if not cameras:
        return "no camera is connected, plug one in or play a video with file:…"
    return "use one of " + ", ".join(f"usb:{device} ({name})" for device, name in cameras)


def stable_path(device: str) -> str:
    """Return the path under /dev/v4l/by-id that names this very camera, whichever is plugged in first; "" if none."""
    target = os.path.realpath(device)
    links = _BY_ID.iterdir() if _BY_ID.is_dir() else ()
    return next((str(link) for link in sorted(links) if os.path.realpath(link) == target), "")


def list_devices() -> list[tuple[str, str]]:
    """Return device path and name of what sends pictures; a camera's further nodes (metadata) have an index over 0."""
    found = []
    for node in sorted(_SYSFS.glob("video*"), key=lambda node: (len(node.name), node.name)):
        try:
            if (node / "index").read_text().strip() == "0":
                found.append((str(_DEV / node.name), (node / "name").read_text().strip()))
        except OSError:  # unplugged meanwhile
            continue
    return found


def _find_holder(device: str) -> str | None:
    """Return name and pid of another process that has the device open, as far as this user may know."""
    target = os.path.realpath(device)
    for process in _PROC.glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        try:
            if any(os.path.realpath(fd) == target for fd in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
        except OSError:  # ended meanwhile, or another user's
            continue
    return None
