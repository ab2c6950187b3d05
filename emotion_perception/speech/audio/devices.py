"""The microphones and loudspeakers of this computer, by the names that a person gives.

PortAudio reaches PulseAudio and PipeWire through ALSA, as one device "pulse" for all that the sound server has. So what
the server has is listed beside it, as "pulse:NAME".
"""

from __future__ import annotations

import contextlib
import enum
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from emotion_perception.core.errors import AudioError
from emotion_perception.speech.audio import sound_server
from emotion_perception.speech.audio.portaudio import LOCK, Stream, look_again, open_stream, portaudio

_PULSE = "pulse"


class Direction(enum.StrEnum):
    """Which way sound goes."""

    INPUT = "microphone"
    OUTPUT = "loudspeaker"


@dataclass(frozen=True)
class AudioDevice:
    """Something that sound comes from or goes to.

    name: as `open_device` takes it. inputs, outputs: channels; 0 when it has no microphone, or no loudspeaker.
    default: whether it is what "" stands for, in one of its directions.
    """

    name: str
    inputs: int
    outputs: int
    default: bool


def list_devices() -> tuple[AudioDevice, ...]:
    """Return every device, looked for anew unless sound is open. Raises AudioError when PortAudio is missing."""
    library = portaudio()
    with LOCK:
        look_again()
        defaults = {number for number in library.default.device if number >= 0}
        devices = [
            AudioDevice(each["name"], each["max_input_channels"], each["max_output_channels"], number in defaults)
            for number, each in enumerate(library.query_devices())
        ]
    if any(device.name == _PULSE for device in devices):
        devices += [AudioDevice(f"{_PULSE}:{name}", 0, 1, False) for name in sound_server.list_names("sinks")]
        devices += [AudioDevice(f"{_PULSE}:{name}", 1, 0, False) for name in sound_server.list_names("sources")]
    return tuple(devices)


def open_device(direction: Direction, name: str, make: Callable[[ModuleType, int], Any]) -> Stream:
    """Return the running stream that ``make(sounddevice, number of the device)`` opens.

    name: "" for the system's default, a name of `list_devices` or a part of only one of them (in any case), or
    "pulse:NAME" for one sink or source of the sound server. A device that was plugged in a moment ago is found.
    Raises AudioError with a sentence that says what is there and what to do.
    """

    def attempt(library: ModuleType) -> Any:
        number, at_server = _find(library, direction, name)
        with _sound_server_uses(direction, at_server):
            return make(library, number)

    library = portaudio()
    try:
        return open_stream(attempt)
    except library.PortAudioError as error:
        raise AudioError(
            f'{direction} "{name or "default"}" cannot be opened ({_words(error)}): see that no other program keeps it '
            "to itself, or choose another; `emotion-perception doctor microphone` says what is there"
        ) from error


def _find(library: ModuleType, direction: Direction, name: str) -> tuple[int, str]:
    """Return PortAudio's number of the device, and the name of the sound server's device behind it or ""."""
    channels = "max_input_channels" if direction is Direction.INPUT else "max_output_channels"
    there = {number: each["name"] for number, each in enumerate(library.query_devices()) if each[channels] > 0}
    if not there:
        raise AudioError(f"there is no {direction}: plug one in, or start the sound server")
    if not name:
        default = library.default.device[0 if direction is Direction.INPUT else 1]
        return (default if default in there else min(there)), ""
    wanted, _, at_server = name.partition(":")
    if wanted == _PULSE and at_server:
        name = _PULSE
    else:
        at_server = ""
    exact = [number for number, each in there.items() if each == name]
    found = exact or [number for number, each in there.items() if name.casefold() in each.casefold()]
    if len(found) != 1:
        fault = f'"{name}" is part of the names of several' if found else f'there is no {direction} "{name}"'
        listed = ", ".join(f'"{there[number]}"' for number in found or there)
        raise AudioError(f"{fault}: choose one of {listed}, or leave the name empty for the default")
    return found[0], at_server


@contextlib.contextmanager
def _sound_server_uses(direction: Direction, device: str) -> Iterator[None]:
    """Let the sound server's library connect to one device in particular; it reads these variables as it connects."""
    variable = "PULSE_SOURCE" if direction is Direction.INPUT else "PULSE_SINK"
    before = os.environ.get(variable)
    if device:
        os.environ[variable] = device
    try:
        yield
    finally:
        if device:
            os.environ.pop(variable)
            if before is not None:
                os.environ[variable] = before


def _words(error: Exception) -> str:
    """Return the reason that PortAudio gives, without its numbers."""
    return str(error).partition(" [PaErrorCode")[0].removeprefix("Error opening ")
