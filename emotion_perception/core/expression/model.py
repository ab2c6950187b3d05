"""From aligned faces to the probabilities of expressions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core import paths
from emotion_perception.core.alignment import expression_crop
from emotion_perception.core.errors import ImageError, ModelError
from emotion_perception.core.expression.description import ModelDescription, read_description
from emotion_perception.core.inference import load_model

#: The model that is used where none is named.
DEFAULT_MODEL = "fer_resnet"

_SMALLEST_PROBABILITY = 1e-12
_DESCRIPTIONS = (".yaml", ".yml")
_MODELS = (".tflite", ".onnx")


class ExpressionModel:
    """A classifier with its description. Like the network inside, it belongs to one thread at a time."""

    def __init__(self, description: ModelDescription, *, threads: int = 1) -> None:
        self._description = description
        self._labels, self._order = description.known, np.array(description.order)
        self._mean = np.array(description.mean, np.float32)
        self._std = np.array(description.std, np.float32)
        path = description.model_path()
        self._network = load_model(path, threads=threads, sha256=description.sha256)
        size, channels = description.input_size, description.channels
        axes = (1, size, size, channels) if description.layout == "nhwc" else (1, channels, size, size)
        shapes = self._network.input_shapes
        if (
            len(shapes) != 1
            or len(shapes[0]) != 4
            or any(s not in (None, a) for s, a in zip(shapes[0], axes, strict=True))
        ):
            raise ModelError(
                f"{description.path}: the model takes {shapes}, but input_size, colour and layout say {axes}: correct"
                " them."
            )
        # The first run of a network is slow, and tells whether its output is what the description says.
        outputs = self._network.run(np.zeros(axes, np.float32))
        if outputs[0].shape != (1, len(description.labels)):
            raise ModelError(
                f"{description.path}: the model's output is {outputs[0].shape}, but there are"
                f" {len(description.labels)} labels: correct them."
            )

    @classmethod
    def load(cls, which: str | Path, *, threads: int = 1) -> ExpressionModel:
        """Load a model by the path of its yaml, by that of a .tflite or .onnx beside its yaml, or by its name.

        A name is that of a yaml in the package's ``models`` folder. ModelError says what is wrong and what to do.
        """
        return cls(read_description(_description_path(str(which))), threads=threads)

    @property
    def name(self) -> str:
        """Name and version, as published."""
        return f"{self._description.name} {self._description.version}"

    @property
    def description(self) -> ModelDescription:
        """What the model is made of."""
        return self._description

    @property
    def labels(self) -> tuple[str, ...]:
        """The columns of ``classify``: of LABELS those that the model knows, whatever its own order."""
        return self._labels

    def classify(self, aligned: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Classify faces as ``core.alignment.align`` makes them: each (S, S, 3) uint8 bgr.

        Returns (N, len(labels)) float32: calibrated probabilities in the order of ``labels``, each row summing to 1; a
        row is all NaN where the network's output is not finite. No rows for no faces. A face's row does not depend on
        the others.
        ImageError if a face is empty, not square or of another kind.
        """
        for face in aligned:
            _check_picture(face)
            if face.shape[0] != face.shape[1]:
                raise ImageError(f"an aligned face must be square, not {face.shape[1]}x{face.shape[0]}.")
        return self.classify_crops([expression_crop(face, self._description.input_size) for face in aligned])

    def classify_crops(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Classify pictures that are framed as FER2013's already: each (H, W, 3) uint8 bgr or (H, W) uint8 grey.

        Returns as ``classify``. ImageError if a picture is empty or of another kind.
        """
        probabilities = np.empty((len(crops), len(self._order)), np.float32)
        for row, crop in enumerate(crops):
            # One at a time: a batch takes as long (0.25 ms a face, be it 1, 4 or 10 faces, on one thread of an x86-64),
            # and each change of the batch's size costs as much as a face again.
            probabilities[row] = self._calibrated(self._network.run(self._input(crop))[0][0])
        return probabilities

    def _input(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Resize, convert and scale a picture to the network's input, batch axis included."""
        _check_picture(crop)
        size, colour = self._description.input_size, self._description.colour
        picture: NDArray[Any] = crop
        if crop.shape[:2] != (size, size):
            shrinks = crop.shape[0] > size
            picture = cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        if colour == "grey":
            picture = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        elif picture.ndim == 2:
            picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
        elif colour == "rgb":
            picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        scaled = (picture.reshape(size, size, -1).astype(np.float32) - self._mean) / self._std
        return (scaled if self._description.layout == "nhwc" else np.moveaxis(scaled, -1, 0))[np.newaxis]

    def _calibrated(self, output: NDArray[np.float32]) -> NDArray[np.float64]:
        """Softmax of the logits of our labels over the temperature; probabilities are turned back into logits first."""
        ours = output[self._order].astype(np.float64)
        if not np.isfinite(ours).all():
            return np.full(len(self._order), np.nan)
        logits = (
            np.log(np.maximum(ours, _SMALLEST_PROBABILITY)) if self._description.output == "probabilities" else ours
        )
        scaled = logits / self._description.temperature
        exponentials = np.exp(scaled - scaled.max())
        return np.asarray(exponentials / exponentials.sum())


def _check_picture(picture: NDArray[np.uint8]) -> None:
    channels = picture.shape[2:]
    if picture.dtype != np.uint8 or picture.ndim < 2 or picture.size == 0 or channels not in ((), (3,)):
        raise ImageError(f"a face must be a uint8 picture, grey or bgr, not {picture.dtype} {picture.shape}.")


def _description_path(which: str) -> Path:
    path = Path(which).expanduser()
    if path.suffix in _DESCRIPTIONS:
        return path
    if path.suffix in _MODELS:
        beside = [path.with_suffix(suffix) for suffix in _DESCRIPTIONS if path.with_suffix(suffix).is_file()]
        if not beside:
            raise ModelError(
                f"model {path} has no description: write {path.with_suffix('.yaml').name} beside it, after the pattern"
                " of models/fer_mini_xception.yaml."
            )
        return beside[0]
    folder = paths.share_dir() / "models"
    known = sorted(file.stem for file in folder.glob("*.yaml") if file.stem != "manifest")
    if which not in known:
        raise ModelError(
            f'there is no expression model "{which}": choose {" or ".join(known)}, or give the path of a yaml, .tflite'
            " or .onnx file."
        )
    return folder / f"{which}.yaml"
