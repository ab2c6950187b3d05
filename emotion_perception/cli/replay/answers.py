"""Counts what a graph makes of the pictures that are played to it at their own pace."""

from __future__ import annotations

import threading
from typing import Any

from rclpy.node import Node
from rclpy.serialization import deserialize_message
from std_msgs.msg import Header

from emotion_perception.cli.replay.pictures import stamp_of
from emotion_perception.core.errors import ImageError
from emotion_perception.msg import EmotionArray
from emotion_perception.ros.messages import nanoseconds
from emotion_perception.ros.qos import RELIABLE
from emotion_perception.ros.receiver import receive
