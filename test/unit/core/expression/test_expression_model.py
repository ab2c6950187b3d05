from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import ImageError, ModelError
from emotion_perception.core.expression import ExpressionModel
from emotion_perception.core.labels import LABELS

Locate = Callable[[str], Path]
Picture = NDArray[np.uint8]

# Squares (x, y, side) framed as FER2013's: eyes at 0.32 and 0.68 of the width and 0.40 of the height.
FRAMES = {"happy_picture": (68, 101, 367), "surprise_picture": (99, 102, 333), "angry_picture": (40, 116, 361)}


@pytest.fixture(scope="module")
def model() -> ExpressionModel:
    return ExpressionModel.load("fer_mini_xception")


@pytest.fixture(scope="module")
def crops(asset: Locate) -> dict[str, Picture]:
    pictures = {}
    for name, (x, y, side) in FRAMES.items():
        picture = cv2.imread(str(asset(name)))
        assert picture is not None
        pictures[name] = np.asarray(picture[y : y + side, x : x + side], np.uint8)
    return pictures


@pytest.fixture
def tiny(write_onnx: Callable[..., Path], write_description: Callable[..., Path]) -> Callable[..., ExpressionModel]:
    """tiny(weights, shape, key=value, …) -> a model whose output is its flattened input times ``weights``."""

    def load(weights: NDArray[np.float64], shape: list[int | str], **keys: Any) -> ExpressionModel:
        path = write_onnx(weights.astype(np.float32), shape)
        keys = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **keys}
        return ExpressionModel.load(write_description(**keys))

    return load


def test_name_and_labels(model: ExpressionModel) -> None:
    assert model.name == "fer_mini_xception 25.10.3"
    assert model.labels == LABELS


def test_faces_framed_as_fer2013s_are_recognised(model: ExpressionModel, crops: dict[str, Picture]) -> None:
    happy, surprise, angry = model.classify_crops(list(crops.values()))
    # As measured; the tolerance allows for another resize or another kernel, not for another scaling of the input.
    np.testing.assert_allclose(happy[[3, 6]], [0.987, 0.007], atol=0.02)
    np.testing.assert_allclose(surprise[[2, 5]], [0.263, 0.474], atol=0.05)
    np.testing.assert_allclose(angry[[0, 4]], [0.410, 0.398], atol=0.05)


def test_rows_are_probabilities(model: ExpressionModel, crops: dict[str, Picture]) -> None:
    rows = model.classify_crops(list(crops.values()))
    assert rows.shape == (3, 7)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-6)
    assert rows.min() >= 0


def test_a_row_does_not_depend_on_the_other_faces(model: ExpressionModel, crops: dict[str, Picture]) -> None:
    together = model.classify_crops(list(crops.values()))
    alone = [model.classify_crops([crop])[0] for crop in crops.values()]
    np.testing.assert_array_equal(together, alone)


def test_aligned_faces_are_cut_to_the_frame_of_the_model(model: ExpressionModel, crops: dict[str, Picture]) -> None:
    aligned = [np.ascontiguousarray(cv2.resize(crop, (192, 192)), dtype=np.uint8) for crop in crops.values()]
    rows = model.classify(aligned)
    assert rows.shape == (3, 7)
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-6)
    assert LABELS[int(rows[0].argmax())] == "happy"


def test_no_faces(model: ExpressionModel) -> None:
    for rows in (model.classify([]), model.classify_crops([])):
        assert rows.shape == (0, 7)
        assert rows.dtype == np.float32


def test_grey_and_colour_pictures_of_the_same_are_the_same(model: ExpressionModel, crops: dict[str, Picture]) -> None:
    grey = cv2.cvtColor(cv2.resize(crops["happy_picture"], (64, 64)), cv2.COLOR_BGR2GRAY)
    both = [np.asarray(grey, np.uint8), np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)]
    first, second = model.classify_crops(both)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    "crop",
    [
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((64, 64, 4), np.uint8),
        np.zeros((64, 64), np.float32),
        np.zeros(9, np.uint8),
    ],
    ids=["empty", "four channels", "float", "one axis"],
)
def test_what_is_no_picture_is_refused(model: ExpressionModel, crop: Picture) -> None:
    for classify in (model.classify, model.classify_crops):
        with pytest.raises(ImageError, match=r"a face must be a uint8 picture, grey or bgr, not (uint8|float32) \("):
            classify([crop])


def test_an_aligned_face_that_is_not_square_is_refused(model: ExpressionModel) -> None:
    with pytest.raises(ImageError, match="an aligned face must be square, not 10x100"):
        model.classify([np.zeros((100, 10, 3), np.uint8)])


@pytest.mark.parametrize("side", [1, 2, 3, 7, 500])
def test_an_aligned_face_may_have_any_size(model: ExpressionModel, side: int) -> None:
    assert model.classify([np.full((side, side, 3), 90, np.uint8)]).sum() == pytest.approx(1, abs=1e-6)


def test_tiny_and_huge_pictures_are_taken(model: ExpressionModel) -> None:
    rows = model.classify_crops([np.full((1, 1, 3), 90, np.uint8), np.full((2000, 2000, 3), 90, np.uint8)])
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)


def softmax(values: list[float]) -> NDArray[np.float64]:
    exponentials = np.exp(np.array(values) - max(values))
    return np.asarray(exponentials / exponentials.sum())


PIXELS = np.array([[[10, 20, 30]]], np.uint8)  # one pixel: blue 10, green 20, red 30
FIRST_CHANNELS = np.eye(3, 7)  # the first channel is the logit of angry, the second of disgust, the third of fear


@pytest.mark.parametrize("layout", ["nhwc", "nchw"])
@pytest.mark.parametrize(("colour", "channels"), [("bgr", [10, 20, 30]), ("rgb", [30, 20, 10])])
def test_colour_scaling_and_layout(
    tiny: Callable[..., ExpressionModel], layout: str, colour: str, channels: list[int]
) -> None:
    shape: list[int | str] = ["N", 1, 1, 3] if layout == "nhwc" else ["N", 3, 1, 1]
    keys = {"layout": layout, "colour": colour, "input_size": 1, "mean": [1, 2, 3], "std": [10, 20, 5]}
    model = tiny(FIRST_CHANNELS, shape, **keys)
    logits = [(channels[0] - 1) / 10, (channels[1] - 2) / 20, (channels[2] - 3) / 5, 0, 0, 0, 0]
    np.testing.assert_allclose(model.classify_crops([PIXELS])[0], softmax(logits), rtol=1e-5)


def test_pixels_keep_their_places_in_both_layouts(tiny: Callable[..., ExpressionModel]) -> None:
    picture = np.array([[0, 1], [2, 3]], np.uint8)
    for layout, shape in (("nhwc", [1, 2, 2, 1]), ("nchw", [1, 1, 2, 2])):
        row = tiny(np.eye(4, 7), shape, layout=layout).classify_crops([picture])[0]
        np.testing.assert_allclose(row, softmax([0, 1, 2, 3, 0, 0, 0]), rtol=1e-5)


def test_the_channels_of_a_picture_follow_each_other_in_nchw(tiny: Callable[..., ExpressionModel]) -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    row = tiny(np.eye(12, 7), [1, 3, 2, 2], layout="nchw", colour="bgr").classify_crops([picture])[0]
    np.testing.assert_allclose(row, softmax([0, 3, 6, 9, 1, 4, 7]), rtol=1e-5)


def test_the_temperature_divides_the_logits(tiny: Callable[..., ExpressionModel]) -> None:
    model = tiny(np.eye(4, 7), [1, 2, 2, 1], temperature=2.0)
    row = model.classify_crops([np.array([[0, 2], [4, 6]], np.uint8)])[0]
    np.testing.assert_allclose(row, softmax([0, 1, 2, 3, 0, 0, 0]), rtol=1e-5)


def test_probabilities_are_tempered_through_their_logarithm(tiny: Callable[..., ExpressionModel]) -> None:
    # One pixel of 1 makes the weights themselves the output.
    output = np.array([[0.4, 0.1, 0.2, 0.1, 0.1, 0.1, 0.0]])
    keys = {"colour": "grey", "input_size": 1, "output": "probabilities"}
    one = np.ones((1, 1), np.uint8)
    row = tiny(output, [1, 1, 1, 1], **keys).classify_crops([one])[0]
    np.testing.assert_allclose(row, output[0], atol=1e-6)
    row = tiny(output, [1, 1, 1, 1], temperature=0.5, **keys).classify_crops([one])[0]
    np.testing.assert_allclose(row, output[0] ** 2 / (output**2).sum(), atol=1e-6)


def test_labels_that_are_not_ours_are_dropped_and_the_rest_reordered(tiny: Callable[..., ExpressionModel]) -> None:
    output = np.array([[0.05, 0.05, 0.3, 0.02, 0.04, 0.01, 0.03, 0.5]])
    labels = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]
    keys = {"colour": "grey", "input_size": 1, "output": "probabilities", "labels": labels}
    row = tiny(output, [1, 1, 1, 1], **keys).classify_crops([np.ones((1, 1), np.uint8)])[0]
    np.testing.assert_allclose(row, np.array([0.04, 0.01, 0.03, 0.05, 0.02, 0.3, 0.05]) * 2, atol=1e-6)


@pytest.mark.filterwarnings("error")
def test_an_output_that_is_not_finite_is_a_row_of_nan(tiny: Callable[..., ExpressionModel]) -> None:
    model = tiny(np.full((1, 7), 3e38), [1, 1, 1, 1], input_size=1)  # times 255: infinity
    rows = model.classify_crops([np.full((1, 1), 255, np.uint8), np.zeros((1, 1), np.uint8)])
    assert np.isnan(rows[0]).all()
    np.testing.assert_allclose(rows[1], 1 / 7, rtol=1e-6)


def test_a_description_at_odds_with_the_network_is_named(tiny: Callable[..., ExpressionModel]) -> None:
    with pytest.raises(ModelError, match=r"tiny\.yaml: .* input_size, colour and layout say \(1, 8, 8, 1\)"):
        tiny(np.eye(4, 7), [1, 2, 2, 1], input_size=8)
    with pytest.raises(ModelError, match=r"tiny\.yaml: .* say \(1, 1, 2, 2\)"):
        tiny(np.eye(4, 7), [1, 2, 2, 1], layout="nchw")
    with pytest.raises(ModelError, match=r"tiny\.yaml: the model's output is \(1, 5\), but there are 7 labels"):
        tiny(np.eye(4, 5), [1, 2, 2, 1])


def test_a_model_is_found_by_name_by_its_yaml_and_by_its_file(
    tiny: Callable[..., ExpressionModel], tmp_path: Path
) -> None:
    tiny(np.eye(4, 7), [1, 2, 2, 1])
    for which in (tmp_path / "tiny.yaml", str(tmp_path / "tiny.yaml"), tmp_path / "tiny.onnx"):
        assert ExpressionModel.load(which).name == "tiny 1.2"


def test_a_model_file_without_a_description_is_named(tmp_path: Path, weight: Locate) -> None:
    shutil.copy(weight("fer_mini_xception"), tmp_path / "mine.tflite")
    with pytest.raises(ModelError, match=r"mine\.tflite has no description: write mine\.yaml beside it"):
        ExpressionModel.load(tmp_path / "mine.tflite")


@pytest.mark.parametrize("which", ["resnet", "manifest", "readme.txt", ""])
def test_an_unknown_name_is_answered_with_the_known_ones(which: str) -> None:
    with pytest.raises(ModelError, match=rf'there is no expression model "{which}": choose .*fer_mini_xception'):
        ExpressionModel.load(which)


def test_a_truncated_weight_is_found_on_loading(tiny: Callable[..., ExpressionModel], tmp_path: Path) -> None:
    tiny(np.eye(4, 7), [1, 2, 2, 1])
    path = tmp_path / "tiny.onnx"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ModelError, match=rf"model {path} is damaged or another one \(SHA-256"):
        ExpressionModel.load(tmp_path / "tiny.yaml")


def test_a_weight_that_was_not_pulled_is_answered_with_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ModelError, match="run `emotion-perception models pull fer_mini_xception`"):
        ExpressionModel.load("fer_mini_xception")


def test_a_model_of_few_classes_has_them_alone_in_our_order(tiny: Callable[..., ExpressionModel]) -> None:
    few = tiny(np.eye(4, 3), [1, 2, 2, 1], labels=["neutral", "contempt", "happiness"])
    assert few.labels == ("happy", "neutral")
    assert few.classify([]).shape == (0, 2)
    row = few.classify_crops([np.array([[0, 9], [2, 6]], np.uint8)])[0]
    np.testing.assert_allclose(row, softmax([2, 0]), rtol=1e-5)
