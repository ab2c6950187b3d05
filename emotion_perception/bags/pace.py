"""When the messages of a bag are due: as fast as they were recorded, slower, faster, or paused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

TICK = 0.025  # seconds: 40 Hz, as `ros2 bag play --clock`


class Pace:
    """The position in a bag, in seconds since the first message that is played; any thread may call any method.

    rate: bag seconds per second.
    """

    def __init__(self, *, rate: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._changed = threading.Condition()
        self._since = clock()
        self._position = 0.0
        self._paused = False
        self._stopped = False

    @property
    def position(self) -> float:
        """Where the bag is now."""
        with self._changed:
            return self._now()

    @property
    def paused(self) -> bool:
        """Whether it stands still."""
        return self._paused

    @property
    def stopped(self) -> bool:
        """Whether it was stopped."""
        return self._stopped

    def restart(self, position: float = 0.0) -> None:
        """Go on from a position, as at the begin of each round of a loop."""
        with self._changed:
            self._position, self._since = position, self._clock()

    def toggle(self) -> None:
        """Pause, or go on."""
        with self._changed:
            self._position, self._since = self._now(), self._clock()
            self._paused = not self._paused
            self._changed.notify_all()

    def stop(self) -> None:
        """Let whoever waits go, for good."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def wait(self, due: float, tick: Callable[[float], None] = lambda position: None) -> bool:
        """Wait until the position is reached; False once stopped. ``tick`` is called with it at 40 Hz meanwhile."""
        while True:
            with self._changed:
                position = self._now()
                if self._stopped:
                    return False
                if not self._paused and position >= due:
                    return True
                left = TICK if self._paused else min(TICK, (due - position) / self._rate)
                self._changed.wait(left)
            tick(self.position)

    def _now(self) -> float:
        return self._position if self._paused else self._position + self._rate * (self._clock() - self._since)
