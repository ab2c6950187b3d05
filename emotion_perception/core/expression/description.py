"""The yaml file beside every expression model: what it is, and how to feed and read it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from emotion_perception.core import weights
from emotion_perception.core.errors import ModelError
from emotion_perception.core.labels import LABELS, to_label
from emotion_perception.core.yaml_files import read_mapping

_COLOURS = ("grey", "bgr", "rgb")
_LAYOUTS = ("nhwc", "nchw")
_OUTPUTS = ("probabilities", "logits")
_LARGEST_INPUT = 1024


@dataclass(frozen=True, kw_only=True)
class ModelDescription:
    """How to use an expression model; each field is a key of the yaml file.

    path: the yaml file itself (no key of it).
    weights or file, one of the two: a name in models/manifest.yaml, or a .tflite or .onnx file beside the yaml.
    sha256: of that file.
    labels: the classes in the model's order, under any name that core.labels knows. Those that are not ours (contempt)
        are dropped and the rest scaled up to 1; at least two of ours must be among them, none twice.
    input_size: side of the square the model takes, pixels. colour: grey, bgr or rgb. layout: nhwc or nchw.
    mean, std: the model is fed (pixel - mean) / std, with pixel in 0..255; one number, or one for each channel.
    output: probabilities (they sum to 1) or logits (before softmax).
    temperature: what logits are divided by before softmax (Guo et al., 2017), so that confidences match accuracy.
    """

    path: Path
    name: str
    version: str
    sha256: str
    labels: tuple[str, ...]
    input_size: int
    colour: str
    layout: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    output: str
    temperature: float
    licence: str
    source: str
    weights: str = ""
    file: str = ""

    @property
    def channels(self) -> int:
        """1 for grey, else 3."""
        return 1 if self.colour == "grey" else 3

    @property
    def known(self) -> tuple[str, ...]:
        """Those of LABELS that the model knows, in our order."""
        ours = self._ours()
        return tuple(label for label in LABELS if label in ours)

    @property
    def order(self) -> tuple[int, ...]:
        """For each of ``known``, its column in the model's output."""
        ours = self._ours()
        return tuple(ours.index(label) for label in self.known)

    def _ours(self) -> list[str | None]:
        return [to_label(name) for name in self.labels]

    def model_path(self) -> Path:
        """Return the model file; ModelError with the remedy if it is one of the manifest and not there."""
        return weights.locate(self.weights) if self.weights else self.path.parent / self.file


def read_description(path: Path) -> ModelDescription:
    """Read and check a description; ModelError names the file, the key and what it may be."""
    document = read_mapping(path, "model description", ModelError)
    keys = {field.name: field.default is MISSING for field in fields(ModelDescription) if field.name != "path"}
    if unknown := [str(key) for key in document if key not in keys]:
        raise ModelError(f'{path}: there is no key "{unknown[0]}"; the keys are {", ".join(keys)}.')
    if missing := [key for key, needed in keys.items() if needed and key not in document]:
        raise ModelError(f'{path}: the key "{missing[0]}" is missing: add it.')
    values = {key: _checked(path, key, value) for key, value in document.items()}
    description = ModelDescription(path=path, **values)
    if bool(description.weights) == bool(description.file):
        raise ModelError(f'{path}: give either "weights" (a name in manifest.yaml) or "file" (beside this one).')
    for key in ("mean", "std"):
        scaling = values[key]
        if len(scaling) not in (1, description.channels):
            raise _wrong(path, key, document[key], f"one number or {description.channels} for {description.colour}")
    return description


def _checked(path: Path, key: str, value: Any) -> Any:
    """Convert a yaml value to the field's type, or raise."""
    try:
        return _CHECKS[key](value)
    except (TypeError, ValueError) as error:
        raise _wrong(path, key, value, str(error)) from error


def _wrong(path: Path, key: str, value: object, wanted: str) -> ModelError:
    return ModelError(f'{path}: "{key}" is {value!r}, but must be {wanted}.')


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError("text (in quotes if it looks like a number)")
    return value


def _sha256(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value):
        raise TypeError("64 hexadecimal digits in lower case (`sha256sum FILE`)")
    return value


def _file(value: object) -> str:
    text = _text(value)
    if Path(text).name != text:
        raise ValueError("the name of a file beside this one, without a folder")
    return text


def _one_of(choices: tuple[str, ...]) -> Callable[[object], str]:
    def check(value: object) -> str:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return str(value)

    return check


def _labels(value: object) -> tuple[str, ...]:
    wanted = f"a list with two or more of {', '.join(LABELS)}, each once, in the model's order"
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise TypeError(wanted)
    try:
        ours = [label for name in value if (label := to_label(name))]
    except KeyError as error:
        raise ValueError(f"{wanted}; {error} is none we know") from error
    if len(ours) < 2 or len(set(ours)) < len(ours):
        raise ValueError(wanted)
    return tuple(value)


def _input_size(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _LARGEST_INPUT:
        raise TypeError(f"a whole number of pixels from 1 to {_LARGEST_INPUT}")
    return value


def _numbers(value: object) -> tuple[float, ...]:
    given = value if isinstance(value, list) else [value]
    numbers = tuple(float(n) for n in given if isinstance(n, int | float) and not isinstance(n, bool))
    if not numbers or len(numbers) != len(given) or not all(map(math.isfinite, numbers)):
        raise TypeError("a finite number, or a list of one for each channel")
    return numbers


def _positive(value: object) -> tuple[float, ...]:
    numbers = _numbers(value)
    if min(numbers) <= 0:
        raise ValueError("greater than 0")
    return numbers


def _temperature(value: object) -> float:
    if isinstance(value, list):
        raise TypeError("a number greater than 0")
    return _positive(value)[0]


_CHECKS: dict[str, Callable[[object], object]] = {
    "name": _text,
    "version": _text,
    "sha256": _sha256,
    "labels": _labels,
    "input_size": _input_size,
    "colour": _one_of(_COLOURS),
    "layout": _one_of(_LAYOUTS),
    "mean": _numbers,
    "std": _positive,
    "output": _one_of(_OUTPUTS),
    "temperature": _temperature,
    "licence": _text,
    "source": _text,
    "weights": _text,
    "file": _file,
}
