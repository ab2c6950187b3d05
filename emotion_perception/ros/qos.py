"""The QoS of every topic, in one place.

Publishers are reliable, so that reliable and best-effort subscribers both match. Subscribers take images and faces
best effort, newest only: a late frame is worth less than the next one.
"""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

#: An image topic's publisher.
IMAGE_OUTPUT = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
#: Publisher of anything else, and subscriber of emotion, identities, speech and heard.
RELIABLE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
#: Subscriber of images and faces.
NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
#: Both ends of speaking, dialogue/state and privacy_notice.
LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
