"""Camera controls carried to a V4L2 device."""

from __future__ import annotations

import errno

from emotion_perception.sources.camera_controls import LEAVE, CameraControls
from emotion_perception.sources.v4l2_device import V4l2Device

_USER, _CAMERA = 0x0098_0900, 0x009A_0900  # V4L2's control classes
_NUMBERS = {
    "brightness": _USER,
    "contrast": _USER + 1,
    "saturation": _USER + 2,
    "sharpness": _USER + 27,
    "gain": _USER + 19,
    "auto_white_balance": _USER + 12,
    "white_balance": _USER + 26,
    "autoexposure": _CAMERA + 1,
    "exposure": _CAMERA + 2,
    "autofocus": _CAMERA + 12,
    "focus": _CAMERA + 10,
}
#: Exposure is a menu: webcams call automatic "aperture priority" (3), others "auto" (0); manual is 1.
_EXPOSURE_MENU = {0: (1,), 1: (3, 0)}


def apply_controls(device: V4l2Device, path: str, controls: CameraControls) -> list[str]:
    """Set what is asked and return a sentence for each that the camera has not or does not take.

    Raises OSError if it is no camera, or lost.
    """
    refused = []
    for name, value in controls.asked().items():
        number = _NUMBERS[name]
        takes = device.control_range(number)
        if takes is None:
            if getattr(controls, name) != LEAVE:
                refused.append(f"usb: {path} has no control for {name}: set {name} to -1")
            continue
        candidates = _EXPOSURE_MENU[value] if name == "autoexposure" else (value,)
        if not any(_set(device, number, each) for each in candidates if takes.low <= each <= takes.high):
            span = f"from {takes.low} to {takes.high}"
            refused.append(f"usb: {path} takes {name} {span}, and not {value}: it was left alone")
    return refused


def _set(device: V4l2Device, number: int, value: int) -> bool:
    """Return whether the camera took the value."""
    try:
        device.set_control(number, value)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ERANGE, errno.EBUSY, errno.EACCES):
            return False
        raise
    return True
