from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from sensor_msgs.srv import SetCameraInfo

from emotion_perception.nodes import camera as camera_module
from emotion_perception.nodes import camera_info, node_class

MANY = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE)
SMALL = {"source": "synthetic:", "framerate": 30.0, "image_width": 160, "image_height": 120}


def calibrated(width: int = 160, height: int = 120) -> CameraInfo:
    return CameraInfo(
        width=width,
        height=height,
        distortion_model="plumb_bob",
        d=[-0.1, 0.05, 0.0, 0.0, 0.0],
        k=[150.0, 0.0, 80.0, 0.0, 151.0, 60.0, 0.0, 0.0, 1.0],
        r=np.eye(3).ravel().tolist(),
        p=[148.0, 0.0, 80.5, 0.0, 0.0, 149.0, 60.5, 0.0, 0.0, 0.0, 1.0, 0.0],
    )


@pytest.fixture
def set_camera_info(outsider: Any) -> Callable[[CameraInfo], SetCameraInfo.Response]:
    return lambda info: outsider.call(SetCameraInfo, "set_camera_info", SetCameraInfo.Request(camera_info=info))


def test_a_calibration_is_used_at_once_kept_and_read_again(
    start: Callable[..., Any],
    outsider: Any,
    diagnoses: Any,
    set_camera_info: Callable[..., Any],
    tmp_path: Path,
) -> None:
    path = tmp_path / "cameras" / "head.yaml"
    outsider.listen(Image, "image_raw", MANY)  # so that the pattern plays
    infos = outsider.listen(CameraInfo, "camera_info", MANY)
    node = start(node_class("camera"), **SMALL, camera_info_url=path.as_uri(), camera_name="head")
    diagnoses.wait_for("camera", f"camera_info_url {path.as_uri()} is not there")
    infos.wait(lambda messages: messages and messages[-1].k[0] == 0)

    answer = set_camera_info(calibrated())

    assert (answer.success, answer.status_message) == (True, f"written to {path.as_uri()}")
    infos.wait(lambda messages: messages[-1].k[0] == 150)
    diagnoses.wait_for("camera", "OK")
    node.trigger_deactivate()
    node.trigger_cleanup()
    infos.messages.clear()
    node.trigger_configure()
    node.trigger_activate()
    info = infos.wait(len)[0]
    wanted = calibrated()
    for name in ("width", "height", "distortion_model", "d", "k", "r", "p"):
        assert np.all(getattr(info, name) == getattr(wanted, name)), name
    diagnoses.wait_for("camera", "OK")


def test_a_package_url_is_read_and_written(
    start: Callable[..., Any],
    set_camera_info: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(camera_info, "get_package_share_directory", {"my_robot": str(tmp_path)}.__getitem__)
    start(node_class("camera"), **SMALL, camera_info_url="package://my_robot/head.yaml")
    assert set_camera_info(calibrated()).success
    assert "camera_name: camera\n" in (tmp_path / "head.yaml").read_text()


def test_what_cannot_be_kept_or_is_no_calibration_is_refused(
    start: Callable[..., Any], set_camera_info: Callable[..., Any], tmp_path: Path
) -> None:
    node = start(node_class("camera"), **SMALL)
    answer = set_camera_info(calibrated())
    assert not answer.success
    assert "camera_info_url is empty" in answer.status_message
    assert "file:///path.yaml" in answer.status_message

    node.set_parameters([Parameter("camera_info_url", value=str(tmp_path / "head.yaml"))])
    node.trigger_deactivate()
    node.trigger_cleanup()
    node.trigger_configure()
    answer = set_camera_info(calibrated(width=0))
    assert not answer.success
    assert answer.status_message == "that is not a camera calibration (its image is 0x120): calibrate again"
    assert list(tmp_path.iterdir()) == []


def test_a_calibration_of_another_size_or_camera_is_told_also_after_a_pause(
    start: Callable[..., Any], outsider: Any, diagnoses: Any, set_camera_info: Callable[..., Any], tmp_path: Path
) -> None:
    url = (tmp_path / "head.yaml").as_uri()
    outsider.listen(Image, "image_raw", MANY)
    node = start(node_class("camera"), **SMALL, camera_info_url=url, camera_name="head")
    assert set_camera_info(calibrated(width=640, height=480)).success
    size = "describes pictures of 640x480, but the source gives 160x120"
    diagnoses.wait_for("camera", size)

    node.set_parameters([Parameter("camera_name", value="arm")])
    node.trigger_deactivate()
    node.trigger_cleanup()
    node.trigger_configure()
    for _ in range(2):
        node.trigger_activate()
        assert 'calibration of "head", but camera_name is "arm"' in diagnoses.wait_for("camera", size).message
        node.trigger_deactivate()
        diagnoses.wait_for("camera", "OK")


def test_jpegs_are_made_only_while_somebody_takes_them_and_in_the_quality_asked_for(
    start: Callable[..., Any], outsider: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[int] = []
    encode = camera_module.bgr_to_compressed

    def note(image: Any, header: Any, *, quality: int) -> CompressedImage:
        encoded.append(quality)
        return encode(image, header, quality=quality)

    monkeypatch.setattr(camera_module, "bgr_to_compressed", note)
    images = outsider.listen(Image, "image_raw", MANY)
    node = start(node_class("camera"), **SMALL, jpeg_quality=95)
    images.wait(lambda messages: len(messages) > 5)
    assert encoded == []

    jpegs = outsider.listen(CompressedImage, "image_raw/compressed", MANY)
    fine = jpegs.wait(len)[-1]
    node.set_parameters([Parameter("jpeg_quality", value=10)])
    jpegs.wait(lambda messages: len(messages[-1].data) < len(fine.data) / 2)
    assert set(encoded) == {95, 10}
