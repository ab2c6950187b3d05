"""What the robot is saying, as far as it was told: collects lines, and gives up a mouth that never ends."""

from __future__ import annotations

import math

from emotion_perception.core.scenario.actions import Hush, Say

_AT_MOST = 20.0  # seconds, and for each character below; then the mouth is taken to be broken
_PER_CHARACTER = 0.2


class Mouth:
    """silent_since: when anybody, robot or person, last said something, on the engine's clock.

    whole: whether what was last handed out was said to its end.
    """

    def __init__(self) -> None:
        self.silent_since = 0.0
        self.whole = False
        self._until = -math.inf  # when the mouth is given up; -inf while it is silent
        self._lines: list[str] = []
        self._hush = False

    @property
    def speaking(self) -> bool:
        """Whether something that was handed out is still being said."""
        return self._until > -math.inf

    @property
    def busy(self) -> bool:
        """Whether something is being said, or is about to be."""
        return self.speaking or bool(self._lines)

    @property
    def deadline(self) -> float:
        """When the mouth is given up; infinity while it is silent."""
        return self._until if self.speaking else math.inf

    def say(self, line: str) -> None:
        """Say this next."""
        if line:
            self._lines.append(line)

    def cut_off(self, clock: float) -> None:
        """Say no more of what was handed out."""
        if self.speaking:
            self._hush = True
            self.end(clock)

    def end(self, clock: float, *, whole: bool = False) -> None:
        """All that was handed out is over: ``whole``, or cut off, or never said."""
        self._until = -math.inf
        self.whole = whole
        self.silent_since = clock

    def take(self, language: str, clock: float) -> tuple[list[Hush], list[Say]]:
        """What to do before anything else, and what to say after it; each at most one action."""
        before = [Hush()] if self._hush else []
        text = " ".join(self._lines)
        after = [Say(text, language)] if text else []
        if text:
            start = max(clock, self._until - _AT_MOST)  # after what is still being said
            self.whole = False
            self._until = start + _AT_MOST + _PER_CHARACTER * len(text)
        self._hush = False
        self._lines = []
        return before, after
