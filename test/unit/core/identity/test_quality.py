from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import ImageError
from emotion_perception.core.face_finder import FaceFinder
from emotion_perception.core.faces import Face, Roi
from emotion_perception.core.identity.portraits import portrait
from emotion_perception.core.identity.quality import GOOD_FRONTALITY, GOOD_SHARPNESS, GOOD_SIZE, Quality, assess

Picture = Callable[[str], NDArray[np.uint8]]
OnlyFace = Callable[[NDArray[np.uint8]], Face]
ROI = Roi(0, 0, 100, 100)


def quality_of(face: Face) -> Quality:
    return assess(face.aligned, face.landmarks, face.roi)


def shrunk(image: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


def shaken(image: NDArray[np.uint8], pixels: int, *, upright: bool) -> NDArray[np.uint8]:
    kernel = np.full((pixels, 1) if upright else (1, pixels), 1 / pixels, np.float32)
    return np.asarray(cv2.filter2D(image, -1, kernel), np.uint8)


@pytest.mark.parametrize("name", ["happy_picture", "surprise_picture", "angry_picture", "single_face_picture"])
def test_frontal_portraits_are_good(name: str, picture: Picture, only_face: OnlyFace) -> None:
    quality = quality_of(only_face(picture(name)))
    assert quality.good
    assert quality.score > 0.8


def test_all_of_a_group_are_good(picture: Picture, finder: FaceFinder) -> None:
    qualities = [quality_of(face) for face in finder.find(picture("group_picture"), 0.0)]
    assert [quality.good for quality in qualities] == [True] * 5


def test_the_score_is_the_product(only_face: OnlyFace) -> None:
    quality = quality_of(only_face(shrunk(portrait(8, 1), 0.8)))
    assert 0 < quality.score < 1
    assert quality.score == pytest.approx(quality.sharpness * quality.frontality * min(1, quality.size / 80))


def test_the_more_it_is_blurred_the_worse(picture: Picture, only_face: OnlyFace) -> None:
    image = picture("happy_picture")  # a face of 320 pixels
    versions = [image, *(cv2.GaussianBlur(image, (0, 0), sigma) for sigma in (3, 6, 10, 15))]
    qualities = [quality_of(only_face(np.asarray(version, np.uint8))) for version in versions]
    sharpness = [quality.sharpness for quality in qualities]
    assert sharpness == sorted(sharpness, reverse=True)
    assert [quality.good for quality in qualities] == [True, True, False, False, False]


@pytest.mark.parametrize("upright", [True, False])
def test_a_shaken_face_is_not_sharp_whichever_way(upright: bool, picture: Picture, only_face: OnlyFace) -> None:
    image = picture("happy_picture")
    sharpness = [
        quality_of(only_face(version)).sharpness
        for version in (image, shaken(image, 16, upright=upright), shaken(image, 36, upright=upright))
    ]
    assert sharpness == sorted(sharpness, reverse=True)
    assert sharpness[2] < GOOD_SHARPNESS


def test_the_smaller_the_face_the_worse(picture: Picture, only_face: OnlyFace) -> None:
    image = picture("happy_picture")
    qualities = [quality_of(only_face(shrunk(image, width / 320))) for width in (320, 160, 80, 50, 30)]
    scores = [quality.score for quality in qualities]
    assert scores == sorted(scores, reverse=True)
    assert [quality.good for quality in qualities] == [True, True, True, True, False]
    assert [quality.size for quality in qualities] == pytest.approx([320, 160, 80, 50, 30], rel=0.1)


def test_enlarging_a_small_face_does_not_make_it_sharp(picture: Picture, only_face: OnlyFace) -> None:
    small = shrunk(picture("happy_picture"), 30 / 320)
    enlarged = np.asarray(cv2.resize(small, (512, 512), interpolation=cv2.INTER_CUBIC), np.uint8)
    assert quality_of(only_face(enlarged)).sharpness < GOOD_SHARPNESS + 0.1
    assert quality_of(only_face(picture("happy_picture"))).sharpness > 0.9


def test_contrast_and_brightness_do_not_count(picture: Picture, only_face: OnlyFace) -> None:
    image = picture("happy_picture")
    plain = only_face(np.asarray(cv2.GaussianBlur(image, (0, 0), 4), np.uint8))
    pale = (plain.aligned * 0.4 + 120).astype(np.uint8)
    expected = assess(plain.aligned, plain.landmarks, plain.roi).sharpness
    assert expected < 0.9
    assert assess(pale, plain.landmarks, plain.roi).sharpness == pytest.approx(expected, rel=0.1)


def test_noise_does_not_hide_a_blur(picture: Picture, only_face: OnlyFace) -> None:
    blurred = cv2.GaussianBlur(picture("happy_picture"), (0, 0), 10).astype(np.float32)
    noisy = np.clip(blurred + np.random.default_rng(0).normal(0, 8, blurred.shape), 0, 255).astype(np.uint8)
    assert quality_of(only_face(noisy)).sharpness < GOOD_SHARPNESS


def test_a_face_turned_away_is_no_good(picture: Picture, only_face: OnlyFace) -> None:
    turned = quality_of(only_face(picture("turned_picture")))
    assert turned.frontality < 0.1 < GOOD_FRONTALITY
    assert not turned.good
    assert quality_of(only_face(picture("angry_picture"))).frontality > 0.7  # turned by 15 degrees only


def test_frontality_does_not_depend_on_roll_or_size() -> None:
    landmarks = np.array([(-30, 0), (30, 0), (6, 36), (-25, 60), (25, 60)], np.float32)
    aligned = np.zeros((224, 224, 3), np.uint8)
    for angle in (0, 30, 90, 180):
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        turned = (landmarks @ np.array([(c, s), (-s, c)]) * 2.5 + 200).astype(np.float32)
        assert assess(aligned, turned, ROI).frontality == pytest.approx(0.8, abs=1e-4)


def test_landmarks_that_are_no_face_are_not_frontal() -> None:
    aligned = np.zeros((224, 224, 3), np.uint8)
    for landmarks in (np.zeros((5, 2), np.float32), np.full((5, 2), np.nan, np.float32)):
        assert assess(aligned, landmarks, ROI).frontality == 0


def test_without_landmarks_a_face_counts_as_frontal(picture: Picture, only_face: OnlyFace) -> None:
    face = only_face(picture("happy_picture"))
    assert assess(face.aligned, None, face.roi).frontality == 1


def test_one_grey_is_not_sharp() -> None:
    quality = assess(np.full((224, 224, 3), 90, np.uint8), None, ROI)
    assert (quality.sharpness, quality.score, quality.good) == (0, 0, False)


def test_the_shorter_side_counts(picture: Picture, only_face: OnlyFace) -> None:
    face = only_face(picture("happy_picture"))
    cut = assess(face.aligned, face.landmarks, replace(face.roi, width=GOOD_SIZE - 1))
    assert cut.size == GOOD_SIZE - 1
    assert not cut.good


def test_what_is_no_aligned_crop_is_refused() -> None:
    with pytest.raises(ImageError, match="an aligned face must be"):
        assess(np.zeros((64, 64, 3), np.uint8), None, ROI)
