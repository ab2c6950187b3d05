"""Pictures of another size or colour, made when they are asked for unless all are in memory anyway."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emotion_perception.training.dataset import Dataset
from emotion_perception.training.images import Images, LazyImages
from emotion_perception.training.pictures import fit


def resized(dataset: Dataset, size: int, *, colour: bool) -> Dataset:
    """Bring every picture to a side of ``size`` pixels, RGB or grey; the dataset itself if that is what it has.

    Shrinking averages; enlarging interpolates linearly. Pictures that are not square lose their longer ends.
    """
    shape = (size, size, 3) if colour else (size, size)
    if dataset.shape == shape:
        return dataset
    images = dataset.images

    def load(row: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        return fit(images[row], shape)

    lazy = LazyImages(load, (len(dataset), *shape))
    in_memory = isinstance(images, np.ndarray) and not isinstance(images, np.memmap)
    result: Images = lazy[:] if in_memory and size <= dataset.shape[0] else lazy
    return replace(dataset, images=result)
