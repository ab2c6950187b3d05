"""Microphones: one of this computer, or a WAV file in place of one.

with open_input("") as microphone:
    chunk = microphone.read(0.1)
"""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import AudioError

#: In place of a device's name.
FILE = "file:"
#: Samples per second of what is heard.
RATE = 16000
#: Samples of a chunk: 20 ms.
CHUNK = RATE // 50


class DamagedSoundError(AudioError):
    """A sound file ends in something that cannot be decoded; to play it again is no use."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """20 ms of sound: (320,) int16 of one channel, and the steady time (time.monotonic) at which it began."""

    samples: NDArray[np.int16]
    time: float


class Input(Protocol):
    """Brings sound, chunk after chunk. One thread reads; `close` may come from any."""

    @property
    def description(self) -> str:
        """What it is, in words for a status line."""
        ...

    @property
    def ended(self) -> bool:
        """Whether no chunk will come any more, as at the end of a file."""
        ...

    def read(self, timeout: float) -> Chunk | None:
        """Return the next chunk, or None when none came within ``timeout`` seconds, or ever will.

        Raises AudioError when the device is gone.
        """
        ...

    def close(self) -> None:
        """Let go of the device or file."""
        ...

    def __enter__(self) -> Input: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_input(device: str) -> Input:
    """Return the input that ``device`` names.

    device: "" for the system's microphone, a name of `devices.list_devices` or a part of only one, or
    "file:/speech.wav" for a sound file of any rate and number of channels, played in real time.
    Raises AudioError when it cannot be opened.
    """
    if device.startswith(FILE):
        from emotion_perception.speech.audio.recorded import RecordedInput

        return RecordedInput(device.removeprefix(FILE))
    from emotion_perception.speech.audio.microphone import Microphone

    return Microphone(device)
