"""What a Keras model of the bench says of pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.training.architectures.registry import Input
from emotion_perception.training.collecting import Progress
from emotion_perception.training.fitting import fitted
from emotion_perception.training.images import Images

_BATCH = 256


def outputs(
    model: Any,
    pictures: Images,
    *,
    scaling: tuple[float, float] = (0.0, 1.0),
    mirror: bool = False,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """(N, classes), what it says of (N, H, W) grey or (N, H, W, 3) RGB uint8 pictures, resized to its input.

    scaling: (mean, std) of (pixel - mean) / std, which it is fed. mirror: the mean of each picture and its mirror
    image. progress: called with pictures done and all.
    """
    _, size, _, channels = model.input_shape
    wanted = Input(size, channels)
    mean, std = scaling
    parts = []
    for first in range(0, len(pictures), _BATCH):
        pixels: Any = (fitted(pictures[first : first + _BATCH], wanted).astype(np.float32) - mean) / std
        # All batches are of one size, as each size would be compiled anew.
        count = len(pixels)
        padded = np.pad(pixels, ((0, _BATCH - count), (0, 0), (0, 0), (0, 0))) if len(pictures) > _BATCH else pixels
        views = [padded, np.ascontiguousarray(padded[:, :, ::-1])] if mirror else [padded]
        said = np.stack([model.predict_on_batch(view)[:count] for view in views])
        parts.append(said.mean(axis=0, dtype=np.float32))
        if progress:
            progress(first + count, len(pictures))
    return np.concatenate(parts)


def softmax(values: NDArray[np.float32], temperature: float = 1.0) -> NDArray[np.float32]:
    """Probabilities of (N, classes) logits."""
    scaled = values.astype(np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32)
