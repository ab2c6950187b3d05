"""From chunks of sound to utterances."""

from __future__ import annotations

import math
from collections.abc import Callable

from emotion_perception.speech.audio.input import CHUNK, RATE, Chunk
from emotion_perception.speech.ears.conditioning import Conditioner
from emotion_perception.speech.ears.events import Expected, Heard
from emotion_perception.speech.ears.segmenter import Event, Segmenter
from emotion_perception.speech.ears.vad import VoiceActivity
from emotion_perception.speech.recognition.base import Recognizer

_PERIOD = CHUNK / RATE


class Ears:
    """Hands what people say to a recogniser and tells what it made of it. One thread uses it.

    understood, missed: how many utterances were, and were not, speech that the recogniser understands.
    """

    def __init__(
        self, recognizer: Recognizer, tell: Callable[[Heard], None], *, strictness: int, pause: float, longest: float
    ) -> None:
        self._recognizer = recognizer
        self._tell = tell
        self.conditioner = Conditioner(_PERIOD)
        self._segmenter = Segmenter(VoiceActivity(strictness), pause=pause, longest=longest)
        self._deaf_until = -math.inf
        self._expected: Expected | None = None
        self._language = "en"
        self._told_partial = False
        self.understood = 0
        self.missed = 0

    def deafen(self, until: float) -> None:
        """Hear nothing of what is said before ``until`` (steady time); what is being said is forgotten."""
        self._deaf_until = until

    def expect(self, expected: Expected) -> None:
        """Listen for this from the next utterance on. Raises RecognitionError, or `hear` does at an utterance's end."""
        self._expected = expected
        if not self._segmenter.within:
            self._apply()

    def hear(self, chunk: Chunk) -> None:
        """Take the next chunk. Raises RecognitionError when it is time for what was expected, and that cannot be."""
        better = Chunk(self.conditioner.condition(chunk.samples), chunk.time)
        if chunk.time < self._deaf_until:
            if self._segmenter.within:
                self._end_in_nothing(chunk.time, chunk.time)
            self._segmenter.reset()
            self._apply()
            return
        step = self._segmenter.step(better)
        if step.event is Event.NOTHING:
            return
        if step.event is Event.BEGAN:
            self._told_partial = False
            self._recognizer.start()
        partial = self._recognizer.feed(step.sound)
        if step.event is Event.DISMISSED:
            self._end_in_nothing(step.began, step.ended)
        elif step.event is Event.ENDED:
            self._finish(step.began, step.ended)
        elif partial is not None:
            self._told_partial = True
            self._tell(Heard(partial, math.nan, self._language, False, step.began, step.ended))
        if step.event in (Event.ENDED, Event.DISMISSED):
            self._apply()

    def _finish(self, began: float, ended: float) -> None:
        guess = self._recognizer.finish()
        if guess is None or not guess.text:
            self.missed += 1
            self._end_in_nothing(began, ended)
            return
        self.understood += 1
        self._tell(Heard(guess.text, guess.confidence, guess.language, True, began, ended))

    def _end_in_nothing(self, began: float, ended: float) -> None:
        """Take back what was told of an utterance so far."""
        if self._told_partial:
            self._told_partial = False
            self._tell(Heard("", 0.0, self._language, True, began, ended))

    def _apply(self) -> None:
        expected, self._expected = self._expected, None
        if expected is not None:
            self._recognizer.expect(expected.language, expected.phrases, expected.names)
            self._language = expected.language
