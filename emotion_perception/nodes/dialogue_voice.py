"""The robot's voice as a conversation uses it: one phrase at a time, and a word when each was heard."""

from __future__ import annotations

import enum
import math
from collections import deque
from collections.abc import Callable

from emotion_perception.core.speaking_time import speaking_time

#: Seconds that a voice which tells when it speaks may take to begin: as long as one in the cloud that times out.
BEGIN = 8.0
#: By how much longer than expected it may speak before it is taken to be stuck.
SLOWNESS, PATIENCE = 3.0, 10.0
#: Seconds that it may take to fall silent when it is told to.
HUSH = 2.0


class _Phase(enum.Enum):
    SILENT = enum.auto()
    BEGINS = enum.auto()  # a phrase was sent to a voice that will tell when its sound begins
    SPEAKS = enum.auto()  # its sound plays
    GUESSED = enum.auto()  # a phrase was sent to a voice that does not tell
    HUSHED = enum.auto()  # it was told to stop, and has not yet answered


class Voice:
    """Sends phrases one by one and follows, by `speaking`, `hushed` and the time, how far the voice is.

    send: says a phrase (text, language). stop: asks the voice to fall silent; returns whether it will answer, by
    `hushed`. tells: whether the voice tells when it speaks; otherwise the time that a phrase takes is guessed.
    spoken: called when the robot falls silent: all was said, or (true) could not be. Not called after `hush`.
    trouble: called with a sentence when the voice does not do what it was told to.

    Times are seconds of any one clock.
    """

    def __init__(
        self,
        *,
        send: Callable[[str, str], None],
        stop: Callable[[], bool],
        tells: Callable[[], bool],
        spoken: Callable[[bool], None],
        trouble: Callable[[str], None],
    ) -> None:
        self._send, self._stop, self._tells, self._spoken, self._trouble = send, stop, tells, spoken, trouble
        self._phrases: deque[tuple[str, str]] = deque()
        self._phase = _Phase.SILENT
        self._seconds = 0.0  # that the phrase takes, about
        self._failed = False
        self._sound = False  # whether any plays
        self._answered = True  # whether the voice has answered that it stopped
        #: When `tick` is to be called.
        self.deadline = math.inf

    @property
    def silent(self) -> bool:
        """Whether nothing is being said, nor about to be."""
        return self._phase is _Phase.SILENT

    def say(self, text: str, language: str, now: float) -> None:
        """Say it after what is being said."""
        self._phrases.append((text, language))
        if self.silent:
            self._next(now)

    def hush(self, now: float) -> None:
        """Stop speaking and forget what is still to be said."""
        self._phrases.clear()
        self._failed = False
        if self._phase in (_Phase.SILENT, _Phase.HUSHED):
            return
        if self._stop():
            self._answered = False
            self._wait(_Phase.HUSHED, now + HUSH)
        else:
            self._wait(_Phase.SILENT, math.inf)

    def speaking(self, sound: bool, now: float) -> None:
        """Note that sound began, or ended; or, when there was none, that nothing comes of what was to be said."""
        before, self._sound = self._sound, sound
        if self._phase is _Phase.BEGINS and sound:
            self._wait(_Phase.SPEAKS, now + SLOWNESS * self._seconds + PATIENCE)
        elif self._phase is _Phase.BEGINS and not before:
            self._failed = True
            self._next(now)
        elif self._phase is _Phase.SPEAKS and not sound:
            self._next(now)
        elif self._phase is _Phase.HUSHED:
            self._go_on_when_silent(now)

    def hushed(self, now: float) -> None:
        """Note that the voice has stopped, as it was told to."""
        self._answered = True
        if self._phase is _Phase.HUSHED:
            self._go_on_when_silent(now)

    def tick(self, now: float) -> None:
        """Go on if the voice has taken its time."""
        if now < self.deadline:
            return
        if self._phase is _Phase.BEGINS:
            self._failed = True
            self._trouble("the voice did not begin to speak: look at the log of speech_synthesizer")
        elif self._phase is _Phase.SPEAKS:
            self._failed = True
            self._trouble("the voice does not come to an end: look at the log of speech_synthesizer")
        self._next(now)

    def _go_on_when_silent(self, now: float) -> None:
        """Say the next phrase once the voice has both answered and ended its sound, in whichever order that comes."""
        if self._answered and not self._sound:
            self._next(now)

    def _next(self, now: float) -> None:
        was_hushed = self._phase is _Phase.HUSHED
        self._wait(_Phase.SILENT, math.inf)
        if self._phrases:
            text, language = self._phrases.popleft()
            self._seconds = speaking_time(text)
            if self._tells():
                self._wait(_Phase.BEGINS, now + BEGIN)
            else:
                self._wait(_Phase.GUESSED, now + self._seconds)
            self._send(text, language)
        elif not was_hushed:
            failed, self._failed = self._failed, False
            self._spoken(failed)

    def _wait(self, phase: _Phase, deadline: float) -> None:
        self._phase, self.deadline = phase, deadline
