"""What a node knows about its own health: counters of its work, and the problems that hold just now."""

from __future__ import annotations

import enum
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


class Level(enum.IntEnum):
    """diagnostic_msgs/DiagnosticStatus levels."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


@dataclass(frozen=True)
class Problem:
    """Something that a person should know: how bad it is, and a sentence with the remedy."""

    level: Level
    sentence: str


class Health:
    """Counts what a node does and keeps its problems; any thread may call any method.

    A problem is known by a key, e.g. "input faces", and holds until it is cleared. ``changed`` is called with each new
    or changed problem, and with None when one is over, so that it is logged once and not every second.
    """

    #: Problems of the moment (one damaged image) are shown for this long, in seconds.
    MOMENT = 5.0

    def __init__(
        self, changed: Callable[[str, Problem | None], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._changed = changed
        self._clock = clock
        self._lock = threading.Lock()
        self._problems: dict[str, tuple[Problem, float | None]] = {}
        self._times: deque[float] = deque(maxlen=600)
        self._latencies: deque[float] = deque(maxlen=600)
        self._processed = 0
        self._dropped = 0
        self._last_error = ""

    def processed(self, latency: float | None = None) -> None:
        """Count one item, with the seconds it took."""
        with self._lock:
            self._processed += 1
            self._times.append(self._clock())
            if latency is not None:
                self._latencies.append(latency)

    def dropped(self, total: int) -> None:
        """Set how many items were dropped so far."""
        with self._lock:
            self._dropped = total

    def problem(self, key: str, sentence: str, *, level: Level = Level.ERROR) -> None:
        """Note that something is wrong until `clear(key)`."""
        self._note(key, Problem(level, sentence), None)

    def moment(self, key: str, sentence: str, *, level: Level = Level.WARN) -> None:
        """Note that something went wrong once; it shows for MOMENT seconds and is logged again only after that."""
        with self._lock:
            self._last_error = sentence
        self._note(key, Problem(level, sentence), self._clock() + self.MOMENT)

    def clear(self, key: str) -> None:
        """Note that a problem is over; does nothing when there was none."""
        with self._lock:
            known = self._problems.pop(key, None)
        if known is not None:
            self._changed(key, None)

    def clear_all(self) -> None:
        """Forget every problem without a word, as when a node is deactivated on purpose."""
        with self._lock:
            self._problems.clear()

    def status(self) -> tuple[Level, str]:
        """Return the worst level, and all sentences, the worst first."""
        self._expire()
        with self._lock:
            problems = sorted((each for each, _ in self._problems.values()), key=lambda each: -each.level)
        if not problems:
            return Level.OK, "OK"
        return problems[0].level, " | ".join(each.sentence for each in problems)

    def values(self) -> dict[str, str]:
        """Return the counters as diagnostics show them: rate over the last second, latency, totals, last error."""
        now = self._clock()
        with self._lock:
            rate = sum(1 for moment in self._times if now - moment <= 1.0)
            latencies = sorted(self._latencies)
            self._latencies.clear()
            values = {
                "rate (Hz)": str(rate),
                "processed": str(self._processed),
                "dropped": str(self._dropped),
                "last error": self._last_error,
            }
        if latencies:
            values["latency p50 (ms)"] = f"{1e3 * latencies[len(latencies) // 2]:.1f}"
            values["latency max (ms)"] = f"{1e3 * latencies[-1]:.1f}"
        return values

    def _note(self, key: str, problem: Problem, until: float | None) -> None:
        with self._lock:
            known = self._problems.get(key)
            self._problems[key] = problem, until
            if problem.level is Level.ERROR:
                self._last_error = problem.sentence
        told = known is not None and (known[0] == problem or until is not None)
        if not told:
            self._changed(key, problem)

    def _expire(self) -> None:
        now = self._clock()
        with self._lock:
            over = [key for key, (_, until) in self._problems.items() if until is not None and now > until]
            for key in over:
                del self._problems[key]
