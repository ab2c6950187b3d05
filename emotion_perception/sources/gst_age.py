"""How old a picture is by a GStreamer pipeline's clock, and whether that is too old to be shown."""

from __future__ import annotations

from typing import Any

from emotion_perception.sources.gst import load_gst

_SLACK_NS = 20_000_000  # that a stamp may lie ahead: a jitter buffer estimates the sender's clock
_OLDEST_NS = 1_000_000_000  # beyond what the pipeline itself may hold a picture back


class Ageing:
    """Tells a live pipeline's pictures that are shown in time from those that waited behind others.

    Stamps are trusted where the pipeline is live; what a recording's say has nothing to do with the time of day.
    """

    def __init__(self, pipeline: Any) -> None:
        self._gst = load_gst()
        self._pipeline = pipeline
        self._oldest: int | None = None
        self._live = True
        #: How many were too old so far.
        self.late = 0

    def settle(self, sink: Any) -> None:
        """Ask once, when pictures come, whether they are live and how long elements may hold them back on purpose.

        What stands before the sink is asked: a sink that waits for no clock calls itself not live.
        """
        if self._oldest is None:
            query = self._gst.Query.new_latency()
            answered = sink.get_static_pad("sink").peer_query(query)
            self._live, least, _ = query.parse_latency() if answered else (True, 0, 0)
            self._oldest = _OLDEST_NS + int(least)

    def age(self, segment: Any, buffer: Any) -> int:
        """Return how many ns ago a picture was captured (its first packet's arrival), 0 where that is unknown."""
        clock = self._pipeline.get_clock()
        if clock is None or buffer.pts == self._gst.CLOCK_TIME_NONE:
            return 0
        running = segment.to_running_time(self._gst.Format.TIME, buffer.pts)
        if running == self._gst.CLOCK_TIME_NONE:
            return 0
        age = int(clock.get_time() - self._pipeline.get_base_time() - running)
        if age < -_SLACK_NS or (not self._live and age > _OLDEST_NS):
            return 0
        return max(0, age)

    def too_old(self, age: int) -> bool:
        """Return whether a picture waited so long that it must not be shown as what is there now; counts it."""
        late = self._live and self._oldest is not None and age > self._oldest
        self.late += late
        return late
