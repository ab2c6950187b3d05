from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.alignment import (
    ALIGNED_EYE_DISTANCE,
    ALIGNED_EYES,
    ALIGNED_SIZE,
    align,
    expression_crop,
)
from emotion_perception.core.detection import create_detector
from emotion_perception.core.faces import Detection

# A frontal face, eye distance 1, around the middle of its eyes.
FACE = np.array([(-0.5, 0), (0.5, 0), (0, 0.6), (-0.42, 1), (0.42, 1)])
EYES = np.array([(ALIGNED_EYES[0] - ALIGNED_EYE_DISTANCE / 2, ALIGNED_EYES[1])] * 2)
EYES[1, 0] += ALIGNED_EYE_DISTANCE
COLOURS = [(255, 0, 0), (0, 0, 255), (0, 255, 0)]  # right eye, left eye, nose


def placed(distance: float, roll: float, middle: tuple[float, float]) -> NDArray[np.float32]:
    turn = np.deg2rad(roll)
    matrix = np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
    return (FACE @ matrix * distance + middle).astype(np.float32)


def drawn(landmarks: NDArray[np.float32], width: int = 640, height: int = 480) -> NDArray[np.uint8]:
    """A picture with a coloured disc on each eye and the nose."""
    image = np.zeros((height, width, 3), np.uint8)
    radius = max(2, round(0.12 * float(np.hypot(*(landmarks[1] - landmarks[0])))))
    for point, colour in zip(landmarks[:3], COLOURS, strict=True):
        cv2.circle(image, (round(float(point[0])), round(float(point[1]))), radius, colour, -1)
    return image


def where(image: NDArray[np.uint8], channel: int) -> NDArray[np.float64]:
    """Centre of mass of a colour."""
    ys, xs = np.nonzero(image[..., channel] > 128)
    return np.array((xs.mean(), ys.mean()))


def detection(landmarks: NDArray[np.float32] | None, box: tuple[float, float, float, float]) -> Detection:
    return Detection(np.array(box, np.float32), 0.9, landmarks)


@pytest.mark.parametrize("roll", [0, 20, -45, 90, 180])
@pytest.mark.parametrize("distance", [20, 60, 150])
def test_eyes_come_to_their_places(roll: float, distance: float) -> None:
    landmarks = placed(distance, roll, (320, 240))
    aligned = align(drawn(landmarks), detection(landmarks, (0, 0, 1, 1)))
    assert aligned.shape == (ALIGNED_SIZE, ALIGNED_SIZE, 3)
    assert aligned.dtype == np.uint8
    for channel, eye in ((0, EYES[0]), (2, EYES[1])):
        assert np.abs(where(aligned, channel) - eye).max() < 0.03 * ALIGNED_EYE_DISTANCE + 56 / distance


def test_a_large_face_is_averaged_and_comes_to_the_same_place() -> None:
    """1,200 pixels between the eyes: 21 source pixels per pixel of the crop."""
    landmarks = placed(1200, 10, (1900, 900))
    image = drawn(landmarks, 3840, 2160)
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 120, (2160, 3840), dtype=np.uint8)
    image = np.maximum(image, noise[..., np.newaxis])
    aligned = align(image, detection(landmarks, (0, 0, 1, 1)))
    for channel, eye in ((0, EYES[0]), (2, EYES[1])):
        assert np.abs(where(aligned, channel) - eye).max() < 1.5
    # Skipping pixels would leave the noise as it is, with a standard deviation of 35.
    assert aligned[60:70, 100:124].std() < 6


def test_eyes_that_a_turned_head_brings_together_do_not_blow_up_the_face() -> None:
    profile = placed(100, 0, (320, 200))
    profile[:2, 0] = (300, 312)
    profile[3:, 0] = (302, 310)
    crop = align(drawn(placed(100, 0, (320, 200))), detection(profile, (0, 0, 1, 1)))
    # Their distance alone would show 12 pixels as 56; the mouth tells that they are 100.
    eye_to_nose = where(crop, 1)[1] - EYES[0][1]
    assert 20 < eye_to_nose < 60


def test_a_box_without_landmarks_is_cut_unturned() -> None:
    eyes = placed(40, 0, (320, 200))  # inside a box whose width is 2.5 eye distances
    box = (320 - 51.0, 200 - 33.0, 320 + 49.0, 200 + 67.0)
    aligned = align(drawn(eyes), detection(None, box))
    for channel, eye in ((0, EYES[0]), (2, EYES[1])):
        assert np.abs(where(aligned, channel) - eye).max() < 2


@pytest.mark.parametrize(
    "landmarks",
    [
        np.full((5, 2), np.nan, np.float32),
        np.array([(np.inf, 0)] + [(1, 1)] * 4, np.float32),
        np.full((5, 2), 300, np.float32),
    ],
)
def test_landmarks_that_are_none_are_not_used(landmarks: NDArray[np.float32]) -> None:
    image = drawn(placed(40, 0, (320, 200)))
    box = (269.0, 167.0, 369.0, 267.0)
    np.testing.assert_array_equal(align(image, detection(landmarks, box)), align(image, detection(None, box)))


@pytest.mark.parametrize("box", [(-5000, -5000, -4000, -4000), (0, 0, 0, 0), (10, 10, 9, 9), (-1e4, -1e4, 1e4, 1e4)])
@pytest.mark.parametrize("size", [(1, 1), (480, 640), (3, 2000)])
def test_any_box_gives_a_crop(box: tuple[float, float, float, float], size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 77, np.uint8)
    aligned = align(image, detection(None, box))
    assert aligned.shape == (ALIGNED_SIZE, ALIGNED_SIZE, 3)
    assert (aligned == 77).all()


@pytest.mark.parametrize("size", [48, 64, 224, 300])
def test_the_expression_crop_is_framed_as_fer2013(size: int) -> None:
    aligned = drawn(np.vstack((EYES, [(112, 160)])).astype(np.float32), ALIGNED_SIZE, ALIGNED_SIZE)
    crop = expression_crop(aligned, size)
    assert crop.shape == (size, size, 3)
    # Medians over that data set.
    for channel, x in ((0, 0.32), (2, 0.68)):
        np.testing.assert_allclose(where(crop, channel) / size, (x, 0.40), atol=0.02)
    assert expression_crop(aligned[..., 0], size).shape == (size, size)


def test_crops_of_another_size_are_framed_alike() -> None:
    aligned = drawn(np.vstack((EYES, [(112, 160)])).astype(np.float32), ALIGNED_SIZE, ALIGNED_SIZE)
    half = cv2.resize(aligned, (160, 160), interpolation=cv2.INTER_AREA)
    for channel, x in ((0, 0.32), (2, 0.68)):
        np.testing.assert_allclose(where(expression_crop(half, 64), channel) / 64, (x, 0.40), atol=0.025)


def test_dlib_s_chip_lies_inside_with_room_to_turn() -> None:
    """get_face_chip_details with five points, padding 0.25: eye middles at (0.318, 0.669; 0.314) of the chip's side."""
    side = ALIGNED_EYE_DISTANCE / (0.669 - 0.318)
    left = ALIGNED_EYES[0] - side / 2
    top = ALIGNED_EYES[1] - 0.314 * side
    assert side > 150  # so that the chip is not enlarged
    assert min(left, top, ALIGNED_SIZE - left - side, ALIGNED_SIZE - top - side) > 0.08 * ALIGNED_SIZE


@pytest.mark.parametrize("roll", [-25, 0, 25])
def test_real_faces_come_upright(roll: float, asset: Callable[[str], Path]) -> None:
    image = cv2.imread(str(asset("happy_picture")))
    assert image is not None
    turned = cv2.warpAffine(image, cv2.getRotationMatrix2D((254, 300), roll, 1), (512, 512))
    detector = create_detector()
    (face,) = detector.detect(np.asarray(turned, np.uint8))
    (again,) = detector.detect(align(np.asarray(turned, np.uint8), face))
    assert again.landmarks is not None
    across = again.landmarks[1] - again.landmarks[0]
    assert abs(np.rad2deg(np.arctan2(across[1], across[0]))) < 6
    np.testing.assert_allclose(np.hypot(*across), ALIGNED_EYE_DISTANCE, rtol=0.15)
    np.testing.assert_allclose(again.landmarks[:2].mean(axis=0), ALIGNED_EYES, atol=8)
