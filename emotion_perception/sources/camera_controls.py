"""Settings of a camera's own: brightness, exposure, focus; by usb_cam's names."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from emotion_perception.core.errors import ParameterError

#: What leaves a control as it is.
LEAVE = -1

#: A value, and what sets it by itself and so must be off.
_AUTOMATICS = {"white_balance": "auto_white_balance", "exposure": "autoexposure", "focus": "autofocus"}


@dataclass(frozen=True)
class CameraControls:
    """Values for a camera's controls, -1 for what is left as it is; ranges are the camera's own.

    auto_white_balance, autoexposure, autofocus: 1 on, 0 off. Their values (white_balance in kelvin, exposure in
    0.1 ms, focus) switch them off.
    """

    brightness: int = LEAVE
    contrast: int = LEAVE
    saturation: int = LEAVE
    sharpness: int = LEAVE
    gain: int = LEAVE
    auto_white_balance: int = LEAVE
    white_balance: int = LEAVE
    autoexposure: int = LEAVE
    exposure: int = LEAVE
    autofocus: int = LEAVE
    focus: int = LEAVE

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value < LEAVE or (name in _AUTOMATICS.values() and value > 1):
                takes = "0, 1, or -1" if name in _AUTOMATICS.values() else "0 or more, or -1"
                raise ParameterError(f"{name} is {value}: give {takes} to leave it alone")
        for name, automatic in _AUTOMATICS.items():
            if getattr(self, name) != LEAVE and getattr(self, automatic) == 1:
                raise ParameterError(
                    f"{name} is {getattr(self, name)} and {automatic} is 1, which would set it by itself: "
                    f"set {automatic} to 0, or {name} to -1"
                )

    def asked(self) -> dict[str, int]:
        """Return what is to be set, each automatic before its value."""
        values = {name: value for name, value in asdict(self).items() if value != LEAVE}
        values |= {automatic: 0 for name, automatic in _AUTOMATICS.items() if name in values}
        return {name: values[name] for name in asdict(self) if name in values}
