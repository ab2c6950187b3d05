"""What a face detector makes of images good and bad."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from emotion_perception.msg import EmotionArray, FaceArray
from sensor_msgs.msg import CompressedImage, Image

from emotion_perception.core.paths import share_dir
from emotion_perception.nodes import node_class
from emotion_perception.ros.images import bgr_to_compressed, image_to_bgr
from emotion_perception.ros.messages import header_at

BLACK = np.zeros((48, 64, 3), np.uint8)
STEP = 33_000_000


def nonsense(**fields: Any) -> Image:
    values = {"height": 2, "width": 2, "step": 6, "encoding": "bgr8", "data": array("B", bytes(12))} | fields
    return Image(header=header_at(1, "eye"), **values)


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (nonsense(height=0, width=0, step=0, data=array("B")), "image is 0x0 pixels"),
        (nonsense(encoding="nonsense"), 'image encoding "nonsense" is not known'),
        (nonsense(step=1), "image step is 1 bytes"),
        (nonsense(data=array("B", bytes(5))), "image holds 5 bytes"),
    ],
    ids=["empty", "encoding", "step", "data"],
)
def test_a_nonsense_image_is_told_and_the_next_good_one_is_processed(
    bad: Image,
    named: str,
    start: Callable[..., Any],
    outsider: Any,
    diagnoses: Any,
    image_message: Callable[..., Image],
    capfd: pytest.CaptureFixture[str],
) -> None:
    node = start(node_class("face_detector"))
    faces = outsider.listen(FaceArray, "faces")
    images = outsider.talk(Image, "image_raw")
    images.publish(bad)
    assert diagnoses.wait_for("face_detector", f"an image was skipped: {named}").level == b"\1"

    images.publish(image_message(BLACK, 2))

    faces.wait_stamp(2)
    assert faces.stamps == [2]
    assert node.active
    logged = capfd.readouterr().err
    assert logged.count(named) == 1
    assert "Traceback" not in logged


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 640), (480, 1), (3, 2), (2160, 3840)])
def test_images_of_any_size_are_answered(
    height: int, width: int, start: Callable[..., Any], outsider: Any, image_message: Callable[..., Image]
) -> None:
    start(node_class("face_detector"))
    faces = outsider.listen(FaceArray, "faces")
    images = outsider.talk(Image, "image_raw")
    images.publish(image_message(np.zeros((height, width, 3), np.uint8), 7))

    message = faces.wait_stamp(7)

    assert (message.image_height, message.image_width) == (height, width)
    assert message.faces == []


def test_a_face_free_image_gives_empty_arrays_with_its_header(
    start: Callable[..., Any], outsider: Any, picture: Callable[[str], Any], image_message: Callable[..., Image]
) -> None:
    start(node_class("emotion_classifier"))
    start(node_class("face_detector"))
    emotions = outsider.listen(EmotionArray, "emotion")
    images = outsider.talk(Image, "image_raw")
    images.publish(image_message(picture("no_face_picture"), 1_234_567_890_123_456_789))

    message = emotions.wait_stamp(1_234_567_890_123_456_789)

    assert message.emotions == []
    assert list(message.labels) == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    assert message.header.frame_id == "eye"
    assert message.model


def test_a_face_is_published_with_its_crop_and_its_expression_under_the_stamp_of_the_image(
    start: Callable[..., Any], outsider: Any, picture: Callable[[str], Any], image_message: Callable[..., Image]
) -> None:
    start(node_class("emotion_classifier"), time_constant=0.0)
    start(node_class("face_detector"))
    faces, emotions = outsider.listen(FaceArray, "faces"), outsider.listen(EmotionArray, "emotion")
    images = outsider.talk(Image, "image_raw")
    image = picture("happy_picture")
    for stamp in range(STEP, 8 * STEP, STEP):
        images.publish(image_message(image, stamp))
        emotions.wait_stamp(stamp)

    assert faces.stamps == emotions.stamps == list(range(STEP, 8 * STEP, STEP))
    (face,) = faces.messages[-1].faces
    (emotion,) = emotions.messages[-1].emotions
    assert face.aligned.header == faces.messages[-1].header
    assert face.aligned.encoding == "bgr8"
    aligned = image_to_bgr(face.aligned)
    assert aligned.shape[0] == aligned.shape[1] >= 160
    assert aligned.std() > 10
    assert face.roi.x_offset + face.roi.width <= image.shape[1]
    assert face.roi.y_offset + face.roi.height <= image.shape[0]
    assert face.roi.width * face.roi.height > 0.05 * image.size / 3
    assert emotion.face_id == face.id
    assert emotion.roi == face.roi
    assert emotion.label == "happy"
    assert sum(emotion.probabilities) == pytest.approx(1, abs=1e-5)
    assert emotion.confidence == pytest.approx(max(emotion.probabilities))
    assert list(emotion.raw_probabilities) == pytest.approx(list(emotion.probabilities), abs=1e-6)


def test_a_model_of_six_classes_has_six_labels(
    start: Callable[..., Any],
    outsider: Any,
    picture: Callable[[str], Any],
    image_message: Callable[..., Image],
    tmp_path: Path,
) -> None:
    shipped = share_dir() / "models" / "fer_mini_xception.yaml"
    six = tmp_path / "six.yaml"
    six.write_text(shipped.read_text().replace("disgust", "contempt"))  # which is none of ours
    start(node_class("emotion_classifier"), model=str(six))
    start(node_class("face_detector"))
    emotions = outsider.listen(EmotionArray, "emotion")
    images = outsider.talk(Image, "image_raw")
    for stamp in range(STEP, 8 * STEP, STEP):
        images.publish(image_message(picture("happy_picture"), stamp))
        emotions.wait_stamp(stamp)

    message = emotions.messages[-1]
    assert list(message.labels) == ["angry", "fear", "happy", "sad", "surprise", "neutral"]
    (emotion,) = message.emotions
    assert emotion.label == "happy"
    assert len(emotion.probabilities) == len(emotion.raw_probabilities) == 6
    assert sum(emotion.probabilities) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("encoding", ["rgb8", "mono8"])
def test_the_same_face_is_found_in_another_encoding(
    encoding: str, start: Callable[..., Any], outsider: Any, picture: Callable[[str], Any]
) -> None:
    start(node_class("face_detector"))
    faces = outsider.listen(FaceArray, "faces")
    images = outsider.talk(Image, "image_raw")
    image = picture("happy_picture")
    pixels = cv2.cvtColor(image, {"rgb8": cv2.COLOR_BGR2RGB, "mono8": cv2.COLOR_BGR2GRAY}[encoding])
    height, width = image.shape[:2]
    message = Image(height=height, width=width, encoding=encoding, step=pixels[0].size)
    message.data = array("B", pixels.tobytes())
    for stamp in range(STEP, 8 * STEP, STEP):
        message.header = header_at(stamp, "eye")
        images.publish(message)
        faces.wait_stamp(stamp)
    assert len(faces.messages[-1].faces) == 1


def test_compressed_images_are_taken_and_damaged_ones_skipped(
    start: Callable[..., Any], outsider: Any, diagnoses: Any, picture: Callable[[str], Any]
) -> None:
    start(node_class("face_detector"), image_transport="compressed")
    faces = outsider.listen(FaceArray, "faces")
    images = outsider.talk(CompressedImage, "image_raw/compressed")
    whole = bgr_to_compressed(picture("happy_picture"), header_at(1, "eye"), quality=90)
    cut = CompressedImage(header=header_at(1, "eye"), format=whole.format, data=whole.data[: len(whole.data) // 2])
    images.publish(cut)
    diagnoses.wait_for("face_detector", "an image was skipped: compressed image")

    for stamp in range(STEP, 8 * STEP, STEP):
        whole.header = header_at(stamp, "eye")
        images.publish(whole)
        faces.wait_stamp(stamp)

    assert faces.stamps == list(range(STEP, 8 * STEP, STEP))
    assert len(faces.messages[-1].faces) == 1


def test_detection_rate_lets_through_that_many_images_a_second_by_their_stamps(
    start: Callable[..., Any], outsider: Any, image_message: Callable[..., Image]
) -> None:
    overrides = [f"qos_overrides./image_raw.subscription.{each}" for each in ("reliability:=reliable", "depth:=10")]
    start(
        node_class("face_detector"),
        detection_rate=10.0,
        cli_args=["--ros-args", "-p", overrides[0], "-p", overrides[1]],
    )
    faces = outsider.listen(FaceArray, "faces", 50)
    images = outsider.talk(Image, "image_raw", 50)
    for number in range(31):
        images.publish(image_message(BLACK, 10**9 + number * 10**9 // 30))
        if number % 3 == 0:  # the one that is due; the two after it are passed over at once
            faces.wait_stamp(10**9 + number * 10**9 // 30)
    assert faces.stamps == [10**9 + number * 10**9 // 30 for number in range(0, 31, 3)]


def test_a_clock_that_is_set_back_does_not_stop_a_limited_detector(
    start: Callable[..., Any], outsider: Any, image_message: Callable[..., Image]
) -> None:
    start(node_class("face_detector"), detection_rate=1.0)
    faces = outsider.listen(FaceArray, "faces")
    images = outsider.talk(Image, "image_raw")
    for stamp in (50 * 10**9, 10 * 10**9):
        images.publish(image_message(BLACK, stamp))
        faces.wait_stamp(stamp)


def test_a_face_with_a_damaged_crop_is_skipped_by_the_classifier(
    start: Callable[..., Any], outsider: Any, diagnoses: Any
) -> None:
    from emotion_perception.msg import Face

    start(node_class("emotion_classifier"))
    emotions = outsider.listen(EmotionArray, "emotion")
    faces = outsider.talk(FaceArray, "faces")
    faces.publish(FaceArray(header=header_at(1, "eye"), faces=[Face(id="face_1")]))
    diagnoses.wait_for("emotion_classifier", "a message of faces was skipped: image")
    faces.publish(FaceArray(header=header_at(2, "eye")))
    emotions.wait_stamp(2)
