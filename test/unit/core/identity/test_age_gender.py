from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from emotion_perception.core import weights
from emotion_perception.core.errors import ImageError, ModelError
from emotion_perception.core.face_finder import FaceFinder
from emotion_perception.core.faces import Face
from emotion_perception.core.identity.age_gender import AgeGender

Picture = Callable[[str], NDArray[np.uint8]]
OnlyFace = Callable[[NDArray[np.uint8]], Face]
PORTRAITS = ["happy_picture", "surprise_picture", "angry_picture", "turned_picture", "single_face_picture"]


@pytest.fixture(scope="module")
def model() -> AgeGender:
    return AgeGender.load()


# The letter in the names of the posed portraits tells: 0-f15-hao-ph.jpg, 45-m7-di-ph.jpg.
@pytest.mark.parametrize(
    ("name", "female"),
    [("happy_picture", True), ("surprise_picture", True), ("angry_picture", True), ("turned_picture", False)],
)
def test_gender_of_the_posed_portraits(
    name: str, female: bool, model: AgeGender, picture: Picture, only_face: OnlyFace
) -> None:
    _, probability = model.estimate(only_face(picture(name)).aligned)
    assert 0 <= probability <= 1
    assert (probability > 0.5) == female


def by_dlibs_landmarks(aligned: NDArray[np.uint8]) -> tuple[float, float]:
    """The estimate from chips cut as the networks' own package does it: by dlib's landmarks, with padding 0.2."""
    import dlib

    rgb = cv2.cvtColor(aligned, cv2.COLOR_BGR2RGB)
    landmarks = dlib.shape_predictor(str(weights.locate("dlib_landmarks")))(rgb, dlib.rectangle(51, 65, 175, 189))
    outputs = []
    for asset, size in (("age", 64), ("gender", 32)):
        chip = dlib.get_face_chip(rgb, landmarks, size, 0.2)
        planes = ((chip - np.array([122.782, 117.001, 104.298])) / 256).transpose(2, 0, 1).astype(np.float32)
        session = onnxruntime.InferenceSession(str(weights.locate(asset)), providers=["CPUExecutionProvider"])
        outputs.append(session.run(None, {"images": planes[None]})[0][0])
    return float(outputs[0] @ np.array([0.25, *range(1, 81)])), float(outputs[1][0])


@pytest.mark.parametrize("name", [*PORTRAITS, "group_picture"])
def test_our_fixed_framing_agrees_with_chips_cut_by_landmarks(
    name: str, model: AgeGender, picture: Picture, finder: FaceFinder
) -> None:
    for face in finder.find(picture(name), 0.0):
        age, female = model.estimate(face.aligned)
        expected_age, expected_female = by_dlibs_landmarks(face.aligned)
        assert age == pytest.approx(expected_age, abs=6)  # years; 2 on average
        assert female == pytest.approx(expected_female, abs=0.1)


def test_adults_are_adults(model: AgeGender, picture: Picture, only_face: OnlyFace) -> None:
    for name in PORTRAITS:
        age, _ = model.estimate(only_face(picture(name)).aligned)
        assert 16 < age < 70, name


def test_equal_crops_give_equal_estimates(model: AgeGender, picture: Picture, only_face: OnlyFace) -> None:
    aligned = only_face(picture("happy_picture")).aligned
    assert model.estimate(aligned) == model.estimate(aligned.copy()) == AgeGender.load().estimate(aligned)


def test_what_is_no_aligned_crop_is_refused(model: AgeGender) -> None:
    with pytest.raises(ImageError, match="an aligned face must be"):
        model.estimate(np.zeros((64, 64, 3), np.uint8))


def test_without_weights_it_says_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ModelError, match="`emotion-perception models pull age`"):
        AgeGender.load()
