"""Changing pictures while they are learnt from: drawn on the host by seed and step, carried out in the graph.

What is drawn does not depend on the backend, nor on where a run was resumed; what it does to the pixels is written in
keras.ops and runs compiled on any backend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How much pictures are changed, each amount drawn uniformly up to it.

    flip: probability to mirror. rotation: degrees. shift: part of the side, along x and y. scale: part of the size.
    contrast: part of the contrast. brightness: part of the range of values. erasing: probability to paint over a
    rectangle of 2 to 20 % of the area (Zhong et al., 2017). mixup: alpha of the Beta distribution by which pairs of
    pictures and their targets are mixed (Zhang et al., 2018), 0 for none.
    """

    flip: float = 0.0
    rotation: float = 0.0
    shift: float = 0.0
    scale: float = 0.0
    contrast: float = 0.0
    brightness: float = 0.0
    erasing: float = 0.0
    mixup: float = 0.0


#: Columns of what ``draw`` returns.
_MATRIX, _TONE, _BOX, _FILL, _MIX = slice(0, 6), slice(6, 8), slice(8, 12), 12, 13
_COLUMNS = 14


def draw(augmentation: Augmentation, count: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Draw what is done to ``count`` pictures: (count, 14) float32, which ``apply`` understands."""
    drawn = np.zeros((count, _COLUMNS), np.float32)
    angle = np.deg2rad(random.uniform(-1, 1, count) * augmentation.rotation)
    size = 1 + random.uniform(-1, 1, count) * augmentation.scale
    mirror = np.where(random.random(count) < augmentation.flip, -1.0, 1.0)
    shift = random.uniform(-1, 1, (count, 2)) * augmentation.shift
    # From a place in the new picture to the one it shows, both from -0.5 to 0.5 around the middle.
    cosine, sine = np.cos(angle) / size, np.sin(angle) / size
    drawn[:, _MATRIX] = np.stack([cosine * mirror, -sine, shift[:, 0], sine * mirror, cosine, shift[:, 1]], axis=1)
    drawn[:, _TONE] = random.uniform(-1, 1, (count, 2)) * (augmentation.contrast, augmentation.brightness)
    area = np.sqrt(random.uniform(0.02, 0.2, count))
    aspect = np.sqrt(np.exp(random.uniform(-1, 1, count) * np.log(3)))
    sides = np.minimum(np.stack([area * aspect, area / aspect], axis=1), 1.0)
    sides *= (random.random(count) < augmentation.erasing)[:, np.newaxis]
    corner = random.random((count, 2)) * (1 - sides)
    drawn[:, _BOX] = np.concatenate([corner, corner + sides], axis=1)
    drawn[:, _FILL] = random.random(count)
    part = random.beta(augmentation.mixup, augmentation.mixup, count) if augmentation.mixup > 0 else np.ones(count)
    drawn[:, _MIX] = np.maximum(part, 1 - part)
    return drawn


def apply(pictures: Any, targets: Any, drawn: Any) -> tuple[Any, Any]:
    """Change a batch in the graph: (N, S, S, C) uint8 pixels and (N, K) targets; returns both as float32, 0..255.

    Where a moved picture ends, its border is repeated. Mixing pairs the first of the batch with the last, and so on.
    """
    from keras import ops

    count, side = pictures.shape[0], pictures.shape[1]
    place = (np.arange(side, dtype=np.float32) + 0.5) / side - 0.5
    x = ops.convert_to_tensor(np.tile(place, side)[np.newaxis])
    y = ops.convert_to_tensor(np.repeat(place, side)[np.newaxis])
    matrix = [drawn[:, i : i + 1] for i in range(6)]
    pixels = ops.cast(pictures, "float32")
    pixels = _sampled(
        pixels,
        (matrix[0] * x + matrix[1] * y + matrix[2] + 0.5) * side - 0.5,
        (matrix[3] * x + matrix[4] * y + matrix[5] + 0.5) * side - 0.5,
    )
    tone = ops.reshape(drawn[:, _TONE], (count, 2, 1, 1, 1))
    pixels = ops.clip((pixels - 127.5) * (1 + tone[:, 0]) + 127.5 + 255 * tone[:, 1], 0.0, 255.0)
    box = [drawn[:, 8 + i : 9 + i] - 0.5 for i in range(4)]
    inside = (x >= box[0]) & (x < box[2]) & (y >= box[1]) & (y < box[3])
    inside = ops.reshape(ops.cast(inside, "float32"), (count, side, side, 1))
    fill = 255 * ops.reshape(drawn[:, _FILL], (count, 1, 1, 1))
    pixels = pixels * (1 - inside) + fill * inside
    part = drawn[:, _MIX]
    mixed = ops.reshape(part, (count, 1, 1, 1))
    pixels = pixels * mixed + ops.flip(pixels, axis=0) * (1 - mixed)
    share = ops.reshape(part, (count, 1))
    return pixels, targets * share + ops.flip(targets, axis=0) * (1 - share)


def _sampled(pixels: Any, x: Any, y: Any) -> Any:
    """Bilinear: (N, S, S, C) at (N, S * S) places, pixel centres being whole numbers; the border is repeated."""
    from keras import ops

    count, side, _, channels = pixels.shape
    x, y = ops.clip(x, 0.0, side - 1.0), ops.clip(y, 0.0, side - 1.0)
    left, top = ops.minimum(ops.floor(x), side - 2.0), ops.minimum(ops.floor(y), side - 2.0)
    right_part, lower_part = x - left, y - top
    first = ops.convert_to_tensor((np.arange(count, dtype=np.int32) * side * side)[:, np.newaxis])
    corner = ops.reshape(ops.cast(top * side + left, "int32") + first, (-1,))
    flat = ops.reshape(pixels, (count * side * side, channels))
    total = 0.0
    for step, part in (
        (0, (1 - right_part) * (1 - lower_part)),
        (1, right_part * (1 - lower_part)),
        (side, (1 - right_part) * lower_part),
        (side + 1, right_part * lower_part),
    ):
        total = total + ops.take(flat, corner + step, axis=0) * ops.reshape(part, (-1, 1))
    return ops.reshape(total, (count, side, side, channels))
