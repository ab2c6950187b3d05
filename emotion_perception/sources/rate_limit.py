"""Reports that do not flood: a network can bring thousands of faults a second."""

from __future__ import annotations

import time
from collections.abc import Callable

from emotion_perception.sources.base import Report


class RateLimitedReport:
    """Passes at most one sentence in ``interval`` seconds on, and says with the next how many it kept back.

    clock: seconds of a steady clock.
    """

    def __init__(self, report: Report, *, interval: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._report = report
        self._interval = interval
        self._clock = clock
        self._next = float("-inf")
        self._kept = 0

    def __call__(self, sentence: str) -> None:
        """Report the sentence, or keep it back."""
        now = self._clock()
        if now < self._next:
            self._kept += 1
            return
        self._next = now + self._interval
        kept, self._kept = self._kept, 0
        self._report(f"{sentence} (and {kept} more of the kind before)" if kept else sentence)
