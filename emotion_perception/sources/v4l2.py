"""What Linux knows about its cameras, and sentences that say why one cannot be used."""

from __future__ import annotations

import getpass
import os
import stat
from pathlib import Path

_SYSFS = Path("/sys/class/video4linux")
_PROC = Path("/proc")
_VIDEO_MAJOR = 81  # Linux's number for V4L devices


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
    holder = _in_use(device) if _is_video(device) else None
    return find_obstacle(device) or holder or f"usb: {device} is not a camera: {_choose()}"


def explain_silence(device: str) -> str:
    """Return the sentence for a device that opened but sends no frame."""
    return _in_use(device) or (
        f"usb: {device} sends no frames: plug it in again, into another socket or without a hub, "
        "or ask for a smaller image_width and image_height"
    )


def _in_use(device: str) -> str | None:
    holder = _find_holder(device)
    return f"usb: {device} is in use by {holder}: close that program, or choose another camera" if holder else None


def _is_video(device: str) -> bool:
    try:
        status = Path(device).stat()
    except OSError:
        return False
    return stat.S_ISCHR(status.st_mode) and os.major(status.st_rdev) == _VIDEO_MAJOR


def _choose() -> str:
    cameras = _list_cameras()
    if not cameras:
        return "no camera is connected, plug one in or play a video with file:…"
    return "use one of " + ", ".join(f"usb:{device} ({name})" for device, name in cameras)


def _list_cameras() -> list[tuple[str, str]]:
    """Return device path and name of what sends pictures; a camera's further nodes (metadata) have an index over 0."""
    found = []
    for node in sorted(_SYSFS.glob("video*"), key=lambda node: (len(node.name), node.name)):
        try:
            if (node / "index").read_text().strip() == "0":
                found.append((f"/dev/{node.name}", (node / "name").read_text().strip()))
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
