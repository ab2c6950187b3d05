"""Stamps for frames, and the pace at which a recording is played."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from emotion_perception.sources.base import Frame

_CLOCK_SET_BACK_NS = 1_000_000_000


class Stamper:
    """Gives each frame a stamp in nanoseconds of ``clock``; stamps always grow, unless the clock is set back by 1 s.

    A live frame has the time of its capture, plus ``offset`` seconds: a negative one makes up for a delay before the
    moment that the source takes for the capture (exposure, encoding, network). A frame of a recording has the clock's
    time at the recording's first frame plus its presentation time, so that two replays differ by a constant. A
    recording that is played faster than in real time has stamps ahead of the clock; what follows it goes on from there.
    """

    def __init__(self, clock: Callable[[], int], *, offset: float = 0.0) -> None:
        self._clock = clock
        self._offset = round(offset * 1e9)
        self._origin: int | None = None
        self._last: int | None = None
        self._read: int | None = None  # what the clock said last

    def restart(self) -> None:
        """Say that the source was opened anew: its presentation times start over."""
        self._origin = None

    def stamp(self, frame: Frame) -> int:
        """Return the stamp of ``frame``."""
        if frame.time is None:
            age = time.monotonic_ns() - frame.captured if frame.captured is not None else 0
            stamp = self._now() - max(0, age) + self._offset
        else:
            presentation = round(frame.time * 1e9)
            if self._origin is None:
                now = self._now()
                self._origin = max(now, self._last + 1 if self._last is not None else now) - presentation
            stamp = self._origin + presentation
        stamp = max(0, stamp)
        if self._last is not None:
            stamp = max(stamp, self._last + 1)
        self._last = stamp
        return stamp

    def _now(self) -> int:
        """Read the clock; once it was set back, the stamps given so far bind no longer."""
        now = self._clock()
        if self._read is not None and now < self._read - _CLOCK_SET_BACK_NS:
            self._last = None
        self._read = now
        return now


class Pacer:
    """Lets frames of a recording pass when they are due, by the steady clock.

    A frame that is late passes at once, so short delays do not add up. After one of more than ``stall`` seconds (the
    process was suspended, the file is too heavy for the machine) the schedule moves, so that playing goes on at its
    rate instead of racing to catch up.
    """

    def __init__(self, stall: float = 0.5) -> None:
        self._stall = stall
        self._start: float | None = None

    def restart(self) -> None:
        """Say that the next frame is due at once."""
        self._start = None

    def wait(self, presentation: float, stop: threading.Event) -> float:
        """Wait until the frame of that presentation time (seconds) is due or ``stop`` is set.

        Returns the seconds by which the schedule had to move, 0.0 as a rule.
        """
        now = time.monotonic()
        if self._start is None:
            self._start = now - presentation
        late = now - (self._start + presentation)
        if late > self._stall:
            self._start += late
            return late
        if late < 0:
            stop.wait(-late)
        return 0.0
