"""Which rows and classes to learn from: selected classes, frontal faces only, rare classes balanced."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.detection.haar import HaarDetector
from emotion_perception.core.errors import ParameterError
from emotion_perception.core.labels import LABELS
from emotion_perception.training.collecting import Progress
from emotion_perception.training.dataset import Dataset

#: The classes of the hybrid AffectFer: all, without disgust, and without fear as well.
CLASS_SETS = {
    "7": LABELS,
    "6": tuple(label for label in LABELS if label != "disgust"),
    "5": tuple(label for label in LABELS if label not in ("disgust", "fear")),
}

_HAAR_SIDE = 96  # pixels that a picture is enlarged to, as the cascade's window has 24
_HAAR_MARGIN = _HAAR_SIDE // 4
_BLOCK = 512


def with_classes(dataset: Dataset, classes: Sequence[str]) -> Dataset:
    """Keep the rows of ``classes``, numbered in that order; those the dataset lacks stay empty.

    ParameterError if one is named twice; DatasetError if no row is left.
    """
    if len(set(classes)) != len(classes) or not classes:
        raise ParameterError(f"the classes {', '.join(classes)} are none, or one is there twice: name each once.")
    number = {name: index for index, name in enumerate(classes)}
    table = np.array([number.get(name, len(classes)) for name in dataset.classes])
    labels = table[dataset.labels]
    kept = labels < len(classes)
    if kept.all():
        return replace(dataset, labels=labels.astype(np.uint8), classes=tuple(classes))
    # The labels are replaced after the choice: until then they are those of the old classes.
    part = dataset.subset(kept)
    return replace(part, labels=labels[kept].astype(np.uint8), classes=tuple(classes))


def without_classes(dataset: Dataset, dropped: Sequence[str]) -> Dataset:
    """Leave out classes and number the others anew; ParameterError if the dataset has no class of that name."""
    for name in dropped:
        if name not in dataset.classes:
            raise ParameterError(f'there is no class "{name}" to drop: choose from {", ".join(dataset.classes)}.')
    return with_classes(dataset, [name for name in dataset.classes if name not in dropped])


def frontal_only(dataset: Dataset, *, workers: int = 2, progress: Progress | None = None) -> Dataset:
    """Keep the pictures in which the Haar cascade of frontal faces finds exactly one; DatasetError if none is left.

    Each is enlarged to 96 pixels, its border repeated around it, for the cascade to see more than a face.
    """
    local = threading.local()

    def one_face(picture: NDArray[np.uint8]) -> bool:
        if not hasattr(local, "detector"):
            local.detector = HaarDetector(None, min_face_size=_HAAR_SIDE / 2)
        side = max(_HAAR_SIDE, min(picture.shape[:2]))
        big = cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR)
        big = cv2.cvtColor(big, cv2.COLOR_GRAY2BGR if big.ndim == 2 else cv2.COLOR_RGB2BGR)
        margin = side * _HAAR_MARGIN // _HAAR_SIDE
        framed = cv2.copyMakeBorder(big, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
        return len(local.detector.detect(np.asarray(framed, np.uint8))) == 1

    kept = np.zeros(len(dataset), bool)
    with ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(dataset), _BLOCK):
            block = dataset.images[start : start + _BLOCK]
            kept[start : start + len(block)] = list(pool.map(one_face, block))
            if progress:
                progress(start + len(block), len(dataset))
    return dataset.subset(kept)


def oversampled(dataset: Dataset, *, seed: int) -> Dataset:
    """Repeat rows of rarer classes, evenly and else by chance, until each has as many as the most frequent.

    Only rows of ``Training``, and those of no split, are repeated: a test stays as it is. The original rows come first,
    in their order, so nothing is lost.
    """
    generator = np.random.default_rng(seed)
    learnt = np.isin(dataset.splits, ("Training", ""))
    counts = np.bincount(dataset.labels[learnt], minlength=len(dataset.classes))
    rows = [np.arange(len(dataset))]
    for label, count in enumerate(counts):
        if not count:
            continue
        mine = np.flatnonzero(learnt & (dataset.labels == label))
        lacking = int(counts.max() - count)
        rows += [mine] * (lacking // count) + [generator.permutation(mine)[: lacking % count]]
    return dataset.subset(np.concatenate(rows))
