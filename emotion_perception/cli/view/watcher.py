"""The node behind the live page: listens to the graph while somebody looks, and passes on what a page shows."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.time import Time
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import String

from emotion_perception.cli.view.audience import Audience
from emotion_perception.msg import EmotionArray, Identity, IdentityArray, Utterance
from emotion_perception.ros.qos import NEWEST, RELIABLE

_PICTURES = "emotion/overlay/compressed"
_ANY = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)  # matches every publisher of diagnostics
_FACES_INTERVAL = 1 / 15  # seconds; faster than a bar on a page can be read
_HEALTH_INTERVAL = 1.0
_FORGET = 30.0  # seconds after which a node that says nothing is left out
_LONGEST_DELAY = 10.0  # seconds; more is a recording's stamp, not a delay


class Watcher(Node):
    """Subscribes while the audience looks; in between it costs nothing.

    Its name begins with an underscore, as those of tools do, and holds the process id: several may watch one graph.
    """

    def __init__(self, *, audience: Audience, **options: Any) -> None:
        super().__init__(f"_view_{os.getpid()}", enable_rosout=False, start_parameter_services=False, **options)
        self._audience = audience
        self._emotion: EmotionArray | None = None
        self._identities: dict[str, Identity] = {}
        self._nodes: dict[str, tuple[float, dict[str, Any]]] = {}
        self._delay: float | None = None
        self._open: list[Any] = []
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timers_while_watched = [
            self.create_timer(_FACES_INTERVAL, self._tell_faces, clock=steady),
            self.create_timer(_HEALTH_INTERVAL, self._tell_health, clock=steady),
        ]
        for timer in self._timers_while_watched:
            timer.cancel()
        # Subscriptions are made and ended by the executor's own thread, which may be in the middle of one.
        self._changed = self.create_guard_condition(self._follow_audience)
        audience.changed = self._changed.trigger

    def destroy_node(self) -> None:
        """Leave the graph, and the audience in peace."""
        self._audience.changed = lambda: None
        super().destroy_node()

    def _follow_audience(self) -> None:
        if self._audience.looking and not self._open:
            self._begin()
        elif not self._audience.looking and self._open:
            self._end()

    def _begin(self) -> None:
        def listen(kind: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile) -> None:
            self._open.append(self.create_subscription(kind, topic, callback, qos))

        listen(CompressedImage, _PICTURES, self._take_picture, NEWEST)
        listen(EmotionArray, "emotion", self._take_emotion, RELIABLE)
        listen(IdentityArray, "identities", self._take_identities, RELIABLE)
        listen(DiagnosticArray, "/diagnostics", self._take_diagnostics, _ANY)
        listen(String, "speech", self._take_speech, RELIABLE)
        listen(Utterance, "heard", self._take_utterance, RELIABLE)
        for timer in self._timers_while_watched:
            timer.reset()
        self._tell_health()

    def _end(self) -> None:
        for timer in self._timers_while_watched:
            timer.cancel()
        while self._open:
            self.destroy_subscription(self._open.pop())
        self._emotion, self._identities, self._nodes, self._delay = None, {}, {}, None

    def _take_picture(self, message: CompressedImage) -> None:
        delay = 1e-9 * (self.get_clock().now() - Time.from_msg(message.header.stamp)).nanoseconds
        self._delay = delay if 0 <= delay < _LONGEST_DELAY else None
        self._audience.show(message.data.tobytes())

    def _take_emotion(self, message: EmotionArray) -> None:
        self._emotion = message

    def _take_identities(self, message: IdentityArray) -> None:
        self._identities = {each.face_id: each for each in message.identities}

    def _take_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            values = {each.key: each.value for each in status.values}
            level = int.from_bytes(status.level, "little")
            told = {"level": level, "message": status.message, "state": values.get("state", "")}
            told["rate"] = values.get("rate (Hz)", "")
            self._nodes[status.name] = time.monotonic(), told

    def _take_speech(self, message: String) -> None:
        self._audience.tell("line", {"who": "robot", "text": message.data}, every=True)

    def _take_utterance(self, message: Utterance) -> None:
        self._audience.tell("line", {"who": "person", "text": message.text, "final": message.final}, every=True)

    def _tell_faces(self) -> None:
        emotion, self._emotion = self._emotion, None
        if emotion is not None:
            faces = [self._describe(each) for each in emotion.emotions]
            self._audience.tell("faces", {"labels": list(emotion.labels), "faces": faces})

    def _describe(self, emotion: Any) -> dict[str, Any]:
        identity = self._identities.get(emotion.face_id)
        age = identity.age if identity else math.nan
        return {
            "id": emotion.face_id,
            "name": identity.name if identity else "",
            "label": emotion.label,
            "confidence": round(_finite(emotion.confidence), 4),
            "probabilities": [round(_finite(value), 4) for value in emotion.probabilities],
            "age": round(age) if math.isfinite(age) else None,
        }

    def _tell_health(self) -> None:
        now = time.monotonic()
        self._nodes = {name: known for name, known in self._nodes.items() if now - known[0] < _FORGET}
        nodes = [
            {"name": name, "silent": round(now - heard, 1)} | told
            for name, (heard, told) in sorted(self._nodes.items())
        ]
        publishers = {topic: self.count_publishers(topic) for topic in (_PICTURES, "emotion", "speech", "heard")}
        self._audience.tell(
            "health",
            {
                "nodes": nodes,
                "pictures": bool(publishers[_PICTURES]),
                "emotion": bool(publishers["emotion"]),
                "talks": bool(publishers["speech"] or publishers["heard"]),
                "delay": self._delay,
            },
        )


def _finite(value: float) -> float:
    """Return the number, or 0: JSON knows no NaN."""
    return value if math.isfinite(value) else 0.0
