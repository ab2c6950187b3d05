from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emotion_perception.core import paths
from emotion_perception.core.errors import ModelError
from emotion_perception.core.expression import read_description
from emotion_perception.core.labels import LABELS
from emotion_perception.core.weights import default_store

Write = Callable[..., Path]


def test_a_right_description_is_read(write_description: Write) -> None:
    path = write_description(colour="rgb", mean=[1, 2, 3.5], std=58)
    description = read_description(path)
    assert (description.name, description.version, description.input_size) == ("tiny", "1.2", 2)
    assert description.mean == (1.0, 2.0, 3.5)
    assert description.std == (58.0,)
    assert description.channels == 3
    assert description.model_path() == path.parent / "tiny.onnx"


SHIPPED = sorted(path for path in (paths.share_dir() / "models").glob("*.yaml") if path.stem != "manifest")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_descriptions_are_right(path: Path) -> None:
    description = read_description(path)
    assert description.name == path.stem
    if description.weights:
        (asset,) = default_store().manifest.select([description.weights])
        assert description.sha256 == asset.sha256


def test_the_order_of_the_model_is_mapped_to_ours(write_description: Write) -> None:
    fer_plus = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]
    assert read_description(write_description(labels=list(LABELS))).order == tuple(range(7))
    assert read_description(write_description(labels=fer_plus)).order == (4, 5, 6, 1, 3, 2, 0)
    few = read_description(write_description(labels=["neutral", "contempt", "happiness"]))
    assert (few.known, few.order) == (("happy", "neutral"), (2, 0))


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("name", 5, "text"),
        ("version", 1.2, r"text \(in quotes if it looks like a number\)"),
        ("sha256", "abc", "64 hexadecimal digits"),
        ("sha256", 12, "64 hexadecimal digits"),
        ("labels", "angry", "a list with two or more of angry, disgust"),
        ("labels", ["happy", "contempt"], "two or more of .*, each once"),
        ("labels", [*LABELS, "anger"], "two or more of .*, each once"),
        ("labels", [*LABELS[:6], "bored"], "'bored' is none we know"),
        ("labels", [0, 1, 2, 3, 4, 5, 6], "two or more of .*, each once"),
        ("input_size", 0, "from 1 to 1024"),
        ("input_size", 64.0, "a whole number of pixels"),
        ("input_size", True, "a whole number of pixels"),
        ("colour", "gray", "one of grey, bgr, rgb"),
        ("layout", "hwc", "one of nhwc, nchw"),
        ("mean", "128", "a finite number, or a list"),
        ("mean", [], "a finite number, or a list"),
        ("mean", float("nan"), "a finite number"),
        ("mean", [1, 2, 3], "one number or 1 for grey"),
        ("std", 0, "greater than 0"),
        ("std", [1, 2], "one number or 1 for grey"),
        ("output", "softmax", "one of probabilities, logits"),
        ("temperature", 0, "greater than 0"),
        ("temperature", [1.0], "a number greater than 0"),
        ("temperature", float("inf"), "a finite number"),
        ("file", "../tiny.onnx", "a file beside this one"),
        ("licence", "", "text"),
    ],
)
def test_a_wrong_value_is_named_with_its_file_and_key(
    write_description: Write, key: str, value: Any, wanted: str
) -> None:
    path = write_description(**{key: value})
    with pytest.raises(ModelError, match=rf'{path}: "{key}" is .*, but must be .*{wanted}'):
        read_description(path)


@pytest.mark.parametrize("key", ["name", "labels", "temperature", "sha256", "licence"])
def test_a_missing_key_is_named(write_description: Write, key: str) -> None:
    with pytest.raises(ModelError, match=rf'tiny\.yaml: the key "{key}" is missing'):
        read_description(write_description(**{key: None}))


def test_an_unknown_key_is_named(write_description: Write) -> None:
    with pytest.raises(ModelError, match=r'there is no key "color"; the keys are name, .*colour'):
        read_description(write_description(color="grey"))


@pytest.mark.parametrize("both", [{"file": None}, {"weights": "fer_mini_xception"}])
def test_one_of_weights_and_file_is_needed(write_description: Write, both: dict[str, str | None]) -> None:
    with pytest.raises(ModelError, match=r'give either "weights" .* or "file"'):
        read_description(write_description(**both))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is no model description"),
        (b"- a", "is no model description"),
        (b"a: [", "is not valid yaml"),
        (b"\xff\xfe\x00", "is not valid yaml"),
    ],
)
def test_a_file_that_is_no_description_is_refused(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "model.yaml"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=rf"{path} {complaint}"):
        read_description(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.yaml cannot be read \(No such file or directory\)"):
        read_description(tmp_path / "gone.yaml")
