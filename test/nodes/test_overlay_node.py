from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from emotion_perception.msg import Emotion, EmotionArray, Face, FaceArray, Identity, IdentityArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, RegionOfInterest
from visualization_msgs.msg import Marker, MarkerArray

from emotion_perception.core.labels import LABELS
from emotion_perception.nodes import node_class
from emotion_perception.ros.images import compressed_to_bgr, image_to_bgr
from emotion_perception.ros.messages import header_at

GREY = np.full((120, 160, 3), 128, np.uint8)
ROI = RegionOfInterest(x_offset=40, y_offset=30, width=50, height=60)


@pytest.fixture
def scene(outsider: Any, image_message: Callable[..., Image]) -> Callable[..., None]:
    """scene(stamp) publishes an image, and what was found in it."""
    publishers = [
        outsider.create_publisher(kind, topic, 10)
        for kind, topic in ((Image, "image_raw"), (FaceArray, "faces"), (EmotionArray, "emotion"))
    ]

    def publish(stamp: int, *, parts: int = 3) -> None:
        header = header_at(stamp, "eye")
        even = [1 / len(LABELS)] * len(LABELS)
        emotion = Emotion(face_id="face_1", roi=ROI, label="happy", confidence=0.9, probabilities=even)
        messages = [
            image_message(GREY, stamp),
            FaceArray(header=header, image_width=160, image_height=120, faces=[Face(id="face_1", roi=ROI)]),
            EmotionArray(header=header, model="test", labels=list(LABELS), emotions=[emotion]),
        ]
        for publisher, message in list(zip(publishers, messages, strict=True))[:parts]:
            publisher.publish(message)

    publish.publishers = publishers  # type: ignore[attr-defined]
    return publish


ALL = {"/image_raw", "/camera_info", "/faces", "/emotion", "/identities"}


def inputs(node: Any) -> set[str]:
    return {each.topic_name for each in node.subscriptions} & ALL


def ready(scene: Any) -> bool:
    return all(publisher.get_subscription_count() for publisher in scene.publishers)


def test_it_subscribes_to_nothing_while_nobody_looks(
    start: Callable[..., Any], outsider: Any, eventually: Callable[..., None]
) -> None:
    node = start(node_class("overlay"))
    assert inputs(node) == set()

    looking = outsider.create_subscription(Image, "emotion/overlay", lambda message: None, 10)
    eventually(lambda: inputs(node) == ALL - {"/camera_info"})
    outsider.drop(looking)
    eventually(lambda: inputs(node) == set())


def test_it_draws_what_was_found_onto_the_image_with_that_stamp(
    start: Callable[..., Any], outsider: Any, eventually: Callable[..., None], scene: Any
) -> None:
    node = start(node_class("overlay"), join_timeout=10.0)
    heard = outsider.listen(Image, "emotion/overlay")
    eventually(lambda: ready(scene))
    scene(5)

    message = heard.wait_stamp(5)

    assert message.header.frame_id == "eye"
    drawn = image_to_bgr(message)
    assert drawn.shape[:2] == GREY.shape[:2]
    assert (drawn[28:92, 38:92] != 128).any(), "the box of the face"
    assert node.parameters.join_timeout == 10.0


def test_it_writes_who_somebody_is_and_what_is_estimated_of_them(
    start: Callable[..., Any], outsider: Any, eventually: Callable[..., None], scene: Any, monkeypatch: Any
) -> None:
    texts: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "emotion_perception.nodes.overlay.draw_overlay",
        lambda image, faces: (texts.extend((face.who, face.about) for face in faces), image)[1],
    )
    start(node_class("overlay"), join_timeout=10.0)
    heard = outsider.listen(Image, "emotion/overlay")
    identities = outsider.talk(IdentityArray, "identities")
    eventually(lambda: ready(scene))
    nothing = float("nan")
    for stamp, identity in enumerate(
        [
            Identity(face_id="face_1", name="Ελένη", age=33.6, female_probability=0.914),
            Identity(face_id="face_1", age=70.0, female_probability=0.0),
            Identity(face_id="face_1", age=nothing, female_probability=nothing),
            Identity(face_id="face_2", name="Anna", age=nothing, female_probability=nothing),
        ],
        start=5,
    ):
        identities.publish(IdentityArray(identities=[identity]))
        outsider.call(GetState, "overlay/get_state", GetState.Request())  # so that it has taken the identities
        scene(stamp)
        heard.wait_stamp(stamp)
    assert texts == [
        ("Ελένη", "about 34, female 91%"),
        ("unknown", "about 70, male 99%"),
        ("unknown", ""),
        ("", ""),
    ]


def test_an_image_without_its_emotion_is_drawn_after_the_timeout(
    start: Callable[..., Any], outsider: Any, eventually: Callable[..., None], scene: Any
) -> None:
    start(node_class("overlay"), join_timeout=0.1)
    heard = outsider.listen(Image, "emotion/overlay")
    eventually(lambda: ready(scene))
    scene(5, parts=1)
    np.testing.assert_array_equal(image_to_bgr(heard.wait_stamp(5)), GREY)
    scene(6, parts=2)
    assert (image_to_bgr(heard.wait_stamp(6)) != 128).any()


def test_the_compressed_topic_alone_is_an_audience(
    start: Callable[..., Any], outsider: Any, eventually: Callable[..., None], scene: Any
) -> None:
    start(node_class("overlay"))
    heard = outsider.listen(CompressedImage, "emotion/overlay/compressed")
    eventually(lambda: ready(scene))
    scene(5)
    assert compressed_to_bgr(heard.wait_stamp(5)).shape[:2] == GREY.shape[:2]


def test_it_draws_again_after_a_reactivation(
    start: Callable[..., Any], outsider: Any, eventually: Callable[..., None], scene: Any
) -> None:
    node = start(node_class("overlay"))
    heard = outsider.listen(Image, "emotion/overlay")
    eventually(lambda: ready(scene))
    for transition in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVATE):
        # By its service, in the executor's thread: from this one it could fall into the middle of a subscription.
        request = ChangeState.Request(transition=Transition(id=transition))
        assert outsider.call(ChangeState, "overlay/change_state", request).success
        assert bool(inputs(node)) == (transition == Transition.TRANSITION_ACTIVATE)
    eventually(lambda: ready(scene))
    scene(5)
    heard.wait_stamp(5)


def test_markers_alone_need_no_images(
    start: Callable[..., Any], outsider: Any, eventually: Callable[..., None], scene: Any
) -> None:
    node = start(node_class("overlay"), join_timeout=10.0)
    looking = outsider.create_subscription(MarkerArray, "emotion/markers", lambda message: None, 10)
    eventually(lambda: inputs(node) == ALL - {"/image_raw"})
    outsider.create_subscription(Image, "emotion/overlay", lambda message: None, 10)
    eventually(lambda: inputs(node) == ALL)
    outsider.drop(looking)
    eventually(lambda: inputs(node) == ALL - {"/camera_info"})


@pytest.mark.parametrize("pictures", [False, True], ids=["markers alone", "with pictures"])
def test_markers_show_the_faces_in_the_images_frame_and_nobody_deletes_all(
    pictures: bool, start: Callable[..., Any], outsider: Any, eventually: Callable[..., None], scene: Any
) -> None:
    node = start(node_class("overlay"), join_timeout=10.0)
    if pictures:
        outsider.listen(Image, "emotion/overlay")
    heard = outsider.listen(MarkerArray, "emotion/markers")
    calibration = outsider.talk(CameraInfo, "camera_info")
    eventually(lambda: inputs(node) == (ALL if pictures else ALL - {"/image_raw"}))
    eventually(lambda: all(each.get_subscription_count() for each in scene.publishers[0 if pictures else 1 :]))
    calibration.publish(CameraInfo(width=160, height=120, k=[320.0, 0.0, 80.0, 0.0, 320.0, 60.0, 0.0, 0.0, 1.0]))
    outsider.call(GetState, "overlay/get_state", GetState.Request())  # so that it has taken the calibration
    scene(5)

    box, text = heard.wait(lambda messages: messages)[0].markers

    assert box.header == text.header == header_at(5, "eye")
    assert box.pose.position.z == pytest.approx(0.063 * 320 / (0.4 * ROI.width))
    assert box.pose.position.x == pytest.approx(-15 / 320 * box.pose.position.z)
    assert text.text == "face_1\nhappy 90%"

    header = header_at(6, "eye")
    nobody = FaceArray(header=header, image_width=160, image_height=120)
    for publisher, message in zip(scene.publishers[1:], [nobody, EmotionArray(header=header)], strict=True):
        publisher.publish(message)
    if pictures:
        scene(6, parts=1)
    (marker,) = heard.wait(lambda messages: len(messages) > 1)[1].markers
    assert marker.action == Marker.DELETEALL
