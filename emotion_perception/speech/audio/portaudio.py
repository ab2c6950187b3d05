"""PortAudio, once for the whole process: its list of devices, and the streams that are open.

PortAudio looks for devices only when it is initialised, and ending it ends every stream of the process. So what is
plugged in later is found by initialising it again, which happens here and nowhere else: freely while no stream is open,
and otherwise only when the computer's sound has changed since; the streams that this ends say so (`Stream.alive`), and
their owners open them again.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from emotion_perception.core.errors import AudioError

INSTALL = "sudo apt-get install libportaudio2 libasound2-plugins"
_ALSA = Path("/proc/asound/pcm")

#: Held while PortAudio is asked for anything but samples; it is not made for several threads.
LOCK = threading.RLock()
_streams: set[Stream] = set()
_seen: object = None


class Stream:
    """An open and running stream of PortAudio; any thread may call any method."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        _streams.add(self)

    @property
    def alive(self) -> bool:
        """Whether it still runs; false once closed, its device unplugged or the sound server gone."""
        with LOCK:
            if self._stream.closed:
                return False
            try:
                return bool(self._stream.active)
            except portaudio().PortAudioError:
                return False

    @property
    def latency(self) -> float:
        """Seconds between the callback and what is heard, or between a sound and the callback; 0 once closed."""
        with LOCK:
            return 0.0 if self._stream.closed else float(self._stream.latency)

    def close(self) -> None:
        """End it at once, without playing what is left; does nothing the second time."""
        with LOCK:
            _streams.discard(self)
            if not self._stream.closed:
                self._stream.abort(ignore_errors=True)
                self._stream.close(ignore_errors=True)


@cache
def portaudio() -> ModuleType:
    """Return the library as `sounddevice` binds it. Raises AudioError with the line that installs what is missing."""
    global _seen
    try:
        with LOCK:
            _seen = _sound_of_the_computer()
            import sounddevice
    except ImportError as error:
        raise AudioError(
            f"the Python package sounddevice is not installed ({error}): pip install sounddevice"
        ) from error
    except OSError as error:
        raise AudioError(f"PortAudio is not installed ({error}): {INSTALL}") from error
    except Exception as error:  # sounddevice's own, when PortAudio cannot start
        raise AudioError(f"PortAudio cannot start ({error}): look at `emotion-perception doctor microphone`") from error
    return sounddevice


def open_stream(make: Callable[[ModuleType], Any]) -> Stream:
    """Return the stream that ``make(sounddevice)`` opened, started.

    When that fails (AudioError, PortAudioError), devices are looked for again if that can help, and it is tried once
    more. Raises what the last attempt raised.
    """
    library = portaudio()
    with LOCK:
        try:
            return _started(make, library)
        except (AudioError, library.PortAudioError):
            if not look_again():
                raise
        return _started(make, library)


def look_again() -> bool:
    """Look for devices again; return whether that was possible and may have found something new."""
    global _seen
    library = portaudio()
    with LOCK:
        now = _sound_of_the_computer()
        if _streams and now == _seen:
            return False
        for stream in list(_streams):
            stream.close()
        library._terminate()
        library._initialize()
        _seen = now
        return True


def _started(make: Callable[[ModuleType], Any], library: ModuleType) -> Stream:
    stream = make(library)
    try:
        stream.start()
    except library.PortAudioError:
        stream.close(ignore_errors=True)
        raise
    return Stream(stream)


def _sound_of_the_computer() -> object:
    """Return what differs when a sound card or a sound server comes or goes."""
    try:
        cards = _ALSA.read_text()
    except OSError:
        cards = ""
    server = Path(os.environ.get("XDG_RUNTIME_DIR", "/run")) / "pulse" / "native"
    return cards, server.exists()
