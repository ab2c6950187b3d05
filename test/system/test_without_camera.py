"""`emotion-perception run --no-camera`: the images of a camera driver in another process."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

DRIVER = """
import sys, cv2, rclpy
from array import array
from sensor_msgs.msg import Image
rclpy.init()
node = rclpy.create_node("driver")
picture = cv2.cvtColor(cv2.imread(sys.argv[1]), cv2.COLOR_BGR2RGB)
height, width = picture.shape[:2]
image = Image(height=height, width=width, encoding="rgb8", step=3 * width, data=array("B", picture.tobytes()))
publisher = node.create_publisher(Image, "/front/image_raw", 10)
def show():
    image.header.stamp = node.get_clock().now().to_msg()
    publisher.publish(image)
node.create_timer(0.1, show)
rclpy.spin(node)
"""
REMAP = ("--ros-args", "-r", "image_raw:=/front/image_raw")


def test_a_face_that_another_driver_sees_is_shown(
    robot: Callable[..., Any], asset: Callable[[str], Path], tmp_path: Path
) -> None:
    run = robot("--no-camera", "--out", str(tmp_path), *REMAP)
    run.wait_line("stdout", "no frames")  # nobody publishes yet
    with subprocess.Popen([sys.executable, "-c", DRIVER, str(asset("single_face_picture"))]) as driver:
        line = run.wait_line("stdout", "face_1")
        assert "latency" not in line, "when another process took the picture is not known"
        run.interrupt(signal.SIGINT)
        driver.kill()
    assert run.process.returncode == 0, run.stderr
    assert (tmp_path / "overlay.mp4").is_file()
    assert "Traceback" not in run.stderr


def test_a_source_without_the_camera_node_is_refused(robot: Callable[..., Any]) -> None:
    run = robot("--no-camera", "--source", "synthetic:")
    assert run.wait() == 1
    assert "--source needs the camera node, and --no-camera leaves it out" in run.stderr
