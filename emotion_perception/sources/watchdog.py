"""How long a stream may be silent: a small state machine that goes by the steady clock."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable
from dataclasses import dataclass


class Verdict(enum.StrEnum):
    """What to make of a stream's silence."""

    FLOWING = "flowing"
    STALE = "stale"
    LOST = "lost"


@dataclass(frozen=True)
class Patience:
    """Seconds of silence: until a stream counts as stale, until it is opened anew, and what the first frame may take.

    Datagrams that resume are received without opening anything, so UDP is opened anew rarely; a silent connection has
    to be, since nobody says that the other end is gone.
    """

    stale: float
    lost: float
    first: float


DATAGRAMS = Patience(stale=1.0, lost=7.0, first=1.0)
CONNECTION = Patience(stale=1.5, lost=1.5, first=4.0)
#: The first key frame may be held back (keyframes.KeyframeGate), and cameras with H.264 send the next 2 to 10 s later.
RTSP = Patience(stale=1.5, lost=1.5, first=12.0)


class Watchdog:
    """Judges silence.

    clock: seconds of a steady clock.
    """

    def __init__(self, patience: Patience, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._clock = clock
        self.restart()

    def restart(self) -> None:
        """Say that the stream was opened just now."""
        self._since = self._clock()
        self._stale_after = max(self._patience.first, self._patience.stale)
        self._lost_after = max(self._patience.first, self._patience.lost)

    def frame(self) -> None:
        """Say that a frame came."""
        self._since = self._clock()
        self._stale_after, self._lost_after = self._patience.stale, self._patience.lost

    @property
    def verdict(self) -> Verdict:
        """What the silence since the last frame, or since the start, means."""
        silence = self._clock() - self._since
        if silence >= self._lost_after:
            return Verdict.LOST
        return Verdict.STALE if silence >= self._stale_after else Verdict.FLOWING
