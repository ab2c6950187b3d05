from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core import weights
from emotion_perception.core.errors import ImageError, ModelError, ParameterError
from emotion_perception.core.faces import Face
from emotion_perception.core.identity.embedder import DEFAULT_EMBEDDER, EMBEDDERS, Embedder, create_embedder
from emotion_perception.core.identity.portraits import portrait

Picture = Callable[[str], NDArray[np.uint8]]
OnlyFace = Callable[[NDArray[np.uint8]], Face]


def distance(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    return float(np.linalg.norm(first - second))


def test_an_embedding_is_what_the_embedder_says(embedder: Embedder, only_face: OnlyFace) -> None:
    assert (embedder.name, embedder.dimension) == ("dlib_resnet", 128)
    embedding = embedder.embed(only_face(portrait(22, 1)).aligned)
    assert embedding.shape == (embedder.dimension,)
    assert embedding.dtype == np.float32


def test_equal_crops_give_equal_embeddings_in_every_instance(embedder: Embedder, only_face: OnlyFace) -> None:
    aligned = only_face(portrait(22, 1)).aligned
    first = embedder.embed(aligned)
    embedder.embed(only_face(portrait(3, 1)).aligned)  # keeps nothing of the last face
    np.testing.assert_array_equal(embedder.embed(aligned), first)
    np.testing.assert_array_equal(create_embedder().embed(np.asfortranarray(aligned)), first)


def test_one_person_is_near_and_others_are_far(embedder: Embedder, only_face: OnlyFace) -> None:
    enrolled = embedder.embed(only_face(portrait(22, 1)).aligned)
    for picture in (4, 7, 10):
        assert distance(enrolled, embedder.embed(only_face(portrait(22, picture)).aligned)) <= embedder.threshold
    for person in (3, 8, 10, 32, 35):
        assert distance(enrolled, embedder.embed(only_face(portrait(person, 1)).aligned)) > embedder.threshold + 0.1


@pytest.mark.parametrize("name", ["happy_picture", "surprise_picture", "angry_picture", "single_face_picture"])
def test_it_agrees_with_dlibs_own_way_from_the_picture(
    name: str, embedder: Embedder, picture: Picture, only_face: OnlyFace
) -> None:
    """dlib's detector, landmarks and chip in the original picture, in colour: the crop must lose nothing of that."""
    import dlib

    rgb = cv2.cvtColor(picture(name), cv2.COLOR_BGR2RGB)
    (box,) = dlib.get_frontal_face_detector()(rgb, 0)
    shape = dlib.shape_predictor(str(weights.locate("dlib_landmarks")))(rgb, box)
    network = dlib.face_recognition_model_v1(str(weights.locate("dlib_resnet")))
    own = np.array(network.compute_face_descriptor(dlib.get_face_chip(rgb, shape, 150, 0.25)), np.float32)
    assert distance(embedder.embed(only_face(picture(name)).aligned), own) < 0.15


@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
def test_a_face_at_the_border_of_the_picture_is_known(
    side: str, embedder: Embedder, picture: Picture, only_face: OnlyFace
) -> None:
    """The picture is cut where the face's box ends; dlib's chip shows more than that, and gets the border repeated."""
    image = picture("single_face_picture")
    whole = only_face(image)
    x, y, width, height = whole.roi.x_offset, whole.roi.y_offset, whole.roi.width, whole.roi.height
    cut = {
        "left": image[:, x:],
        "top": image[y:],
        "right": image[:, : x + width],
        "bottom": image[: y + height],
    }[side]
    face = only_face(np.ascontiguousarray(cut))
    assert distance(embedder.embed(face.aligned), embedder.embed(whole.aligned)) < 0.6 * embedder.threshold


@pytest.mark.parametrize("shape", [(150, 150, 3), (224, 224), (224, 224, 4), (0, 0, 3)])
def test_what_is_no_aligned_crop_is_refused(shape: tuple[int, ...], embedder: Embedder) -> None:
    with pytest.raises(ImageError, match=r"an aligned face must be uint8 of shape \(224, 224, 3\)"):
        embedder.embed(np.zeros(shape, np.uint8))


def test_floats_are_refused(embedder: Embedder) -> None:
    with pytest.raises(ImageError, match="not float32"):
        embedder.embed(np.zeros((224, 224, 3), np.float32))  # type: ignore[arg-type]


def test_an_unknown_embedder_is_answered_with_the_known_ones() -> None:
    assert DEFAULT_EMBEDDER in EMBEDDERS
    with pytest.raises(ParameterError, match="no face embedder 'arcface': choose one of dlib_resnet"):
        create_embedder("arcface")


def test_without_dlib_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(ModelError, match="pip install dlib-bin"):
        create_embedder()


def test_without_weights_it_says_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ModelError, match="`emotion-perception models pull dlib_landmarks`"):
        create_embedder()


def test_another_process_gets_the_same(embedder: Embedder, only_face: OnlyFace, tmp_path: Path) -> None:
    """A node's worker makes its own embedder; what it finds is compared with what the command line enrolled."""
    np.save(tmp_path / "aligned.npy", only_face(portrait(22, 1)).aligned)
    program = (
        "import numpy as np\n"
        "from emotion_perception.core.identity.embedder import create_embedder\n"
        "np.save('embedding.npy', create_embedder('dlib_resnet').embed(np.load('aligned.npy')))\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=60)
    np.testing.assert_array_equal(
        np.load(tmp_path / "embedding.npy"), embedder.embed(np.load(tmp_path / "aligned.npy"))
    )
