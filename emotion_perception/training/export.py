"""From a run to files a robot reads: TFLite and ONNX, compared with the network they were made of, and described."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from emotion_perception.core.errors import EvaluationError, TrainingError
from emotion_perception.core.expression import ExpressionModel, read_description
from emotion_perception.core.inference import load_model
from emotion_perception.core.labels import LABELS
from emotion_perception.training.answers import outputs, softmax
from emotion_perception.training.architectures.registry import Input
from emotion_perception.training.backend import load_keras
from emotion_perception.training.calibration import fit_temperature
from emotion_perception.training.dataset import Dataset
from emotion_perception.training.files import make_folder, write_bytes, write_text
from emotion_perception.training.fitting import fitted

#: Format to its file's ending, and how far a picture's probabilities may be from the network's, on average.
FORMATS = {
    "float32": (".tflite", 1e-4),
    "float16": (".tflite", 5e-3),
    "int8": (".tflite", 0.1),
    "onnx": (".onnx", 1e-4),
}
#: Pictures by which the ranges of int8 are set.
_REPRESENTATIVE = 500


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A file and how it compares with the network on the validation part.

    agreement: part of the pictures with the same answer. difference: of a picture's probabilities, the largest one,
    averaged over the pictures.
    temperature: fitted on the validation part, 1 where it cannot be (``why`` says so).
    """

    format: str
    model: Path
    description: Path
    size: int
    agreement: float
    difference: float
    temperature: float
    why: str = ""


def export(
    best: Path,
    folder: Path,
    *,
    name: str,
    version: str,
    licence: str,
    source: str,
    train: Dataset,
    validation: Dataset,
    formats: Sequence[str] = tuple(FORMATS),
    main: str = "",
    say: Callable[[str], None] = print,
) -> list[Exported]:
    """Write ``folder``/NAME_FORMAT.tflite (or .onnx), each with its yaml for ``ExpressionModel``.

    best: a network of the bench: raw pixels in, logits out. main: the format whose files are called NAME alone.
    train: sets the ranges of int8. validation: on it exports are compared with the network, and the temperature is
    fitted. TrainingError if a file cannot be made, or answers otherwise than the network; the others are written.
    """
    if unknown := sorted(set(formats) - set(FORMATS)):
        raise TrainingError(f'there is no format "{unknown[0]}": choose of {", ".join(FORMATS)}.')
    if not set(train.classes) <= set(LABELS):
        raise TrainingError(
            f"a robot's model may know {', '.join(LABELS)}, and this one knows {', '.join(train.classes)}: train one of"
            " these alone to export it."
        )
    make_folder(folder)
    keras = load_keras("tensorflow")
    try:
        model = keras.models.load_model(best, compile=False)
    except (OSError, ValueError) as error:
        raise TrainingError(f"network {best} cannot be read ({error}): give the folder of a finished run.") from error
    shape = model.input_shape[1:]
    wanted = Input(shape[0], shape[-1])
    truth = outputs(model, validation.images)
    made, refused = [], []
    for kind in formats:
        say(f"exporting {kind}")
        stem = name if kind == main else f"{name}_{kind}"
        path = folder / f"{stem}{FORMATS[kind][0]}"
        content = _CONVERSIONS[kind](model, _representative(train, wanted))
        try:
            made.append(_described(path, content, kind, wanted, truth, validation, name, version, licence, source))
        except _DiffersError as error:
            refused.append(str(error))
    if refused:
        wrote = ", ".join(one.model.name for one in made) or "nothing"
        raise TrainingError(f"{' '.join(refused)} Written was {wrote}.")
    return made


class _DiffersError(TrainingError):
    """A file answers otherwise than its network."""


def _described(
    path: Path,
    content: bytes,
    kind: str,
    wanted: Input,
    truth: NDArray[np.float32],
    validation: Dataset,
    name: str,
    version: str,
    licence: str,
    source: str,
) -> Exported:
    """Compare a file's content with the network, fit its temperature, write it and its yaml."""
    with tempfile.TemporaryDirectory() as scratch:
        draft = Path(scratch, path.name)
        draft.write_bytes(content)
        network = load_model(draft)
        said = np.concatenate([network.run(pixels)[0] for pixels in _one_by_one(validation, wanted, len(validation))])
    agreement = float((said.argmax(axis=1) == truth.argmax(axis=1)).mean())
    difference = float(np.abs(softmax(said) - softmax(truth)).max(axis=1).mean())
    if not difference <= FORMATS[kind][1]:
        raise _DiffersError(
            f"{kind} does not answer as the network: its probabilities differ by {difference:.3f} on average"
            f" of {len(said)} pictures (at most {FORMATS[kind][1]:g} is right), and"
            f" {100 * (1 - agreement):.1f} % of the answers do: leave that format out (--formats)."
        )
    why = ""
    try:
        temperature = fit_temperature(softmax(said), validation.labels)
    except EvaluationError as error:
        temperature, why = 1.0, str(error)
    description = {
        "name": path.stem,
        "version": version,
        "file": path.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "labels": list(validation.classes),
        "input_size": wanted.size,
        "colour": "grey" if wanted.channels == 1 else "rgb",
        "layout": "nhwc",
        "mean": 0.0,
        "std": 1.0,
        "output": "logits",
        "temperature": round(temperature, 4),
        "licence": licence,
        "source": source,
    }
    text = "# Written by `emotion-perception export`; the keys are described in core/expression/description.py.\n"
    beside = path.with_suffix(".yaml")
    write_bytes(path, content)
    write_text(beside, text + yaml.safe_dump(description, sort_keys=False, allow_unicode=True, width=110))
    ExpressionModel(read_description(beside))  # it loads as the robot loads it
    return Exported(
        format=kind,
        model=path,
        description=beside,
        size=len(content),
        agreement=agreement,
        difference=difference,
        temperature=temperature,
        why=why,
    )


def _one_by_one(dataset: Dataset, wanted: Input, count: int) -> Iterator[NDArray[np.float32]]:
    """Pictures as the network takes them, (1, S, S, C) each."""
    for row in range(min(count, len(dataset))):
        yield fitted(dataset.images[row : row + 1], wanted).astype(np.float32)


def _representative(train: Dataset, wanted: Input) -> Callable[[], Iterator[list[NDArray[np.float32]]]]:
    rows = np.random.default_rng(0).permutation(len(train))[:_REPRESENTATIVE]
    chosen = train.subset(np.sort(rows))
    return lambda: ([pixels] for pixels in _one_by_one(chosen, wanted, _REPRESENTATIVE))


def _lite(model: Any, adjust: Callable[[Any, Any], None]) -> bytes:
    import keras
    import tensorflow as tf

    archive = keras.export.ExportArchive()
    archive.track(model)
    signature = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name="pixels")
    archive.add_endpoint("serve", lambda pixels: model(pixels, training=False), input_signature=[signature])
    with tempfile.TemporaryDirectory() as scratch:
        archive.write_out(scratch, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(scratch)
        adjust(converter, tf)
        return bytes(converter.convert())


def _float32(model: Any, _: Any) -> bytes:
    return _lite(model, lambda converter, tf: None)


def _float16(model: Any, _: Any) -> bytes:
    def adjust(converter: Any, tf: Any) -> None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]

    return _lite(model, adjust)


def _int8(model: Any, representative: Any) -> bytes:
    """Weights and activations in 8 bit; input and output stay float32, as the robot's models have them."""

    def adjust(converter: Any, tf: Any) -> None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = representative
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]

    return _lite(model, adjust)


def _onnx(model: Any, _: Any) -> bytes:
    import tensorflow as tf

    try:
        import tf2onnx
    except ImportError as error:
        raise TrainingError(f"ONNX needs tf2onnx ({error}): python3 -m pip install tf2onnx onnx") from error
    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="pixels")]
    function = tf.function(lambda pixels: model(pixels, training=False), input_signature=signature)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "model.onnx"
        tf2onnx.convert.from_function(function, input_signature=signature, opset=17, output_path=str(path))
        return path.read_bytes()


_CONVERSIONS: dict[str, Callable[[Any, Any], bytes]] = {
    "float32": _float32,
    "float16": _float16,
    "int8": _int8,
    "onnx": _onnx,
}
