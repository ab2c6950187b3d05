"""Time as the stamps tell it, for what must come out the same in each replay; it goes on when no stamp comes."""

from __future__ import annotations

#: Seconds without a stamp after which time goes by the clock beside.
IDLE = 1.0
#: Seconds that a stamp may lie behind what was told before, without being taken for a clock that was set back.
TOLERANCE = 1.0


class StampClock:
    """Seconds since 1970 that never go back.

    `at` tells the time of a stamp, `now` that of the newest one. Where none came for IDLE seconds of the clock
    ``beside``, time goes on by that one, and the next stamp continues from there; a clock that is set back, or a bag
    that begins again, costs no time.

    begin: seconds since 1970. beside: seconds of a clock that is not set back (the steady one), or that stands still
    while a replay is paused (that of /clock).
    """

    def __init__(self, begin: float, beside: float) -> None:
        self._time = begin
        self._told = beside  # up to when `_time` has followed the clock beside
        self._shift = 0.0  # from stamps to the time told, once stamps were set back
        self._newest: int | None = None

    def at(self, stamp: int, beside: float) -> float:
        """Return the time of a stamp (ns) that came just now."""
        if self._time_of(stamp) < self._time - TOLERANCE:
            self._shift = self._time - stamp / 1e9
        self._time = max(self._time, self._time_of(stamp))
        self._told = beside + IDLE
        self._newest = stamp
        return self._time

    def now(self, beside: float) -> float:
        """Return the time of the newest stamp, or a later one where none came for long."""
        if beside > self._told:
            self._time += beside - self._told
            self._told = beside
        elif beside < self._told - IDLE:  # the clock beside was set back
            self._told = beside
        return self._time

    @property
    def stamp(self) -> int:
        """The time told last as a stamp (ns), on the clock that stamps are of."""
        if self._newest is None:
            return round(1e9 * self._time)
        return self._newest + round(1e9 * (self._time - self._time_of(self._newest)))

    def _time_of(self, stamp: int) -> float:
        return stamp / 1e9 + self._shift
