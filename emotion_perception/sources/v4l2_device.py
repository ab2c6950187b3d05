"""A V4L2 device spoken to through the kernel's own calls: who it is, what it sends, its controls.

The structures are those of Linux's <linux/videodev2.h>, whose layout is the same on every 64-bit machine.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from emotion_perception.sources.camera_formats import FrameSize, PixelFormat

_CAPTURE = 1  # V4L2_BUF_TYPE_VIDEO_CAPTURE and V4L2_CAP_VIDEO_CAPTURE
_CAPABILITIES_ARE_PER_NODE = 0x8000_0000
_DISCRETE = 1
_UNUSABLE = 0x01 | 0x04  # control flags: disabled, read-only
_MOST = 1000  # entries of a list, in case a driver never ends it


class _Capability(ctypes.Structure):
    _fields_ = (
        ("driver", ctypes.c_char * 16),
        ("card", ctypes.c_char * 32),
        ("bus_info", ctypes.c_char * 32),
        ("version", ctypes.c_uint32),
        ("capabilities", ctypes.c_uint32),
        ("device_caps", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32 * 3),
    )


class _FormatDescription(ctypes.Structure):
    _fields_ = (
        ("index", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("description", ctypes.c_char * 32),
        ("pixelformat", ctypes.c_uint32),
        ("mbus_code", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32 * 3),
    )


class _FrameSize(ctypes.Structure):
    _fields_ = (
        ("index", ctypes.c_uint32),
        ("pixel_format", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("values", ctypes.c_uint32 * 6),  # width, height; or least, most and step of the width, then of the height
        ("reserved", ctypes.c_uint32 * 2),
    )


class _FrameInterval(ctypes.Structure):
    _fields_ = (
        ("index", ctypes.c_uint32),
        ("pixel_format", ctypes.c_uint32),
        ("width", ctypes.c_uint32),
        ("height", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("values", ctypes.c_uint32 * 6),  # seconds as numerator and denominator; or least, most and step
        ("reserved", ctypes.c_uint32 * 2),
    )


class _QueryControl(ctypes.Structure):
    _fields_ = (
        ("id", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("name", ctypes.c_char * 32),
        ("minimum", ctypes.c_int32),
        ("maximum", ctypes.c_int32),
        ("step", ctypes.c_int32),
        ("default_value", ctypes.c_int32),
        ("flags", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32 * 2),
    )


class _Control(ctypes.Structure):
    _fields_ = (("id", ctypes.c_uint32), ("value", ctypes.c_int32))


def _request(direction: int, number: int, structure: type[ctypes.Structure]) -> int:
    """Return the kernel's number of a V4L2 call (_IOR and _IOWR of <asm-generic/ioctl.h>)."""
    return direction << 30 | ctypes.sizeof(structure) << 16 | ord("V") << 8 | number


_QUERYCAP = _request(2, 0, _Capability)
_ENUM_FMT = _request(3, 2, _FormatDescription)
_S_CTRL = _request(3, 28, _Control)
_QUERYCTRL = _request(3, 36, _QueryControl)
_ENUM_FRAMESIZES = _request(3, 74, _FrameSize)
_ENUM_FRAMEINTERVALS = _request(3, 75, _FrameInterval)


@dataclass(frozen=True)
class ControlRange:
    """What a control of a camera takes: lowest and highest value, and the one it has from the factory."""

    low: int
    high: int
    default: int


class V4l2Device:
    """An open video device. Use it as a context; each method may raise OSError (ENOTTY: it is no video device)."""

    def __init__(self, path: str | Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def __enter__(self) -> V4l2Device:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def captures(self) -> bool:
        """Whether it sends pictures; a camera's further nodes send metadata."""
        asked = _Capability()
        fcntl.ioctl(self._file, _QUERYCAP, asked)
        per_node = asked.capabilities & _CAPABILITIES_ARE_PER_NODE
        return bool((asked.device_caps if per_node else asked.capabilities) & _CAPTURE)

    def formats(self) -> tuple[PixelFormat, ...]:
        """Return every pixel format with its sizes and rates, in the driver's order."""
        return tuple(self._formats())

    def control_range(self, number: int) -> ControlRange | None:
        """Return what a control takes, None if the camera has it not or lets nobody set it."""
        asked = _QueryControl(id=number)
        try:
            fcntl.ioctl(self._file, _QUERYCTRL, asked)
        except OSError as error:
            if error.errno == errno.EINVAL:
                return None
            raise
        if asked.flags & _UNUSABLE:
            return None
        return ControlRange(asked.minimum, asked.maximum, asked.default_value)

    def set_control(self, number: int, value: int) -> None:
        """Set a control; OSError EINVAL is a value that it does not take."""
        fcntl.ioctl(self._file, _S_CTRL, _Control(id=number, value=value))

    def _formats(self) -> Iterator[PixelFormat]:
        for index in range(_MOST):
            asked = _FormatDescription(index=index, type=_CAPTURE)
            if not self._listed(_ENUM_FMT, asked):
                return
            fourcc = int(asked.pixelformat).to_bytes(4, "little").decode("ascii", "replace")
            description = bytes(asked.description).decode("utf-8", "replace")
            yield PixelFormat(fourcc, description, tuple(self._sizes(asked.pixelformat)))

    def _sizes(self, pixel_format: int) -> Iterator[FrameSize]:
        for index in range(_MOST):
            asked = _FrameSize(index=index, pixel_format=pixel_format)
            if not self._listed(_ENUM_FRAMESIZES, asked):
                return
            values = tuple(asked.values)
            discrete = asked.type == _DISCRETE
            width, height = values[:2] if discrete else (values[1], values[4])
            least_width, least_height = values[:2] if discrete else (values[0], values[3])
            rates = tuple(self._rates(pixel_format, width, height))
            yield FrameSize(least_width, least_height, width, height, rates)
            if not discrete:
                return

    def _rates(self, pixel_format: int, width: int, height: int) -> Iterator[float]:
        for index in range(_MOST):
            asked = _FrameInterval(index=index, pixel_format=pixel_format, width=width, height=height)
            if not self._listed(_ENUM_FRAMEINTERVALS, asked):
                return
            values = tuple(asked.values)
            for numerator, denominator in (values[:2],) if asked.type == _DISCRETE else (values[:2], values[2:4]):
                if numerator:
                    yield denominator / numerator
            if asked.type != _DISCRETE:
                return

    def _listed(self, request: int, asked: ctypes.Structure) -> bool:
        """Ask for an entry of a list; False past its end, or where the driver does not keep such a list."""
        try:
            fcntl.ioctl(self._file, request, asked)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOTTY):
                return False
            raise
        return True
