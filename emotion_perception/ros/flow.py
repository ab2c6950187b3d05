"""Flow control at the source: the next frame waits until the graph has finished an earlier one."""

from __future__ import annotations

import threading
from collections.abc import Collection

from emotion_perception.core.errors import PerceptionError


class FlowControl:
    """Keeps at most ``limit`` frames in flight between a source and the last stages.

    `admit` blocks the source's thread; `finished` is called with each stage's name and the stamp of its result, and a
    frame has landed when all ``stages`` have finished it. No landing for ``timeout`` seconds is an error: in a run that
    must not lose a frame, going on would hide that one was lost.
    """

    def __init__(self, stages: Collection[str], *, limit: int = 2, timeout: float = 10.0) -> None:
        self._stages = frozenset(stages)
        self._limit = limit
        self._timeout = timeout
        self._changed = threading.Condition()
        self._in_flight: dict[int, set[str]] = {}
        self._open = True

    def admit(self, stamp: int) -> bool:
        """Wait for room and count the frame in. False once closed; raises PerceptionError after the time-out."""
        with self._changed:
            room = self._changed.wait_for(lambda: not self._open or len(self._in_flight) < self._limit, self._timeout)
            if not room:
                raise self._lost()
            if self._open:
                self._in_flight[stamp] = set(self._stages)
            return self._open

    def finished(self, stage: str, stamp: int) -> None:
        """Note that a last stage has published its result for this stamp."""
        with self._changed:
            missing = self._in_flight.get(stamp, set())
            missing.discard(stage)
            if not missing:
                self._in_flight.pop(stamp, None)
                self._changed.notify_all()

    def drain(self) -> None:
        """Wait until every frame has landed, or it is closed; raises PerceptionError after the time-out."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._open or not self._in_flight, self._timeout):
                raise self._lost()

    def close(self) -> None:
        """Let whoever waits go on, and admit nothing more."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def _lost(self) -> PerceptionError:
        missing = ", ".join(sorted(set().union(*self._in_flight.values())))
        return PerceptionError(
            f"no result on {missing} for {self._timeout:g} s: the graph lost a frame; see that every node is active "
            "and runs with lossless"
        )
