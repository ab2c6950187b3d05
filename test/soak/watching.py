"""What a user of the graph sees: emotions, diagnostics; and what the machine sees: memory, log lines."""

from __future__ import annotations

import threading
import time
from typing import Any

import psutil
from diagnostic_msgs.msg import DiagnosticArray
from emotion_perception.msg import EmotionArray
from rclpy.node import Node

from emotion_perception.ros.messages import nanoseconds


class Watch(Node):
    """Notes each emotion's arrival and stamp, and what the camera says of itself."""

    def __init__(self, **options: Any) -> None:
        super().__init__("soak_watch", **options)
        self._changed = threading.Condition()
        self.emotions: list[tuple[float, float]] = []  # when it came, when its image was taken: steady seconds
        self.oldest = (0.0, 0.0)  # age of an image when its emotion came, steady time of that; seconds
        self.faces = 0
        self.not_newer = 0  # stamps that do not follow the one before
        self.complaints: list[tuple[float, str]] = []  # steady seconds, sentence of the camera when it changed
        self._last_stamp = 0
        self._last_sentence = "OK"
        self.create_subscription(EmotionArray, "emotion", self._take, 10)
        self.create_subscription(DiagnosticArray, "/diagnostics", self._listen, 10)

    def wait_image(self, since: float, timeout: float) -> float | None:
        """Return when the emotion of an image came that was taken after ``since``, None if none does in time."""

        def first() -> float | None:
            return next((came for came, taken in reversed(self.emotions) if taken > since), None)

        with self._changed:
            self._changed.wait_for(first, timeout)
            return next((came for came, taken in self.emotions if taken > since), None)

    def count(self, begin: float, end: float) -> int:
        """Return how many emotions came between two moments."""
        return sum(begin < came <= end for came, _ in list(self.emotions))

    def count_taken(self, begin: float, end: float) -> int:
        """Return how many emotions of images that were taken between two moments came in that time."""
        return sum(taken > begin and came <= end for came, taken in list(self.emotions))

    def _take(self, message: EmotionArray) -> None:
        stamp = nanoseconds(message.header)
        with self._changed:
            now, age = time.monotonic(), 1e-9 * (time.time_ns() - stamp)
            self.emotions.append((now, now - age))
            self.oldest = max(self.oldest, (age, now))
            self.faces += bool(message.emotions)
            self.not_newer += stamp <= self._last_stamp
            self._last_stamp = stamp
            self._changed.notify_all()

    def _listen(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name == "camera" and status.message != self._last_sentence:
                self._last_sentence = status.message
                self.complaints.append((time.monotonic(), status.message))


class Resources(threading.Thread):
    """Notes the memory of a process once a second until it ends."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process(pid)
        self._stopped = threading.Event()
        self.samples: list[tuple[float, float]] = []  # steady seconds, MB
        self.processor: float = 0.0  # seconds of processor time so far

    def run(self) -> None:
        """Sample."""
        while not self._stopped.wait(1.0):
            try:
                with self._process.oneshot():
                    self.samples.append((time.monotonic(), self._process.memory_info().rss / 1e6))
                    self.processor = sum(self._process.cpu_times()[:2])
            except psutil.NoSuchProcess:
                return

    def stop(self) -> None:
        """End."""
        self._stopped.set()
        self.join()
