from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emotion_perception.core.errors import TrainingError
from emotion_perception.training.acceleration import accelerated
from emotion_perception.training.architectures import ARCHITECTURES, build_model, input_of

#: Parameters and classes: the theses', and ours.
SIZES = {
    "vgg_shallow_224": (2_181_191, 7),
    "cnn3_48": (318_407, 7),
    "mini_xception": (58_423, 7),
    "cnn_bn_48": (2_733_574, 6),
    "cnn_dnn_48": (7_461_223, 7),
    "mobilenet_v2": (2_430_663, 7),
    "fer_resnet": (1_324_609, 7),
}


def build(name: str, classes: int = 7, **options: Any) -> Any:
    return build_model(name, classes, **({"weights": "none"} if name == "mobilenet_v2" else {}), **options)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_each_is_as_its_thesis_has_it(name: str) -> None:
    parameters, classes = SIZES[name]
    model, wanted = build(name, classes), input_of(name)
    assert model.count_params() == parameters
    assert model.input_shape == (None, wanted.size, wanted.size, wanted.channels)
    pixels = np.random.default_rng(0).uniform(0, 255, (2, wanted.size, wanted.size, wanted.channels))
    logits = np.asarray(model.predict_on_batch(pixels.astype(np.float32)))
    assert logits.shape == (2, classes)
    assert np.isfinite(logits).all()


def test_what_an_architecture_cannot_do_is_said() -> None:
    with pytest.raises(TrainingError, match=r'no architecture "resnet": choose one of .*fer_resnet'):
        build_model("resnet", 7)
    with pytest.raises(TrainingError, match=r'cnn3_48 has no option "width": it takes dropout'):
        build_model("cnn3_48", 7, width=2.0)
    with pytest.raises(TrainingError, match=r'mini_xception has no option "dropout": it takes none'):
        build_model("mini_xception", 7, dropout=0.5)


@pytest.mark.parametrize("name", ["cnn3_48", "cnn_bn_48", "cnn_dnn_48", "vgg_shallow_224", "fer_resnet"])
def test_dropout_before_the_last_layer_can_be_chosen(name: str) -> None:
    *_, last = (layer for layer in build(name, dropout=0.25).layers if type(layer).__name__ == "Dropout")
    assert last.rate == 0.25


def test_weights_of_fer_resnet_fit_whatever_its_stochastic_depth_is() -> None:
    """As `--start` and teachers take them from one to the other."""
    with_it, without = (build("fer_resnet", width=0.25, drop_path=rate) for rate in (0.2, 0.0))
    without.set_weights(with_it.get_weights())
    pixels = np.random.default_rng(0).uniform(0, 255, (4, 48, 48, 1)).astype(np.float32)
    assert np.array_equal(with_it.predict_on_batch(pixels), without.predict_on_batch(pixels))


def test_weights_from_a_path(tmp_path: Path) -> None:
    missing, broken = tmp_path / "none.h5", tmp_path / "broken.h5"
    broken.write_bytes(b"no weights")
    with pytest.raises(TrainingError, match="are no file"):
        build_model("mobilenet_v2", 7, weights=str(missing))
    with pytest.raises(TrainingError, match="do not fit"):
        build_model("mobilenet_v2", 7, weights=str(broken))
    model = build("mobilenet_v2")
    base = next(layer for layer in model.layers if layer.name.startswith("mobilenetv2"))
    saved = tmp_path / "own.weights.h5"
    base.save_weights(saved)
    again = build_model("mobilenet_v2", 7, weights=str(saved), freeze=True)
    kernel = next(layer for layer in again.layers if layer.name.startswith("mobilenetv2")).weights[0]
    np.testing.assert_array_equal(np.asarray(kernel), np.asarray(base.weights[0]))
    assert len(again.trainable_weights) == 6


def test_imagenet_offline_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import keras

    def offline(*_: object, **__: object) -> str:
        raise Exception("URL fetch failure on https://…: None -- [Errno -3]")

    monkeypatch.setattr(keras.src.applications.mobilenet_v2.file_utils, "get_file", offline)
    with pytest.raises(TrainingError, match="go online once"):
        build_model("mobilenet_v2", 7, weights="imagenet")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_accelerated_twin_answers_the_same_and_learns_its_statistics(precision: str) -> None:
    model = build("fer_resnet", width=0.25)
    twin = accelerated(model, precision=precision)
    pixels = np.random.default_rng(1).uniform(0, 255, (8, 48, 48, 1)).astype(np.float32)
    plain, fast = (np.asarray(one(pixels, training=False)) for one in (model, twin))
    np.testing.assert_allclose(fast, plain, atol=1e-5 if precision == "float32" else 0.05)
    model(pixels, training=True)
    twin(pixels, training=True)
    moved = [(one, two) for one, two in zip(model.variables, twin.variables, strict=True) if "moving" in one.path]
    assert moved
    for one, two in moved:  # the variance of a sample is n / (n - 1) of the population's
        np.testing.assert_allclose(np.asarray(two), np.asarray(one), rtol=0.02, atol=0.02)
