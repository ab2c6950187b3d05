"""Counts which of the pictures that are played at their own pace a graph answers."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from rclpy.node import Node

from emotion_perception.msg import EmotionArray
from emotion_perception.ros.messages import nanoseconds
from emotion_perception.ros.qos import RELIABLE
from emotion_perception.ros.receiver import receive

_TOPIC = "emotion"
_LAST = 1.0  # seconds that the last answers may take


class Answers(Node):
    """Compares the stamps of what is played with those on `emotion`, of which every picture gets one."""

    def __init__(self, **options: Any) -> None:
        super().__init__("replay_answers", enable_rosout=False, start_parameter_services=False, **options)
        self._changed = threading.Condition()
        self._waiting: Counter[int] = Counter()
        self._played = 0
        self._answered = 0
        self._receiver = receive(self, EmotionArray, _TOPIC, self._take, RELIABLE)

    def destroy_node(self) -> None:
        """End the thread and leave the graph."""
        self._receiver.close()
        super().destroy_node()

    def expect(self, stamp: int) -> None:
        """Note that a picture is about to be published."""
        with self._changed:
            self._played += 1
            self._waiting[stamp] += 1

    def summary(self) -> str:
        """Wait for the last answers; return what became of the pictures, "" where nobody publishes `emotion`."""
        with self._changed:
            if not self._answered and not self.count_publishers(_TOPIC):
                return ""
            self._changed.wait_for(lambda: self._answered == self._played, _LAST)
            lost = self._played - self._answered
            topic = self.resolve_topic_name(_TOPIC)
            return f"{self._played} pictures were played, {self._answered} answered on {topic}, {lost} lost"

    def _take(self, message: EmotionArray) -> None:
        stamp = nanoseconds(message.header)
        with self._changed:
            if self._waiting[stamp] > 0:
                self._waiting[stamp] -= 1
                self._answered += 1
                self._changed.notify_all()
            if not self._waiting[stamp]:
                del self._waiting[stamp]
