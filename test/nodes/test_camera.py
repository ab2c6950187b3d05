from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from emotion_perception.msg import EmotionArray, FaceArray
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_srvs.srv import SetBool

from emotion_perception.nodes import node_class
from emotion_perception.ros.images import compressed_to_bgr, image_to_bgr

MANY = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE)


def frame_count(clip: Path) -> int:
    capture, count = cv2.VideoCapture(str(clip)), 0
    while capture.grab():
        count += 1
    return count


def in_flight_limited(start: Callable[..., Any], **camera: Any) -> Any:
    for name in ("emotion_classifier", "face_detector"):
        start(node_class(name), lossless=True)
    return start(node_class("camera"), lossless=True, **camera)


def test_lossless_brings_every_frame_exactly_once(
    start: Callable[..., Any], outsider: Any, asset: Callable[[str], Path], eventually: Callable[..., None]
) -> None:
    clip = asset("single_face_clip")
    frames = frame_count(clip)
    faces, emotions = outsider.listen(FaceArray, "faces", MANY), outsider.listen(EmotionArray, "emotion", MANY)
    camera = in_flight_limited(start, source=f"file:{clip}")
    emotions.wait(lambda messages: len(messages) >= frames, 60)
    eventually(lambda: camera.ended)
    faces.wait(lambda messages: len(messages) >= frames)

    assert camera.aborted is None
    assert len(emotions) == frames
    assert faces.stamps == emotions.stamps == sorted(set(emotions.stamps))
    assert sum(len(message.emotions) for message in emotions.messages) > 0.9 * frames


def test_two_replays_give_identical_results(
    start: Callable[..., Any], outsider: Any, asset: Callable[[str], Path], graph: Any
) -> None:
    """Everything but the stamps' origin is the same. The nodes are made anew, so that ids start over too."""
    emotions, faces = outsider.listen(EmotionArray, "emotion", MANY), outsider.listen(FaceArray, "faces", MANY)
    clip = asset("single_face_clip")
    frames = frame_count(clip)
    results = []
    for _ in range(2):
        in_flight_limited(start, source=f"file:{clip}")
        emotions.wait(lambda messages: len(messages) >= frames, 60)
        faces.wait(lambda messages: len(messages) >= frames)
        origin = emotions.stamps[0]
        results.append([canonical(m, origin) for m in [*emotions.messages, *faces.messages]])
        for node in graph._nodes[1:]:
            graph._executor.remove_node(node)
            node.destroy_node()
        del graph._nodes[1:]
        emotions.messages.clear()
        faces.messages.clear()
    assert len(results[0]) == 2 * frames
    assert all(first == second for first, second in zip(*results, strict=True))


def canonical(message: Any, origin: int) -> Any:
    """The message with its stamps counted from the first frame's. (Serialized, its padding holds arbitrary bytes.)"""
    for header in {
        id(h): h for h in [message.header, *(f.aligned.header for f in getattr(message, "faces", []))]
    }.values():
        stamp = header.stamp.sec * 10**9 + header.stamp.nanosec - origin
        header.stamp.sec, header.stamp.nanosec = divmod(stamp, 10**9)
    return message


def test_a_live_source_cannot_be_lossless(graph: Any, start: Callable[..., Any]) -> None:
    node = start(node_class("camera"), active=False, autostart=False, source="usb:0", lossless=True)
    node.trigger_configure()
    assert graph.failed == "camera: source usb:0 is live and cannot wait: set lossless to false"


def test_a_graph_that_loses_a_frame_gives_up_with_a_sentence(
    start: Callable[..., Any], outsider: Any, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., None]
) -> None:
    from emotion_perception.nodes import camera as module
    from emotion_perception.ros.flow import FlowControl

    monkeypatch.setattr(module, "FlowControl", lambda stages: FlowControl(stages, timeout=0.2))
    images = outsider.listen(Image, "image_raw", MANY)
    node = start(node_class("camera"), source="synthetic:", lossless=True)
    eventually(lambda: node.ended)
    assert node.aborted == (
        "camera: no result on emotion for 0.2 s: the graph lost a frame; see that every node is active and runs with "
        "lossless"
    )
    assert len(images) == 2


def test_a_camera_publishes_its_images_in_both_forms_with_one_stamp(start: Callable[..., Any], outsider: Any) -> None:
    raw = outsider.listen(Image, "image_raw", MANY)
    jpeg = outsider.listen(CompressedImage, "image_raw/compressed", MANY)
    info = outsider.listen(CameraInfo, "camera_info", MANY)
    start(node_class("camera"), source="synthetic:", framerate=20.0, image_width=160, image_height=120, frame_id="eye")
    stamp = raw.stamps[3] if raw.wait(lambda messages: len(messages) > 3) else 0

    image, compressed, calibration = raw.wait_stamp(stamp), jpeg.wait_stamp(stamp), info.wait_stamp(stamp)

    assert image.header.frame_id == compressed.header.frame_id == calibration.header.frame_id == "eye"
    assert (image.height, image.width, image.encoding) == (120, 160, "bgr8")
    assert (calibration.height, calibration.width) == (120, 160)
    difference = np.abs(image_to_bgr(image).astype(int) - compressed_to_bgr(compressed))
    assert difference.mean() < 8
    assert np.diff(raw.stamps).min() > 0


def test_diagnostics_of_a_camera_have_its_rate_and_latency(
    start: Callable[..., Any], outsider: Any, diagnoses: Any
) -> None:
    outsider.listen(Image, "image_raw", MANY)
    start(node_class("camera"), source="synthetic:", framerate=20.0, image_width=64, image_height=48)

    def measured(statuses: list[Any]) -> list[dict[str, str]]:
        values = [{each.key: each.value for each in status.values} for status in statuses]
        return [each for each in values if "latency p50 (ms)" in each]

    first = measured(diagnoses.wait(measured))[0]

    assert 0 <= float(first["latency p50 (ms)"]) <= float(first["latency max (ms)"])
    assert int(first["rate (Hz)"]) > 0


def test_set_capture_stops_and_starts_the_camera(start: Callable[..., Any], outsider: Any) -> None:
    images = outsider.listen(Image, "image_raw", MANY)
    node = start(node_class("camera"), source="synthetic:", framerate=50.0, image_width=64, image_height=48)
    images.wait(len)

    answer = outsider.call(SetBool, "set_capture", SetBool.Request(data=False))
    assert (answer.success, answer.message) == (True, "stopped")
    count = len(images)
    time.sleep(0.15)  # nothing to wait for: no image may come
    assert len(images) <= count + 1

    answer = outsider.call(SetBool, "set_capture", SetBool.Request(data=True))
    assert (answer.success, answer.message) == (True, "capturing")
    images.wait(lambda messages: len(messages) > count + 3)

    node.trigger_deactivate()
    answer = outsider.call(SetBool, "set_capture", SetBool.Request(data=True))
    assert (answer.success, answer.message) == (False, "the camera is not active")


def test_stamps_go_on_growing_when_a_fast_replay_is_started_again(
    start: Callable[..., Any], outsider: Any, eventually: Callable[..., None]
) -> None:
    emotions = outsider.listen(EmotionArray, "emotion", MANY)
    camera = in_flight_limited(start, source="synthetic:?count=60&rate=10&width=64&height=48")
    emotions.wait(lambda messages: len(messages) == 60)  # six seconds of it, in one
    eventually(lambda: camera.ended)

    assert outsider.call(SetBool, "set_capture", SetBool.Request(data=True)).success

    emotions.wait(lambda messages: len(messages) == 120)
    assert emotions.stamps == sorted(set(emotions.stamps))


def test_a_stopped_camera_stays_so_when_somebody_looks(start: Callable[..., Any], outsider: Any) -> None:
    node = start(node_class("camera"), source="synthetic:", framerate=50.0)
    assert outsider.call(SetBool, "set_capture", SetBool.Request(data=False)).success
    images = outsider.listen(Image, "image_raw", MANY)
    time.sleep(0.3)  # nothing to wait for: no image may come
    assert len(images) == 0
    assert node.last_stamp is None


def test_a_stop_does_not_wait_for_results_that_are_on_their_way(
    start: Callable[..., Any], outsider: Any, diagnoses: Any
) -> None:
    images = outsider.listen(Image, "image_raw", MANY)  # and nobody who answers: the flow is blocked
    start(node_class("camera"), source="synthetic:", lossless=True)
    images.wait(lambda messages: len(messages) == 2)

    assert outsider.call(SetBool, "set_capture", SetBool.Request(data=False)).success

    assert not any("hangs" in status.message for status in diagnoses.messages)
    diagnoses.wait_for("camera", "OK")
    assert outsider.call(SetBool, "set_capture", SetBool.Request(data=True)).success
    images.wait(lambda messages: len(messages) == 4)


def test_a_file_that_is_missing_is_told_once_and_played_once_it_is_there(
    start: Callable[..., Any],
    outsider: Any,
    diagnoses: Any,
    asset: Callable[[str], Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    clip = tmp_path / "clip.mp4"
    images = outsider.listen(Image, "image_raw", MANY)
    node = start(node_class("camera"), source=f"file:{clip}")
    assert diagnoses.wait_for("camera", str(clip)).level == b"\2"
    diagnoses.wait_for("camera", str(clip))
    assert node.missing is not None
    assert capfd.readouterr().err.count(str(clip)) == 1

    part = tmp_path / "part"
    shutil.copy(asset("single_face_clip"), part)
    part.rename(clip)

    images.wait(len)
    diagnoses.wait_for("camera", "OK")
    assert node.missing is None


def test_a_recording_begins_when_somebody_looks_and_none_of_it_is_lost(
    start: Callable[..., Any], outsider: Any, eventually: Callable[..., None], tmp_path: Path
) -> None:
    for number in range(5):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((24, 32, 3), 40 * number, np.uint8))
    node = start(node_class("camera"), source=f"images:{tmp_path}", framerate=50.0)
    assert node.last_stamp is None
    images = outsider.listen(Image, "image_raw", MANY)

    images.wait(lambda messages: len(messages) == 5)

    assert [message.data[0] for message in images.messages] == [0, 40, 80, 120, 160]
    assert list(np.diff(images.stamps)) == [20_000_000] * 4
    eventually(lambda: node.ended)
