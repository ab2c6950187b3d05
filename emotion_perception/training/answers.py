"""What a Keras model of the bench says of pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.training.architectures.registry import Input
from emotion_perception.training.fitting import fitted
from emotion_perception.training.images import Images

_BATCH = 256


def logits(model: Any, pictures: Images, *, mirror: bool = False) -> NDArray[np.float32]:
    """(N, classes) of (N, H, W) grey or (N, H, W, 3) RGB uint8 pictures, which are resized to the model's input.

    mirror: the mean of each picture and its mirror image.
    """
    _, size, _, channels = model.input_shape
    wanted = Input(size, channels)
    parts = []
    for first in range(0, len(pictures), _BATCH):
        pixels: Any = fitted(pictures[first : first + _BATCH], wanted).astype(np.float32)
        # All batches are of one size, as each size would be compiled anew.
        count = len(pixels)
        padded = np.pad(pixels, ((0, _BATCH - count), (0, 0), (0, 0), (0, 0))) if len(pictures) > _BATCH else pixels
        views = [padded, np.ascontiguousarray(padded[:, :, ::-1])] if mirror else [padded]
        said = np.stack([model.predict_on_batch(view)[:count] for view in views])
        parts.append(said.mean(axis=0, dtype=np.float32))
    return np.concatenate(parts)


def softmax(values: NDArray[np.float32], temperature: float = 1.0) -> NDArray[np.float32]:
    """Probabilities of (N, classes) logits."""
    scaled = values.astype(np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32)
