"""Loudspeakers: one of this computer, a WAV file in place of one, or none that only takes the time.

with open_output("", 22050) as output:
    output.write(samples)
    output.drain()
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

#: In place of a device's name: a file, and nothing.
FILE, NONE = "file:", "none"


class Output(Protocol):
    """Plays sound of one channel. One thread writes and drains; `stop` and `close` may come from any.

    rate: samples per second of what is written.
    """

    rate: int

    def write(self, samples: NDArray[np.int16], *, unless: Callable[[], bool] = lambda: False) -> None:
        """Play (n,) samples after those before; blocks while the buffer of some seconds is full.

        Returns early, without playing them, when `stop` comes meanwhile, or when ``unless()`` holds before the first is
        played: who sets it and then calls `stop` stops this `write` too, even one that has only just been called.
        Raises AudioError when the device is gone.
        """
        ...

    def drain(self) -> None:
        """Wait until all that was written was heard, or `stop` came. Raises AudioError when the device is gone."""
        ...

    def stop(self) -> None:
        """Fall silent at once; what was written and not heard yet is dropped."""
        ...

    def close(self) -> None:
        """Stop, and let go of the device. `write` and `drain` return."""
        ...

    @property
    def lost(self) -> str:
        """The sentence that says why nothing can be heard any more; "" while all is well."""
        ...

    def __enter__(self) -> Output: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_output(device: str, rate: int) -> Output:
    """Return an output for sound of ``rate`` samples per second.

    device: "" for the system's loudspeaker, a name of `devices.list_devices` or a part of only one, "file:/sound.wav"
    for a WAV file that is written anew, in the pace of a loudspeaker and with the pauses between what is said left out,
    or "none". Raises AudioError when it cannot be opened.
    """
    if device == NONE or device.startswith(FILE):
        from emotion_perception.speech.audio.paced import PacedOutput
        from emotion_perception.speech.audio.wav import WavWriter

        return PacedOutput(rate, WavWriter(device.removeprefix(FILE), rate) if device != NONE else None)
    from emotion_perception.speech.audio.loudspeaker import Loudspeaker

    return Loudspeaker(device, rate)
