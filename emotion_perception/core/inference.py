"""Running a trained network: a LiteRT (.tflite) or ONNX Runtime (.onnx) file behind one small interface."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import ModelError

#: Sizes of a tensor's axes; None where the model takes any.
Shape = tuple[int | None, ...]


class InferenceModel(Protocol):
    """A network in memory, with float32 inputs and outputs; those of an 8 bit .tflite are converted on the way.

    Not thread-safe: a model belongs to one thread at a time. Two threads load the file twice.
    """

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        """Of each input, in the order that ``run`` takes them."""

    def run(self, *inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Compute all outputs, in the model's order; the arrays are the caller's own.

        ModelError if number or shape of the inputs is wrong. Values are not checked: what is not finite going in, or
        comes out so of a bad model, is for the caller to find.
        """


def load_model(path: Path, *, threads: int = 1, sha256: str | None = None) -> InferenceModel:
    """Load a network, with ``threads`` threads of its own (two busy models with two each can be 20 times slower).

    sha256: what the file must hash to. Pass it wherever it is known: both runtimes refuse a truncated file, but neither
    can see a changed weight. ModelError if the file is missing, damaged or no such model, or its runtime is missing.
    """
    runtimes: dict[str, type[_LiteRt | _OnnxRuntime]] = {".tflite": _LiteRt, ".onnx": _OnnxRuntime}
    if path.suffix not in runtimes:
        raise ModelError(f"{path} is no model file: use one that ends in {' or '.join(runtimes)}.")
    try:
        # Read whole and not mapped: were the file truncated under a mapping, the process would die of SIGBUS.
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"model {path} cannot be read ({error.strerror}): check the path, or pull it again."
        ) from error
    if sha256 is not None and (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise ModelError(
            f"model {path} is damaged or another one (SHA-256 {found[:12]}…, not {sha256[:12]}…): copy or pull it"
            " again, or correct the sha256 of its description."
        )
    return runtimes[path.suffix](path, content, threads)


class _LiteRt:
    # The runtime writes "Created TensorFlow Lite XNNPACK delegate" to stderr, once a process. No setting silences it,
    # and swapping the file descriptor would lose what other threads write meanwhile, so it stays.

    def __init__(self, path: Path, content: bytes, threads: int) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise _no_runtime(path, "ai-edge-litert") from error
        self._path = path
        try:
            self._interpreter: Any = Interpreter(model_content=content, num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise _unreadable(path, "LiteRT", error) from error
        self._inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()
        for tensor in [*self._inputs, *self._outputs]:
            if tensor["dtype"] is not np.float32 and not _is_quantised(tensor):
                raise _not_float(path, tensor["name"], np.dtype(tensor["dtype"]).name)
        self._sizes = [tuple(map(int, tensor["shape"])) for tensor in self._inputs]
        self.input_shapes: tuple[Shape, ...] = tuple(
            tuple(int(size) if size >= 0 else None for size in tensor["shape_signature"]) for tensor in self._inputs
        )

    def run(self, *inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        _check_inputs(self._path, self.input_shapes, inputs)
        sizes = [array.shape for array in inputs]
        try:
            if sizes != self._sizes:
                for tensor, size in zip(self._inputs, sizes, strict=True):
                    self._interpreter.resize_tensor_input(tensor["index"], size)
                self._interpreter.allocate_tensors()
                self._sizes = sizes
            for tensor, array in zip(self._inputs, inputs, strict=True):
                self._interpreter.set_tensor(tensor["index"], _quantised(tensor, np.asarray(array, np.float32)))
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise _failed(self._path, error) from error
        return [_dequantised(tensor, self._interpreter.get_tensor(tensor["index"])) for tensor in self._outputs]


def _is_quantised(tensor: dict[str, Any]) -> bool:
    return tensor["dtype"] in (np.int8, np.uint8) and tensor["quantization"][0] > 0


def _quantised(tensor: dict[str, Any], values: NDArray[np.float32]) -> NDArray[Any]:
    """Real = scale * (stored - zero point): LiteRT's 8 bit numbers, clipped to what they can hold."""
    if tensor["dtype"] is np.float32:
        return values
    scale, zero_point = tensor["quantization"]
    limits = np.iinfo(tensor["dtype"])
    return np.clip(np.rint(values / scale) + zero_point, limits.min, limits.max).astype(tensor["dtype"])


def _dequantised(tensor: dict[str, Any], stored: NDArray[Any]) -> NDArray[np.float32]:
    if tensor["dtype"] is np.float32:
        return stored
    scale, zero_point = tensor["quantization"]
    return ((stored.astype(np.float32) - zero_point) * scale).astype(np.float32)


class _OnnxRuntime:
    def __init__(self, path: Path, content: bytes, threads: int) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise _no_runtime(path, "onnxruntime") from error
        self._path = path
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Waiting threads would otherwise spin, and take the core from the rest of the graph.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions have no base class of their own
            raise _unreadable(path, "ONNX Runtime", error) from error
        for tensor in [*self._session.get_inputs(), *self._session.get_outputs()]:
            if tensor.type != "tensor(float)":
                raise _not_float(path, tensor.name, tensor.type)
        self._names = [tensor.name for tensor in self._session.get_inputs()]
        self.input_shapes: tuple[Shape, ...] = tuple(
            tuple(size if isinstance(size, int) else None for size in tensor.shape)
            for tensor in self._session.get_inputs()
        )

    def run(self, *inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        _check_inputs(self._path, self.input_shapes, inputs)
        named = {name: np.asarray(array, np.float32) for name, array in zip(self._names, inputs, strict=True)}
        try:
            return list(self._session.run(None, named))
        except Exception as error:  # as above
            raise _failed(self._path, error) from error


def _check_inputs(path: Path, shapes: Sequence[Shape], inputs: Sequence[NDArray[np.float32]]) -> None:
    given = [array.shape for array in inputs]
    if len(given) != len(shapes) or not all(map(_fits, shapes, given)):
        wanted = ", ".join(str(shape).replace("None", "any") for shape in shapes)
        raise ModelError(f"model {path} takes {wanted} and was given {', '.join(map(str, given)) or 'nothing'}.")


def _fits(shape: Shape, given: tuple[int, ...]) -> bool:
    return len(shape) == len(given) and all(
        size == wanted or (wanted is None and size > 0) for wanted, size in zip(shape, given, strict=True)
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(".")


def _no_runtime(path: Path, package: str) -> ModelError:
    return ModelError(f"model {path} needs the Python package {package}: run `python3 -m pip install {package}`.")


def _unreadable(path: Path, runtime: str, error: Exception) -> ModelError:
    return ModelError(f"model {path} is damaged or no model for {runtime} ({_one_line(error)}): copy or pull it again.")


def _not_float(path: Path, tensor: str, kind: str) -> ModelError:
    return ModelError(f'model {path} has {kind} in "{tensor}": export it with float32 inputs and outputs.')


def _failed(path: Path, error: Exception) -> ModelError:
    return ModelError(f"model {path} failed ({_one_line(error)}): copy or pull it again, or export it anew.")
