"""A sound file in place of a microphone, played in real time."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import AudioError
from emotion_perception.speech.audio.chunks import Chunker
from emotion_perception.speech.audio.input import CHUNK, RATE, Chunk, DamagedSoundError
from emotion_perception.speech.audio.wav import reason_of, soundfile

_PERIOD = CHUNK / RATE


class RecordedInput:
    """Plays a file once; a second of silence follows, so that its last word is known to be the last.

    Raises AudioError for a file that is missing or no sound, and DamagedSoundError from `read` where one is damaged.
    """

    _AFTERWARDS = 50  # chunks

    def __init__(self, path: str) -> None:
        self._path = Path(path).expanduser()
        library = soundfile()
        try:
            if not self._path.is_file():
                raise AudioError(f"there is no sound file {self._path}: check the path after file:")
            self._file = library.SoundFile(self._path)
        except library.LibsndfileError as error:
            reason = reason_of(error)
            raise AudioError(f"{self._path} cannot be played ({reason}): give a WAV, FLAC, Ogg or MP3 file") from error
        self._chunker = Chunker(self._file.samplerate)
        self._waiting: deque[NDArray[np.int16]] = deque()
        self._due = time.monotonic()
        self._closed = False
        self.description = f"{self._path.name} ({self._file.samplerate} Hz, {self._file.channels} channels)"
        self._at_end = False

    @property
    def ended(self) -> bool:
        """Whether everything was played."""
        return self._at_end and not self._waiting

    def read(self, timeout: float) -> Chunk | None:
        """Return the next chunk when it is due."""
        while not self._waiting and not self._closed:
            if self._at_end:
                time.sleep(timeout)
                return None
            block = self._decode()
            self._waiting.extend(self._chunker.feed(block))
            if not len(block):
                self._at_end = True
                self._waiting.extend([np.zeros(CHUNK, np.int16)] * self._AFTERWARDS)
        if self._closed:
            return None
        wait = self._due + _PERIOD - time.monotonic()
        if wait > timeout:
            time.sleep(timeout)
            return None
        if wait > 0:
            time.sleep(wait)
        begin, self._due = self._due, self._due + _PERIOD
        return Chunk(self._waiting.popleft(), begin)

    def _decode(self) -> NDArray[np.int16]:
        begin = self._file.tell() / self._file.samplerate
        try:
            block = self._file.read(self._file.samplerate // 10, dtype="int16", always_2d=True)
        except RuntimeError as error:  # soundfile's own is one
            reason = reason_of(error)
            raise DamagedSoundError(f"{self._path} is damaged after {begin:.1f} s ({reason}): copy it again") from error
        return np.asarray(block, np.int16)

    def close(self) -> None:
        """Close the file."""
        self._closed = True
        self._file.close()

    def __enter__(self) -> RecordedInput:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
