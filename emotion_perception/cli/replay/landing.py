"""Tells a flow control what the graph has finished, from what it publishes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node

from emotion_perception.core.errors import BagError
from emotion_perception.msg import EmotionArray, IdentityArray
from emotion_perception.ros.flow import FlowControl
from emotion_perception.ros.messages import nanoseconds
from emotion_perception.ros.qos import RELIABLE

#: What the graph makes of a picture at last, and on which topic.
_LAST_STAGES = {EmotionArray: "emotion", IdentityArray: "identities"}
_DISCOVERY = 10.0  # seconds


class Landing(Node):
    """Listens to the last stages that somebody publishes."""

    def __init__(self, *, stopped: Callable[[], bool], **options: Any) -> None:
        """Wait for the first publisher of them. Raises BagError when there is none."""
        super().__init__("landing", enable_rosout=False, start_parameter_services=False, **options)
        end = time.monotonic() + _DISCOVERY
        while not self._stages() and time.monotonic() < end and not stopped():
            time.sleep(0.05)
        kinds = self._stages()
        if not kinds:
            raise BagError(
                "nobody publishes emotion or identities, so there is no graph to play for without loss: start "
                "`emotion-perception run --no-camera --lossless` first, or play without --lossless"
            )
        self.flow = FlowControl([_LAST_STAGES[kind] for kind in kinds])
        for kind in kinds:
            stage = _LAST_STAGES[kind]
            self.create_subscription(
                kind,
                stage,
                lambda message, stage=stage: self.flow.finished(stage, nanoseconds(message.header)),
                RELIABLE,
            )

    def _stages(self) -> list[type]:
        return [kind for kind, topic in _LAST_STAGES.items() if self.count_publishers(topic) > 0]
