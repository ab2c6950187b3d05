"""Where utterances begin and end, by what the voice activity detector says of each chunk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from emotion_perception.speech.audio.input import CHUNK, RATE, Chunk

_PERIOD = CHUNK / RATE
_WINDOW, _ENOUGH = 8, 5  # chunks: so many of the last ones are speech when somebody begins
_BEFORE = 15  # chunks before that which belong to it: soft consonants are no speech for the detector
_RECENT, _SOME = 5, 3  # speech goes on while so many of the last ones are speech; a click is fewer
_SHORTEST = 8  # chunks of speech; what is shorter was a knock


class Event(StrEnum):
    """What became of the utterance with a chunk."""

    NOTHING = "nothing"
    BEGAN = "began"
    GOES_ON = "goes on"
    ENDED = "ended"
    DISMISSED = "dismissed"


@dataclass(frozen=True, eq=False)
class Step:
    """What a chunk changed.

    sound: what to hand to the recogniser: (n,) int16. began, ended: steady times of the utterance's first and last
    speech, in seconds.
    """

    event: Event
    sound: NDArray[np.int16]
    began: float = 0.0
    ended: float = 0.0


_NO_SOUND = np.zeros(0, np.int16)


class Segmenter:
    """Finds utterances: one begins with 100 ms of speech in 160 ms, and ends after ``pause`` seconds without.

    One of ``longest`` seconds is ended there: somebody's television is on.
    """

    def __init__(self, speech: Callable[[NDArray[np.int16]], bool], *, pause: float, longest: float) -> None:
        self._speech = speech
        self._pause = pause
        self._longest = longest
        self._flags: deque[bool] = deque(maxlen=_WINDOW)
        self._before: deque[Chunk] = deque(maxlen=_WINDOW + _BEFORE)
        self._began: float | None = None
        self._last = 0.0
        self._voiced = 0

    @property
    def within(self) -> bool:
        """Whether somebody is speaking."""
        return self._began is not None

    def step(self, chunk: Chunk) -> Step:
        """Take the next chunk."""
        self._flags.append(self._speech(chunk.samples))
        if self._began is None:
            self._before.append(chunk)
            if sum(self._flags) < _ENOUGH:
                return Step(Event.NOTHING, _NO_SOUND)
            self._began = chunk.time - (_WINDOW - 1) * _PERIOD
            self._last = chunk.time + _PERIOD
            self._voiced = sum(self._flags)
            sound = np.concatenate([each.samples for each in self._before])
            return Step(Event.BEGAN, sound, self._began, self._last)
        self._voiced += self._flags[-1]
        if sum(list(self._flags)[-_RECENT:]) >= _SOME:
            self._last = chunk.time + _PERIOD
        now = chunk.time + _PERIOD
        over = now - self._last >= self._pause or now - self._began >= self._longest
        event = Event.GOES_ON
        if over:
            event = Event.ENDED if self._voiced >= _SHORTEST else Event.DISMISSED
        step = Step(event, chunk.samples, self._began, self._last)
        if over:
            self.reset()
        return step

    def reset(self) -> None:
        """Forget what was heard."""
        self._flags.clear()
        self._before.clear()
        self._began = None
