"""What a node knows about its own health: counters of its work, and the problems that hold just now."""

from __future__ import annotations

import enum
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


class Level(enum.IntEnum):
    """diagnostic_msgs/DiagnosticStatus levels.

    OK: the node does what it should in its state. WARN: it works, with losses, or waits for somebody else.
    ERROR: it cannot work until a person acts. STALE: its input fell silent, so what it last published is out of date.
    """

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


#: From mild to bad, where several problems hold at once.
_SEVERITY = (Level.OK, Level.WARN, Level.STALE, Level.ERROR)


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
    #: Over this time, in seconds, drops are compared with what was processed.
    DROPS = 5.0
    #: So many drops are no problem: a model's first inference is slow.
    FEW = 10

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
        self._counts: deque[tuple[float, int, int]] = deque()
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

    def check_drops(self) -> None:
        """Raise or clear the problem that more is dropped than processed; call it about once a second."""
        now = self._clock()
        with self._lock:
            while self._counts and now - self._counts[0][0] > self.DROPS:
                self._counts.popleft()
            _, processed, dropped = self._counts[0] if self._counts else (now, self._processed, self._dropped)
            self._counts.append((now, self._processed, self._dropped))
            processed, dropped = self._processed - processed, self._dropped - dropped
        if dropped > max(processed, self.FEW):
            self.problem(
                "drops",
                "more is dropped than processed: this computer is too slow for it; lower the camera's framerate or "
                "image size, or choose a faster backend or model",
                level=Level.WARN,
            )
        else:
            self.clear("drops")

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
            self._counts.clear()

    def status(self) -> tuple[Level, str]:
        """Return the worst level, and all sentences, the worst first."""
        self._expire()
        with self._lock:
            problems = sorted(
                (each for each, _ in self._problems.values()), key=lambda each: -_SEVERITY.index(each.level)
            )
        if not problems:
            return Level.OK, "OK"
        return problems[0].level, " | ".join(each.sentence for each in problems)

    def values(self) -> dict[str, str]:
        """Return the counters as diagnostics show them: rate over the last second, age of the last item, latency since
        the last call, totals, last error.
        """
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
            if self._times:
                values["last item (s ago)"] = f"{now - self._times[-1]:.1f}"
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
