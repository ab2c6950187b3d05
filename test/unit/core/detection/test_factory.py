from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.detection import BACKENDS, DEFAULT_BACKEND, Detector, create_detector
from emotion_perception.core.errors import ModelError, ParameterError

WITH_WEIGHTS = [backend for backend in BACKENDS if backend != "yunet"]
Picture = Callable[[str], NDArray[np.uint8]]


@pytest.fixture(scope="module", params=WITH_WEIGHTS)
def backend(request: pytest.FixtureRequest) -> Detector:
    return create_detector(request.param)


def test_every_backend_finds_the_one_face_and_the_same_box(backend: Detector, picture: Picture) -> None:
    assert backend.name in BACKENDS
    (face,) = backend.detect(picture("happy_picture"))
    assert 0.6 <= face.confidence <= 1
    # From brows to chin, by eye; a box means the same for all backends, since crops are made from it.
    np.testing.assert_allclose(face.box, (92, 145, 412, 465), atol=40)
    assert (face.landmarks is None) == (backend.name in ("haar", "dlib_hog"))


def test_every_backend_takes_any_picture_and_finds_no_face_in_none(backend: Detector, picture: Picture) -> None:
    for height, width in ((1, 1), (1, 500), (500, 1), (7, 5), (100, 100)):
        assert backend.detect(np.full((height, width, 3), 127, np.uint8)) == []
    assert backend.detect(picture("no_face_picture")) == []


def test_every_backend_gives_equal_faces_for_equal_pictures(backend: Detector, picture: Picture) -> None:
    image = cv2.resize(picture("group_picture"), (500, 333))
    first = backend.detect(image)
    backend.detect(picture("happy_picture"))
    second = backend.detect(image)
    assert first
    assert [(*face.box, face.confidence) for face in first] == [(*face.box, face.confidence) for face in second]


def test_the_default_finds_small_faces_in_a_scaled_picture(picture: Picture) -> None:
    half = cv2.resize(picture("group_picture"), (500, 333), interpolation=cv2.INTER_AREA)
    assert len(create_detector(image_scale=0.5).detect(half)) == 5


def test_a_lower_threshold_finds_no_less(picture: Picture) -> None:
    tiny = cv2.resize(picture("group_picture"), (160, 107), interpolation=cv2.INTER_AREA)
    for name in ("blazeface_full_range", "dlib_hog"):
        counts = [
            len(create_detector(name, confidence_threshold=threshold, min_face_size=1).detect(tiny))
            for threshold in (0.99, 0.6, 0.2)
        ]
        assert counts == sorted(counts)


@pytest.mark.parametrize("threshold", [0.0, 1.0])
@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_the_ends_of_the_threshold_s_range_are_legal(threshold: float, name: str, picture: Picture) -> None:
    small = cv2.resize(picture("happy_picture"), (120, 120))
    faces = create_detector(name, confidence_threshold=threshold).detect(small)
    assert all(threshold <= face.confidence <= 1 for face in faces)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"backend": "retinaface"}, "'retinaface': choose one of blazeface_full_range"),
        ({"confidence_threshold": 1.1}, r"confidence_threshold is 1\.1"),
        ({"confidence_threshold": float("nan")}, "confidence_threshold is nan"),
        ({"min_face_size": 0}, "min_face_size is 0"),
        ({"max_faces": 0}, "max_faces is 0"),
        ({"image_scale": 0.0}, r"image_scale is 0\.0"),
        ({"image_scale": float("inf")}, "image_scale is inf"),
        ({"backend": "dlib_hog", "model_path": Path("x.dat")}, r"x\.dat: leave model_path empty"),
    ],
)
def test_an_option_out_of_its_range_is_named(options: dict[str, object], says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        create_detector(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [backend for backend in BACKENDS if backend != "dlib_hog"])
def test_missing_and_damaged_weights_are_named(name: str, tmp_path: Path) -> None:
    suffix = {"haar": "xml", "yunet": "onnx"}.get(name, "tflite")
    with pytest.raises(ModelError, match=rf"gone\.{suffix}"):
        create_detector(name, model_path=tmp_path / f"gone.{suffix}")
    damaged = tmp_path / f"damaged.{suffix}"
    damaged.write_bytes(b"nothing of use")
    with pytest.raises(ModelError, match=rf"damaged\.{suffix}"):
        create_detector(name, model_path=damaged)


def test_weights_of_one_s_own_are_used(weight: Callable[[str], Path], picture: Picture) -> None:
    own = create_detector(DEFAULT_BACKEND, model_path=weight("blazeface_full_range_sparse"))
    sparse = create_detector("blazeface_full_range_sparse")
    image = picture("happy_picture")
    assert own.detect(image)[0].confidence == sparse.detect(image)[0].confidence


def test_libraries_of_other_backends_are_not_loaded() -> None:
    program = (
        "import sys; from emotion_perception.core.detection import create_detector; create_detector();"
        " print([name for name in ('dlib', 'onnxruntime', 'av', 'matplotlib', 'rclpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
