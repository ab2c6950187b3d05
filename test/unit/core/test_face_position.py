from __future__ import annotations

import math

import numpy as np
import pytest

from emotion_perception.core.face_position import Pinhole, locate_face
from emotion_perception.core.faces import Roi

VGA = {"of": (640, 480), "width": 640, "height": 480}
K = (500.0, 0.0, 320.0, 0.0, 400.0, 240.0, 0.0, 0.0, 1.0)
CENTRED = Roi(270, 180, 100, 120)


def eyes(distance: float, angle: float = 0.0) -> np.ndarray:
    """Five landmarks whose eyes are so many pixels apart, with the head tilted."""
    points = np.zeros((5, 2), np.float32)
    points[1] = distance * math.cos(angle), distance * math.sin(angle)
    return points + 300


def camera(**changes: object) -> Pinhole:
    known = Pinhole.calibrated(K, **(VGA | changes))
    assert known is not None
    return known


def test_the_distance_follows_from_the_eyes() -> None:
    # 0.063 m over 31.5 pixels with f = 500: 1 m.
    assert locate_face(CENTRED, eyes(31.5), camera()).z == pytest.approx(1.0)
    assert locate_face(CENTRED, eyes(15.75), camera()).z == pytest.approx(2.0)
    assert locate_face(CENTRED, eyes(31.5, angle=0.7), camera()).z == pytest.approx(1.0)


def test_without_landmarks_the_distance_follows_from_the_box() -> None:
    assert locate_face(CENTRED, None, camera()).z == pytest.approx(0.063 * 500 / 40)


def test_the_place_is_in_the_optical_frame() -> None:
    middle = locate_face(CENTRED, eyes(31.5), camera())
    assert (middle.x, middle.y) == pytest.approx((0, 0))
    lower_right = locate_face(Roi(370, 260, 100, 120), eyes(31.5), camera())
    assert (lower_right.x, lower_right.y) == pytest.approx((0.2, 0.2))
    assert (lower_right.width, lower_right.height) == pytest.approx((0.2, 0.3))


def test_a_calibration_serves_pictures_of_another_size() -> None:
    small = locate_face(Roi(135, 90, 50, 60), eyes(15.75), camera(width=320, height=240))
    assert (small.x, small.y, small.z) == pytest.approx((0, 0, 1))


def test_no_calibration_is_none() -> None:
    assert Pinhole.calibrated((0.0,) * 9, **VGA) is None
    assert Pinhole.calibrated(K, of=(0, 0), width=640, height=480) is None


def test_an_uncalibrated_camera_sees_60_degrees() -> None:
    assumed = Pinhole.assumed(640, 480)
    edge = locate_face(Roi(640, 240, 0, 0), eyes(10), assumed)
    assert math.degrees(math.atan2(edge.x, edge.z)) == pytest.approx(30)


def test_eyes_that_coincide_leave_the_distance_finite() -> None:
    assert math.isfinite(locate_face(CENTRED, eyes(0), camera()).z)
