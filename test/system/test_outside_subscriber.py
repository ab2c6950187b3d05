"""What a user's own node in another process sees of the robot."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

SUBSCRIBER = """
import json, sys, rclpy
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import CameraInfo
from emotion_perception.msg import EmotionArray
from emotion_perception.ros.environment import prepare_environment
prepare_environment()
rclpy.init()
node = rclpy.create_node("user")
emotions, images = [], []
stamp = lambda m: m.header.stamp.sec * 10**9 + m.header.stamp.nanosec
node.create_subscription(EmotionArray, "/emotion", emotions.append, 10)
node.create_subscription(CameraInfo, "/camera_info", lambda m: images.append(stamp(m)), 10)
executor = SingleThreadedExecutor()
executor.add_node(node)
while len(emotions) < 60:
    executor.spin_once(timeout_sec=1)
print(json.dumps({
    "images": images,
    "emotions": [(stamp(m), list(m.labels), [list(e.probabilities) for e in m.emotions]) for m in emotions],
}))
"""


def test_it_gets_every_stamp_with_labelled_probabilities(
    robot: Callable[..., Any], asset: Callable[[str], Path], tmp_path: Path
) -> None:
    clip = cv2.VideoCapture(str(asset("demo_clip")))
    for number in range(10):
        cv2.imwrite(str(tmp_path / f"{number}.png"), clip.read()[1])
    # 10 Hz: at a camera's rate a busy computer leaves pictures out, as it should.
    options = ("camera.framerate:=10.0", "camera.loop:=true")
    run = robot("--source", f"images:{tmp_path}", *(f"--param={each}" for each in options), "--no-overlay")
    run.wait_line("stdout", "face_1")
    user = subprocess.run([sys.executable, "-c", SUBSCRIBER], capture_output=True, text=True, timeout=60, check=True)
    heard = json.loads(user.stdout.splitlines()[-1])

    images, emotions = heard["images"], heard["emotions"]
    stamps = [stamp for stamp, _, _ in emotions]
    assert stamps == sorted(set(stamps))
    inside = [stamp for stamp in images if stamps[0] <= stamp <= stamps[-1]]
    assert inside, "the stamps are those of the images"
    assert set(inside) <= set(stamps), "an image has no emotion"
    assert set(stamps) - set(images) <= {stamp for stamp in stamps if not images or stamp < images[0]}
    seen = 0
    for _, labels, faces in emotions:
        assert labels == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
        for probabilities in faces:
            seen += 1
            assert len(probabilities) == 7
            assert sum(probabilities) == pytest.approx(1, abs=1e-5)
    assert seen > 30
    assert run.process.poll() is None, run.stderr
