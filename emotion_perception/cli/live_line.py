"""What `emotion-perception run` prints while it runs: one line a second."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from emotion_perception.msg import EmotionArray, IdentityArray
from emotion_perception.ros.messages import nanoseconds
from emotion_perception.ros.qos import RELIABLE
from emotion_perception.ros.receiver import receive


class LiveLine(Node):
    """Watches `emotion` and prints frames per second, each face or name with its label, and the latency since capture.

    captured_at: returns the steady time at which the image with a stamp (ns) was captured, or None.
    """

    def __init__(self, *, captured_at: Callable[[int], float | None], **options: Any) -> None:
        super().__init__("live_line", **options)
        self._captured_at = captured_at
        self._lock = threading.Lock()
        self._latencies: list[float] = []
        self._frames = 0
        self._newest: EmotionArray | None = None
        self._names: dict[str, str] = {}
        self._begin = self._since = time.monotonic()
        # Past the executor, which takes more of a core to wake up for each message than some models do.
        self._receivers = [
            receive(self, EmotionArray, "emotion", self._take, RELIABLE),
            receive(self, IdentityArray, "identities", self._note_names, RELIABLE),
        ]
        self.create_timer(1.0, self._print, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def destroy_node(self) -> None:
        """End the threads and leave the graph."""
        while self._receivers:
            self._receivers.pop().close()
        super().destroy_node()

    @property
    def newest_stamp(self) -> int | None:
        """The stamp (ns) of the newest array."""
        newest = self._newest
        return None if newest is None else nanoseconds(newest.header)

    def _take(self, message: EmotionArray) -> None:
        now = time.monotonic()
        captured = self._captured_at(nanoseconds(message.header))
        with self._lock:
            self._newest = message
            self._frames += 1
            if captured is not None:
                self._latencies.append(now - captured)

    def _note_names(self, message: IdentityArray) -> None:
        self._names = {each.face_id: each.name for each in message.identities if each.name}

    def _print(self) -> None:
        now = time.monotonic()
        with self._lock:
            rate, latencies, newest = self._frames / (now - self._since), sorted(self._latencies), self._newest
            self._frames, self._latencies, self._since = 0, [], now
        parts = [f"{now - self._begin:5.0f} s", f"{rate:5.1f} fps"]
        if latencies:
            parts.append(f"latency {1e3 * latencies[len(latencies) // 2]:4.1f} ms")
        if rate == 0:
            parts.append("no frames")
        elif newest is not None:
            names = self._names
            faces = [
                f"{names.get(each.face_id, each.face_id)} {each.label} {100 * each.confidence:.0f} %"
                for each in newest.emotions
            ]
            parts.append(", ".join(faces) or "nobody")
        self._show("  ".join(parts))

    def _show(self, line: str) -> None:
        if sys.stdout.isatty():
            print(f"\r\x1b[K{line[: shutil.get_terminal_size().columns - 1]}", end="", flush=True)
        else:
            print(line, flush=True)
