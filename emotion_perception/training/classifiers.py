"""Whatever can be evaluated, behind one small interface: models of the robot, bare network files, Keras models."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import EvaluationError
from emotion_perception.core.expression import ExpressionModel, ModelDescription
from emotion_perception.core.inference import load_model
from emotion_perception.core.labels import LABELS
from emotion_perception.training.answers import outputs, softmax
from emotion_perception.training.architectures.registry import Input
from emotion_perception.training.collecting import Progress
from emotion_perception.training.images import Images
from emotion_perception.training.run_folder import RunFolder

_KERAS = (".keras", ".h5", ".hdf5")
_NETWORKS = (".tflite", ".onnx")
#: Outputs that sum to 1 within it are probabilities.
_SUM_TOLERANCE = 1e-2


class Classifier(Protocol):
    """A model under evaluation.

    name, sha256: of the model file. input: what it takes. classes: of the columns. run: the folder of the training it
    came from, if it lies in one. expression: the model as the robot has it, None where a robot cannot run it.
    milliseconds: median time of a face on one thread, once it has answered; None where that is not what the robot would
    wait.
    """

    name: str
    sha256: str
    input: Input
    classes: tuple[str, ...]
    run: RunFolder | None
    expression: ExpressionModel | None
    milliseconds: float | None

    def probabilities(self, images: Images, progress: Progress | None = None) -> NDArray[np.float64]:
        """(N, classes) of (N, H, W) grey or (N, H, W, 3) RGB uint8 pictures framed as FER2013's.

        progress: called with pictures done and all.
        """


def open_classifier(which: str, *, scaling: tuple[float, float] | None = None) -> Classifier:
    """Open a model: as core.expression names them, a run's folder, or a .keras, .h5, .tflite or .onnx file.

    A network file is described by the yaml beside it. Without one, ``scaling`` says how it is fed: (mean, std) of
    (pixel - mean) / std; all else is read off the file, and its classes are LABELS. A run's .keras needs neither.
    Errors of core.errors say what is missing.
    """
    path = Path(which).expanduser()
    if path.is_dir():
        run = RunFolder(path)
        run.recipe()  # says so if it is none
        path = run.best
    if path.suffix in _KERAS:
        return KerasClassifier(path, scaling=scaling)
    if path.suffix in _NETWORKS and not path.is_file():
        raise EvaluationError(f"model {path} does not exist: check the path.")
    described = path.suffix not in _NETWORKS or any(path.with_suffix(end).is_file() for end in (".yaml", ".yml"))
    if described:
        if scaling is not None:
            raise EvaluationError(f"{which} has a description that says how it is fed: leave --scaling out.")
        return RobotClassifier(ExpressionModel.load(which))
    if scaling is None:
        raise EvaluationError(
            f"{path} has no description: write {path.stem}.yaml beside it, after the pattern of"
            " models/fer_mini_xception.yaml, or say by --scaling MEAN STD what it is fed with, (pixel - MEAN) / STD."
        )
    return RobotClassifier(ExpressionModel(_described(path, scaling)))


class RobotClassifier:
    """A model as the robot runs it, one face at a time."""

    def __init__(self, expression: ExpressionModel) -> None:
        path = expression.description.model_path()
        self.name = expression.name
        self.sha256 = expression.description.sha256
        self.input = Input(expression.description.input_size, 1 if expression.description.colour == "grey" else 3)
        self.classes = expression.labels
        self.run = _run_of(path)
        self.expression: ExpressionModel | None = expression
        self.milliseconds: float | None = None
        self._model = expression

    def probabilities(self, images: Images, progress: Progress | None = None) -> NDArray[np.float64]:
        """See Classifier."""
        rows, times = np.empty((len(images), len(self.classes))), np.empty(len(images))
        for row in range(len(images)):
            picture = images[row]
            bgr = picture if picture.ndim == 2 else np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), np.uint8)
            begin = time.perf_counter()
            rows[row] = self._model.classify_crops([bgr])[0]
            times[row] = time.perf_counter() - begin
            if progress:
                progress(row + 1, len(images))
        self.milliseconds = 1e3 * float(np.median(times))
        return rows


class KerasClassifier:
    """A Keras model on Keras' backend; one of the bench takes raw pixels, another one says how it is fed."""

    def __init__(self, path: Path, *, scaling: tuple[float, float] | None) -> None:
        # What needs Keras is imported here, as the robot's own models can be evaluated without.
        from emotion_perception.training.backend import load_keras

        keras = load_keras()
        self.sha256 = _sha256(path)
        try:
            self._model: Any = keras.models.load_model(path, compile=False)
        except Exception as error:  # of whatever kind: a damaged archive, an unknown layer, another Keras
            reason = " ".join(str(error).split())[:200]
            raise EvaluationError(f"{path} is damaged or no model of this Keras ({reason}): train it anew.") from error
        shape = self._model.input_shape
        if (
            not isinstance(shape, tuple)
            or len(shape) != 4
            or None in shape[1:3]
            or shape[1] != shape[2]
            or shape[3] not in (1, 3)
        ):
            raise EvaluationError(f"{path} takes {shape}: give a model of (None, S, S, 1) or (None, S, S, 3).")
        raw = any(isinstance(layer, keras.layers.Rescaling) for layer in self._model.layers)
        if scaling is None and not raw:
            raise EvaluationError(
                f"{path} has no Rescaling layer, so its input is not known: say by --scaling MEAN STD what it is fed"
                " with, (pixel - MEAN) / STD."
            )
        self.input = Input(shape[1], shape[3])
        self.run = _run_of(path)
        self.name = self.run.path.resolve().name if self.run else path.stem
        self.classes = tuple(self.run.data_card()["classes"]) if self.run else LABELS
        if self._model.output_shape != (None, len(self.classes)):
            raise EvaluationError(
                f"{path} answers {self._model.output_shape}, not with one number for each of {', '.join(self.classes)}:"
                " evaluate it where its run's data.json lies beside it."
            )
        self.expression: ExpressionModel | None = None
        self.milliseconds: float | None = None
        self._scaling = scaling or (0.0, 1.0)

    def probabilities(self, images: Images, progress: Progress | None = None) -> NDArray[np.float64]:
        """See Classifier."""
        answers = outputs(self._model, images, scaling=self._scaling, progress=progress)
        return (answers if _are_probabilities(answers) else softmax(answers)).astype(np.float64)


def _described(path: Path, scaling: tuple[float, float]) -> ModelDescription:
    """What a bare network file tells of itself by its shapes and by its answer to a grey picture."""
    network = load_model(path)
    shapes = network.input_shapes
    sizes = shapes[0] if len(shapes) == 1 and len(shapes[0]) == 4 else (None,) * 4
    layout = "nchw" if sizes[1] in (1, 3) and sizes[1] != sizes[3] else "nhwc"
    channels, size = (sizes[1], sizes[2]) if layout == "nchw" else (sizes[3], sizes[1])
    if channels not in (1, 3) or size is None:
        raise EvaluationError(f"{path} takes {shapes}, not square pictures of a fixed size: describe it in a yaml.")
    whole = (1, size, size, channels) if layout == "nhwc" else (1, channels, size, size)
    answer = network.run(np.full(whole, (127.5 - scaling[0]) / scaling[1], np.float32))[0]
    return ModelDescription(
        path=path,
        name=path.stem,
        version="without a description",
        sha256=_sha256(path),
        labels=LABELS,
        input_size=size,
        colour="grey" if channels == 1 else "rgb",
        layout=layout,
        mean=scaling[:1],
        std=scaling[1:],
        output="probabilities" if _are_probabilities(answer) else "logits",
        temperature=1.0,
        licence="not said",
        source="not said",
        file=path.name,
    )


def _are_probabilities(rows: NDArray[np.floating]) -> bool:
    return bool((rows >= 0).all() and np.abs(rows.sum(axis=-1) - 1).max() < _SUM_TOLERANCE)


def _run_of(path: Path) -> RunFolder | None:
    """The run whose folder, or folder of exports, holds a file."""
    runs = (RunFolder(folder) for folder in (path.parent, path.absolute().parent.parent))
    return next((run for run in runs if run.is_begun), None)


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise EvaluationError(f"model {path} cannot be read ({error.strerror}): check the path.") from error
