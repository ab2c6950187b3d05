from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture(scope="session")
def picture(asset: Callable[[str], Path]) -> Callable[[str], NDArray[np.uint8]]:
    """picture("group_picture") -> (H, W, 3) uint8 bgr."""

    def read(name: str) -> NDArray[np.uint8]:
        image = cv2.imread(str(asset(name)))
        assert image is not None, name
        return np.asarray(image, np.uint8)

    return read


def _field(number: int, value: int | bytes | str) -> bytes:
    """One field of a protobuf message."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def _value_info(name: str, shape: Sequence[int | str]) -> bytes:
    axes = b"".join(_field(1, _field(1 if isinstance(axis, int) else 2, axis)) for axis in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, axes)))


@pytest.fixture
def write_onnx(tmp_path: Path) -> Callable[..., Path]:
    """write_onnx(weights, input_shape) -> tiny.onnx: y = flatten(x) @ weights, with an axis "N" of any size."""

    def write(weights: NDArray[np.float32], input_shape: Sequence[int | str], name: str = "tiny.onnx") -> Path:
        flatten = _field(1, "x") + _field(2, "flat") + _field(4, "Flatten")
        product = _field(1, "flat") + _field(1, "w") + _field(2, "y") + _field(4, "MatMul")
        tensor = b"".join(_field(1, axis) for axis in weights.shape)
        tensor += _field(2, 1) + _field(8, "w") + _field(9, weights.astype("<f4").tobytes())
        graph = _field(1, flatten) + _field(1, product) + _field(2, "tiny") + _field(5, tensor)
        graph += _field(11, _value_info("x", input_shape))
        graph += _field(12, _value_info("y", [input_shape[0], weights.shape[1]]))
        path = tmp_path / name
        path.write_bytes(_field(1, 8) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 13)))
        return path

    return write
