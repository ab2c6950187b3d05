from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emotion_perception.core.errors import ModelError
from emotion_perception.core.inference import load_model

WriteOnnx = Callable[..., Path]
Locate = Callable[[str], Path]


@pytest.fixture
def tflite(weight: Locate) -> Path:
    return weight("fer_mini_xception")


@pytest.fixture
def any_batch(tflite: Path, tmp_path: Path) -> Path:
    """The same network, declared to take any number of pictures, as Keras exports them."""
    import flatbuffers  # type: ignore[import-untyped]
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(tflite.read_bytes(), 0))
    graph = model.subgraphs[0]
    graph.tensors[graph.inputs[0]].shapeSignature = [-1, 64, 64, 1]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    path = tmp_path / "any_batch.tflite"
    path.write_bytes(builder.Output())
    return path


@pytest.fixture
def onnx(write_onnx: WriteOnnx) -> Path:
    return write_onnx(np.arange(12, dtype=np.float32).reshape(4, 3), ["N", 1, 2, 2])


def pictures(count: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(0).uniform(-1, 1, (count, 64, 64, 1)).astype(np.float32)


def test_a_tflite_file_runs(tflite: Path) -> None:
    model = load_model(tflite)
    assert model.input_shapes == ((1, 64, 64, 1),)
    (probabilities,) = model.run(pictures(1))
    assert probabilities.shape == (1, 7)
    assert probabilities.dtype == np.float32
    assert probabilities.sum() == pytest.approx(1, abs=1e-6)


def test_an_onnx_file_runs(onnx: Path) -> None:
    model = load_model(onnx)
    assert model.input_shapes == ((None, 1, 2, 2),)
    (product,) = model.run(np.array([[[[1, 0], [0, 2]]]], np.float32))
    assert product.dtype == np.float32
    np.testing.assert_array_equal(product, [[0 + 18, 1 + 20, 2 + 22]])


def test_outputs_belong_to_the_caller(tflite: Path) -> None:
    model = load_model(tflite)
    first = model.run(pictures(2)[:1])[0]
    kept = first.copy()
    model.run(pictures(2)[1:])
    np.testing.assert_array_equal(first, kept)


def test_the_same_input_gives_the_same_output_bit_for_bit(tflite: Path) -> None:
    np.testing.assert_array_equal(load_model(tflite).run(pictures(1))[0], load_model(tflite).run(pictures(1))[0])


def test_any_batch_where_the_tflite_model_allows_it(tflite: Path, any_batch: Path) -> None:
    model, one = load_model(any_batch), load_model(tflite)
    assert model.input_shapes == ((None, 64, 64, 1),)
    for count in (3, 1, 5):
        expected = np.concatenate([one.run(picture[np.newaxis])[0] for picture in pictures(count)])
        np.testing.assert_array_equal(model.run(pictures(count))[0], expected)


def test_any_batch_where_the_onnx_model_allows_it(onnx: Path) -> None:
    model = load_model(onnx)
    assert model.run(np.ones((5, 1, 2, 2), np.float32))[0].shape == (5, 3)
    with pytest.raises(ModelError, match=r"takes \(any, 1, 2, 2\) and was given \(0, 1, 2, 2\)"):
        model.run(np.ones((0, 1, 2, 2), np.float32))


def test_float64_and_strided_arrays_are_taken(tflite: Path) -> None:
    model = load_model(tflite)
    plain = pictures(1)
    strided = np.asfortranarray(plain.astype(np.float64))
    np.testing.assert_array_equal(model.run(strided)[0], model.run(plain)[0])


@pytest.mark.parametrize("shape", [(2, 64, 64, 1), (1, 48, 48, 1), (64, 64), (0, 64, 64, 1)])
def test_a_wrong_shape_is_answered_with_the_right_one(tflite: Path, shape: tuple[int, ...]) -> None:
    model = load_model(tflite)
    with pytest.raises(ModelError, match=r"takes \(1, 64, 64, 1\) and was given") as raised:
        model.run(np.zeros(shape, np.float32))
    assert str(shape) in str(raised.value)


def test_a_missing_input_is_named(onnx: Path) -> None:
    with pytest.raises(ModelError, match=r"takes \(any, 1, 2, 2\) and was given nothing"):
        load_model(onnx).run()


def damage(content: bytes) -> dict[str, bytes]:
    return {
        "empty": b"",
        "text": b"<!DOCTYPE html> not a model" * 30,
        "the first 100 bytes": content[:100],
        "half": content[: len(content) // 2],
        "all but one byte": content[:-1],
        "zeros": bytes(len(content)),
    }


@pytest.mark.parametrize("kind", damage(b""))
@pytest.mark.parametrize("format_", ["tflite", "onnx"])
def test_a_damaged_file_is_refused(format_: str, kind: str, tflite: Path, onnx: Path, tmp_path: Path) -> None:
    path = tmp_path / f"damaged.{format_}"
    path.write_bytes(damage({"tflite": tflite, "onnx": onnx}[format_].read_bytes())[kind])
    with pytest.raises(ModelError, match=rf"{path} is damaged or no model for .* \(.+\): copy or pull it again\.$"):
        load_model(path)


def test_a_changed_weight_is_found_by_the_hash(tflite: Path, tmp_path: Path) -> None:
    content = bytearray(tflite.read_bytes())
    sha256 = hashlib.sha256(content).hexdigest()
    assert load_model(tflite, sha256=sha256)
    content[50_000] ^= 1
    path = tmp_path / "changed.tflite"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=rf"{path} is damaged or another one \(SHA-256 .*, not {sha256[:12]}"):
        load_model(path, sha256=sha256)


@pytest.mark.parametrize("name", ["model.h5", "model"])
def test_an_unknown_format_is_answered_with_the_known_ones(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match=rf"{name} is no model file: use one that ends in \.tflite or \.onnx"):
        load_model(tmp_path / name)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.tflite cannot be read \(No such file or directory\)"):
        load_model(tmp_path / "gone.tflite")
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(ModelError, match=r"folder\.onnx cannot be read \(Is a directory\)"):
        load_model(tmp_path / "folder.onnx")


@pytest.mark.parametrize(("module", "package"), [("ai_edge_litert", "ai-edge-litert"), ("onnxruntime", "onnxruntime")])
def test_a_runtime_that_is_not_installed_is_named(
    module: str, package: str, tflite: Path, onnx: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "ai_edge_litert.interpreter", raising=False)
    with pytest.raises(
        ModelError, match=rf"needs the Python package {package}: run `python3 -m pip install {package}`"
    ):
        load_model(onnx if module == "onnxruntime" else tflite)


def test_runtimes_are_loaded_only_with_a_model() -> None:
    code = (
        "import sys, emotion_perception.core.inference as _;"
        "sys.exit(bool({'ai_edge_litert', 'onnxruntime'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_outputs_that_are_no_floats_are_refused() -> None:
    from onnxruntime import datasets

    with pytest.raises(ModelError, match=r'has tensor\(int64\) in "label": export it with float32 inputs and outputs'):
        load_model(Path(datasets.get_example("logreg_iris.onnx")))
