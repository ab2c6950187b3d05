from __future__ import annotations

from typing import Any

import pytest
from emotion_perception.msg import Emotion, EmotionArray, Face, FaceArray, Identity
from sensor_msgs.msg import CameraInfo, RegionOfInterest
from visualization_msgs.msg import Marker

from emotion_perception.core.palette import colour_of
from emotion_perception.ros.markers import BOX, TEXT, FaceMarkers
from emotion_perception.ros.messages import header_at

HEADER = header_at(1_500_000_000, "eye")
ROI = RegionOfInterest(x_offset=270, y_offset=180, width=100, height=120)
HAPPY = EmotionArray(emotions=[Emotion(face_id="face_1", label="happy", confidence=0.934)])


def array(*ids: str) -> FaceArray:
    return FaceArray(header=HEADER, image_width=640, image_height=480, faces=[Face(id=each, roi=ROI) for each in ids])


def named(name: str) -> dict[str, Identity]:
    return {"face_1": Identity(face_id="face_1", name=name)}


def made(maker: FaceMarkers, *ids: str, **options: Any) -> list[Marker]:
    given = {"emotion": None, "identities": {}, "calibration": None} | options
    return list(maker.make(array(*ids), **given).markers)


def test_a_face_gets_a_box_and_a_text() -> None:
    box, text = made(FaceMarkers(), "face_1", emotion=HAPPY, identities=named("Ελένη"))
    assert (box.ns, box.type, box.action) == (BOX, Marker.CUBE, Marker.ADD)
    assert (text.ns, text.type, text.action) == (TEXT, Marker.TEXT_VIEW_FACING, Marker.ADD)
    assert text.text == "Ελένη\nhappy 93%"
    assert text.pose.position.y < box.pose.position.y - box.scale.y / 2, "above: y is down"
    for marker in (box, text):
        assert marker.header == HEADER
        assert marker.lifetime.sec > 0
        assert marker.pose.orientation.w == 1
        assert [marker.color.r, marker.color.g, marker.color.b] == pytest.approx(
            [channel / 255 for channel in colour_of("happy")]
        )
    assert 0 < box.color.a < text.color.a == 1


@pytest.mark.parametrize("identities", [{}, named("")])
def test_who_is_not_known_by_name_is_called_by_the_track(identities: dict[str, Identity]) -> None:
    _, text = made(FaceMarkers(), "face_1", identities=identities)
    assert text.text == "face_1"


def test_the_place_comes_from_the_calibration_and_from_an_assumed_view_without_one() -> None:
    info = CameraInfo(width=640, height=480, k=[500.0, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0])
    known, _ = made(FaceMarkers(), "face_1", calibration=info)
    assert known.pose.position.z == pytest.approx(0.063 * 500 / 40)
    assumed, _ = made(FaceMarkers(), "face_1", calibration=CameraInfo(width=640, height=480))
    assert assumed.pose.position.z == pytest.approx(0.063 * 554.256 / 40)


def test_a_face_keeps_its_markers_whoever_comes_or_goes() -> None:
    maker = FaceMarkers()
    made(maker, "face_1", "face_2")
    (second,) = {marker.id for marker in made(maker, "face_2") if marker.action == Marker.ADD}
    both = made(maker, "face_3", "face_2")
    assert {marker.id for marker in both[2:]} == {second}
    assert len({(marker.ns, marker.id) for marker in both}) == 4


def test_who_left_is_deleted_at_once() -> None:
    maker = FaceMarkers()
    first, *_ = made(maker, "face_1", "face_2")
    deleted = [marker for marker in made(maker, "face_2") if marker.action == Marker.DELETE]
    assert {(marker.ns, marker.id) for marker in deleted} == {(BOX, first.id), (TEXT, first.id)}
    assert not [marker for marker in made(maker, "face_2") if marker.action == Marker.DELETE]


def test_nobody_deletes_all() -> None:
    maker = FaceMarkers()
    made(maker, "face_1")
    (marker,) = made(maker)
    assert marker.action == Marker.DELETEALL
    assert marker.ns == "", "in every namespace"
    assert marker.header == HEADER
