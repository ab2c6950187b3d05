"""A voice and a loudspeaker: says phrases one after another, in a thread of its own, and can be interrupted."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import AudioError, PerceptionError, VoiceError
from emotion_perception.speech.audio.output import Output
from emotion_perception.speech.audio.resample import resample
from emotion_perception.speech.voices.base import Sound, Voice
from emotion_perception.speech.voices.text import speakable

_ROOM = 20  # phrases that may wait; more are refused, as nobody listens that long
_LOOK = 1.0  # seconds between two looks whether the loudspeaker is still there
_FIRST_RETRY, _LONGEST_RETRY = 1.0, 10.0  # seconds between two attempts to open one that is missing


@dataclass(frozen=True)
class _Phrase:
    text: str
    language: str
    at: float
    fault: str  # why it cannot be said; "" for nothing


class Mouth:
    """Says what it is given.

    open_output: is called with the voice's rate, again and again while it raises AudioError.
    speaking: is called with True when a phrase's first sound is about to be heard, and with False when its last was
    heard, or it was stopped, or nothing of it could be said: once for every phrase that `say` took and `stop` did not
    drop. device: is called with a sentence when there is no loudspeaker, and with "" when there is one. failed: is
    called with a sentence when a phrase cannot be said, or not to its end. began: is called with the seconds from `say`
    to the first sound. All are called from the mouth's own thread.
    """

    def __init__(
        self,
        voice: Voice,
        open_output: Callable[[int], Output],
        *,
        speaking: Callable[[bool], None],
        device: Callable[[str], None],
        failed: Callable[[str], None],
        began: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._voice = voice
        self._open_output = open_output
        self._speaking, self._device, self._failed, self._began = speaking, device, failed, began
        self.volume = 1.0
        self._changed = threading.Condition()
        self._waiting: deque[_Phrase] = deque()
        self._stops = 0
        self._closed = False
        self._output: Output | None = None
        self._retry = _FIRST_RETRY
        self._retry_at = 0.0
        self._thread = threading.Thread(target=self._run, name="mouth", daemon=True)
        self._thread.start()

    def say(self, text: str, language: str) -> None:
        """Say a text after those before it; one that cannot be said fails in its turn.

        Raises VoiceError when too many wait.
        """
        spoken = fault = ""
        try:
            spoken = speakable(text)
        except VoiceError as error:
            fault = str(error)
        if not spoken:
            fault = fault or f"a text of {len(text)} characters has nothing in it that can be said"
        with self._changed:
            if len(self._waiting) >= _ROOM:
                raise VoiceError(f"{_ROOM} phrases are waiting to be said already: wait until `speaking` is false")
            self._waiting.append(_Phrase(spoken, language, time.monotonic(), fault))
            self._changed.notify()

    def stop(self) -> int:
        """Fall silent at once and forget what waits; return how many phrases waited."""
        with self._changed:
            dropped = len(self._waiting)
            self._waiting.clear()
            self._stops += 1
            output = self._output
        if output:
            output.stop()
        return dropped

    def close(self) -> None:
        """Stop, and let go of the loudspeaker."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self.stop()
        self._thread.join()
        if self._output:
            self._output.close()

    def _run(self) -> None:
        while True:
            self._look_after_output()
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._waiting, _LOOK)
                if self._closed:
                    return
                phrase = self._waiting.popleft() if self._waiting else None
                stops = self._stops
            if phrase:
                self._say(phrase, stops)

    def _look_after_output(self) -> None:
        """Notice that the loudspeaker is gone, and open it when it is there."""
        if self._output and self._output.lost:
            self._device(self._output.lost)
            self._output.close()
            self._output = None
        if self._output is None and time.monotonic() >= self._retry_at:
            try:
                self._output = self._open_output(self._voice.rate)
            except AudioError as error:
                self._device(str(error))
                self._retry_at = time.monotonic() + self._retry
                self._retry = min(2 * self._retry, _LONGEST_RETRY)
            else:
                self._device("")
                self._retry = _FIRST_RETRY

    def _say(self, phrase: _Phrase, stops: int) -> None:
        output = self._output
        try:
            if phrase.fault:
                raise VoiceError(phrase.fault)
            if output is None:
                raise AudioError(f"a text of {len(phrase.text)} characters was not said: there is no loudspeaker")
            self._play(phrase, output, stops)
        except PerceptionError as error:
            self._failed(str(error))
        except Exception as error:  # of a voice: what it said so far is heard, and the next phrase is tried
            self._failed(f"the voice {self._voice.name} failed ({type(error).__name__}: {error})")
        finally:
            self._speaking(False)

    def _play(self, phrase: _Phrase, output: Output, stops: int) -> None:
        begun = False
        for sound in self._voice.synthesize(phrase.text, phrase.language):
            if self._stops != stops:
                break
            if not begun:
                begun = True
                self._speaking(True)
                self._began(time.monotonic() - phrase.at)
            output.write(self._samples(sound, output.rate), unless=lambda: self._stops != stops)
        if self._stops != stops:
            output.stop()  # what was written while `stop` came
        else:
            output.drain()

    def _samples(self, sound: Sound, rate: int) -> NDArray[np.int16]:
        samples = resample(sound.samples, sound.rate, rate)
        return samples if self.volume >= 1.0 else (samples * self.volume).astype(np.int16)
