"""Images as naoqi_driver2 publishes them go straight into face_detector."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from emotion_perception.msg import EmotionArray, FaceArray
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image

from emotion_perception.nodes import node_class
from emotion_perception.ros.images import image_to_bgr
from emotion_perception.ros.messages import nanoseconds

FRAME = "CameraTop_optical_frame"
WIDTH, HEIGHT, RATE = 320, 240, 10.0
#: rmw's default profile, which image_transport's camera publisher has when nobody says otherwise.
DRIVER_QOS = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
REMAP = ["--ros-args", "-r", "image_raw:=camera/front/image_raw"]


class Driver(Node):
    """The part of naoqi_driver that shows what the upper camera sees: one picture, again and again."""

    def __init__(self, *, picture: NDArray[np.uint8], **options: Any) -> None:
        super().__init__("naoqi_driver", **options)
        rgb = cv2.cvtColor(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
        self._image = Image(height=HEIGHT, width=WIDTH, encoding="rgb8", step=3 * WIDTH, data=array("B", rgb.tobytes()))
        self._image.header.frame_id = FRAME
        self._images = self.create_publisher(Image, "camera/front/image_raw", DRIVER_QOS)
        self._infos = self.create_publisher(CameraInfo, "camera/front/camera_info", DRIVER_QOS)
        self.stamps: list[int] = []
        self.create_timer(1 / RATE, self._show)

    def _show(self) -> None:
        self._image.header.stamp = self.get_clock().now().to_msg()
        self.stamps.append(nanoseconds(self._image.header))
        self._images.publish(self._image)
        self._infos.publish(CameraInfo(header=self._image.header, width=WIDTH, height=HEIGHT))


@pytest.mark.parametrize("namespace", ["", "/robot1"])
def test_the_drivers_images_become_emotions(
    graph: Any,
    start: Callable[..., Any],
    outsider: Any,
    diagnoses: Any,
    picture: Callable[[str], NDArray[np.uint8]],
    namespace: str,
) -> None:
    faces = outsider.listen(FaceArray, f"{namespace}/faces")
    emotions = outsider.listen(EmotionArray, f"{namespace}/emotion")
    names = [*REMAP, "-r", f"__ns:={namespace or '/'}"]
    for name in ("emotion_classifier", "face_detector"):
        start(node_class(name), cli_args=names)
    driver = graph.add(Driver, picture=picture("single_face_picture"), cli_args=names)

    emotions.wait(lambda messages: sum(len(each.emotions) for each in messages) >= 10)

    message = emotions.messages[-1]
    assert message.header.frame_id == FRAME
    assert set(emotions.stamps) <= set(driver.stamps)
    (emotion,) = message.emotions
    assert emotion.label in (*message.labels, "uncertain")
    assert sum(emotion.probabilities) == pytest.approx(1, abs=1e-5)
    found = faces.wait_stamp(nanoseconds(message.header))
    assert (found.image_width, found.image_height) == (WIDTH, HEIGHT)
    blue, _, red = image_to_bgr(found.faces[0].aligned)[60:160, 60:160].mean((0, 1))
    assert red > blue + 10, "a face is red rather than blue: rgb8 was not taken for bgr8"
    diagnoses.wait_for(f"{namespace}/face_detector".lstrip("/"), "OK")


def test_a_driver_that_is_not_there_is_named_by_its_topic(
    start: Callable[..., Any], outsider: Any, diagnoses: Any
) -> None:
    start(node_class("face_detector"), cli_args=REMAP)
    diagnoses.wait_for("face_detector", "nobody publishes /camera/front/image_raw")
